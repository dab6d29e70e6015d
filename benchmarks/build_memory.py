"""Peak memory of `nlex build` over a large synthetic input: the driver, its workers and the sandbox together.

Most rows are such as never run (Python 2, duplicates, more solutions of a problem than are wanted), so that
what is measured is reading, selection and merging:

    python benchmarks/build_memory.py --megabytes 2000 --workers 2
"""

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SAMPLE_EVERY_S = 0.5
PROBLEMS = 400
STATEMENT = "Read n and print the sum of its multiples below a bound, as the examples show. " * 95

CODE = """n = int(input())
total = {a}
for i in range(n):
    if i % {b} == 0:
        total += i * {c}
    elif total > {d}:
        total -= {a}
print(total)
"""


def row(number: int, chance: random.Random) -> dict[str, object]:
    """A program of about 8 KB with its statement: two in five are Python 2, one in three is a copy of another."""
    a, b, c, d = (chance.randrange(2, 60) for _ in range(4))
    code = CODE.format(a=a, b=b, c=c, d=d) if number % 3 else CODE.format(a=1, b=2, c=3, d=number % 50)
    if number % 5 < 2:
        code = code.replace("print(total)", "print total")
    problem = f"problem-{number % PROBLEMS}"
    tests = [{"input": f"{number % 7}\n", "expected": None}]
    return {
        "id": f"row-{number}",
        "source": "synthetic",
        "license": "CC0-1.0",
        "kind": "stdin",
        "problem": problem,
        "statement": f"{problem}, {number}: {STATEMENT}",
        "code": code,
        "tests": tests,
    }


def write_input(path: Path, size: int) -> int:
    """Writes rows until the file has `size` bytes; returns how many."""
    chance = random.Random(0)
    number = written = 0
    with path.open("w") as stream:
        while written < size:
            written += stream.write(json.dumps(row(number, chance)) + "\n")
            number += 1
    return number


def family(pid: int) -> list[int]:
    """A process and all that it started, also indirectly."""
    found = [pid]
    for each in found:
        with contextlib.suppress(OSError):  # it may have ended by now
            for task in Path(f"/proc/{each}/task").glob("*/children"):
                found += [int(child) for child in task.read_text().split()]
    return found


def proportional_bytes(pid: int) -> int:
    """The memory of a process, pages shared with others counted in proportion."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))


def main() -> None:
    """Writes the input, builds, and prints the peak."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sandbox", default="docker")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder) / "rows.jsonl", Path(folder) / "out"
        rows = write_input(source, args.megabytes * 1_000_000)
        command = [sys.executable, "-m", "pipelines.cli", "build", f"jsonl:{source}", "--output", str(output)]
        command += ["--workers", str(args.workers), "--sandbox", args.sandbox, "--max-solutions", "1", "--json"]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        peak, largest = 0, 0
        started = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as running:
            while running.poll() is None:
                sizes = [proportional_bytes(pid) for pid in family(running.pid)]
                peak, largest = max(peak, sum(sizes)), max(largest, *sizes)
                time.sleep(SAMPLE_EVERY_S)
            assert running.stdout is not None
            said = running.stdout.read().decode().splitlines()
        if running.returncode != 0:
            sys.exit(f"the build ended with {running.returncode}")
        report = json.loads(said[-1])
        size = source.stat().st_size
        print("| input | rows | examples | rejects | workers | peak, all processes | peak, largest process | wall |")
        print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
        rejects = sum(report["rejects"].values())
        wall = time.monotonic() - started
        print(
            f"| {size / 1e9:.2f} GB | {rows:,} | {report['examples']:,} | {rejects:,} | {args.workers} "
            f"| {peak / 1e6:,.0f} MB | {largest / 1e6:,.0f} MB | {wall:,.0f} s |"
        )
        result = {"input_bytes": size, "rows": rows, "peak_bytes": peak, "peak_to_input": round(peak / size, 4)}
        print(json.dumps(result | {"workers": args.workers, "load": os.getloadavg()[0], "wall_s": round(wall)}))


if __name__ == "__main__":
    main()
