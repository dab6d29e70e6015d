"""Runs the units of a plan on Beam: descriptors, one reshuffle, one `ParDo`."""

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipelines.options import BuildOptions
from pipelines.unit import Task


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


def run_units(tasks: Sequence[Task], options: BuildOptions, output: Path, arguments: Sequence[str]) -> None:
    """Runs units until all are done, on workers that see the folder `output`.

    Raises:
        UnitFailed: a unit raised an error, which the message holds.
    """

    def add(pipeline: Any) -> None:
        import apache_beam as beam

        from pipelines.unit_fn import RunUnit

        spread(pipeline, tasks) | "run" >> beam.ParDo(RunUnit(options, output.absolute(), os.getpid()))  # type: ignore[no-untyped-call]

    run_graph(add, arguments)


def spread(pipeline: Any, tasks: Sequence[Any]) -> Any:
    """The units as a collection of descriptors that any worker may take from."""
    import apache_beam as beam

    return pipeline | "units" >> beam.Create(list(tasks)) | "spread" >> beam.Reshuffle()  # type: ignore[no-untyped-call]


def run_graph(add: Graph, arguments: Sequence[str]) -> bool:
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
        with beam.Pipeline(runner=_runner(options), options=options) as pipeline:
            add(pipeline)
    except Exception as error:
        raise UnitFailed(f"{type(error).__name__}: {error}") from error
    return options.view_as(GoogleCloudOptions).template_location is None


def _runner(options: Any) -> Any:
    """Beam's local runner with workers in a pool that runs elsewhere, where asked for; else what `--runner` names.

    By its options alone the local runner would not use such a pool, and the portable one would use one worker of it.
    """
    from apache_beam.options.pipeline_options import PortableOptions, StandardOptions
    from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
    from apache_beam.transforms import environments

    name = options.view_as(StandardOptions).runner
    portable = options.view_as(PortableOptions)
    if name != "FnApiRunner" or portable.environment_type != "EXTERNAL":
        return None
    return FnApiRunner(default_environment=environments.ExternalEnvironment.from_options(portable))
