"""The dataset card: a head that the Hub and `datasets` read, and a page that tells what the corpus is."""

import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.build_command import options_of
from pipelines.card.head import hub_licenses, size_category
from pipelines.cli import make_parser
from pipelines.command_line import build_command_line
from pipelines.curation.options import Curation
from pipelines.manifest import read_manifest
from pipelines.options import BuildOptions
from sandbox.levels import LEVELS
from schemas.columns import arrow_schema
from schemas.configs import CONFIGS
from tests.pipelines.reading import rows

NAMES = st.lists(st.sampled_from(["graphs", "dp", "two words"]), unique=True).map(tuple)
CURATIONS = st.builds(
    Curation,
    dedup=st.sampled_from(["none", "exact", "near"]),
    decontaminate=st.lists(st.sampled_from(["cruxeval:a b.jsonl", "mbpp:m.jsonl"]), unique=True).map(tuple),
    labels=st.sampled_from(["correct", "incorrect", "both"]),
    max_solutions=st.none() | st.integers(1, 9),
    max_inputs=st.none() | st.integers(1, 9),
    synthesize=st.just(0) | st.integers(1, 5),
    banned_imports=NAMES,
    difficulties=NAMES,
    tags=NAMES,
    predict_wrong=st.booleans(),
)
OPTIONS = st.builds(
    BuildOptions,
    sources=st.just(("jsonl:it's here/*.jsonl", "cruxeval:c.jsonl")),
    limit=st.none() | st.integers(1, 99),
    seed=st.integers(0, 99),
    sandbox=st.sampled_from(["docker", "process"]),
    max_events=st.integers(1, 10_000),
    styles=st.sampled_from([("steps",), ("story", "blocks")]),
    max_tokens=st.none() | st.integers(1, 9_999),
    side_tasks=st.sampled_from([(), ("branch", "next_line")]),
    time_limit_s=st.none() | st.sampled_from([0.5, 20.0]),
    limit_scale=st.sampled_from([1.0, 2.5]),
    docker_runtime=st.none() | st.just("runsc"),
    sandbox_min_level=st.sampled_from(LEVELS),
    curation=CURATIONS,
)


@pytest.fixture(scope="module")
def card(corpus: Path) -> str:
    return (corpus / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def head(card: str) -> dict[str, Any]:
    found = re.match(r"---\n(.*?)\n---\n", card, re.S)
    assert found
    read: dict[str, Any] = yaml.safe_load(found[1])
    return read


@settings(max_examples=60, deadline=None)
@given(OPTIONS)
def test_the_command_has_the_options(options: BuildOptions) -> None:
    words = shlex.split(build_command_line(options))
    args = make_parser("build").parse_args(words[1:])
    assert replace(options_of(args), sources=options.sources) == options
    assert tuple(args.source) == options.sources


def test_the_command_stands_in_the_card_and_the_manifest(card: str, corpus: Path, source: str) -> None:
    command = read_manifest(corpus)["command"]
    assert shlex.split(command) == ["nlex", "build", source, "--output", "corpus"]
    assert f"```\n{command}\n```" in card


def test_configs_name_the_files(head: dict[str, Any], corpus: Path) -> None:
    for config in head["configs"]:
        for files in config["data_files"]:
            assert list(corpus.glob(files["path"]))
    assert [config["config_name"] for config in head["configs"] if config.get("default")] == ["nlex"]
    assert {config["config_name"] for config in head["configs"]} == {
        config for config, splits in read_manifest(corpus)["counts"].items() if splits
    }


def test_features_are_those_of_the_files(head: dict[str, Any]) -> None:
    for info in head["dataset_info"]:
        told = datasets.Features._from_yaml_list(info["features"])
        assert told.arrow_schema.equals(arrow_schema(CONFIGS[info["config_name"]]))


def test_sizes_are_those_of_the_files(head: dict[str, Any], corpus: Path) -> None:
    for info in head["dataset_info"]:
        config = info["config_name"]
        for split in info["splits"]:
            assert split["num_examples"] == sum(row["split"] == split["name"] for row in rows(corpus, config))
            assert split["num_bytes"] > 0
        assert info["download_size"] == sum(path.stat().st_size for path in (corpus / config).glob("*.parquet"))
        assert info["dataset_size"] == sum(split["num_bytes"] for split in info["splits"])
    assert head["size_categories"] == ["n<1K"]


def test_licences_are_named_with_their_sources(head: dict[str, Any], card: str, corpus: Path) -> None:
    assert head["license"] == ["cc0-1.0"]
    licences = read_manifest(corpus)["licences"]
    licensed = [row for config in ("nlex", "output_prediction", "solve", "traces") for row in rows(corpus, config)]
    assert sum(licences["CC0-1.0"].values()) == len(licensed)
    assert f"| CC0-1.0 | tests | {licences['CC0-1.0']['tests']} |" in card


def test_a_licence_that_the_hub_does_not_know_is_another() -> None:
    assert hub_licenses(["MIT", "Apache-2.0", "MIT (upstream: see there)"]) == ["apache-2.0", "mit", "other"]


@pytest.mark.parametrize(("rows", "word"), [(0, "n<1K"), (999, "n<1K"), (1_000, "1K<n<10K"), (2_000_000, "1M<n<10M")])
def test_sizes_have_the_words_of_the_hub(rows: int, word: str) -> None:
    assert size_category(rows) == word


def test_a_sample_of_each_config_is_shown(card: str, head: dict[str, Any], corpus: Path) -> None:
    for config in head["configs"]:
        assert f"### `{config['config_name']}`, " in card
    shown = [row for row in rows(corpus, "nlex") if row["messages"][1]["content"] in card]
    assert shown


def test_what_is_not_in_the_corpus_is_counted(card: str, corpus: Path) -> None:
    rejects = read_manifest(corpus)["rejects"]
    assert rejects
    for reason, number in rejects.items():
        assert f"| `{reason}` | {number:,} |" in card


def test_executions_balance_in_the_card(card: str, corpus: Path) -> None:
    executions = read_manifest(corpus)["executions"]
    assert f"| told in some style | {executions['told']:,} |" in card
    assert f"| inputs of the sources | {executions['inputs']:,} |" in card


def test_decontamination_is_told_either_way(card: str) -> None:
    assert "was not compared with any evaluation set" in card


def test_datasets_reads_the_corpus_by_its_card(corpus: Path, tmp_path: Path) -> None:
    assert set(datasets.get_dataset_config_names(str(corpus))) >= {"nlex", "traces", "rejects"}
    loaded = datasets.load_dataset(str(corpus), "nlex", cache_dir=str(tmp_path))
    assert sum(split.num_rows for split in loaded.values()) == len(rows(corpus, "nlex"))
    assert loaded["train"].features["messages"].feature["role"].dtype == "string"
