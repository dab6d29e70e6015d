"""The stream packs every document once an epoch, mixes by weight, and goes on exactly from any place."""

import json
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
import torch

from tests.train.corpus import conversations, write_shards
from train.data.config import DataConfig
from train.data.shards import DataError
from train.data.stream import StepRows, Stream, read_ahead
from train.model.config import ModelConfig
from train.model.loading import load_tokenizer


def make_stream(tiny: Path, place: dict[str, object] | None = None, **settings: object) -> Stream:
    config = DataConfig.model_validate({"sequence_length": 256, "rows_per_step": 2, "window_rows": 5, **settings})
    return Stream(config, load_tokenizer(ModelConfig(path=str(tiny))), place)


def sources(*paths: Path) -> list[dict[str, object]]:
    return [{"path": str(path), "weight": weight} for weight, path in zip((1.0, 3.0), paths, strict=False)]


def names(steps: list[StepRows]) -> list[str]:
    return [name for step in steps for row in step.rows for name in row.names]


def test_an_epoch_packs_each_document_once(tiny: Path, corpus: Path) -> None:
    steps = list(make_stream(tiny, sources=sources(corpus), max_epochs=1))
    assert Counter(names(steps)).most_common(1)[0][1] == 1
    assert len(names(steps)) == 60


def test_no_row_of_tokens_is_longer_than_asked(tiny: Path, corpus: Path) -> None:
    steps = list(make_stream(tiny, sources=sources(corpus), max_epochs=2))
    assert max(len(row.input_ids) for step in steps for row in step.rows) <= 256
    assert Counter(names(steps)) == {name: 2 for name in set(names(steps))}


@pytest.mark.parametrize("stop", [1, 2, 3, 7, 11])
def test_going_on_from_a_place_gives_the_same_rows(tiny: Path, corpus: Path, stop: int) -> None:
    whole = list(islice(make_stream(tiny, sources=sources(corpus)), 16))
    place = json.loads(json.dumps(whole[stop - 1].place))
    rest = list(islice(make_stream(tiny, place, sources=sources(corpus)), 16 - stop))
    assert names(rest) == names(whole[stop:])
    for one, other in zip(rest, whole[stop:], strict=True):
        assert all(torch.equal(a.input_ids, b.input_ids) for a, b in zip(one.rows, other.rows, strict=True))
        assert one.place == other.place


@pytest.mark.parametrize("stop", [1, 4, 9, 13])
def test_going_on_with_several_sources_and_drops_gives_the_same_rows(
    tiny: Path, corpus: Path, tmp_path: Path, stop: int
) -> None:
    both = sources(corpus, write_shards(tmp_path, conversations(23, seed=1)))
    whole = list(islice(make_stream(tiny, sources=both, sequence_length=120), 16))
    place = json.loads(json.dumps(whole[stop - 1].place))
    rest = list(islice(make_stream(tiny, place, sources=both, sequence_length=120), 16 - stop))
    assert names(rest) == names(whole[stop:])
    assert rest[-1].dropped == whole[-1].dropped and whole[-1].dropped["too_long"] > 0
    assert max(Counter(names(whole)).values()) > 1, "the smaller source is to be in a later epoch"


def test_reading_ahead_changes_nothing(tiny: Path, corpus: Path) -> None:
    plain = list(islice(make_stream(tiny, sources=sources(corpus)), 9))
    ahead = list(islice(read_ahead(make_stream(tiny, sources=sources(corpus))), 9))
    assert names(ahead) == names(plain)
    assert [step.place for step in ahead] == [step.place for step in plain]


def test_documents_are_drawn_in_proportion_to_the_weights(tiny: Path, corpus: Path, tmp_path: Path) -> None:
    other = write_shards(tmp_path, conversations(40, seed=1))
    drawn = names(list(islice(make_stream(tiny, sources=sources(corpus, other)), 30)))
    share = sum(str(tmp_path) in name for name in drawn) / len(drawn)
    assert share == pytest.approx(0.75, abs=0.05)


def test_when_one_source_is_read_out_the_others_go_on(tiny: Path, corpus: Path, tmp_path: Path) -> None:
    other = write_shards(tmp_path, conversations(10, seed=1))
    drawn = names(list(make_stream(tiny, sources=sources(corpus, other), max_epochs=1)))
    assert len(drawn) == len(set(drawn)) == 70


def test_what_is_too_long_is_dropped_and_counted(tiny: Path, corpus: Path) -> None:
    steps = list(make_stream(tiny, sources=sources(corpus), max_epochs=1, sequence_length=150))
    dropped = steps[-1].dropped["too_long"]
    assert dropped > 0
    assert len(names(steps)) == 60 - dropped


def test_the_count_of_what_was_dropped_survives_going_on(tiny: Path, corpus: Path) -> None:
    whole = list(islice(make_stream(tiny, sources=sources(corpus), sequence_length=150), 9))
    rest = list(islice(make_stream(tiny, whole[4].place, sources=sources(corpus), sequence_length=150), 4))
    assert rest[-1].dropped == whole[-1].dropped


def test_an_unusable_row_is_counted_and_named(tiny: Path, tmp_path: Path) -> None:
    rows = conversations(20)
    rows[3]["messages"] = [{"role": "user", "content": "no answer"}]
    folder = write_shards(tmp_path, rows)
    steps = list(make_stream(tiny, sources=sources(folder), max_epochs=1))
    assert steps[-1].dropped == {"too_long": 0, "unusable": 1}
    assert "train-00001-of-00002.parquet:1: 'messages' has no assistant's turn" in steps[-1].fault


def test_a_source_of_which_nothing_can_be_used_is_an_error_that_says_why(tiny: Path, corpus: Path) -> None:
    with pytest.raises(DataError, match=r"longer than sequence_length \(8 tokens\)"):
        list(islice(read_ahead(make_stream(tiny, sources=sources(corpus), sequence_length=8)), 1))


def test_little_room_is_left_empty(tiny: Path, corpus: Path) -> None:
    steps = list(islice(make_stream(tiny, sources=sources(corpus), sequence_length=2048, window_rows=20), 20))
    lengths = [len(row.input_ids) for step in steps for row in step.rows]
    assert 1 - sum(lengths) / (2048 * len(lengths)) < 0.01
