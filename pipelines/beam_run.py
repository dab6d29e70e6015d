"""Runs the units of a plan on Beam: descriptors, one reshuffle, one `ParDo`."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

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


def run_units(tasks: Sequence[Task], options: BuildOptions, output: Path, arguments: Sequence[str]) -> None:
    """Runs units until all are done.

    Raises:
        UnitFailed: a unit raised an error, which the message holds.
    """
    quiet_logging()
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    from pipelines.unit_fn import RunUnit

    os.environ["NLEX_DRIVER"] = str(os.getpid())
    try:
        with beam.Pipeline(options=PipelineOptions(list(arguments))) as pipeline:
            (
                pipeline
                | "units" >> beam.Create(list(tasks))  # type: ignore[no-untyped-call]
                | "spread" >> beam.Reshuffle()  # type: ignore[no-untyped-call]
                | "run" >> beam.ParDo(RunUnit(options, output.absolute(), os.getpid()))  # type: ignore[no-untyped-call]
            )
    except Exception as error:
        raise UnitFailed(f"{type(error).__name__}: {error}") from error
