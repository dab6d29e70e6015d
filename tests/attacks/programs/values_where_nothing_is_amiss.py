# expect: ok
# trace: complete
# stdout: b'[0, 2, 4, 6] 5 [5, 6] [2, 2] 4950\n'
# why: odd, but no lie
class A:
    v = 1


class B:
    v = 2


a = A()
x = [(y := k * 2) for k in range(4)]
z = [y := 5, (lambda: (w := y + 1))()]
u = [setattr(a, "__class__", B) or a.v for _ in range(2)]
f = lambda n: n if n == 0 else f(n - 1) + 1
t = sum(f(k) for k in range(100))
print(x, y, z, u, t)
