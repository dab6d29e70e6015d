"""What a corpus is mixed of: examples by source, verdict, style, length and licence."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

BOUNDS = (256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536)
_COLUMNS = ("source", "verdict", "style", "license")
KINDS = (*_COLUMNS, "length")


def length_bucket(tokens: int) -> str:
    """The bucket of a number of tokens, by its upper bound."""
    for bound in BOUNDS:
        if tokens <= bound:
            return f"<= {bound:,}"
    return f"> {BOUNDS[-1]:,}"


def group_of(source: str) -> str:
    """A source without the path of a single file in it: `project:path` and `project/dir: file` are the project."""
    return source.partition(":")[0]


@dataclass
class Mixture:
    """Examples and their tokens by (kind, value): how many, and how long together."""

    examples: Counter[tuple[str, str]] = field(default_factory=Counter)
    tokens: Counter[tuple[str, str]] = field(default_factory=Counter)
    made: int = 0

    def add(self, rows: pa.Table) -> None:
        """Adds rows of the `nlex` config."""
        lengths = rows.column("tokens").to_pylist()
        for kind in _COLUMNS:
            values: Iterable[str] = rows.column(kind).to_pylist()
            self._count(kind, map(group_of, values) if kind == "source" else values, lengths)
        self._count("length", map(length_bucket, lengths), lengths)
        self.made += sum("/made-" in identity for identity in rows.column("id").to_pylist())

    def _count(self, kind: str, values: Iterable[str], lengths: Sequence[int]) -> None:
        for value, tokens in zip(values, lengths, strict=True):
            self.examples[kind, value] += 1
            self.tokens[kind, value] += tokens

    def table(self) -> dict[str, dict[str, dict[str, int]]]:
        """For each kind its values, most examples first (lengths from short to long), with examples and tokens."""
        order = {length_bucket(bound): place for place, bound in enumerate((*BOUNDS, BOUNDS[-1] + 1))}
        table: dict[str, dict[str, dict[str, int]]] = {}
        for kind in KINDS:
            values = [value for of_kind, value in self.examples if of_kind == kind]
            values.sort(key=lambda value: order[value] if kind == "length" else (-self.examples[kind, value], value))
            table[kind] = {
                value: {"examples": self.examples[kind, value], "tokens": self.tokens[kind, value]} for value in values
            }
        return table


_SHOWN = 20


def mixture_lines(table: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[str]:
    """The table as lines of Markdown; of many sources the largest are shown, and the rest together."""
    lines = ["| by | | examples | tokens |", "| --- | --- | ---: | ---: |"]
    for kind, values in table.items():
        listed = [(value, counts["examples"], counts["tokens"]) for value, counts in values.items()]
        rest = listed[_SHOWN:]
        if rest:
            listed = [*listed[:_SHOWN], (f"{len(rest)} others", sum(r[1] for r in rest), sum(r[2] for r in rest))]
        lines += [f"| {kind} | {value} | {examples:,} | {tokens:,} |" for value, examples, tokens in listed]
    return lines
