"""Replaying the log gives what a naive look at every event saw."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.reference import differences

PROGRAMS = {
    "an alias of a row": "dp = [[0] * 3 for _ in range(2)]\nrow = dp[1]\nrow[2] = 5\ndp[0][1] += 2\nx = dp\n",
    "globals changed in a function": "count = 0\nseen = []\ndef f(n):\n    global count\n    count += n\n    seen.append(n)\nf(1)\nf(2)\n",
    "nonlocal": "def outer():\n    n = 0\n    def inner():\n        nonlocal n\n        n += 1\n        return n\n    inner()\n    inner()\n    return n\nprint(outer())\n",
    "recursion": "def f(n):\n    return 1 if n < 2 else n * f(n - 1)\nprint(f(5))\n",
    "generator": "def g(n):\n    for i in range(n):\n        got = yield i\n    return 7\ndef h():\n    r = yield from g(2)\n    yield r\nfor v in h():\n    last = v\n",
    "heap and bisect": "import heapq, bisect\nh = [5, 1, 4]\nheapq.heapify(h)\nheapq.heappush(h, 0)\nx = heapq.heappop(h)\nbisect.insort(h, 3)\n",
    "bound method kept in a name": "out = []\npush = out.append\nfor i in range(3):\n    push(i)\nlist(map(push, [7, 8]))\nx = 1\n",
    "dict, default, counter": "from collections import defaultdict, Counter\nd = defaultdict(list)\nd['a'].append(1)\nd['b']\nc = Counter('abca')\nc['z'] += 1\ndel c['a']\nc.update('zz')\n",
    "deque": "from collections import deque\nq = deque([1, 2], maxlen=3)\nq.append(3)\nq.append(4)\nq.appendleft(9)\nx = q.popleft()\nq.rotate(1)\n",
    "sets": "s = {3, 1}\ns.add(2)\ns.discard(1)\nt = frozenset(s)\ns |= {7}\ns.clear()\n",
    "instances": "class Node:\n    def __init__(self, v):\n        self.v = v\n        self.next = None\na = Node(1)\na.next = Node(2)\na.next.next = a\ndel a.next.v\na.v += 5\n",
    "cycle": "a = []\na.append(a)\nd = {}\nd['d'] = d\na[0].append(1)\n",
    "slices and sorting": "a = [5, 3, 9, 1]\na[1:3] = [7]\na.sort()\na.reverse()\ndel a[0]\na += [2]\na *= 2\na.insert(1, 4)\n",
    "exceptions": "def f(x):\n    try:\n        return 1 // x\n    except ZeroDivisionError as e:\n        y = 5\n    finally:\n        z = x\n    return y\nf(0)\nf(1)\ntry:\n    [][1]\nexcept IndexError:\n    k = 2\n",
    "with, match, walrus": "class C:\n    def __enter__(self):\n        return 5\n    def __exit__(self, *a):\n        return False\nwith C() as c:\n    d = c\nmatch [1, 2]:\n    case [a, *rest] if (w := a):\n        m = rest\n    case _:\n        pass\nif (y := len(rest)) > 0:\n    del y\n",
    "comprehension that calls": "log = []\ndef f(x):\n    log.append(x)\n    return x * 2\nys = [f(x) for x in range(3)]\nzs = {k: f(k) for k in ys}\nt = sum(f(v) for v in [1])\n",
    "star and swap": "a, *b = [1, 2, 3]\na, b = b, a\n(x, y), z = (1, 2), [3]\nx = y = z\ny.append(x)\n",
    "element of a default argument": "def f(x, acc=[]):\n    acc.append(x)\n    return acc\nf(1)\nr = f(2)\n",
    "augmented element": "d = {'a': [1]}\nd['a'] += [2]\ng = [[1], [2]]\ni = 1\ng[i] += [3]\nclass B: pass\nb = B()\nb.xs = []\nb.xs += [4]\n",
    "bytearray": "b = bytearray(b'abc')\nb[1] = 120\nb += b'!'\nx = bytes(b)\n",
    "several on a line": "a = 1; b = a + 2; a, b = b, a\nfor i in range(2): a += i; b -= 1\nif a: c = a; d = b\n",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_replay_equals_the_naive_look(name: str, tmp_path: Path) -> None:
    found, done = differences(PROGRAMS[name], tmp_path)
    assert found == []
    assert done.report["missed"] == 0


_NAMES = st.sampled_from(["a", "b", "c"])
_STATEMENTS = st.one_of(
    st.builds("{} = [{}]".format, _NAMES, st.integers(0, 5)),
    st.builds("{} = {}".format, _NAMES, _NAMES),
    st.builds("{} = [{}, {}]".format, _NAMES, _NAMES, _NAMES),
    st.builds("{}.append({})".format, _NAMES, st.one_of(_NAMES, st.integers(0, 5).map(str))),
    st.builds("{}[0] = {}".format, _NAMES, st.one_of(_NAMES, st.integers(0, 5).map(str))),
    st.builds("{}[1:] = {}[:2]".format, _NAMES, _NAMES),
    st.builds("{}.insert(0, len({}))".format, _NAMES, _NAMES),
    st.builds("{}.pop()".format, _NAMES),
    st.builds("{} += {}[:1]".format, _NAMES, _NAMES),
    st.builds("{}[0] += 1".format, _NAMES),
    st.builds("poke({}, {})".format, _NAMES, _NAMES),
    st.builds("keep(lambda: {}.reverse())".format, _NAMES),
)
_HEAD = "def poke(x, y):\n    x.append(1)\n    y[:1] = []\ndef keep(f):\n    f()\na = [1]\nb = [a, 2]\nc = b\n"


@settings(max_examples=60, deadline=None)
@given(st.lists(_STATEMENTS, min_size=1, max_size=12))
def test_replay_equals_the_naive_look_on_made_up_programs(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    guarded = "".join(f"try:\n    {line}\nexcept Exception:\n    pass\n" for line in lines)
    found, done = differences(_HEAD + guarded, tmp_path_factory.mktemp("trace"))
    assert found == []
    assert done.report["missed"] == 0
