"""The Beam side of a work unit: descriptors in, nothing out; the work itself is `pipelines.unit`."""

import contextlib
import gc
import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.metrics.metric import Metrics

from pipelines.measures import Measures
from pipelines.options import BuildOptions
from pipelines.parts import Workspace
from pipelines.pulse import PULSE_FOLDER, start_pulse
from pipelines.unit import Task, run_unit
from pipelines.unit_log import LOG_FILE, log_to
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
        settle_collector()

    def process(self, element: Task, *args: Any, **kwargs: Any) -> Iterable[str]:
        """Runs one unit, adds its measures to Beam's counters, and names its bucket."""
        workspace = Workspace(self.output)
        see_workspace(workspace)
        log_to(workspace.root / LOG_FILE)
        start_pulse(workspace.root / PULSE_FOLDER)
        count(
            run_unit(
                element, self.options, workspace, lambda fresh: worker_sandbox(self.options.sandbox_config(), fresh)
            )
        )
        yield element.unit.bucket


def load() -> None:
    """Imports what a unit needs when it needs it first, so that processes forked from this one share it."""
    import pipelines.tell  # noqa: F401
    from sandbox.image import image_tag

    with contextlib.suppress(OSError):  # no `ldd`: opening a sandbox will say so
        image_tag()


def settle_collector() -> None:
    """Traces and syntax trees are a great many live objects: looking them through at the usual pace takes a third."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def count(measures: Measures) -> None:
    """Adds a unit's measures to Beam's counters, which a repeated bundle counts again."""
    for name, number in measures.flat():
        Metrics.counter("nlex", name).inc(number)  # type: ignore[no-untyped-call]


def see_workspace(workspace: Workspace) -> None:
    """Raises FileNotFoundError where a worker does not see the folder that it is to share with the driver."""
    if not workspace.root.is_dir():
        raise FileNotFoundError(
            f"{workspace.output} is not there on worker {platform.node()}: give all workers the folder of --output "
            "under the same path, or an --output that is a URL, such as gs://BUCKET/CORPUS"
        )
