"""A row of the side tasks: a question about one moment of an execution, with an answer that can be checked."""

from dataclasses import dataclass

QUESTION_CONFIGS = ("next_line", "variable_value", "branch", "input_from_output")
"""The configs of side tasks; a corpus has those that it was asked for."""


@dataclass(frozen=True)
class QuestionRow:
    """`next_line`, `variable_value`, `branch`, `input_from_output`: one question about an execution.

    A moment is named by a line and a count: the `time`-th time that a statement which begins at `line` is about
    to run, in any call.

    Attributes:
        input: the stdin text, or the call expression.
        output: the true stdout, or the `repr` of the call's value.
        line, time: the moment; 0 of `input_from_output`, which asks for the whole input.
        subject: the name whose value is asked for, or the source of the condition; else empty.
        answer: what to answer, exactly. Of `branch`: `true` or `false`, and a line `name = value` for each name
            in the condition. Of `input_from_output`: one input that gives the output; any other that does is
            as good, which running it decides.
    """

    id: str
    task: str
    prompt: str
    answer: str
    kind: str
    code: str
    input: str
    output: str
    line: int
    time: int
    subject: str
    trace_id: str
    problem_id: str
    solution_id: str
    source: str
    license: str
