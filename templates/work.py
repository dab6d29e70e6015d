"""Shows how an expression comes to its value: the same source with values in place of operands."""

from functools import lru_cache

from templates.expressions import Expression, one_line
from templates.program_model import Statement
from templates.values import Heap, literal_text
from tracer.events import Ref, Span, Value

_OPERATIONS = frozenset({"binary", "unary", "comparison", "boolean"})
_OPERANDS = frozenset({"name", "attribute", "subscript", "call", "conditional", "string", "comprehension", "named"})
_PLAIN = frozenset({"name", "constant"})
_OBVIOUS = frozenset({"len", "int", "str", "ord", "chr", "abs", "float", "bool", "input", "range", "list"})
_MANY = 4
"""With more operators than this, an operation is worked out in parts."""


@lru_cache(maxsize=4096)
def worth_telling(statement: Statement) -> tuple[Expression, ...]:
    """The expressions of a statement whose working a reader wants to see, inner ones first."""
    found: list[Expression] = []
    for root in statement.roots:
        outcome = root is statement.test or (root is statement.value and statement.kind in ("for", "match"))
        if outcome:
            for part in root.parts:
                _visit(part, False, found)
        else:
            _visit(root, True, found)
    return tuple(found)


def _visit(expression: Expression, top: bool, found: list[Expression]) -> None:
    kind = expression.kind
    through = kind in ("display", "named", "other")
    if kind == "conditional":
        chosen, test, other = expression.parts
        _visit(test, True, found)
        _visit(chosen, top, found)
        _visit(other, top, found)
    for part in expression.parts if kind != "conditional" else ():
        split = kind in _OPERATIONS and _split(expression, part)
        _visit(part, split or (top and through), found)
    keys = expression.parts[1:] if kind == "subscript" else []
    if (
        (kind in _OPERATIONS and top)
        or (kind == "call" and (top or not _is_obvious(expression)))
        or (kind == "subscript" and any(key.kind not in (_PLAIN if not top else ("constant",)) for key in keys))
    ):
        found.append(expression)


def _split(expression: Expression, part: Expression) -> bool:
    """Is a part of a long operation worked out on its own?"""
    return part.kind == "binary" and expression.operators > _MANY and part.operators > 1


def _is_obvious(call: Expression) -> bool:
    return call.word in _OBVIOUS and all(part.kind in _PLAIN for part in call.parts)


class Substitution:
    """Writes expressions with the values that they had in one execution of their statement.

    Attributes:
        changed: objects that changed since the statement began; their old content is gone, so none is shown.
    """

    def __init__(self, source: str, heap: Heap, probes: dict[Span, Value], changed: set[int]) -> None:
        self.source = source
        self.heap = heap
        self.probes = probes
        self.changed = changed

    def shown(self, expression: Expression) -> str:
        """The expression with values for its operands, on one line; its own text where none can be shown."""
        text = self._inside(expression)
        return one_line(text)

    def _inside(self, expression: Expression) -> str:
        pieces: list[str] = []
        at = expression.start
        for index, part in enumerate(expression.parts):
            pieces.append(self.source[at : part.outer_start])
            pieces.append(self._part(expression, part, index))
            at = part.outer_end
        pieces.append(self.source[at : expression.end])
        return "".join(pieces)

    def _part(self, parent: Expression, part: Expression, index: int) -> str:
        by_value = part.kind in _OPERANDS or (part.kind in _OPERATIONS and _hides(parent, part, index))
        if by_value and part.span in self.probes:
            value = self.probes[part.span]
            text = literal_text(value, self.heap, self.changed)
            if text is not None and not (parent.kind == "subscript" and index == 0 and type(value) is Ref):
                return f"({text})" if _needs_fence(parent, index, text, value) else text
        before = self.source[part.outer_start : part.start]
        return before + self._inside(part) + self.source[part.end : part.outer_end]


def _hides(parent: Expression, part: Expression, index: int) -> bool:
    """Does an operation stand for its value where it is a part of another expression?"""
    return (parent.kind == "subscript" and index > 0) or (parent.kind in _OPERATIONS and _split(parent, part))


def _needs_fence(parent: Expression, index: int, text: str, value: Value) -> bool:
    """Would the literal read as something else without parentheses?"""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if index == 0 and (parent.kind == "attribute" or (parent.kind == "call" and parent.word.startswith("."))):
        return number
    if text[0] != "-":
        return False
    return parent.kind == "unary" or (parent.kind == "binary" and (index > 0 or parent.word == "Power"))
