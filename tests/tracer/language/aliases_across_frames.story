line #0 line 1
    grid#0 = list[list[0, 0], list[0, 0]]
line #0 line 2
    grid is list[list[0, 0], list[0, 0]]
    grid[1] is list[0, 0]
    row#0 = list[0, 0]
line #0 line 3
    fill#0 = <function fill>
line #0 line 7
    row is list[0, 0]
call #1 fill(r=list[0, 0], v=7) for #0
line #1 line 4
    v is 7
    r is list[7, 0]
    list[7, 0] has 7 at 0
line #1 line 5
    r is list[7, 0]
    r.append is <function append>
    extend#1 = <function append>
line #1 line 6
    v is 7
    extend(v) is None
    now list[7, 0, 7]
return #1 None
    fill(row, 7) is None
line #0 line 8
    row is list[7, 0, 7]
    row is list[7, 0, 7]
    both#0 = list[list[7, 0, 7], list[7, 0, 7]]
line #0 line 9
    both is list[list[7, 8, 7], list[7, 8, 7]]
    both[1] is list[7, 8, 7]
    list[7, 8, 7] has 8 at 1
return #0 None
