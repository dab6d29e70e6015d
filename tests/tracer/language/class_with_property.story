line #0 line 1
    Box#0 = <class Box>
line #0 line 11
call #1 Box.__init__(self=Box[], side=2) for #0
line #1 line 4
    side is 2
    self is Box[side: 2]
    Box[side: 2] has 2 at 'side'
return #1 None
    Box(2) is Box[side: 2]
    b#0 = Box[side: 2]
line #0 line 12
    b is Box[side: 2]
call #2 Box.area(self=Box[side: 2], value=9) for #0
line #2 line 10
    value is 9
    value ** 0.5 is 3.0
    int(value ** 0.5) is 3
    self is Box[side: 3]
    Box[side: 3] has 3 at 'side'
return #2 None
line #0 line 13
    b is Box[side: 3]
call #3 Box.area(self=Box[side: 3]) for #0
line #3 line 7
    self is Box[side: 3]
    self.side is 3
    self.side ** 2 is 9
return #3 9
    printed '9\n'
    b.area is 9
    print(b.area) is None
return #0 None
