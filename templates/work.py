"""How expressions came to their values: plans, one for each way that a statement's evaluation can go.

A plan is made once for a statement, the sub-expressions that had values, and the sort of each value; telling
another execution of the same kind only puts the values' texts in. An expression is worked out in forms: its
source with values for the innermost operands, then for what these come to, up to its own value.
"""

import re

from templates.expressions import Expression
from templates.plans import (
    CONTAINER,
    GONE,
    LITERAL,
    LONG,
    NOTHING,
    NUMBER,
    OPAQUE,
    Piece,
    Plan,
    Sight,
    Way,
)
from templates.program_model import Statement
from templates.sentences import code

_FITS = frozenset({LITERAL, NUMBER, CONTAINER, NOTHING})
_BARE = frozenset({"constant", "name", "lambda"})
_UNPROBED = frozenset({"constant", "lambda", "display", "other"})
_LOOSE = frozenset({"binary", "unary", "comparison", "boolean", "conditional", "named", "other"})
_MOST_FORMS = 8
_BREAK = re.compile(r"\s*(?:#[^\n\r]*|\\)?[\r\n]\s*")


class Planner:
    """Makes one plan."""

    def __init__(self, statement: Statement, sight: Sight, way: Way) -> None:
        self.statement = statement
        self.sight = sight
        self.source = statement.reader.source
        self.index = {span: number for number, span in enumerate(way.spans)}
        self.count = len(way.spans)
        self.start = way.start
        self.sorts = way.sorts
        self._levels: dict[Expression, int] = {}
        self.plan = Plan()
        self.failing = self._failing(statement.roots) if way.stuck else None

    def make(self) -> Plan:
        """The plan."""
        statement, plan = self.statement, self.plan
        for root in statement.roots:
            acts = statement.kind == "expression" and root.kind == "call" and not self._gives(root)
            if acts or (root is statement.value and statement.kind in ("for", "match")):
                self._parts_of(root)
                continue
            if statement.kind == "inside" and root.kind == "display":
                self._nested(root)
                plan.main = self.piece(root)
                continue
            apart = root is statement.test or (root is statement.value and self._is_main())
            if not apart or root is self.failing:
                self._collect(root)
            elif root is statement.value and root.kind == "constant" and statement.kind == "augmented":
                if statement.operator not in ("+", "-"):
                    plan.main = self.piece(root)
            elif root is statement.test:
                plan.test = self._test(root)
            elif self._is_new(root) and self.sorts[self.index[root.span]] not in (OPAQUE, GONE):
                plan.main = self._main(root)
            else:
                self._collect(root)
            self._look_at(root)
        plan.works = bool(plan.pieces or plan.strings or plan.fails)
        return plan

    def _is_main(self) -> bool:
        """Does the statement say of its value what becomes of it?"""
        statement = self.statement
        if statement.kind in ("augmented", "return"):
            return True
        return statement.target is not None

    # What is told of each expression.

    def _main(self, root: Expression) -> Piece:
        self._nested(root)
        piece = self.piece(root)
        if self.statement.kind == "augmented" and root.kind not in _BARE and self._is_fresh(root):
            whole, forms = code(root.text), self._forms(root)
            shown = " = ".join(code(text) for text, _ in forms)
            picks = tuple(pick for _, found in forms for pick in found)
            self.plan.spare.append(Piece(root, whole, forms, piece.value, shown, picks))
        return piece

    def _is_new(self, root: Expression) -> bool:
        """Is its value to be told, or, of an augmented assignment, to be worked with?"""
        at = self.index.get(root.span, -1)
        return at >= self.start or (0 <= at == self.start - 1 and self.statement.kind == "augmented")

    def _gives(self, call: Expression) -> bool:
        """Does a call that is a statement give a value?"""
        return call.span in self.index and self.sorts[self.index[call.span]] != NOTHING

    def _parts_of(self, root: Expression) -> None:
        """Pieces for what stands in an expression whose own value is told elsewhere or is none."""
        if root is self.failing:
            self._collect(root)
            return
        for number, part in enumerate(root.parts):
            if self._is_base(root, number) and part.kind in ("attribute", "subscript"):
                self._keys_of(part)
            else:
                self._collect(part)
        self._look_at(root)

    def _keys_of(self, place: Expression) -> None:
        """Pieces for the keys of a place whose object the statement works on."""
        base, *keys = place.parts
        for key in keys:
            self._collect(key)
        if base.kind in ("attribute", "subscript"):
            self._keys_of(base)
        else:
            self._collect(base)

    def _test(self, root: Expression) -> Piece | None:
        if root.kind == "constant" or root.span not in self.index:
            self._collect(root)
            return None
        self._nested(root)
        return self.piece(root)

    def _collect(self, expression: Expression) -> None:
        """Pieces for an expression, or for its parts where it has no value to tell now."""
        if expression.kind in _BARE:
            return
        if expression is self.failing:
            self._nested(expression)
            self.plan.fails = self.piece(expression)
            return
        if not self._is_fresh(expression) or self.sorts[self.index[expression.span]] in (OPAQUE, GONE):
            for part in expression.parts:
                self._collect(part)
            return
        self._nested(expression)
        self.plan.pieces.append(self.piece(expression))

    def _nested(self, expression: Expression) -> None:
        """Pieces for what stands inside an expression and whose value its forms do not show."""
        for number, part in enumerate(expression.parts):
            if part.kind in _BARE:
                continue
            at = self.index.get(part.span, -1)
            apart = expression.kind == "string" or not part.exact
            if at >= self.start and (apart or not self._fits(expression, part, number, at)):
                base = self._is_base(expression, number) and part.kind in ("attribute", "subscript")
                if apart or (self.sorts[at] == LONG and not base) or (self.sorts[at] in _FITS and not base):
                    self._collect(part)
                    continue
            elif at < 0 and apart:
                self._collect(part)
                continue
            self._nested(part)

    def _look_at(self, expression: Expression) -> None:
        """Notes what was not evaluated, and what may be a place in a string."""
        kind = expression.kind
        if self._is_fresh(expression):
            if kind in ("boolean", "comparison", "conditional"):
                for part in expression.parts:
                    left_out = part.span not in self.index and part.kind not in _UNPROBED
                    if left_out and (kind != "conditional" or part.kind != "name"):
                        self.plan.unevaluated.append(code(part.text))
            elif kind == "subscript" and self.sorts[self.index.get(expression.parts[0].span, 0)] in (LITERAL, LONG):
                self.plan.strings.append(expression)
        if kind != "lambda":
            for part in expression.parts:
                self._look_at(part)

    def _is_fresh(self, expression: Expression) -> bool:
        return self.index.get(expression.span, -1) >= self.start

    def _failing(self, roots: list[Expression]) -> Expression | None:
        for root in roots:
            found = self._find_failing(root)
            if found is not None:
                return found
        return None

    def _find_failing(self, expression: Expression) -> Expression | None:
        """The first expression that has no value though all of its operands have one."""
        if expression.span in self.index or expression.kind in _BARE:
            return None
        parts = expression.parts
        if expression.kind == "conditional":
            test = parts[1]
            parts = [test] if test.span not in self.index else [part for part in parts if self._is_begun(part)]
            return next((found for part in parts if (found := self._find_failing(part)) is not None), None)
        for part in parts:
            if (found := self._find_failing(part)) is not None:
                return found
            if part.span not in self.index and part.kind not in _UNPROBED:
                return None
        if expression.kind in ("attribute", "subscript", "call", "binary", "unary", "comparison"):
            return expression
        return None

    def _is_begun(self, expression: Expression) -> bool:
        return expression.span in self.index or any(map(self._is_begun, expression.parts))

    # Forms.

    def piece(self, expression: Expression) -> Piece:
        """An expression, ready to be filled in."""
        value = self.index.get(expression.span, -1)
        forms = self._forms(expression)
        statement = self.statement
        if statement.kind == "augmented" and expression is statement.value:
            forms = self._augmented(expression, forms, value)
            source = code(statement.text)
        else:
            source = code(expression.text)
        shown = " = ".join(code(text) for text, _ in forms)
        return Piece(expression, source, forms, value, shown, tuple(pick for _, picks in forms for pick in picks))

    def _forms(self, expression: Expression) -> tuple[tuple[str, tuple[int, ...]], ...]:
        found: list[tuple[str, tuple[int, ...]]] = []
        plain = expression.text.replace("%", "%%")
        for level in range(1, self._level(expression) + (expression.kind == "display")):
            picks: list[int] = []
            text = self._inside(expression, level, picks)
            if text != plain and (not found or (text, tuple(picks)) != found[-1]):
                found.append((text, tuple(picks)))
        return tuple(found[-_MOST_FORMS:])

    def _augmented(
        self, expression: Expression, forms: tuple[tuple[str, tuple[int, ...]], ...], value: int
    ) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The forms of `old operator expression`; none where a value does not fit into a formula."""
        operator = self.statement.operator.replace("%", "%%")
        old = "(%s)" if operator == "**" else "%s"
        last = (
            (expression.text.replace("%", "%%"), ()) if expression.kind == "constant" else ("%s", (value + self.count,))
        )
        if expression.kind != "constant" and (value < 0 or self.sorts[value] not in _FITS):
            return ()
        rows = [(f"({text})" if expression.kind in _LOOSE else text, picks) for text, picks in forms]
        return tuple((f"{old} {operator} {text}", (2 * self.count, *picks)) for text, picks in [*rows, last])

    def _level(self, expression: Expression) -> int:
        """After how many rounds of putting values in an expression is its value."""
        known = self._levels.get(expression)
        if known is not None:
            return known
        kind = expression.kind
        at = self.index.get(expression.span, -1)
        if kind == "constant":
            level = 0
        elif kind == "name" or 0 <= at < self.start:
            level = 1
        else:
            level = max(map(self._level, expression.parts), default=0) if kind != "string" else 0
            if expression.span in self.sight.keys:
                level = max(level, 1)
            elif kind not in ("display", "lambda", "other") or at >= 0:
                level += 1
        self._levels[expression] = level
        return level

    def _inside(self, expression: Expression, level: int, picks: list[int]) -> str:
        """The text of an expression with values for its parts up to a level."""
        whole = not expression.parts or expression.kind == "string" or not expression.exact
        if whole or (expression.kind == "comprehension" and "\n" in self.source[expression.start : expression.end]):
            return expression.text.replace("%", "%%")
        pieces: list[str] = []
        at = expression.start
        for number, part in enumerate(expression.parts):
            gap = self._gap(at, part.outer_start)
            found = self.index.get(part.span, -1)
            shows = found >= 0 and part.kind != "constant" and self._level(part) <= level
            if shows and self._fits(expression, part, number, found):
                pieces += [gap, " %s" if _joins(gap[-1:]) else "%s"]
                if _joins(self.source[part.outer_end : part.outer_end + 1]):
                    pieces.append(" ")
                picks.append(found + (self.count if _needs_fence(expression, number) else 0))
            else:
                pieces += [gap, self._gap(part.outer_start, part.start), self._inside(part, level, picks)]
                pieces.append(self._gap(part.end, part.outer_end))
            at = part.outer_end
        pieces.append(self._gap(at, expression.end))
        return "".join(pieces)

    def _gap(self, start: int, end: int) -> str:
        gap = self.source[start:end]
        if "\n" in gap or "\r" in gap:
            gap = _BREAK.sub(" ", gap)
            gap = re.sub(r"(?<=[(\[{]) | (?=[)\]},.])", "", gap)
        return gap.replace("%", "%%")

    def _is_base(self, parent: Expression, number: int) -> bool:
        dotted = parent.kind == "call" and parent.word.startswith(".")
        return number == 0 and (parent.kind in ("subscript", "attribute") or dotted)

    def _fits(self, parent: Expression, part: Expression, number: int, at: int) -> bool:
        """May the part's value stand in its place?"""
        sort = self.sorts[at]
        if sort not in _FITS or (sort == CONTAINER and parent.word == "is"):
            # Two equal lists written out would not be one.
            return False
        if not self._is_base(parent, number):
            return True
        if sort == NUMBER:
            return parent.kind == "subscript"
        return sort == LITERAL or part.kind != "name"


def _joins(character: str) -> bool:
    """Would a literal beside this character be read as one word with it?"""
    return character == "_" or character.isalnum()


def _needs_fence(parent: Expression, number: int) -> bool:
    """Would a negative number read as something else without parentheses?"""
    return parent.kind == "unary" or (parent.kind == "binary" and (number > 0 or parent.word == "Pow"))
