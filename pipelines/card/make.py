"""Fills the card's template with the manifest and some rows of the corpus."""

import functools
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from pipelines.card.head import card_head
from pipelines.card.samples import samples
from pipelines.merge import Shard
from pipelines.mixture import mixture_lines
from pipelines.summary import left_out_counts
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
_SOURCES_SHOWN = 60


def _cell(text: str) -> str:
    """A text as a cell of a Markdown table."""
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def _fenced(text: str, language: str) -> str:
    """A text as a block of code, fenced by more backticks than it has anywhere."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters |= {"cell": _cell, "fenced": _fenced}
    return environment.get_template("card.md.jinja")


def _limits(options: Mapping[str, Any]) -> str:
    seconds = options["time_limit_s"]
    time = f"{seconds:g} processor seconds" if seconds else "the source's own time limit, else 10 processor seconds"
    if options["limit_scale"] != 1:
        time += f" (times {options['limit_scale']:g})"
    return f"{time}, {options['max_events']:,} events, {options['max_trace_bytes']:,} bytes of trace"


def _executions(manifest: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The balance of a build; a rendering runs nothing and has none."""
    executions = manifest.get("executions")
    if executions is None:
        return []
    return [
        ("inputs of the sources", executions["inputs"]),
        ("inputs made from them", executions["made"]),
        ("rows without an input", executions["rows_without_input"]),
        ("rows that could not be read", executions["rows_unread"]),
        ("told in some style", executions["told"]),
        ("rejects", sum(executions["rejects"].values())),
        *((f"verdict `{verdict}`", number) for verdict, number in executions["verdicts"].items()),
        ("events recorded", executions["events"]),
        ("tokens of the examples", executions["tokens"]),
    ]


def make_card(shards: Sequence[Shard], manifest: Mapping[str, Any], output: Path) -> str:
    """The card of a corpus whose shards lie in `output`; configs without rows are left out."""
    found: dict[str, dict[str, list[Shard]]] = defaultdict(lambda: defaultdict(list))
    for shard in shards:
        found[shard.config][shard.split].append(shard)
    files = {config: dict(found[config]) for config in CONFIGS if config in found}
    options = manifest["options"]
    licences = [(name, source, rows) for name, of in manifest["licences"].items() for source, rows in of.items()]
    licences.sort(key=lambda each: (-each[2], each[:2]))
    first = next(iter(files), "nlex")
    return _template().render(
        head=card_head(files, manifest["licences"], options["styles"]),
        files=files,
        first=first,
        first_split=next(iter(files.get(first, ())), "train"),
        rows={config: sum(counts.values()) for config, counts in manifest["counts"].items()},
        about=_ABOUT,
        manifest=manifest,
        versions=manifest["versions"],
        options=options,
        curation=options["curation"],
        limits=_limits(options),
        styles=", ".join(f"`{style}`" for style in options["styles"]),
        executions=_executions(manifest),
        mixture=mixture_lines(manifest["mixture"]),
        licences=licences[:_SOURCES_SHOWN],
        more_licences=len(licences[_SOURCES_SHOWN:]),
        samples=list(samples(output, files)),
        rejects=sorted(manifest["rejects"].items(), key=lambda item: (-item[1], item[0])),
        left_out=list(left_out_counts(manifest).items()),
        contaminated=manifest["rejects"].get("select/contaminated", 0),
    )
