"""The prompts of the corpora: explain an execution, predict an output, solve a problem."""

import zlib
from collections.abc import Sequence
from typing import Any

from schemas.job import ProgramKind
from schemas.solve import TestRow
from templates.execution import Execution
from templates.sentences import BASE, STYLES, environment, style_folder


def narration_prompt(execution: Execution, seed: int = 0, style: str = "steps") -> str:
    """The user's turn of a narrated execution: program, input, and the request to explain it step by step."""
    call = execution.call
    source = execution.source
    if call is not None:
        source = source[: -len(call) - 1]
    request = zlib.crc32(f"{seed}\n{execution.source}\n{execution.stdin}".encode("utf-8", "surrogatepass")) >> 3
    return _fill(style, "explain", code=source, call=call, stdin=execution.stdin, request=request)


def explanation_prompt(kind: ProgramKind, source: str, call: str | None, stdin: str, style: str = "steps") -> str:
    """The prompt of a narrated execution, for one that has not been run: a model is to explain it by itself.

    Args:
        source: the program without the call.
    """
    _check_call(kind, call)
    return _fill(style, "explain", code=source, call=call, stdin=stdin, request=0)


def prediction_prompt(kind: ProgramKind, source: str, call: str | None, stdin: str, style: str = "steps") -> str:
    """The prompt of `output_prediction`: what does this program print, or this call give?

    Args:
        source: the program without the call.
    """
    _check_call(kind, call)
    return _fill(style, "predict", code=source, call=call, stdin=stdin)


def solve_prompt(statement: str, public_tests: Sequence[TestRow], style: str = "steps") -> str:
    """The prompt of `solve`: a problem's statement and its public tests."""
    return _fill(style, "solve", statement=statement, tests=public_tests)


def _check_call(kind: ProgramKind, call: str | None) -> None:
    if (call is None) != (kind == "stdin"):
        raise ValueError(f"a {kind} program with call={call!r}: only functions are called")


def _fill(style: str, name: str, **values: Any) -> str:
    folder = style_folder(style)
    own = folder if (folder / f"prompt_{name}.jinja").is_file() else STYLES / BASE
    return environment(own.parent).get_template(f"{own.name}/prompt_{name}.jinja").render(**values)
