"""Reads calls and their expected values from the `assert` statements that a data set keeps its tests in."""

import ast
import warnings
from collections.abc import Iterator

from pipelines.sources.located import Fault
from pipelines.sources.tests_of import literal_repr


def _expected(node: ast.expr) -> str | None:
    return literal_repr(ast.unparse(node))


def _is_call_of(node: ast.AST, entry: str | None) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
        return False
    return entry is None or (isinstance(node.func, ast.Name) and node.func.id == entry)


def _of_test(test: ast.expr, entry: str | None) -> tuple[ast.Call, str | None] | None:
    """The call that an assertion is about, and the literal it is compared with."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq | ast.Is):
        left, right = test.left, test.comparators[0]
        if _is_call_of(left, entry) and isinstance(left, ast.Call):
            return left, _expected(right)
        if _is_call_of(right, entry) and isinstance(right, ast.Call):
            return right, _expected(left)
        return None
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = test.operand
        return (inner, "False") if _is_call_of(inner, entry) and isinstance(inner, ast.Call) else None
    for node in ast.walk(test):
        if entry is not None and _is_call_of(node, entry) and isinstance(node, ast.Call):
            return node, None
    return None


def _with_name(call: ast.Call, entry: str | None, name: str) -> str:
    if entry is None:
        return ast.unparse(call)
    arguments = [ast.unparse(each) for each in call.args] + [
        f"{each.arg}={ast.unparse(each.value)}" if each.arg else f"**{ast.unparse(each.value)}"
        for each in call.keywords
    ]
    return f"{name}({', '.join(arguments)})"


def asserted_calls(source: str, *, called: str | None = None, name: str = "") -> Iterator[tuple[str, str | None]]:
    """(call, `repr` of the expected value or None) of each assertion on one call, in the order of the text.

    `called` is the name that the assertions call and `name` what is written in its place, as in tests
    of a `candidate`. Assertions whose arguments are computed from variables are passed over.

    Raises:
        Fault: the text is no Python 3.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise Fault("syntax", f"the tests are not Python 3: {error}") from None
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assert):
            continue
        found = _of_test(node.test, called)
        if found is None:
            continue
        used = {each.id for each in ast.walk(found[0]) if isinstance(each, ast.Name)}
        if not used & bound:
            yield _with_name(found[0], called, name), found[1]
