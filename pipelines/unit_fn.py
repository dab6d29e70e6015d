"""The Beam side of a work unit: descriptors in, nothing out; the work itself is `pipelines.unit`."""

import gc
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import apache_beam as beam

from pipelines.options import BuildOptions
from pipelines.parts import Workspace
from pipelines.unit import Task, run_unit
from pipelines.watchdog import end_with
from pipelines.worker_sandbox import worker_sandbox


class RunUnit(beam.DoFn):
    """Does the units it is given; `driver` is the process that a local worker must not outlive."""

    def __init__(self, options: BuildOptions, output: Path, driver: int) -> None:
        self.options = options
        self.output = output
        self.driver = driver

    def setup(self) -> None:
        """Ties a local worker process to the driver that started it."""
        if os.getpid() != self.driver and os.environ.get("NLEX_DRIVER") == str(self.driver):
            end_with(self.driver)
        # Traces and syntax trees are a great many live objects: looking them through for cycles, at
        # the interpreter's usual pace, takes a third of the time.
        gc.freeze()
        gc.set_threshold(100_000, 50, 50)

    def process(self, element: Task, *args: Any, **kwargs: Any) -> Iterable[str]:
        """Runs one unit and names its bucket."""
        run_unit(
            element,
            self.options,
            Workspace(self.output),
            lambda fresh: worker_sandbox(self.options.sandbox, fresh),
        )
        yield element.unit.bucket
