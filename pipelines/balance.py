"""The balance of a build: every input of the sources is told or is a reject with a reason; nothing is lost."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.measures import STAGES, Measures
from pipelines.parts import part_counts
from pipelines.plan import Plan


def executions_of(plan: Plan, measures: Measures) -> dict[str, Any]:
    """What the manifest says of executions; `METRICS` of `pipelines.measures` says what each count is.

    `inputs` are those that the sources give, `rows_unread` what could not be read as a row at all; together with
    `made` and `rows_without_input` they are `told` and the `rejects` of all reasons.
    """
    unread = _unread(plan.rejects)
    counts = measures.counts()
    return {
        "inputs": sum(count.executions for count in plan.files.values()),
        "rows_unread": unread.total(),
        **counts,
        "rejects": dict(sorted((Counter(counts["rejects"]) + unread).items())),
    }


def _unread(parts: Sequence[Path]) -> Counter[str]:
    reasons: Counter[str] = Counter()
    for part in parts:
        for (*_, reason), number in part_counts(part).items():
            reasons[reason] += number
    return reasons


def to_account_for(executions: Mapping[str, Any]) -> int:
    """All that must have ended as told or as a reject."""
    names = ("inputs", "made", "rows_unread", "rows_without_input")
    return sum(int(executions[name]) for name in names)


def unaccounted(executions: Mapping[str, Any]) -> int:
    """How many have not; anything but zero is a fault of ours."""
    return to_account_for(executions) - int(executions["told"]) - sum(map(int, executions["rejects"].values()))


def reject_rate(executions: Mapping[str, Any]) -> float:
    """The share that are rejects."""
    return float(sum(executions["rejects"].values()) / max(1, to_account_for(executions)))


def balance_table(executions: Mapping[str, Any]) -> str:
    """What came in and what became of it, by reason, for a person."""
    ins = [
        ("inputs of the sources", executions["inputs"]),
        ("inputs made from them", executions["made"]),
        ("rows that could not be read", executions["rows_unread"]),
        ("rows with no input to run on", executions["rows_without_input"]),
    ]
    rejects = sorted(executions["rejects"].items(), key=lambda item: (-item[1], item[0]))
    outs = [("told", executions["told"]), *((f"reject {reason}", number) for reason, number in rejects)]
    lines = [f"{'in':44}{'':>12}"]
    lines += [f"  {name:42}{number:>12,}" for name, number in ins if number or name == ins[0][0]]
    lines += ["out", *(f"  {name:42}{number:>12,}" for name, number in outs)]
    if missing := unaccounted(executions):
        lines.append(f"  {'NOT ACCOUNTED FOR, a fault of ours':42}{missing:>12,}")
    return "\n".join(lines)


def metrics_of(measures: Measures, units: int) -> dict[str, Any]:
    """What `metrics.json` holds: the counts, and the worker seconds of each stage."""
    seconds = {name: round(measures.seconds[name], 3) for name in STAGES}
    return {"units": units, **measures.counts(), "stages": seconds}
