"""The manifest of a corpus: versions, options, counts and checksums; nothing in it tells the time."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from pipelines.identity import rendering_version, sha256_of
from pipelines.merge import Counts, Shard
from pipelines.options import BuildOptions
from pipelines.plan import Plan
from schemas.configs import CONFIGS, SPLITS
from tracer import TRACER_VERSION

MANIFEST = "manifest.json"
CARD = "README.md"


class ManifestError(Exception):
    """A folder whose manifest is missing or unreadable; the message says what to do."""


def _by_file(plan: Plan, counts: Counts) -> dict[str, Any]:
    return {
        file: {
            **asdict(count),
            "by_config": {config: counts.files[file, config] for config in CONFIGS if counts.files[file, config]},
            "rejects": {
                reason: number for (name, reason), number in sorted(counts.file_rejects.items()) if name == file
            },
        }
        for file, count in plan.files.items()
    }


def make_manifest(
    options: BuildOptions, plan: Plan, shards: Sequence[Shard], counts: Counts, command: str
) -> dict[str, Any]:
    """The manifest of a build whose shards are written; `command` makes the corpus again."""
    return {
        "format": 1,
        "versions": {
            "python": platform.python_version(),
            "tracer": TRACER_VERSION,
            "rendering": rendering_version(),
            "nlex": version("nlex"),
            "pyarrow": version("pyarrow"),
        },
        "command": command,
        "options": asdict(options),
        "counts": {
            config: {split: counts.rows[config, split] for split in SPLITS if counts.rows[config, split]}
            for config in CONFIGS
        },
        "rejects": dict(sorted(counts.rejects.items())),
        "mixture": counts.mixture.table(),
        "made_inputs": counts.mixture.made,
        "licences": counts.licences(),
        "sources": _by_file(plan, counts),
        "files": [asdict(shard) for shard in shards],
    }


def write_text_atomically(path: Path, text: bytes) -> None:
    """Writes a file that is whole under its name or not there at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(text)
    os.replace(temporary, path)


def write_manifest(output: Path, manifest: dict[str, Any]) -> None:
    """Writes the manifest last of all, with the card's checksum: a folder that has one is whole."""
    manifest = {**manifest, "card_sha256": sha256_of(output / CARD)}
    write_text_atomically(output / MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2) + b"\n")


def read_manifest(output: Path) -> dict[str, Any]:
    """The manifest of a corpus.

    Raises:
        ManifestError: there is none, or it is no JSON object.
    """
    path = output / MANIFEST
    try:
        manifest = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        raise ManifestError(f"{path} is missing: {output} holds no finished corpus; run `nlex build` first") from None
    except orjson.JSONDecodeError as error:
        raise ManifestError(f"{path} is no JSON: {error}; build the corpus again") from None
    if not isinstance(manifest, dict) or manifest.get("format") != 1:
        raise ManifestError(f"{path} is of a format that this version does not know; build the corpus again")
    return manifest
