"""Programs that differ in names, comments and formatting have one normal form; other programs have others."""

import pytest

from pipelines.curation.normal_form import normal_form
from tests.pipelines.curation.planted import programs, renamed

SAME = [
    ("x = 1\nprint(x)\n", "y=1 # one\nprint((y))\n"),
    ("def f(a, b=2):\n    'doc'\n    return a + b\n", "def g(p: int, q: int = 2) -> int:\n    return p+q\n"),
    ("import numpy as np\nprint(np.zeros(3))\n", "import numpy\nprint(numpy.zeros(3))\n"),
    ("from math import sqrt as s\nprint(s(2))\n", "from math import sqrt\nprint(sqrt(2))\n"),
    (
        "class A:\n    def go(self, n):\n        self.n = n\n        return self.n\nprint(A().go(1))\n",
        "class B:\n    def run(me, k):\n        me.k = k\n        return me.k\nprint(B().run(1))\n",
    ),
    (
        "print([i for i in range(3)])\nfor j in 'ab':\n    pass\n",
        "print([j for j in range(3)])\nfor i in 'ab':\n    pass\n",
    ),
    (
        "n = 0\ndef up():\n    global n\n    n += 1\nup()\nprint(n)\n",
        "m = 0\ndef more():\n    global m\n    m += 1\nmore()\nprint(m)\n",
    ),
    ("match 1:\n    case x:\n        print(x)\n", "match 1:\n    case y:\n        print(y)\n"),
    ("print('a' \"b\")\n", "print('ab')\n"),
]
OTHER = [
    ("print(1)\n", "print(2)\n"),
    ("print(1)\n", "print(1.0)\n"),
    ("print('1')\n", "print(b'1')\n"),
    ("a = 1\nb = 2\nprint(a)\n", "a = 1\nb = 2\nprint(b)\n"),
    ("print(max(1, 2))\n", "print(min(1, 2))\n"),
    ("x = []\nx.append(1)\n", "x = []\nx.extend(1)\n"),
    ("def f(a, b):\n    return a\nf(a=1, b=2)\n", "def f(a, b):\n    return a\nf(b=1, a=2)\n"),
    ("if x:\n    a()\nb()\n", "if x:\n    a()\n    b()\n"),
    ("x = 1\ndef f():\n    x = 2\nf()\nprint(x)\n", "x = 1\ndef f():\n    global x\n    x = 2\nf()\nprint(x)\n"),
    ("for i in a:\n    b()\nelse:\n    c()\n", "for i in a:\n    b()\nc()\n"),
    ("def f(x):\n    return lambda y: x\n", "def f(x):\n    return lambda y: y\n"),
    ("from math import sin as f\nprint(f(1))\n", "from math import cos as f\nprint(f(1))\n"),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_names_comments_and_formatting_do_not_count(left: str, right: str) -> None:
    assert normal_form(left) == normal_form(right)


@pytest.mark.parametrize(("left", "right"), OTHER)
def test_everything_else_counts(left: str, right: str) -> None:
    assert normal_form(left).digest != normal_form(right).digest


def test_every_renamed_real_program_keeps_its_normal_form() -> None:
    found = programs("func_cruxeval", "stdin_taco", "func_thealgorithms", "stdin_kattis", step=3)
    assert len(found) > 500
    assert [
        name for seed, (name, code) in enumerate(found) if normal_form(code) != normal_form(renamed(code, seed))
    ] == []


def test_a_text_that_cannot_be_parsed_has_a_form_too() -> None:
    assert normal_form("print 1").digest != normal_form("print 2").digest
    assert normal_form("(" * 5000).words == ("(" * 5000,)
