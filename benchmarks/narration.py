"""Times narrating and checking on the traces of a corpus, beside a plain formatter of the same events and PySnooper.

    python -m benchmarks.narration out/demo [--most N]

Every figure is processor time of one process, this one; both sides run in the same run on the same traces. The
floor writes one f-string an event with the new values of names, as any formatter must. PySnooper traces while it
formats, so its figure holds both; it runs only programs that are bundled here, never a stranger's. With --sandbox the
executions run once more in the process sandbox (untraced, and traced under two hash seeds), and its processor time
is told beside that of narrating and checking them.
"""

import argparse
import gc
import io
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pysnooper

from pipelines.render import trace_shards
from pipelines.tokens import DEFAULT_TOKENIZER, token_counter
from pipelines.verify_rows import execution_of_row
from sandbox import Sandbox, SandboxConfig, observe
from schemas.columns import from_row
from schemas.job import Limits, Program
from schemas.trace_row import TraceRow
from templates.checker import check
from templates.cwm import render_cwm
from templates.execution import Execution
from templates.levels.tell import narrate_within
from templates.narrator import NarrationError
from templates.program_model import read_program
from templates.values import value_text
from tracer.events import Bind
from tracer.replay import replay
from tracer.wire import decode

OURS = "nlex-sample"
"""The `source` of the programs that are bundled here."""
LONG = 1_000
"""Events from which on a trace is long."""


def traces(corpus: Path, most: int) -> Iterator[TraceRow]:
    """The complete traces of a corpus: every n-th, so that at most `most` come."""
    shards = [pq.ParquetFile(path) for path in trace_shards(corpus)]
    stride = max(1, sum(shard.metadata.num_rows for shard in shards) // most)
    number = 0
    for shard in shards:
        for group in range(shard.num_row_groups):
            for row in shard.read_row_group(group).to_pylist():
                number += 1
                if number % stride == 0 and row["integrity"] == "complete":
                    yield from_row(TraceRow, row)


def floor(execution: Execution) -> str:
    """The least that a formatter of the same events does: line, and each name that is bound, with its value."""
    lines = []
    for number, (event, state) in enumerate(replay(execution.trace), start=1):
        changes = "; ".join(
            f"{change.name} = {value_text(change.value, state.heap)}"
            for change in event.changes
            if isinstance(change, Bind)
        )
        line = event.span[0] if event.span else 0
        lines.append(f"{number}. {event.kind} {line}: {changes}")
    return "\n".join(lines)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds of some work, and what it gave."""
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def snooped(code: str, call: str) -> tuple[float, int]:
    """Processor seconds of a bundled program's call under PySnooper, and the lines of source that it told."""
    space: dict[str, Any] = {}
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"nlex-snooped-{os.getpid()}.py"
    path.write_text(code)
    exec(compile(code, str(path), "exec"), space)
    name = call.partition("(")[0]
    told = io.StringIO()
    space[name] = pysnooper.snoop(told, depth=100)(space[name])
    spent, _ = timed(lambda: eval(call, space))
    path.unlink()
    return spent, sum(" line " in line for line in told.getvalue().splitlines())


def sandboxed(rows: list[TraceRow]) -> float:
    """Processor seconds of running and tracing executions anew in the process sandbox, all of its processes counted."""

    def spent() -> float:
        mine, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        return mine.ru_utime + mine.ru_stime + children.ru_utime + children.ru_stime

    start = spent()
    with Sandbox(SandboxConfig(backend="process")) as sandbox:
        for row in rows:
            call = row.input if row.kind == "function" else None
            program = Program("stdin" if call is None else "function", row.code, row.prelude, row.setup)
            observe(sandbox, program, stdin="" if call else row.input, call=call, limits=Limits())
    return spent() - start


class Sums:
    """Seconds, steps and tokens by side, and what was read."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.steps = 0
        self.tokens: dict[str, int] = {}
        self.rows = 0

    def add(self, side: str, seconds: float) -> None:
        self.seconds[side] = self.seconds.get(side, 0.0) + seconds

    def rate(self, *sides: str) -> float:
        """Events a second of the sides together."""
        return self.steps / max(1e-9, sum(self.seconds.get(side, 0.0) for side in sides))


def measure(row: TraceRow, all_rows: Sums, long_rows: Sums, count: Callable[[str], int]) -> float | None:
    """Times every side on one trace; the seconds that the program's model took, None for what cannot be told."""
    spent_decoding, execution = timed(lambda: execution_of_row(row, decode(row.log)))
    read_program.cache_clear()
    model, _ = timed(lambda: read_program(execution.source))
    events = len(execution.trace.events)
    sums = [all_rows, *([long_rows] if events >= LONG else [])]
    try:
        told = {
            style: timed(lambda style=style: narrate_within(execution, style=style, count=count))  # type: ignore[misc]
            for style in ("steps", "story", "state")
        }
    except NarrationError:
        return None
    spent_floor, plain = timed(lambda: floor(execution))
    spent_cwm, frames = timed(lambda: render_cwm(execution))
    for each in sums:
        each.rows += 1
        each.steps += events
        each.add("decode", spent_decoding)
        each.add("floor", spent_floor)
        each.add("cwm", spent_cwm)
        for style, (seconds, _) in told.items():
            each.add(style, seconds)
    for style, (_, narration) in told.items():
        spent, report = timed(
            lambda style=style, narration=narration: check(  # type: ignore[misc]
                execution, narration.explanation, narration.answer, style=style
            )
        )
        if report.problems:
            raise SystemExit(f"{row.execution_id}: the checker refuses the style {style}: {report.problems[0]}")
        texts = {"floor": plain, "cwm": frames, style: narration.explanation}
        for each in sums:
            each.add(f"check {style}", spent)
            if style == "steps":
                each.tokens.update({side: each.tokens.get(side, 0) + count(text) for side, text in texts.items()})
            else:
                each.tokens[style] = each.tokens.get(style, 0) + count(narration.explanation)
    return model


def table(name: str, sums: Sums) -> list[str]:
    """The lines of one table."""
    lines = [f"### {name}: {sums.rows:,} traces, {sums.steps:,} events", ""]
    lines += ["| what | events/s | times the floor's cost | tokens/s |", "| --- | ---: | ---: | ---: |"]
    floor_rate = sums.rate("floor")
    for side in ("floor", "cwm", "steps", "story", "state"):
        seconds = max(1e-9, sums.seconds.get(side, 0.0))
        told = sums.tokens.get(side, 0) / seconds
        lines.append(f"| {side} | {sums.rate(side):,.0f} | {floor_rate / sums.rate(side):.1f} | {told:,.0f} |")
    for style in ("steps", "story", "state"):
        rate = sums.rate(style, f"check {style}")
        lines.append(f"| {style}, narrated and checked | {rate:,.0f} | {floor_rate / rate:.1f} | |")
    return [*lines, ""]


def main() -> int:
    """Prints the tables, and as the last line one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="a corpus that `nlex build` wrote")
    parser.add_argument("--most", type=int, default=1_000, metavar="N", help="use at most N traces (1,000)")
    parser.add_argument("--sandbox", type=int, default=0, metavar="N", help="run N executions anew in the sandbox (0)")
    args = parser.parse_args()
    count = token_counter(DEFAULT_TOKENIZER)
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    all_rows, long_rows, models = Sums(), Sums(), []
    snoop_seconds = snoop_lines = our_seconds = our_lines = 0.0
    again: list[TraceRow] = []
    again_seconds = 0.0
    stride = max(1, args.most // max(1, args.sandbox))
    for row in traces(args.corpus, args.most):
        before = sum(all_rows.seconds.get(side, 0.0) for side in ("steps", "check steps"))
        model = measure(row, all_rows, long_rows, count)
        if model is None:
            continue
        models.append(model)
        if len(again) < args.sandbox and len(models) % stride == 0:
            again.append(row)
            again_seconds += sum(all_rows.seconds[side] for side in ("steps", "check steps")) - before
        if row.source == OURS and row.kind == "function" and row.verdict == "ok":
            spent, lines = snooped(row.code, row.input)
            snoop_seconds += spent
            snoop_lines += lines
            our_seconds += sum(all_rows.seconds[side] for side in ("steps", "check steps")) - before
            our_lines += row.events
    print("\n".join([*table("All traces", all_rows), *table(f"Traces of {LONG:,} events and more", long_rows)]))
    print(f"Program model: {1e3 * statistics.median(models):.1f} ms at the median of {len(models):,}, once a program.")
    figures: dict[str, Any] = {
        "rows": all_rows.rows,
        "events": all_rows.steps,
        "model_ms_median": round(1e3 * statistics.median(models), 2),
        "load": os.getloadavg()[0],
    }
    for name, sums in (("all", all_rows), ("long", long_rows)):
        for style in ("steps", "story", "state"):
            rate = sums.rate(style, f"check {style}")
            figures[f"{name}_{style}_events_per_s"] = round(rate)
            figures[f"{name}_{style}_times_floor"] = round(sums.rate("floor") / max(1e-9, rate), 2)
    if snoop_lines:
        figures["pysnooper_lines_per_s"] = round(snoop_lines / snoop_seconds)
        figures["ours_on_the_same_events_per_s"] = round(our_lines / our_seconds)
        theirs, ours = snoop_lines / snoop_seconds, our_lines / our_seconds
        print(
            f"PySnooper, tracing and formatting {snoop_lines:,.0f} lines of bundled calls: {theirs:,.0f} lines/s; "
            f"steps narrated and checked from their traces: {ours:,.0f} events/s, {ours / theirs:.2f} times as many."
        )
    if again:
        spent = sandboxed(again)
        figures |= {"again": len(again), "sandbox_ms": round(1e3 * spent / len(again), 2)}
        figures["narrate_check_ms"] = round(1e3 * again_seconds / len(again), 2)
        print(
            f"{len(again)} executions, each: {figures['sandbox_ms']} ms to run and trace in the process sandbox, "
            f"{figures['narrate_check_ms']} ms to narrate in steps and check: {again_seconds / spent:.2f} of it."
        )
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
