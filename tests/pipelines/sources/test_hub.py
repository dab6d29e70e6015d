"""`hf://` paths are globbed and read through the Hub's own client."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.pipelines.sources.hub import serve
from tests.pipelines.sources.published import code_contests, code_contests_rows

READ = """
import json, sys
from pipelines.sources.locate import source_files
from pipelines.sources.located import Located
files = source_files(("code_contests:hf://datasets/user/set/data/train-*",))
read = [each.solution.id for file in files for each in file.read() if isinstance(each, Located)]
print(json.dumps([[file.path for file in files], read]))
"""


def test_files_of_the_hub_are_read_by_a_glob(tmp_path: Path) -> None:
    files = {
        "data/train-0.parquet": code_contests(tmp_path).read_bytes(),
        "data/train-1.jsonl": json.dumps(code_contests_rows()[1] | {"name": "5_E. More"}).encode() + b"\n",
        "data/test-0.parquet": b"",
    }
    with serve(files) as endpoint:
        environment = os.environ | {
            "HF_ENDPOINT": endpoint,
            "HF_HUB_DISABLE_XET": "1",
            "HF_HOME": str(tmp_path / "home"),
            "PYTHONPATH": str(Path(__file__).parents[3]),
        }
        done = subprocess.run(
            [sys.executable, "-c", READ], env=environment, capture_output=True, text=True, timeout=120, check=False
        )
    assert done.returncode == 0, done.stderr
    paths, read = json.loads(done.stdout.splitlines()[-1])
    assert [path.rpartition("/")[2] for path in paths] == ["train-0.parquet", "train-1.jsonl"]
    assert all(path.startswith("hf://datasets/user/set") for path in paths)
    assert read[-1] == "code_contests/5_E. More/s0"
    assert len(read) == 6
