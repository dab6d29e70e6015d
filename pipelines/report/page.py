"""Puts the figures of a corpus, their charts and some rows on one HTML page."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2

from pipelines.card.samples import samples
from pipelines.merge import Shard
from pipelines.report import charts
from pipelines.report.figures import COMPARED, QUANTILES, Figures
from pipelines.summary import left_out_counts
from schemas.configs import SPLITS

_LENGTHS = {
    "events": "Traces by events, in bins that double.",
    "tokens": "Examples by tokens of prompt, explanation and answer, in bins that double.",
    "steps": "Examples by steps of the explanation, in bins that double.",
}
_QUANTILE_NAMES = dict(zip(QUANTILES, ("least", "10%", "median", "90%", "99%", "most"), strict=True))


def _drawn(figures: Figures, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The charts that there is something for, by the name of their place on the page."""
    most_first = {
        "verdicts": (figures.verdicts, "executions"),
        "rejects": (manifest["rejects"], "rows"),
        "features": ({name: number for name, number in figures.features.items() if number}, "programs"),
    }
    for name, (counts, title) in most_first.items():
        if counts:
            ordered = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
            yield name, charts.bars(name, ordered, title)
    for name, by_style in figures.spreads.items():
        if by_style:
            bins = {style: spread.bins for style, spread in by_style.items()}
            yield name, charts.histogram(name, bins, name)
    if figures.tokens_an_event:
        yield "tokens_an_event", charts.ranges("tokens_an_event", figures.tokens_an_event, "tokens an event")
        yield "fits", charts.shares("fits", figures.fits, "share of examples")
    if figures.stages:
        yield "stages", charts.bars("stages", figures.stages, "seconds", ",.1f")


def make_page(corpus: Path, manifest: Mapping[str, Any], figures: Figures) -> str:
    """The page of a corpus; it asks for nothing else, from the network or from disk."""
    files: dict[str, dict[str, list[Shard]]] = defaultdict(lambda: defaultdict(list))
    sizes: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for listed in manifest["files"]:
        shard = Shard(**listed)
        files[shard.config][shard.split].append(shard)
        sizes[shard.config][0] += 1
        sizes[shard.config][1] += shard.bytes
    tokens = sum(each["tokens"] for each in manifest["mixture"]["style"].values())
    tiles = [
        (sum(manifest["counts"]["nlex"].values()), "examples"),
        (tokens, f"tokens ({manifest['options']['tokenizer']})"),
        (sum(manifest["counts"]["traces"].values()), "traces"),
        (figures.programs, "programs"),
        (sum(manifest["counts"]["rejects"].values()), "rejects"),
    ]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), undefined=jinja2.StrictUndefined, autoescape=True
    )
    return environment.get_template("page.html.jinja").render(
        title=f"Corpus {corpus.resolve().name}",
        manifest=manifest,
        versions=manifest["versions"],
        splits=SPLITS,
        sizes=sizes,
        tiles=[(f"{number:,}", what) for number, what in tiles],
        figures=figures,
        charts=dict(_drawn(figures, manifest)),
        lengths=_LENGTHS.items(),
        left_out=left_out_counts(manifest),
        quantiles=_QUANTILE_NAMES.values(),
        unused=[name for name, number in figures.features.items() if not number],
        compared=COMPARED - 1,
        samples=list(samples(corpus, files)),
    )
