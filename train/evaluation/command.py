"""`nlex eval`: what it takes, and from there to a report; the work is imported when it runs."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.exit_codes import DONE, ENVIRONMENT, USAGE

if TYPE_CHECKING:
    from sandbox import Sandbox
    from train.evaluation.player import Player
    from train.evaluation.result import Result
    from train.rollouts.engine import Engine

TASKS = ("output-prediction", "solve", "best-at-k", "self-rlef", "cruxeval-o", "cruxeval-i")
_SETTINGS, _REPLIES = "settings.json", "replies.jsonl"
_EXAMPLES = """examples:
  nlex eval output-prediction --model out/rl/model --data corpus --output out/eval-op
  nlex eval cruxeval-o --model out/sft/model --data cruxeval.jsonl --output out/crux --wording explain
  nlex eval cruxeval-o --generations generations.json --data cruxeval.jsonl --output out/scored
  nlex eval best-at-k --model MODEL --data corpus --output out/best --samples 20 --predictions 5
  nlex eval self-rlef --model MODEL --data corpus --output out/rlef --max-repairs 9

An evaluation that was stopped goes on when the same command is given again: replies are kept in OUTPUT."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.epilog, parser.formatter_class = _EXAMPLES, argparse.RawDescriptionHelpFormatter
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--model", metavar="PATH", help="a folder that transformers loads, or a name on the Hub")
    parser.add_argument(
        "--data", required=True, metavar="PATH", help="a corpus folder or shards; for CRUXEval its JSONL"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="the folder of the report")
    parser.add_argument("--split", default="test", help="of a corpus folder (test)")
    parser.add_argument("--limit", type=int, metavar="N", help="the first N rows only")
    parser.add_argument("--samples", type=int, default=1, metavar="N", help="episodes a problem (1; paper: 20)")
    parser.add_argument("--predictions", type=int, default=5, metavar="N", help="best-at-k: predictions a test (5)")
    parser.add_argument(
        "--max-repairs", type=int, default=9, metavar="N", help="self-rlef: programs after the first (9)"
    )
    parser.add_argument(
        "--feedback", choices=["simulate", "execute"], default="simulate", help="self-rlef: execute is the oracle"
    )
    parser.add_argument(
        "--wording", choices=["predict", "explain"], default="predict", help="ask for the output, or to explain it too"
    )
    parser.add_argument("--generations", type=Path, metavar="FILE", help="CRUXEval: score these, without a model")
    parser.add_argument("--temperature", type=float, default=1.0, help="of the sampling (1.0; 0 takes the likeliest)")
    parser.add_argument("--top-p", type=float, default=0.95, help="of the sampling (0.95)")
    parser.add_argument("--max-tokens", type=int, default=8192, metavar="N", help="tokens of a reply at most (8192)")
    parser.add_argument("--context-length", type=int, default=16_384, metavar="N", help="prompt and reply (16384)")
    parser.add_argument("--engine", choices=["vllm", "transformers"], default="vllm")
    parser.add_argument("--batch", type=int, default=256, metavar="N", help="sequences at a time (256)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="fixes every draw (0)")
    parser.add_argument("--sandbox", choices=["docker", "process"], default="docker", help="where programs run")
    parser.add_argument("--slots", type=int, default=4, metavar="N", help="programs that run at a time (4)")
    parser.add_argument("--json", action="store_true", help="end with one JSON object: scores and counts")


def run_eval(args: argparse.Namespace) -> int:
    """Evaluates, writes the report, prints it; returns the exit code."""
    from sandbox import Sandbox, SandboxConfig, SandboxUnavailable
    from train.data.shards import DataError
    from train.environments.grading import GradingFailed
    from train.evaluation.cruxeval import NotCruxeval
    from train.evaluation.report import markdown, result_json, write_report
    from train.rollouts.engine import EngineUnavailable

    settings = _measures(args)
    try:
        _open_output(args.output, settings)
        with Sandbox(SandboxConfig(args.sandbox, args.slots)) as sandbox:
            result = _evaluate(args, sandbox)
    except (DataError, NotCruxeval, ValueError, FileNotFoundError) as error:
        print(f"nlex eval: {error}", file=sys.stderr)
        return USAGE
    except (SandboxUnavailable, GradingFailed, EngineUnavailable) as error:
        print(f"nlex eval: {error}. Replies so far are kept; give the command again", file=sys.stderr)
        return ENVIRONMENT
    write_report(args.output, result, settings)
    print(markdown(result, settings))
    print(f"The report is in {args.output}: result.json, report.md, scores.png.")
    if args.json:
        whole = result_json(result, settings)
        print(json.dumps({name: whole[name] for name in ("task", "samples", "scores", "counts")}))
    return DONE


_OF_ALL = ("task", "data", "limit")
_OF_MODELS = ("model", "samples", "temperature", "top_p", "max_tokens", "context_length", "engine", "seed")
_OF_TASKS = {
    "output-prediction": ("split", "wording"),
    "solve": ("split",),
    "best-at-k": ("split", "predictions"),
    "self-rlef": ("split", "feedback", "max_repairs"),
    "cruxeval-o": ("wording",),
    "cruxeval-i": ("wording",),
}


def _measures(args: argparse.Namespace) -> dict[str, Any]:
    """The arguments that the result depends on."""
    own = (*_OF_MODELS, *_OF_TASKS[args.task]) if args.generations is None else ("generations",)
    return {name: _plain(getattr(args, name)) for name in (*_OF_ALL, *own)}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


def _open_output(folder: Path, settings: dict[str, Any]) -> None:
    """Makes the folder, or checks that the replies or the result that lie there are of the same evaluation."""
    from train.evaluation.report import RESULT

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _SETTINGS
    found = any(kept.exists() and kept.stat().st_size for kept in (folder / _REPLIES, folder / RESULT))
    if path.exists() and found:
        before = json.loads(path.read_text())
        differing = [name for name in {**before, **settings} if before.get(name) != settings.get(name)]
        if differing:
            raise ValueError(
                f"{folder}: another evaluation lies there; {', '.join(differing)} differ. "
                "Give the same arguments to go on with it, or another --output"
            )
    path.write_text(json.dumps(settings) + "\n")


def _evaluate(args: argparse.Namespace, sandbox: "Sandbox") -> "Result":
    from schemas.output_prediction import OutputPredictionRow
    from schemas.solve import SolveRow
    from train.data.rows import Rows
    from train.environments.grading import SandboxGrader
    from train.evaluation.cruxeval import Side, read_generations, read_problems
    from train.evaluation.cruxeval_run import evaluate_cruxeval, score_generations
    from train.evaluation.output_prediction import evaluate_output_prediction
    from train.evaluation.self_repair import evaluate_self_rlef
    from train.evaluation.solving import evaluate_best_at_k, evaluate_solve

    if args.task.startswith("cruxeval"):
        side: Side = "output" if args.task == "cruxeval-o" else "input"
        problems = read_problems(Path(args.data))[: args.limit]
        if args.generations is not None:
            return score_generations(sandbox, problems, read_generations(args.generations, problems), side)
        with _player(args) as player:
            return evaluate_cruxeval(player, sandbox, problems, side, args.samples, wording=args.wording)
    grader = SandboxGrader(sandbox)
    if args.task == "output-prediction":
        predictions = Rows(OutputPredictionRow, args.data, "output_prediction", args.split).first(args.limit)
        with _player(args) as player:
            return evaluate_output_prediction(player, predictions, args.samples, args.wording)
    rows = Rows(SolveRow, args.data, "solve", args.split).first(args.limit)
    with _player(args) as player:
        if args.task == "solve":
            return evaluate_solve(player, grader, rows, args.samples)
        if args.task == "best-at-k":
            return evaluate_best_at_k(
                player, grader, rows, samples=args.samples, predictions=args.predictions, threads=args.slots
            )
        return evaluate_self_rlef(
            player,
            grader,
            rows,
            args.samples,
            feedback=args.feedback,
            max_repairs=args.max_repairs,
            threads=args.slots,
        )


@contextmanager
def _player(args: argparse.Namespace) -> Iterator["Player"]:
    """The model and its engine, whose replies are kept; closed at the end."""
    from train.evaluation.journal import JournalledEngine
    from train.evaluation.player import Player
    from train.model.config import ModelConfig
    from train.model.loading import load_tokenizer
    from train.rollouts.chat import TokenizerChat
    from train.rollouts.engine import Sampling

    if args.model is None:
        raise ValueError("name a --model (or --generations, for CRUXEval)")
    tokenizer = load_tokenizer(ModelConfig(path=args.model))
    engine = JournalledEngine(_engine(args, int(tokenizer.eos_token_id)), args.output / _REPLIES)
    sampling = Sampling(args.temperature, args.top_p, args.max_tokens)
    try:
        # vLLM would stand still while a program runs; what transformers works on together should not hang on it.
        yield Player(engine, TokenizerChat(tokenizer), sampling, args.seed, lockstep=args.engine == "transformers")
    finally:
        engine.close()


def _engine(args: argparse.Namespace, end_token: int) -> "Engine":
    if args.engine == "vllm":
        from train.rollouts.vllm_engine import VllmEngine, VllmOptions

        options = VllmOptions(context_length=args.context_length, batch=args.batch, memory_share=0.9)
        return VllmEngine(args.model, end_token, options)
    import torch

    from train.model.config import ModelConfig
    from train.model.loading import load_policy
    from train.model.ranks import Ranks
    from train.rollouts.transformers_engine import TransformersEngine

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    policy = load_policy(ModelConfig(path=args.model), Ranks(0, 1, device))
    return TransformersEngine(policy, end_token, args.context_length, batch=args.batch, shared=False)
