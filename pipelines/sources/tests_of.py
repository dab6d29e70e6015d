"""Makes test cases of the shapes that data sets keep them in, and leaves out those too big to use."""

import ast
import json
from collections.abc import Iterable, Iterator
from typing import Any

from pipelines.sources.fields import lines_ended
from pipelines.sources.located import Fault, LeftOut
from pipelines.sources.python_text import call_fault
from schemas.solution import TestCase

MAX_TEST_BYTES = 1 << 20
MAX_PROBLEM_BYTES = 16 << 20


def stdin_text(value: Any) -> str:
    """The text of an input or output that is kept as text, as a list of lines, or as another JSON value.

    Raises:
        Fault: the text holds what UTF-8 cannot.
    """
    if isinstance(value, bytes):
        try:
            value = value.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Fault("binary", f"a test is not UTF-8 text (byte {error.start})") from None
    if isinstance(value, list | tuple):
        value = "\n".join(stdin_text(line) for line in value)
    elif value is None:
        value = ""
    elif not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise Fault("binary", "a test holds a lone surrogate, which UTF-8 cannot hold") from None
    return lines_ended(value)


def stdin_test(given: Any, expected: Any, hidden: bool) -> TestCase:
    """A test of a script; a null `expected` is an unknown one, a null input an empty one."""
    return TestCase(stdin_text(given), None, None if expected is None else stdin_text(expected), hidden)


def paired(inputs: Any, outputs: Any) -> Iterator[tuple[Any, Any]]:
    """Inputs with their outputs, None for outputs that are missing.

    Raises:
        Fault: either is no list.
    """
    for name, value in (("inputs", inputs), ("outputs", outputs)):
        if value is not None and not isinstance(value, list | tuple):
            raise Fault("wrong_type", f"`{name}` of the tests is {type(value).__name__}, expected a list")
    outputs = list(outputs or ())
    for place, given in enumerate(inputs or ()):
        yield given, outputs[place] if place < len(outputs) else None


def call_text(entry: str, arguments: Iterable[Any]) -> str:
    """The call of a function with JSON values for arguments."""
    return f"{entry}({', '.join(repr(value) for value in arguments)})"


def call_test(call: str, expected: str | None, hidden: bool) -> TestCase:
    """A test of a function.

    Raises:
        Fault: the call is no Python expression.
    """
    call = call.strip()
    if fault := call_fault(call):
        raise Fault("call_syntax", fault)
    return TestCase("", call, expected, hidden)


def literal_repr(text: str) -> str | None:
    """The `repr` of the value that a literal stands for, None where the text is no literal."""
    try:
        return repr(ast.literal_eval(text.strip()))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def within_bounds(tests: Iterable[TestCase]) -> tuple[tuple[TestCase, ...], tuple[LeftOut, ...]]:
    """The tests of at most 1 MiB each, 16 MiB a problem and no test twice, and how many others there were."""
    kept: dict[tuple[str, str | None], TestCase] = {}
    huge = repeated = held = 0
    for test in tests:
        size = len(test.stdin) + len(test.call or "") + len(test.expected or "")
        if (test.stdin, test.call) in kept:
            repeated += 1
        elif size > MAX_TEST_BYTES or held + size > MAX_PROBLEM_BYTES:
            huge += 1
        else:
            held += size
            kept[test.stdin, test.call] = test
    counts = (("huge_test", huge), ("repeated_test", repeated))
    return tuple(kept.values()), tuple(LeftOut(reason, number) for reason, number in counts if number)
