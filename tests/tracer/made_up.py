"""Programs made up by hypothesis: short statements on containers that hold, share and change each other."""

from hypothesis import strategies as st

_LISTS = st.sampled_from(["a", "b", "c"])
_SMALL = st.integers(-2, 5)
_HEAD = """
import heapq
from bisect import insort
from collections import Counter, OrderedDict, defaultdict, deque

def poke(x, y):
    x.append(1)
    y[:1] = []

def keep(f):
    return f()

def walk(xs, depth):
    if depth:
        xs.append(depth)
        walk(xs[:], depth - 1)
        xs.pop()

def take(v, xs):
    return v

def counter():
    n = 0
    seen = []
    def up(by):
        nonlocal n
        n += by
        seen.append(n)
        return seen
    return up

def share(v):
    global a, total
    total += v
    a = [v] if v > 3 else a

class Node:
    made = 0
    def __init__(self, items):
        self.items = items
        self.size = 0
    def add(self, v):
        self.items.append(v)
        self.size += 1
        return self

class Bag(list):
    def put(self, v):
        super().append(v)
        self[0] = v

class Pair:
    __slots__ = ("x", "y")

total = 0
a = [1]
b = [a, 2]
c = b
d = {"k": a}
e = defaultdict(list)
o = OrderedDict(p=1, q=2)
q = deque([3], maxlen=4)
s = {1, 2}
up = counter()
node = Node(a)
bag = Bag([0])
pair = Pair()
"""
_LOUD_HEAD = """
def give(xs):
    for x in xs:
        got = yield x
        if got is not None:
            xs.insert(0, got)
        yield xs.pop()

class Loud:
    def __init__(self, xs):
        self.xs = xs
    def __getitem__(self, index):
        return self.xs[index]
    def __setitem__(self, index, value):
        self.xs[index] = value
    def __add__(self, other):
        return len(self.xs)
    @property
    def first(self):
        return self.xs
    @first.setter
    def first(self, value):
        self.xs.append(value)

gen = give(a)
loud = Loud(b)
"""
"""What lets other things than calls run code of the program."""
_SIMPLE = st.one_of(
    st.builds("{} = [{}]".format, _LISTS, _SMALL),
    st.builds("{} = {}".format, _LISTS, _LISTS),
    st.builds("{} = [{}, {}]".format, _LISTS, _LISTS, _LISTS),
    st.builds("{}.append({})".format, _LISTS, st.one_of(_LISTS, _SMALL.map(str))),
    st.builds("{}[{}] = {}".format, _LISTS, _SMALL, st.one_of(_LISTS, _SMALL.map(str))),
    st.builds("{}[1:] = {}[:2]".format, _LISTS, _LISTS),
    st.builds("{}.insert({}, len({}))".format, _LISTS, _SMALL, _LISTS),
    st.builds("x = {}.pop() if {} else {}.pop(0)".format, _LISTS, _LISTS, _LISTS),
    st.builds("{} += {}[:1]".format, _LISTS, _LISTS),
    st.builds("{}[0] += {}".format, _LISTS, _SMALL),
    st.builds("{}.append({}.pop())".format, _LISTS, _LISTS),
    st.builds("{}[0], {}[-1] = {}[-1], {}[0]".format, _LISTS, _LISTS, _LISTS, _LISTS),
    st.builds("poke({}, {})".format, _LISTS, _LISTS),
    st.builds("keep(lambda: {}.reverse())".format, _LISTS),
    st.builds("keep({}.clear)".format, _LISTS),
    st.builds("walk({}, {})".format, _LISTS, st.integers(0, 3)),
    st.builds("heapq.heappush({}, {})".format, _LISTS, _SMALL),
    st.builds("y = heapq.heappop({})".format, _LISTS),
    st.builds("insort({}, {})".format, _LISTS, _SMALL),
    st.builds("{}.sort(key=str)".format, _LISTS),
    st.builds("push = {}.append; push({}); list(map(push, [1, 2]))".format, _LISTS, _SMALL),
    st.builds("d[{}] = {}".format, _SMALL, _LISTS),
    st.builds("d.setdefault({}, []).append({})".format, _SMALL, _SMALL),
    st.builds("z = d.pop({}, None)".format, _SMALL),
    st.builds("del {}[0], d[{}]".format, _LISTS, _SMALL),
    st.builds("e[{}].append({})".format, _SMALL, _LISTS),
    st.builds("w = [len(e[i]) for i in range({})]".format, st.integers(0, 3)),
    st.builds("o.move_to_end('p'); o[{}] = 1".format, _SMALL),
    st.builds("q.append({}); q.rotate(1); q.appendleft({})".format, _SMALL, _SMALL),
    st.builds("v = q.popleft(); q[0] = {}".format, _LISTS),
    st.builds("s.add({}); s ^= {{{}, 9}}".format, _SMALL, _SMALL),
    st.builds("s.discard({}); s.add(({}, 1))".format, _SMALL, _SMALL),
    st.builds("up({})".format, _SMALL),
    st.builds("share({})".format, _SMALL),
    st.builds("node.add({}).items[0] = {}".format, _SMALL, _SMALL),
    st.builds("node.items, node.more = {}, {}".format, _LISTS, _LISTS),
    st.builds("bag.put({}); bag.extend({})".format, _SMALL, _LISTS),
    st.builds("pair.x = {}; pair.y = pair.x; del pair.x".format, _LISTS),
    st.builds("pair.x = {}; pair.x += {}[:1]; pair.x *= 1".format, _LISTS, _LISTS),
    st.builds("node.items += {}[:1]; node.more = [0]; node.more += [{}]".format, _LISTS, _SMALL),
    st.builds("e[{}] += {}[:1]; e[1, {}] += [1]; e[1, 2] += {}[:1]".format, _SMALL, _LISTS, _SMALL, _LISTS),
    st.builds("b[0] += {}[:1]; bag.append({}); bag[-1] += [1]".format, _LISTS, _LISTS),
    st.builds("y = take({0}.pop(), {0})".format, _LISTS),
    st.builds("{0}.append(take({0}.pop(0), {0}))".format, _LISTS),
    st.builds("y = take(heapq.heappop({0}), {0}) + len({0})".format, _LISTS),
    st.builds("z = take(d.pop({}, None), d); w = take(e[{}], e)".format, _SMALL, _SMALL),
    st.builds("{0}[0], {0}[take(1, {0})] = 7, 8".format, _LISTS),
    st.builds("[take({0}.pop(), {0}) for _ in range(2)]".format, _LISTS),
    st.builds("y = list(map(lambda v: take(v, {0}), [{0}.pop()]))".format, _LISTS),
    st.builds("s.discard(take({}, s)); y = take(s.pop(), s)".format, _SMALL),
    st.builds("loud[0] = {0}.pop(); x = ({0}.pop(), loud[0])".format, _LISTS),
    st.builds("loud.first = {0}.pop(0); {0}.append(loud + {0}.pop())".format, _LISTS),
    st.builds("loud[0], {0}[0] = {0}[0], loud[-1]".format, _LISTS),
    st.builds("{0}[0] = loud[0] = {1}".format, _LISTS, _SMALL),
    st.builds("loud.first += [{}]; loud[0] += {}".format, _SMALL, _LISTS),
    st.builds("x = next(gen)".format),
    st.builds("x = gen.send({})".format, _SMALL),
    st.builds("gen = give({}); t = Counter({})".format, _LISTS, st.just("'aab'")),
    st.builds("(m := {}).extend([1]) or m.pop()".format, _LISTS),
    st.builds("[*f, g] = {}; del g".format, _LISTS),
    st.builds("h = {{**d}}; h['new'] = {}".format, _LISTS),
)
_INNER = st.one_of(
    st.builds("y = [take(v, {}) for v in {} if v]".format, _LISTS, _LISTS),
    st.builds("z = {{str(v): [v, *{}] for v in {}[:2]}}".format, _LISTS, _LISTS),
    st.builds("x = sum(len(str(v)) for v in {})".format, _LISTS),
    st.builds("h = (take({0}, {0}.append(v)) for v in {1}[:2]); x = next(h, 0); {0}.pop()".format, _LISTS, _LISTS),
    st.builds("f = lambda v, *w, k={}: [v, w, k]; y = f({}, {})".format, _LISTS, _LISTS, _SMALL),
    st.builds("y = sorted({}, key=lambda v: (str(v), {}.append(1))[0])".format, _LISTS, _LISTS),
    st.builds("y = [[w for w in str(v)] for v in {} for u in {}]".format, _LISTS, _LISTS),
    st.builds("z = [last := v for v in {}]; x = [last]".format, _LISTS),
    st.builds("x = any((last := v) == {} for v in {}); {}.append(last)".format, _SMALL, _LISTS, _LISTS),
    st.builds("y = (lambda v: v.append({}) or (v := v[1:]))({})".format, _SMALL, _LISTS),
    st.builds("y = list(map(lambda v, w: (v, [w]), {}, {}))".format, _LISTS, _LISTS),
    st.builds("h = ((v, w) for v in {} for w in {}); y = list(h)[:3]; x = next(h, {})".format, _LISTS, _LISTS, _LISTS),
    st.builds("d = {{k: v for k, v in d.items() if k != {}}}".format, _SMALL),
    st.builds("g = lambda n: n > 0 and g(n - 1) + [n] or []; y = g({})".format, _SMALL),
    st.builds("z = [row[:] for row in ({}, {})]; z[0].append({})".format, _LISTS, _LISTS, _LISTS),
    st.builds("y = [x for x, *x in [{}, {}]]".format, _LISTS, _LISTS),
    st.builds("[node.add(v) for v in {}[:3]]; [n.items for n in (node,) if n.size > {}]".format, _LISTS, _SMALL),
)
"""What is evaluated in comprehensions, generator expressions and lambdas."""
_BLOCKS = st.one_of(
    _SIMPLE,
    _INNER,
    st.builds("for i in range({}):\n        {}".format, st.integers(0, 3), _SIMPLE),
    st.builds("if {}:\n        {}\n    else:\n        {}".format, _LISTS, _SIMPLE, _SIMPLE),
    st.builds("for {} in [{}, {}]:\n        {}".format, _LISTS, _LISTS, _LISTS, _SIMPLE),
)


def _whole(blocks: list[str], inside: bool, loud: bool) -> str:
    guarded = "".join(f"try:\n    {block}\nexcept Exception:\n    pass\n" for block in blocks)
    head = _HEAD + _LOUD_HEAD if loud else f"{_HEAD}gen = loud = None\n"
    if not inside:
        return head + guarded
    # The same as locals of a function, but for what other functions share.
    body = "".join(f"    {line}\n" for line in guarded.splitlines())
    return f"{head}def run(b, c, d, e, q, s, gen):\n    global a\n{body}run(b, c, d, e, q, s, gen)\n"


made_up_programs = st.builds(_whole, st.lists(_BLOCKS, min_size=1, max_size=10), st.booleans(), st.booleans())
"""Whole programs, at module level or in a function, with and without hidden calls."""
