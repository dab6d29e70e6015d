"""`nlex build`: plan, run the units, merge the parts, write card and manifest."""

import argparse
import fcntl
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import orjson

from pipelines.balance import unaccounted
from pipelines.beam_run import UnitFailed, beam_arguments, forked_workers, quiet_logging, run_units
from pipelines.curation.arguments import curation_of
from pipelines.exit_codes import DONE, ENVIRONMENT, FOUND_WRONG, INTERRUPTED, USAGE
from pipelines.finish import TooManyRejects, failed_parts, finish_corpus
from pipelines.fresh_start import begin, drop_prose
from pipelines.measures import Measures, measures_beside
from pipelines.options import BuildOptions
from pipelines.parts import Workspace
from pipelines.plan import Plan, make_plan
from pipelines.progress import Progress
from pipelines.pulse import PULSE_FOLDER
from pipelines.remote.build import RemoteBuildError, build_remote
from pipelines.sources.containers import is_url
from pipelines.sources.locate import SourceError
from pipelines.summary import build_report, summary_table
from pipelines.tokens import TokenizerError, token_counter
from pipelines.unit import Task, part_key
from pipelines.watchdog import end_at_once, watch_workers
from pipelines.worker_log import stderr_for_us
from pipelines.worker_sandbox import close_worker_sandboxes, worker_sandbox
from sandbox import SandboxUnavailable, observe
from schemas.job import Limits, Program

_LOCAL = "file://"
_ORPHANS_END_S = 10
_RESUME = "Run the same command again: it goes on where this one stopped."


class BusyError(Exception):
    """Another build is at work in the same folder."""


def build(
    options: BuildOptions,
    output: Path,
    *,
    workers: int = 1,
    beam: Sequence[str] = (),
    max_reject_rate: float = 1.0,
) -> dict[str, Any]:
    """Builds a corpus, or finishes one that was begun, and returns its manifest.

    Raises:
        TooManyRejects: a larger share of all executions than `max_reject_rate` has no example; no shard is written.
        SourceError: a source that cannot be found.
        SandboxUnavailable, UnitFailed: this machine cannot run the programs, or a worker failed.
        BusyError: another build is at work in `output`.
    """
    workspace = Workspace(output)
    workspace.root.mkdir(parents=True, exist_ok=True)
    with (workspace.root / "lock").open("w") as lock:
        _take(lock, output)
        workspace.make()
        if said := begin(workspace, options):
            print(f"nlex: {said}", file=sys.stderr)
        plan = make_plan(options, workspace)
        parts = _run(plan, options, workspace, beam_arguments(workers, beam), max_reject_rate)
        manifest = finish_corpus(plan, parts, options, output, max_reject_rate)
        workspace.kept_now()
        _forget(parts, plan, workspace)
    return manifest


def _take(lock: IO[str], output: Path) -> None:
    """Locks the folder; the workers of a build that was killed hold it until they notice, about a second later."""
    patience = time.monotonic() + _ORPHANS_END_S
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > patience:
                raise BusyError(f"another build is at work in {output}; wait for it, or name another folder") from None
        time.sleep(0.1)


def _give_up(measures: Measures, max_reject_rate: float) -> None:
    """Ends the build from the progress thread, for Beam's local runner hears of nothing before it is done."""
    often = ", ".join(f"{reason} {number}" for reason, number in measures.rejects.most_common(5))
    print(
        f"\nnlex: {measures.reject_rate:.1%} of the first {measures.executions:,} executions are rejects, more "
        f"than the {max_reject_rate:.1%} of --max-reject-rate: {often}. What is done is kept: mend the source or allow "
        "more, and run the command again.",
        file=sys.stderr,
    )
    end_at_once(FOUND_WRONG)


def _run(
    plan: Plan, options: BuildOptions, workspace: Workspace, arguments: Sequence[str], max_reject_rate: float
) -> list[Path]:
    """Runs the units that have no part yet; returns all parts in order."""
    tasks = [Task(unit, part_key(unit, options)) for unit in plan.units]
    parts = {workspace.prose(task.unit.bucket, task.key): task.unit for task in tasks}
    missing = [task for task in tasks if not workspace.prose(task.unit.bucket, task.key).exists()]
    if missing:
        log = workspace.root / "workers.log"
        log.unlink(missing_ok=True)
        with stderr_for_us(log), forked_workers(arguments) as workers:
            _greet(options)
            if workers is not None:
                close_worker_sandboxes()
            stop = watch_workers(f"What it said is in {log}. {_RESUME}", workspace.root / PULSE_FOLDER, workers)
            try:
                with Progress(parts, max_reject_rate, lambda measures: _give_up(measures, max_reject_rate)):
                    run_units(missing, options, workspace.output, arguments, workers)
            finally:
                stop()
                close_worker_sandboxes()
    return list(parts)


def _greet(options: BuildOptions) -> None:
    """Runs one small job, so that a machine without a sandbox is told so before anything else starts."""
    program = Program("stdin", "print(input())")
    seen = observe(worker_sandbox(options.sandbox_config()), program, stdin="ready\n", limits=Limits(), trace=False)
    if seen.outcome.verdict != "ok" or seen.outcome.stdout != b"ready\n":
        said = seen.outcome.detail or seen.outcome.stderr_tail.decode("utf-8", "replace")
        raise SandboxUnavailable(f"a first small program ended as {seen.outcome.verdict}: {said}")


def _forget(parts: Sequence[Path], plan: Plan, workspace: Workspace) -> None:
    """Drops the spool, parts of earlier builds, and those in which the sandbox failed: a later build tries again."""
    shutil.rmtree(workspace.root / "spool")
    drop_prose(workspace, keep=(*parts, *plan.rejects))
    for part in failed_parts(parts):
        part.unlink()
        measures_beside(part).unlink(missing_ok=True)


def default_workers() -> int:
    """One worker for each core that this process may use."""
    return len(os.sched_getaffinity(0))


def _build_at(args: argparse.Namespace, options: BuildOptions, beam: Sequence[str]) -> dict[str, Any] | None:
    """Builds in a folder or at a URL; None where a template was written and nothing was run."""
    if is_url(args.output) and not args.output.startswith(_LOCAL):
        return build_remote(options, args.output, beam, args.max_reject_rate)
    workers = args.workers or default_workers()
    return build(
        options,
        Path(args.output.removeprefix(_LOCAL)),
        workers=workers,
        beam=beam,
        max_reject_rate=args.max_reject_rate,
    )


def options_of(args: argparse.Namespace) -> BuildOptions:
    """The options that the arguments of `nlex build` ask for."""
    return BuildOptions(
        sources=tuple(args.source),
        limit=args.limit,
        seed=args.seed,
        sandbox=args.sandbox,
        max_events=args.max_events,
        max_trace_bytes=args.max_trace_bytes,
        styles=args.styles,
        max_tokens=args.max_tokens,
        tokenizer=args.tokenizer,
        side_tasks=args.side_tasks,
        time_limit_s=args.time_limit,
        limit_scale=args.limit_scale,
        docker_runtime=args.docker_runtime,
        sandbox_min_level=args.sandbox_min_level,
        curation=curation_of(args),
    )


def run_build_command(args: argparse.Namespace, beam: Sequence[str]) -> int:
    """Runs `nlex build` and returns its exit code."""
    quiet_logging()
    options = options_of(args)
    try:
        token_counter(options.tokenizer)
        manifest = _build_at(args, options, beam)
    except (SourceError, TokenizerError, RemoteBuildError) as error:
        return _fail(str(error), USAGE)
    except (SandboxUnavailable, BusyError) as error:
        return _fail(f"{error}", ENVIRONMENT)
    except OSError as error:
        return _fail(f"{error}\n{_RESUME}", ENVIRONMENT)
    except TooManyRejects as error:
        return _fail(str(error), FOUND_WRONG)
    except KeyboardInterrupt:
        print(f"\nnlex: interrupted. {_RESUME}", file=sys.stderr)
        end_at_once(INTERRUPTED)
    except UnitFailed as error:
        return _fail(f"{error}\n{_RESUME}", ENVIRONMENT if error.by_machine else FOUND_WRONG)
    if manifest is None:
        print(f"The template is written; the jobs started from it leave the corpus in {args.output}.")
        return DONE
    print(summary_table(manifest))
    print(f"\n{args.output}: {sum(shard['bytes'] for shard in manifest['files']):,} bytes of shards")
    if args.json:
        print(orjson.dumps(build_report(manifest)).decode())
    return FOUND_WRONG if unaccounted(manifest["executions"]) else DONE


def _fail(message: str, code: int) -> int:
    print(f"nlex: {message}", file=sys.stderr)
    return code
