"""The recorder: a `sys.settrace` function that turns an execution into the log of `tracer.wire`.

The notes and probes of the instrumented program say after each statement what that has bound and which
objects it may have changed, and how; the recorder looks there and nowhere else. A full look every so
often, and at the end, counts what that would have missed; a trace with a miss is not exact and is
thrown away by whoever judges it.
"""

import inspect
import os
import sys
import threading
import types
from collections import deque
from collections.abc import Callable
from sys import gettrace
from typing import Any

from tracer import opcodes as op
from tracer import statements as note
from tracer.activation import Activation, Line, Plan
from tracer.effects import ANY, CALLED, HEAP_GREW, NOTHING, UNPACKED, change_of_bound
from tracer.forms import APPEND, BUFFER, GATE, NEXT
from tracer.frames import exception_text, pauses, stores, unwinds
from tracer.heap import Heap
from tracer.held import UNTOLD, Holder
from tracer.identity import identity
from tracer.inner_budget import InnerBudget
from tracer.nameable import type_name
from tracer.readings import make_readings
from tracer.statements import Instrumented
from tracer.threads import wait_until_others_wait
from tracer.wire import END_BYTES
from tracer.writer import ByteLimit, Writer, varint

MAX_PROBES = 100_000
"""Probes between two events; beyond it the oldest are dropped, so that a hook gone silent costs no memory."""
LOOK_EVERY = 1024
"""Events between two full looks, or as many as there are elements to look at if those are more."""

_RETURN, _YIELD = bytes([op.RETURN]), bytes([op.YIELD])
_MISSING = object()
_super_self = super.__dict__["__self__"].__get__
_ATOMS = frozenset(
    map(identity, (int, str, float, bool, bytes, type(None), complex, tuple, type, types.FunctionType, type(os)))
)
"""The ids of types that are never looked at again; looking a type itself up would ask its metaclass."""

Hook = Callable[[types.FrameType, str, Any], Any]


class Probes(deque[tuple[Any, ...]]):
    """The buffer of an instrumented program, of a type of its own by which it is known for ours."""

    __slots__ = ()


class EventLimit(Exception):
    """The trace has as many events as it may have."""


class Recorder:
    """Records one execution.

    Attributes:
        probes: the buffer that an instrumented program appends to.
        inner: what may still be told of comprehensions and lambdas.
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
        audit: bool = False,
    ) -> None:
        """`stop` is called with the reason when a limit is reached.

        `audit` takes a full look after every event.
        """
        self.probes = Probes(maxlen=MAX_PROBES)
        self.writer = Writer(header, max_bytes)
        self._out = self.writer.out
        self.heap = Heap(self.writer, names["__name__"])
        self.holder = Holder(names["__name__"])
        self.inner = InnerBudget(self.probes, max_bytes)
        self._filename = filename
        self._lines = {line: Line(statement) for line, statement in program.statements.items()}
        self.last_probe = 0
        self._plans: dict[int, Plan] = {}
        self._functions: dict[tuple[int, tuple[str, ...]], bytes] = {}
        self._globals = names
        self._stored = tuple(sorted(program.names.stored))
        self._given: frozenset[str] = frozenset()
        self._wild = program.names.wild
        self._slow = set(program.statements) | {0} if self._wild else program.slow
        self._audit = audit
        self._max_events = max_events
        self._next_look = 0 if audit else LOOK_EVERY
        self._next_stop = min(self._next_look, max_events)
        self._stop = stop
        self._read_count = read_count
        self._read_seen = 0
        self._stdout = sys.stdout
        self._printed_to = 0
        self._volatile: dict[int, Any] = {}
        self._activations: dict[int, Activation] = {}
        self._current = 0
        self._opened = 0
        here = sys._getframe()
        self.module = Activation(0, here, Plan(here.f_code, filename, self._slow), 0)
        self.module.slow = 0 in self._slow
        self.module.fresh = self.module.special = True
        self._module_code: types.CodeType | None = None
        self._silent_return: types.CodeType | None = None
        self._mark = ""
        self._lost = False
        self._readings = make_readings(self, program.probes)
        self._hook = self._make_hook()

    def builtins(self) -> dict[str, Any]:
        """What the instrumented program finds among its builtins."""
        return {APPEND: self.probes.append, BUFFER: self.probes, GATE: self.inner.gate, NEXT: next}

    # The hook.

    def install(self) -> None:
        """Begins to record, in this thread and in those that the program starts."""
        self._given = frozenset(self._globals)
        threading.settrace(self._begin_thread)
        sys.settrace(self.on_call)

    def _begin_thread(self, frame: types.FrameType, event: str, arg: Any) -> Hook | None:
        """The trace function of a new thread, for its first frame alone."""
        wait_until_others_wait()
        sys.settrace(self.on_call)
        return self.on_call(frame, event, arg)

    def resume(self) -> None:
        """Records on in this thread, where it had been stopped."""
        sys.settrace(self.on_call)

    def remove(self) -> bool:
        """Stops recording; says whether the recorder was in place all along."""
        installed = gettrace() == self.on_call and not self._lost
        sys.settrace(None)
        threading.settrace(None)
        return installed

    def enter_module(self, code: types.CodeType, *, final: bool) -> None:
        """Names the code object that runs as the module next; only the `final` one's return is an event."""
        self._module_code = code
        self._silent_return = None if final else code

    def on_call(self, frame: types.FrameType, event: str, arg: Any) -> Hook | None:
        """The global trace function: decides whether a new frame is the program's."""
        try:
            code = frame.f_code
            plan = self._plans.get(identity(code))
            if plan is None:
                plan = self._plans[identity(code)] = Plan(code, self._filename, self._slow)
            if not plan.traced or self._mark:
                if code is not self._module_code:
                    return None
                self.module.frame, self.module.plan = frame, plan
                self._activations[identity(frame)] = self.module
            else:
                self._guarded(self._call, frame, plan)
        except RecursionError:
            # The interpreter lets go of a trace function that raises, but where its own audit event fails there too.
            self._lost = True
            raise
        return self._hook

    def _make_hook(self) -> Hook:
        """The local trace function of the program's frames."""
        find, activations, activation, readings = self._lines.get, self._activations, self.module, self._readings
        probes, take, pending, inner = self.probes, self.probes.popleft, self.heap.pending, self.inner
        writer, heap, out, room = self.writer, self.heap, self._out, self.writer.max_bytes - END_BYTES

        def on_event(frame: types.FrameType, event: str, arg: Any) -> Hook | None:
            nonlocal activation, out
            try:
                if activation.frame is not frame:
                    found = activations.get(identity(frame))
                    if found is None:
                        return None
                    activation = found
                if event != "line":
                    left, handle = activation, self._return if event == "return" else self._exception
                    # Whoever holds on to a frame that is done keeps what it holds alive.
                    activation = self.module
                    self._guarded(handle, left, arg)
                    return on_event
                line = find(frame.f_lineno)
                before = activation.line
                # A jump inside a statement's own code fires again; between two runs of one stands another.
                if line is None or line is before:
                    return on_event
                if activation.special or not line.event or writer.events >= self._next_stop:
                    self._guarded(self._line, activation, line)
                    return on_event
                # The same as `_line` for a statement that has no need of more.
                if self._current != activation.number:
                    self._go(activation.number)
                if before is not None and before.io:
                    self._io(before)
                while probes:
                    item = take()
                    readings[item[0]](activation, item)
                if inner.told:
                    self._close_inner()
                if activation.touched or activation.values:
                    self._look_at_touched(activation)
                    activation.touched.clear()
                    activation.values.clear()
                if pending:
                    heap.flush()
                out += line.event
                size = len(out)
                if size > room:
                    raise ByteLimit
            except ByteLimit:
                self._cut("bytes")
                return None
            except RecursionError:
                self._lost = True
                raise
            writer.committed = size
            writer.events += 1
            self.last_probe = line.follows
            activation.line = line
            activation.raised = False
            return on_event

        return on_event

    def _guarded(self, record: Callable[[Any, Any], bool], activation: Any, arg: Any) -> None:
        try:
            if self.writer.events >= self._next_stop:
                if self.writer.events >= self._max_events:
                    raise EventLimit
                if self.writer.events >= self._next_look:
                    self._take_full_look(activation)
            if record(activation, arg):
                self.writer.commit()
        except ByteLimit:
            self._cut("bytes")
        except EventLimit:
            self._cut("events")

    def _cut(self, mark: str) -> None:
        self._mark = mark
        self._stop(mark)

    # Events.

    def _call(self, frame: types.FrameType, plan: Plan) -> bool:
        parent = self._parent(frame)
        self._changes(parent)
        line = parent.line
        if line is not None and line.statement.augments and frame.f_back is parent.frame and stores(parent.frame):
            self._look_at_stored(frame, plan)
        activation = self._activations.get(identity(frame))
        if activation is not None:
            activation.parent = parent.number
            activation.fresh = plan.has_cells
            activation.special = activation.fresh or activation.slow
            self._write(bytes([op.RESUME]) + varint(activation.number))
            self._current = activation.number
            return True
        self._opened += 1
        activation = Activation(self._opened, frame, plan, parent.number)
        activation.fresh = plan.has_free_names
        activation.special = activation.fresh or activation.slow
        self._activations[identity(frame)] = activation
        value_of, given, known = self.heap.value, frame.f_locals, activation.names
        values = b""
        for name in plan.arguments:
            if name in given:
                value = known[name] = given[name]
                values += value_of(value)
        arguments = tuple(known)
        if plan.record and arguments == plan.arguments:
            record = plan.record
        else:
            record = bytes([op.CALL]) + self._function(plan, arguments)
            if arguments == plan.arguments:
                plan.record = record
        self._write(record + values)
        self._current = activation.number
        return True

    def _function(self, plan: Plan, arguments: tuple[str, ...]) -> bytes:
        """The index of a function, defined on first use."""
        key = identity(plan), arguments
        index = self._functions.get(key)
        if index is None:
            writer = self.writer
            name = writer.name(plan.name)
            definition = self._lines.get(plan.line)
            span = definition.statement.span if definition else (plan.line, 0, plan.line, 0)
            body = name + writer.statement(span) + varint(len(arguments)) + b"".join(map(writer.name, arguments))
            index = self._functions[key] = varint(len(self._functions))
            self._out += bytes([op.FUNCTION]) + body
        return index

    def _line(self, activation: Activation, line: Line) -> bool:
        self._changes(activation)
        if activation.special:
            activation.fresh, activation.special = False, activation.slow
            self._look_at_names(activation)
        if not line.event:
            number, line.event = self.writer.line(line.statement.span)
            line.follows = -1 - number
        activation.line = line
        activation.raised = False
        activation.touched.clear()
        activation.values.clear()
        self._write(line.event)
        self.last_probe = line.follows
        return True

    def _return(self, activation: Activation, arg: Any) -> bool:
        frame, plan = activation.frame, activation.plan
        left = arg is None and (activation.raised or plan.has_handlers) and unwinds(frame, activation.raised)
        if activation is self.module:
            self._io(None)
            if plan.code is self._silent_return and not left:
                del self._activations[identity(frame)]
                return False
        self._changes(activation)
        if activation.special or left:
            self._look_at_names(activation)
        waits = not left and plan.pauses and pauses(frame)
        if left:
            self._write(bytes([op.UNWIND]))
        else:
            encoded = self.heap.value(arg)
            self._write((_YIELD if waits else _RETURN) + encoded)
        self._current = activation.parent
        if not waits and activation is not self.module:
            del self._activations[identity(frame)]
        return True

    def _exception(self, activation: Activation, arg: Any) -> bool:
        kind, error, _ = arg
        line = activation.line
        activation.raised = True
        if line is None or (line.statement.ends_iteration and kind is StopIteration):
            return False
        self._changes(activation)
        if line.statement.acts or activation.slow:
            self._look_at_names(activation)
            self.heap.look_everywhere()
        writer = self.writer
        body = writer.statement(line.statement.span) + writer.name(type_name(kind))
        return self._write(bytes([op.EXCEPTION]) + body + self.heap.value(exception_text(kind, error)))

    def _write(self, record: bytes) -> bool:
        self.heap.flush()
        self._out += record
        return True

    def _go(self, number: int) -> None:
        self._current = number
        self._out += bytes([op.FRAME]) + varint(number)

    def _parent(self, frame: types.FrameType) -> Activation:
        """The nearest frame of the program that waits for this one; the module if there is none."""
        outer = frame.f_back
        find = self._activations.get
        while outer is not None:
            activation = find(identity(outer))
            if activation is not None and activation.frame is outer:
                return activation
            outer = outer.f_back
        return self.module

    # Changes.

    def _changes(self, activation: Activation) -> None:
        """Records what changed since the last event, as seen from the frame that was running."""
        if self._current != activation.number:
            self._go(activation.number)
        line = activation.line
        if line is not None and (line.io or self._wild):
            self._io(None if self._wild else line)
        self._drain(activation)
        if activation.touched:
            self._look_at_touched(activation)
        for value in self._volatile.values():
            self.heap.look(value)
        if self._wild:
            self.heap.look_everywhere()

    def _take_full_look(self, activation: Any) -> None:
        """Counts what nothing has told of."""
        if isinstance(activation, Activation):
            self._changes(activation)
            missed = self._look_at_names(activation) if self._audit and not activation.fresh else 0
            if activation.slow:
                missed = 0
        else:
            self._changes(self._parent(activation))
            missed = 0
        self.heap.missed += self.heap.look_everywhere() + missed
        wait = 1 if self._audit else max(LOOK_EVERY, self.heap.size())
        self._next_look = self.writer.events + wait
        self._next_stop = 0 if self._volatile else min(self._next_look, self._max_events)

    def _io(self, line: Line | None) -> None:
        """Records what a statement has read and printed; None: whatever it was."""
        read = self._read_count()
        if read > self._read_seen:
            self._out += bytes([op.READ]) + varint(read - self._read_seen)
            self._read_seen = read
        if line is not None and not line.statement.prints:
            return
        try:
            self._stdout.flush()
            end = os.lseek(1, 0, os.SEEK_CUR)
        except (OSError, ValueError):
            return
        if end > self._printed_to:
            data = os.pread(1, end - self._printed_to, self._printed_to)
            self._printed_to = end
            self.writer.room(len(data))
            self._out += bytes([op.PRINTED]) + varint(len(data)) + data

    def _drain(self, activation: Activation) -> None:
        """Records what the probes and notes since the last event tell."""
        probes, readings = self.probes, self._readings
        while probes:
            item = probes.popleft()
            readings[item[0]](activation, item)
        if self.inner.told:
            self._close_inner()

    def _close_inner(self) -> None:
        cut = self.inner.close_event()
        if cut:
            self._out += bytes([op.CUT]) + varint(cut)

    # Objects that a statement may be changing.

    def touch(self, activation: Activation, value: Any, change: int) -> None:
        """Notes that the statement may be changing an object; it is looked at until the statement is done."""
        kind = type(value)
        if change == UNPACKED:
            for held in value.values() if kind is dict else value if kind in (list, tuple) else ():
                self.touch(activation, held, ANY)
            return
        if identity(kind) in _ATOMS:
            return
        if kind is types.BuiltinFunctionType or kind is types.MethodWrapperType:
            owner = value.__self__
            if change == CALLED:
                value, change = owner, change_of_bound(value.__name__)
            else:
                self._volatile[identity(owner)] = owner
                self._next_stop = 0
                value, change = owner, ANY
        elif change == CALLED:
            return
        elif kind is super:
            value = _super_self(value)
        if change == NOTHING:
            return
        known = activation.touched.get(identity(value))
        if known is not None and (known[1] != change or change >= HEAP_GREW):
            change = ANY
        activation.touched[identity(value)] = value, change

    def touch_held(self, activation: Activation, value: Any, change: int) -> None:
        """Notes the same of what an augmented assignment has stored; of everything where that is untold."""
        if value is UNTOLD:
            self.heap.look_everywhere()
        else:
            self.touch(activation, value, change)

    def _look_at_stored(self, frame: types.FrameType, plan: Plan) -> None:
        """A setter is called with what the augmented assignment has changed in place."""
        if plan.code.co_flags & inspect.CO_VARARGS:
            self.heap.look_everywhere()
            return
        given = frame.f_locals
        for name in plan.arguments:
            if name in given:
                self.heap.look(given[name])

    def _look_at_touched(self, activation: Activation) -> None:
        look, touched = self.heap.look, activation.touched
        for key, (value, change) in touched.items():
            look(value, change)
            if change >= HEAP_GREW:
                # What the same call does after this is only a part of it.
                touched[key] = value, ANY

    # Names.

    def bind(self, activation: Activation, kind: int, name: str, value: Any) -> None:
        """Records that a name has been bound."""
        if kind == note.BIND_GLOBAL and activation is not self.module:
            self._bind_elsewhere(self.module, name, value)
            return
        names = activation.names
        if names.get(name, _MISSING) is not value:
            names[name] = value
            encoded = self.heap.value(value)
            record = self.writer.bind_here(name)
            self._out += record + encoded
        if kind == note.BIND_OUTER:
            self._bind_outside(activation.frame, name, value)

    def _bind_elsewhere(self, activation: Activation, name: str, value: Any) -> None:
        if activation.names.get(name, _MISSING) is not value:
            activation.names[name] = value
            encoded = self.heap.value(value)
            body = varint(activation.number) + self.writer.name(name)
            self._out += bytes([op.BIND]) + body + encoded

    def _bind_outside(self, frame: types.FrameType, name: str, value: Any) -> None:
        """A nonlocal name changes in every waiting frame that shares its cell."""
        outer = frame.f_back
        while outer is not None:
            activation = self._activations.get(identity(outer))
            code = outer.f_code
            shares = name in code.co_cellvars or name in code.co_freevars
            if activation is not None and shares and outer.f_locals.get(name, _MISSING) is value:
                self._bind_elsewhere(activation, name, value)
            outer = outer.f_back

    def unbind(self, activation: Activation, name: str) -> None:
        if name in activation.names:
            del activation.names[name]
            self._out += bytes([op.UNBIND]) + varint(activation.number) + self.writer.name(name)

    def _look_at_names(self, activation: Activation) -> int:
        """Compares all names that a frame and the module see; gives how many had changed unseen."""
        found = 0
        if activation is not self.module:
            current = activation.frame.f_locals
            names = activation.names
            for name, value in current.items():
                if names.get(name, _MISSING) is not value and name[0] != "." and name != "__class__":
                    outer = name in activation.plan.code.co_freevars
                    self.bind(activation, note.BIND_OUTER if outer else note.BIND, name, value)
                    found += 1
            for name in [name for name in names if name not in current]:
                self.unbind(activation, name)
                found += 1
        return found + self._look_at_globals()

    def _look_at_globals(self) -> int:
        found = 0
        known, current = self.module.names, self._globals
        watched = self._stored
        if self._wild:
            watched = tuple(sorted({*watched, *(name for name in current if name not in self._given)}))
        for name in watched:
            value = current.get(name, _MISSING)
            if known.get(name, _MISSING) is value:
                continue
            found += 1
            if value is _MISSING:
                self.unbind(self.module, name)
            else:
                self._bind_elsewhere(self.module, name, value)
        return found

    # The end.

    def skip_changes(self) -> None:
        """Takes the state as it is now for granted: untraced code has run."""
        self.heap.look_everywhere()
        self._look_at_globals()
        self.probes.clear()
        self.inner.close_event()

    def finish(self) -> tuple[bytes, dict[str, Any]]:
        """The log, and what the runner reports of it."""
        if not self._mark:
            try:
                self._io(None)
                self.heap.missed += self.heap.look_everywhere()
                self.heap.flush()
                self.writer.room(END_BYTES)
            except ByteLimit:
                self._mark = "bytes"
        mark = self._mark or "end"
        log = self.writer.finish(mark)
        return log, {"mark": mark, "missed": self.heap.missed, "events": self.writer.events}
