"""The command line of training: found without torch, and plain about what is missing."""

import subprocess
import sys
from importlib.util import find_spec
from unittest.mock import patch

import pytest

from pipelines.cli import main


def test_help_lists_training_without_importing_torch() -> None:
    code = "import sys; from pipelines.cli import make_parser; text = make_parser().format_help(); print(text);"
    code += "assert 'torch' not in sys.modules and 'transformers' not in sys.modules and 'pydantic' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "train" in done.stdout
    assert "eval" in done.stdout


def test_without_the_extra_the_command_says_how_to_get_it(capsys: pytest.CaptureFixture[str]) -> None:
    with patch("train.commands.find_spec", lambda name: None if name in ("torch", "peft") else find_spec(name)):
        assert main(["train", "sft", "cpu-smoke-sft"]) == 3
    assert "torch, peft not installed" in capsys.readouterr().err
    with patch("train.commands.find_spec", lambda name: None):
        assert main(["train", "rl", "x"]) == 3
    assert "pip install 'nlex[train]'" in capsys.readouterr().err


def test_the_recipes_and_the_settings_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "sft", "--recipes"]) == 0
    assert "paper-7b-sft" in capsys.readouterr().out
    assert main(["train", "sft", "--settings"]) == 0
    assert "optimizer.learning_rate (8e-06): Peak learning rate" in capsys.readouterr().out


def test_a_fault_in_the_configuration_is_told_in_a_line_and_is_a_usage_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["train", "sft", "cpu-smoke-sft", "stepz=3"]) == 2
    assert "unknown key 'stepz'; did you mean 'steps'?" in capsys.readouterr().err


def test_data_that_is_not_there_is_told_in_a_line(capsys: pytest.CaptureFixture[str], tmp_path: object) -> None:
    assert main(["train", "sft", "cpu-smoke-sft", f"output={tmp_path}/run", f"model.path={tmp_path}/none"]) == 2
    assert "none: no model there" in capsys.readouterr().err


def test_a_run_needs_a_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "sft"]) == 2
    assert "name a CONFIG" in capsys.readouterr().err
