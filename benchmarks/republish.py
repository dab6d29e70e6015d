"""Counts what publishing a corpus again sends after one problem has changed, with the Hub's own client.

    python -m benchmarks.republish CORPUS [--problems N] [--seed SEED]

CORPUS is a folder that `nlex build` wrote, with its parts. N times, the texts of one problem's rows are changed and all
shards, the card and the manifest are written again. Both corpora are handed to `hf_xet`, the client that uploads to the
Hub, with a store in a local folder: it cuts files into chunks by content and counts the bytes of those that the store
lacks. Beside it stands what would be sent if whole files were.
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import hf_xet
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.card import make_card
from pipelines.identity import sha256_of
from pipelines.manifest import CARD, make_manifest, write_manifest, write_text_atomically
from pipelines.merge import merge
from pipelines.options import BuildOptions
from pipelines.plan import Plan


def main() -> int:
    """Prints a line for each changed problem, and as the last line one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--problems", type=int, default=5, metavar="N", help="change so many, one at a time (5)")
    parser.add_argument("--seed", type=int, default=0, help="chooses the problems (0)")
    args = parser.parse_args()
    parts = sorted((args.corpus / ".parts" / "prose").glob("b*.parquet"))
    choice = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        before = written(parts, work / "before")
        print(f"{'problem':40} {'rows':>5} {'files':>10} {'chunks':>8} {'files':>8}   (share of bytes)")
        sent = []
        for number in range(args.problems):
            place = choice.randrange(len(parts))
            problem, rows, part = changed(parts[place], work / f"{number}.parquet", choice)
            after = written([*parts[:place], part, *parts[place + 1 :]], work / f"after-{number}")
            old = {path.relative_to(before): sha256_of(path) for path in files(before)}
            differ = [path for path in files(after) if old.get(path.relative_to(after)) != sha256_of(path)]
            uploaded(work / f"store-{number}", before)
            new, total = uploaded(work / f"store-{number}", after)
            whole = sum(path.stat().st_size for path in differ) / total
            sent.append(new / total)
            print(f"{problem[:40]:40} {rows:5} {len(differ):4} of {len(old):3} {new / total:8.2%} {whole:8.2%}")
    shards = sum(1 for path in old if path.suffix == ".parquet")
    print(json.dumps({"shards": shards, "bytes": total, "median": statistics.median(sent), "most": max(sent)}))
    return 0


def files(corpus: Path) -> list[Path]:
    """All files that are published."""
    return sorted(path for path in corpus.rglob("*") if path.is_file())


def written(parts: list[Path], output: Path) -> Path:
    """The corpus that these parts make."""
    output.mkdir()
    shards, counts = merge(parts, output)
    manifest = make_manifest(BuildOptions(()), Plan(), shards, counts, "nlex build")
    write_text_atomically(output / CARD, make_card(shards, manifest, output).encode())
    write_manifest(output, manifest)
    return output


def changed(part: Path, to: Path, choice: random.Random) -> tuple[str, int, Path]:
    """A part with one problem's rows changed: its name, how many rows it has, and the new part."""
    table = pq.read_table(part)
    rows: list[dict[str, Any]] = table.to_pylist()
    problem = choice.choice(sorted({row["problem"] for row in rows}))
    ours = [row[row["config"]] for row in rows if row["problem"] == problem]
    for row in ours:
        for name in {"code", "statement", "message"} & row.keys():
            row[name] += "\n# changed"
        for message in row.get("messages", ()):
            message["content"] = message["content"].replace("Line", "Row")
        if "log" in row:
            row["log"] = bytes(byte ^ 85 for byte in row["log"])
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), to, compression="zstd")
    return problem, len(ours), to


def uploaded(store: Path, corpus: Path) -> tuple[int, int]:
    """The bytes that are new to a store, and all bytes."""
    commit = hf_xet.XetSession().new_upload_commit(endpoint=f"local://{store}")
    for path in files(corpus):
        commit.start_upload_file(str(path))
    metrics = commit.wait_to_finish().dedup_metrics
    return metrics.new_bytes, metrics.total_bytes


if __name__ == "__main__":
    sys.exit(main())
