line #0 line 1
    exec('made = [1]') is None
    made#0 = list[1]
line #0 line 2
    made is list[1, 2]
    made.append(2) is None
    now list[1, 2]
line #0 line 3
    made is list[1, 2]
    globals() is dict['__name__': '__main__', '__doc__': None, '__package__': None, '__loader__': None, '__spec__': None, '__file__': 'program.py', '__builtins__': <module builtins>, 'made': list[1, 2], 'also': list[1, 2]]
    also#0 = list[1, 2]
return #0 None
