"""Code is put on one line in the program's own spelling."""

import ast

import pytest

from templates.one_line import one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("f(a)", "f(a)"),
        ("f(a,\n   b  # why\n  , 'x'\n)", "f(a, b, 'x')"),
        ("a > 3 and\n    b in c", "a > 3 and b in c"),
        ("[x\n for x in y\n if x]", "[x for x in y if x]"),
        ("foo\n.bar(0x1F)", "foo.bar(0x1F)"),
        ("f('''a\nb''')", "f('a\\nb')"),
    ],
)
def test_breaks_and_comments_go_and_every_token_stays(text: str, line: str) -> None:
    assert one_line(text) == line
    assert ast.dump(ast.parse(line, mode="eval")) == ast.dump(ast.parse(f"({text}\n)", mode="eval"))


def test_a_statement_loses_its_continuation_lines() -> None:
    assert one_line("x = a + \\\n   'b'", "exec") == "x = a + 'b'"
