"""Configurations are typed, documented, and say what is wrong with them."""

from pathlib import Path
from typing import get_args

import pytest

from train.config import ConfigError, Section, describe, make_config, read_config, recipe_names, write_config
from train.rl.config import RlConfig
from train.sft.config import SftConfig

SMALL = "output: out\nmodel: {path: m}\ndata: {sources: [{path: c}]}\nsteps: 3\n"


def sections(kind: type[Section]) -> set[type[Section]]:
    found = {kind}
    for field in kind.model_fields.values():
        for inner in [field.annotation, *get_args(field.annotation)]:
            if isinstance(inner, type) and issubclass(inner, Section):
                found |= sections(inner)
    return found


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


@pytest.mark.parametrize("kind", [SftConfig, RlConfig])
def test_every_field_is_documented(kind: type[Section]) -> None:
    bare = [
        f"{section.__name__}.{name}"
        for section in sections(kind)
        for name, field in section.model_fields.items()
        if not field.description
    ]
    assert bare == []


def test_the_settings_listing_names_every_key_with_its_help() -> None:
    lines = list(describe(SftConfig))
    assert any(line.startswith("data.sources.N.weight (1.0): Share") for line in lines)
    assert any(line.startswith("steps (required): Optimizer steps") for line in lines)


def test_an_unknown_key_is_an_error_that_names_the_nearest(small: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown key 'optimizer.learning_rat'; did you mean 'learning_rate'\?"):
        read_config(SftConfig, small, ["optimizer.learning_rat=1e-5"])
    with pytest.raises(ConfigError, match=r"unknown key 'data.sources.0.wieght'; did you mean 'weight'\?"):
        read_config(SftConfig, small, ["data.sources.0.wieght=2"])


def test_a_wrong_type_is_an_error_that_names_the_key_and_the_file(small: Path) -> None:
    with pytest.raises(ConfigError, match=r"small.yaml: steps: .*integer"):
        read_config(SftConfig, small, ["steps=many"])


def test_overrides_reach_into_sections_and_lists(small: Path) -> None:
    config = read_config(
        SftConfig, small, ["data.sources.0.weight=0.5", "optimizer.learning_rate=1e-5", "model.lora={}"]
    )
    assert config.data.sources[0].weight == 0.5
    assert config.optimizer.learning_rate == 1e-5
    assert config.model.lora is not None


@pytest.mark.parametrize(
    "override", ["steps", "=3", "data.sources.7.path=x", "output.x=1", "steps=[", "data.sources.x=1"]
)
def test_an_override_that_cannot_be_laid_over_is_an_error(small: Path, override: str) -> None:
    with pytest.raises(ConfigError):
        read_config(SftConfig, small, [override])


def test_what_is_written_reads_back_equal(small: Path, tmp_path: Path) -> None:
    config = read_config(SftConfig, small)
    write_config(config, tmp_path / "written.yaml")
    assert read_config(SftConfig, tmp_path / "written.yaml") == config


@pytest.mark.parametrize("text", ["- a\n- b\n", "a: [", "\x00"])
def test_a_file_that_is_no_mapping_is_an_error_that_names_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"bad\.yaml"):
        read_config(SftConfig, path)


def test_a_missing_file_is_an_error_that_lists_the_recipes() -> None:
    with pytest.raises(ConfigError, match="cpu-smoke-sft"):
        read_config(SftConfig, "no-such-recipe")


@pytest.mark.parametrize("name", [name for name in recipe_names() if "sft" in name])
def test_every_fine_tuning_recipe_is_valid(name: str) -> None:
    assert read_config(SftConfig, name).steps > 0


def test_prompt_and_answer_columns_go_together() -> None:
    with pytest.raises(ConfigError, match="prompt_column and answer_column are set together"):
        make_config(
            SftConfig,
            {
                "output": "o",
                "model": {"path": "m"},
                "steps": 1,
                "data": {"sources": [{"path": "c", "prompt_column": "p"}]},
            },
            "test",
        )
