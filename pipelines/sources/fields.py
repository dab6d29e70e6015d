"""Reads the fields of a row of somebody else's data set: of the expected type, or a fault that names the field."""

import ast
import json
from collections.abc import Mapping
from typing import Any

from pipelines.sources.located import Fault

Row = Mapping[str, Any]


def _wrong(field: str, value: Any, expected: str) -> Fault:
    return Fault("wrong_type", f"field `{field}` is {type(value).__name__}, expected {expected}")


def _decoded(field: str, value: Any) -> Any:
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Fault("binary", f"field `{field}` is not UTF-8 text (byte {error.start})") from None


def text(row: Row, field: str) -> str:
    """The text of a field, with line ends made `\\n`; empty where the field is null or missing.

    Raises:
        Fault: the field holds something else.
    """
    value = _decoded(field, row.get(field))
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise _wrong(field, value, "a text")
    return lines_ended(value)


def lines_ended(value: str) -> str:
    """The text with `\\r\\n` and `\\r` made `\\n`, as a program that reads text sees it."""
    return value.replace("\r\n", "\n").replace("\r", "\n") if "\r" in value else value


def required(row: Row, field: str) -> str:
    """The text of a field that a row cannot do without.

    Raises:
        Fault: the field is missing, empty, or no text.
    """
    value = text(row, field)
    if not value.strip():
        raise Fault("missing_field", f"field `{field}` is missing or empty")
    return value


def number(row: Row, field: str) -> float | None:
    """The number in a field, None where it is null, missing or not above 0.

    Raises:
        Fault: the field holds something else.
    """
    value = row.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(field, value, "a number")
    return float(value) if value > 0 else None


def listed(row: Row, field: str) -> list[Any]:
    """The list in a field, empty where it is null or missing.

    Raises:
        Fault: the field holds something else.
    """
    value = row.get(field)
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise _wrong(field, value, "a list")
    return list(value)


def json_in(row: Row, field: str) -> Any:
    """The JSON that a text column holds, or the column's own structure; None where it is empty.

    Raises:
        Fault: the text is no JSON.
    """
    value = _decoded(field, row.get(field))
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return json.loads(value)  # not orjson, which makes floats of integers beyond 64 bits
    except (ValueError, RecursionError) as error:
        raise Fault("json", f"field `{field}` holds no JSON: {error}") from None


def words(row: Row, field: str) -> tuple[str, ...]:
    """The texts of a list column, or of a text that is a Python or JSON list (as in TACO); empty where it is null."""
    value = row.get(field)
    if isinstance(value, str):
        try:
            value = ast.literal_eval(value) if value.strip() else []
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            value = [value]
    if not isinstance(value, list | tuple):
        return ()
    return tuple(str(each) for each in value if each is not None and str(each).strip())
