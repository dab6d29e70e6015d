"""`nlex train` and `nlex eval`: what they take; the work is imported when it runs, so that help needs no torch."""

import argparse
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from train.exit_codes import ENVIRONMENT, USAGE

if TYPE_CHECKING:
    from train.config import Section

_NEEDED = ("torch", "transformers", "yaml", "pydantic", "peft", "tensorboard", "safetensors", "matplotlib")
_TRAIN_TEXT = """Fine-tunes a model on the corpus's shards (sft), or trains it by reinforcement in its environments
(rl). CONFIG is a YAML file or the name of a bundled recipe. A run that was stopped goes on when the same command
is given again. Several GPUs: torchrun --nproc-per-node N -m train.commands sft CONFIG."""
_TRAIN_EXAMPLES = """examples:
  nlex train sft --recipes
  nlex train sft cpu-smoke-sft model.path=out/tiny data.sources.0.path=out/demo output=out/sft
  nlex train sft my.yaml optimizer.learning_rate=1e-5 steps=2000
  nlex train rl --settings"""
_EVAL_TEXT = "Measures a model: output prediction, solving, best-at-k, self-repair, CRUXEval."


class TrainCommand:
    """`nlex train`."""

    help = "fine-tune a model on a corpus, or train it by reinforcement"

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        """Declares the arguments."""
        parser.description, parser.epilog = _TRAIN_TEXT, _TRAIN_EXAMPLES
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.add_argument("method", choices=["sft", "rl"])
        parser.add_argument("config", nargs="?", metavar="CONFIG", help="a YAML file, or a recipe's name")
        parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="settings laid over the file's")
        parser.add_argument("--recipes", action="store_true", help="list the bundled recipes")
        parser.add_argument("--settings", action="store_true", help="list every setting with its default and meaning")

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        """Trains; returns the exit code."""
        if not _extra_is_there("train"):
            return ENVIRONMENT
        from train.config import ConfigError, describe, recipe_names
        from train.data.shards import DataError

        if args.recipes:
            print("\n".join(recipe_names()))
            return 0
        if args.settings:
            print("\n".join(describe(_settings(args.method))))
            return 0
        if args.config is None:
            print(f"nlex train {args.method}: name a CONFIG; --recipes lists the bundled ones", file=sys.stderr)
            return USAGE
        try:
            return _train(args.method, args.config, args.overrides)
        except (ConfigError, DataError) as error:
            print(f"nlex train {args.method}: {error}", file=sys.stderr)
            return USAGE


class EvalCommand:
    """`nlex eval`."""

    help = "measure a model: output prediction, solving, best-at-k, self-repair, CRUXEval"

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        """Declares the arguments."""
        from train.evaluation.command import add_arguments

        parser.description = _EVAL_TEXT
        add_arguments(parser)

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        """Evaluates; returns the exit code."""
        if not _extra_is_there("eval"):
            return ENVIRONMENT
        from train.evaluation.command import run_eval

        return run_eval(args)


def _extra_is_there(command: str) -> bool:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        print(
            f"nlex {command}: {', '.join(missing)} not installed. Training needs more than the core: "
            "pip install 'nlex[train]'",
            file=sys.stderr,
        )
    return not missing


def _settings(method: str) -> type["Section"]:
    if method == "sft":
        from train.sft.config import SftConfig

        return SftConfig
    from train.rl.config import RlConfig

    return RlConfig


def _train(method: str, config: str, overrides: list[str]) -> int:
    if method == "sft":
        from train.sft.run import run_sft

        return run_sft(config, overrides)
    from train.rl.run import run_rl

    return run_rl(config, overrides)


def main() -> int:
    """`python -m train.commands sft|rl CONFIG ...`: what `torchrun` starts."""
    parser = argparse.ArgumentParser(prog="train")
    TrainCommand.add_arguments(parser)
    return TrainCommand.run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
