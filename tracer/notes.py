"""The note of one statement under construction: what it will say, and the names that it reads for it."""

import ast
from dataclasses import dataclass
from typing import Any

from tracer.effects import ANY, APPENDED, DEQUEUED, POPPED, PUSHED, TURNED_LEFT, TURNED_RIGHT
from tracer.scopes import Names, Scope
from tracer.statements import (
    BIND,
    BIND_GLOBAL,
    BIND_OUTER,
    CHANGE,
    CHANGE_GLOBAL,
    CHANGE_OUTER,
    LOOK,
    UNBIND,
    UNBIND_GLOBAL,
    Action,
)

_BINDING = (BIND, BIND_GLOBAL, BIND_OUTER)
_TURNS = {
    (APPENDED, DEQUEUED): TURNED_LEFT,
    (POPPED, PUSHED): TURNED_RIGHT,
    (TURNED_LEFT,): TURNED_LEFT,
    (TURNED_RIGHT,): TURNED_RIGHT,
}


def mangle(name: str, owner: str) -> str:
    """A private name as the class `owner` knows it."""
    if not owner.strip("_") or not name.startswith("__") or name.endswith("__"):
        return name
    return f"_{owner.lstrip('_')}{name}"


@dataclass(frozen=True)
class Course:
    """What happens in a statement, and in which order.

    Attributes:
        rebound: names that it binds itself.
        steady: it runs no code of the program, which binds names and sees what has changed.
        last: what is evaluated after everything else in it.
        stores_last: once it stores an element or attribute, nothing of the program runs in it.
    """

    rebound: frozenset[str] = frozenset()
    steady: bool = True
    last: ast.expr | None = None
    stores_last: bool = True


class NoteMaker:
    """Gathers what a statement does.

    Attributes:
        actions: what the note says.
        operands: the expressions that it reads, all of them names and constants.
    """

    def __init__(self, scope: Scope, names: Names, owner: str, course: Course) -> None:
        self.actions: list[Action] = []
        self.operands: list[ast.expr] = []
        self._scope = scope
        self._names = names
        self._owner = owner
        self._course = course
        self._places: dict[str, int] = {}

    def can_read(self, node: ast.expr) -> bool:
        """Will reading this name after the statement give what the statement had in hand?"""
        if not isinstance(node, ast.Name) or node.id in self._course.rebound or node.id == "super":
            return False
        return self._course.steady or not (node.id in self._names.shared or node.id in self._names.outer)

    def is_in_time(self, change: ast.AST) -> bool:
        """Does nothing of the program run between a change within the statement and the note behind it?"""
        return self._course.steady or change is self._course.last

    def is_stored_in_time(self) -> bool:
        """Does nothing of the program run between a store of the statement and the note behind it?"""
        return self._course.stores_last

    def read(self, name: str) -> int:
        """The place of a name's value in the note."""
        if name not in self._places:
            self.operands.append(ast.Name(name, ast.Load()))
            self._places[name] = len(self.operands)
        return self._places[name]

    def constant(self, value: Any) -> int:
        """The place of a constant in the note."""
        self.operands.append(ast.Constant(value))
        return len(self.operands)

    def say(self, action: int, first: str | int, second: str | int = 0, third: int = 0) -> None:
        """Adds an action."""
        self.actions.append((action, first, second, third))

    def look(self, name: str, change: int) -> None:
        """The object of a name may have changed."""
        self.say(LOOK, self.read(name), change)

    def settle(self) -> tuple[Action, ...]:
        """All that the note says; what went at one end of a name's object and came at the other is a turn.

        Each look at a name tells of one call that has happened once: that is a turn if nothing else is changed.
        """
        looks = [action for action in self.actions if action[0] == LOOK]
        others = [action for action in self.actions if action[0] != LOOK]
        turn = _TURNS.get(tuple(sorted(int(change) for _, _, change, _ in looks)))
        one = len({place for _, place, _, _ in looks}) == 1
        if turn is not None and one and all(action[0] in _BINDING for action in others):
            return (LOOK, looks[0][1], turn, 0), *others
        return tuple(
            (LOOK, action[1], ANY, 0) if action[0] == LOOK and action[2] in (TURNED_LEFT, TURNED_RIGHT) else action
            for action in self.actions
        )

    def bind(self, name: str) -> None:
        """A name has been bound."""
        self.say(self._of_scope(name, BIND, BIND_GLOBAL, BIND_OUTER), mangle(name, self._owner), self.read(name))

    def unbind(self, name: str) -> None:
        """A name has been deleted."""
        self.say(self._of_scope(name, UNBIND, UNBIND_GLOBAL, UNBIND), mangle(name, self._owner))

    def change(self, name: str, how: int) -> None:
        """A name has been bound by an augmented assignment, or what it stood for has changed."""
        action = self._of_scope(name, CHANGE, CHANGE_GLOBAL, CHANGE_OUTER)
        self.say(action, mangle(name, self._owner), self.read(name), how)

    def walrus(self, name: str) -> Action:
        """What a probe around a walrus does."""
        return self._of_scope(name, BIND, BIND_GLOBAL, BIND_OUTER), mangle(name, self._owner), 0, 0

    def _of_scope(self, name: str, here: int, shared: int, outer: int) -> int:
        if not self._scope.function:
            return here
        if name in self._scope.shared:
            return shared
        return outer if name in self._scope.outer else here


def last_evaluated(node: ast.stmt) -> ast.expr | None:
    """The part of a statement that nothing but the binding of names or the store itself comes after."""
    match node:
        case ast.Assign(targets=[*targets], value=value) if all(map(_binds_names, targets)):
            return value
        case ast.Expr(value=value) | ast.AugAssign(target=ast.Name(), value=value):
            return value
        case ast.AnnAssign(target=ast.Name(), value=ast.expr() as value):
            return value
    return None


def _binds_names(target: ast.expr) -> bool:
    parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
    return all(isinstance(part, ast.Name) for part in parts)


def stores_once(node: ast.stmt) -> bool:
    """Has a statement one place to store to, or only names?"""
    match node:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            places = [part for target in targets for part in ast.walk(target) if _is_place(part)]
            return len(places) <= 1
    return True


def _is_place(part: ast.AST) -> bool:
    return isinstance(part, (ast.Subscript, ast.Attribute)) and not isinstance(part.ctx, ast.Load)
