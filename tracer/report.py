"""What a run tells of itself, written by means that the program cannot change."""

import os
from json.encoder import encode_basestring_ascii
from typing import Any

# Bound here, for the program may replace them where they come from.
_write, _quoted = os.write, encode_basestring_ascii


def json_text(value: Any) -> str:
    """A value of None, truth values, whole numbers, texts, lists and dicts of texts as JSON.

    Raises TypeError for any other.
    """
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list | tuple):
        return f"[{','.join([json_text(item) for item in value])}]"
    if isinstance(value, dict):
        return f"{{{','.join([f'{_quoted(key)}:{json_text(item)}' for key, item in value.items()])}}}"
    raise TypeError(f"a report holds no {type(value).__name__}")


_NOTHING_AMISS = {"clean_end": True, "compile_error": False, "error": None, "value": None}
_NOTHING_AMISS_JSON = json_text(_NOTHING_AMISS).encode()


class Report:
    """What is told of the run, written once.

    Attributes:
        fields: what is told, as JSON.
        log: the trace log that follows.
        last: whether the process ends with this run.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.fields: dict[str, Any] = dict(_NOTHING_AMISS)
        self.log = b""
        self.last = True

    def tell_watched(self, event: str) -> None:
        """Tells at once, in front of the report, what the program has reached for."""
        text = json_text({"watched": event}).encode()
        _write(self.descriptor, len(text).to_bytes(4, "big") + text)

    def write(self) -> None:
        """Writes the report. Most runs end well, and need no encoder."""
        text = _NOTHING_AMISS_JSON if self.fields == _NOTHING_AMISS else json_text(self.fields).encode()
        for data in (len(text).to_bytes(4, "big") + text, self.log):
            left = memoryview(data)
            while left:
                left = left[_write(self.descriptor, left) :]
