"""The Beam side of a build at a URL; the work itself is `pipelines.remote.work`."""

from collections.abc import Iterable
from typing import Any

import apache_beam as beam

from pipelines.options import BuildOptions
from pipelines.remote.store import Store
from pipelines.remote.work import RemoteTask, finish_remote, run_remote_unit
from pipelines.unit_fn import count, settle_collector
from pipelines.worker_sandbox import worker_sandbox


class RunRemoteUnit(beam.DoFn):
    """Does the units it is given, through a store."""

    def __init__(self, options: BuildOptions, store: Store) -> None:
        self.options = options
        self.store = store

    def setup(self) -> None:
        """Makes the collector fit for many live objects."""
        settle_collector()

    def process(self, element: RemoteTask, *args: Any, **kwargs: Any) -> Iterable[str]:
        """Runs one unit, adds its measures to Beam's counters, and names its bucket."""
        count(
            run_remote_unit(
                element, self.options, self.store, lambda fresh: worker_sandbox(self.options.sandbox_config(), fresh)
            )
        )
        yield element.task.unit.bucket


class FinishRemote(beam.DoFn):
    """Finishes the corpus when it is told how many units were done."""

    def __init__(self, options: BuildOptions, store: Store, max_reject_rate: float) -> None:
        self.options = options
        self.store = store
        self.max_reject_rate = max_reject_rate

    def process(self, element: int, *args: Any, **kwargs: Any) -> Iterable[int]:
        """Writes shards, card and manifest."""
        finish_remote(self.options, self.store, self.max_reject_rate)
        yield element
