"""A row of the `nlex` config: a narrated execution to train on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """One turn of a conversation; `role` is `user` or `assistant`."""

    role: str
    content: str


@dataclass(frozen=True)
class ExampleRow:
    """`nlex`: a narrated execution in chat form, with what it was made from.

    Attributes:
        input: the stdin text, or the call expression.
        output: the true stdout, or the `repr` of the call's value.
        judgement: `accepted`, `wrong_answer` or `unjudged` against the source's expected output.
        style: how it is told: `steps`, `state`, `blocks`, `story` or a style of one's own. A telling that
            was folded to fit a budget of tokens is a `story`.
        folded: how many of the events stand in steps that tell more than one.
        left_out: how many evaluations in comprehensions and lambdas the steps say they leave out.
        tokens: of all messages, by the corpus's tokenizer.
        told_tokens: of the assistant's message alone.
    """

    id: str
    messages: tuple[Message, ...]
    kind: str
    code: str
    input: str
    output: str
    style: str
    verdict: str
    judgement: str
    events: int
    steps: int
    claims: int
    folded: int
    left_out: int
    tokens: int
    told_tokens: int
    trace_id: str
    problem_id: str
    solution_id: str
    source: str
    license: str
