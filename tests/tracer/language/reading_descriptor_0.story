line #0 line 1
    os#0 = <module os>
line #0 line 2
    os is <module os>
    os.read(0, 100) is b'abc'
    data#0 = b'abc'
line #0 line 3
    printed '3\n'
    data is b'abc'
    len(data) is 3
    print(len(data)) is None
return #0 None
