"""Frames: what one side encodes the other reads, and nothing else is taken for a frame."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.jail.frames import FrameError, encode_frame, frame_pieces, read_frame


def reader(data: bytes):
    stream = io.BytesIO(data)

    def read_exactly(count: int) -> bytes:
        part = stream.read(count)
        if len(part) < count:
            raise EOFError
        return part

    return read_exactly


@given(st.dictionaries(st.text().filter(lambda key: key != "blocks"), st.text() | st.integers()), st.lists(st.binary()))
def test_a_frame_reads_back_as_it_was(header, blocks):
    assert read_frame(reader(encode_frame(header, blocks))) == (header, blocks)


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_a_frame_in_pieces_is_the_same_frame(size):
    blocks = [b"x" * size, b"", bytearray(b"yz")]
    assert b"".join(frame_pieces({"a": 1}, blocks)) == encode_frame({"a": 1}, blocks)


def test_text_with_lone_surrogates_passes():
    header, _ = read_frame(reader(encode_frame({"code": "\ud800"})))
    assert header == {"code": "\ud800"}


def test_frames_follow_each_other_on_one_stream():
    read_exactly = reader(encode_frame({"n": 1}, [b"\0" * 70000]) + encode_frame({"n": 2}))
    assert read_frame(read_exactly)[0] == {"n": 1}
    assert read_frame(read_exactly) == ({"n": 2}, [])


@pytest.mark.parametrize("header", [b"nonsense", b"[]", b'{"blocks": [-1]}', b'{"blocks": "x"}', b"{}"])
def test_bytes_that_are_no_frame_are_refused(header):
    with pytest.raises(FrameError):
        read_frame(reader(struct.pack(">I", len(header)) + header))


def test_a_length_beyond_reason_is_refused_before_it_is_read():
    with pytest.raises(FrameError, match="bytes"):
        read_frame(reader(b"\xff\xff\xff\xff"))


def test_a_cut_frame_is_the_end_of_the_stream():
    with pytest.raises(EOFError):
        read_frame(reader(encode_frame({}, [b"abc"])[:-1]))
