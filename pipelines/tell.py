"""From the stored runs of a problem to its rows: examples, predictions, traces, the solve row, and rejects."""

import logging
import platform
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pipelines.curation.options import Curation
from pipelines.measures import Measures, stage
from pipelines.options import BuildOptions
from pipelines.parts import Entry
from pipelines.pulse import expect
from pipelines.questions import question_rows
from pipelines.runs import StoredRun
from pipelines.select import Planned, Selection, example_id
from pipelines.tokens import token_counter
from pipelines.told import Untold, execution_of, untold
from pipelines.unit_log import about, log
from sandbox.judge import judge_stdout, judge_value
from schemas.configs import CONFIGS
from schemas.job import effective_source
from schemas.narration import CheckReport, Narration
from schemas.nlex import ExampleRow, Message
from schemas.outcome import Judgement
from schemas.output_prediction import OutputPredictionRow
from schemas.solve import SolveRow, TestRow
from schemas.trace_row import TraceRow
from templates.checker import check
from templates.execution import Execution
from templates.levels.tell import narrate_within
from templates.narrator import NarrationError
from templates.prompts import prediction_prompt, solve_prompt
from tracer import TRACER_VERSION
from tracer.wire import WireError, decode, read_end


def _output(planned: Planned, run: StoredRun) -> str:
    return run.stdout.decode("utf-8", "replace") if planned.test.call is None else run.value or ""


def _judge(planned: Planned, run: StoredRun) -> Judgement:
    expected = planned.test.expected
    if run.verdict != "ok":
        return "unjudged" if expected is None else "wrong_answer"
    judge = judge_stdout if planned.test.call is None else judge_value
    return judge(expected, _output(planned, run))


def _trace_row(planned: Planned, run: StoredRun, log: bytes, events: int) -> TraceRow:
    solution = planned.row.solution
    return TraceRow(
        id=planned.trace_id,
        log=log,
        kind=solution.program.kind,
        code=solution.program.code,
        prelude=solution.program.prelude,
        setup=solution.program.setup,
        input=planned.input,
        output=_output(planned, run),
        verdict=run.verdict,
        integrity=run.integrity or "lost",
        events=events,
        bytes=len(log),
        python=platform.python_version(),
        tracer=TRACER_VERSION,
        judgement=_judge(planned, run),
        execution_id=planned.id,
        problem_id=solution.problem_id,
        solution_id=solution.id,
        source=solution.source,
        license=solution.license,
    )


def _prediction_row(planned: Planned, run: StoredRun) -> OutputPredictionRow:
    solution, test = planned.row.solution, planned.test
    source = effective_source(solution.program.code, None)
    return OutputPredictionRow(
        id=planned.id,
        prompt=prediction_prompt(solution.program.kind, source, test.call, test.stdin),
        kind=solution.program.kind,
        code=solution.program.code,
        input=planned.input,
        expected_output=_output(planned, run),
        verdict=run.verdict,
        judgement=_judge(planned, run),
        problem_id=solution.problem_id,
        solution_id=solution.id,
        source=solution.source,
        license=solution.license,
    )


def _internal(where: str, error: Exception) -> Untold:
    log("internal_error", logging.ERROR, stage=where, error="".join(traceback.format_exception(error)))
    message = f"a fault of ours: {type(error).__name__}: {error}; please report it"
    return Untold(where, "internal_error", message.encode("utf-8", "backslashreplace").decode("utf-8"))


def _narrated(execution: Execution, style: str, options: BuildOptions) -> tuple[Narration, CheckReport] | Untold:
    """A narration that the checker bears out; else the first claim that it does not."""
    try:
        with stage("narrate"):
            narration = narrate_within(
                execution,
                style=style,
                seed=options.seed,
                max_tokens=options.max_tokens,
                count=token_counter(options.tokenizer),
            )
    except NarrationError as error:
        return Untold("narrate", error.reason, error.message)
    except Exception as error:
        return _internal("narrate", error)
    try:
        (narration.prompt + narration.explanation + narration.answer).encode("utf-8")
    except UnicodeEncodeError:
        return Untold("narrate", "unencodable", "the text has a lone surrogate, which UTF-8 cannot hold")
    try:
        with stage("check"):
            report = check(execution, narration.explanation, narration.answer, style=narration.style)
    except Exception as error:
        return _internal("check", error)
    if report.problems:
        first = report.problems[0]
        more = f" ({len(report.problems)} such claims)" if len(report.problems) > 1 else ""
        return Untold("check", "ungrounded", f"step {first.step}: {first.reason}{more}", first.claim)
    return narration, report


def example(row: TraceRow, execution: Execution, style: str, options: BuildOptions) -> ExampleRow | Untold:
    """The example that tells the execution of a trace in a style, or why there is none."""
    told = _narrated(execution, style, options)
    if isinstance(told, Untold):
        return told
    narration, report = told
    count = token_counter(options.tokenizer)
    spoken = f"{narration.explanation}\n{narration.answer}"
    with stage("narrate"):
        told_tokens = count(spoken)
        tokens = count(narration.prompt) + told_tokens
    return ExampleRow(
        id=example_id(row.execution_id, style),
        messages=(Message("user", narration.prompt), Message("assistant", spoken)),
        kind=row.kind,
        code=row.code,
        input=row.input,
        output=row.output,
        style=narration.style,
        verdict=row.verdict,
        judgement=row.judgement,
        events=row.events,
        steps=narration.steps,
        claims=report.claims,
        folded=narration.folded,
        left_out=report.left_out,
        tokens=tokens,
        told_tokens=told_tokens,
        trace_id=row.id,
        problem_id=row.problem_id,
        solution_id=row.solution_id,
        source=row.source,
        license=row.license,
    )


def tell_execution(planned: Planned, run: StoredRun, split: str, options: BuildOptions) -> Iterator[Entry]:
    """The rows of one execution: an example or a reject, its trace, and a prediction row where it ended well."""
    file, program = planned.row.file, planned.row.solution.program
    try:
        against = untold(run)
        events = read_end(run.log)[1] if run.log is not None else 0
        with stage("decode"):
            trace = decode(run.log) if against is None and run.log is not None else None
    except WireError as error:
        yield planned.reject(split, Untold("trace", "trace_unreadable", str(error)))
        return
    if run.verdict == "ok" and (against is None or against.stage == "trace"):
        yield Entry("output_prediction", split, file, _prediction_row(planned, run))
    stored = None
    if run.log is not None and not run.nondeterministic:
        stored = _trace_row(planned, run, run.log, events)
        yield Entry("traces", split, file, stored)
    if against is not None:
        yield planned.reject(split, against)
    elif stored is not None and trace is not None:
        stdout = run.stdout.decode("utf-8")
        execution = execution_of(program, planned.test, stdout=stdout, value=run.value, trace=trace)
        for question in question_rows(stored, execution, options.side_tasks, options.seed):
            yield Entry(question.task, split, file, question)
        for style in options.styles:
            made = example(stored, execution, style, options)
            if isinstance(made, ExampleRow):
                yield Entry("nlex", split, file, made)
            else:
                yield planned.reject(split, made, style)


def solve_entry(selection: Selection, options: BuildOptions) -> Entry | None:
    """The solve row of a problem that has a statement and a test with a known answer, else None."""
    for posed in selection.problems:
        problem = posed.problem
        tests = {
            hidden: tuple(
                TestRow(test.stdin if test.call is None else test.call, test.expected)
                for test in problem.tests
                if test.hidden == hidden and test.expected is not None
            )
            for hidden in (False, True)
        }
        if not problem.statement.strip() or not (tests[False] or tests[True]):
            continue
        limits = options.limits_of(problem)
        solve = SolveRow(
            id=problem.id,
            prompt=solve_prompt(problem.statement, tests[False]),
            kind=problem.kind,
            statement=problem.statement,
            entry=problem.entry,
            public_tests=tests[False],
            hidden_tests=tests[True],
            time_limit_s=limits.cpu_s,
            memory_limit_bytes=limits.memory_bytes,
            checker=problem.checker,
            difficulty=problem.difficulty,
            tags=problem.tags,
            source=problem.source,
            license=problem.license,
        )
        return Entry("solve", selection.split, posed.file, solve)
    return None


def predicted_solutions(
    planned: Sequence[Planned], runs: Mapping[str, StoredRun], curation: Curation
) -> frozenset[str]:
    """The solutions whose outputs are to be predicted: some right ones of each model, wrong ones where asked for.

    A solution is wrong if one of its runs is; one that nothing judges counts as right.
    """
    wrong = {each.row.solution.id for each in planned if _judge(each, runs[each.trace_id]) == "wrong_answer"}
    right: Counter[str] = Counter()
    predicted: dict[str, bool] = {}
    for each in planned:
        solution = each.row.solution
        if solution.id in predicted:
            continue
        if solution.id in wrong:
            predicted[solution.id] = curation.predict_wrong
        else:
            predicted[solution.id] = right[solution.model] < curation.predict_correct
            right[solution.model] += 1
    return frozenset(name for name, chosen in predicted.items() if chosen)


def _end(entries: Sequence[Entry]) -> str:
    """How an execution ended: empty where there is an example, else its first reject's reason."""
    return "" if any(entry.config == "nlex" for entry in entries) else next(e.reason for e in entries if e.reason)


def _measure(measures: Measures, planned: Planned, run: StoredRun, entries: Sequence[Entry]) -> None:
    """Counts one execution by what became of it."""
    examples = [entry.row for entry in entries if entry.config == "nlex"]
    measures.executions += 1
    measures.made += planned.made
    measures.verdicts[run.verdict] += 1
    measures.events += sum(entry.row.events for entry in entries if entry.config == "traces")
    measures.examples += len(examples)
    measures.tokens += sum(row.tokens for row in examples)
    reason = _end(entries)
    if reason:
        measures.rejects[reason] += 1
    else:
        measures.told += 1


def _measure_rejects(measures: Measures, rejects: Sequence[Entry]) -> None:
    """Counts the executions of a problem that are not run, and its rows that have none."""
    for entry in rejects:
        measures.rejects[entry.reason] += 1
        if entry.row.id == entry.row.solution_id:
            measures.rows_without_input += 1
        else:
            measures.executions += 1


def tell_problem(
    selection: Selection, runs: Mapping[str, StoredRun], options: BuildOptions, measures: Measures
) -> list[Entry]:
    """All rows of a problem, config by config, each config's in the order of the source; adds to `measures`."""
    entries = list(selection.rejects)
    _measure_rejects(measures, selection.rejects)
    predicted = predicted_solutions(selection.planned, runs, options.curation)
    for planned in selection.planned:
        run = runs[planned.trace_id]
        expect(0, f"telling {planned.id}")
        with about(problem=planned.row.solution.problem_id, execution=planned.id):
            told = list(tell_execution(planned, run, selection.split, options))
        _measure(measures, planned, run, told)
        to_predict = planned.row.solution.id in predicted and not planned.test.hidden
        entries.extend(entry for entry in told if to_predict or entry.config != "output_prediction")
    solve = solve_entry(selection, options)
    if solve is not None:
        entries.append(solve)
    order = {config: place for place, config in enumerate(CONFIGS)}
    return sorted(entries, key=lambda entry: order[entry.config])
