"""Tells what is evaluated in comprehensions and lambdas: round by round where that is little, else column by column."""

import ast
from collections.abc import Sequence

from templates.inner_rounds import Evaluation, InnerRounds
from templates.inner_scopes import Root, Scope, Site
from templates.plans import Piece
from templates.program_model import ProgramModel
from templates.running import Running
from templates.sentences import Voice, code
from templates.values import Heap, value_text
from tracer.events import Change, New, Opaque, Ref, Value

_ROUNDS = 8
"""With more roots than this in a segment, the values of each expression are told together."""
_BOUND = 60
"""Characters that the value of a name takes, about."""
_CELL, _NARROW_CELL = 48, 16
"""Characters that one of many values takes, about; where there are more than `_MANY`, the second."""
_MANY = 64
_COLUMN = 12_000
"""Characters that the values of one expression take together, about."""
_KINDS = {"test": "inner_value", "element": "inner_element", "body": "lambda_value"}


class InnerTeller:
    """Writes the sentences on inner scopes."""

    def __init__(self, model: ProgramModel, heap: Heap, say: Voice) -> None:
        self.heap = heap
        self.say = say
        self._rounds = InnerRounds(model)
        self._gone: set[int] = set()
        self._gone_of_lambdas: set[int] = set()

    def tell(self, changes: Sequence[Change], frame: int, running: Running) -> list[str]:
        """What a segment evaluated in inner scopes."""
        found, cut = self._rounds.read(changes, frame, running.number)
        self._gone = running.changed
        self._gone_of_lambdas = running.changed
        if running.statement.reaches_in:
            made = {change.id for change in changes if isinstance(change, New)}
            self._gone_of_lambdas = running.changed | made
        ends = [each for each in found if each.site.root is not None and each.value.__class__ is not Opaque]
        said: list[str] = []
        if len(ends) <= _ROUNDS:
            told = 0
            for each in ends:
                sentences = self._root(each, running.number)
                told += bool(sentences)
                said += sentences + (self._settled(each) if sentences else [])
        else:
            said, told = self._columns(found, len(ends))
        if told < len(ends):
            said.append(self.say("inner_rest", len(ends) - told))
        if cut:
            said.append(self.say("inner_cut", cut))
        return said

    def _gone_in(self, scope: Scope) -> set[int]:
        """The objects that may hold something else by now than they did in a scope.

        What a lambda has made may have been changed by the statement that called it, before anybody saw it.
        """
        return self._gone_of_lambdas if isinstance(scope.node, ast.Lambda) else self._gone

    # Round by round.

    def _root(self, found: Evaluation, number: int) -> list[str]:
        """How one root came to its value; nothing where that is not known or something has changed since."""
        if found.mixed:
            return []
        root = found.site.root
        assert root is not None
        seen: set[int] = set()
        names = [(name, value_text(value, self.heap, _BOUND, seen)) for name, value in found.names]
        gone = self._gone_in(root.scope)
        if not seen.isdisjoint(gone):
            return []
        bound = code(", ".join(f"{name}={text}" for name, text in names)) if names else ""
        inside = Running(root.statement, number, 0)
        inside.changed = gone
        plan = inside.take(list(found.probes), self.heap, False, False)
        said = [
            sentence
            for piece in plan.pieces
            for sentence in self._piece(root if piece.expression is root.expression else None, piece, inside, bound)
        ]
        if plan.main is not None and plan.main.forms:
            forms = (code(form % tuple([inside.texts[pick] for pick in picks])) for form, picks in plan.main.forms)
            said.append(self._say("inner_form", bound, plan.main.source, " = ".join(dict.fromkeys(forms))))
        return said

    def _settled(self, found: Evaluation) -> list[str]:
        """Says that `any` or `all` has seen enough."""
        root, consumer = found.site.root, found.site.scope.consumer
        if root is None or root.role != "element" or found.site.expression is not root.expression or not consumer:
            return []
        return [self.say("settled", code(consumer))] if self._truth(found.value) is (consumer == "any") else []

    def _piece(self, root: Root | None, piece: Piece, inside: Running, bound: str) -> list[str]:
        """One expression of a root, or the root itself, with its forms and its value."""
        value = code(inside.value_text(piece, self.heap))
        shown = piece.fill(inside.texts)
        if shown == value:
            shown = ""
        kind = "inner_value"
        if root is not None:
            kind = "key_value" if root.scope.is_key else _KINDS.get(root.role, kind)
            truth = self._truth(inside.values[piece.value]) if root.role == "test" else None
            if truth is not None and bound:
                if type(inside.values[piece.value]) is not bool:
                    shown = f"{shown} = {value}" if shown else value
                return [self._say("inner_true" if truth else "inner_false", bound, piece.source, shown)]
        if shown:
            return [self._say(kind, bound, piece.source, shown, value)]
        return [self._say(f"{kind}__plain", bound, piece.source, value)]

    def _say(self, kind: str, bound: str, *rest: str) -> str:
        if bound:
            plain = kind in ("inner_true", "inner_false") and not rest[-1]
            return self.say(f"{kind}__plain", bound, *rest[:-1]) if plain else self.say(kind, bound, *rest)
        if kind == "inner_form":
            return self.say("inner_form__bare", *rest)
        return self.say("inner_value__bare" if len(rest) > 2 else "inner_value__bare_plain", *rest)

    def _truth(self, value: Value) -> bool | None:
        """Does a condition hold that came to a value? None where that cannot be seen."""
        if type(value) is Ref:
            found = self.heap[value.id]
            return bool(found.items) if found.type == found.kind and found.kind != "object" else None
        return bool(value) if value is None or isinstance(value, int | float | complex | str | bytes) else None

    # Column by column.

    def _columns(self, found: Sequence[Evaluation], ends: int) -> tuple[list[str], int]:
        """The values that names and expressions had, one after the other; how many of so many roots these tell."""
        told = 0
        said: list[str] = []
        partial: set[str] = set()
        rows: dict[Scope, list[Evaluation]] = {}
        for each in found:
            rows.setdefault(each.site.scope, []).append(each)
        for scope, row in rows.items():
            for clause, names in enumerate(scope.names):
                rounds = [each for each in row if names and (each.site.name, each.site.clause) == (names[-1], clause)]
                if rounds:
                    items = [tuple(value for name, value in each.names if name in names) for each in rounds]
                    texts = self._texts(items, scope)
                    if texts:
                        said.append(self.say("inner_rounds", code(", ".join(names)), code(f"[{', '.join(texts)}]")))
                        if len(texts) < len(rounds):
                            partial.add(said[-1])
            columns: dict[Site, list[Value]] = {}
            for each in row:
                if each.site.expression is not None and each.site.expression.kind != "name":
                    columns.setdefault(each.site, []).append(each.value)
            for site, values in columns.items():
                texts = self._texts([(value,) for value in values], scope)
                assert site.expression is not None
                if texts and not any(value.__class__ is Opaque for value in values):
                    said.append(self.say("inner_column", code(site.expression.text), code(f"[{', '.join(texts)}]")))
                    told += len(texts) if site.root is not None else 0
                    if scope.consumer and len(texts) == len(values):
                        said += self._settled(next(each for each in reversed(row) if each.site is site))
        # What breaks off is told where something is counted that is left out.
        return [sentence for sentence in said if told < ends or sentence not in partial], told

    def _texts(self, items: Sequence[tuple[Value, ...]], scope: Scope) -> list[str]:
        """The texts of values, up to the first that has changed since or that makes them too long."""
        texts: list[str] = []
        gone = self._gone_in(scope)
        left, most = _COLUMN, _NARROW_CELL if len(items) > _MANY else _CELL
        for item in items:
            seen: set[int] = set()
            parts = [value_text(value, self.heap, most, seen) for value in item]
            texts.append(parts[0] if len(parts) == 1 else f"({', '.join(parts)})")
            left -= len(texts[-1]) + 2
            if left < 0 or not seen.isdisjoint(gone):
                texts.pop()
                break
        return texts
