"""Reinforcement learning: the loop from tasks to a trained model, top to bottom."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerBase

from sandbox import Sandbox, SandboxConfig, SandboxUnavailable
from train.checkpoint import Checkpoints
from train.config import ConfigError, read_config
from train.environments.grading import Grader, GradingFailed, SandboxGrader
from train.exit_codes import DONE, ENVIRONMENT, INTERRUPTED
from train.model.export import export_model
from train.model.loading import load_policy, load_tokenizer
from train.model.policy import Policy
from train.model.ranks import Ranks, join_ranks
from train.optimizer import make_optimizer
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
from train.runs import open_run
from train.stop import StopSignal
from train.watch.speed import Speed
from train.watch.transcripts import Transcript, write_transcripts
from train.watch.watcher import Watcher

_SHOWN_EPISODES = 6


def run_rl(config_path: str, overrides: Sequence[str] = ()) -> int:
    """`nlex train rl`: reads the configuration, trains, and returns the exit code."""
    config = read_config(RlConfig, config_path, overrides)
    with join_ranks() as ranks:
        if ranks.world > 1:
            raise ConfigError("reinforcement learning runs in one process; torchrun is for `nlex train sft`")
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
    output = Path(config.output)
    open_run(config, output, ranks)
    tokenizer = load_tokenizer(config.model)
    policy = load_policy(config.model, ranks, config.seed)
    optimizer = make_optimizer(policy, config.optimizer)
    checkpoints = Checkpoints(output / "checkpoints", ranks, config.checkpoint.keep)
    torch.manual_seed(config.seed)
    state = checkpoints.restore(policy, optimizer) or {"step": 0, "frontier": None}
    step, stopped = int(state["step"]), False
    if step >= config.steps and (output / "model").exists():
        return DONE
    frontier, alarms, speed = Frontier(state["frontier"]), Alarms(config.alarms), Speed(policy, ranks)
    with (
        _players(config, policy, tokenizer, output) as players,
        (PlayedBeside if config.rollouts.overlap else PlayedBetween)(players, frontier) as rounds,
        StopSignal() as stop,
        Watcher(output, config.steps, step, title="rl") as watcher,
    ):
        rounds.renew(policy, step)
        while step < config.steps and not stopped:
            groups: list[Group] = []
            lessons: list[Lesson] = []
            dropped: Counter[str] = Counter()
            while sum(lesson.episode.tokens for lesson in lessons) < config.batch_tokens and not stopped:
                played = rounds.take(lambda: stop.asked)
                stopped = played is None
                seen = [regard(group) for group in played or ()]
                taught, left = lessons_of(seen, config, step)
                groups += seen
                lessons += taught
                dropped += left
                if not stopped:
                    alarms.round_taught(len(taught), left)
            if stopped:
                break
            lectures = lectures_of(lessons, config)
            figures = {
                **learn(policy, optimizer, lectures, config, step),
                **_figures(groups, step),
                **{name: dropped[name] for name in ("flat_groups", "stale_episodes", "silent_episodes")},
                "lessons": len(lessons),
                **speed.measure([lecture.row for lecture in lectures]),
            }
            watcher.record(step, figures, _shown(figures))
            for warning in alarms.warnings(figures):
                watcher.say(f"step {step}: warning: {warning}")
            if config.transcripts_every and step % config.transcripts_every == 0:
                write_transcripts(output, step, list(_transcripts(groups)))
            step += 1
            frontier.settle(group.number for group in groups)
            state = {"step": step, "frontier": frontier.state()}
            rounds.renew(policy, step)
            stopped = stop.asked
            if step == config.steps or step % config.checkpoint.every == 0:
                checkpoints.save(step, policy, optimizer, state)
        if checkpoints.latest() != step:
            checkpoints.save(step, policy, optimizer, state)
        checkpoints.wait()
    if step < config.steps:
        print(f"nlex train rl: stopped after step {step} of {config.steps}; the same command goes on from here")
        return INTERRUPTED
    export_model(policy, tokenizer, output / "model", ranks, getattr(torch, config.export))
    print(f"nlex train rl: {step} steps done; the model is in {output / 'model'}")
    return DONE


@contextmanager
def _players(config: RlConfig, policy: Policy, tokenizer: PreTrainedTokenizerBase, output: Path) -> Iterator[Players]:
    """Tasks, their sandbox where programs run, and the engine; all closed at the end."""
    boxes: list[Sandbox] = []

    def grader() -> Grader:
        boxes.append(Sandbox(SandboxConfig(config.tasks.sandbox.backend, config.tasks.sandbox.slots)))
        return SandboxGrader(boxes[-1])

    engine: Engine | None = None
    try:
        tasks = Tasks(config.tasks, config.seed, grader)
        engine = _engine(config, policy, tokenizer, output)
        yield Players(tasks, engine, TokenizerChat(tokenizer), config)
    finally:
        if engine is not None:
            engine.close()
        for box in boxes:
            box.close()


def _engine(config: RlConfig, policy: Policy, tokenizer: PreTrainedTokenizerBase, output: Path) -> Engine:
    rollouts = config.rollouts
    end = int(tokenizer.eos_token_id)
    if rollouts.engine == "transformers":
        return TransformersEngine(policy, end, rollouts.context_length, batch=rollouts.batch, shared=True)
    # vLLM reads architecture and first weights from a folder: a config with random weights or stretched positions
    # has none, and an adapter is not merged in it.
    start = output / "start"
    export_model(policy, tokenizer, start, Ranks(0, 1, torch.device("cpu")), torch.bfloat16)
    return VllmEngine(
        start,
        end,
        VllmOptions(context_length=rollouts.context_length, batch=rollouts.batch, memory_share=rollouts.memory_share),
    )


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
        turns = [
            turn
            for context in episode.contexts
            for turn in ((f"user ({context.ask.role})", context.ask.prompt), ("assistant", context.text))
        ]
        facts = {"reward": episode.ending.reward, "reason": episode.ending.reason, "tokens": episode.tokens}
        yield Transcript(f"{group.name} {group.row_id}", turns, facts)
