line #0 line 1
    f#0 = <function f>
line #0 line 11
call #1 f(v=0) for #0
line #1 line 3
    v is 0
exception #1 ZeroDivisionError: integer division or modulo by zero
line #1 line 4
    error#1 = <exception ZeroDivisionError>
line #1 line 5
    error is <exception ZeroDivisionError>
    str(error) is 'integer division or modulo by zero'
    r#1 = 'integer division or modulo by zero'
    error#1 is gone
line #1 line 9
    printed 'end\n'
    print('end') is None
line #1 line 10
    r is 'integer division or modulo by zero'
return #1 'integer division or modulo by zero'
    f(0) is 'integer division or modulo by zero'
call #2 f(v=3) for #0
line #2 line 3
    v is 3
    10 // v is 3
    r#2 = 3
line #2 line 7
    r#2 = 4
line #2 line 9
    printed 'end\n'
    print('end') is None
line #2 line 10
    r is 4
return #2 4
    printed 'integer division or modulo by zero 4\n'
    f(3) is 4
    print(f(0), f(3)) is None
return #0 None
