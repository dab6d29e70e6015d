"""Picks moments of an execution and asks about them: what runs next, what a name holds, which way a branch goes."""

import ast
import hashlib
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from templates.execution import Execution
from templates.flow import read_flow
from templates.one_line import parse_quietly
from templates.program_model import ProgramError, ProgramModel, Statement, read_program
from templates.sentences import environment
from templates.values import value_text
from tracer.events import Bind, Event, Opaque, Ref
from tracer.replay import State, replay

_LONGEST = 120
"""Characters that the text of a value in an answer may have."""

Picked = TypeVar("Picked")


@dataclass(frozen=True)
class Question:
    """A question about a moment; the fields are those of `schemas.question.QuestionRow`."""

    task: str
    line: int
    time: int
    subject: str
    answer: str


@dataclass(frozen=True)
class _Moment:
    """A `line` event with the number of times that its line has come."""

    number: int
    event: Event
    line: int
    time: int
    statement: Statement | None


def ask(execution: Execution, task: str, seed: int = 0) -> Question | None:
    """A question of a task about an execution whose trace is whole; None where it gives no good one.

    Raises:
        ValueError: there is no such task.
    """
    if task not in _ASKERS:
        raise ValueError(f"no side task {task!r}: there are {', '.join(_ASKERS)}")
    if execution.trace.mark != "end" or not execution.trace.events:
        return None
    try:
        model = read_program(execution.source)
    except ProgramError:
        return None
    key = f"{seed}\0{task}\0{execution.source}\0{execution.stdin}".encode("utf-8", "surrogatepass")
    return _ASKERS[task](execution, model, int.from_bytes(hashlib.sha256(key).digest()[:8], "big"))


def question_prompt(question: Question, *, code: str, call: str | None, stdin: str, output: str) -> str:
    """The prompt of a side task.

    Args:
        code: the program without the call.
    """
    template = environment().get_template("questions/prompt.jinja")
    text = template.render(
        task=question.task,
        line=question.line,
        time=question.time,
        subject=question.subject,
        code=code,
        call=call,
        entry=call.partition("(")[0] if call is not None else "",
        stdin=stdin,
        output=output,
    )
    return text.strip("\n")


def _moments(execution: Execution, model: ProgramModel) -> list[_Moment]:
    times: Counter[int] = Counter()
    found = []
    for number, event in enumerate(execution.trace.events):
        if event.kind == "line" and event.span is not None:
            times[event.span[0]] += 1
            statement = model.statement(event.span)
            found.append(_Moment(number, event, event.span[0], times[event.span[0]], statement))
    return found


def _pick(found: Sequence[Picked], chance: int) -> Picked | None:
    return found[chance % len(found)] if found else None


def _next_line(execution: Execution, model: ProgramModel, chance: int) -> Question | None:
    """Prefers moments after which control does not simply go on with the next statement of the source."""
    moments = _moments(execution, model)
    pairs = list(itertools.pairwise(moments))
    jumps = [pair for pair in pairs if pair[0].statement is not None and pair[0].statement.body is not None]
    jumps = jumps or [
        pair for pair in pairs if pair[1].line < pair[0].line or pair[0].event.frame != pair[1].event.frame
    ]
    picked = _pick(jumps or pairs, chance)
    if picked is None:
        return None
    before, after = picked
    return Question("next_line", before.line, before.time, "", str(after.line))


def _shown(name: str, event: Event, state: State) -> str | None:
    """A name's value as an answer may give it: short, whole, and without the number of an instance."""
    names = state.frames[event.frame].names
    value = names.get(name, state.frames[0].names.get(name))
    if isinstance(value, Opaque) or (name not in names and name not in state.frames[0].names):
        return None
    if isinstance(value, Ref) and _holds_instances(value, state, set()):
        return None
    text = value_text(value, state.heap)
    return text if len(text) <= _LONGEST and "more>" not in text and "<cycle>" not in text else None


def _holds_instances(ref: Ref, state: State, seen: set[int]) -> bool:
    if ref.id in seen:
        return False
    seen.add(ref.id)
    found = state.heap[ref.id]
    if found.kind in ("object", "set", "frozenset"):
        return True
    held = [*found.items, *found.items.values()] if isinstance(found.items, dict) else found.items
    return any(
        isinstance(value, Opaque) or (isinstance(value, Ref) and _holds_instances(value, state, seen)) for value in held
    )


def _states(execution: Execution, wanted: set[int]) -> dict[int, dict[str, str]]:
    """The names of the wanted events' frames with the texts of their values; of those that changed, if any did."""
    found: dict[int, dict[str, str]] = {}
    bound: Counter[tuple[int, str]] = Counter()
    for number, (event, state) in enumerate(replay(execution.trace)):
        bound.update((change.frame, change.name) for change in event.changes if isinstance(change, Bind))
        if number in wanted:
            names = state.frames[event.frame].names
            texts = {name: _shown(name, event, state) for name in names if not name.startswith("__")}
            whole = {name: text for name, text in texts.items() if text is not None}
            changed = {name: text for name, text in whole.items() if bound[event.frame, name] > 1}
            found[number] = changed or whole
    return found


def _variable_value(execution: Execution, model: ProgramModel, chance: int) -> Question | None:
    """Picks among a few late moments, and among the names that have changed most."""
    moments = _moments(execution, model)
    late = moments[len(moments) // 3 :]
    tried = [late[(chance + index * 7919) % len(late)] for index in range(min(4, len(late)))] if late else []
    states = _states(execution, {moment.number for moment in tried})
    for moment in tried:
        names = sorted(states[moment.number])
        name = _pick(names, chance >> 8)
        if name is not None:
            return Question("variable_value", moment.line, moment.time, name, states[moment.number][name])
    return None


def _tested(statement: Statement | None) -> list[str]:
    """The names in the test of an `if` or `while` that calls nothing, in order; none for any other statement."""
    if statement is None or statement.kind not in ("if", "while") or statement.test is None:
        return []
    nodes = list(ast.walk(parse_quietly(f"({statement.test.text})", "eval")))
    if any(isinstance(node, ast.Call | ast.NamedExpr | ast.Lambda | ast.GeneratorExp | ast.Await) for node in nodes):
        return []
    named = [node for node in nodes if isinstance(node, ast.Name)]
    named.sort(key=lambda node: (node.lineno, node.col_offset))
    return list(dict.fromkeys(node.id for node in named))


def _branch(execution: Execution, model: ProgramModel, chance: int) -> Question | None:
    flow = read_flow(execution.trace)
    tests = [moment for moment in _moments(execution, model) if _tested(moment.statement)]
    tests = [moment for moment in tests if not flow.raised[moment.number] and flow.follows[moment.number] >= 0]
    tried = [tests[(chance + index * 7919) % len(tests)] for index in range(min(4, len(tests)))] if tests else []
    at = {moment.number: moment for moment in tried}
    shown: dict[int, list[str | None]] = {}
    for number, (event, state) in enumerate(replay(execution.trace)):
        if number in at:
            shown[number] = [_shown(name, event, state) for name in _tested(at[number].statement)]
    for moment in tried:
        texts, statement = shown[moment.number], moment.statement
        assert statement is not None and statement.test is not None
        if None in texts:
            continue
        span = execution.trace.events[flow.follows[moment.number]].span
        truth = "true" if span is not None and statement.holds(span[:2]) else "false"
        reasons = [f"{name} = {text}" for name, text in zip(_tested(statement), texts, strict=True)]
        return Question("branch", moment.line, moment.time, statement.test.text, "\n".join([truth, *reasons]))
    return None


def _input_from_output(execution: Execution, model: ProgramModel, chance: int) -> Question | None:
    if execution.error or not (execution.stdout.strip() if execution.call is None else execution.value):
        return None
    given = execution.stdin if execution.call is None else execution.call
    return Question("input_from_output", 0, 0, "", given) if given.strip() else None


_ASKERS = {
    "next_line": _next_line,
    "variable_value": _variable_value,
    "branch": _branch,
    "input_from_output": _input_from_output,
}
