# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: the library's debugger takes the recorder's place
import bdb


class Quiet(bdb.Bdb):
    def user_line(self, frame):
        self.set_continue()


def work():
    x = 1
    x += 2
    return x


print(Quiet().runcall(work))
