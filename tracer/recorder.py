"""The recorder: a `sys.settrace` function that turns an execution into the log of `tracer.wire`.

After each statement it records what changed: names by identity, objects by looking again at those
that the statement's probes have seen. A full look every so often, and at the end, counts what that
would have missed; a trace with a miss is not exact and is thrown away by whoever judges it.
"""

import inspect
import os
import sys
import threading
import types
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tracer import wire
from tracer.effects import ALWAYS, ON_READ
from tracer.frames import argument_count, exception_text, pauses, unwinds
from tracer.heap import Heap
from tracer.instrument import TOUCH_READ, Instrumented, Item, Statement
from tracer.writer import ByteLimit, Writer, varint

MAX_PROBES = 100_000
"""Probes between two events; beyond it the oldest are dropped, so that a hook gone silent costs no memory."""
LOOK_EVERY = 1024
"""Events between two full looks."""

_EXPRESSION_FRAMES = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>", "<lambda>"})
_MISSING = object()
_super_self = super.__dict__["__self__"].__get__
_PLAIN = frozenset({list, dict, tuple, str, deque, bytes, bytearray})
"""Containers that reading an element never changes."""

Hook = Callable[[types.FrameType, str, Any], Any]


class EventLimit(Exception):
    """The trace has as many events as it may have."""


@dataclass(slots=True)
class _Activation:
    """A traced frame and what its names held when last looked at.

    `touched` are the objects that the running statement has had in hand, `values` those of the
    probes that it assigns through: a call within it may come between their evaluation and their change.
    """

    number: int
    frame: types.FrameType
    names: dict[str, Any] = field(default_factory=dict)
    statement: Statement | None = None
    raised: bool = False
    touched: dict[int, Any] = field(default_factory=dict)
    values: dict[int, Any] = field(default_factory=dict)


class Recorder:
    """Records one execution.

    Attributes:
        probes: the buffer that an instrumented program appends to.
    """

    def __init__(
        self,
        program: Instrumented,
        filename: str,
        names: dict[str, Any],
        header: dict[str, Any],
        *,
        max_events: int,
        max_bytes: int,
        stop: Callable[[str], None],
        read_count: Callable[[], int],
    ) -> None:
        """`stop` is called with the reason when a limit is reached, and need not return."""
        self.probes: deque[tuple[int, Any]] = deque(maxlen=MAX_PROBES)
        self._writer = Writer(header, max_bytes)
        self._heap = Heap(self._writer, names["__name__"])
        self._filename = filename
        self._statements = program.statements
        self._spans = program.spans
        self._watch = program.watch
        self._globals = names
        self._stored = tuple(sorted(program.stored))
        self._shared = tuple(sorted(program.shared))
        self._max_events = max_events
        self._stop = stop
        self._read_count = read_count
        self._read_seen = 0
        self._stdout = sys.stdout
        self._printed_to = 0
        self._activations: dict[int, _Activation] = {}
        self._next_number = 1
        self._module = _Activation(0, sys._getframe())
        self._module_code: types.CodeType | None = None
        self._silent_return: types.CodeType | None = None
        self._mark = ""

    # The hook.

    def install(self) -> None:
        """Begins to record, in this thread and in those that the program starts."""
        threading.settrace(self.on_call)
        sys.settrace(self.on_call)

    def remove(self) -> bool:
        """Stops recording; says whether the recorder was still in place."""
        installed = sys.gettrace() == self.on_call
        sys.settrace(None)
        threading.settrace(None)
        return installed

    def enter_module(self, code: types.CodeType, *, final: bool) -> None:
        """Names the code object that runs as the module next; only the `final` one's return is an event."""
        self._module_code = code
        self._silent_return = None if final else code

    def on_call(self, frame: types.FrameType, event: str, arg: Any) -> Hook | None:
        """The global trace function: decides whether a new frame is the program's."""
        code = frame.f_code
        if code.co_filename != self._filename or code.co_name in _EXPRESSION_FRAMES or self._mark:
            return None
        if code is self._module_code:
            self._module.frame = frame
            self._activations[id(frame)] = self._module
            return self.on_event
        if not code.co_flags & inspect.CO_OPTIMIZED:
            return None
        self._guarded(self._call, frame, arg)
        return self.on_event

    def on_event(self, frame: types.FrameType, event: str, arg: Any) -> Hook | None:
        """The local trace function of the program's frames."""
        if self._mark:
            return None
        activation = self._activations.get(id(frame))
        if activation is None:
            return None
        if event == "line":
            statement = self._statements.get(frame.f_lineno)
            # A jump inside a statement's own code fires again; between two runs of one stands another.
            if statement is not None and statement is not activation.statement:
                self._guarded(self._line, activation, statement)
        elif event == "return":
            self._guarded(self._return, activation, arg)
        elif event == "exception":
            self._guarded(self._exception, activation, arg)
        return self.on_event

    def _guarded(self, record: Callable[[Any, Any], None], activation: Any, arg: Any) -> None:
        try:
            if self._writer.events >= self._max_events:
                raise EventLimit
            record(activation, arg)
            self._writer.commit()
        except ByteLimit:
            self._cut("bytes")
        except EventLimit:
            self._cut("events")

    def _cut(self, mark: str) -> None:
        self._mark = mark
        self._stop(mark)

    # Events.

    def _call(self, frame: types.FrameType, _: Any) -> None:
        parent = self._parent(frame)
        self._changes(parent, None)
        activation = self._activations.get(id(frame))
        if activation is not None:
            self._write(wire.RESUME, activation.number, varint(parent.number))
            return
        code = frame.f_code
        activation = _Activation(self._next_number, frame)
        self._next_number += 1
        self._activations[id(frame)] = activation
        names = dict(frame.f_locals)
        arguments = [name for name in code.co_varnames[: argument_count(code)] if name in names]
        activation.names = {name: names[name] for name in arguments}
        writer, value = self._writer, self._heap.value
        name = code.co_qualname.rsplit("<locals>.", 1)[-1]
        definition = self._statements.get(code.co_firstlineno)
        span = definition.span if definition else (code.co_firstlineno, 0, code.co_firstlineno, 0)
        body = varint(parent.number) + writer.name(name) + writer.span(span) + varint(len(arguments))
        for argument in arguments:
            body += writer.name(argument) + value(names[argument])
        self._write(wire.CALL, activation.number, body)

    def _line(self, activation: _Activation, statement: Statement) -> None:
        self._changes(activation, activation.frame)
        activation.statement = statement
        activation.raised = False
        activation.touched.clear()
        activation.values.clear()
        self._write(wire.LINE, activation.number, self._writer.span(statement.span))

    def _return(self, activation: _Activation, arg: Any) -> None:
        frame = activation.frame
        left = arg is None and unwinds(frame, activation.raised)
        if activation is self._module and frame.f_code is self._silent_return and not left:
            del self._activations[id(frame)]
            return
        self._changes(activation, frame)
        if left:
            self._write(wire.UNWIND, activation.number, b"")
        else:
            waits = pauses(frame)
            self._write(wire.YIELD if waits else wire.RETURN, activation.number, self._heap.value(arg))
            if waits:
                return
        if activation is not self._module:
            del self._activations[id(frame)]

    def _exception(self, activation: _Activation, arg: Any) -> None:
        kind, error, _ = arg
        statement = activation.statement
        if statement is None or (statement.ends_iteration and kind is StopIteration):
            return
        activation.raised = True
        self._changes(activation, activation.frame)
        writer = self._writer
        name = type.__dict__["__name__"].__get__(kind)
        body = writer.span(statement.span) + writer.name(name) + self._heap.value(exception_text(kind, error))
        self._write(wire.EXCEPTION, activation.number, body)

    def _write(self, opcode: int, number: int, body: bytes) -> None:
        self._heap.flush()
        self._writer.event(opcode, number, body)

    def _parent(self, frame: types.FrameType) -> _Activation:
        """The nearest frame of the program that waits for this one; the module if there is none."""
        outer = frame.f_back
        while outer is not None:
            activation = self._activations.get(id(outer))
            if activation is not None and activation.frame is outer:
                return activation
            outer = outer.f_back
        return self._module

    # Changes.

    def _changes(self, activation: _Activation, frame: types.FrameType | None) -> None:
        """Records what changed since the last event, as seen from the frame that was running."""
        self._io()
        self._drain(activation)
        if frame is not None and activation is not self._module:
            self._local_names(activation, frame)
            if self._shared:
                self._global_names(self._shared)
        elif frame is not None:
            self._global_names(self._stored)
        if self._writer.events % LOOK_EVERY == LOOK_EVERY - 1:
            self._heap.look_everywhere()

    def _io(self) -> None:
        try:
            self._stdout.flush()
            end = os.lseek(1, 0, os.SEEK_CUR)
        except (OSError, ValueError):
            return
        if end > self._printed_to:
            data = os.pread(1, end - self._printed_to, self._printed_to)
            self._printed_to = end
            self._writer.room(len(data))
            self._writer.out += bytes([wire.PRINTED]) + varint(len(data)) + data
        read = self._read_count()
        if read > self._read_seen:
            self._writer.out += bytes([wire.READ]) + varint(read - self._read_seen)
            self._read_seen = read

    def _drain(self, activation: _Activation) -> None:
        probes, heap, writer, spans, watch = self.probes, self._heap, self._writer, self._spans, self._watch
        statement = activation.statement
        seen = activation.touched
        values = activation.values
        keeps = statement is not None and bool(statement.items or statement.augmented_item)
        for number, value in probes:
            if number > TOUCH_READ:
                encoded = heap.value(value)
                writer.out += bytes([wire.PROBE]) + writer.span(spans[number]) + encoded
                if keeps:
                    values[number] = value
            kind = type(value)
            if kind is types.BuiltinFunctionType or kind is types.MethodWrapperType:
                seen[id(value.__self__)] = value.__self__
            elif kind is super:
                owner = _super_self(value)
                seen[id(owner)] = owner
            elif watch[number] == ALWAYS or (watch[number] == ON_READ and kind not in _PLAIN):
                seen[id(value)] = value
        probes.clear()
        if statement is None:
            return
        if statement.augmented is not None:
            value = activation.frame.f_locals.get(statement.augmented, _MISSING)
            value = self._globals.get(statement.augmented) if value is _MISSING else value
            seen[id(value)] = value
        for item in statement.items:
            self._look_at_item(item, values, seen)
        if statement.augmented_item is not None and statement.augmented_item[0] in values:
            container, key = statement.augmented_item
            value = heap.item(values[container], key[0] if isinstance(key, tuple) else values.get(key))
            seen[id(value)] = value
        for value in seen.values():
            heap.look(value, statement.front)

    def _look_at_item(self, item: Item, values: dict[int, Any], seen: dict[int, Any]) -> None:
        """Looks at the one element that an assignment has set, or at all where that is not enough."""
        container, key = item
        if container not in values:
            return
        target = values[container]
        key_value = key[0] if isinstance(key, tuple) else values.get(key, _MISSING)
        if not self._heap.look_at_item(target, key_value):
            seen[id(target)] = target

    def _local_names(self, activation: _Activation, frame: types.FrameType) -> None:
        known, current = activation.names, frame.f_locals
        get = known.get
        for name, value in current.items():
            if get(name, _MISSING) is not value and name[0] != "." and name != "__class__":
                known[name] = value
                self._bind(activation.number, name, value)
                if name in frame.f_code.co_freevars:
                    self._outer_names(frame, name, value)
        if len(known) > len(current):
            for name in [name for name in known if name not in current]:
                del known[name]
                self._writer.out += bytes([wire.UNBIND]) + varint(activation.number) + self._writer.name(name)

    def _outer_names(self, frame: types.FrameType, name: str, value: Any) -> None:
        """A nonlocal name changes in every waiting frame that shares its cell."""
        outer = frame.f_back
        while outer is not None:
            activation = self._activations.get(id(outer))
            code = outer.f_code
            if activation is not None and (name in code.co_cellvars or name in code.co_freevars):
                known = activation.names.get(name, _MISSING)
                if known is not value and outer.f_locals.get(name, _MISSING) is value:
                    activation.names[name] = value
                    self._bind(activation.number, name, value)
            outer = outer.f_back

    def _global_names(self, watched: tuple[str, ...]) -> None:
        known, current = self._module.names, self._globals
        for name in watched:
            value = current.get(name, _MISSING)
            if known.get(name, _MISSING) is value:
                continue
            if value is _MISSING:
                del known[name]
                self._writer.out += bytes([wire.UNBIND, 0]) + self._writer.name(name)
            else:
                known[name] = value
                self._bind(0, name, value)

    def _bind(self, number: int, name: str, value: Any) -> None:
        encoded = self._heap.value(value)
        self._writer.out += bytes([wire.BIND]) + varint(number) + self._writer.name(name) + encoded

    # The end.

    def skip_changes(self) -> None:
        """Takes the state as it is now for granted: untraced code has run."""
        missed = self._heap.missed
        self._heap.look_everywhere()
        self._heap.missed = missed
        self.probes.clear()

    def finish(self) -> tuple[bytes, dict[str, Any]]:
        """The log, and what the runner reports of it."""
        if not self._mark:
            try:
                self._io()
                self._heap.look_everywhere()
                self._heap.flush()
                self._writer.room(wire.END_BYTES)
            except ByteLimit:
                self._mark = "bytes"
        mark = self._mark or "end"
        log = self._writer.finish(mark)
        return log, {"mark": mark, "missed": self._heap.missed, "events": self._writer.events}
