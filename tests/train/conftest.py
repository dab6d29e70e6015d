"""What the tests of training share: one processor thread, a corpus, a small model."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from tests.train.corpus import conversations, write_shards, write_tiny_model
from train.model.config import ModelConfig
from train.model.ranks import Ranks

torch.set_num_threads(1)

ALONE = Ranks(0, 1, torch.device("cpu"))


@pytest.fixture
def alone() -> Ranks:
    """A world of one process on the processor."""
    return ALONE


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus folder with 60 conversations."""
    return write_shards(tmp_path_factory.mktemp("corpus"), conversations(60))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model's folder with a tokenizer and no weights; embeddings tied."""
    return write_tiny_model(tmp_path_factory.mktemp("tiny"), conversations(60))


@pytest.fixture
def tiny_model(tiny: Path) -> ModelConfig:
    """The small model with random weights, in float32."""
    return ModelConfig(path=str(tiny), random_weights=True, compute="float32")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves tests marked `gpu` out where there is no GPU, and only there."""
    if torch.cuda.is_available():
        return
    for item in items:
        if item.get_closest_marker("gpu"):
            item.add_marker(pytest.mark.skip(reason="needs a GPU"))
