"""What publishing would change: the files of a corpus against those of its repository on the Hub."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import RepoFile

from pipelines.identity import sha256_of
from pipelines.manifest import CARD, MANIFEST
from schemas.configs import CONFIGS, SPLITS

_SHARD = re.compile(rf"(?:{'|'.join(CONFIGS)})/(?:{'|'.join(SPLITS)})-\d{{5}}-of-\d{{5}}\.parquet")


@dataclass(frozen=True)
class Difference:
    """Paths in the repository: new ones, those with other bytes, shards that the corpus lacks, and equal ones."""

    added: tuple[str, ...]
    replaced: tuple[str, ...]
    deleted: tuple[str, ...]
    same: tuple[str, ...]

    @property
    def sent(self) -> tuple[str, ...]:
        """The files that are to be sent."""
        return self.added + self.replaced

    def __bool__(self) -> bool:
        return bool(self.sent or self.deleted)


def local_files(corpus: Path, manifest: Mapping[str, Any]) -> dict[str, Path]:
    """The files that are published, by their path in the repository: shards, then manifest and card."""
    return {path: corpus / path for path in (*(shard["path"] for shard in manifest["files"]), MANIFEST, CARD)}


def is_equal(local: Path, remote: RepoFile) -> bool:
    """Whether a file on the Hub has the same bytes, which its hash tells: SHA-256 of a large one, git's of others."""
    size = local.stat().st_size
    if remote.size != size:
        return False
    if remote.lfs is not None:
        return bool(remote.lfs.sha256 == sha256_of(local))
    return bool(remote.blob_id == hashlib.sha1(b"blob %d\0" % size + local.read_bytes()).hexdigest())


def difference(files: Mapping[str, Path], remote: Iterable[RepoFile]) -> Difference:
    """What is to be done for a repository to hold these files, and no shard of another build.

    Files that are no shard and not ours stay as they are.
    """
    there = {file.path: file for file in remote}
    equal = {path: is_equal(local, there[path]) for path, local in files.items() if path in there}
    return Difference(
        added=tuple(path for path in files if path not in there),
        replaced=tuple(path for path, same in equal.items() if not same),
        deleted=tuple(sorted(path for path in there if path not in files and _SHARD.fullmatch(path))),
        same=tuple(path for path, same in equal.items() if same),
    )
