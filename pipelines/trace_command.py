"""`nlex trace`: one program on one input, its trace as prose, JSON or CWM frames."""

import argparse
import json
import sys
from pathlib import Path

from pipelines.exit_codes import DONE, ENVIRONMENT, FOUND_WRONG, USAGE
from pipelines.runs import StoredRun, stored_run
from pipelines.sources.python_text import call_fault, program_fault
from pipelines.tokens import token_counter
from pipelines.told import execution_of, untold
from pipelines.trace_json import trace_json
from sandbox import Sandbox, SandboxConfig, SandboxUnavailable, observe
from schemas.job import Limits, Program
from schemas.solution import TestCase
from templates.execution import Execution
from tracer.wire import decode


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None


def _observed(args: argparse.Namespace, program: Program, test: TestCase) -> StoredRun:
    limits = Limits(max_events=args.max_events, max_trace_bytes=args.max_trace_bytes)
    with Sandbox(SandboxConfig(backend=args.sandbox)) as sandbox:
        seen = observe(sandbox, program, stdin=test.stdin, call=test.call, limits=limits, probe=args.probe)
        return stored_run("", seen)


def _prose(execution: Execution, args: argparse.Namespace) -> tuple[str, list[str]]:
    """The prose, and what the checker finds wrong with it."""
    from templates.checker import check
    from templates.levels.tell import narrate_within
    from templates.sentences import style_folder

    narration = narrate_within(
        execution,
        style=args.style,
        max_tokens=args.max_tokens,
        count=token_counter(args.tokenizer),
        long_work=args.digits,
    )
    told_in = style_folder(narration.style)
    report = check(execution, narration.explanation, narration.answer, style=told_in)
    problems = [f"step {problem.step}: {problem.reason}: {problem.claim}" for problem in report.problems]
    return f"{narration.explanation}\n{narration.answer}", problems


def _say(problem: str) -> None:
    print(f"nlex: {problem}", file=sys.stderr)


def _check(execution: Execution, explanation: str) -> int:
    """Says what of a free explanation is false, and what of it cannot be held against the run."""
    from templates.free_text.check_text import check_text

    report = check_text(execution, explanation)
    for problem in report.problems:
        print(f"false, sentence {problem.step}: {problem.claim}: {problem.reason}")
    for left in report.unread:
        print(f"not checked, sentence {left.step}: {left.claim}: {left.reason}")
    print(f"{report.claims} claims, {len(report.problems)} of them false, {len(report.unread)} things not checked")
    return DONE if report.grounded else FOUND_WRONG


def _show(args: argparse.Namespace, program: Program, test: TestCase, run: StoredRun, explanation: str | None) -> int:
    trace = decode(run.log) if run.log is not None else None
    against = untold(run)
    if args.format == "json" and trace is not None:
        print(json.dumps(trace_json(trace)))
        if against:
            _say(against.message)
        return FOUND_WRONG if against else DONE
    if against is not None or trace is None:
        _say(against.message if against else "no trace was made")
        return FOUND_WRONG
    stdout = run.stdout.decode("utf-8")
    execution = execution_of(program, test, stdout=stdout, value=run.value, trace=trace)
    if args.format == "cwm":
        from templates.cwm import render_cwm

        print(render_cwm(execution))
        return DONE
    if explanation is not None:
        return _check(execution, explanation)
    from templates.narrator import NarrationError
    from templates.sentences import StyleError

    try:
        prose, problems = _prose(execution, args)
    except NarrationError as error:
        _say(f"this trace cannot be told: {error}")
        return FOUND_WRONG
    except StyleError as error:
        _say(str(error))
        return USAGE
    print(prose)
    for problem in problems:
        _say(f"a claim that the trace does not bear out: {problem}")
    return FOUND_WRONG if problems else DONE


def run_trace_command(args: argparse.Namespace) -> int:
    """Runs `nlex trace` and returns its exit code."""
    try:
        code = _read(args.program)
        stdin = _read(args.stdin) if args.stdin else ""
        explanation = _read(args.check) if args.check else None
        fault = program_fault(code)
        wrong = fault[1] if fault else call_fault(args.call) if args.call is not None else ""
        if wrong:
            raise ValueError(f"{args.program}: {wrong}")
        token_counter(args.tokenizer)
    except ValueError as error:
        _say(str(error))
        return USAGE
    program = Program("stdin" if args.call is None else "function", code)
    test = TestCase(stdin=stdin, call=args.call, expected=None)
    try:
        run = _observed(args, program, test)
    except SandboxUnavailable as error:
        _say(str(error))
        return ENVIRONMENT
    return _show(args, program, test, run, explanation)
