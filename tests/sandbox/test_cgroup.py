"""Counters of control groups as both versions write them; the files are recorded, version 2 from the documentation."""

from pathlib import Path

import pytest

from sandbox.jail.cgroup import memory_bytes, oom_kills

RECORDED = {
    # A container of Docker 20.10 with the cgroupfs driver on a kernel with version 1.
    "version 1": {
        "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
        "memory/memory.stat": "cache 4096\nrss 9924608\nrss_huge 0\nshmem 8192\nmapped_file 0\ntotal_rss 9924608\n",
    },
    # As Documentation/admin-guide/cgroup-v2.rst describes the files, in the order in which a kernel writes them.
    "version 2": {
        "memory.events": "low 0\nhigh 0\nmax 31\noom 2\noom_kill 2\noom_group_kill 0\n",
        "memory.stat": "anon 9000000\nfile 4096\nkernel 924608\nkernel_stack 32768\nshmem 8192\n",
    },
    # Version 1 before Linux 4.13, which does not count kills.
    "an old version 1": {
        "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\n",
        "memory/memory.stat": "cache 4096\nrss 9924608\nshmem 8192\n",
    },
}


@pytest.fixture(params=RECORDED)
def version(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    for name, text in RECORDED[request.param].items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return request.param


def test_the_kills_of_the_kernel_are_counted(version, tmp_path):
    assert oom_kills(str(tmp_path)) == (0 if version == "an old version 1" else 2)


def test_memory_in_use_is_all_but_file_cache(version, tmp_path):
    assert memory_bytes(str(tmp_path)) == 9_932_800


def test_without_a_group_of_its_own_a_jail_has_no_count(tmp_path):
    assert oom_kills(str(tmp_path)) == 0
    assert memory_bytes(str(tmp_path)) is None
