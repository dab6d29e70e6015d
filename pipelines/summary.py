"""The table that ends a build: what came out by config and split, and what did not by reason."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pipelines.balance import balance_table
from schemas.configs import SPLITS


def summary_table(manifest: Mapping[str, Any]) -> str:
    """The counts of a manifest for a person."""
    lines = [f"{'':20}" + "".join(f"{split:>12}" for split in SPLITS) + f"{'all':>12}"]
    for config, splits in manifest["counts"].items():
        numbers = [splits.get(split, 0) for split in SPLITS]
        lines.append(f"{config:20}" + "".join(f"{number:>12,}" for number in [*numbers, sum(numbers)]))
    if "executions" in manifest:
        lines += ["", balance_table(manifest["executions"])]
    elif manifest["rejects"]:
        lines += ["", "rejects by stage and reason"]
        for reason, number in sorted(manifest["rejects"].items(), key=lambda item: (-item[1], item[0])):
            lines.append(f"  {reason:40} {number:>8,}")
    left_out = left_out_counts(manifest)
    if left_out:
        lines += ["", "left out without a reject"]
        lines += [f"  {reason:40} {number:>8,}" for reason, number in left_out.items()]
    return "\n".join(lines)


def left_out_counts(manifest: Mapping[str, Any]) -> dict[str, int]:
    """What the sources hold that is no fault and was not wanted, by reason, most first."""
    counts: Counter[str] = Counter()
    for source in manifest["sources"].values():
        counts.update(source["left_out"])
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def build_report(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The same for machines: rows, examples and rejects by reason."""
    return {
        "rows": sum(count["rows"] for count in manifest["sources"].values()),
        "executions": sum(count["executions"] for count in manifest["sources"].values()),
        "balance": manifest.get("executions", {}),
        "examples": sum(manifest["counts"]["nlex"].values()),
        "counts": manifest["counts"],
        "rejects": manifest["rejects"],
        "left_out": left_out_counts(manifest),
    }
