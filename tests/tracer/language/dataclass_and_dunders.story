line #0 line 1
    dataclass#0 = <function dataclass>
    field#0 = <function field>
line #0 line 3
    list is <class list>
    field(default_factory=list) is <object Field>
    Job#0 = <class Job>
line #0 line 12
    Job(1, ['x']) is Job[rank: 1, tags: list['x']]
    a#0 = Job[rank: 1, tags: list['x']]
line #0 line 13
    a is Job[rank: 1, tags: list['x']]
    Job(2) is Job[rank: 2, tags: list[]]
call #1 Job.__add__(self=Job[rank: 1, tags: list['x']], other=Job[rank: 2, tags: list[]]) for #0
line #1 line 7
    self is Job[rank: 1, tags: list['x']]
    self.rank is 1
    other is Job[rank: 2, tags: list[]]
    other.rank is 2
    self.rank + other.rank is 3
    self is Job[rank: 1, tags: list['x']]
    self.tags is list['x']
    other is Job[rank: 2, tags: list[]]
    other.tags is list[]
    self.tags + other.tags is list['x']
    Job(self.rank + other.rank, self.tags + other.tags) is Job[rank: 3, tags: list['x']]
return #1 Job[rank: 3, tags: list['x']]
    a + Job(2) is Job[rank: 3, tags: list['x']]
    b#0 = Job[rank: 3, tags: list['x']]
line #0 line 14
    b is Job[rank: 3, tags: list['x']]
call #2 Job.__len__(self=Job[rank: 3, tags: list['x']]) for #0
line #2 line 9
    self is Job[rank: 3, tags: list['x']]
    self.tags is list['x']
    len(self.tags) is 1
return #2 1
    len(b) is 1
    b is Job[rank: 3, tags: list['x']]
call #3 Job.__getitem__(self=Job[rank: 3, tags: list['x']], i=0) for #0
line #3 line 11
    self is Job[rank: 3, tags: list['x']]
    self.tags is list['x']
    i is 0
    self.tags[i] is 'x'
return #3 'x'
    printed '1 x True False\n'
    b[0] is 'x'
    a is Job[rank: 1, tags: list['x']]
    b is Job[rank: 3, tags: list['x']]
    a < b is True
    a is Job[rank: 1, tags: list['x']]
    b is Job[rank: 3, tags: list['x']]
    a == b is False
    print(len(b), b[0], a < b, a == b) is None
return #0 None
