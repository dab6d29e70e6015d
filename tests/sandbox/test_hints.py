"""Which texts are taken to hint that runs differ, and which only look like it."""

import pytest

from sandbox.hints import makes_sets, reads_outside
from schemas.job import Program


@pytest.mark.parametrize(
    "code",
    [
        "print({1, 2})",
        "s = {x for x in 'ab'}",
        "print(set('ab'))",
        "import builtins\nprint(builtins.set('ab'))",
        "f = frozenset\n",
        "print(list(a.keys() & b.keys()))",
        "print(list(a.items() - b.items()))",
        "print(eval('{1, 2}'))",
        "kind = __builtins__['set']",
        "set(1",
    ],
)
def test_a_text_that_may_make_sets(code: str) -> None:
    assert makes_sets(code)


@pytest.mark.parametrize(
    "code", ["n = 1\nprint(f'{n}')", "d = {}\nd = {1: 2}", "print('{a}'.format(a=1))", "# a set of words\nprint(1)"]
)
def test_a_text_that_only_looks_like_it(code: str) -> None:
    assert not makes_sets(code)


def test_a_call_may_make_a_set() -> None:
    assert makes_sets("f({'a', 'b'})")
    assert not makes_sets("f({'a': 'b'})")


@pytest.mark.parametrize(
    "code",
    [
        "import time\nprint(time.time())",
        "import random as r\nprint(r.random())",
        "from datetime import datetime\nx = datetime.now()",
        "from os import urandom\nx = urandom(4)",
        "import os\nx = os.getpid()",
        "from time import *\nx = perf_counter()",
        "import numpy as np\nx = np.random.rand()",
        "x = __import__('time').time()",
        "import sys\nx = sys.modules['time'].time()",
        "if time",
    ],
)
def test_a_program_that_may_read_what_is_another_in_each_run(code: str) -> None:
    assert reads_outside(Program("stdin", code))


@pytest.mark.parametrize(
    "code",
    ["time = int(input())\nprint(time * 2)", "# in no time\nprint(1)", "class A:\n    time = 1\nprint(A().time)"],
)
def test_a_program_that_only_has_the_word(code: str) -> None:
    assert not reads_outside(Program("stdin", code))


def test_what_the_prelude_imports_counts_where_it_is_used() -> None:
    prelude = "import random\nimport math\n"
    assert reads_outside(Program("function", "def f():\n    return random.random()\n", prelude=prelude))
    assert not reads_outside(Program("function", "def f():\n    return math.pi\n", prelude=prelude))
