"""A data set's repository on the Hub: its state, one atomic commit to it, and the counts it holds afterwards."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pyarrow.parquet as pq
from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationCopy,
    CommitOperationDelete,
    HfApi,
    HfFileSystem,
    RepoFile,
)
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

from pipelines.publish.difference import Difference, difference, local_files

TRIES = 5
_PAUSE_S = 1.0
_READERS = 8
_CHANGED_MEANWHILE = 412


class PublishError(Exception):
    """Publishing that cannot go on; the message says what to do."""


class ConflictError(PublishError):
    """The repository is not in the state that publishing may build on."""


@dataclass(frozen=True)
class State:
    """A repository as it stands: its last commit, whether it is private, and its files."""

    commit: str
    private: bool
    files: tuple[RepoFile, ...]


class Repository:
    """The repository `ORG/NAME` of a data set."""

    def __init__(self, name: str, api: HfApi) -> None:
        self.name = name
        self._api = api

    def state(self) -> State | None:
        """The repository as it stands on its main branch; None where there is none that we may see."""
        try:
            info = self._api.dataset_info(self.name)
            tree = self._api.list_repo_tree(self.name, recursive=True, revision=info.sha, repo_type="dataset")
            files = tuple(entry for entry in tree if isinstance(entry, RepoFile))
        except RepositoryNotFoundError:
            return None
        return State(str(info.sha), bool(info.private), files)

    def create(self, *, private: bool) -> State:
        """Makes the repository, if nobody did meanwhile."""
        self._api.create_repo(self.name, private=private, repo_type="dataset", exist_ok=True)
        state = self.state()
        if state is None:
            raise PublishError(f"{self.name} was created and cannot be seen: may the token read and write it?")
        return state

    def commit(
        self,
        files: Mapping[str, Path],
        state: State,
        message: str,
        say: Callable[[str], object],
        pause_s: float = _PAUSE_S,
    ) -> str:
        """Makes the repository hold these files in one commit on top of `state`; returns the last commit's name.

        What was sent by an earlier try is not sent again. After a failure the repository is looked at
        anew: the commit may have been made, and only its answer lost.

        Raises:
            ConflictError: somebody else committed meanwhile.
            PublishError: the Hub could not be reached, however often it was tried.
        """
        parent = state.commit
        for attempt in range(TRIES):
            try:
                if attempt:
                    seen = self.state()
                    if seen is None:
                        raise PublishError(f"{self.name} is gone: somebody deleted or moved it")
                    state = seen
                wanted = difference(files, state.files)
                if not wanted:
                    return state.commit
                if state.commit != parent:
                    raise ConflictError(
                        f"{self.name} was changed by somebody else meanwhile: its last commit is {state.commit[:12]}, "
                        f"not {parent[:12]}. Nothing was committed; publish again to go on from there"
                    )
                return self._commit(wanted, files, parent, message)
            except Exception as error:
                if not _may_pass(error):
                    raise
                if attempt == TRIES - 1:
                    raise PublishError(
                        f"the Hub could not be reached ({TRIES} tries): {error}. Run the same command again: what was "
                        "sent is not sent again"
                    ) from error
                say(f"{error}; trying again")
                time.sleep(pause_s * 2**attempt)
        raise AssertionError("the last try returns or raises")

    def _commit(self, wanted: Difference, files: Mapping[str, Path], parent: str, message: str) -> str:
        operations: list[CommitOperationAdd | CommitOperationCopy | CommitOperationDelete] = [
            *(CommitOperationAdd(path, files[path]) for path in wanted.sent),
            *(CommitOperationDelete(path) for path in wanted.deleted),
        ]
        try:
            made = self._api.create_commit(
                self.name, operations, commit_message=message, repo_type="dataset", parent_commit=parent
            )
        except ValueError as error:
            raise PublishError(f"the Hub refused the commit: {error}") from error
        return str(made.oid)

    def read_back(self, corpus: Path, manifest: Mapping[str, Any], commit: str) -> list[str]:
        """What the repository at a commit does not hold as the corpus does: files, and rows by config and split."""
        tree = self._api.list_repo_tree(self.name, recursive=True, revision=commit, repo_type="dataset")
        left = difference(local_files(corpus, manifest), [entry for entry in tree if isinstance(entry, RepoFile)])
        wrong = [f"{path} is not there" for path in left.added]
        wrong += [f"{path} has other bytes" for path in left.replaced]
        wrong += [f"{path} should be gone" for path in left.deleted]
        shards = [shard for shard in manifest["files"] if shard["path"] not in left.added]
        files = HfFileSystem(endpoint=self._api.endpoint, token=self._api.token, use_listings_cache=False)

        def rows_of(shard: Mapping[str, Any]) -> int:
            with files.open(f"datasets/{self.name}@{commit}/{shard['path']}", "rb", block_size=1 << 16) as stream:
                return int(pq.read_metadata(stream).num_rows)

        counts: Counter[tuple[str, str]] = Counter()
        with ThreadPoolExecutor(_READERS) as pool:
            for shard, rows in zip(shards, pool.map(rows_of, shards), strict=True):
                counts[shard["config"], shard["split"]] += rows
        for config, splits in manifest["counts"].items():
            for split, rows in splits.items():
                if counts[config, split] != rows:
                    wrong.append(f"{config}/{split} has {counts[config, split]:,} rows there, and {rows:,} here")
        return wrong


def _may_pass(error: BaseException | None) -> bool:
    """Whether a failure may be gone at the next try: the network's, or the Hub's own."""
    if isinstance(error, HfHubHTTPError):
        status = error.response.status_code
        return status in (408, 429, _CHANGED_MEANWHILE) or status >= 500
    if isinstance(error, (httpx2.TransportError, ConnectionError, TimeoutError)):
        return True
    return isinstance(error, RuntimeError) and error.__cause__ is not None and _may_pass(error.__cause__)
