"""CRUXEval (Gu et al. 2024, arXiv 2401.03065): its rows, and verdicts as its own scorer gives them."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sandbox import Sandbox
from schemas.job import Job, Limits, Program
from train.environments.answers import predicted_value
from train.environments.grading import GradingFailed

Side = Literal["output", "input"]

_SCORER_S = 3.0
_INPUT = re.compile(r"<input>(.*?)</input>", re.DOTALL)


class NotCruxeval(ValueError):
    """A file that holds no CRUXEval rows or generations; the message names file, row and field."""


@dataclass(frozen=True)
class Problem:
    """A row: `code` defines f, `input` is the text between f's parentheses, `output` the value's text."""

    id: str
    code: str
    input: str
    output: str

    @property
    def call(self) -> str:
        """The call whose value is asked for."""
        return f"f({self.input})"


def read_problems(path: Path) -> list[Problem]:
    """Reads CRUXEval's own `cruxeval.jsonl`, or rows of this project's `jsonl` format made from it.

    Raises:
        NotCruxeval: a row lacks a field.
    """
    problems = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise NotCruxeval(f"{where}: not JSON: {error}") from None
        problems.append(_problem(row, where))
    if not problems:
        raise NotCruxeval(f"{path}: no rows")
    return problems


def _problem(row: Mapping[str, Any], where: str) -> Problem:
    try:
        if "calls" not in row:
            return Problem(str(row["id"]), row["code"], row["input"], row["output"])
        (call,) = row["calls"]
        text: str = call["call"]
        if not (text.startswith("f(") and text.endswith(")")):
            raise NotCruxeval(f"{where}: field 'call': a call of f is expected, not {text!r}")
        return Problem(str(row["id"]), row["code"], text[2:-1], call["expected"])
    except KeyError as error:
        raise NotCruxeval(f"{where}: no field {error}; CRUXEval rows have id, code, input, output") from None
    except ValueError as error:
        raise error if isinstance(error, NotCruxeval) else NotCruxeval(f"{where}: one call a row is expected") from None


def read_generations(path: Path, problems: Sequence[Problem]) -> dict[str, list[str]]:
    """Reads published generations: `{"sample_N": [text, ...]}`, bare or under `raw_generations`; by problem id.

    Raises:
        NotCruxeval: a problem has none.
    """
    content = json.loads(path.read_text("utf-8"))
    texts = content.get("raw_generations", content)
    found = {}
    for problem in problems:
        key = f"sample_{problem.id.rpartition('_')[2]}"
        if not isinstance(texts.get(key), list):
            raise NotCruxeval(f"{path}: no list of generations under {key!r}, which problem {problem.id} needs")
        found[problem.id] = [str(text) for text in texts[key]]
    return found


def score(sandbox: Sandbox, problem: Problem, generation: str, side: Side) -> bool:
    """The verdict of CRUXEval's scorer: whether `assert OUTPUT == GENERATION` holds after the code.

    For the input side the generation must hold a call `f(`; for the output side it must not hold the very call
    that is asked about. The assertion runs in the sandbox for 3 seconds at most, and must be come past: a
    generation that leaves the program fails, as it does there.

    Raises:
        GradingFailed: the sandbox could not run it.
    """
    if side == "input" and "f(" not in generation:
        return False
    if side == "output" and problem.call in generation:
        return False
    code = f"{problem.code}\nassert {problem.output} == {generation}"
    try:
        code.encode("utf-8")
    except UnicodeEncodeError:
        return False
    limits = Limits(cpu_s=_SCORER_S, wall_s=4 * _SCORER_S, memory_bytes=4 << 30)
    outcome = sandbox.run(Job(Program("function", code), call="True", limits=limits))
    if outcome.verdict == "sandbox_error":
        raise GradingFailed(f"problem {problem.id}: {outcome.detail}")
    return outcome.verdict == "ok" and outcome.value == "True"


def generation_of(problem: Problem, reply: str, side: Side) -> str:
    """What of a reply is scored, empty where it names nothing.

    Output: what `<output>` tags or a last `assert f(...) == VALUE` give. Input: what `<input>` tags hold, the
    assertion around it taken away.
    """
    if side == "output":
        return predicted_value(reply, problem.call) or ""
    found = _INPUT.findall(reply)
    text = found[-1].strip() if found else ""
    return text.removeprefix("assert").partition("==")[0].strip()
