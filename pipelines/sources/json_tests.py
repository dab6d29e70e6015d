"""The shape that APPS and TACO share: solutions and tests as JSON in text columns, scripts and functions alike."""

import ast
from collections.abc import Iterator
from typing import Any

from pipelines.sources.fields import Row, json_in, text
from pipelines.sources.located import Fault, LeftOut
from pipelines.sources.programs import Written
from pipelines.sources.tests_of import call_test, call_text, paired, stdin_test, within_bounds
from schemas.solution import TestCase

_PUBLIC_TESTS = 3


def _function_name(tests: Any) -> str | None:
    """The function that the tests call, None where they are for a script.

    Raises:
        Fault: the tests are no object, or the name is none.
    """
    if tests is None:
        return None
    if not isinstance(tests, dict):
        raise Fault("wrong_type", f"field `input_output` holds a {type(tests).__name__}, expected an object")
    name = tests.get("fn_name")
    if name is not None and not (isinstance(name, str) and name.isidentifier()):
        raise Fault("bad_value", f"field `input_output` names the function {name!r}")
    return name


def _value(expected: Any) -> str | None:
    """The `repr` of a call's value, which these sets wrap in a list of one."""
    if expected is None:
        return None
    return repr(expected[0]) if isinstance(expected, list) and len(expected) == 1 else repr(expected)


def _tests_in(tests: Any, entry: str | None, public: int) -> Iterator[TestCase]:
    """The tests of an `input_output` column; those after the first `public` ones are hidden.

    Raises:
        Fault: the inputs do not fit a call of `entry`.
    """
    if tests is None:
        return
    for place, (given, expected) in enumerate(paired(tests.get("inputs"), tests.get("outputs"))):
        hidden = place >= public
        if entry is None:
            yield stdin_test(given, expected, hidden)
        elif isinstance(given, list):
            yield call_test(call_text(entry, given), _value(expected), hidden)
        else:
            raise Fault("wrong_type", f"input {place} is {type(given).__name__}, expected the list of arguments")


def entry_in(starter: str, name: str | None) -> str | None:
    """How the function is called: as a method where the starter code, or else the solutions, have class Solution."""
    if name is None:
        return None
    return f"Solution().{name}" if "class Solution" in starter else name


def tests_in(row: Row) -> tuple[str | None, tuple[TestCase, ...], tuple[LeftOut, ...]]:
    """How a row's function is called, None for a script; its tests; those left out.

    The sets keep one list of tests: the first three count as public, the rest as hidden.

    Raises:
        Fault: the column holds something else, or the inputs do not fit a call.
    """
    raw = json_in(row, "input_output")
    entry = entry_in(text(row, "starter_code"), _function_name(raw))
    return entry, *within_bounds(_tests_in(raw, entry, _PUBLIC_TESTS))


def texts_in(row: Row, entry: str | None) -> Iterator[Written]:
    """The solutions of a `solutions` column, which the sets call correct.

    A solution that writes a class where the tests call a function gets the function as its setup.

    Raises:
        Fault: the column holds no list.
    """
    listed = json_in(row, "solutions")
    if listed is None:
        return
    if not isinstance(listed, list):
        raise Fault("wrong_type", f"field `solutions` holds a {type(listed).__name__}, expected a list")
    for place, code in enumerate(listed):
        yield Written(f"s{place}", code, True, setup=_bridge(code, entry))


def _bridge(code: Any, entry: str | None) -> str:
    """What binds the called name where a solution spells it as a method, or the other way round."""
    if entry is None or not isinstance(code, str):
        return ""
    has_class = "class Solution" in code
    if "." in entry and not has_class:
        name = entry.rpartition(".")[2]
        return f"class Solution:\n    {name} = staticmethod({name})\n"
    if "." not in entry and has_class and not _defines(code, entry):
        return f"def {entry}(*args):\n    return Solution().{entry}(*args)\n"
    return ""


def _defines(code: str, name: str) -> bool:
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in tree.body)
