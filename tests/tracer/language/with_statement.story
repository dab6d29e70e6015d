line #0 line 1
    Guard#0 = <class Guard>
line #0 line 6
    Guard() is Guard[]
call #1 Guard.__enter__(self=Guard[]) for #0
line #1 line 3
return #1 'in'
    state#0 = 'in'
line #0 line 7
exception #0 ZeroDivisionError: division by zero
line #0 line 6
call #2 Guard.__exit__(self=Guard[], error=tuple[<class ZeroDivisionError>, <exception ZeroDivisionError>, <object traceback>]) for #0
line #2 line 5
return #2 True
line #0 line 8
    printed 'in\n'
    state is 'in'
    print(state) is None
return #0 None
