"""What the recorder is told of an instrumented program: its statements, and what each probe and note stands for."""

import ast
from dataclasses import dataclass, field

from tracer.effects import NOTHING
from tracer.events import Span
from tracer.scopes import Names

# What a note says of its statement, once that is done. Operands are places in the note, from 1 on, or
# the negative number of a probe whose value was kept.
(
    BIND,  # name, value
    BIND_GLOBAL,  # name, value
    BIND_OUTER,  # name, value
    UNBIND,  # name
    UNBIND_GLOBAL,  # name
    CHANGE,  # name, value, how: an augmented assignment to a local name
    CHANGE_GLOBAL,  # name, value, how
    CHANGE_OUTER,  # name, value, how
    ITEM,  # container, key
    CHANGE_ITEM,  # container, key, how
    ATTRIBUTE,  # object, name
    CHANGE_ATTRIBUTE,  # object, name, how
    LOOK,  # object, how
    LOOK_KEY,  # object, key
) = range(14)

Action = tuple[int, str | int, str | int, int]
"""An action's number and its operands, filled up with zeros."""


@dataclass(frozen=True)
class Probe:
    """A probe around an expression.

    Attributes:
        span: what it tells of; None if its value is only looked at.
        name: of the expression, if it is a name.
        change: how its value may change in the statement; `NOTHING` if it may not.
        keeps: a note needs the value.
        binds: the name that a walrus binds in it.
        inner: it stands in a comprehension or lambda, where its value may be one too many.
    """

    span: Span | None
    name: str | None = None
    change: int = NOTHING
    keeps: bool = False
    binds: Action | None = None
    inner: bool = False


@dataclass(frozen=True)
class Beginning:
    """A round of a comprehension or a call of a lambda begins: where the names that it binds stand."""

    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Note:
    """What a statement has done when it is done."""

    actions: tuple[Action, ...]


Told = Probe | Note | Beginning


@dataclass(frozen=True)
class Statement:
    """What the recorder must know of a statement.

    Attributes:
        ends_iteration: a StopIteration here is the quiet end of an iterator.
        acts: it binds or changes something, which an exception may leave half done.
        prints: it may print on its own.
        reads: it may read stdin on its own.
        augments: it may change an object in place and then hand it to a setter of the program.
    """

    span: Span
    ends_iteration: bool = False
    acts: bool = False
    prints: bool = False
    reads: bool = False
    augments: bool = False


@dataclass
class Instrumented:
    """A program ready to be compiled, and what its line numbers and probes stand for.

    Attributes:
        statements: by line number of the rewritten tree.
        probes: by number, from 1 on.
        slow: line numbers of the functions whose names change in ways that no note can follow; 0 for the module.
    """

    tree: ast.Module
    names: Names
    statements: dict[int, Statement] = field(default_factory=dict)
    probes: list[Told] = field(default_factory=lambda: [Probe(None)])
    slow: set[int] = field(default_factory=set)
