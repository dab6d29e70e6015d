"""The figures of a report, read from the shards of a corpus column by column."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow.parquet as pq

from pipelines.finish import METRICS_FILE
from pipelines.report.language import FEATURES, features_of
from templates.variety import distinct, moulds, self_bleu, words

BUDGETS = (2_048, 8_192, 32_768)
QUANTILES = (0, 0.1, 0.5, 0.9, 0.99, 1)
_READ_FOR_VARIETY = 400
COMPARED = 60
_FIRST_WORDS = 400
_ENOUGH_STEPS = 20

Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Spread:
    """How a number is spread: rows in bins that double (by their lower bound), and quantiles."""

    bins: dict[int, int]
    quantiles: dict[float, float]


@dataclass(frozen=True)
class Variety:
    """How varied the prose of a style is, code and numbers masked (see `templates.variety`).

    Attributes:
        rows: of how many explanations; `long` of them have 20 steps or more.
        distinct: the median share of different 1-, 2- and 3-grams within a long explanation.
        self_bleu: the mean BLEU-4 of an explanation against others: 1 where all are alike.
        mould: the sentence that comes most often, and in what share of the steps.
    """

    rows: int
    long: int
    distinct: dict[int, float]
    self_bleu: float
    mould: str
    mould_share: float


@dataclass(frozen=True)
class Figures:
    """What a report tells.

    Attributes:
        verdicts: executions by verdict (of a corpus that ran nothing: stored traces).
        spreads: of events (by trace), tokens and steps (by example), by the style or `all`.
        tokens_an_event: tokens told for each event, by style: quantiles.
        fits: the share of examples that fit each budget of tokens, by style.
        programs: different programs; `features` counts those that use each part of the language.
        stages: worker seconds by stage of the build; empty where they are not known.
    """

    verdicts: dict[str, int]
    spreads: dict[str, dict[str, Spread]]
    tokens_an_event: dict[str, dict[float, float]]
    fits: dict[str, dict[int, float]]
    variety: dict[str, Variety]
    programs: int
    features: dict[str, int]
    stages: dict[str, float]


def _groups(
    corpus: Path, manifest: Mapping[str, Any], config: str, columns: Sequence[str]
) -> Iterator[dict[str, list[Any]]]:
    for shard in manifest["files"]:
        if shard["config"] == config:
            file = pq.ParquetFile(corpus / shard["path"])
            for group in range(file.num_row_groups):
                yield file.read_row_group(group, columns=list(columns)).to_pydict()


def _quantiles(values: Numbers) -> dict[float, float]:
    return dict(zip(QUANTILES, np.quantile(values, QUANTILES).round(3).tolist(), strict=True))


def spread_of(values: Sequence[float] | Numbers) -> Spread:
    """The spread of numbers of 0 and more."""
    numbers = np.asarray(values, np.float64)
    exponents = np.floor(np.log2(np.maximum(numbers, 1))).astype(int).tolist()
    return Spread({1 << exponent: count for exponent, count in sorted(Counter(exponents).items())}, _quantiles(numbers))


def _variety(told: Sequence[str]) -> Variety:
    steps: Counter[str] = Counter()
    number = 0
    shares: dict[int, list[float]] = {1: [], 2: [], 3: []}
    for text in told:
        found = moulds(text)
        number += len(found)
        for sentences in found:
            steps.update(sentences)
        if len(found) >= _ENOUGH_STEPS:
            tokens = words(text)
            for n, values in shares.items():
                values.append(distinct(tokens, n))
    mould, most = steps.most_common(1)[0] if steps else ("", 0)
    compared = told[:: max(1, len(told) // COMPARED)][:COMPARED]
    return Variety(
        rows=len(told),
        long=len(shares[1]),
        distinct={n: round(float(np.median(values)), 3) for n, values in shares.items() if values},
        self_bleu=round(self_bleu([words(text)[:_FIRST_WORDS] for text in compared]), 3),
        mould=mould,
        mould_share=round(most / max(number, 1), 4),
    )


class _Told:
    """What the examples say: lengths of all of them, and the texts of some spread evenly over them."""

    def __init__(self, corpus: Path, manifest: Mapping[str, Any], done: Callable[[int], object]) -> None:
        self.lengths: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self.texts: dict[str, list[str]] = defaultdict(list)
        rows = sum(manifest["counts"]["nlex"].values())
        stride = max(1, rows // (_READ_FOR_VARIETY * max(1, len(manifest["options"]["styles"]))))
        seen = 0
        columns = ("style", "events", "steps", "tokens", "told_tokens", "messages")
        for group in _groups(corpus, manifest, "nlex", columns):
            for place, style in enumerate(group["style"]):
                for name in ("events", "steps", "tokens", "told_tokens"):
                    self.lengths[style][name].append(group[name][place])
                if seen % stride == 0:
                    self.texts[style].append(group["messages"][place][-1]["content"])
                seen += 1
            done(len(group["style"]))


def _programs(corpus: Path, manifest: Mapping[str, Any], config: str) -> tuple[int, Counter[str]]:
    """How many different programs there are, and how many use each part of the language."""
    seen: set[bytes] = set()
    used: Counter[str] = Counter()
    for group in _groups(corpus, manifest, config, ["code"]):
        for code in group["code"]:
            digest = hashlib.sha256(code.encode()).digest()[:16]
            if digest not in seen:
                seen.add(digest)
                used.update(features_of(code))
    return len(seen), used


def _verdicts(corpus: Path, manifest: Mapping[str, Any]) -> dict[str, int]:
    counted = manifest.get("executions")
    if counted is not None:
        return dict(counted["verdicts"])
    found: Counter[str] = Counter()
    for group in _groups(corpus, manifest, "traces", ["verdict"]):
        found.update(group["verdict"])
    return dict(found)


def _stages(corpus: Path) -> dict[str, float]:
    path = corpus / METRICS_FILE
    return dict(orjson.loads(path.read_bytes())["stages"]) if path.exists() else {}


def measure(corpus: Path, manifest: Mapping[str, Any], done: Callable[[int], object] = lambda rows: None) -> Figures:
    """Reads the figures of a corpus.

    Args:
        done: told the number of examples after each row group.
    """
    told = _Told(corpus, manifest, done)
    events = [count for group in _groups(corpus, manifest, "traces", ["events"]) for count in group["events"]]
    by_style = dict(sorted(told.lengths.items()))
    programs, used = _programs(corpus, manifest, "traces" if events else "nlex")
    return Figures(
        verdicts=_verdicts(corpus, manifest),
        spreads={
            "events": {"all": spread_of(events)} if events else {},
            **{
                name: {style: spread_of(lengths[name]) for style, lengths in by_style.items()}
                for name in ("tokens", "steps")
            },
        },
        tokens_an_event={
            style: _quantiles(np.asarray(lengths["told_tokens"]) / np.maximum(lengths["events"], 1))
            for style, lengths in by_style.items()
        },
        fits={
            style: {budget: round(float(np.mean(np.asarray(lengths["tokens"]) <= budget)), 4) for budget in BUDGETS}
            for style, lengths in by_style.items()
        },
        variety={style: _variety(texts) for style, texts in sorted(told.texts.items())},
        programs=programs,
        features={name: used[name] for name in FEATURES},
        stages=_stages(corpus),
    )
