"""The voices that tell ranges and scratchpads: the same phrasings for the same seed and step."""

from functools import lru_cache

from templates.execution import Execution
from templates.sentences import STYLES, Voice, Wording, read_macros, sentences, wording_of


@lru_cache(maxsize=2)
def _ranges(style: str) -> Wording:
    """The wording of ranges: `state` has its own short words for what changes, `steps` has those of every other."""
    folds = read_macros(STYLES / "story" / "ranges.jinja")
    if style == "state":
        return wording_of(folds | read_macros(STYLES / "state" / "ranges.jinja"))
    told, written = sentences("steps"), wording_of(folds)
    return Wording(
        {**told.phrasings, **written.phrasings}, {**told.inputs, **written.inputs}, {**told.lines, **written.lines}
    )


def voice(style: str, execution: Execution, seed: int) -> Voice:
    """The voice for the ranges, or the scratchpad, of one execution."""
    return Voice(_ranges("state" if style == "state" else "steps"), f"{seed}\n{execution.source}\n{execution.stdin}")
