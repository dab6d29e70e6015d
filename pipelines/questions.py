"""Rows of the side tasks, made from stored traces, and what may be wrong with them."""

from collections.abc import Iterator

from schemas.question import QuestionRow
from schemas.trace_row import TraceRow
from templates.execution import Execution
from templates.questions.ask import Question, ask, question_prompt


def _stdin_and_call(row: TraceRow | QuestionRow) -> tuple[str, str | None]:
    return ("", row.input) if row.kind == "function" else (row.input, None)


def question_row(row: TraceRow, execution: Execution, task: str, seed: int) -> QuestionRow | None:
    """A question of a task about the execution of a trace, None where it gives no good one."""
    question = ask(execution, task, seed)
    if question is None:
        return None
    stdin, call = _stdin_and_call(row)
    return QuestionRow(
        id=row.execution_id,
        task=task,
        prompt=question_prompt(question, code=row.code, call=call, stdin=stdin, output=row.output),
        answer=question.answer,
        kind=row.kind,
        code=row.code,
        input=row.input,
        output=row.output,
        line=question.line,
        time=question.time,
        subject=question.subject,
        trace_id=row.id,
        problem_id=row.problem_id,
        solution_id=row.solution_id,
        source=row.source,
        license=row.license,
    )


def question_rows(row: TraceRow, execution: Execution, tasks: tuple[str, ...], seed: int) -> Iterator[QuestionRow]:
    """The questions of several tasks about one execution."""
    for task in tasks:
        made = question_row(row, execution, task, seed)
        if made is not None and _is_text(made):
            yield made


def _is_text(row: QuestionRow) -> bool:
    """Can the row be written at all? A lone surrogate has no UTF-8."""
    try:
        (row.prompt + row.answer).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def prompt_of(row: QuestionRow) -> str:
    """The prompt that a row's own fields make."""
    question = Question(row.task, row.line, row.time, row.subject, row.answer)
    stdin, call = _stdin_and_call(row)
    return question_prompt(question, code=row.code, call=call, stdin=stdin, output=row.output)
