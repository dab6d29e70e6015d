"""What a decoded trace is made of: values, changes and events; `tracer.wire` reads them from bytes."""

from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any, Literal

OBJECT_KINDS = ("list", "tuple", "dict", "set", "frozenset", "deque", "bytearray", "object")
KEYED_KINDS = frozenset({"dict", "object"})

Span = tuple[int, int, int, int]
"""Line, column, end line, end column of a piece of source; lines from 1, columns from 0 in characters."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A heap object, by id."""

    id: int


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that is named and not looked into: a function, class, module, iterator, file."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Exact:
    """An immutable value of the standard library by its exact text, such as `Fraction(1, 2)` or `range(0, 3)`."""

    type: str
    text: str


Value = None | bool | int | float | str | bytes | complex | EllipsisType | Ref | Opaque | Exact
Item = Value | tuple[Value, Value]


@dataclass(frozen=True, slots=True)
class New:
    """A heap object seen for the first time, whole.

    `items` are the elements, or (key, value) pairs for a dict and (attribute, value) pairs for an
    `object`; a bytearray has one `bytes` item. `note` is the field names of a namedtuple, the default
    factory of a defaultdict, or the maxlen of a deque; else empty.
    """

    id: int
    kind: str
    type: str
    note: str
    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Bind:
    """A name of a frame is bound; frame 0 is the module, its names are the globals."""

    frame: int
    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Unbind:
    """A name of a frame is deleted."""

    frame: int
    name: str


@dataclass(frozen=True, slots=True)
class SetItem:
    """An index of a list or deque, a key of a dict or an attribute of an `object` is set."""

    id: int
    key: Value
    value: Value


@dataclass(frozen=True, slots=True)
class DelItem:
    """A key of a dict or an attribute of an `object` is deleted."""

    id: int
    key: Value


@dataclass(frozen=True, slots=True)
class Splice:
    """In a list, deque or bytearray, `removed` elements from `start` on give way to `items`."""

    id: int
    start: int
    removed: int
    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Add:
    """A set gains an element."""

    id: int
    value: Value


@dataclass(frozen=True, slots=True)
class Discard:
    """A set loses an element."""

    id: int
    value: Value


@dataclass(frozen=True, slots=True)
class Refill:
    """A container's whole contents anew, where no element delta says it shorter (a sort, a reordered dict)."""

    id: int
    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Probe:
    """A sub-expression of the statement that runs was evaluated, in the frame that was running, to this value."""

    span: Span
    value: Value


@dataclass(frozen=True, slots=True)
class Inner:
    """Something in a comprehension or a lambda was evaluated or bound, while the frame that was running ran.

    It stands in the event of the statement that ran then, wherever its text stands: a generator expression is told
    where it is consumed, a lambda where it is called. In a comprehension is all of it but the first iterable, which is
    evaluated around it. What comes before what, is what was evaluated before what.

    What stands at `span` in the source says what happened:

    * a target of a `for` clause: a round begins, in which the name holds the value. Each name of the targets has a
      record, from left to right.
    * a parameter of a lambda: a call begins, with the value. Each parameter has a record: those that may be positional,
      those that are keywords alone, `*args`, `**kwargs`.
    * any other expression: it came to the value.

    No record has a name that is read and was told so: a target of the comprehension that it is read in, or a parameter
    of the lambda, or of one around those with no lambda and no generator expression in between, which may run later.
    It has the value that was told last in the round or call. A parameter that a walrus binds anew is told as it is
    read. Nothing is told of constants, displays and the names of functions that are called, as with `Probe`, and
    nothing of asynchronous comprehensions. Where a round or a call ends, follows from the source.
    """

    span: Span
    value: Value


@dataclass(frozen=True, slots=True)
class Cut:
    """From here up to the event so many evaluations in comprehensions and lambdas are not told.

    They would have been one too many (`tracer.inner_budget`). A round's or a call's beginning counts as one.
    """

    count: int


@dataclass(frozen=True, slots=True)
class Printed:
    """Bytes that arrived on stdout."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Read:
    """Characters of stdin that the program took."""

    count: int


Change = (
    New | Bind | Unbind | SetItem | DelItem | Splice | Add | Discard | Refill | Probe | Inner | Cut | Printed | Read
)
EVALUATED = frozenset({Probe, Inner, Cut})
"""The changes that change nothing: they say what was evaluated."""
EventKind = Literal["call", "resume", "line", "return", "yield", "unwind", "exception"]


@dataclass(frozen=True, slots=True)
class Event:
    """One moment of the execution, with the changes since the event before.

    Attributes:
        span: of `line`: the statement about to run; of `call`: the `def`; of `exception`: the
            statement that raised; else None.
        name: of `call`: the function's qualified name without `<locals>`; of `exception`: the type's name.
        parent: of `call`: the frame that waits for this one.
        args: of `call`: the names bound at entry, in order.
        value: of `return` and `yield`: the value; of `exception`: the message as a str, or None.
    """

    kind: EventKind
    frame: int
    changes: tuple[Change, ...]
    span: Span | None = None
    name: str = ""
    parent: int = 0
    args: tuple[tuple[str, Value], ...] = ()
    value: Value = None


@dataclass(frozen=True)
class Trace:
    """A decoded log.

    Attributes:
        header: `version`, `python`, `kind`, `probe`, `max_events`, `max_trace_bytes`.
        mark: `end`, or the limit that cut the trace: `events`, `bytes`.
        tail: changes after the last event (empty in a complete trace).
    """

    header: dict[str, Any]
    events: tuple[Event, ...]
    mark: str
    tail: tuple[Change, ...] = field(default=())
