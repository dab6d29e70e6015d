"""What a work unit did: counts that a repeat gives again, and the seconds of its stages, which none does."""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

STAGES = ("read", "sandbox", "decode", "narrate", "check", "write")

METRICS = {
    "executions": "programs run on an input, or left out before with a reject that says why",
    "made": "executions among them whose input was made from those of the source",
    "rows_without_input": "rows that are a reject as a whole, for they have no input to name",
    "told": "executions with an example in at least one style",
    "examples": "rows of the config `nlex`",
    "events": "events of the traces of all executions",
    "tokens": "tokens of prompt and explanation of all examples",
    "verdicts": "executions by the verdict of their run",
    "rejects": "executions (and rows without input) with no example, by `stage/reason`; the first reason counts",
    "seconds": "wall seconds of a worker by stage: " + ", ".join(STAGES),
}
"""The name of each metric and what it counts; Beam knows them as counters `nlex:NAME` or `nlex:NAME.KEY`."""

ENOUGH_TO_TELL = 100
"""So many executions must have been seen before a share of rejects means something while a build runs."""

_spent = threading.local()


@contextmanager
def stage(name: str) -> Iterator[None]:
    """What runs inside counts towards a stage of the unit that this thread works on."""
    started = time.perf_counter()
    try:
        yield
    finally:
        seconds: dict[str, float] = _spent.__dict__.setdefault("seconds", {})
        seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - started


def take_seconds() -> dict[str, float]:
    """The seconds of this thread's stages since the last call."""
    seconds: dict[str, float] = _spent.__dict__.pop("seconds", {})
    return {name: round(seconds.get(name, 0.0), 4) for name in STAGES}


@dataclass
class Measures:
    """The metrics of one unit, or of several added up; `METRICS` says what each counts."""

    executions: int = 0
    made: int = 0
    rows_without_input: int = 0
    told: int = 0
    examples: int = 0
    events: int = 0
    tokens: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)

    @property
    def reject_rate(self) -> float:
        """The share of executions, and of rows without input, that have no example."""
        return self.rejects.total() / max(1, self.executions + self.rows_without_input)

    def add(self, other: "Measures") -> None:
        """Adds those of another unit."""
        for name, value in vars(other).items():
            if isinstance(value, Counter):
                getattr(self, name).update(value)
            else:
                setattr(self, name, getattr(self, name) + value)

    def counts(self) -> dict[str, Any]:
        """All but the seconds: the same for the same input, however often and by whom it was done."""
        plain = {name: value for name, value in vars(self).items() if name != "seconds"}
        return {
            name: dict(sorted(value.items())) if isinstance(value, Counter) else value for name, value in plain.items()
        }

    def flat(self) -> Iterator[tuple[str, int]]:
        """Counters by `NAME` or `NAME.KEY`; seconds as milliseconds, for counters are integers."""
        for name, value in vars(self).items():
            if name == "seconds":
                yield from ((f"milliseconds.{key}", round(1000 * seconds)) for key, seconds in value.items())
            elif isinstance(value, Counter):
                yield from ((f"{name}.{key}", number) for key, number in value.items())
            else:
                yield name, value

    def to_bytes(self) -> bytes:
        """As stored beside a part."""
        return orjson.dumps(self.counts() | {"seconds": dict(self.seconds)})

    @classmethod
    def from_bytes(cls, data: bytes) -> "Measures":
        """As they were stored."""
        raw: dict[str, Any] = orjson.loads(data)
        measures = cls()
        for name, value in raw.items():
            setattr(measures, name, Counter(value) if isinstance(value, dict) else value)
        return measures


def measures_beside(part: Path) -> Path:
    """Where the measures of the unit lie that left a part."""
    return part.with_suffix(".json")


def read_measures(part: Path) -> Measures:
    """The measures of the unit that left a part."""
    return Measures.from_bytes(measures_beside(part).read_bytes())


def sum_measures(parts: Iterable[Path]) -> Measures:
    """The measures of all units that left these parts."""
    total = Measures()
    for part in parts:
        total.add(read_measures(part))
    return total
