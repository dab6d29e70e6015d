"""Writes a piece of a program on one line, in the program's own spelling."""

import ast
import warnings
from functools import lru_cache
from typing import Literal

import libcst as cst


class _Joiner(cst.CSTTransformer):
    """Takes line breaks, comments and continuation lines out of a tree; every token stays as it was written."""

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.SimpleWhitespace:
        return cst.SimpleWhitespace("")

    def leave_SimpleWhitespace(
        self, original_node: cst.SimpleWhitespace, updated_node: cst.SimpleWhitespace
    ) -> cst.SimpleWhitespace:
        return cst.SimpleWhitespace(" ") if "\n" in updated_node.value else updated_node

    def leave_Comma(self, original_node: cst.Comma, updated_node: cst.Comma) -> cst.Comma:
        broken = isinstance(original_node.whitespace_after, cst.ParenthesizedWhitespace)
        return updated_node.with_changes(whitespace_after=cst.SimpleWhitespace(" ")) if broken else updated_node


def _spaced(original: cst.CSTNode, updated: cst.CSTNode) -> cst.CSTNode:
    """A blank on each side of an operator where a line was broken there."""
    sides = {
        side: cst.SimpleWhitespace(" ")
        for side in ("whitespace_before", "whitespace_after")
        if isinstance(getattr(original, side, None), cst.ParenthesizedWhitespace)
    }
    return updated.with_changes(**sides) if sides else updated


class _Writer(_Joiner):
    def on_leave(self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT) -> object:  # type: ignore[override]
        done = super().on_leave(original_node, updated_node)
        if isinstance(original_node, cst.BaseBinaryOp | cst.BaseCompOp | cst.BaseBooleanOp) and isinstance(
            done, cst.CSTNode
        ):
            return _spaced(original_node, done)
        return done


@lru_cache(maxsize=1024)
def one_line(text: str, mode: Literal["eval", "exec"] = "eval") -> str:
    """The same code on one line: as it stands where it is one, else with the breaks between its tokens taken out.

    What spells a break inside one token (a string in triple quotes) is written as Python itself would.

    Raises:
        SyntaxError: the text is no expression (`eval`) or statement (`exec`).
    """
    if "\n" not in text and "\r" not in text:
        return text
    try:
        tree: cst.CSTNode = cst.parse_expression(f"({text}\n)") if mode == "eval" else cst.parse_statement(text)
        bare = tree.with_changes(lpar=tree.lpar[1:], rpar=tree.rpar[:-1]) if mode == "eval" else tree  # type: ignore[attr-defined]
        joined = cst.Module([]).code_for_node(bare.visit(_Writer())).strip()  # type: ignore[arg-type]
        if "\n" not in joined and "\r" not in joined and _tree(joined, mode) == _tree(text, mode):
            return joined
    except (cst.ParserSyntaxError, cst.CSTValidationError, SyntaxError):
        pass
    return ast.unparse(_parse(text, mode))


def parse_quietly(text: str, mode: str = "exec") -> ast.AST:
    """The tree of a piece of a program; what Python would warn of in it (`1or x`) is the program's own affair.

    Raises:
        SyntaxError, ValueError: it is no such piece.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        return ast.parse(text, mode=mode)


def _parse(text: str, mode: Literal["eval", "exec"]) -> ast.AST:
    # As a statement of its own a string would be unparsed like a docstring, over several lines.
    return parse_quietly(f"({text}\n)", "eval") if mode == "eval" else parse_quietly(text)


def _tree(text: str, mode: Literal["eval", "exec"]) -> str:
    return ast.dump(_parse(text, mode))
