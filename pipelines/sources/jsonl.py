"""The reader of our own format: one JSON object a line, a program with its inputs."""

import dataclasses
from collections.abc import Iterator
from typing import Any, BinaryIO, get_args

from pipelines.sources.fields import Row
from pipelines.sources.lines import MAX_LINE_BYTES, parsed_object, text_rows
from pipelines.sources.located import Fault, Located, Place
from pipelines.sources.python_text import call_fault, program_fault
from schemas.configs import SPLITS
from schemas.job import Program
from schemas.reject import RejectRow
from schemas.solution import Checker, Solution, TestCase

_FORMAT = "the README shows the format of a row"


def _typed(row: Row, field: str, kinds: tuple[type, ...], default: Any = None, required: bool = False) -> Any:
    value = row.get(field)
    if value is None:
        if required:
            raise Fault("missing_field", f"field `{field}` is missing; {_FORMAT}")
        return default
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        names = " or ".join(kind.__name__ for kind in kinds)
        raise Fault("wrong_type", f"field `{field}` is {type(value).__name__}, expected {names}; {_FORMAT}")
    return value


def _name(row: Row, field: str, default: str | None = None) -> str:
    name = str(_typed(row, field, (str, int), default=default, required=default is None))
    if not name.strip():
        raise Fault("missing_field", f"field `{field}` is empty; give it a name")
    return name


def _positive(row: Row, field: str, kinds: tuple[type, ...]) -> Any:
    value = _typed(row, field, kinds)
    if value is not None and not value > 0:
        raise Fault("bad_value", f"field `{field}` is {value}, expected a number above 0")
    return value


def _raw_inputs(row: Row) -> list[str]:
    """The inputs of a row as far as they can be told, for a reject each."""
    inputs = []
    for field, key in (("tests", "input"), ("calls", "call")):
        listed = row.get(field)
        for test in listed if isinstance(listed, list) else []:
            text = test.get(key) if isinstance(test, dict) else None
            inputs.append(text if isinstance(text, str) else "")
    return inputs


def _test(kind: str, where: str, raw: Any) -> TestCase:
    if not isinstance(raw, dict):
        raise Fault("wrong_type", f"`{where}` is {type(raw).__name__}, expected an object; {_FORMAT}")
    try:
        expected = _typed(raw, "expected", (str,))
        hidden = _typed(raw, "hidden", (bool,), default=False)
        if kind == "stdin":
            return TestCase(_typed(raw, "input", (str,), required=True), None, expected, hidden)
        call = _typed(raw, "call", (str,), required=True).strip()
    except Fault as fault:
        raise Fault(fault.reason, f"`{where}`: {fault.message}") from None
    if fault_text := call_fault(call):
        raise Fault("call_syntax", f"`{where}`: {fault_text}")
    return TestCase("", call, expected, hidden)


def _solution(row: Row) -> tuple[Solution, list[Any], str]:
    """The row without its tests, its raw tests, and the name of the field they stand in."""
    identity = _name(row, "id")
    kind = _typed(row, "kind", (str,), required=True)
    if kind not in ("stdin", "function"):
        raise Fault("bad_value", f"field `kind` is {kind!r}, expected 'stdin' or 'function'")
    split = _typed(row, "split", (str,))
    if split is not None and split not in SPLITS:
        raise Fault("bad_value", f"field `split` is {split!r}, expected one of {', '.join(SPLITS)}")
    checker = _typed(row, "checker", (str,), default="tokens")
    if checker not in get_args(Checker):
        raise Fault("bad_value", f"field `checker` is {checker!r}, expected one of {', '.join(get_args(Checker))}")
    code = _typed(row, "code", (str,), required=True)
    program = Program(
        kind=kind,
        code=code,
        prelude=_typed(row, "prelude", (str,), default=""),
        setup=_typed(row, "setup", (str,), default=""),
    )
    field = "tests" if kind == "stdin" else "calls"
    tests = _typed(row, field, (list,), required=True)
    if not tests:
        raise Fault("no_tests", f"field `{field}` is empty; give the program at least one input")
    if fault := program_fault(code):
        raise Fault(*fault)
    time_limit = _positive(row, "time_limit_s", (int, float))
    solution = Solution(
        id=identity,
        problem_id=_name(row, "problem", default=identity),
        statement=_typed(row, "statement", (str,), default=""),
        program=program,
        entry=_typed(row, "entry", (str,)),
        tests=(),
        source=_name(row, "source"),
        license=_name(row, "license"),
        split=split,
        time_limit_s=None if time_limit is None else float(time_limit),
        memory_limit_bytes=_positive(row, "memory_limit_bytes", (int,)),
        model=str(_typed(row, "model", (str,), default="")),
        correct=_typed(row, "correct", (bool,)),
        difficulty=str(_typed(row, "difficulty", (str, int), default="")),
        checker=checker,
        tags=tuple(str(tag) for tag in _typed(row, "tags", (list, tuple), default=())),
    )
    return solution, tests, field


def _reject(fault: Fault, place: Place, row: Row, index: int | None = None, raw: str = "") -> RejectRow:
    """The reject of a row, or of its input `index`."""
    names = [row.get(field) for field in ("problem", "id")]
    problem, identity = (str(name) if isinstance(name, str | int) else "" for name in names)
    part = "" if index is None else str(index)
    return place.reject(fault, part=part, problem_id=problem, solution_id=identity, shown=raw)


def read_object(row: Row, place: Place) -> Iterator[Located | RejectRow]:
    """Reads a row that is an object already, as the rows of a Parquet file are."""
    try:
        bare, raw_tests, field = _solution(row)
    except Fault as fault:
        inputs = _raw_inputs(row)
        for index, raw in enumerate(inputs):
            yield _reject(fault, place, row, index, raw)
        if not inputs:
            yield _reject(fault, place, row)
        return
    tests = []
    for index, raw_test in enumerate(raw_tests):
        try:
            tests.append(_test(bare.program.kind, f"{field}[{index}]", raw_test))
        except Fault as fault:
            shown = _raw_inputs({field: [raw_test]})
            yield _reject(fault, place, row, index, shown[0])
    if tests:
        yield Located(dataclasses.replace(bare, tests=tuple(tests)), place.file, place.location)


def _read_line(line: bytes, place: Place) -> Iterator[Located | RejectRow]:
    try:
        row = parsed_object(line, _FORMAT)
    except Fault as fault:
        yield place.reject(fault)
        return
    yield from read_object(row, place)


def read_jsonl(stream: BinaryIO, file: str) -> Iterator[Located | RejectRow]:
    """Reads rows, one a line, holding one line in memory.

    A row that cannot be used is a reject for each of its inputs, or one where its inputs are not
    known; a bad test is a reject of its own, and the row's other tests stay. A file that begins like
    no text is one reject, however long it is.
    """
    for place, line in text_rows(stream, file, MAX_LINE_BYTES):
        if isinstance(line, Fault):
            yield place.reject(line)
        else:
            yield from _read_line(line, place)
