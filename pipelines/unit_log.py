"""The log of a build: one JSON object a line, each with the unit, the problem and the execution that it speaks of."""

import logging
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

LOG_FILE = "log.jsonl"
_logger = logging.getLogger("nlex.unit")
_logger.setLevel(logging.INFO)
_about: ContextVar[dict[str, str]] = ContextVar("about", default={})  # noqa: B039 - never changed in place


@contextmanager
def about(**names: str) -> Iterator[None]:
    """What is logged inside carries these names, such as `unit` and `problem`."""
    token = _about.set(_about.get() | names)
    try:
        yield
    finally:
        _about.reset(token)


def log(event: str, level: int = logging.INFO, **fields: Any) -> None:
    """Logs one event; the message is the JSON itself, so that any handler (Cloud Logging's too) has all of it."""
    if _logger.isEnabledFor(level):
        line = {"time": datetime.now(UTC).isoformat(), "level": logging.getLevelName(level), "event": event}
        line["worker"] = f"{platform.node()}:{os.getpid()}"
        _logger.log(level, "%s", orjson.dumps(line | _about.get() | fields, default=str).decode())


def log_to(path: Path) -> None:
    """From now on this process's events are appended to a file; several processes may share one."""
    if not any(isinstance(each, logging.FileHandler) and each.baseFilename == str(path) for each in _logger.handlers):
        for stale in list(_logger.handlers):
            _logger.removeHandler(stale)
            stale.close()
        handler = logging.FileHandler(path, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(message)s"))
        _logger.addHandler(handler)
        _logger.propagate = False
