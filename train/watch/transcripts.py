"""Sampled conversations as one HTML page that a person can read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


@dataclass(frozen=True)
class Transcript:
    """What was asked and what the model said.

    Attributes:
        title: which row or task it was.
        turns: (role, text) in their order; roles are words such as `user`, `assistant`, `expected`.
        facts: what is known of it (reward, tokens, whether it ended), by name.
    """

    title: str
    turns: Sequence[tuple[str, str]]
    facts: Mapping[str, str | float | int | bool] = field(default_factory=dict)


def write_transcripts(folder: Path, step: int, transcripts: Sequence[Transcript]) -> Path:
    """Writes `transcripts/step-N.html` under `folder` and returns its path; all text is shown, none of it is run."""
    page = folder / "transcripts" / f"step-{step}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(_PAGES.get_template("transcripts.html.jinja").render(step=step, transcripts=transcripts))
    return page
