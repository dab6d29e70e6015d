line #0 line 1
    name#0 = 'n'
    v#0 = 3.14159
line #0 line 2
    printed "  'n' 3.14 v + 1 = 4.1 ['n', 'n']\n"
    name is 'n'
    v is 3.14159
    v is 3.14159
    v + 1 is 4.14159
    name is 'n'
    [name] * 2 is list['n', 'n']
    f'{name!r:>5} {v:.2f} {v + 1 = :.1f} {[name] * 2}' is "  'n' 3.14 v + 1 = 4.1 ['n', 'n']"
    print(f'{name!r:>5} {v:.2f} {v + 1 = :.1f} {[name] * 2}') is None
return #0 None
