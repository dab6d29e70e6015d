"""Writes what an evaluation found: JSON for programs, Markdown and plots for people."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from train.evaluation.result import Result, Score
from train.watch.transcripts import write_transcripts

RESULT = "result.json"


def result_json(result: Result, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The result as plain data: settings, scores by title, counts, problems."""
    return {
        "task": result.task,
        "settings": dict(settings),
        "samples": result.samples,
        "scores": {score.title: asdict(score.interval) for score in result.scores},
        "counts": result.counts,
        "problems": result.problems,
    }


def markdown(result: Result, settings: Mapping[str, Any]) -> str:
    """A page with a table of scores, one of counts, and how it was measured."""
    plain = {"programs an episode"}
    lines = [f"# {result.task}", "", "| score | mean | 95% interval |", "| --- | ---: | ---: |"]
    for score in result.scores:
        one = score.interval
        if score.name in plain:
            lines.append(f"| {score.title} | {one.mean:.2f} | {one.low:.2f} to {one.high:.2f} |")
        else:
            lines.append(f"| {score.title} | {one.mean:.1%} | {one.low:.1%} to {one.high:.1%} |")
    lines += ["", "Intervals are of a bootstrap over problems.", "", "| count | |", "| --- | ---: |"]
    lines += [f"| {name} | {count:,} |" for name, count in result.counts.items()]
    lines += ["", "| setting | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in settings.items()), ""]
    return "\n".join(lines)


def write_report(folder: Path, result: Result, settings: Mapping[str, Any]) -> None:
    """Writes `result.json`, `report.md`, `scores.png` and a page of transcripts."""
    (folder / RESULT).write_text(json.dumps(result_json(result, settings), ensure_ascii=False) + "\n")
    (folder / "report.md").write_text(markdown(result, settings))
    _plot(folder / "scores.png", result)
    if result.transcripts:
        write_transcripts(folder, 0, result.transcripts)


def _plot(path: Path, result: Result) -> None:
    """Scores over k as lines with their intervals as bands; those without k as bars."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    curves: dict[str, list[Score]] = {}
    for score in result.scores:
        if score.k is not None:
            curves.setdefault(score.name, []).append(score)
    for name, scores in curves.items():
        steps = [score.k for score in scores]
        axes.plot(steps, [score.interval.mean for score in scores], marker="o", label=name)
        bounds = [score.interval.low for score in scores], [score.interval.high for score in scores]
        axes.fill_between(steps, *bounds, alpha=0.2)
    if curves:
        axes.set_xlabel("k")
        axes.set_xscale("log")
        axes.legend()
    else:
        shares = [score for score in result.scores if score.name != "programs an episode"]
        middles = [score.interval.mean for score in shares]
        below = [score.interval.mean - score.interval.low for score in shares]
        above = [score.interval.high - score.interval.mean for score in shares]
        axes.bar([score.title for score in shares], middles, yerr=[below, above], capsize=4)
    axes.set_title(f"{result.task}, 95% intervals")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)
