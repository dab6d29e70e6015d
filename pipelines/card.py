"""The dataset card: a README whose YAML head tells `datasets` the configs and splits of a corpus."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.merge import Shard
from pipelines.mixture import mixture_lines
from schemas.configs import CONFIGS

_ABOUT = {
    "nlex": "executions told step by step in chat form; every claim was checked against the trace",
    "output_prediction": "programs with an input and what they truly print or return",
    "solve": "problem statements with public and hidden tests",
    "next_line": "side task: which line runs next",
    "variable_value": "side task: what a name holds at a moment",
    "branch": "side task: which way a condition goes, and the values that decide it",
    "input_from_output": "side task: an input that gives this output",
    "traces": "the trace log of each execution, beside columns to filter by",
    "rejects": "what did not become an example, with stage, reason and the claim that failed",
}


def _head(files: Mapping[str, Mapping[str, Sequence[Shard]]]) -> list[str]:
    lines = ["---", "annotations_creators:", "- machine-generated", "language:", "- en", "tags:", "- code", "configs:"]
    for config, splits in files.items():
        lines += [f"- config_name: {config}"]
        if config == "nlex":
            lines += ["  default: true"]
        lines += ["  data_files:"]
        for split in splits:
            lines += [f"  - split: {split}", f"    path: {config}/{split}-*.parquet"]
    return [*lines, "---"]


def _telling(options: Mapping[str, Any]) -> str:
    styles = ", ".join(f"`{style}`" for style in options["styles"])
    limit = f", at most {options['max_tokens']:,} tokens a row" if options["max_tokens"] else ""
    return f"style {styles}{limit}; tokens are those of `{options['tokenizer']}`"


def make_card(shards: Sequence[Shard], manifest: Mapping[str, Any]) -> str:
    """The card of a corpus; configs without rows are left out."""
    files: dict[str, dict[str, list[Shard]]] = defaultdict(lambda: defaultdict(list))
    for shard in shards:
        files[shard.config][shard.split].append(shard)
    ordered = {config: files[config] for config in CONFIGS if config in files}
    lines = _head(ordered) if ordered else []
    lines += ["", "# Natural-language execution traces", ""]
    lines += ["Programs, inputs, and what truly happened, as prose in which every claim was checked.", ""]
    lines += ["| config | split | rows | what a row is |", "| --- | --- | ---: | --- |"]
    for config, splits in ordered.items():
        for split, of_split in splits.items():
            lines += [f"| `{config}` | {split} | {sum(shard.rows for shard in of_split):,} | {_ABOUT[config]} |"]
    if manifest["counts"]["nlex"]:
        lines += ["", "## What the examples are", "", *mixture_lines(manifest["mixture"])]
        lines += ["", f"{manifest['made_inputs']:,} examples run on inputs made from those of the source."]
    versions = manifest["versions"]
    lines += ["", f"Python {versions['python']}, tracer {versions['tracer']}, {_telling(manifest['options'])}."]
    lines += ["Each row names its source and licence. `manifest.json` has options, counts and checksums."]
    return "\n".join(lines) + "\n"
