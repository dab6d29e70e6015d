line #0 line 1
    sys#0 = <module sys>
line #0 line 2
    printed '1-a!\n'
    print(1, 'a', sep='-', end='!\n') is None
line #0 line 3
    sys is <module sys>
    sys.stderr is <object TextIOWrapper>
    print('err', file=sys.stderr) is None
line #0 line 4
    printed 'w\n'
    sys is <module sys>
    sys.stdout is <object TextIOWrapper>
    sys.stdout.write('w\n') is 2
line #0 line 5
    printed 'flushed\n'
    print('flushed', flush=True) is None
return #0 None
