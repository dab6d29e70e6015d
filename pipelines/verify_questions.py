"""Checks the side tasks against the traces, by plain replay and by the checker's reading of values."""

import ast
from collections.abc import Iterator

from pipelines.questions import prompt_of
from pipelines.verify_rows import Fault, execution_of_row
from schemas.question import QUESTION_CONFIGS, QuestionRow
from schemas.trace_row import TraceRow
from templates.checking.value_match import same_text
from templates.checking.value_text import Unreadable
from templates.execution import Execution
from tracer.events import Value
from tracer.replay import State, replay
from tracer.wire import WireError, decode


def question_faults(row: QuestionRow, stored: TraceRow | None) -> Iterator[Fault]:
    """What is wrong with a question, seen against its trace."""
    if row.task not in QUESTION_CONFIGS:
        yield Fault("no such side task", row.task)
        return
    if stored is None or stored.integrity != "complete":
        yield Fault("its trace is not in `traces` of this split, or not complete", row.trace_id)
        return
    if (row.kind, row.code, row.input, row.output) != (stored.kind, stored.code, stored.input, stored.output):
        yield Fault("program, input or output are not those of its trace")
    if row.prompt != prompt_of(row):
        yield Fault("`prompt` is not that of this question")
    if row.task == "input_from_output":
        if row.answer != row.input:
            yield Fault("`answer` is not the input that gave this output", row.answer[:200])
        return
    try:
        execution = execution_of_row(stored, decode(stored.log))
    except WireError as error:
        yield Fault(f"its trace cannot be read: {error}")
        return
    yield from _moment_faults(row, execution)


def _moment_faults(row: QuestionRow, execution: Execution) -> Iterator[Fault]:
    """Goes to the moment that the row names and looks there."""
    events = execution.trace.events
    seen = 0
    for number, (event, state) in enumerate(replay(execution.trace)):
        if event.kind != "line" or event.span is None or event.span[0] != row.line:
            continue
        seen += 1
        if seen < row.time:
            continue
        if row.task == "next_line":
            lines = (later.span[0] for later in events[number + 1 :] if later.kind == "line" and later.span)
            if row.answer != str(next(lines, "")):
                yield Fault("another line runs next", row.answer)
        elif row.task == "variable_value":
            if not _is_value(row.subject, row.answer, event.frame, state):
                yield Fault(f"`{row.subject}` has another value then", row.answer)
        else:
            yield from _branch_faults(row, number, execution, state)
        return
    yield Fault(f"line {row.line} does not run {row.time} times")


def _is_value(name: str, text: str, frame: int, state: State) -> bool:
    names = state.frames[frame].names if name in state.frames[frame].names else state.frames[0].names
    if name not in names:
        return False
    value: Value = names[name]
    try:
        return same_text(text, value, lambda number: state.heap[number])
    except Unreadable:
        return False


def _branch_faults(row: QuestionRow, number: int, execution: Execution, state: State) -> Iterator[Fault]:
    """The outcome is read off where the frame goes on, in Python's own reading of the source."""
    frame = execution.trace.events[number].frame
    verdict, *reasons = row.answer.split("\n")
    tested = {
        node.body[0].lineno: (node.body[-1].end_lineno or 0, node.test)
        for node in ast.walk(ast.parse(execution.source))
        if isinstance(node, ast.If | ast.While) and node.lineno == row.line
    }
    follows = next(
        (
            event.span[0]
            for event in execution.trace.events[number + 1 :]
            if event.frame == frame and event.kind == "line" and event.span is not None
        ),
        0,
    )
    goes_in = any(first <= follows <= last for first, (last, _) in tested.items())
    if verdict != ("true" if goes_in else "false"):
        yield Fault("the branch goes the other way", verdict)
    for reason in reasons:
        name, _, text = reason.partition(" = ")
        if not _is_value(name, text, frame, state):
            yield Fault(f"`{name}` has another value then", text)
