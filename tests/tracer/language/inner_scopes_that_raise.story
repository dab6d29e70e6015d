line #0 line 1
    parts#0 = <function parts>
line #0 line 8
call #1 parts(xs=list[5, 0, 1]) for #0
line #1 line 3
    xs is list[5, 0, 1]
    · with x = 5
    · 10 // x is 2
    · with x = 0
exception #1 ZeroDivisionError: integer division or modulo by zero
line #1 line 4
line #1 line 5
return #1 'no'
    printed 'no\n'
    parts([5, 0, 1]) is 'no'
    print(parts([5, 0, 1])) is None
line #0 line 9
    iter([1]) is <iterator list_iterator>
    iter([1]).__next__ is <method __next__>
    stop#0 = <method __next__>
line #0 line 11
    (stop() + x for x in (1, 2)) is <generator <genexpr>>
    · with x = 1
    · stop() is 1
    · stop() + x is 2
    · with x = 2
exception #0 RuntimeError: generator raised StopIteration
line #0 line 12
    error#0 = <exception RuntimeError>
line #0 line 13
    printed 'generator raised StopIteration\n'
    error is <exception RuntimeError>
    print(error) is None
    error#0 is gone
line #0 line 14
    ask#0 = <function <lambda>>
line #0 line 15
    key#0 = 'a'
line #0 line 17
    printed '1\n'
    key is 'a'
    · with d = dict['a': 1]
    · with k = 'a'
    · d[k] is 1
    ask({'a': 1}, key) is 1
    print(ask({'a': 1}, key)) is None
line #0 line 15
    key#0 = 'b'
line #0 line 17
    key is 'b'
    · with d = dict['a': 1]
    · with k = 'b'
exception #0 KeyError: 'b'
line #0 line 18
line #0 line 19
    printed 'none\n'
    print('none') is None
line #0 line 15
line #0 line 22
    size is 2
    range(size) is range(0, 2)
    · with i = 0
    · i * 2 is 0
    · with i = 1
    · i * 2 is 2
    [i * 2 for i in range(size)] is list[0, 2]
    staticmethod(lambda v: v + 1) is <object staticmethod>
    Table#0 = <class Table>
line #0 line 28
    printed '[0, 2] 2\n'
    Table is <class Table>
    Table.rows is list[0, 2]
    Table is <class Table>
    · with v = 1
    · v + 1 is 2
    Table.key(1) is 2
    print(Table.rows, Table.key(1)) is None
return #0 None
