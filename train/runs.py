"""The folder of a training run, and whether a configuration may go on with what lies in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from train.config import ConfigError, Section, write_config
from train.model.ranks import Ranks

CONFIG = "config.yaml"
# What may differ between a run and its continuation: none of it changes a step that was taken.
_FREE = ("output", "steps", "checkpoint", "validation", "transcripts", "export")


def open_run(config: Section, folder: Path, ranks: Ranks) -> None:
    """Makes the run's folder with its `config.yaml`, or checks that the one there is of the same run.

    Raises:
        ConfigError: another run lies there; the message names what differs.
    """
    path = folder / CONFIG
    if path.exists():
        before, now = yaml.safe_load(path.read_text()), config.model_dump(mode="json")
        differing = [key for key in _different(before, now) if key.split(".")[0] not in _FREE]
        if differing:
            raise ConfigError(
                f"{folder}: another run lies there; {', '.join(differing)} differ{'s' * (len(differing) == 1)} from "
                f"{path}. Give the same settings to go on with it, or another output"
            )
    ranks.wait()
    if ranks.leads:
        folder.mkdir(parents=True, exist_ok=True)
        write_config(config, path)
    ranks.wait()


def _different(before: Any, now: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in [*before, *(key for key in now if key not in before)]:
            yield from _different(before.get(key), now.get(key), f"{prefix}.{key}" if prefix else key)
    elif before != now:
        yield prefix
