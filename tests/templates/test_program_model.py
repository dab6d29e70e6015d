"""The program model: statements and expressions stand where Python's own parser says they stand."""

import ast
import json
from pathlib import Path

import pytest

from templates.expressions import Expression
from templates.program_model import ProgramError, Statement, read_program

SAMPLE = Path(__file__).parents[2] / "pipelines" / "sources" / "sample"

SOURCE = '''@cache
def f(a, b=2):
    """What it does."""
    total = (a + b) * len([a, *b])
    if (total > 3 and
            a in b): return -total  # why
    elif not b:
        raise ValueError("é", a[1:b]) from None
    while a: a -= 1; break
    else:
        pass
    try:
        with open(a) as x, y: pass
    except (A, B) as e: continue_ = e.args[0].real
    finally:
        del a[b]
    match (a, b):
        case (1, [x, *_]) if x > 2: print(f"{x + 1}", end="")
        case {"k": v}: assert v, "no"
    for i, (j, k) in zip(a, b):
        a[i, j].n = lambda q: q + 1
import os.path, re as regex
from math import *
'''


def at(source: str, line: int, column: int) -> Statement:
    found = read_program(source).statement((line, column, 0, 0))
    assert found is not None
    return found


def inside(expression: Expression) -> list[Expression]:
    return [expression, *(below for part in expression.parts for below in inside(part))]


def test_every_statement_of_python_is_found_where_it_begins() -> None:
    model = read_program(SOURCE)
    silent = (ast.Try, ast.Global)
    for node in ast.walk(ast.parse(SOURCE)):
        if isinstance(node, ast.stmt) and not isinstance(node, silent):
            assert model.statement((node.lineno, node.col_offset, 0, 0)) is not None, ast.unparse(node)


def test_handlers_are_found_where_they_begin_and_cases_where_their_pattern_begins() -> None:
    kinds = {}
    for node in ast.walk(ast.parse(SOURCE)):
        if isinstance(node, ast.ExceptHandler):
            kinds[node.lineno, node.col_offset] = "except"
        elif isinstance(node, ast.match_case):
            kinds[node.pattern.lineno, node.pattern.col_offset] = "case"
    assert len(kinds) == 3
    for (line, column), kind in kinds.items():
        assert at(SOURCE, line, column).kind == kind


def test_spans_of_operations_and_calls_are_those_of_ast_in_characters() -> None:
    lines = SOURCE.split("\n")

    def column(line: int, byte: int) -> int:
        return len(lines[line - 1].encode()[:byte].decode())

    kinds = (ast.BinOp, ast.Compare, ast.BoolOp, ast.Call, ast.Subscript, ast.Attribute, ast.UnaryOp)
    wanted = {
        (n.lineno, column(n.lineno, n.col_offset), n.end_lineno, column(n.end_lineno or 0, n.end_col_offset or 0))
        for statement in ast.walk(ast.parse(SOURCE))
        if isinstance(statement, ast.Assign | ast.If | ast.While | ast.For)
        for part in ([statement.value] if isinstance(statement, ast.Assign) else [getattr(statement, "test", None)])
        if part is not None
        for n in ast.walk(part)
        if isinstance(n, kinds) and not isinstance(part, ast.Lambda)
    }
    found = {
        expression.span
        for statement in read_program(SOURCE).statements.values()
        for root in (*statement.roots, *([statement.value] if statement.value else []))
        for expression in inside(root)
    }
    assert wanted <= found


@pytest.mark.parametrize(
    ("line", "column", "label"),
    [
        (2, 0, "f"),
        (8, 8, 'ValueError("é", a[1:b]) from None'),
        (13, 8, "open(a) as x, y"),
        (14, 4, "(A, B) as e"),
        (18, 13, "(1, [x, *_])"),
        (22, 0, "os, regex"),
        (23, 0, "*"),
    ],
)
def test_a_statement_is_named_by_its_own_text(line: int, column: int, label: str) -> None:
    assert at(SOURCE, line, column).label == label


def test_a_block_holds_its_statements_and_not_what_follows_else() -> None:
    loop = at(SOURCE, 9, 4)
    assert loop.holds((9, 13))
    assert loop.holds((9, 21))
    assert not loop.holds((11, 8))
    assert not loop.holds((9, 4))


def test_an_elif_is_a_statement_of_its_own() -> None:
    assert at(SOURCE, 7, 4).kind == "if"
    assert not at(SOURCE, 5, 4).holds((8, 8))


def test_an_expression_over_several_lines_is_written_on_one() -> None:
    test = at(SOURCE, 5, 4).test
    assert test is not None
    assert test.text == "total > 3 and a in b"


def test_a_call_names_its_callee_and_not_as_an_operand() -> None:
    value = at("x = f(a).g(b, key=c)\n", 1, 0).value
    assert value is not None
    assert value.word == ".g"
    assert [part.text for part in value.parts] == ["f(a)", "b", "c"]


def test_a_source_that_the_parser_cannot_read_is_an_error_that_names_the_line() -> None:
    with pytest.raises(ProgramError, match="line 2"):
        read_program("x = 1\ny = (\n")


def test_a_model_is_read_once() -> None:
    assert read_program(SOURCE) is read_program(SOURCE)


def test_the_statements_of_the_sample_programs_are_all_found() -> None:
    rows = [json.loads(line) for path in sorted(SAMPLE.glob("*.jsonl")) for line in path.read_text().splitlines()]
    for row in rows:
        model = read_program(row["code"])
        for node in ast.walk(ast.parse(row["code"])):
            if isinstance(node, ast.stmt) and not isinstance(node, ast.Try | ast.Global | ast.Nonlocal):
                assert model.statement((node.lineno, node.col_offset, 0, 0)), row["id"]


def test_what_python_would_warn_of_in_a_program_is_not_said(recwarn: pytest.WarningsRecorder) -> None:
    assert at("x = 1or 2\ny = '\\d'\n", 1, 0).kind == "assign"
    assert len(recwarn) == 0
