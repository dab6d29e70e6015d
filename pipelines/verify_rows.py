"""Checks what rows say: every claim of an example against its trace, and every derived field against its source."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipelines.tokens import token_counter
from pipelines.told import execution_of, printed
from schemas.job import Program, ProgramKind
from schemas.nlex import ExampleRow
from schemas.output_prediction import OutputPredictionRow
from schemas.reject import RejectRow
from schemas.solution import TestCase
from schemas.solve import SolveRow
from schemas.trace_row import TraceRow
from templates.checker import check
from templates.execution import Execution
from templates.prompts import narration_prompt, prediction_prompt, solve_prompt
from tracer.events import Trace
from tracer.wire import WireError, decode

# Python turns no longer int into text (`sys.get_int_max_str_digits`).
_LONGEST_INT_BITS = 10_000
_HEADING = re.compile(r"(\d+)(?:-(\d+))?\. ")
_OF_TRACE = ("kind", "code", "input", "output", "verdict", "events")
STAGES = ("read", "select", "sandbox", "trace", "narrate", "check")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a row: a sentence, and the claim or field it speaks of."""

    message: str
    claim: str = ""


def expected_answer(execution: Execution) -> str:
    """The answer block that this execution must end with."""
    if execution.call is None:
        return f"<output>{execution.stdout}</output>"
    if execution.value is None:
        return f"{execution.call} raises {execution.error}"
    return f"assert {execution.call} == {execution.value}"


def execution_of_row(row: TraceRow, trace: Trace) -> Execution:
    """The execution that a trace row tells of."""
    call = row.input if row.kind == "function" else None
    program = Program("stdin" if call is None else "function", row.code, row.prelude, row.setup)
    test = TestCase(stdin="" if call is not None else row.input, call=call, expected=None)
    stdout = row.output if call is None else printed(trace).decode("utf-8", "replace")
    value = row.output if call is not None and row.verdict == "ok" else None
    return execution_of(program, test, stdout=stdout, value=value, trace=trace)


def _atom_faults(row: TraceRow, trace: Trace) -> Iterator[Fault]:
    """A call's value against the one the trace returns, where that is a plain literal."""
    last = trace.events[-1]
    if last.kind != "return" or not isinstance(last.value, None | bool | int | float | str | bytes):
        return
    if isinstance(last.value, int) and last.value.bit_length() > _LONGEST_INT_BITS:
        return
    try:
        same = repr(ast.literal_eval(row.output)) == repr(last.value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        same = row.output == repr(last.value)
    if not same:
        yield Fault("`output` is not the value that the trace returns", row.output[:200])


def trace_faults(row: TraceRow) -> Iterator[Fault]:
    """What is wrong with a trace row by itself."""
    if row.integrity not in ("complete", "truncated"):
        yield Fault("a stored trace is complete or truncated", row.integrity)
    if row.bytes != len(row.log):
        yield Fault(f"`bytes` is {row.bytes}, the log has {len(row.log)}")
    try:
        trace = decode(row.log)
    except WireError as error:
        yield Fault(f"the log cannot be read: {error}")
        return
    if row.events != len(trace.events):
        yield Fault(f"`events` is {row.events}, the log has {len(trace.events)}")
    if (trace.mark == "end") != (row.integrity == "complete"):
        yield Fault(f"`integrity` is {row.integrity}, the log ends by {trace.mark!r}")
    if row.integrity != "complete" or not trace.events:
        return
    if row.kind == "stdin" and row.output != printed(trace).decode("utf-8", "replace"):
        yield Fault("`output` is not what the trace printed", row.output[:200])
    if row.kind == "function":
        yield from _atom_faults(row, trace)


def _headings(explanation: str) -> tuple[int, int]:
    """How many steps an explanation numbers, and how many events those tell that tell more than one."""
    found = [_HEADING.match(line) for line in explanation.split("\n")]
    ranges = [(int(each[1]), int(each[2] or each[1])) for each in found if each]
    return len(ranges), sum(end - start + 1 for start, end in ranges if end > start)


def _said(row: ExampleRow, execution: Execution, seed: int, tokenizer: str) -> Iterator[Fault]:
    """The conversation of an example against its execution."""
    if [message.role for message in row.messages] != ["user", "assistant"]:
        yield Fault("an example is one turn of the user and one of the assistant")
        return
    user, assistant = (message.content for message in row.messages)
    if user != narration_prompt(execution, seed, row.style):
        yield Fault("the user's turn is not the prompt of this program and input")
    answer = expected_answer(execution)
    if not assistant.endswith(f"\n{answer}"):
        shown = assistant[-min(len(assistant), len(answer) + 1) :]
        yield Fault("the answer is not what the program gave", shown.strip()[:200])
        return
    explanation = assistant[: -len(answer) - 1]
    report = check(execution, explanation, answer, style=row.style)
    for problem in report.problems:
        yield Fault(f"step {problem.step}: {problem.reason}", problem.claim)
    if not report.problems and report.claims != row.claims:
        yield Fault(f"`claims` is {row.claims}, the explanation makes {report.claims}")
    if not report.problems and report.left_out != row.left_out:
        yield Fault(f"`left_out` is {row.left_out}, the explanation leaves out {report.left_out}")
    if (row.steps, row.folded) != (counted := _headings(explanation)):
        yield Fault(f"`steps` and `folded` are {row.steps} and {row.folded}, the explanation has {counted}")
    count = token_counter(tokenizer)
    told = count(assistant)
    if (row.tokens, row.told_tokens) != (count(user) + told, told):
        yield Fault(f"`tokens` and `told_tokens` are {row.tokens} and {row.told_tokens}, not what the messages have")


def example_faults(row: ExampleRow, stored: TraceRow | None, seed: int, tokenizer: str) -> Iterator[Fault]:
    """What is wrong with an example, seen against its trace.

    Args:
        tokenizer: what the corpus counted tokens with.
    """
    if stored is None:
        yield Fault("its trace is not in `traces` of this split", row.trace_id)
        return
    if stored.integrity != "complete":
        yield Fault(f"its trace is {stored.integrity}, and only a complete one may be told")
        return
    for field in _OF_TRACE:
        if getattr(row, field) != getattr(stored, field):
            yield Fault(f"`{field}` is not that of its trace", str(getattr(row, field))[:200])
    try:
        trace = decode(stored.log)
    except WireError as error:
        yield Fault(f"its trace cannot be read: {error}")
        return
    yield from _said(row, execution_of_row(stored, trace), seed, tokenizer)


def prediction_faults(row: OutputPredictionRow, outputs: set[str]) -> Iterator[Fault]:
    """What is wrong with an output to predict; `outputs` is what the traces of this program and input gave."""
    call = row.input if row.kind == "function" else None
    kind: ProgramKind = "stdin" if call is None else "function"
    if row.prompt != prediction_prompt(kind, row.code, call, "" if call is not None else row.input):
        yield Fault("`prompt` is not that of this program and input")
    if row.verdict != "ok":
        yield Fault("only a run that ended well is predicted", row.verdict)
    if outputs and row.expected_output not in outputs:
        yield Fault("`expected_output` is not what its traced run gave", row.expected_output[:200])


def solve_faults(row: SolveRow) -> Iterator[Fault]:
    """What is wrong with a problem to solve."""
    if row.prompt != solve_prompt(row.statement, row.public_tests):
        yield Fault("`prompt` is not that of this statement and these public tests")
    if not row.public_tests and not row.hidden_tests:
        yield Fault("a problem has at least one test")
    if row.time_limit_s <= 0 or row.memory_limit_bytes <= 0:
        yield Fault("limits are above 0")


def reject_faults(row: RejectRow) -> Iterator[Fault]:
    """What is wrong with a reject."""
    if row.stage not in STAGES:
        yield Fault("unknown stage", row.stage)
    if not row.reason or not row.message:
        yield Fault("a reject has a reason and a message")


def id_of(row: dict[str, Any]) -> str:
    """A row's id, as text whatever stands there."""
    return str(row.get("id", ""))
