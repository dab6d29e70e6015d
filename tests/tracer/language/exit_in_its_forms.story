line #0 line 1
    sys#0 = <module sys>
line #0 line 2
    stop#0 = <function stop>
line #0 line 7
    exit is <object Quitter>
call #1 stop(how=<object Quitter>) for #0
line #1 line 4
exception #1 SystemExit: None
line #1 line 5
    error#1 = <exception SystemExit>
line #1 line 6
    printed 'None\n'
    error is <exception SystemExit>
    error.code is None
    print(error.code) is None
    error#1 is gone
return #1 None
    stop(exit) is None
line #0 line 8
call #2 stop(how=<function <lambda>>) for #0
line #2 line 4
    · sys is <module sys>
exception #2 SystemExit: bye
line #2 line 5
    error#2 = <exception SystemExit>
line #2 line 6
    printed 'bye\n'
    error is <exception SystemExit>
    error.code is 'bye'
    print(error.code) is None
    error#2 is gone
return #2 None
    stop(lambda: sys.exit('bye')) is None
line #0 line 9
    SystemExit(3) is <exception SystemExit>
exception #0 SystemExit: 3
unwind #0
