"""Programs for the tests of levels: each a name, its code, its input and a call or None."""

PROGRAMS: dict[str, tuple[str, str, str | None]] = {
    "a loop over a list": (
        """\
total = 0
for x in [3, 1, 4, 1, 5, 9, 2, 6]:
    total += x
    if x > 4:
        print(x)
print(total)
""",
        "",
        None,
    ),
    "loops in loops": (
        """\
n = int(input())
grid = [[0] * n for _ in range(n)]
for i in range(n):
    for j in range(n):
        grid[i][j] = i * j
        if (i + j) % 3 == 0:
            grid[i][j] += 1
print(grid)
""",
        "6\n",
        None,
    ),
    "a loop that breaks": (
        """\
i = 0
while True:
    i += 3
    if i > 20:
        break
else:
    print('never')
print(i)
""",
        "",
        None,
    ),
    "rows that join a list and grow in the same range": (
        """\
nodes = {name: [] for name in 'abcdefg'}
roots = []
for parent, name in [('', 'a'), ('', 'b'), ('', 'c'), ('c', 'd'), ('d', 'e'), ('', 'f'), ('', 'g')]:
    children = nodes[parent] if parent else roots
    children.append(nodes[name])
print(len(roots))
""",
        "",
        None,
    ),
    "recursion": (
        """\
def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)
""",
        "",
        "fib(7)",
    ),
    "a generator in a loop": (
        """\
def odd(n):
    for i in range(n):
        if i % 2:
            yield i

found = []
for x in odd(14):
    found.append(x * x)
print(found)
""",
        "",
        None,
    ),
    "a nested function that counts": (
        """\
def counter():
    seen = 0
    def step(k):
        nonlocal seen
        for _ in range(k):
            seen += 1
        return seen
    return step

step = counter()
for k in range(7):
    print(step(k))
""",
        "",
        None,
    ),
    "exceptions in a loop": (
        """\
bad = 0
def read(text):
    return int(text)
for text in ['1', 'x', '3', 'y', '5', '6', 'z']:
    try:
        print(read(text))
    except ValueError as error:
        bad += 1
    finally:
        last = text
print(bad)
""",
        "",
        None,
    ),
    "objects and shared lists": (
        """\
class Node:
    def __init__(self, value, below):
        self.value = value
        self.below = below

top = None
rows = [[], []]
for i in range(8):
    top = Node(i, top)
    rows[i % 2].append(i)
seen = {}
while top is not None:
    seen[top.value] = seen.get(top.value, 0) + 1
    top = top.below
print(rows, seen)
""",
        "",
        None,
    ),
    "a queue and a set": (
        """\
from collections import deque
near = {0: [1, 2], 1: [3], 2: [3], 3: [4, 5], 4: [], 5: [0]}
queue = deque([0])
seen = {0}
while queue:
    at = queue.popleft()
    for other in near[at]:
        if other not in seen:
            seen.add(other)
            queue.append(other)
print(len(seen))
""",
        "",
        None,
    ),
    "input line by line": (
        """\
n = int(input())
best = 0
for _ in range(n):
    a, b = map(int, input().split())
    best = max(best, a * b)
    print(best)
""",
        "7\n1 2\n3 4\n5 6\n1 1\n9 9\n2 2\n8 8\n",
        None,
    ),
    "an uncaught exception": (
        """\
xs = [4, 2, 1, 0]
for x in xs:
    y = 8 // x
    print(y)
""",
        "",
        None,
    ),
    "methods called again and again": (
        """\
class Stack:
    def __init__(self):
        self.items = []
    def push(self, x):
        self.items.append(x)
        return len(self.items)
    def pop(self):
        return self.items.pop()

def run(n):
    stack = Stack()
    for i in range(n):
        stack.push(i * i)
    out = []
    while stack.items:
        out.append(stack.pop())
    return out
""",
        "",
        "run(6)",
    ),
}
