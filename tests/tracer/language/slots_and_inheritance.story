line #0 line 1
    Point#0 = <class Point>
line #0 line 5
    Named#0 = <class Named>
line #0 line 10
call #1 Named.__init__(self=Named[], x=1, y=2, name='a') for #0
line #1 line 8
    super() is <object super>
    x is 1
    y is 2
call #2 Point.__init__(self=Named[], x=1, y=2) for #1
line #2 line 4
    x is 1
    y is 2
    self is Named[x: 1, y: 2]
    self is Named[x: 1, y: 2]
    Named[x: 1, y: 2] has 1 at 'x'
    Named[x: 1, y: 2] has 2 at 'y'
return #2 None
    super().__init__(x, y) is None
line #1 line 9
    name is 'a'
    self is Named[name: 'a', x: 1, y: 2]
    now Named[name: 'a', x: 1, y: 2]
return #1 None
    Named(1, 2, 'a') is Named[name: 'a', x: 1, y: 2]
    p#0 = Named[name: 'a', x: 1, y: 2]
line #0 line 11
    p is Named[name: 'a', x: 3, y: 2]
    p is Named[name: 'a', x: 3, y: 2]
    p.y is 2
    Named[name: 'a', x: 3, y: 2] has 3 at 'x'
line #0 line 12
    p is Named[x: 3, y: 2]
    Named[x: 3, y: 2] has lost 'name'
return #0 None
