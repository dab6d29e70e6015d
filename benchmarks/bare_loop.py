"""The least that makes examples: a pool of processes over our own plain functions, without Beam, plan or shards."""

import gc
import json
import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines.curation.options import Curation
from pipelines.measures import Measures
from pipelines.options import BuildOptions
from pipelines.parts import write_part
from pipelines.runs import StoredRun, stored_run
from pipelines.select import select_problem
from pipelines.sources.locate import source_files
from pipelines.sources.located import Located
from pipelines.tell import tell_problem
from pipelines.worker_sandbox import close_worker_sandboxes, worker_sandbox
from sandbox import Input, observe_all

_ROWS_A_CHUNK = 16


def _settle() -> None:
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def do_chunk(given: tuple[int, Sequence[Located], BuildOptions, Path]) -> int:
    """Runs, tells, checks and writes some rows; returns how many examples they made."""
    number, rows, options, folder = given
    measures = Measures()
    entries = []
    for row in rows:
        selection = select_problem([row], options)
        runs: dict[str, StoredRun] = {}
        if selection.planned:
            first = selection.planned[0]
            inputs = [Input(each.test.stdin, each.test.call) for each in selection.planned]
            seen = observe_all(
                worker_sandbox(options.sandbox_config()),
                first.row.solution.program,
                inputs,
                limits=first.limits,
                probe="full",
            )
            pairs = zip(selection.planned, seen, strict=True)
            runs = {each.trace_id: stored_run(each.trace_id, one) for each, one in pairs}
        entries += tell_problem(selection, runs, options, measures)
    write_part(folder / f"{number:06d}.zip", entries)
    return measures.examples


def main() -> None:
    """Makes examples of a source with so many processes, and prints how many there are."""
    source, folder, workers, inputs = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    styles = tuple(sys.argv[5].split(","))
    curation = Curation(max_inputs=inputs, dedup="none")
    options = BuildOptions((source,), sandbox="process", styles=styles, curation=curation)
    folder.mkdir(parents=True)
    rows = [found for file in source_files((source,)) for found in file.read() if isinstance(found, Located)]
    chunks = [rows[at : at + _ROWS_A_CHUNK] for at in range(0, len(rows), _ROWS_A_CHUNK)]
    work = [(number, chunk, options, folder) for number, chunk in enumerate(chunks)]
    with multiprocessing.Pool(workers, _settle) as pool:
        examples = sum(pool.imap_unordered(do_chunk, work))
        pool.map(_close, range(workers), 1)
        pool.close()
        pool.join()
    print(json.dumps({"examples": examples, "pid": os.getpid()}))


def _close(_: int) -> None:
    close_worker_sandboxes()


if __name__ == "__main__":
    main()
