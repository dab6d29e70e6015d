"""What a run shows of itself can be read by people and by programs, and survives a kill."""

import json
from html.parser import HTMLParser
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from train.watch.transcripts import Transcript, write_transcripts
from train.watch.watcher import METRICS, Watcher


def steps_kept(folder: Path) -> list[int]:
    return [json.loads(line)["step"] for line in (folder / METRICS).read_text().splitlines()]


def test_each_step_is_a_line_of_metrics_and_a_point_in_tensorboard(tmp_path: Path) -> None:
    with Watcher(tmp_path, 3) as watcher:
        for step in range(3):
            watcher.record(step, {"loss": 3.0 - step}, {"loss": "x"})
    board = EventAccumulator(str(tmp_path / "tensorboard"))
    board.Reload()
    assert [(point.step, point.value) for point in board.Scalars("loss")] == [(0, 3.0), (1, 2.0), (2, 1.0)]
    assert [json.loads(line) for line in (tmp_path / METRICS).read_text().splitlines()][2] == {"step": 2, "loss": 1.0}


def test_a_run_that_goes_on_drops_what_was_written_after_its_checkpoint(tmp_path: Path) -> None:
    with Watcher(tmp_path, 9) as watcher:
        for step in range(5):
            watcher.record(step, {"loss": 1.0}, {})
    with (tmp_path / METRICS).open("a") as file:
        file.write('{"step": 5, "lo')  # what a kill leaves
    with Watcher(tmp_path, 9, start=3) as watcher:
        watcher.record(3, {"loss": 2.0}, {})
    assert steps_kept(tmp_path) == [0, 1, 2, 3]


def test_a_rank_that_does_not_lead_writes_nothing(tmp_path: Path) -> None:
    with Watcher(tmp_path / "run", 1, active=False) as watcher:
        watcher.record(0, {"loss": 1.0}, {})
        watcher.note(0, {"loss": 1.0})
        watcher.say("nothing")
    assert not (tmp_path / "run").exists()


def test_a_note_stands_beside_the_step_it_belongs_to(tmp_path: Path) -> None:
    with Watcher(tmp_path, 1) as watcher:
        watcher.note(0, {"validation_loss": 0.5})
    assert json.loads((tmp_path / "notes.jsonl").read_text()) == {"step": 0, "validation_loss": 0.5}


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_transcript_shows_all_text_and_runs_none_of_it(tmp_path: Path) -> None:
    hostile = "<script>alert('x')</script> & {{ 7 * 7 }}"
    path = write_transcripts(
        tmp_path, 7, [Transcript("row 1", [("user", "print(1)"), ("assistant", hostile)], {"reward": -1.0})]
    )
    page = Page()
    page.feed(path.read_text())
    assert "script" not in page.tags
    assert hostile in page.text
    assert "reward: -1.0" in page.text
    assert path == tmp_path / "transcripts" / "step-7.html"
