line #0 line 1
    Counter#0 = <class Counter>
    OrderedDict#0 = <class OrderedDict>
    defaultdict#0 = <class defaultdict>
    deque#0 = <class deque>
line #0 line 2
    Counter('aab') is Counter['a': 2, 'b': 1]
    c#0 = Counter['a': 2, 'b': 1]
line #0 line 3
    c is Counter['a': 2, 'b': 1, 'z': 1]
    Counter['a': 2, 'b': 1, 'z': 1] has 1 at 'z'
line #0 line 4
    list is <class list>
    defaultdict(list) is defaultdict[]
    d#0 = defaultdict[]
line #0 line 5
    d is defaultdict['k': list[1]]
    d['k'] is list[1]
    d['k'].append(1) is None
    defaultdict['k': list[1]] has list[1] at 'k'
line #0 line 6
    d is defaultdict['k': list[1], 'new': list[]]
    d['new'] is list[]
    len(d['new']) is 0
    size#0 = 0
    defaultdict['k': list[1], 'new': list[]] has list[] at 'new'
line #0 line 7
    OrderedDict(a=1, b=2) is OrderedDict['a': 1, 'b': 2]
    o#0 = OrderedDict['a': 1, 'b': 2]
line #0 line 8
    o is OrderedDict['b': 2, 'a': 1]
    o.move_to_end('a') is None
    now OrderedDict['b': 2, 'a': 1]
line #0 line 9
    deque([1, 2, 3], maxlen=3) is deque[1, 2, 3]
    q#0 = deque[1, 2, 3]
line #0 line 10
    q is deque[2, 3, 4]
    q.append(4) is None
    deque[2, 3, 4] has 2 at 0
    deque[2, 3, 4] has 3 at 1
    deque[2, 3, 4] has 4 at 2
line #0 line 11
    q is deque[4, 2, 3]
    q.rotate(1) is None
    deque[4, 2, 3] has 4 at 0
    deque[4, 2, 3] has 2 at 1
    deque[4, 2, 3] has 3 at 2
line #0 line 12
    q is deque[2, 3]
    q.popleft() is 4
    now deque[2, 3]
return #0 None
