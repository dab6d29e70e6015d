"""What one run comes to, the same in a container and in a plain process."""

import threading

import pytest

from sandbox import Sandbox
from schemas.job import Job, Limits, Program
from schemas.outcome import Outcome

SHORT = Limits(cpu_s=1, wall_s=2, memory_bytes=128 << 20, output_bytes=100_000)


def script(box: Sandbox, code: str, stdin: str = "", limits: Limits = SHORT, hash_seed: int = 0) -> Outcome:
    return box.run(Job(Program("stdin", code), stdin, limits=limits, hash_seed=hash_seed))


def call(box: Sandbox, code: str, expression: str) -> Outcome:
    return box.run(Job(Program("function", code), call=expression, limits=SHORT))


def test_a_script_reads_its_input_and_prints(box):
    outcome = script(box, "print(input()[::-1])", "hello\n")
    assert (outcome.verdict, outcome.stdout, outcome.exit_code) == ("ok", b"olleh\n", 0)


def test_a_call_gives_the_repr_of_its_value(box):
    outcome = call(box, "def twice(s): return [s, s]\n", "twice('a')")
    assert (outcome.verdict, outcome.value) == ("ok", "['a', 'a']")


@pytest.mark.parametrize(
    "code, verdict",
    [
        ("print(1 / 0)", "runtime_error"),
        ("import sys; sys.exit(3)", "runtime_error"),
        ("def (", "compile_error"),
        ("while True: pass", "cpu_limit"),
        ("import time; time.sleep(60)", "timeout"),
        ("x = []\nwhile True: x.append(bytes(10**7))", "memory_limit"),
        ("while True: print('x' * 1000)", "output_limit"),
    ],
)
def test_each_way_to_fail_has_its_verdict_and_the_next_job_is_unharmed(box, code, verdict):
    assert script(box, code).verdict == verdict
    assert script(box, "print(sum(range(5)))").stdout == b"10\n"


def test_an_exception_is_told_with_its_type_and_message(box):
    outcome = script(box, "\nx = {}\nx['k']\n")
    assert outcome.error is not None
    assert (outcome.error.type, outcome.error.message, outcome.error.line) == ("KeyError", "'k'", 3)


def test_output_past_the_limit_is_kept_up_to_it(box):
    outcome = script(box, "while True: print('x' * 999)")
    assert outcome.stdout == (b"x" * 999 + b"\n") * 100


def test_output_of_exactly_the_limit_is_ok(box):
    assert script(box, "print('x' * 99_999)").verdict == "ok"
    assert script(box, "print('x' * 100_000)").verdict == "output_limit"


def test_output_that_is_no_text_comes_back_byte_for_byte(box):
    outcome = script(box, "import sys; sys.stdout.buffer.write(bytes(range(256)))")
    assert outcome.stdout == bytes(range(256))


def test_input_larger_than_any_pipe_is_read_whole(box):
    assert script(box, "import sys; print(len(sys.stdin.read()))", "x" * (8 << 20)).stdout == b"8388608\n"


def test_input_that_nobody_reads_holds_nothing_up(box):
    assert script(box, "print(1)", "x" * (1 << 20)).verdict == "ok"


@pytest.mark.parametrize("source", ["0", "'/dev/stdin'"])
def test_input_can_be_opened_as_contest_programs_do(box, source):
    assert script(box, f"print(open({source}).read().split())", "a b").stdout == b"['a', 'b']\n"


def test_fd_0_and_1_are_real(box):
    assert script(box, "import os; os.write(1, os.read(0, 99))", "raw").stdout == b"raw"


def test_exit_and_quit_are_there(box):
    assert script(box, "print(1); exit()").verdict == "ok"
    assert script(box, "quit(4)").exit_code == 4


def test_output_of_a_program_that_hangs_is_kept(box):
    outcome = script(box, "import time; print('before', flush=True); time.sleep(60)")
    assert (outcome.verdict, outcome.stdout) == ("timeout", b"before\n")


def test_os_exit_is_ok_and_says_so(box):
    outcome = script(box, "import os; print(1, flush=True); os._exit(0)")
    assert (outcome.verdict, outcome.stdout) == ("ok", b"1\n")
    assert "clean end" in outcome.detail


def test_the_hash_seed_fixes_the_order_of_a_set_of_words(box):
    code = "print(*{'spam', 'ham', 'eggs', 'bacon', 'toast', 'beans'})"
    orders = [[script(box, code, hash_seed=seed).stdout for _ in range(2)] for seed in (0, 1)]
    assert orders[0][0] == orders[0][1]
    assert orders[0][0] != orders[1][0]


def test_a_job_sees_no_environment_of_ours_and_no_arguments(box, monkeypatch):
    monkeypatch.setenv("NLEX_SECRET", "1")
    assert script(box, "import os, sys; print('NLEX_SECRET' in os.environ, sys.argv[1:])").stdout == b"False []\n"


def test_nothing_of_one_job_is_seen_by_the_next(box):
    script(box, "import builtins, math; builtins.len = None; math.pi = 3")
    assert script(box, "import math; print(len('ab'), math.pi > 3)").stdout == b"2 True\n"


def test_figures_of_a_run_are_those_of_the_program(box):
    outcome = script(box, "x = bytearray(50 << 20)\nfor _ in range(10**6): pass")
    assert 50 << 20 < outcome.max_rss_bytes < 120 << 20
    assert 0 < outcome.cpu_s < 1


def test_threads_run_side_by_side_in_the_slots(box):
    outputs: dict[int, bytes] = {}

    def work(number: int) -> None:
        outputs[number] = script(box, "print(int(input()) ** 2)", str(number)).stdout

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outputs == {number: f"{number**2}\n".encode() for number in range(8)}


def test_a_program_that_takes_its_stdout_away_still_ends_well(box):
    assert script(box, "import sys\nprint(1)\nsys.stdout.flush()\nsys.stdout = None").verdict == "ok"
