"""Judges an output against the source's expected one; no code of anyone runs for it."""

import ast
import math
from typing import Any

from schemas.outcome import Judgement

TOLERANCE = 1e-5
_LITERAL_BYTES = 200_000


def _number(token: str) -> float | None:
    try:
        return float(token)
    except ValueError:
        return None


def _close(left: float, right: float) -> bool:
    return left == right or math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def _same_token(expected: str, got: str) -> bool:
    if expected == got:
        return True
    if not any(mark in expected + got for mark in ".eE"):
        return False
    left, right = _number(expected), _number(got)
    return left is not None and right is not None and _close(left, right)


def judge_stdout(expected: str | None, stdout: str) -> Judgement:
    """Compares token by token, floats within 1e-5; `unjudged` where nothing is expected."""
    if expected is None:
        return "unjudged"
    wanted, got = expected.split(), stdout.split()
    same = len(wanted) == len(got) and all(map(_same_token, wanted, got))
    return "accepted" if same else "wrong_answer"


def _literal(text: str) -> tuple[bool, Any]:
    if len(text) > _LITERAL_BYTES:
        return False, None
    try:
        return True, ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False, None


def _same_value(expected: Any, got: Any) -> bool:
    if isinstance(expected, float) or isinstance(got, float):
        numbers = isinstance(expected, int | float) and isinstance(got, int | float)
        return numbers and _close(expected, got)
    if type(expected) is not type(got):
        return False
    if isinstance(expected, list | tuple):
        return len(expected) == len(got) and all(map(_same_value, expected, got))
    if isinstance(expected, dict):
        return expected.keys() == got.keys() and all(_same_value(expected[key], got[key]) for key in expected)
    return bool(expected == got)


def judge_value(expected: str | None, value: str) -> Judgement:
    """Compares two `repr`s as texts, then as literals, floats within 1e-5."""
    if expected is None:
        return "unjudged"
    if expected.strip() == value.strip():
        return "accepted"
    known, wanted = _literal(expected)
    readable, got = _literal(value)
    try:
        same = known and readable and _same_value(wanted, got)
    except (RecursionError, OverflowError):
        same = False
    return "accepted" if same else "wrong_answer"
