line #0 line 1
    Stack#0 = <class Stack>
line #0 line 5
    Tally#0 = <class Tally>
line #0 line 9
    Stack() is Stack[]
    s#0 = Stack[]
line #0 line 10
    s is Stack[]
call #1 Stack.push(self=Stack[], v=1) for #0
line #1 line 3
    self is Stack[1]
    v is 1
    self.append(v) is None
    now Stack[1]
line #1 line 4
    self is Stack[1]
return #1 Stack[1]
    s.push(1) is Stack[1]
call #2 Stack.push(self=Stack[1], v=2) for #0
line #2 line 3
    self is Stack[1, 2]
    v is 2
    self.append(v) is None
    now Stack[1, 2]
line #2 line 4
    self is Stack[1, 2]
return #2 Stack[1, 2]
    s.push(1).push(2) is Stack[1, 2]
line #0 line 11
    Tally() is Tally[]
    t#0 = Tally[]
line #0 line 12
    t is Tally[]
call #3 Tally.__missing__(self=Tally[], key='a') for #0
line #3 line 7
    self is Tally['a': 0]
    key is 'a'
    Tally['a': 0] has 0 at 'a'
line #3 line 8
return #3 0
    Tally['a': 1] has 1 at 'a'
line #0 line 13
    t is Tally['a': 1]
call #4 Tally.__missing__(self=Tally['a': 1], key='b') for #0
line #4 line 7
    self is Tally['a': 1, 'b': 0]
    key is 'b'
    Tally['a': 1, 'b': 0] has 0 at 'b'
line #4 line 8
return #4 0
    t['b'] is 0
    s is Stack[0, 2]
    Stack[0, 2] has 0 at 0
return #0 None
