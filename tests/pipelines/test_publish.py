"""Publishing: the real client of the Hub against a server on the loopback interface, and `datasets` reading back."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.build_command import build
from pipelines.options import BuildOptions
from tests.pipelines.hub_server import TOKEN, Hub, Stored, running_hub
from tests.pipelines.reading import rows

REPO = "tester/corpus"

DATA = Path(__file__).parents[3] / "shared" / "data"
REAL = [DATA / "stdin_llm_apps.jsonl", DATA / "func_thealgorithms.jsonl"]

READ_BACK = """
import json, sys
import datasets
for config in json.loads(sys.argv[2]):
    whole = datasets.load_dataset(sys.argv[1], config)
    streamed = datasets.load_dataset(sys.argv[1], config, streaming=True)
    for split in whole:
        same = list(whole[split]) == list(streamed[split])
        print(json.dumps([config, split, same, whole[split].to_list()], default=repr))
"""


@dataclass
class Said:
    """How a command ended."""

    code: int
    text: str
    report: dict[str, Any]


@pytest.fixture
def hub() -> Iterator[Hub]:
    with running_hub() as hub:
        yield hub


def environment(hub: Hub, home: Path, token: str = TOKEN) -> dict[str, str]:
    return os.environ | {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(home),
        "HF_TOKEN": token,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }


def publish(hub: Hub, corpus: Path, home: Path, *more: str, token: str = TOKEN) -> Said:
    command = [sys.executable, "-m", "pipelines.cli", "publish", str(corpus), REPO, "--json", *more]
    done = subprocess.run(command, env=environment(hub, home, token), capture_output=True, text=True, check=False)
    text = done.stdout + done.stderr
    assert TOKEN not in text
    last = done.stdout.splitlines()[-1] if done.stdout else ""
    return Said(done.returncode, text, json.loads(last) if last.startswith("{") else {})


def names(corpus: Path) -> set[str]:
    shards = {str(path.relative_to(corpus)) for path in corpus.glob("*/*.parquet")}
    return shards | {"README.md", "manifest.json"}


def copy(corpus: Path, to: Path) -> Path:
    shutil.copytree(corpus, to, ignore=shutil.ignore_patterns(".parts"))
    return to


def assert_read_back(hub: Hub, corpus: Path, home: Path) -> None:
    """What `datasets` reads from the Hub, whole and streamed, is what the corpus holds."""
    configs = sorted({name.partition("/")[0] for name in names(corpus) if "/" in name})
    command = [sys.executable, "-c", READ_BACK, REPO, json.dumps(configs)]
    done = subprocess.run(command, env=environment(hub, home), capture_output=True, text=True, check=True)
    read: dict[str, list[Any]] = {config: [] for config in configs}
    for config, split, same, found in map(json.loads, done.stdout.splitlines()):
        assert same
        read[config] += [row | {"split": split} for row in found]
    for config in configs:
        local = json.loads(json.dumps(rows(corpus, config), default=repr))
        assert sorted(read[config], key=lambda row: str(row["id"])) == sorted(local, key=lambda row: str(row["id"]))


def test_what_is_published_is_what_datasets_reads(hub: Hub, corpus: Path, tmp_path: Path) -> None:
    said = publish(hub, corpus, tmp_path)
    assert (said.code, said.report["problems"]) == (0, []), said.text
    assert set(said.report["added"]) == names(corpus)
    assert hub.repos[REPO].private
    assert [message for _, message, _ in hub.repos[REPO].commits] == ["initial commit", "Publish the corpus"]
    for name in names(corpus):
        assert hub.file(REPO, name) == (corpus / name).read_bytes()
    assert_read_back(hub, corpus, tmp_path)


def test_an_unchanged_corpus_makes_no_commit(hub: Hub, corpus: Path, tmp_path: Path) -> None:
    publish(hub, corpus, tmp_path)
    head, sent = hub.repos[REPO].head, len(hub.uploads)
    said = publish(hub, corpus, tmp_path)
    assert said.code == 0
    assert "no commit was made" in said.text
    assert (said.report["commit"], hub.repos[REPO].head, len(hub.uploads)) == (head, head, sent)


def test_stale_shards_go_in_the_same_commit_and_other_files_stay(hub: Hub, corpus: Path, tmp_path: Path) -> None:
    publish(hub, corpus, tmp_path)
    repo = hub.repos[REPO]
    shard = next(name for name in sorted(names(corpus)) if name.startswith("nlex/"))
    changed = dict(repo.at("main") or {})
    changed |= {"nlex/train-00003-of-00004.parquet": changed[shard], "logo.png": Stored(b"png", False)}
    del changed[shard]
    repo.add("somebody's", changed)
    before = len(repo.commits)
    said = publish(hub, corpus, tmp_path)
    assert said.report["deleted"] == ["nlex/train-00003-of-00004.parquet"]
    assert said.report["added"] == [shard]
    assert len(repo.commits) == before + 1
    assert set(repo.at("main") or {}) == names(corpus) | {"logo.png", ".gitattributes"}


def test_a_dry_run_sends_nothing(hub: Hub, corpus: Path, tmp_path: Path) -> None:
    said = publish(hub, corpus, tmp_path, "--dry-run")
    assert (said.code, said.report["commit"], hub.repos) == (0, None, {})
    assert set(said.report["added"]) == names(corpus)
    assert not [request for request in hub.requests if request.startswith(("POST", "PUT"))]


def test_a_corpus_that_does_not_verify_is_refused(hub: Hub, corpus: Path, tmp_path: Path) -> None:
    broken = copy(corpus, tmp_path / "broken")
    shard = next(broken.glob("nlex/*.parquet"))
    data = bytearray(shard.read_bytes())
    data[len(data) // 3] ^= 1
    shard.write_bytes(bytes(data))
    said = publish(hub, broken, tmp_path)
    assert (said.code, hub.repos) == (1, {})
    assert "is not published" in said.text


def test_a_dropped_connection_is_tried_again(hub: Hub, corpus: Path, tmp_path: Path) -> None:
    hub.drop_uploads = 1
    said = publish(hub, corpus, tmp_path)
    assert (said.code, hub.drop_uploads, len(hub.repos[REPO].commits)) == (0, 0, 2), said.text
    assert len(hub.uploads) == len(set(hub.uploads))


def test_what_was_sent_before_a_kill_is_not_sent_again(hub: Hub, corpus: Path, tmp_path: Path) -> None:
    hub.answer_late.clear()
    command = [sys.executable, "-m", "pipelines.cli", "publish", str(corpus), REPO]
    with subprocess.Popen(
        command, env=environment(hub, tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as begun:
        assert hub.upload_began.wait(60)
        begun.send_signal(signal.SIGKILL)
    hub.answer_late.set()
    assert len(hub.repos[REPO].commits) == 1
    said = publish(hub, corpus, tmp_path)
    assert (said.code, said.report["problems"], len(hub.repos[REPO].commits)) == (0, [], 2)
    assert len(hub.uploads) == len(set(hub.uploads)) == len(names(corpus)) - 2


def test_a_commit_whose_answer_was_lost_is_not_made_twice(hub: Hub, corpus: Path, tmp_path: Path) -> None:
    hub.lose_answer = True
    said = publish(hub, corpus, tmp_path)
    assert (said.code, said.report["problems"], len(hub.repos[REPO].commits)) == (0, [], 2), said.text


def test_somebody_elses_commit_meanwhile_is_not_overwritten(hub: Hub, corpus: Path, tmp_path: Path) -> None:
    hub.before_commit.append(lambda: hub.repos[REPO].add("somebody's", {"notes.md": Stored(b"mine", False)}))
    said = publish(hub, corpus, tmp_path)
    assert said.code == 1
    assert "changed by somebody else" in said.text
    assert set(hub.repos[REPO].at("main") or {}) == {"notes.md"}


def test_a_public_repository_wants_to_be_asked_for(hub: Hub, corpus: Path, tmp_path: Path) -> None:
    assert publish(hub, corpus, tmp_path, "--public").code == 0
    assert not hub.repos[REPO].private
    said = publish(hub, corpus, tmp_path)
    assert said.code == 1
    assert "--public" in said.text


def test_a_token_that_is_refused_is_told_without_it(hub: Hub, corpus: Path, tmp_path: Path) -> None:
    wrong = "hf_anotherSecretToken5678"
    said = publish(hub, corpus, tmp_path, token=wrong)
    assert said.code == 3
    assert wrong not in said.text
    assert "401" in said.text


def test_a_wrong_name_is_a_fault_of_usage(hub: Hub, corpus: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipelines.cli", "publish", str(corpus), "no-organisation"]
    done = subprocess.run(command, env=environment(hub, tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "ORG/NAME" in done.stderr


def test_a_changed_row_of_real_programs_changes_its_shards_alone(hub: Hub, tmp_path: Path) -> None:
    taken = [line for file in REAL for line in file.read_bytes().splitlines()[:25]]
    source, corpus = tmp_path / "rows.jsonl", tmp_path / "corpus"
    for code in ("", "\n# changed\n"):
        row = json.loads(taken[30])
        taken[30] = json.dumps(row | {"code": row["code"] + code}).encode()
        source.write_bytes(b"\n".join(taken) + b"\n")
        build(BuildOptions((f"jsonl:{source}",)), corpus, workers=1)
        said = publish(hub, corpus, tmp_path)
        assert (said.code, said.report["problems"]) == (0, []), said.text
        assert_read_back(hub, corpus, tmp_path)
    assert len(hub.repos[REPO].commits) == 3
    assert set(said.report["replaced"]) >= {"README.md", "manifest.json"}
    changed = {path.partition("-")[0] for path in said.report["replaced"] if "/" in path}
    splits = {path.rpartition("/")[2] for path in changed}
    assert len(splits) == 1
    assert f"nlex/{splits.pop()}" in changed


def test_a_card_that_the_hub_refuses_makes_no_commit(hub: Hub, corpus: Path, tmp_path: Path) -> None:
    hub.refused_licence = "cc0-1.0"
    said = publish(hub, corpus, tmp_path)
    assert said.code == 3
    assert "licence cc0-1.0 is not known" in said.text
    assert len(hub.repos[REPO].commits) == 1
