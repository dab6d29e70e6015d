"""A whole build beside the bare loop over the same code and beside the peers' way, on the same programs, in one run.

    python -m benchmarks.pipeline                    # 2,000 programs
    python -m benchmarks.pipeline --programs 200     # a first impression
    python -m benchmarks.pipeline --rows data/*.jsonl --inputs 9    # a draw from your own programs

The programs are drawn from the given JSON Lines files, or else the bundled ones, each with a statement of its own
added until there are enough; the peers' way runs programs in no sandbox, so give it none that you do not trust.
Processor time is that of a control group, so that nothing escapes it; it needs root. Peers are PySnooper and snoop in
a fresh Python a run, the text written as JSON Lines: nothing of that is checked, and what they fail at is not counted.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.build_memory import family, proportional_bytes

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "pipelines" / "sources" / "sample"
GROUPS = (Path("/sys/fs/cgroup/cpuacct"), Path("/sys/fs/cgroup/cpu,cpuacct"), Path("/sys/fs/cgroup"))
LOOK_EVERY_S = 0.5
PEERS = ("pysnooper", "snoop")
STYLES = "steps,blocks,story,state"
QUESTIONS = "next_line,variable_value,branch,input_from_output"


@dataclass(frozen=True)
class Run:
    """What one side took: seconds, examples, the largest process and all of them together (pages shared in part)."""

    name: str
    examples: int
    cpu_s: float
    wall_s: float
    largest_bytes: int
    all_bytes: int


def programs(number: int) -> list[dict[str, Any]]:
    """The bundled rows again and again, each copy another program."""
    bundled = [json.loads(line) for path in sorted(SAMPLE.glob("*.jsonl")) for line in path.open()]
    rows = []
    for at in range(number):
        row = dict(bundled[at % len(bundled)])
        copy = at // len(bundled)
        row |= {"id": f"{row['id']}-{copy}", "problem": f"{row.get('problem', row['id'])}-{copy}"}
        row["split"] = "train"  # in another split a copy would be a leak
        row["code"] = f"{row['code'].rstrip()}\n_copy = {copy}\n"
        rows.append(row)
    return rows


def drawn(files: list[Path], number: int) -> list[dict[str, Any]]:
    """So many rows of some files, drawn with a fixed seed, in one split: between splits a near copy would be a leak."""
    rows = [json.loads(line) for path in files for line in path.open()]
    return [row | {"split": "train"} for row in random.Random(0).sample(rows, min(number, len(rows)))]


class Group:
    """A control group that counts the processor time of all that is started in it."""

    def __init__(self) -> None:
        base = next(folder for folder in GROUPS if (folder / "cgroup.procs").exists())
        self.folder = base / f"nlex-benchmark-{os.getpid()}"
        self.folder.mkdir()

    def cpu_s(self) -> float:
        """Processor seconds so far."""
        usage = self.folder / "cpuacct.usage"
        if usage.exists():
            return int(usage.read_text()) / 1e9
        return int((self.folder / "cpu.stat").read_text().split()[1]) / 1e6

    def close(self) -> None:
        """Removes the group, once all in it have ended."""
        for _ in range(100):
            if not (self.folder / "cgroup.procs").read_text():
                break
            time.sleep(0.1)
        self.folder.rmdir()


def measure(name: str, group: Group, command: list[str]) -> tuple[Run, dict[str, Any]]:
    """Runs a command in the group; its last line of output is an object with `examples`."""
    before, started = group.cpu_s(), time.monotonic()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    enter = ["sh", "-c", f'echo $$ > {group.folder}/cgroup.procs; exec "$@"', "sh", sys.executable]
    largest = together = 0
    with subprocess.Popen(
        [*enter, *command], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        while running.poll() is None:
            sizes = [proportional_bytes(pid) for pid in family(running.pid)]
            largest, together = max(largest, *sizes), max(together, sum(sizes))
            time.sleep(LOOK_EVERY_S)
        assert running.stdout is not None and running.stderr is not None
        said, wrong = running.stdout.read(), running.stderr.read()
    wall = time.monotonic() - started
    cpu = group.cpu_s() - before
    if running.returncode:
        sys.exit(f"{name} ended with {running.returncode}: {wrong[-2000:]}")
    report = json.loads(said.splitlines()[-1])
    return Run(name, report["examples"], report.get("cpu_s", cpu), wall, largest, together), report


def build_command(source: Path, output: Path, workers: int, inputs: int, *more: str) -> list[str]:
    """`nlex build` as the bare loop does it: no deduplication, so many inputs a program."""
    where = ["build", f"jsonl:{source}", "--output", str(output), "--workers", str(workers), "--sandbox", "process"]
    return ["-m", "pipelines.cli", *where, "--dedup", "none", "--max-inputs", str(inputs), "--json", *more]


def rows_in(corpus: Path) -> int:
    """All rows of a corpus."""
    return sum(pq.ParquetFile(path).metadata.num_rows for path in corpus.glob("*/*.parquet"))


def table(runs: list[Run]) -> None:
    """Prints what each side took."""
    print("| side | examples | CPU s | CPU ms an example | examples a core-second | wall s | largest process | all |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for run in runs:
        each = f"| {1000 * run.cpu_s / run.examples:.1f} | {run.examples / run.cpu_s:.1f} | {run.wall_s:.1f} "
        sizes = f"| {run.largest_bytes / 1e6:,.0f} MB | {run.all_bytes / 1e6:,.0f} MB |"
        print(f"| {run.name} | {run.examples:,} | {run.cpu_s:.1f} {each}{sizes}")


def main() -> None:
    """Runs all sides and prints the table, the ratios and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=2000)
    parser.add_argument(
        "--rows", type=Path, nargs="+", metavar="FILE", help="JSON Lines files to draw the programs from"
    )
    parser.add_argument("--inputs", type=int, default=1, help="inputs a program, at most")
    parser.add_argument("--styles", default="steps", help="styles that each run is told in")
    parser.add_argument("--peer-programs", type=int, default=208, help="programs traced in the peers' way")
    parser.add_argument(
        "--memory-rows", type=int, default=50_000, help="rows of the build whose memory is measured; 0: none"
    )
    args = parser.parse_args()
    group = Group()
    load = os.getloadavg()[0]
    inputs = str(args.inputs)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        source = folder / "rows.jsonl"
        chosen = drawn(args.rows, args.programs) if args.rows else programs(args.programs)
        source.write_text("".join(json.dumps(row) + "\n" for row in chosen))
        runs, stages = [], {}
        for workers in (1, 2):
            output = folder / f"built-{workers}"
            command = build_command(source, output, workers, args.inputs, "--styles", args.styles)
            run, _ = measure(f"nlex build, {workers}", group, command)
            stages[workers] = json.loads((output / "metrics.json").read_text())["stages"]
            bare = ["-m", "benchmarks.bare_loop", f"jsonl:{source}", str(folder / f"bare-{workers}")]
            runs += [run, measure(f"bare loop, {workers}", group, [*bare, str(workers), inputs, args.styles])[0]]
        for peer in PEERS:
            arguments = [str(source), str(folder / f"{peer}.jsonl"), inputs, str(args.peer_programs)]
            runs.append(measure(f"{peer} a process", group, ["-m", "benchmarks.peer_trace", peer, *arguments])[0])
        table(runs)
        one, bare_one, two, bare_two, *peers = runs
        spent = sum(stages[1].values())
        print("\nstages, one worker: " + ", ".join(f"{name} {took / spent:.1%}" for name, took in stages[1].items()))
        result: dict[str, Any] = {
            "programs": len(chosen),
            "overhead_1": round(one.cpu_s / bare_one.cpu_s, 3),
            "overhead_2": round(two.cpu_s / bare_two.cpu_s, 3),
            "two_workers": round(one.wall_s / two.wall_s, 2),
            "two_workers_cpu": round(one.cpu_s / two.cpu_s, 3),
            "over_peers": {
                peer: round((one.examples / one.cpu_s) / (run.examples / run.cpu_s), 1)
                for peer, run in zip(PEERS, peers, strict=True)
            },
            "load": [load, os.getloadavg()[0]],
        }
        if args.memory_rows:
            few = folder / "memory.jsonl"
            few.write_text("".join(json.dumps(row) + "\n" for row in programs(args.memory_rows // 12)))
            output = folder / "memory"
            more = ("--styles", STYLES, "--side-tasks", QUESTIONS)
            memory, _ = measure("all", group, build_command(few, output, 2, args.inputs, *more))
            rows = rows_in(output)
            print(f"memory: {rows:,} rows, largest process {memory.largest_bytes / 1e6:,.0f} MB")
            result |= {"memory_rows": rows, "memory_largest_bytes": memory.largest_bytes}
    group.close()
    print(f"overhead over the bare loop in CPU time: {result['overhead_1']} (1 worker), {result['overhead_2']} (2)")
    print(json.dumps(result | {"runs": [asdict(run) for run in runs], "stages": stages[1]}))


if __name__ == "__main__":
    main()
