"""Tells stored traces again: row group by row group, in as many processes as there are cores, running no program."""

import gc
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines.card import make_card
from pipelines.command_line import render_command_line
from pipelines.identity import content_hash, rendering_version, sha256_of
from pipelines.manifest import CARD, MANIFEST, make_manifest, read_manifest, write_manifest, write_text_atomically
from pipelines.merge import merge
from pipelines.options import BuildOptions
from pipelines.parts import Entry, Workspace, write_part
from pipelines.plan import Plan
from pipelines.questions import question_rows
from pipelines.select import INPUT_SHOWN, example_id
from pipelines.tell import example
from pipelines.tokens import tokenizer_identity
from pipelines.told import Untold
from pipelines.verify_rows import execution_of_row
from schemas.columns import from_row
from schemas.nlex import ExampleRow
from schemas.reject import RejectRow
from schemas.trace_row import TraceRow
from tracer.wire import WireError, decode, read_end


class RenderError(Exception):
    """Traces that cannot be rendered; the message says what to do."""


@dataclass(frozen=True)
class Group:
    """A row group of stored traces, and the part that its prose is to leave."""

    shard: Path
    group: int
    split: str
    part: Path


def trace_shards(folder: Path) -> list[Path]:
    """The shards of a corpus's traces; `folder` is the corpus or its `traces` folder.

    Raises:
        RenderError: there are none, or they are of another version.
    """
    inner = folder / "traces"
    shards = sorted((inner if inner.is_dir() else folder).glob("*.parquet"))
    if not shards:
        raise RenderError(f"{folder} holds no traces: give a corpus that `nlex build` wrote, or its `traces` folder")
    wanted = set(TraceRow.__dataclass_fields__)
    for shard in shards:
        missing = sorted(wanted - set(pq.read_schema(shard).names))
        if missing:
            raise RenderError(f"{shard} lacks {', '.join(missing)}: it is of another version; build the corpus again")
    return shards


def _groups(shards: list[Path], options: BuildOptions, workspace: Workspace) -> list[Group]:
    found: list[Group] = []
    telling = content_hash(
        options.seed,
        options.styles,
        options.max_tokens,
        tokenizer_identity(options.tokenizer),
        options.side_tasks,
        rendering_version(),
    )
    for shard in shards:
        digest, split = sha256_of(shard), shard.name.partition("-")[0]
        for group in range(pq.ParquetFile(shard).num_row_groups):
            key = content_hash(digest, group, telling)
            found.append(Group(shard, group, split, workspace.prose(f"r{len(found):05d}", key)))
    return found


def _command(folder: Path, options: BuildOptions) -> str:
    """The commands that make the corpus again: the build's, if its manifest is there, and the rendering's."""
    corpus = folder if (folder / MANIFEST).exists() else folder.parent
    built = f"{read_manifest(corpus)['command']}\n" if (corpus / MANIFEST).exists() else ""
    return built + render_command_line(options)


def _options(folder: Path, options: BuildOptions) -> BuildOptions:
    """The options of the build that the traces come from, with those of this telling."""
    corpus = folder if (folder / MANIFEST).exists() else folder.parent
    if not (corpus / MANIFEST).exists():
        return options
    built: dict[str, Any] = read_manifest(corpus)["options"]
    kept = {name: built[name] for name in ("limit", "sandbox", "max_events", "max_trace_bytes", "time_limit_s")}
    return replace(options, sources=tuple(built["sources"]), **kept)


def _reject(row: TraceRow, why: Untold, style: str = "steps") -> RejectRow:
    return RejectRow(
        id=example_id(row.execution_id, style),
        stage=why.stage,
        reason=why.reason,
        message=why.message,
        location=f"traces/{row.id}",
        input=row.input[:INPUT_SHOWN],
        claim=why.claim,
        problem_id=row.problem_id,
        solution_id=row.solution_id,
    )


def _entries(row: TraceRow, split: str, options: BuildOptions) -> Iterator[Entry]:
    """A trace and what can be told of it."""
    yield Entry("traces", split, "traces", row)
    try:
        if row.integrity != "complete":
            mark, _ = read_end(row.log)
            why = Untold("trace", f"trace_{mark}", f"the trace reached its limit of {mark}")
            yield Entry("rejects", split, "traces", _reject(row, why))
            return
        execution = execution_of_row(row, decode(row.log))
    except WireError as error:
        why = Untold("trace", "trace_unreadable", str(error))
        yield Entry("rejects", split, "traces", _reject(row, why))
        return
    for question in question_rows(row, execution, options.side_tasks, options.seed):
        yield Entry(question.task, split, "traces", question)
    for style in options.styles:
        told = example(row, execution, style, options)
        if isinstance(told, ExampleRow):
            yield Entry("nlex", split, "traces", told)
        else:
            yield Entry("rejects", split, "traces", _reject(row, told, style))


def render_group(group: Group, options: BuildOptions) -> int:
    """Tells the traces of a row group and leaves its part; how many they are."""
    rows = pq.ParquetFile(group.shard).read_row_group(group.group).to_pylist()
    if not group.part.exists():
        write_part(group.part, [e for row in rows for e in _entries(from_row(TraceRow, row), group.split, options)])
    return len(rows)


def _settle() -> None:
    """Spares a worker's collector the objects that stay."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def render(
    folder: Path,
    output: Path,
    options: BuildOptions,
    *,
    workers: int = 1,
    begin: Callable[[int], object] = lambda rows: None,
    done: Callable[[int], object] = lambda rows: None,
) -> Mapping[str, Any]:
    """Writes a corpus of stored traces told anew, or finishes one that was begun; returns its manifest.

    Args:
        begin, done: told the number of rows in all, and after each row group how many it had.

    Raises:
        RenderError: there are no such traces.
    """
    shards = trace_shards(folder)
    if output.resolve() in (folder.resolve(), folder.resolve().parent):
        raise RenderError(f"{output} holds the traces themselves: name another folder for what is told of them")
    options = _options(folder, options)
    workspace = Workspace(output)
    workspace.make()
    groups = _groups(shards, options, workspace)
    begin(sum(pq.ParquetFile(shard).metadata.num_rows for shard in shards))
    if workers == 1:
        for group in groups:
            done(render_group(group, options))
    else:
        with ProcessPoolExecutor(workers, initializer=_settle) as pool:
            for future in as_completed([pool.submit(render_group, group, options) for group in groups]):
                done(future.result())
    (output / MANIFEST).unlink(missing_ok=True)
    written, counts = merge([group.part for group in groups], output)
    manifest = make_manifest(options, Plan(), written, counts, _command(folder, options))
    write_text_atomically(output / CARD, make_card(written, manifest, output).encode())
    write_manifest(output, manifest)
    return manifest
