"""Reinforcement learning: the loop from tasks to a trained model, top to bottom."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch

from sandbox import Sandbox, SandboxConfig, SandboxUnavailable
from train.config import ConfigError, read_config
from train.environments.grading import Grader, GradingFailed, SandboxGrader
from train.exit_codes import DONE, ENVIRONMENT
from train.model.config import ModelConfig
from train.model.export import export_model
from train.model.loading import load_policy
from train.model.ranks import Ranks, join_ranks
from train.rl.alarms import Alarms, NothingToLearn, ends_in_loop
from train.rl.config import RlConfig
from train.rl.group import Group, Lesson, lessons_of
from train.rl.learner import learn, lectures_of
from train.rl.rounds import Frontier, PlayedBeside, PlayedBetween, Players
from train.rl.tasks import Tasks
from train.rollouts.chat import TokenizerChat
from train.rollouts.engine import Engine, EngineUnavailable
from train.rollouts.transformers_engine import TransformersEngine
from train.rollouts.vllm_engine import VllmEngine, VllmOptions
from train.runs import Run, begin_run
from train.stop import StopSignal
from train.watch.speed import Speed
from train.watch.transcripts import Transcript, write_transcripts
from train.watch.watcher import Watcher

_SHOWN_EPISODES = 6


def run_rl(config_path: str, overrides: Sequence[str] = ()) -> int:
    """`nlex train rl`: reads the configuration, trains, and returns the exit code."""
    config = read_config(RlConfig, config_path, overrides)
    with join_ranks() as ranks:
        if ranks.world > 1 and config.rollouts.engine == "vllm":
            raise ConfigError(
                "rollouts.engine: vLLM plays in a process of its own here, without torchrun; on several ranks set "
                "rollouts.engine=transformers, where each rank plays its share of the groups"
            )
        try:
            return reinforce(config, ranks)
        except (SandboxUnavailable, EngineUnavailable) as error:
            print(f"nlex train rl: {error}", file=sys.stderr)
        except (GradingFailed, NothingToLearn) as error:
            print(f"nlex train rl: {error}. The last checkpoint stands", file=sys.stderr)
        return ENVIRONMENT


def reinforce(config: RlConfig, ranks: Ranks, regard: Callable[[Group], Group] = lambda group: group) -> int:
    """Trains to the last step from the newest checkpoint of `config.output`, or from the start, and exports the model.

    Asked to stop, it writes a checkpoint and returns the exit code that says so; the same call then goes on.
    `regard` sees each group before it is learnt from, and may put another in its place: for experiments.

    Raises:
        NothingToLearn, GradingFailed, SandboxUnavailable, ConfigError, DataError.
    """
    run = begin_run(config, ranks)
    if run.is_done:
        return DONE
    frontier, alarms, stopped = Frontier(run.state.get("frontier")), Alarms(config.alarms), False
    with (
        _players(run, config) as players,
        (PlayedBeside if config.rollouts.overlap else PlayedBetween)(players, frontier) as rounds,
        StopSignal() as stop,
        Watcher(run.output, config.steps, run.step, active=ranks.leads, title="rl") as watcher,
    ):
        if players.tasks.left_out:
            watcher.say(f"{players.tasks.left_out} rows cannot be posed: no hidden or public tests, or a checker")
        speed = Speed(run.policy, ranks)
        rounds.renew(run.policy, run.step)
        while run.step < config.steps and not stopped:
            groups: list[Group] = []
            lessons: list[Lesson] = []
            dropped: Counter[str] = Counter()
            while sum(lesson.episode.tokens for lesson in lessons) < config.batch_tokens and not stopped:
                played = ranks.gather(rounds.take(lambda: stop.asked))
                stopped = any(part is None for part in played)
                found = sorted((group for part in played for group in part or ()), key=lambda group: group.number)
                seen = [regard(group) for group in found]
                taught, left = lessons_of(seen, config, run.step)
                groups += seen
                lessons += taught
                dropped += left
                if not stopped:
                    alarms.round_taught(len(taught), left)
            if stopped:
                break
            lectures = lectures_of(lessons, config)
            figures = {
                **learn(run.policy, run.optimizer, lectures, config, step=run.step, ranks=ranks),
                **_figures(groups, run.step),
                **{name: dropped[name] for name in ("flat_groups", "stale_episodes", "silent_episodes")},
                "lessons": len(lessons),
                **speed.measure([lecture.row for lecture in lectures]),
            }
            watcher.record(run.step, figures, _shown(figures))
            for warning in alarms.warnings(figures):
                watcher.say(f"step {run.step}: warning: {warning}")
            if ranks.leads and config.transcripts_every and run.step % config.transcripts_every == 0:
                write_transcripts(run.output, run.step, list(_transcripts(groups)))
            frontier.settle(group.number for group in groups)
            run.step, run.state = run.step + 1, {"frontier": frontier.state()}
            rounds.renew(run.policy, run.step)
            stopped = ranks.any(stop.asked)
            run.save_where_due(stopped=stopped)
        if stopped:
            # Groups that were begun and not learnt from are played again.
            run.state = {"frontier": frontier.state()}
    return run.end("rl", stopped=stopped)


@contextmanager
def _players(run: Run, config: RlConfig) -> Iterator[Players]:
    """Tasks, their sandbox where programs run, and the engine; all closed at the end."""
    boxes: list[Sandbox] = []

    def grader() -> Grader:
        boxes.append(Sandbox(SandboxConfig(config.tasks.sandbox.backend, config.tasks.sandbox.slots)))
        return SandboxGrader(boxes[-1])

    engine: Engine | None = None
    try:
        tasks = Tasks(config.tasks, config.seed, grader)
        engine = _engine(run, config)
        yield Players(tasks, engine, TokenizerChat(run.tokenizer), config, run.ranks)
    finally:
        if engine is not None:
            engine.close()
        for box in boxes:
            box.close()


def _engine(run: Run, config: RlConfig) -> Engine:
    rollouts = config.rollouts
    end = int(run.tokenizer.eos_token_id)
    # Engines start from a plain model: a config with random weights or stretched positions has none, and an adapter
    # is not merged in it.
    start = run.output / "start"
    if rollouts.engine == "vllm":
        export_model(run.policy, run.tokenizer, start, run.ranks, torch.bfloat16)
        return VllmEngine(
            start,
            end,
            VllmOptions(
                context_length=rollouts.context_length, batch=rollouts.batch, memory_share=rollouts.memory_share
            ),
        )
    if run.ranks.world == 1:
        return TransformersEngine(run.policy, end, rollouts.context_length, batch=rollouts.batch, shared=True)
    # Sharded weights cannot generate: each rank speaks with a whole copy.
    export_model(run.policy, run.tokenizer, start, run.ranks, torch.float32)
    run.ranks.wait()
    copy = load_policy(ModelConfig(path=str(start), compute=config.model.compute), run.ranks.alone)
    return TransformersEngine(copy, end, rollouts.context_length, batch=rollouts.batch, shared=False)


def _figures(groups: Sequence[Group], step: int) -> dict[str, float]:
    """What the episodes of a step were like, those that taught nothing too."""
    episodes = [episode for group in groups for episode in group.episodes]
    samples = [context.sample for episode in episodes for context in episode.contexts]
    figures = {
        "reward": _mean([episode.ending.reward for episode in episodes]),
        "truncated": _mean([not sample.finished for sample in samples]),
        "repetition": _mean([ends_in_loop(sample.tokens) for sample in samples]),
        "unreadable": _mean([episode.ending.reason == "unreadable" for episode in episodes]),
        "tokens_an_episode": _mean([episode.tokens for episode in episodes]),
        "staleness": _mean([step - episode.oldest_version for episode in episodes]),
        "most_stale": max(step - episode.oldest_version for episode in episodes),
        "groups": len(groups),
        "kept": 1 - _mean([len(set(group.rewards)) == 1 for group in groups]),
    }
    for name in sorted({group.name for group in groups}):
        theirs = [episode for group in groups if group.name == name for episode in group.episodes]
        figures[f"passed/{name}"] = _mean([episode.ending.passed for episode in theirs])
    return figures


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


def _shown(figures: dict[str, float]) -> dict[str, str]:
    shown = {
        "reward": f"{figures['reward']:.3f}",
        "kept": f"{figures['kept']:.0%}",
        "entropy": f"{figures['entropy']:.2f}",
        "tok/s": f"{figures['tokens_per_second']:,.0f}",
    }
    if "mfu" in figures:
        shown["MFU"] = f"{figures['mfu']:.1%}"
    return {**shown, "GiB": f"{figures['memory_gib']:.1f}"}


def _transcripts(groups: Sequence[Group]) -> Iterator[Transcript]:
    """The first episode of some groups."""
    for group in groups[:_SHOWN_EPISODES]:
        episode = group.episodes[0]
        facts = {"reward": episode.ending.reward, "reason": episode.ending.reason, "tokens": episode.tokens}
        yield Transcript(f"{group.name} {group.row_id}", episode.turns, facts)
