"""The table that ends a build: what came out by config and split, and what did not by reason."""

from collections.abc import Mapping
from typing import Any

from schemas.configs import SPLITS


def summary_table(manifest: Mapping[str, Any]) -> str:
    """The counts of a manifest for a person."""
    lines = [f"{'':20}" + "".join(f"{split:>12}" for split in SPLITS) + f"{'all':>12}"]
    for config, splits in manifest["counts"].items():
        numbers = [splits.get(split, 0) for split in SPLITS]
        lines.append(f"{config:20}" + "".join(f"{number:>12,}" for number in [*numbers, sum(numbers)]))
    if manifest["rejects"]:
        lines += ["", "rejects by stage and reason"]
        for reason, number in sorted(manifest["rejects"].items(), key=lambda item: (-item[1], item[0])):
            lines.append(f"  {reason:40} {number:>8,}")
    return "\n".join(lines)


def build_report(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The same for machines: rows, examples and rejects by reason."""
    return {
        "rows": sum(count["rows"] for count in manifest["sources"].values()),
        "executions": sum(count["executions"] for count in manifest["sources"].values()),
        "examples": sum(manifest["counts"]["nlex"].values()),
        "counts": manifest["counts"],
        "rejects": manifest["rejects"],
    }
