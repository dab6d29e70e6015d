"""Length-prefixed frames, a JSON header and raw byte blocks: the only thing that crosses a jail's wall."""

import json
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any

_LENGTH = struct.Struct(">I")
MAX_HEADER_BYTES = 256 << 20
MAX_BLOCK_BYTES = 2 << 30
_WORTH_A_PIECE = 1 << 18
Buffer = bytes | bytearray | memoryview


class FrameError(Exception):
    """The peer sent what is not a frame; the stream cannot be used any more."""


def encode_frame(header: dict[str, Any], blocks: Sequence[bytes] = ()) -> bytes:
    """One frame as bytes; `header` must not use the key `blocks`."""
    return b"".join([_head(header, blocks), *blocks])


def frame_pieces(header: dict[str, Any], blocks: Sequence[Buffer]) -> Iterator[Buffer]:
    """The same in pieces to send one after the other, so that large blocks are not copied together first."""
    pieces = [_head(header, blocks), *blocks]
    if sum(map(len, pieces)) < _WORTH_A_PIECE:
        yield b"".join(pieces)
    else:
        yield from pieces


def _head(header: dict[str, Any], blocks: Sequence[Buffer]) -> bytes:
    if "blocks" in header:
        raise ValueError("the header key `blocks` is the frame's own")
    text = json.dumps({**header, "blocks": [len(block) for block in blocks]}, separators=(",", ":")).encode()
    return _LENGTH.pack(len(text)) + text


def read_frame(read_exactly: Callable[[int], bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """Read one frame through `read_exactly(n)`, which raises EOFError at the stream's end.

    Raises FrameError for bytes that are no frame; whatever `read_exactly` raises passes through.
    """
    (length,) = _LENGTH.unpack(read_exactly(_LENGTH.size))
    if length > MAX_HEADER_BYTES:
        raise FrameError(f"a header of {length} bytes, at most {MAX_HEADER_BYTES} are taken")
    try:
        header = json.loads(read_exactly(length))
    except ValueError as error:
        raise FrameError(f"the header is not JSON: {error}") from error
    sizes = header.pop("blocks", None) if isinstance(header, dict) else None
    if not isinstance(sizes, list) or not all(isinstance(size, int) and size >= 0 for size in sizes):
        raise FrameError("the header names no block sizes")
    if sum(sizes) > MAX_BLOCK_BYTES:
        raise FrameError(f"blocks of {sum(sizes)} bytes, at most {MAX_BLOCK_BYTES} are taken")
    return header, [read_exactly(size) for size in sizes]
