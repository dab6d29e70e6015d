"""Tells whether a build goes on with what an earlier one left, or starts clean because its options are others."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from pipelines.manifest import CARD, MANIFEST, write_text_atomically
from pipelines.measures import measures_beside
from pipelines.merge import clear_shards
from pipelines.options import BuildOptions
from pipelines.parts import PART_SUFFIX, PARTS_FOLDER, Workspace

OPTIONS = f"{PARTS_FOLDER}/options.json"
_NOT_COMPARED = ("sources", "limit")


def _flat(options: BuildOptions) -> dict[str, Any]:
    """The options that change what is made of a row, by name; which rows are read does not."""
    flat = {name: value for name, value in asdict(options).items() if name not in _NOT_COMPARED}
    flat |= flat.pop("curation")
    plain: dict[str, Any] = orjson.loads(orjson.dumps(flat))
    return plain


def _changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    names = sorted(before.keys() | now.keys())
    return [f"{name}: {before.get(name)} -> {now.get(name)}" for name in names if before.get(name) != now.get(name)]


def begin(workspace: Workspace, options: BuildOptions) -> str:
    """Clears what a build with other options left, and says so in a sentence; empty where there is nothing to say.

    Traces stay: they are named by what was run, and those that still fit are used again.
    """
    noted = workspace.output / OPTIONS
    now = _flat(options)
    before = orjson.loads(noted.read_bytes()) if noted.exists() else now
    changes = _changes(before, now)
    if changes:
        (workspace.output / MANIFEST).unlink(missing_ok=True)
        (workspace.output / CARD).unlink(missing_ok=True)
        clear_shards(workspace.output)
        (workspace.root / "kept").unlink(missing_ok=True)
        drop_prose(workspace, keep=())
    write_text_atomically(noted, orjson.dumps(now))
    if not changes:
        return ""
    return f"the options changed ({'; '.join(changes)}): starting clean; stored runs that still fit are used again"


def drop_prose(workspace: Workspace, keep: tuple[Path, ...]) -> None:
    """Removes prose parts other than those to keep: no build with these options will ask for them."""
    wanted = set(keep)
    for part in (workspace.root / "prose").glob(f"*{PART_SUFFIX}"):
        if part not in wanted:
            part.unlink()
            measures_beside(part).unlink(missing_ok=True)
