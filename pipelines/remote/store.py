"""A folder in an object store, where driver and workers leave files for each other."""

import functools
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec

_AT_ONCE = 16


@functools.cache
def _file_system(url: str) -> Any:
    """The file system of a URL, one a process; its listings are not kept, for others write beside us."""
    return fsspec.core.url_to_fs(url, use_listings_cache=False)[0]


@dataclass(frozen=True)
class Store:
    """Files below a URL that fsspec knows (gs://, s3://); an object store shows a file whole or not at all."""

    url: str

    def _at(self, name: str) -> str:
        return f"{self.url.rstrip('/')}/{name}"

    def names(self, folder: str) -> list[str]:
        """The names of the files in a folder, without it; none where there is no such folder."""
        try:
            found = _file_system(self.url).ls(self._at(folder), detail=True)
        except FileNotFoundError:
            return []
        return sorted(each["name"].rpartition("/")[2] for each in found if each["type"] == "file")

    def holds(self, name: str) -> bool:
        """Whether there is such a file."""
        return bool(_file_system(self.url).exists(self._at(name)))

    def read(self, name: str) -> bytes | None:
        """A file's bytes, None where it is not there."""
        try:
            data: bytes = _file_system(self.url).cat_file(self._at(name))
        except FileNotFoundError:
            return None
        return data

    def write(self, name: str, data: bytes) -> None:
        """Writes or replaces a file."""
        _file_system(self.url).pipe_file(self._at(name), data)

    def fetch(self, names: Iterable[str], folder: Path) -> list[Path]:
        """Copies files to the same names below a local folder; leaves out, and out of the answer, what is not there."""

        def one(name: str) -> Path | None:
            data = self.read(name)
            if data is None:
                return None
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            return path

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return [path for path in pool.map(one, names) if path is not None]

    def leave(self, paths: Iterable[Path], folder: Path) -> None:
        """Copies local files to the same names as they have below a local folder."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for _ in pool.map(lambda path: self.write(path.relative_to(folder).as_posix(), path.read_bytes()), paths):
                pass

    def remove(self, names: Iterable[str]) -> None:
        """Removes files; one that is not there is no error."""

        def one(name: str) -> None:
            try:
                _file_system(self.url).rm_file(self._at(name))
            except FileNotFoundError:
                return

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(one, names))
