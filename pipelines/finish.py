"""The last step of a build: from the parts of all units to shards, card, metrics and, last of all, the manifest."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from pipelines.balance import balance_table, executions_of, metrics_of, reject_rate
from pipelines.card import make_card
from pipelines.command_line import build_command_line
from pipelines.manifest import CARD, MANIFEST, make_manifest, write_manifest, write_text_atomically
from pipelines.measures import sum_measures
from pipelines.merge import merge
from pipelines.options import BuildOptions
from pipelines.parts import part_counts, write_bytes_atomically
from pipelines.plan import Plan

METRICS_FILE = "metrics.json"


class TooManyRejects(Exception):
    """More of the executions have no example than the user allows."""


def _check_rejects(executions: Mapping[str, Any], max_reject_rate: float) -> None:
    if (rate := reject_rate(executions)) > max_reject_rate:
        table = balance_table(executions)
        raise TooManyRejects(f"{rate:.1%} of all are rejects, more than the {max_reject_rate:.1%} allowed:\n{table}")


def finish_corpus(
    plan: Plan, parts: Sequence[Path], options: BuildOptions, output: Path, max_reject_rate: float
) -> dict[str, Any]:
    """Writes a corpus from the parts of all units, in their order, and returns its manifest.

    Raises:
        TooManyRejects: a larger share of all executions than `max_reject_rate` has no example; nothing is written.
    """
    measures = sum_measures(parts)
    executions = executions_of(plan, measures)
    _check_rejects(executions, max_reject_rate)
    (output / MANIFEST).unlink(missing_ok=True)
    shards, counts = merge([*plan.rejects, *parts], output)
    manifest = make_manifest(options, plan, shards, counts, build_command_line(options)) | {"executions": executions}
    write_text_atomically(output / CARD, make_card(shards, manifest, output).encode())
    metrics = metrics_of(measures, len(plan.units))
    write_bytes_atomically(output / METRICS_FILE, orjson.dumps(metrics, option=orjson.OPT_INDENT_2) + b"\n")
    write_manifest(output, manifest)
    return manifest


def failed_parts(parts: Sequence[Path]) -> list[Path]:
    """The parts in which the sandbox failed: a later build is to try them again."""
    return [part for part in parts if any(reason == "sandbox/sandbox_error" for *_, reason in part_counts(part))]
