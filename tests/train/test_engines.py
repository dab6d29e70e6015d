"""Engines: samples are what the model says, log-probabilities are the trainer's, weights are replaced in place."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch

from tests.train.tiny_model import VOCABULARY, make_tiny_model
from train.data.packing import NO_TARGET, Document, pack
from train.model.config import ModelConfig
from train.model.export import named_weights
from train.model.loading import load_policy
from train.model.policy import Policy
from train.model.ranks import Ranks
from train.rl.importance import k3_divergence
from train.rollouts.engine import Engine, Request, Sample, Sampling, generate
from train.rollouts.transformers_engine import TransformersEngine
from train.rollouts.vllm_engine import VllmEngine, VllmOptions

ALONE = Ranks(0, 1, torch.device("cpu"))
END = 2
CONTEXT = 256
PARITY = 2e-3
"""Most divergence (k3 estimate, nats a token) between an engine and the trainer whose weights it was given."""


def load(folder: Path, compute: str = "float32") -> Policy:
    return load_policy(ModelConfig.model_validate({"path": str(folder), "compute": compute}), ALONE)


def trainer_logprobs(policy: Policy, prompt: Sequence[int], tokens: Sequence[int]) -> torch.Tensor:
    ids = (*prompt, *tokens)
    targets = (*(NO_TARGET,) * (len(prompt) - 1), *tokens, NO_TARGET)
    with torch.no_grad():
        return policy(pack([Document(ids, targets)])).logprobs


def divergence(policy: Policy, requests: Sequence[Request], samples: Sequence[Sample]) -> float:
    new, old = [], []
    for request, sample in zip(requests, samples, strict=True):
        new.append(trainer_logprobs(policy, request.prompt, sample.tokens))
        old.append(torch.tensor(sample.logprobs))
    return k3_divergence(torch.cat(new), torch.cat(old))


def changed(policy: Policy, scale: float = 0.5) -> None:
    """Moves every weight matrix, embeddings too, by noise of its own size."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in policy.lm.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.add_(noise * parameter.std() * scale if parameter.ndim > 1 else 0 * noise)


def questions(count: int, max_tokens: int = 24, temperature: float = 1.0, top_p: float = 1.0) -> list[Request]:
    generator = torch.Generator().manual_seed(0)
    sampling = Sampling(temperature, top_p, max_tokens)
    prompts = [torch.randint(3, VOCABULARY, (5 + index,), generator=generator).tolist() for index in range(count)]
    return [Request(str(index), tuple(prompt), sampling, index) for index, prompt in enumerate(prompts)]


@pytest.fixture(scope="module", params=["tied", "untied"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp(request.param), tied=request.param == "tied")


@pytest.fixture(scope="module")
def vllm(folder: Path) -> Iterator[VllmEngine]:
    engine = VllmEngine(folder, END, VllmOptions(context_length=CONTEXT, batch=16))
    yield engine
    engine.close()


@pytest.fixture(params=["transformers", pytest.param("vllm", marks=pytest.mark.vllm)])
def engine(request: pytest.FixtureRequest, folder: Path) -> Engine:
    if request.param == "transformers":
        return TransformersEngine(load(folder), END, CONTEXT, shared=False)
    made: VllmEngine = request.getfixturevalue("vllm")
    made.load_weights(named_weights(load(folder)), 0)
    return made


def test_an_engines_logprobs_are_the_trainers(engine: Engine, folder: Path) -> None:
    requests = questions(8)
    assert divergence(load(folder), requests, generate(engine, requests)) <= PARITY


def test_after_a_weight_update_logprobs_are_those_of_the_new_weights(engine: Engine, folder: Path) -> None:
    policy, requests = load(folder), questions(8)
    changed(policy)
    engine.load_weights(named_weights(policy), 7)
    samples = generate(engine, requests)
    assert divergence(policy, requests, samples) <= PARITY
    assert {version for sample in samples for version in sample.versions} == {7}


def test_stale_weights_fail_the_parity_test(engine: Engine, folder: Path) -> None:
    policy, requests = load(folder), questions(8)
    changed(policy)
    assert divergence(policy, requests, generate(engine, requests)) > 10 * PARITY


def test_a_stale_output_layer_alone_fails_the_parity_test(engine: Engine, folder: Path) -> None:
    policy, requests = load(folder), questions(8)
    head = policy.lm.get_output_embeddings().weight
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        head.add_(torch.randn(head.shape, generator=generator) * head.std() * 0.5)
    samples = generate(engine, requests)
    assert divergence(policy, requests, samples) > 10 * PARITY
    engine.load_weights(named_weights(policy), 1)
    assert divergence(policy, requests, generate(engine, requests)) <= PARITY


def test_the_same_seed_draws_the_same_tokens(engine: Engine) -> None:
    requests = questions(4)
    assert [one.tokens for one in generate(engine, requests)] == [one.tokens for one in generate(engine, requests)]


def test_a_reply_ends_at_its_end_token_or_at_its_limit(engine: Engine) -> None:
    for sample in generate(engine, questions(8, max_tokens=40)):
        assert END not in sample.tokens[:-1]
        assert sample.finished == (sample.tokens[-1] == END)
        assert sample.finished or len(sample.tokens) == 40


def test_requests_of_one_batch_keep_their_own_limits(engine: Engine) -> None:
    short, long = questions(1, max_tokens=3)[0], questions(2, max_tokens=12)[1]
    assert [len(sample.tokens) <= limit for sample, limit in zip(generate(engine, [short, long]), (3, 12), strict=True)]


def test_the_likeliest_tokens_are_taken_at_temperature_zero(engine: Engine, folder: Path) -> None:
    (request,) = questions(1, temperature=0.0, max_tokens=1)
    mixed = [*questions(2), Request("greedy", request.prompt, request.sampling, 0)]
    sample = generate(engine, mixed)[-1]
    policy = load(folder)
    with torch.no_grad():
        hidden = policy.hidden(pack([Document(request.prompt, request.prompt)]))[-1]
        likeliest = policy.lm.get_output_embeddings()(hidden).topk(2)
    # Numbers of 8 bits of precision may swap two tokens that are all but equal.
    close = float(likeliest.values[0] - likeliest.values[1]) < 0.05
    assert sample.tokens[0] in likeliest.indices[: 1 + close].tolist()


def test_logprobs_are_of_the_distribution_that_was_drawn_from(engine: Engine, folder: Path) -> None:
    (request,) = questions(1, temperature=0.5, max_tokens=1)
    (sample,) = generate(engine, [request])
    ids = torch.tensor(request.prompt)
    with torch.no_grad():
        logits = load(folder).lm.get_output_embeddings()(
            load(folder).hidden(pack([Document(request.prompt, request.prompt)]))
        )
    expected = torch.log_softmax(logits[len(ids) - 1] / 0.5, -1)[sample.tokens[0]]
    assert abs(float(expected) - sample.logprobs[0]) < 0.05


def test_draws_follow_the_models_distribution(folder: Path) -> None:
    engine = TransformersEngine(load(folder), END, CONTEXT, batch=512, shared=False)
    prompt = questions(1)[0].prompt
    drawn = generate(engine, [Request(str(seed), prompt, Sampling(max_tokens=1), seed) for seed in range(2000)])
    counts = torch.bincount(torch.tensor([sample.tokens[0] for sample in drawn]), minlength=VOCABULARY)
    policy = load(folder)
    with torch.no_grad():
        hidden = policy.hidden(pack([Document(prompt, prompt)]))[-1]
        expected = 2000 * torch.softmax(policy.lm.get_output_embeddings()(hidden), -1)
    likely = expected >= 5
    statistic = float(((counts[likely] - expected[likely]) ** 2 / expected[likely]).sum())
    freedom = int(likely.sum())
    assert statistic < freedom + 5 * (2 * freedom) ** 0.5


@pytest.mark.vllm
def test_more_prompts_than_fit_a_step_are_all_answered(vllm: VllmEngine) -> None:
    prompt = tuple(range(3, 203))
    requests = [Request(str(number), prompt, Sampling(max_tokens=4), number) for number in range(60)]
    assert all(sample.tokens for sample in generate(vllm, requests))


@pytest.mark.vllm
def test_running_requests_take_new_weights_and_each_token_says_which_drew_it(vllm: VllmEngine, folder: Path) -> None:
    policy = load(folder)
    vllm.load_weights(named_weights(policy), 1)
    (request,) = questions(1, max_tokens=30)
    vllm.submit(Request(request.key, request.prompt, Sampling(1.0, 1.0, 30), 11))
    for _ in range(6):
        assert vllm.step() == []
    before = policy_state(policy)
    changed(policy, 0.1)
    vllm.load_weights(named_weights(policy), 2)
    done: list[tuple[str, Sample]] = []
    while not done:
        done = vllm.step()
    sample = done[0][1]
    switch = sample.versions.index(2)
    assert set(sample.versions[:switch]) == {1} and set(sample.versions[switch:]) == {2}
    new = trainer_logprobs(policy, request.prompt, sample.tokens)
    policy.load_state_dict(before)
    old = trainer_logprobs(policy, request.prompt, sample.tokens)
    said = torch.tensor(sample.logprobs)
    assert k3_divergence(old[:switch], said[:switch]) <= PARITY
    assert k3_divergence(new[switch:], said[switch:]) <= PARITY


def policy_state(policy: Policy) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in policy.state_dict().items()}
