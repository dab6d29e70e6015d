"""Source spans in characters, from the byte columns of `ast`."""

import ast

from tracer.events import Span


class SourceColumns:
    """The spans of a source's nodes."""

    def __init__(self, source: str) -> None:
        self._lines = source.split("\n")
        self._plain = source.isascii()

    def _column(self, line: int, column: int) -> int:
        if self._plain or self._lines[line - 1].isascii():
            return column
        return len(self._lines[line - 1].encode("utf-8", "surrogatepass")[:column].decode("utf-8", "surrogatepass"))

    def span(self, node: ast.AST) -> Span:
        """Where a node stands; the columns count characters."""
        line, end = getattr(node, "lineno", 1), getattr(node, "end_lineno", 1)
        return (
            line,
            self._column(line, getattr(node, "col_offset", 0)),
            end,
            self._column(end, getattr(node, "end_col_offset", 0)),
        )
