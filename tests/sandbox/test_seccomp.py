"""The filter's program: well formed for every machine it knows."""

import struct

import pytest

from sandbox.jail.seccomp import build_filter


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("shared_uid", [False, True])
def test_every_path_through_the_filter_ends_in_a_return(monkeypatch, machine, shared_uid):
    monkeypatch.setattr("platform.machine", lambda: machine)
    steps = list(struct.iter_unpack("=HBBI", build_filter(shared_uid, pid=1234)))
    returns = 0x06
    assert len(steps) < 4096
    assert steps[-1][0] == returns
    for at, (code, when_true, when_false, _) in enumerate(steps):
        if code & 0x07 == 0x05:
            assert at + 1 + max(when_true, when_false) < len(steps)


def test_a_machine_without_a_table_is_refused_by_name(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "vax")
    with pytest.raises(OSError, match="vax"):
        build_filter(shared_uid=False, pid=1)
