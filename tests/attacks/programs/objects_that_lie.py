# expect: ok
# stdout: b'3\n'
# why: looking at an object must run none of its methods


class Liar:
    def __repr__(self):
        raise SystemExit(9)

    __len__ = __iter__ = __eq__ = __bool__ = __repr__
    __hash__ = None
    __class__ = property(__repr__)

    def __getattribute__(self, name):
        raise SystemExit(9)


liars = [Liar(), Liar()]
x = 1
x += 2
print(x)
