"""Tells the events that are no statements: calls, returns, yields, exceptions and the end."""

from templates.flow import Flow
from templates.plans import sight_of
from templates.running import Running
from templates.sentences import Voice, code
from templates.values import atom_text, value_text
from tracer.events import Change, Event, Inner, Probe, Span, Value
from tracer.replay import Frame, State


class EventTeller:
    """Writes the sentence on one event; the state is still that before it."""

    def __init__(self, state: State, flow: Flow, running: dict[int, Running], is_script: bool, say: Voice) -> None:
        self.state = state
        self.flow = flow
        self.running = running
        self.is_script = is_script
        self.say = say
        self._defined: dict[int, Span | None] = {}

    def tell(self, number: int, event: Event, changes: tuple[Change, ...]) -> list[str]:
        """The sentence on an event, whose segment makes these changes."""
        say, frames = self.say, self.state.frames
        name = code(frames[event.frame].name) if event.frame in frames else ""
        top = event.frame == 0
        match event.kind:
            case "call":
                return [self._call(number, event)]
            case "resume":
                line = self._line(event.frame)
                return [say("resume__line", name, line) if line else say("resume", name)]
            case "yield":
                line = self._line(event.frame)
                value = self._code(event.value)
                return [say("yield__line", name, value, line) if line else say("yield", name, value)]
            case "return" if top:
                return [say("program_end") if self.is_script else say("call_end", self._code(event.value))]
            case "return":
                return [self._return(event, name, changes)]
            case "exception":
                kind = code(event.name)
                if number in self.flow.came_from:
                    return [say("pass_on__module", kind) if top else say("pass_on", kind, name)]
                if event.value:
                    return [say("raise__message", kind, code(atom_text(event.value)))]
                return [say("raise", kind)]
            case "unwind":
                return [say("program_fails") if top else say("unwind", name)]
        return []

    def _call(self, number: int, event: Event) -> str:
        arguments = ", ".join(f"{key}={value_text(value, self.state.heap)}" for key, value in event.args)
        told, depth = code(f"{event.name}({arguments})"), self.flow.depth[number]
        parent = self.state.frames.get(event.parent)
        self._defined[event.frame] = event.span
        if parent is None or parent.line is None:
            return self.say("call", told, depth)
        line = parent.line[0]
        if event.parent == 0:
            return self.say("call__line", told, depth, line)
        if event.span is not None and self._defined.get(event.parent) == event.span:
            return self.say("call_itself", told, depth, line)
        return self.say("call__waiter", told, depth, line, code(parent.name))

    def _return(self, event: Event, name: str, changes: tuple[Change, ...]) -> str:
        value = self._code(event.value)
        parent = self._parent(event.frame)
        if parent is None or parent.line is None:
            return self.say("return_end", name, value)
        source = self._waiting(parent.number, event, changes)
        if source:
            return self.say("return__source", name, value, parent.line[0], code(source))
        return self.say("return", name, value, parent.line[0])

    def _waiting(self, parent: int, event: Event, changes: tuple[Change, ...]) -> str:
        """The call in the parent's statement that the value goes to; empty where none is seen."""
        running = self.running.get(parent)
        first = next((change for change in changes if isinstance(change, Probe | Inner)), None)
        if running is None or not isinstance(first, Probe):
            return ""
        if type(first.value) is not type(event.value) or first.value != event.value:
            return ""
        return sight_of(running.statement).calls.get(first.span, "")

    def _parent(self, frame: int) -> Frame | None:
        frames = self.state.frames
        return frames.get(frames[frame].parent) if frame in frames else None

    def _line(self, frame: int) -> int:
        """The line of the statement that a frame executes, 0 for none."""
        found = self.state.frames.get(frame)
        return found.line[0] if found is not None and found.line is not None else 0

    def _code(self, value: Value) -> str:
        return code(value_text(value, self.state.heap))
