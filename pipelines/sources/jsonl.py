"""The reader of our own format: one JSON object a line, a program with its inputs."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from pipelines.sources.lines import MAX_LINE_BYTES, bounded_lines
from pipelines.sources.located import Located
from pipelines.sources.python_text import call_fault, program_fault
from schemas.configs import SPLITS
from schemas.job import Program
from schemas.reject import RejectRow
from schemas.solution import Solution, TestCase

_INPUT_SHOWN = 1_000
_FORMAT = "the README shows the format of a row"


class _Fault(Exception):
    """A row that cannot be used: a reason code and a sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def _typed(
    row: dict[str, Any], field: str, kinds: tuple[type, ...], default: Any = None, required: bool = False
) -> Any:
    value = row.get(field)
    if value is None:
        if required:
            raise _Fault("missing_field", f"field `{field}` is missing; {_FORMAT}")
        return default
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        names = " or ".join(kind.__name__ for kind in kinds)
        raise _Fault("wrong_type", f"field `{field}` is {type(value).__name__}, expected {names}; {_FORMAT}")
    return value


def _name(row: dict[str, Any], field: str, default: str | None = None) -> str:
    name = str(_typed(row, field, (str, int), default=default, required=default is None))
    if not name.strip():
        raise _Fault("missing_field", f"field `{field}` is empty; give it a name")
    return name


def _positive(row: dict[str, Any], field: str, kinds: tuple[type, ...]) -> Any:
    value = _typed(row, field, kinds)
    if value is not None and not value > 0:
        raise _Fault("bad_value", f"field `{field}` is {value}, expected a number above 0")
    return value


def _raw_inputs(row: dict[str, Any]) -> list[str]:
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
        raise _Fault("wrong_type", f"`{where}` is {type(raw).__name__}, expected an object; {_FORMAT}")
    try:
        expected = _typed(raw, "expected", (str,))
        hidden = _typed(raw, "hidden", (bool,), default=False)
        if kind == "stdin":
            return TestCase(_typed(raw, "input", (str,), required=True), None, expected, hidden)
        call = _typed(raw, "call", (str,), required=True).strip()
    except _Fault as fault:
        raise _Fault(fault.reason, f"`{where}`: {fault.message}") from None
    if fault_text := call_fault(call):
        raise _Fault("call_syntax", f"`{where}`: {fault_text}")
    return TestCase("", call, expected, hidden)


def _solution(row: dict[str, Any]) -> tuple[Solution, list[Any], str]:
    """The row without its tests, its raw tests, and the name of the field they stand in."""
    identity = _name(row, "id")
    kind = _typed(row, "kind", (str,), required=True)
    if kind not in ("stdin", "function"):
        raise _Fault("bad_value", f"field `kind` is {kind!r}, expected 'stdin' or 'function'")
    split = _typed(row, "split", (str,))
    if split is not None and split not in SPLITS:
        raise _Fault("bad_value", f"field `split` is {split!r}, expected one of {', '.join(SPLITS)}")
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
        raise _Fault("no_tests", f"field `{field}` is empty; give the program at least one input")
    if fault := program_fault(code):
        raise _Fault(*fault)
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
    )
    return solution, tests, field


def _parse(line: bytes) -> dict[str, Any]:
    try:
        text = line.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise _Fault("binary", f"not UTF-8 text (byte {error.start}); convert the file to UTF-8") from None
    if "\0" in text:
        raise _Fault("binary", f"holds a NUL byte (column {text.index(chr(0)) + 1}): a binary file, or a broken one")
    try:
        row = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _Fault("json", f"not JSON: {error.msg} (column {error.colno}); one JSON object a line") from None
    if not isinstance(row, dict):
        raise _Fault("not_an_object", f"a JSON {type(row).__name__}, expected an object; {_FORMAT}")
    return row


def _reject(
    fault: _Fault, place: tuple[str, int], row: dict[str, Any], index: int | None = None, raw: str = ""
) -> RejectRow:
    """The reject of a row, or of its input `index`; `place` is the file and the line."""
    file, line = place
    location = f"{file}:{line}"
    identity = row.get("id")
    problem = row.get("problem")
    return RejectRow(
        id=location if index is None else f"{location}/{index}",
        stage="read",
        reason=fault.reason,
        message=f"{file}, row {line}: {fault.message}",
        location=location,
        input=raw[:_INPUT_SHOWN],
        claim="",
        problem_id=str(problem) if isinstance(problem, str | int) else "",
        solution_id=str(identity) if isinstance(identity, str | int) else "",
    )


def _read_row(line: bytes, file: str, number: int) -> Iterator[Located | RejectRow]:
    row: dict[str, Any] = {}
    try:
        row = _parse(line)
        bare, raw_tests, field = _solution(row)
    except _Fault as fault:
        inputs = _raw_inputs(row)
        for index, raw in enumerate(inputs):
            yield _reject(fault, (file, number), row, index, raw)
        if not inputs:
            yield _reject(fault, (file, number), row)
        return
    tests = []
    for index, raw_test in enumerate(raw_tests):
        try:
            tests.append(_test(bare.program.kind, f"{field}[{index}]", raw_test))
        except _Fault as fault:
            shown = _raw_inputs({field: [raw_test]})
            yield _reject(fault, (file, number), row, index, shown[0])
    if tests:
        solution = Solution(**{**vars(bare), "tests": tuple(tests)})
        yield Located(solution, file, f"{file}:{number}")


def read_jsonl(stream: BinaryIO, file: str) -> Iterator[Located | RejectRow]:
    """Reads rows, one a line, holding one line in memory.

    A row that cannot be used is a reject for each of its inputs, or one where its inputs are not
    known; a bad test is a reject of its own, and the row's other tests stay. A file that begins like
    no text is one reject, however long it is.
    """
    seen = False
    for number, line, size in bounded_lines(stream):
        if not seen and line is not None and b"\0" in line:
            fault = _Fault("binary_file", "the file begins with binary data and is left out; give a JSON Lines file")
            yield _reject(fault, (file, number), {})
            return
        if line is None:
            limit = MAX_LINE_BYTES >> 20
            fault = _Fault("too_big", f"{size:,} bytes, a row may have {limit} MiB; shorten or split its tests")
            yield _reject(fault, (file, number), {})
        elif line.strip():
            yield from _read_row(line, file, number)
        else:
            continue
        seen = True
    if not seen:
        yield _reject(_Fault("empty_file", "the file has no row"), (file, 0), {})
