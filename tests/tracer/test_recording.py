"""What a trace of a program says: events, values, output, input, limits."""

import os
import resource
import subprocess
import sys
from typing import Any

import pytest

from tests.tracing import run, trace_program
from tracer.events import Bind, Event, New, Opaque, Printed, Probe, Read, Ref, Splice, Trace
from tracer.replay import replay


def lines(trace: Trace) -> list[int]:
    return [event.span[0] for event in trace.events if event.kind == "line" and event.span]


def kinds(trace: Trace) -> list[str]:
    return [event.kind for event in trace.events]


def probes(trace: Trace, source: str) -> dict[str, list[object]]:
    """Values by the text of the sub-expression."""
    text = source.split("\n")
    found: dict[str, list[object]] = {}
    for event in trace.events:
        for change in event.changes:
            if isinstance(change, Probe):
                line, start, _, end = change.span
                found.setdefault(text[line - 1][start:end], []).append(change.value)
    return found


def test_a_statement_over_many_lines_is_one_event() -> None:
    trace = trace_program("x = max(1,\n        2,\n        3)\ny = x\n").trace
    assert lines(trace) == [1, 4]


def test_statements_on_one_line_are_an_event_each() -> None:
    assert lines(trace_program("a = 1; b = 2; c = a\n").trace) == [1, 1, 1]


@pytest.mark.parametrize("test", ["True", "1", "n < 3"])
def test_a_while_header_is_an_event_for_each_iteration(test: str) -> None:
    trace = trace_program(f"n = 0\nwhile {test}:\n    n += 1\n    if n == 3: break\n").trace
    assert lines(trace).count(2) == 3


def test_comprehensions_lambdas_and_class_bodies_have_no_events() -> None:
    trace = trace_program("class A:\n    y = 1\nxs = [i for i in range(3)]\nf = lambda v: v + 1\nz = f(2)\n").trace
    assert lines(trace) == [1, 3, 4, 5]
    assert set(kinds(trace)) == {"line", "return"}


def test_a_call_in_a_comprehension_belongs_to_the_frame_around_it() -> None:
    trace = trace_program("def f(x):\n    return x\ndef g():\n    return [f(i) for i in range(2)]\ng()\n").trace
    calls = [event for event in trace.events if event.kind == "call"]
    assert [(call.name, call.parent) for call in calls] == [("g", 0), ("f", 1), ("f", 1)]


def test_arguments_come_with_the_call() -> None:
    trace = trace_program("def f(a, *b, c=3, **d):\n    pass\nf(1, 2, e=4)\n").trace
    (call,) = [event for event in trace.events if event.kind == "call"]
    assert [name for name, _ in call.args] == ["a", "c", "b", "d"]


def test_sub_expressions_have_the_values_they_had() -> None:
    source = "x = 3\ny = max(x, x * 2 + 1) if x > 2 else 0\n"
    found = probes(trace_program(source).trace, source)
    assert found["x > 2"] == [True]
    assert found["x * 2 + 1"] == [7]
    assert found["max(x, x * 2 + 1)"] == [7]


def test_what_a_short_circuit_skips_has_no_value() -> None:
    source = "x = 0\ny = x and x / 0\n"
    found = probes(trace_program(source).trace, source)
    assert "x / 0" not in found
    assert found["x and x / 0"] == [0]


def test_columns_count_characters() -> None:
    source = "x = 'é' + str(1)\n"
    assert probes(trace_program(source).trace, source)["str(1)"] == ["1"]


def test_branch_probes_are_tests_only() -> None:
    source = "x = 1 + 1\nif x > 1:\n    y = x * 2\n"
    assert list(probes(run(source, probe="branches").trace, source)) == ["x > 1"]
    assert probes(run(source, probe="none").trace, source) == {}


def test_a_probe_costs_no_recursion_depth() -> None:
    code = (
        "import sys\nsys.setrecursionlimit(400)\ndef f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\nprint(f(330))\n"
    )
    assert run(code).stdout == run(code, traced=False).stdout == b"330\n"


def test_generators_pause_and_go_on() -> None:
    trace = trace_program("def g():\n    yield 1\n    return 2\nfor v in g():\n    pass\n").trace
    assert [kind for kind in kinds(trace) if kind != "line"] == ["call", "yield", "resume", "return", "return"]


def test_an_exception_is_told_in_every_frame_it_passes() -> None:
    trace = trace_program("def f():\n    return 1 // 0\ntry:\n    f()\nexcept ZeroDivisionError:\n    pass\n").trace
    assert [(e.kind, e.frame) for e in trace.events if e.kind in ("exception", "unwind")] == [
        ("exception", 1),
        ("unwind", 1),
        ("exception", 0),
    ]
    first = next(event for event in trace.events if event.kind == "exception")
    assert (first.name, first.value) == ("ZeroDivisionError", "integer division or modulo by zero")


def test_an_uncaught_exception_unwinds_the_module() -> None:
    done = run("print('a')\nx = [][0]\n")
    assert done.status == 1
    assert kinds(done.trace)[-2:] == ["exception", "unwind"]
    assert done.report["error"]["type"] == "IndexError"
    assert done.report["error"]["line"] == 2
    assert b"line 2, in <module>" in done.stderr


def test_exit_is_no_error() -> None:
    done = run("import sys\nprint(1)\nsys.exit(3)\n")
    assert (done.status, done.stdout, done.report["error"]) == (3, b"1\n", None)


def test_a_call_is_one_more_line_of_the_program() -> None:
    execution = trace_program("def f(n):\n    return [n]\n", call="f(2)")
    assert lines(execution.trace) == [1, 3, 2]
    assert execution.value == "[2]"
    last = execution.trace.events[-1]
    assert (last.kind, last.frame, type(last.value)) == ("return", 0, Ref)


def test_prelude_and_setup_are_not_traced() -> None:
    done = run("def f():\n    return k + len(box)\n", call="f()", prelude="k = 1\nbox = []\n", setup="box.append(1)\n")
    assert done.report["value"] == "2"
    assert done.report["missed"] == 0
    assert not any(isinstance(c, Bind) and c.name == "k" for e in done.trace.events for c in e.changes)


@pytest.mark.parametrize(
    "code",
    [
        "a = input()\nb = input()\n",
        "import sys\na = sys.stdin.readline()\nb = sys.stdin.readline()\n",
        "import sys\nfor line in sys.stdin:\n    a = line\n",
        "import sys\nr = sys.stdin.buffer.readline\na = r()\nb = r()\n",
        "import sys\na = sys.stdin.read()\n",
        "import sys\na = sys.stdin.buffer.read().decode()\n",
        "import sys\na = sys.stdin.readlines()\n",
        "import sys\na = list(map(bytes.split, sys.stdin.buffer))\n",
    ],
)
def test_reading_through_stdin_is_counted(code: str) -> None:
    trace = trace_program(code, stdin="1 2\né x\n").trace
    assert sum(change.count for event in trace.events for change in event.changes if isinstance(change, Read)) == 8


def test_raw_descriptors_work_as_they_do_untraced() -> None:
    code = "import os\na = os.read(0, 3)\nb = open(0).read()\nos.write(1, a)\nprint(b)\n"
    plain, traced = run(code, stdin="xyz rest", traced=False), run(code, stdin="xyz rest")
    assert plain.stdout == traced.stdout
    assert b"".join(c.data for e in traced.trace.events for c in e.changes if isinstance(c, Printed)) == traced.stdout


def test_output_is_told_with_the_statement_that_printed_it() -> None:
    trace = trace_program("print('a', end='')\nx = 1\nprint('b')\n").trace
    told = [[c.data for c in event.changes if isinstance(c, Printed)] for event in trace.events]
    assert told == [[], [b"a"], [], [b"b\n"]]


def test_the_event_limit_leaves_a_marked_prefix() -> None:
    done = run("n = 0\nwhile True:\n    n += 1\n", max_events=50)
    assert done.report["mark"] == done.trace.mark == "events"
    assert len(done.trace.events) == 50
    assert [state.frames[0].names["n"] for _, state in replay(done.trace) if "n" in state.frames[0].names][-1] > 20


def test_the_byte_limit_leaves_a_marked_prefix() -> None:
    done = run("xs = []\nwhile True:\n    xs.append('abcdefgh' * len(xs))\n", max_trace_bytes=5_000)
    assert done.trace.mark == "bytes"
    assert 1_000 < len(done.log) <= 5_000


def test_a_huge_object_is_not_copied_before_it_is_refused() -> None:
    assert run("x = list(range(50_000_000))\n").trace.mark == "bytes"


def test_a_huge_table_of_one_value_is_told_in_a_few_bytes() -> None:
    done = run("x = [0] * 1_000_000\nfor i in range(5):\n    x[i * 1000] = i\n")
    assert done.trace.mark == "end"
    assert len(done.log) < 500


def test_looking_runs_no_code_of_the_program() -> None:
    code = """
class Loud:
    def __init__(self): self.v = 1
    def __repr__(self): print('repr'); return 'x'
    def __eq__(self, other): print('eq'); return True
    def __hash__(self): return 1
    def __len__(self): print('len'); return 1
    def __iter__(self): print('iter'); return iter([1])
    def __getattribute__(self, name): return object.__getattribute__(self, name)
    def __bool__(self): print('bool'); return True
class Items(list):
    def __len__(self): print('list len'); return 0
    def __iter__(self): print('list iter'); return iter([])
a = Loud()
b = {a: 1}
c = [a, Items([1, 2])]
c.append(a)
"""
    plain, traced = run(code, traced=False), run(code)
    assert plain.stdout == traced.stdout == b""
    assert traced.report["mark"] == "end"


def test_a_half_built_object_is_told_as_far_as_it_is() -> None:
    trace = trace_program("class P:\n    def __init__(self):\n        self.a = 1\n        self.b = 2\np = P()\n").trace
    (new,) = [c for e in trace.events for c in e.changes if isinstance(c, New) and c.kind == "object"]
    assert new.items == ()


def test_huge_integers_are_exact() -> None:
    trace = trace_program("x = 10 ** 5000\n").trace
    values = [c.value for e in trace.events for c in e.changes if isinstance(c, Bind)]
    assert values == [10**5000]


def test_the_big_stack_thread_is_traced() -> None:
    code = "import threading\ndef main():\n    print(1)\nt = threading.Thread(target=main)\nt.start()\nt.join()\n"
    trace = trace_program(code).trace
    assert [event.name for event in trace.events if event.kind == "call"] == ["main"]


def test_taking_the_front_of_equal_elements_is_told_at_the_front() -> None:
    trace = trace_program("from collections import deque\nq = deque([1, 1, 1])\nq.popleft()\nq.pop()\n").trace
    assert [c.start for e in trace.events for c in e.changes if isinstance(c, Splice)] == [0, 1]


def test_a_change_after_a_call_in_the_same_statement_is_seen() -> None:
    code = (
        "from collections import defaultdict\nclass N:\n    def __init__(self):\n        self.v = 0\n"
        "d = defaultdict(N)\nx = d['k'].v\n"
    )
    assert run(code).report["missed"] == 0


def test_what_nobody_could_see_coming_is_counted_as_missed() -> None:
    code = "from operator import methodcaller\nxs = []\ny = list(map(methodcaller('append', 1), [xs]))\n"
    assert run(code).report["missed"] == 1


@pytest.mark.parametrize(
    "code",
    ["import sys\nsys.settrace(None)\n", "import sys\nsys._getframe()\n", "import gc\ngc.get_objects()\n"],
)
def test_reaching_for_the_recorder_is_watched(code: str) -> None:
    assert run(code).report["watched"]


def test_namedtuples_and_dataclasses_are_nothing_to_watch() -> None:
    code = (
        "from collections import namedtuple\nfrom dataclasses import dataclass\nP = namedtuple('P', 'x y')\n"
        "@dataclass\nclass D:\n    a: int\np = P(1, 2)\nd = D(p.x)\n"
    )
    assert run(code).report["watched"] == []


def test_syntax_errors_are_reported_as_such() -> None:
    for traced in (False, True):
        report = run("x = (\n", traced=traced).report
        assert report["compile_error"]
        assert report["error"]["type"] == "SyntaxError"


def test_function_values_are_named_only() -> None:
    trace = trace_program("import math\nf = math.sqrt\nclass A: pass\ng = A\n").trace
    bound = {c.name: c.value for e in trace.events for c in e.changes if isinstance(c, Bind)}
    assert bound == {
        "math": Opaque("module", "math"),
        "f": Opaque("function", "sqrt"),
        "A": Opaque("class", "A"),
        "g": Opaque("class", "A"),
    }


def test_the_same_run_gives_the_same_bytes() -> None:
    code = "s = {'a', 'b', 'c'}\nfor x in sorted(s):\n    print(x)\nclass A: pass\na = [A(), A()]\n"
    assert run(code).log == run(code).log


def test_events_know_their_frame() -> None:
    events: tuple[Event, ...] = trace_program("def f():\n    return 1\nx = f()\n").trace.events
    assert [event.frame for event in events] == [0, 0, 1, 1, 1, 0]


def test_a_deep_recursion_that_drops_the_recorder_is_no_tampering() -> None:
    report = run("def f():\n    f()\nf()\n", recorder="python").report
    assert report["watched"] == []
    assert not report["installed"]
    assert report["error"]["type"] == "RecursionError"


def test_a_jump_inside_a_statement_is_no_second_event() -> None:
    code = (
        "def f(x):\n    return x\nn = 1\na = f(2) if n else 3\nb = n and f(1) or 0\n"
        "c = [\n    f(i)\n    for i in (1, 2)]\n"
    )
    assert lines(trace_program(code).trace) == [1, 3, 4, 2, 5, 2, 6, 2, 2]


def test_a_loop_of_one_line_has_an_event_for_each_turn() -> None:
    trace = trace_program("n = 0\nwhile n < 2: n += 1\nfor i in range(2): pass\n").trace
    assert lines(trace) == [1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3]


def test_a_frame_left_by_an_exception_through_finally_unwinds() -> None:
    code = (
        "def f():\n    try:\n        1 / 0\n    except ValueError:\n        pass\n    finally:\n        x = 1\n"
        "try:\n    f()\nexcept ZeroDivisionError:\n    pass\n"
    )
    assert [e.kind for e in trace_program(code).trace.events if e.frame and e.kind != "line"] == [
        "call",
        "exception",
        "unwind",
    ]


def test_a_generator_that_is_closed_unwinds() -> None:
    code = "def g():\n    try:\n        yield 1\n    finally:\n        x = 1\nh = g()\nnext(h)\nh.close()\n"
    assert [e.kind for e in trace_program(code).trace.events if e.frame and e.kind != "line"][-1] == "unwind"


def test_an_element_augmented_around_a_call_is_seen_at_once() -> None:
    code = "def f(x):\n    return x\na = [1, 2]\na[0] += f(3) * a[1]\nb = {}\nb[f('k')] = f(1)\n"
    done = run(code)
    assert done.report["missed"] == 0
    assert list(replay(done.trace))[-1][1].heap[0].items == [7, 2]


def test_what_a_subclass_does_through_super_is_seen() -> None:
    code = "class L(list):\n    def put(self, v):\n        super().append(v)\n        return 1\na = L()\na.put(1)\n"
    assert run(code).report["missed"] == 0


def test_the_call_of_a_function_is_not_mistaken_for_an_old_frame() -> None:
    code = (
        "from operator import attrgetter\nclass P:\n    def __init__(self, v):\n        self.v = v\n"
        "    @property\n    def r(self):\n        return self.v\n"
        "def f():\n    return [p.v for p in sorted([P(2), P(1)], key=attrgetter('r'))]\n"
    )
    events = trace_program(code, call="f()").trace.events
    assert not any(event.kind == "resume" for event in events)
    assert [event.name for event in events if event.kind == "call"].count("P.r") == 2


def test_what_a_library_object_does_to_a_list_the_program_holds_is_seen() -> None:
    code = "from queue import PriorityQueue\np = PriorityQueue()\nq = p.queue\np.put(3)\np.put(1)\np.get()\nx = 1\n"
    assert run(code).report["missed"] == 0


def test_a_prelude_that_fails_is_told_as_such() -> None:
    report = run("x = 1\n", prelude="import no_such_module\n").report
    assert report["detail"].startswith("the prelude raised")


def test_an_exception_about_an_object_is_told_without_asking_the_object() -> None:
    code = (
        "class K:\n    def __repr__(self):\n        print('asked')\n        return 'K'\n"
        "try:\n    {}[K()]\nexcept KeyError:\n    print('caught')\n"
    )
    assert run(code).stdout == b"caught\n"


def test_a_parameter_named_like_a_builtin_is_no_builtin() -> None:
    code = "def put(sorted, v):\n    sorted.append(v)\nxs = [1]\nput(xs, 2)\ny = xs\n"
    assert run(code).report["missed"] == 0


_TOUCHES = "xs = [0] * 10**7\nfor i in range(1000):\n    xs[i * 9973] += i\nprint(sum(xs))\n"


def _peak_bytes(**options: Any) -> int:
    """What a child that runs the program has had in memory at most."""
    count, write = os.pipe()
    child = os.fork()
    if not child:
        done = run(_TOUCHES, **options)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10
        os.write(write, f"{peak} {done.stdout.decode().strip()} {done.report.get('mark')}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    said = os.read(count, 100).split()
    os.close(count)
    os.close(write)
    assert said[1:] in ([b"499500", b"end"], [b"499500", b"None"])
    return int(said[0])


@pytest.mark.parametrize("recorder", ["python", "native"])
def test_a_list_of_ten_million_elements_is_held_twice_at_most(recorder: str) -> None:
    assert _peak_bytes(recorder=recorder) < 2 * _peak_bytes(traced=False)


_ASKING = """
import sys
for stream in (sys.stdin, sys.stdout, sys.stderr):
    print(stream.name, stream.mode, stream, stream.buffer)
    try:
        stream.nothing
    except AttributeError as error:
        print(error)
"""


def test_the_standard_streams_look_as_they_always_do() -> None:
    usual = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "-c", _ASKING], input=b"", capture_output=True, check=True
    ).stdout
    assert run(_ASKING, traced=False).stdout == usual
    for recorder in ("python", "native"):
        assert run(_ASKING, recorder=recorder).stdout == usual


@pytest.mark.parametrize("recorder", ["python", "native"])
@pytest.mark.parametrize(
    ("turn", "gone", "come"),
    [
        ("xs.append(xs.pop(0))", 0, 99),
        ("xs.insert(0, xs.pop())", 99, 0),
        ("xs[:] = xs[1:] + [7]", 0, 99),
    ],
)
def test_a_long_sequence_that_turns_is_told_by_what_went_and_what_came(
    recorder: str, turn: str, gone: int, come: int
) -> None:
    trace = trace_program(f"xs = list(range(100))\n{turn}\n", recorder=recorder).trace
    splices = [change for event in trace.events for change in event.changes if isinstance(change, Splice)]
    assert [(one.start, one.removed, len(one.items)) for one in splices] == [(gone, 1, 0), (come, 0, 1)]
