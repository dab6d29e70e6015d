"""Opens LiveCodeBench's packed tests: base64 over zlib over a pickle of one text, read without trusting the pickle."""

import base64
import binascii
import io
import json
import pickle
import zlib
from typing import Any, NoReturn

from pipelines.sources.located import Fault

MAX_UNPACKED_BYTES = 256 << 20


class _TextUnpickler(pickle.Unpickler):
    """Admits what needs no import: any name that a pickle asks for is refused, so no code can run."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"the pickle asks for {module}.{name}; only texts and bytes are admitted")

    def persistent_load(self, identity: Any) -> NoReturn:
        raise pickle.UnpicklingError("the pickle asks for something outside itself; only texts and bytes are admitted")


def _inflated(packed: bytes) -> bytes:
    opened = zlib.decompressobj()
    data = opened.decompress(packed, MAX_UNPACKED_BYTES)
    if opened.unconsumed_tail:
        raise Fault("too_big", f"the packed tests unpack to more than {MAX_UNPACKED_BYTES >> 20} MiB")
    if not opened.eof:
        raise Fault("packed_tests", "the packed tests are cut off")
    return data


def unpickled_text(data: bytes) -> str | bytes:
    """The text or the bytes that a pickle holds.

    Raises:
        Fault: it holds anything else, or asks for any name.
    """
    try:
        value = _TextUnpickler(io.BytesIO(data)).load()
    except Exception as error:  # a hostile pickle can raise whatever it likes
        raise Fault("packed_tests", f"the pickle is refused: {error}") from None
    if not isinstance(value, str | bytes):
        raise Fault("packed_tests", f"the pickle holds a {type(value).__name__}; only texts and bytes are admitted")
    return value


def unpacked(column: str) -> Any:
    """The JSON of a tests column, plain or packed; None where the column is empty.

    Raises:
        Fault: it is neither.
    """
    if not column.strip():
        return None
    try:
        return json.loads(column)
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(unpickled_text(_inflated(base64.b64decode(column, validate=True))))
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        raise Fault("packed_tests", f"the tests are neither JSON nor packed JSON: {error}") from None
