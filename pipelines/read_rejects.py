"""Writes the rejects met while reading in parts of bounded size, however many there are."""

from pathlib import Path

from pipelines.parts import PART_SUFFIX, Entry, Workspace, write_part

_ROWS_A_PART = 5_000


class ReadRejects:
    """Takes rejects in the order of the sources."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._held: list[Entry] = []
        self._parts: list[Path] = []
        for stale in (workspace.root / "prose").glob(f"read-*{PART_SUFFIX}"):
            stale.unlink()

    def add(self, entry: Entry) -> None:
        """Takes one."""
        self._held.append(entry)
        if len(self._held) == _ROWS_A_PART:
            self._flush()

    def _flush(self) -> None:
        path = self._workspace.prose("read", f"{len(self._parts):06d}")
        write_part(path, self._held)
        self._parts.append(path)
        self._held = []

    def close(self) -> tuple[Path, ...]:
        """Writes what is held, and names all parts in their order."""
        if self._held:
            self._flush()
        return tuple(self._parts)
