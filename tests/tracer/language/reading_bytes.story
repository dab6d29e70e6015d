line #0 line 1
    sys#0 = <module sys>
line #0 line 2
    sys is <module sys>
    sys.stdin is <object CountedText>
    sys.stdin.buffer is <object CountedBytes>
    sys.stdin.buffer.readline is <method readline>
    read#0 = <method readline>
line #0 line 3
    read 2
    read() is b'a\n'
    first#0 = b'a\n'
line #0 line 4
    read 4
    sys is <module sys>
    sys.stdin is <object CountedText>
    sys.stdin.buffer is <object CountedBytes>
    list(sys.stdin.buffer) is list[b'b\n', b'c\n']
    lines#0 = list[b'b\n', b'c\n']
line #0 line 5
    printed "b'a\\n' 2\n"
    first is b'a\n'
    lines is list[b'b\n', b'c\n']
    len(lines) is 2
    print(first, len(lines)) is None
return #0 None
