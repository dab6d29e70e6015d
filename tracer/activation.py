"""The program's statements, functions and frames as the recorder knows them."""

import inspect
import types
from typing import Any

from tracer.frames import argument_count
from tracer.statements import Statement

_EXPRESSION_FRAMES = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>", "<lambda>"})


class Line:
    """A statement with its LINE event, made when it first runs.

    Attributes:
        event: the record; empty before the statement has run.
        follows: what the first probe behind it follows.
        io: it may print, or at least read.
    """

    __slots__ = ("event", "follows", "io", "statement")

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.io = statement.prints or statement.reads
        self.follows = 0
        self.event = b""


class Plan:
    """What is worked out once for a code object.

    Attributes:
        traced: it is a function of the program.
        record: the CALL record with all its arguments, up to their values; empty before the first.
        has_cells: it shares names with other functions; `has_free_names`: with those around it.
        has_handlers: an exception may pass through it by way of its own code.
    """

    __slots__ = (
        "arguments",
        "code",
        "has_cells",
        "has_free_names",
        "has_handlers",
        "line",
        "name",
        "pauses",
        "record",
        "slow",
        "traced",
    )

    def __init__(self, code: types.CodeType, filename: str, slow: set[int]) -> None:
        # Owned, so that its id never comes to mean another one.
        self.code = code
        named = code.co_filename == filename and code.co_name not in _EXPRESSION_FRAMES
        self.traced = named and bool(code.co_flags & inspect.CO_OPTIMIZED)
        self.name = code.co_qualname.rsplit("<locals>.", 1)[-1]
        self.line = code.co_firstlineno
        self.arguments = code.co_varnames[: argument_count(code)]
        self.pauses = bool(code.co_flags & inspect.CO_GENERATOR)
        self.has_free_names = bool(code.co_freevars)
        self.has_cells = bool(code.co_freevars or code.co_cellvars)
        self.has_handlers = bool(code.co_exceptiontable)
        self.slow = self.line in slow
        self.record = b""


class Activation:
    """A traced frame and what its names hold by the log.

    Attributes:
        fresh: its cells have not been looked at since it was entered.
        slow: its names are looked at all the time.
        special: fresh or slow.
        touched: objects that the running statement may be changing, by id, and how: a call within it may
            come between their evaluation and their change.
        values: of the probes that the statement's note needs, by number.
    """

    __slots__ = (
        "frame",
        "fresh",
        "line",
        "names",
        "number",
        "parent",
        "plan",
        "raised",
        "slow",
        "special",
        "touched",
        "values",
    )

    def __init__(self, number: int, frame: types.FrameType, plan: Plan, parent: int) -> None:
        self.number = number
        self.frame = frame
        self.plan = plan
        self.parent = parent
        self.slow = plan.slow
        self.fresh = False
        self.special = self.slow
        self.names: dict[str, Any] = {}
        self.line: Line | None = None
        self.raised = False
        self.touched: dict[int, tuple[Any, int]] = {}
        self.values: dict[int, Any] = {}
