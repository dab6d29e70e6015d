line #0 line 1
    total#0 = 0
line #0 line 2
    seen#0 = list[]
line #0 line 3
    note#0 = <function note>
line #0 line 7
call #1 note(v=4) for #0
line #1 line 5
    v is 4
    total#0 = 4
line #1 line 6
    seen is list[4]
    v is 4
    seen.append(v) is None
    now list[4]
return #1 None
    note(4) is None
line #0 line 8
call #2 note(v=5) for #0
line #2 line 5
    v is 5
    total#0 = 9
line #2 line 6
    seen is list[4, 5]
    v is 5
    seen.append(v) is None
    now list[4, 5]
return #2 None
    note(5) is None
return #0 None
