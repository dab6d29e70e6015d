"""Shards give each row once an epoch, in an order of their own each time, from any place on."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from unittest.mock import patch

import fsspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipelines.google_stand_in import BUCKET, google_on_loopback, write_credentials
from tests.pipelines.sources.hub import serve
from tests.train.corpus import conversations, write_shards
from train.data.config import SourceConfig
from train.data.shards import DataError, Shards


def order(shards: Shards, epoch: int, start: int = 0) -> list[str]:
    return [name for name, _ in shards.rows(epoch, start)]


@pytest.fixture(scope="module")
def shards(corpus: Path) -> Shards:
    return Shards(SourceConfig(path=str(corpus)), seed=3)


def test_an_epoch_holds_each_row_once(shards: Shards) -> None:
    assert shards.count == 60
    assert len(set(order(shards, 0))) == 60


def test_a_name_leads_to_the_row(shards: Shards) -> None:
    rows = conversations(60)
    for name, row in shards.rows(1):
        path, number = name.rsplit(":", 1)
        file = int(path.rsplit("train-")[1][:5])
        assert row["messages"] == rows[file::2][int(number)]["messages"]


def test_the_order_differs_between_epochs_and_seeds_and_is_the_same_each_time(corpus: Path, shards: Shards) -> None:
    other = Shards(SourceConfig(path=str(corpus)), seed=4)
    orders = [order(shards, 0), order(shards, 1), order(other, 0)]
    assert len({tuple(one) for one in orders}) == 3
    assert order(shards, 1) == orders[1]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.integers(0, 3))
def test_going_on_from_a_place_gives_what_was_left(shards: Shards, start: int, epoch: int) -> None:
    assert order(shards, epoch, start) == order(shards, epoch)[start:]


def test_going_on_reads_no_row_group_before_the_place(shards: Shards) -> None:
    with patch.object(Shards, "_read", autospec=True, side_effect=Shards._read) as read:
        next(shards.rows(0, 45))
    assert read.call_count == 1


def test_shards_are_read_through_any_file_system(corpus: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.put(str(corpus), "/held", recursive=True)
    remote = Shards(SourceConfig(path="memory://held"), seed=3)
    local = Shards(SourceConfig(path=str(corpus)), seed=3)
    assert [row for _, row in remote.rows(0)] == [row for _, row in local.rows(0)]


READ = """
import json, sys
from train.data.config import SourceConfig
from train.data.shards import Shards
shards = Shards(SourceConfig(path=sys.argv[1]), seed=3)
print(json.dumps([[name.rpartition("/")[2], row] for name, row in shards.rows(1, 20)]))
"""


@contextmanager
def on_the_hub(files: dict[str, bytes], folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """A data set of a Hub on loopback with these files: its address, and what a process must know to reach it."""
    with serve(files) as endpoint:
        yield (
            "hf://datasets/user/set",
            {"HF_ENDPOINT": endpoint, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(folder), "HF_HUB_OFFLINE": "0"},
        )


@contextmanager
def in_a_bucket(files: dict[str, bytes], folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The same in a bucket of Cloud Storage."""
    with google_on_loopback() as google:
        google.objects.update({f"corpus/{name}": data for name, data in files.items()})
        account = folder / "account.json"
        write_credentials(account, google)
        known = {"STORAGE_EMULATOR_HOST": google.url, "GOOGLE_APPLICATION_CREDENTIALS": str(account)}
        yield f"gs://{BUCKET}/corpus", {**known, "NO_GCE_CHECK": "true"}


@pytest.mark.parametrize("held", [on_the_hub, in_a_bucket])
def test_shards_of_the_hub_and_of_cloud_storage_are_read_by_their_own_clients(
    held: Callable[[dict[str, bytes], Path], AbstractContextManager[tuple[str, dict[str, str]]]],
    corpus: Path,
    tmp_path: Path,
) -> None:
    files = {str(path.relative_to(corpus)): path.read_bytes() for path in corpus.rglob("*.parquet")}
    with held(files, tmp_path) as (address, known):
        environment = {**os.environ, **known, "PYTHONPATH": str(Path(__file__).parents[2])}
        command = [sys.executable, "-c", READ, address]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    local = Shards(SourceConfig(path=str(corpus)), seed=3)
    assert json.loads(done.stdout) == [[name.rpartition("/")[2], row] for name, row in local.rows(1, 20)]


def test_a_glob_and_a_single_file_are_sources_too(corpus: Path) -> None:
    assert Shards(SourceConfig(path=f"{corpus}/nlex/*.parquet"), 0).count == 60
    assert Shards(SourceConfig(path=f"{corpus}/nlex/train-00001-of-00002.parquet"), 0).count == 30


def test_what_cannot_be_read_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file matches"):
        Shards(SourceConfig(path=str(tmp_path)), 0)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(DataError, match=r"broken\.parquet: not a readable Parquet file"):
        Shards(SourceConfig(path=str(tmp_path / "broken.parquet")), 0)
    folder = write_shards(tmp_path, conversations(4))
    with pytest.raises(DataError, match="no column 'dialogue'; it has messages, prompt, expected_output"):
        Shards(SourceConfig(path=str(folder), messages_column="dialogue"), 0)
