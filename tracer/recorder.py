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
from typing import Any

from tracer import opcodes as op
from tracer import statements as note
from tracer.effects import ANY, CALLED, KEYED, NOTHING, change_of_bound
from tracer.frames import argument_count, exception_text, pauses, unwinds
from tracer.heap import Heap
from tracer.statements import Action, Instrumented, Note, Probe, Statement
from tracer.wire import END_BYTES
from tracer.writer import ByteLimit, Writer, varint

MAX_PROBES = 100_000
"""Probes between two events; beyond it the oldest are dropped, so that a hook gone silent costs no memory."""
LOOK_EVERY = 1024
"""Events between two full looks, or a fourth of the elements to look at if those are more."""

_EXPRESSION_FRAMES = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>", "<lambda>"})
_MISSING = object()
_super_self = super.__dict__["__self__"].__get__
_ATOMS = frozenset({int, str, float, bool, bytes, type(None), complex, tuple, type, types.FunctionType, type(os)})
"""What is never looked at again."""

Hook = Callable[[types.FrameType, str, Any], Any]


class EventLimit(Exception):
    """The trace has as many events as it may have."""


class _Line:
    """A statement with its LINE event, made when it first runs."""

    __slots__ = ("event", "number", "reads", "prints", "statement")  # noqa: RUF023

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.prints = statement.prints
        self.reads = statement.reads
        self.number = -1
        self.event = b""


class _Activation:
    """A traced frame and what its names hold by the log.

    `touched` are the objects that the running statement may be changing and how, `values` those of the
    probes that its note needs: a call within it may come between their evaluation and their change.
    """

    __slots__ = ("frame", "fresh", "line", "names", "number", "parent", "raised", "slow", "touched", "values")

    def __init__(self, number: int, frame: types.FrameType, parent: int, slow: bool) -> None:
        self.number = number
        self.frame = frame
        self.parent = parent
        self.slow = slow
        self.fresh = False
        self.names: dict[str, Any] = {}
        self.line: _Line | None = None
        self.raised = False
        self.touched: dict[int, tuple[Any, int]] = {}
        self.values: dict[int, Any] = {}


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
        audit: bool = False,
    ) -> None:
        """`stop` is called with the reason when a limit is reached, and need not return.

        `audit` takes a full look after every event.
        """
        self.probes: deque[tuple[Any, ...]] = deque(maxlen=MAX_PROBES)
        self._writer = Writer(header, max_bytes)
        self._out = self._writer.out
        self._heap = Heap(self._writer, names["__name__"])
        self._filename = filename
        self._program = program
        self._lines = {line: _Line(statement) for line, statement in program.statements.items()}
        self._tells = program.probes
        self._probed: dict[int, int] = {}
        self._follower: dict[int, int] = {}
        self._last_probe = 0
        self._functions: dict[tuple[types.CodeType, tuple[str, ...]], bytes] = {}
        self._globals = names
        self._stored = tuple(sorted(program.names.stored))
        self._given = frozenset(names)
        self._wild = program.names.wild
        self._audit = audit
        self._max_events = max_events
        self._next_look = 0 if audit else min(LOOK_EVERY, max_events)
        self._stop = stop
        self._read_count = read_count
        self._read_seen = 0
        self._stdout = sys.stdout
        self._printed_to = 0
        self._volatile: dict[int, Any] = {}
        self._activations: dict[int, _Activation] = {}
        self._current = 0
        self._opened = 0
        self._module = _Activation(0, sys._getframe(), 0, 0 in program.slow)
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
            return self._hook(self._module)
        if not code.co_flags & inspect.CO_OPTIMIZED:
            return None
        self._guarded(self._call, frame, arg)
        activation = self._activations.get(id(frame))
        return None if activation is None else self._hook(activation)

    def _hook(self, activation: _Activation) -> Hook:
        """The local trace function of one frame."""
        find = self._lines.get
        probes, writer, out, heap = self.probes, self._writer, self._out, self._heap
        pending = heap.pending
        number, slow = activation.number, activation.slow or self._wild
        room = writer.max_bytes - END_BYTES
        touched, values = activation.touched, activation.values

        def on_event(frame: types.FrameType, event: str, arg: Any) -> Hook | None:
            if self._mark:
                return None
            if event != "line":
                if event == "return":
                    self._guarded(self._return, activation, arg)
                elif event == "exception":
                    self._guarded(self._exception, activation, arg)
                return on_event
            line = find(frame.f_lineno)
            before = activation.line
            # A jump inside a statement's own code fires again; between two runs of one stands another.
            if line is None or line is before:
                return on_event
            if slow or activation.fresh or writer.events >= self._next_look or line.number < 0:
                self._guarded(self._line, activation, line)
                return on_event
            # The same as `_line` without what a common statement has no need of.
            try:
                if self._current != number:
                    self._go(number)
                if before is not None:
                    if before.prints:
                        self._io()
                    elif before.reads:
                        self._reads()
                if probes:
                    self._drain(activation)
                if touched:
                    self._look_at_touched(activation)
                    touched.clear()
                if values:
                    values.clear()
                if pending:
                    heap.flush()
                out.extend(line.event)
                size = len(out)
                if size > room:
                    raise ByteLimit
            except ByteLimit:
                self._cut("bytes")
                return on_event
            writer.committed = size
            writer.events += 1
            self._last_probe = -1 - line.number
            activation.line = line
            activation.raised = False
            return on_event

        return on_event

    def _guarded(self, record: Callable[[Any, Any], bool], activation: Any, arg: Any) -> None:
        try:
            if self._writer.events >= self._next_look:
                if self._writer.events >= self._max_events:
                    raise EventLimit
                self._take_full_look(activation)
            if record(activation, arg):
                self._writer.commit()
        except ByteLimit:
            self._cut("bytes")
        except EventLimit:
            self._cut("events")

    def _cut(self, mark: str) -> None:
        self._mark = mark
        self._stop(mark)

    # Events.

    def _call(self, frame: types.FrameType, _: Any) -> bool:
        parent = self._parent(frame)
        self._changes(parent)
        activation = self._activations.get(id(frame))
        if activation is not None:
            activation.parent = parent.number
            activation.fresh = bool(frame.f_code.co_freevars or frame.f_code.co_cellvars)
            self._write(bytes([op.RESUME]) + varint(activation.number))
            self._current = activation.number
            return True
        code = frame.f_code
        names = dict(frame.f_locals)
        arguments = tuple([name for name in code.co_varnames[: argument_count(code)] if name in names])
        self._opened += 1
        slow = code.co_firstlineno in self._program.slow
        activation = _Activation(self._opened, frame, parent.number, slow)
        activation.fresh = bool(code.co_freevars)
        activation.names = {name: names[name] for name in arguments}
        self._activations[id(frame)] = activation
        body = self._function(code, arguments) + b"".join([self._heap.value(names[name]) for name in arguments])
        self._write(bytes([op.CALL]) + body)
        self._current = activation.number
        return True

    def _function(self, code: types.CodeType, arguments: tuple[str, ...]) -> bytes:
        """The index of a function, defined on first use."""
        index = self._functions.get((code, arguments))
        if index is None:
            writer = self._writer
            name = writer.name(code.co_qualname.rsplit("<locals>.", 1)[-1])
            definition = self._lines.get(code.co_firstlineno)
            span = definition.statement.span if definition else (code.co_firstlineno, 0, code.co_firstlineno, 0)
            body = name + writer.statement(span) + varint(len(arguments)) + b"".join(map(writer.name, arguments))
            index = self._functions[code, arguments] = varint(len(self._functions))
            self._out += bytes([op.FUNCTION]) + body
        return index

    def _line(self, activation: _Activation, line: _Line) -> bool:
        self._changes(activation)
        if activation.slow or activation.fresh or self._wild:
            activation.fresh = False
            self._look_at_names(activation)
        if line.number < 0:
            line.number, line.event = self._writer.line(line.statement.span)
        activation.line = line
        activation.raised = False
        activation.touched.clear()
        activation.values.clear()
        self._write(line.event)
        self._last_probe = -1 - line.number
        return True

    def _return(self, activation: _Activation, arg: Any) -> bool:
        frame = activation.frame
        left = arg is None and unwinds(frame, activation.raised)
        if activation is self._module and frame.f_code is self._silent_return and not left:
            del self._activations[id(frame)]
            self._io()
            return False
        self._changes(activation)
        if activation is self._module:
            self._io()
        if activation.slow or activation.fresh or left or self._wild:
            self._look_at_names(activation)
        waits = not left and pauses(frame)
        if left:
            self._write(bytes([op.UNWIND]))
        else:
            self._write(bytes([op.YIELD if waits else op.RETURN]) + self._heap.value(arg))
        self._current = activation.parent
        if not waits and activation is not self._module:
            del self._activations[id(frame)]
        return True

    def _exception(self, activation: _Activation, arg: Any) -> bool:
        kind, error, _ = arg
        line = activation.line
        if line is None or (line.statement.ends_iteration and kind is StopIteration):
            return False
        activation.raised = True
        self._changes(activation)
        if line.statement.acts or activation.slow:
            self._look_at_names(activation)
            self._heap.look_everywhere()
        writer = self._writer
        name = type.__dict__["__name__"].__get__(kind)
        body = writer.statement(line.statement.span) + writer.name(name)
        return self._write(bytes([op.EXCEPTION]) + body + self._heap.value(exception_text(kind, error)))

    def _write(self, record: bytes) -> bool:
        self._heap.flush()
        self._out += record
        return True

    def _go(self, number: int) -> None:
        self._current = number
        self._out += bytes([op.FRAME]) + varint(number)

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

    def _changes(self, activation: _Activation) -> None:
        """Records what changed since the last event, as seen from the frame that was running."""
        if self._current != activation.number:
            self._go(activation.number)
        line = activation.line
        if line is not None and (line.prints or line.reads or self._wild):
            self._io()
        self._drain(activation)
        if activation.touched:
            self._look_at_touched(activation)
        for value in self._volatile.values():
            self._heap.look(value)
        if self._wild:
            self._heap.look_everywhere()

    def _take_full_look(self, activation: Any) -> None:
        """Counts what nothing has told of."""
        if isinstance(activation, _Activation):
            self._changes(activation)
            missed = self._look_at_names(activation) if self._audit and not activation.fresh else 0
            if activation.slow or self._wild:
                missed = 0
        else:
            self._changes(self._parent(activation))
            missed = 0
        self._heap.missed += self._heap.look_everywhere() + missed
        wait = 1 if self._audit else max(LOOK_EVERY, self._heap.size() // 4)
        self._next_look = min(self._writer.events + wait, self._max_events)

    def _io(self) -> None:
        self._reads()
        try:
            self._stdout.flush()
            end = os.lseek(1, 0, os.SEEK_CUR)
        except (OSError, ValueError):
            return
        if end > self._printed_to:
            data = os.pread(1, end - self._printed_to, self._printed_to)
            self._printed_to = end
            self._writer.room(len(data))
            self._out += bytes([op.PRINTED]) + varint(len(data)) + data

    def _reads(self) -> None:
        read = self._read_count()
        if read > self._read_seen:
            self._out += bytes([op.READ]) + varint(read - self._read_seen)
            self._read_seen = read

    def _drain(self, activation: _Activation) -> None:
        """Records what the probes and notes since the last event tell."""
        tells = self._tells
        for item in self.probes:
            told = tells[item[0]]
            if type(told) is Note:
                for action in told.actions:
                    self._act(activation, action, item)
            elif type(told) is Probe:
                self._probe(activation, told, item[0], item[1])
        self.probes.clear()

    def _probe(self, activation: _Activation, probe: Probe, number: int, value: Any) -> None:
        if probe.span is not None:
            self._tell(activation, probe, number, value)
        if probe.keeps:
            activation.values[number] = value
        if probe.binds is not None:
            action, name, _, _ = probe.binds
            self._bind(activation, action, str(name), value)
        if probe.change != NOTHING:
            self._touch(activation, value, probe.change)

    def _tell(self, activation: _Activation, probe: Probe, number: int, value: Any) -> None:
        """Records a probe's value, as short as `tracer.wire` has it."""
        index = self._probed.get(number)
        if index is None:
            index = self._probed[number] = len(self._probed)
            self._writer.define_probe(probe.span or (0, 0, 0, 0), probe.name)
        implied = False
        if probe.name is not None:
            bound = activation.names.get(probe.name, _MISSING)
            if bound is _MISSING:
                bound = self._module.names.get(probe.name, _MISSING)
            implied = bound is value
        follows = self._follower.get(self._last_probe) == index
        body = b"" if follows else varint(index)
        if implied:
            self._out += bytes([op.NEXT_NAME if follows else op.PROBE_NAME]) + body
        else:
            encoded = self._heap.value(value)
            self._out += bytes([op.NEXT if follows else op.PROBE]) + body + encoded
        self._follower[self._last_probe] = index
        self._last_probe = index + 1

    def _act(self, activation: _Activation, action: Action, item: tuple[Any, ...]) -> None:
        """Records one thing that a note says."""
        kind, first, second, how = action
        if kind <= note.CHANGE_OUTER:
            name = str(first)
            if kind <= note.BIND_OUTER:
                self._bind(activation, kind, name, item[int(second)])
            elif kind <= note.UNBIND_GLOBAL:
                self._unbind(activation if kind == note.UNBIND else self._module, name)
            else:
                value = item[int(second)]
                names = (self._module if kind == note.CHANGE_GLOBAL else activation).names
                if names.get(name, _MISSING) is value:
                    self._touch(activation, value, how)
                else:
                    self._bind(activation, kind - note.CHANGE, name, value)
            return
        target = self._operand(activation, item, first)
        if target is _MISSING:
            return
        heap = self._heap
        if kind == note.LOOK:
            self._touch(activation, target, int(second))
        elif kind in (note.ATTRIBUTE, note.CHANGE_ATTRIBUTE):
            before = heap.item(target, second)
            heap.look_at_attribute(target, str(second))
            if kind == note.CHANGE_ATTRIBUTE and heap.item(target, second) is before:
                self._touch(activation, before, how)
        else:
            key = self._operand(activation, item, second)
            if kind == note.LOOK_KEY:
                heap.look(target, KEYED, key) if key is not _MISSING else heap.look(target)
            else:
                before = heap.item(target, key)
                heap.look_at_item(target, key)
                if kind == note.CHANGE_ITEM and heap.item(target, key) is before:
                    self._touch(activation, before, how)

    @staticmethod
    def _operand(activation: _Activation, item: tuple[Any, ...], place: str | int) -> Any:
        number = int(place)
        return item[number] if number > 0 else activation.values.get(-number, _MISSING)

    # Objects that a statement may be changing.

    def _touch(self, activation: _Activation, value: Any, change: int) -> None:
        """Notes that the statement may be changing an object; it is looked at until the statement is done."""
        kind = type(value)
        if kind in _ATOMS:
            return
        if kind is types.BuiltinFunctionType or kind is types.MethodWrapperType:
            owner = value.__self__
            if change == CALLED:
                value, change = owner, change_of_bound(value.__name__)
            else:
                self._volatile[id(owner)] = owner
                return
        elif change == CALLED:
            return
        elif kind is super:
            value = _super_self(value)
        if change == NOTHING:
            return
        known = activation.touched.get(id(value))
        activation.touched[id(value)] = (value, change if known is None or known[1] == change else ANY)

    def _look_at_touched(self, activation: _Activation) -> None:
        look = self._heap.look
        for value, change in activation.touched.values():
            look(value, change)

    # Names.

    def _bind(self, activation: _Activation, kind: int, name: str, value: Any) -> None:
        """Records that a name has been bound."""
        if kind == note.BIND_GLOBAL and activation is not self._module:
            self._bind_elsewhere(self._module, name, value)
            return
        names = activation.names
        if names.get(name, _MISSING) is not value:
            names[name] = value
            encoded = self._heap.value(value)
            record = self._writer.bind_here(name)
            self._out += record + encoded
        if kind == note.BIND_OUTER:
            self._bind_outside(activation.frame, name, value)

    def _bind_elsewhere(self, activation: _Activation, name: str, value: Any) -> None:
        if activation.names.get(name, _MISSING) is not value:
            activation.names[name] = value
            encoded = self._heap.value(value)
            body = varint(activation.number) + self._writer.name(name)
            self._out += bytes([op.BIND]) + body + encoded

    def _bind_outside(self, frame: types.FrameType, name: str, value: Any) -> None:
        """A nonlocal name changes in every waiting frame that shares its cell."""
        outer = frame.f_back
        while outer is not None:
            activation = self._activations.get(id(outer))
            code = outer.f_code
            shares = name in code.co_cellvars or name in code.co_freevars
            if activation is not None and shares and outer.f_locals.get(name, _MISSING) is value:
                self._bind_elsewhere(activation, name, value)
            outer = outer.f_back

    def _unbind(self, activation: _Activation, name: str) -> None:
        if name in activation.names:
            del activation.names[name]
            self._out += bytes([op.UNBIND]) + varint(activation.number) + self._writer.name(name)

    def _look_at_names(self, activation: _Activation) -> int:
        """Compares all names that a frame and the module see; gives how many had changed unseen."""
        found = 0
        if activation is not self._module:
            current = activation.frame.f_locals
            names = activation.names
            for name, value in current.items():
                if names.get(name, _MISSING) is not value and name[0] != "." and name != "__class__":
                    outer = name in activation.frame.f_code.co_freevars
                    self._bind(activation, note.BIND_OUTER if outer else note.BIND, name, value)
                    found += 1
            for name in [name for name in names if name not in current]:
                self._unbind(activation, name)
                found += 1
        return found + self._look_at_globals()

    def _look_at_globals(self) -> int:
        found = 0
        known, current = self._module.names, self._globals
        watched = self._stored
        if self._wild:
            watched = tuple(sorted({*watched, *(name for name in current if name not in self._given)}))
        for name in watched:
            value = current.get(name, _MISSING)
            if known.get(name, _MISSING) is value:
                continue
            found += 1
            if value is _MISSING:
                self._unbind(self._module, name)
            else:
                self._bind_elsewhere(self._module, name, value)
        return found

    # The end.

    def skip_changes(self) -> None:
        """Takes the state as it is now for granted: untraced code has run."""
        self._heap.look_everywhere()
        self._look_at_globals()
        self.probes.clear()

    def finish(self) -> tuple[bytes, dict[str, Any]]:
        """The log, and what the runner reports of it."""
        if not self._mark:
            try:
                self._io()
                self._heap.missed += self._heap.look_everywhere()
                self._heap.flush()
                self._writer.room(END_BYTES)
            except ByteLimit:
                self._mark = "bytes"
        mark = self._mark or "end"
        log = self._writer.finish(mark)
        return log, {"mark": mark, "missed": self._heap.missed, "events": self._writer.events}
