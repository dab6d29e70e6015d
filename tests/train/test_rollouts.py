"""Rollouts: the fast way plays the same episodes as the plain one, whatever finishes first."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.train.problems import DOUBLE, KnownGrader, doubling, fenced, printing
from tests.train.scripts import CharacterChat, fickle
from train.environments import Environment, OutputPrediction, SelfRlef, Solve
from train.rollouts.engine import Sample, Sampling
from train.rollouts.episode import play_by_reference, seed_of
from train.rollouts.rollout import Rollouts, Start, play_all
from train.rollouts.scripted import ScriptedEngine

CHAT = CharacterChat()
GRADER = KnownGrader()
ENVIRONMENTS: list[tuple[Environment[Any, Any], object]] = [
    (OutputPrediction(0.8), printing()),
    (Solve(GRADER), doubling()),
    (SelfRlef(GRADER, "execute", 1), doubling()),
    (SelfRlef(GRADER, "simulate", 9), doubling()),
]
STARTS = st.lists(st.tuples(st.sampled_from(range(len(ENVIRONMENTS))), st.integers(0, 99)), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(STARTS, st.integers(0, 5), st.booleans(), st.sampled_from([10, 300, 2000]), st.sampled_from([400, 1 << 20]))
def test_fast_rollouts_play_what_the_reference_plays(
    picks: list[tuple[int, int]], finish_seed: int, lockstep: bool, max_tokens: int, context_length: int
) -> None:
    sampling = Sampling(max_tokens=max_tokens)
    starts = [Start(place, *ENVIRONMENTS[kind], seed=seed) for place, (kind, seed) in enumerate(picks)]
    plain = [
        play_by_reference(
            start.environment,
            start.task,
            ScriptedEngine(fickle, context_length=context_length),
            CHAT,
            sampling,
            seed=start.seed,
        )
        for start in starts
    ]
    engine = ScriptedEngine(fickle, context_length=context_length, finish_seed=finish_seed)
    assert play_all(starts, engine, CHAT, sampling, lockstep=lockstep) == plain


def test_a_prompt_that_leaves_no_room_counts_as_cut() -> None:
    engine = ScriptedEngine(fickle, context_length=20)
    (episode,) = play_all([Start(0, Solve(GRADER), doubling(), 0)], engine, CHAT, Sampling())
    assert episode.ending.reason == "cut" and episode.tokens == 0
    assert engine.seen == []


def test_questions_of_one_turn_are_with_the_engine_together() -> None:
    engine = ScriptedEngine(lambda request: tuple(map(ord, fenced(DOUBLE))))
    rollouts = Rollouts[int](engine, CHAT, Sampling())
    with rollouts:
        rollouts.begin(Start(0, SelfRlef(GRADER, "simulate"), doubling(), 0))
        rollouts.advance()
        assert engine.pending == 2


def test_an_episode_knows_the_oldest_weights_that_spoke_in_it() -> None:
    engine = ScriptedEngine(lambda request: tuple(map(ord, fenced(DOUBLE))))
    engine.load_weights(iter(()), 3)
    with Rollouts[int](engine, CHAT, Sampling()) as rollouts:
        rollouts.begin(Start(0, SelfRlef(GRADER, "execute", 1), doubling(), 0))
        assert rollouts.advance() == []
        engine.load_weights(iter(()), 5)
        ((_, episode),) = rollouts.advance()
    assert [context.sample.versions[0] for context in episode.contexts] == [3, 5]
    assert episode.oldest_version == 3


def test_each_question_of_an_episode_has_a_seed_of_its_own() -> None:
    seeds = {seed_of(episode, turn, place) for episode in range(20) for turn in range(10) for place in range(10)}
    assert len(seeds) == 2000


def test_a_failing_environment_is_not_swallowed() -> None:
    class Broken(KnownGrader):
        def passes(self, *_: object) -> bool:
            raise RuntimeError("no sandbox")

    engine = ScriptedEngine(lambda request: tuple(map(ord, fenced(DOUBLE))))
    with pytest.raises(RuntimeError, match="no sandbox"):
        play_all([Start(0, Solve(Broken()), doubling(), 0)], engine, CHAT, Sampling())


def test_a_sample_has_a_logprob_and_a_version_for_each_token() -> None:
    with pytest.raises(ValueError, match="2 tokens with 1 logprobs"):
        Sample((1, 2), (0.0,), (0, 0), True)
