"""Derives Arrow schemas, plain rows and `datasets` features from record types.

A record is a frozen dataclass whose fields are `str` (or a `Literal` of texts), `int`, `float`, `bool`,
`bytes`, another record, `tuple[X, ...]` of those, or any of them `| None`. What a record means lives in
its own module.
"""

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

if TYPE_CHECKING:
    from datasets import Features

Record = TypeVar("Record")

_ATOMS: dict[object, tuple[pa.DataType, str]] = {
    str: (pa.string(), "string"),
    int: (pa.int64(), "int64"),
    float: (pa.float64(), "float64"),
    bool: (pa.bool_(), "bool"),
    bytes: (pa.binary(), "binary"),
}


def _column_hint(hint: Any) -> Any:
    """`X | None` to `X`, a `Literal` of texts to `str`; anything else unchanged."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        kept = [arm for arm in typing.get_args(hint) if arm is not type(None)]
        if len(kept) != 1:
            raise TypeError(f"a column has one type, got {hint}")
        hint = kept[0]
    if typing.get_origin(hint) is typing.Literal and all(isinstance(arm, str) for arm in typing.get_args(hint)):
        return str
    return hint


@functools.cache
def _hints(record: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(record)
    return {field.name: _column_hint(hints[field.name]) for field in dataclasses.fields(record)}


def _arrow_type(hint: Any) -> pa.DataType:
    if hint in _ATOMS:
        return _ATOMS[hint][0]
    if typing.get_origin(hint) is tuple:
        return pa.list_(_arrow_type(typing.get_args(hint)[0]))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return pa.struct([pa.field(name, _arrow_type(inner)) for name, inner in _hints(hint).items()])
    raise TypeError(f"no Arrow type for {hint}")


def _feature_json(hint: Any) -> Any:
    """The feature as `datasets` stores it.

    Lists take the old JSON form (a one-element list): the newer `{"_type": "List"}` cannot be read
    by `datasets` 3, and both read this one.
    """
    if hint in _ATOMS:
        return {"dtype": _ATOMS[hint][1], "_type": "Value"}
    if typing.get_origin(hint) is tuple:
        return [_feature_json(typing.get_args(hint)[0])]
    return {name: _feature_json(inner) for name, inner in _hints(hint).items()}


@functools.cache
def features_json(record: type) -> dict[str, Any]:
    """The features of a record as JSON-ready data, the form that a dataset card and a shard embed."""
    return {name: _feature_json(hint) for name, hint in _hints(record).items()}


@functools.cache
def arrow_schema(record: type) -> pa.Schema:
    """The Arrow schema of a record, with its `datasets` features embedded as metadata.

    Raises:
        TypeError: a field has a type that no column can hold.
    """
    columns = [pa.field(name, _arrow_type(hint)) for name, hint in _hints(record).items()]
    embedded = json.dumps({"info": {"features": features_json(record)}}, separators=(",", ":"))
    return pa.schema(columns, metadata={"huggingface": embedded})


def features(record: type) -> "Features":
    """The record's `datasets.Features` (imports `datasets`, which takes seconds)."""
    from datasets import Features

    return Features.from_arrow_schema(arrow_schema(record))


def to_row(record: Any) -> dict[str, Any]:
    """A record as plain dicts, lists and atoms, in field order."""
    return {field.name: _to_plain(getattr(record, field.name)) for field in dataclasses.fields(record)}


def _to_plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_row(value)
    if isinstance(value, tuple):
        return [_to_plain(item) for item in value]
    return value


def from_row(record: type[Record], row: Mapping[str, Any]) -> Record:
    """The record that `to_row` made `row` from.

    Raises:
        KeyError: the row lacks a field of the record.
    """
    hints: dict[str, Any] = _hints(typing.cast(Any, record))
    return record(**{name: _from_plain(hint, row[name]) for name, hint in hints.items()})


def _from_plain(hint: Any, value: Any) -> Any:
    if value is None or hint in _ATOMS:
        return value
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        return tuple(_from_plain(inner, item) for item in value)
    return from_row(hint, value)
