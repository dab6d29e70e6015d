"""The log's bytes: round trips, refusals."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracing import run
from tracer import opcodes as op
from tracer.events import Bind, Cut, Inner, Probe
from tracer.replay import replay
from tracer.wire import WireError, decode
from tracer.writer import ByteLimit, Writer, varint


def decoded(value: object) -> object:
    writer = Writer({}, 10_000_000)
    encode = {int: writer.integer, float: writer.real, str: writer.text, bytes: writer.raw, complex: writer.imaginary}
    body = encode[type(value)](value)  # type: ignore[operator]
    name = writer.name("x")
    writer.out += bytes([op.BIND, 0]) + name + body
    (change,) = decode(writer.finish("end")).tail
    assert isinstance(change, Bind)
    return change.value


@given(
    st.one_of(
        st.integers(),
        st.integers(-(2**3000), 2**3000),
        st.floats(allow_nan=False),
        st.text(st.characters(codec=None)),
        st.binary(),
        st.complex_numbers(allow_nan=False),
    )
)
def test_atoms_survive(value: object) -> None:
    got = decoded(value)
    assert type(got) is type(value)
    assert got == value


def test_nan_and_negative_zero_survive() -> None:
    assert math.isnan(decoded(math.nan))  # type: ignore[arg-type]
    assert str(decoded(-0.0)) == "-0.0"


@pytest.mark.parametrize("number", [0, 1, 127, 128, 300, 2**40])
def test_varints_are_little_endian_sevens(number: int) -> None:
    assert sum((byte & 0x7F) << 7 * i for i, byte in enumerate(varint(number))) == number


def test_other_bytes_are_refused() -> None:
    with pytest.raises(WireError, match="not a trace log"):
        decode(b"PAR1")


def test_a_newer_version_is_refused_with_a_clear_word() -> None:
    with pytest.raises(WireError, match="this reader knows 1 to 3: use a newer nlex"):
        decode(op.MAGIC + bytes([op.VERSION + 1]) + b"\0")


def test_a_log_without_its_end_is_refused() -> None:
    log = run("x = [1]\n").log
    for cut in (6, len(log) // 2, len(log) - 1):
        with pytest.raises(WireError):
            decode(log[:cut])


def test_the_writer_refuses_what_does_not_fit() -> None:
    writer = Writer({}, 100)
    with pytest.raises(ByteLimit):
        writer.room(101)


def test_a_log_of_version_1_still_reads() -> None:
    trace = decode((Path(__file__).parent / "logs" / "version_1.nlxt").read_bytes())
    assert trace.header["version"] == 1
    states = list(replay(trace))
    assert len(states) == 29
    state = states[-1][1]
    assert state.stdout == b"9 Counter({'a': 1, 'b': 1, '\\n': 1})\n10 Counter({'c': 1, '\\n': 1})\n"
    assert state.stdin_read == 5
    assert state.look(state.frames[0].names["xs"]).items[-2:] == ["ab", "c"]


def test_a_text_that_grows_is_told_by_what_it_grows_by() -> None:
    done = run("s = ''\nt = 'z' * 300\nfor i in range(300):\n    s = s + 'ab' if i % 2 else 'c' + s\n    t = t[:-1]\n")
    *_, (_, state) = replay(done.trace)
    assert state.frames[0].names["s"] == "c" * 150 + "ab" * 150
    assert state.frames[0].names["t"] == ""
    assert len(done.log) < 30 * len(done.trace.events)


def test_a_log_of_version_2_still_reads() -> None:
    trace = decode((Path(__file__).parent / "logs" / "version_2.nlxt").read_bytes())
    assert trace.header["version"] == 2
    states = list(replay(trace))
    assert len(states) == 35
    state = states[-1][1]
    assert state.stdout == b"a 1\na 2\nbb 1\nquite_a_long_word 1\nlist index out of range\n"
    assert state.look(state.frames[0].names["squares"]).items == [0, 4, 9]
    probed = [change for event in trace.events for change in event.changes if isinstance(change, Probe)]
    assert len(probed) == 65
    assert not any(isinstance(change, Inner | Cut) for event in trace.events for change in event.changes)
