"""Several inputs of one program in one frame: what each comes to is its own."""

import pytest

from sandbox import Sandbox
from schemas.job import Job, Limits, Program

LIMITS = Limits(cpu_s=1, wall_s=5, memory_bytes=128 << 20, output_bytes=100_000)


def jobs(code: str, *inputs: str, limits: Limits = LIMITS) -> list[Job]:
    return [Job(Program("stdin", code), each, limits=limits) for each in inputs]


def verdicts(box: Sandbox, asked: list[Job]) -> list[str]:
    return [outcome.verdict for outcome in box.run_all(asked)]


def test_outcomes_come_in_the_order_of_the_inputs(box):
    outcomes = box.run_all(jobs("print(int(input()) ** 2)", *(f"{n}\n" for n in range(100))))
    assert [outcome.stdout for outcome in outcomes] == [f"{n * n}\n".encode() for n in range(100)]


MISBEHAVES = """
import os, time
match input():
    case "spin":
        while True: pass
    case "sleep":
        time.sleep(100)
    case "die":
        os.kill(os.getpid(), 9)
    case "crash":
        import ctypes; ctypes.string_at(0)
    case "fill":
        x = []
        while True: x.append(bytes(10**7))
    case "flood":
        while True: print("x" * 1000)
    case "leave":
        os._exit(3)
    case word:
        print(word)
"""


def test_one_input_that_ends_badly_does_not_touch_the_others(box):
    words = ["a", "spin", "b", "sleep", "c", "die", "d", "crash", "e", "fill", "f", "flood", "g", "leave", "h"]
    assert verdicts(box, jobs(MISBEHAVES, *words)) == [
        *("ok", "cpu_limit", "ok", "timeout", "ok", "runtime_error", "ok", "runtime_error"),
        *("ok", "memory_limit", "ok", "output_limit", "ok", "runtime_error", "ok"),
    ]


def test_what_one_input_does_to_its_process_the_next_does_not_see(box):
    code = "import builtins, sys\nprint(len('ab'), sys.getrecursionlimit())\n"
    code += "builtins.len = None\nsys.setrecursionlimit(77)\n"
    assert len({outcome.stdout for outcome in box.run_all(jobs(code, "", "", ""))}) == 1


def test_an_input_cannot_reach_the_process_that_holds_its_program(box):
    code = """
import os, resource
reached = []
holder = os.getppid()
for name in ("mem", "environ", "maps", "fd"):
    try:
        path = f"/proc/{holder}/{name}"
        os.listdir(path) if name == "fd" else open(path, "rb").read(1)
        reached.append(name)
    except OSError:
        pass
for act in (lambda: os.kill(holder, 9), lambda: resource.prlimit(holder, resource.RLIMIT_CPU, (0, 0))):
    try:
        act()
        reached.append("act")
    except OSError:
        pass
print(reached)
"""
    assert [outcome.stdout for outcome in box.run_all(jobs(code, "1", "2", "3"))] == [b"[]\n"] * 3


def test_code_that_does_not_compile_is_told_for_every_input(box):
    assert verdicts(box, jobs("def (", "", "", "")) == ["compile_error"] * 3


@pytest.mark.parametrize("code", ["x = " + "-" * 200_000 + "1", "x = " + "(" * 250 + ")" * 250, "\0"])
def test_code_that_no_compiler_survives_is_told_alike_alone_and_together(box, code):
    (alone,) = box.run_all(jobs(code, ""))
    together = box.run_all(jobs(code, "", ""))
    assert {outcome.verdict for outcome in together} == {alone.verdict}
    assert alone.verdict in ("compile_error", "runtime_error")


def test_the_time_that_compiling_takes_counts_for_each_input(box):
    code = "x = [" + "1 + 2j, " * 60_000 + "]"
    (alone,) = box.run_all(jobs(code, ""))
    for outcome in box.run_all(jobs(code, "", "")):
        assert outcome.cpu_s > alone.cpu_s / 4


def test_jobs_of_two_programs_are_not_taken_for_one(box):
    with pytest.raises(ValueError, match="input"):
        box.run_all([*jobs("print(1)", ""), *jobs("print(2)", "")])
