"""Runs the units of a plan on Beam: descriptors, one reshuffle, one `ParDo`."""

import contextlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.options import BuildOptions
from pipelines.unit import Task

if TYPE_CHECKING:
    from pipelines.local_workers import LocalWorkers


class UnitFailed(Exception):
    """A unit could not be done; `by_machine` tells whether it was for want of a sandbox or of space."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.by_machine = any(word in message for word in ("SandboxUnavailable", "No space left on device"))


def beam_arguments(workers: int, rest: Sequence[str]) -> list[str]:
    """Beam's own arguments for a local run, then what the user gave, which wins."""
    mode = "in_memory" if workers == 1 else "multi_processing"
    local = [
        "--runner=FnApiRunner",
        f"--direct_num_workers={workers}",
        f"--direct_running_mode={mode}",
    ]
    return [*local, *rest]


def quiet_logging() -> None:
    """Our own format and no chatter; called before Beam is imported, which else sets up logging itself."""
    logging.basicConfig(format="nlex: %(message)s", level=logging.CRITICAL)
    for name in ("apache_beam", "root"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


Graph = Callable[[Any], None]
"""Adds transforms to a pipeline."""


@contextlib.contextmanager
def forked_workers(arguments: Sequence[str]) -> Iterator["LocalWorkers | None"]:
    """The workers of a local run, with all that they need loaded already; None where Beam has others.

    This process should not have opened a sandbox yet, which would stay open in the workers too.
    """
    quiet_logging()
    import apache_beam as beam
    from apache_beam.internal import pickler
    from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions, SetupOptions, StandardOptions

    import pipelines.unit_fn
    from pipelines.local_workers import LocalWorkers, may_fork

    options = PipelineOptions(list(arguments))
    direct, runner = options.view_as(DirectOptions), options.view_as(StandardOptions).runner
    if runner != "FnApiRunner" or direct.direct_running_mode != "multi_processing" or not may_fork():
        yield None
        return
    pipelines.unit_fn.load()
    pickler.set_library(options.view_as(SetupOptions).pickle_library)  # type: ignore[no-untyped-call]
    beam.io.filesystems.FileSystems.set_options(options)  # type: ignore[no-untyped-call]
    with LocalWorkers(direct.direct_num_workers or os.cpu_count() or 1) as workers:
        yield workers


def run_units(
    tasks: Sequence[Task],
    options: BuildOptions,
    output: Path,
    arguments: Sequence[str],
    workers: "LocalWorkers | None" = None,
) -> None:
    """Runs units until all are done, on workers that see the folder `output`, which may be forked already.

    Raises:
        UnitFailed: a unit raised an error, which the message holds.
    """

    def add(pipeline: Any) -> None:
        import apache_beam as beam

        from pipelines.unit_fn import RunUnit

        spread(pipeline, tasks) | "run" >> beam.ParDo(RunUnit(options, output.absolute(), os.getpid()))  # type: ignore[no-untyped-call]

    run_graph(add, arguments, workers)


def spread(pipeline: Any, tasks: Sequence[Any]) -> Any:
    """The units as a collection of descriptors that any worker may take from."""
    import apache_beam as beam

    return pipeline | "units" >> beam.Create(list(tasks)) | "spread" >> beam.Reshuffle()  # type: ignore[no-untyped-call]


def run_graph(add: Graph, arguments: Sequence[str], workers: "LocalWorkers | None" = None) -> bool:
    """Runs a pipeline until it is done; tells whether it did run, for a runner may only write a template.

    Raises:
        UnitFailed: a unit raised an error, which the message holds.
    """
    quiet_logging()
    import apache_beam as beam
    from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

    os.environ["NLEX_DRIVER"] = str(os.getpid())
    options = PipelineOptions(list(arguments))
    try:
        with beam.Pipeline(runner=_runner(options, workers), options=options) as pipeline:
            add(pipeline)
    except Exception as error:
        raise UnitFailed(f"{type(error).__name__}: {error}") from error
    return options.view_as(GoogleCloudOptions).template_location is None


def _runner(options: Any, workers: "LocalWorkers | None") -> Any:
    """Beam's local runner with workers of ours or in a pool that runs elsewhere; else what `--runner` names.

    By its options alone the local runner would not use such a pool, and the portable one would use one worker of it.
    """
    from apache_beam.options.pipeline_options import DirectOptions, PortableOptions, StandardOptions
    from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
    from apache_beam.transforms import environments

    if workers is not None:
        options.view_as(DirectOptions).direct_running_mode = "in_memory"  # else it starts others
        return FnApiRunner(default_environment=workers.environment())
    name = options.view_as(StandardOptions).runner
    portable = options.view_as(PortableOptions)
    if name != "FnApiRunner" or portable.environment_type != "EXTERNAL":
        return None
    return FnApiRunner(default_environment=environments.ExternalEnvironment.from_options(portable))
