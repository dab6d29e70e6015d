"""The parts of reinforcement learning: which task is which, what is learnt from, what rings an alarm."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.columns import arrow_schema, to_row
from schemas.solve import SolveRow
from tests.train.family import ALONE, PROGRAMS, write_family
from tests.train.problems import KnownGrader, doubling
from tests.train.tiny_model import VOCABULARY, make_tiny_model
from train.config import ConfigError, make_config, read_config, recipe_names
from train.data.packing import NO_TARGET, pack
from train.data.shards import DataError
from train.environments.situation import Ask, Ending
from train.model.config import ModelConfig
from train.model.loading import load_policy
from train.optimizer import OptimizerConfig, make_optimizer
from train.rl.alarms import Alarms, NothingToLearn, ends_in_loop
from train.rl.config import AlarmConfig, RlConfig, TasksConfig
from train.rl.group import Group, document_of, lessons_of
from train.rl.learner import learn, lectures_of
from train.rl.rounds import Frontier
from train.rl.tasks import Tasks
from train.rollouts.engine import Sample
from train.rollouts.episode import Context, Episode

CONFIG = RlConfig.model_validate(
    {
        "output": "unused",
        "model": {"path": "unused"},
        "tasks": {"output_prediction": "unused"},
        "rollouts": {"context_length": 64, "max_tokens": 32},
        "packed_tokens": 64,
    }
)


def context(prompt: Sequence[int], said: Sequence[int], version: int = 0) -> Context:
    sample = Sample(tuple(said), (-0.5,) * len(said), (version,) * len(said), True)
    return Context(Ask("predict", "?"), tuple(prompt), sample, "")


def episode(reward: float, *lengths: int, version: int = 0) -> Episode:
    contexts = [context(range(5), range(length), version) for length in lengths]
    return Episode(tuple(contexts), Ending(reward, "right" if reward > 0 else "wrong"))


def group(*episodes: Episode) -> Group:
    return Group(0, "output_prediction", "row", episodes)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = write_family(tmp_path / "corpus", guesses=4)
    unposed = dataclasses.replace(doubling("open"), hidden_tests=())
    rows = [to_row(row) for row in [*(doubling(f"problem-{number}") for number in range(5)), unposed]]
    (folder / "solve").mkdir()
    pq.write_table(
        pa.Table.from_pylist(rows, schema=arrow_schema(SolveRow)), folder / "solve" / "train-00000-of-00001.parquet"
    )
    return folder


def tasks_of(corpus: Path, **settings: object) -> Tasks:
    config = {"output_prediction": str(corpus), "solve": str(corpus), **settings}
    return Tasks(make_config(TasksConfig, config, "test"), 0, KnownGrader)


@pytest.mark.parametrize(
    ("settings", "share"),
    [
        ({}, 0.15),
        ({"solve_as": "self_rlef"}, 0.25),
        ({"output_prediction_share": 0.5}, 0.5),
        ({"solve": None}, 1.0),
        ({"output_prediction": None}, 0.0),
    ],
)
def test_output_prediction_takes_exactly_its_share_of_the_tasks(
    corpus: Path, settings: dict[str, object], share: float
) -> None:
    tasks = tasks_of(corpus, **settings)
    names = Counter(tasks[number].name for number in range(200))
    assert names["output_prediction"] == round(200 * share)


def test_each_environment_goes_through_its_rows_once_an_epoch(corpus: Path) -> None:
    tasks = tasks_of(corpus)
    drawn = [tasks[number] for number in range(400)]
    predicted = [task.row.id for task in drawn if task.name == "output_prediction"]
    solved = [task.row.id for task in drawn if task.name == "solve"]
    count = len(PROGRAMS)
    assert sorted(predicted[:count]) == sorted(predicted[count : 2 * count]) == sorted(row.id for row in PROGRAMS)
    assert predicted[:count] != predicted[count : 2 * count]
    assert all(len(set(solved[place : place + 5])) == 5 for place in range(0, len(solved), 5))


def test_tasks_are_the_same_in_any_order_of_asking(corpus: Path) -> None:
    forward, backward = tasks_of(corpus), tasks_of(corpus)
    rows = [backward[number].row for number in reversed(range(60))]
    assert [forward[number].row for number in range(60)] == rows[::-1]


def test_problems_that_cannot_be_posed_are_left_out_and_counted(corpus: Path) -> None:
    tasks = tasks_of(corpus)
    assert tasks.left_out == 1
    assert all(tasks[number].row.id != "open" for number in range(100))


def test_rewards_are_scaled_for_output_prediction_alone(corpus: Path) -> None:
    task = tasks_of(corpus, solve=None)[0]
    situation = task.environment.start(task.row)
    assert situation.ending is None and "0.8" in repr(task.environment)


def test_shards_of_another_kind_are_refused_by_name(corpus: Path) -> None:
    nlex = str(corpus / "nlex" / "train-00000-of-00001.parquet")
    with pytest.raises(DataError, match="no column 'id', so these are no output_prediction rows"):
        tasks_of(corpus, output_prediction=nlex)


def test_a_run_without_tasks_is_refused() -> None:
    with pytest.raises(ConfigError, match="name shards"):
        make_config(TasksConfig, {}, "test")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["take", "settle", "restart"]), max_size=60))
def test_no_task_is_lost_or_learnt_from_twice(moves: list[str]) -> None:
    frontier, held, settled = Frontier(), [], []
    saved = frontier.state()
    for move in moves:
        if move == "take":
            held.append(frontier.take())
        elif move == "settle":
            frontier.settle(held)
            settled += held
            held, saved = [], frontier.state()
        else:
            frontier, held = Frontier(saved), []
    while len(held) < 5:
        held.append(frontier.take())
    frontier.settle(held)
    settled += held
    assert len(settled) == len(set(settled))
    unsettled = frontier.state()["unsettled"]
    assert sorted([*settled, *unsettled]) == list(range(frontier.state()["next"]))


def test_a_group_whose_rewards_are_all_equal_teaches_nothing_and_is_counted() -> None:
    lessons, dropped = lessons_of(
        [group(episode(1, 3), episode(1, 9)), group(episode(1, 3), episode(-1, 2))], CONFIG, 0
    )
    assert len(lessons) == 2
    assert dropped["flat_groups"] == 1


def test_episodes_older_than_the_staleness_bound_are_dropped_and_counted() -> None:
    groups = [group(episode(1, 3, version=11), episode(-1, 3, version=12), episode(-1, 3, version=20))]
    lessons, dropped = lessons_of(groups, CONFIG, 20)
    assert [lesson.episode.oldest_version for lesson in lessons] == [12, 20]
    assert dropped["stale_episodes"] == 1


def test_the_baseline_is_of_the_whole_group() -> None:
    groups = [group(episode(1, 1, version=0), episode(-1, 3, version=20))]
    (lesson,), _ = lessons_of(groups, CONFIG, 20)
    assert lesson.advantage == pytest.approx(-0.5)


def test_one_reward_goes_to_every_context_of_an_episode() -> None:
    lessons, _ = lessons_of([group(episode(1, 2, 3), episode(-1, 5))], CONFIG, 0)
    lectures = lectures_of(lessons, CONFIG)
    advantage = torch.cat([lecture.advantage for lecture in lectures])
    weight = torch.cat([lecture.weight for lecture in lectures])
    assert advantage.tolist().count(1.0) == 5 and advantage.tolist().count(-1.0) == 5
    assert torch.allclose(weight, torch.full((10,), 0.1))


def test_only_what_the_model_said_is_learnt() -> None:
    document = document_of(context([7, 8, 9], [4, 5]))
    assert document.ids == (7, 8, 9, 4)
    assert document.targets == (NO_TARGET, NO_TARGET, 4, 5)


def test_rows_hold_every_context_once_and_no_more_than_they_may() -> None:
    episodes = [episode(1 if number % 3 else -1, number + 1, 20) for number in range(12)]
    lessons, _ = lessons_of([group(*episodes)], CONFIG, 0)
    lectures = lectures_of(lessons, CONFIG)
    assert all(len(lecture.row.input_ids) <= CONFIG.packed_tokens for lecture in lectures)
    assert sum(lecture.row.target_count for lecture in lectures) == sum(one.tokens for one in episodes)


def test_a_packed_step_has_the_gradient_of_contexts_taken_one_by_one(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path)
    policy = load_policy(ModelConfig(path=str(folder), compute="float32"), ALONE)
    chance = torch.Generator().manual_seed(0)

    def said(length: int) -> list[int]:
        return torch.randint(3, VOCABULARY, (length,), generator=chance).tolist()

    episodes = [
        Episode(
            tuple(context(said(4 + number), said(3 + number + turn)) for turn in range(2)),
            Ending(1.0 if number == 1 else -1.0, "right"),
        )
        for number in range(4)
    ]
    config = CONFIG.model_copy(update={"optimizer": OptimizerConfig(learning_rate=1e-9, warmup_steps=0, clip=1e9)})
    lessons, _ = lessons_of([group(*episodes)], config, 0)
    optimizer = make_optimizer(policy, config.optimizer)
    total = sum(one.tokens for one in episodes)
    loss = torch.zeros(())
    for lesson in lessons:
        for one in lesson.episode.contexts:
            ratio = torch.exp(policy(pack([document_of(one)])).logprobs - torch.tensor(one.sample.logprobs))
            gain = torch.tensor(lesson.advantage)
            loss = loss - torch.minimum(ratio * gain, ratio.clamp(0.8, 1.25) * gain).sum() / total
    loss.backward()
    expected = torch.cat([weight.grad.flatten() for weight in policy.parameters() if weight.grad is not None])
    optimizer.zero_grad()
    lectures = lectures_of(lessons, config)
    assert len(lectures) < sum(len(one.contexts) for one in episodes)
    figures = learn(policy, optimizer, lectures, config, step=0, ranks=ALONE)
    assert figures["loss"] == pytest.approx(float(loss.detach()), abs=1e-6)
    assert figures["gradient_norm"] == pytest.approx(float(expected.norm()), rel=1e-5)
    assert figures["tokens_learnt"] == total


@pytest.mark.parametrize(
    ("tokens", "loops"),
    [
        ([1] * 40, True),
        ([*range(50), *[3, 4, 5] * 11], True),
        (list(range(64)) * 4, True),
        (list(range(200)), False),
        ([1] * 31, False),
        (list(range(64)) * 3, False),
        ([], False),
    ],
)
def test_a_reply_that_repeats_itself_is_known(tokens: list[int], loops: bool) -> None:
    assert ends_in_loop(tokens) == loops


def test_an_alarm_warns_once_while_it_lasts_and_again_when_it_comes_back() -> None:
    alarms = Alarms(AlarmConfig())
    well, collapsed = {"entropy": 0.5, "repetition": 0.0}, {"entropy": 0.001, "repetition": 0.0}
    told = [len(alarms.warnings(figures)) for figures in (well, collapsed, collapsed, well, collapsed)]
    assert told == [0, 1, 0, 0, 1]
    assert "loop" in alarms.warnings({"entropy": 0.5, "repetition": 0.9})[0]


def test_rounds_without_a_lesson_end_the_run_with_counts() -> None:
    alarms = Alarms(AlarmConfig(empty_rounds=3))
    for lessons in (0, 0, 5, 0, 0):
        alarms.round_taught(lessons, {"flat_groups": 8})
    with pytest.raises(NothingToLearn, match=r"3 rounds in a row .* 8 flat groups"):
        alarms.round_taught(0, {"flat_groups": 8})


def test_the_defaults_are_the_papers() -> None:
    assert (CONFIG.group_size, CONFIG.max_staleness, CONFIG.batch_tokens) == (8, 8, 1_000_000)
    assert (CONFIG.optimizer.learning_rate, CONFIG.optimizer.warmup_steps, CONFIG.optimizer.clip) == (1.4e-7, 400, 0.1)
    assert (CONFIG.tasks.output_prediction_reward, CONFIG.tasks.max_repairs, CONFIG.tasks.feedback) == (
        0.8,
        1,
        "execute",
    )
    assert (CONFIG.baseline, CONFIG.divide_by_std) == ("token_weighted", False)
    default = RlConfig.model_validate({"output": "o", "model": {"path": "m"}, "tasks": {"solve": "s"}})
    assert default.packed_tokens == 131_072


@pytest.mark.parametrize("name", [name for name in recipe_names() if name.endswith("-rl")])
def test_every_reinforcement_recipe_is_valid(name: str) -> None:
    config = read_config(RlConfig, name)
    assert config.group_size == 8 and config.optimizer.clip == 0.1
