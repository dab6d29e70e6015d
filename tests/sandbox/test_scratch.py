"""A folder to write to, for jobs that ask for one: theirs alone, capped, and empty before the next."""

import dataclasses
from pathlib import Path

import pytest

from sandbox import Sandbox, SandboxConfig, SandboxUnavailable, slot
from sandbox.jail.scratch import FILES, empty
from schemas.job import Job, Limits, Program
from schemas.outcome import Outcome

NONE = Limits(cpu_s=5, wall_s=20, memory_bytes=128 << 20)
SOME = dataclasses.replace(NONE, scratch_bytes=1 << 20)
LIST = "import os\nprint(sorted(os.listdir('/tmp')))"


def script(box: Sandbox, code: str, limits: Limits = SOME, *, traced: bool = False) -> Outcome:
    return box.run(Job(Program("stdin", code), limits=limits, traced=traced))


@pytest.mark.parametrize("traced", [False, True])
def test_a_job_that_asks_for_it_writes_files_where_it_begins(box, traced):
    code = "open('a', 'w').write('hello')\nimport os\nprint(open('/tmp/a').read(), os.getcwd())\n"
    assert script(box, code, traced=traced).stdout == b"hello /tmp\n"


def test_a_job_that_does_not_ask_writes_nothing_even_beside_such_jobs(box):
    write = """
import os
try:
    os.close(os.open('/tmp/b', os.O_CREAT | os.O_WRONLY)) or print('made')
except OSError:
    print('refused')
"""
    for limits, said in ((NONE, b"refused\n"), (SOME, b"made\n"), (NONE, b"refused\n")):
        assert script(box, write, limits).stdout == said


MESSES = {
    "files": "for n in range(300): open(f'{n}', 'w').write('x')",
    "a deep tree": """
import os
for _ in range(1500):
    os.mkdir('d')
    os.chdir('d')
""",
    "folders that nobody may enter": """
import os
os.makedirs('a/b/c')
open('a/b/c/f', 'w').close()
for path in ('a/b/c/f', 'a/b/c', 'a/b', 'a'):
    os.chmod(path, 0)
""",
    "links, pipes and odd names": """
import os
os.symlink('/nlex', 'away')
os.symlink('.', 'itself')
os.mkfifo('pipe')
os.mkdir('folder')
os.symlink('/usr', 'folder/away')
open(os.fsencode('folder/') + bytes([0xFF, 10]), 'w').close()
open('nlex-0', 'w').close()
os.mkdir('folder/nlex-0')
os.link('nlex-0', 'hard')
""",
    "a file kept open and mapped": """
import mmap, os
f = open('m', 'w+b')
f.write(bytes(4096)); f.flush()
m = mmap.mmap(f.fileno(), 4096)
os.kill(os.getpid(), 9)
""",
    "all the room there is": """
try:
    while True: open('big', 'ab').write(bytes(1 << 16))
except OSError as error: print(error.errno)
""",
    "all the files there may be": """
import os
try:
    for n in range(10**6): os.mkdir(f'{n}')
except OSError as error: print(error.errno)
""",
    "a folder that is shut": "import os\nos.makedirs('x/y')\nos.chdir('x/y')\nos.chmod('..', 0)\nos.chmod('.', 0)",
}


@pytest.mark.parametrize("mess", MESSES)
def test_the_next_job_finds_it_empty_whatever_was_left(box, mess):
    before = [place.kills for place in box.slots]
    left = [script(box, MESSES[mess]) for _ in box.slots]
    assert {outcome.verdict for outcome in left} <= {"ok", "runtime_error"}, left
    for _ in box.slots:
        assert script(box, LIST).stdout == b"[]\n"
        assert script(box, "open('a', 'w').write('x' * 9000)").verdict == "ok"
    assert [place.kills for place in box.slots] == before


def test_each_input_of_a_program_has_it_to_itself(box):
    program = Program("stdin", LIST + "\nopen(input(), 'w').write('x')\n")
    outcomes = box.run_all([Job(program, word, limits=SOME) for word in ("a", "b", "c")])
    assert [outcome.stdout for outcome in outcomes] == [b"[]\n"] * 3


@pytest.mark.parametrize("size", [1 << 20, 4 << 20])
def test_it_holds_what_was_asked_for_and_no_more(box, size):
    code = """
written = 0
try:
    while True:
        with open(f'f{written >> 16}', 'ab', 0) as file:
            written += file.write(bytes(4096))
except OSError as error:
    print(written, error.errno)
"""
    written, reason = script(box, code, dataclasses.replace(SOME, scratch_bytes=size)).stdout.split()
    assert size * 0.9 <= int(written) <= size
    assert reason == b"28"


def test_its_files_are_counted(box):
    code = "n = 0\ntry:\n    while n < 10**6: open(str(n), 'w').close(); n += 1\nexcept OSError: print(n)"
    outcome = script(box, code)
    assert 0.9 * FILES <= int(outcome.stdout) <= FILES


def test_nothing_in_it_can_be_run_and_no_privilege_taken_from_it(box):
    code = """
import mmap, os
with open('f', 'w+b') as file:
    file.write(bytes(4096)); file.flush()
    try:
        mmap.mmap(file.fileno(), 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)
        print('mapped')
    except OSError:
        print('refused')
try:
    os.mknod('null', 0o666 | 0o020000, os.makedev(1, 3))
    print('a device')
except OSError:
    print('refused')
"""
    assert script(box, code).stdout == b"refused\nrefused\n"


def test_a_machine_that_cannot_give_it_says_so_and_how_to_mend_that(monkeypatch):
    healthy = slot.ask_health
    monkeypatch.setattr(slot, "ask_health", lambda jail: dataclasses.replace(healthy(jail), scratch=False))
    with Sandbox(SandboxConfig(backend="process")) as sandbox:
        assert script(sandbox, "print(1)", NONE).stdout == b"1\n"
        with pytest.raises(SandboxUnavailable, match="SYS_ADMIN, or use `--sandbox docker`"):
            script(sandbox, "print(1)")


def test_a_folder_is_emptied_however_deep(tmp_path: Path):
    here = tmp_path
    for depth in range(40):
        (here / f"f{depth}").touch()
        here = here / "d"
        here.mkdir()
    empty(str(tmp_path))
    assert list(tmp_path.iterdir()) == []
