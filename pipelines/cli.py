"""The command line: what `nlex` and its commands take; each command's work is imported when it runs."""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from pipelines.curation.arguments import add_curation_arguments
from pipelines.exit_codes import ENVIRONMENT, INTERRUPTED
from pipelines.publish.arguments import PUBLISH_EXAMPLES, PUBLISH_TEXT, add_publish_arguments
from pipelines.report.arguments import REPORT_EXAMPLES, REPORT_TEXT, add_report_arguments
from pipelines.tokens import DEFAULT_TOKENIZER
from sandbox.levels import DEFAULT_LEVEL, LEVELS

_COMMANDS = {
    "build": "the whole pipeline: traces, prose, shards, card and manifest",
    "trace": "what one program does, told step by step",
    "render": "prose again, from stored traces",
    "verify": "read a corpus back: schema, manifest, every claim",
    "report": "one HTML page about a corpus: counts, charts, sample rows",
    "publish": "send a corpus to the Hugging Face Hub, and only what changed",
    "style": "try a style of prose: render every macro, read every sentence",
    "sandbox": "build the image, examine this machine, run one program",
}
_STYLES = ("steps", "blocks", "story", "state")
_SIDE_TASKS = ("next_line", "variable_value", "branch", "input_from_output")
_BUILD_TEXT = """Runs every program of the sources on its inputs in the sandbox, tells what happened, checks every
claim, and writes shards that `datasets` loads. A build that was stopped goes on where it stopped when the same
command is given again. What stands after `--` goes to Apache Beam unchanged."""
_BUILD_EXAMPLES = """examples:
  nlex build jsonl:problems.jsonl --output corpus
  nlex build 'jsonl:data/*.jsonl' --output corpus --workers 4 --limit 100
  nlex build jsonl:problems.jsonl --output corpus --styles steps,story --max-tokens 8192
  nlex build 'code_contests:hf://datasets/deepmind/code_contests/data/train-*.parquet' --output corpus \\
             --labels correct --max-solutions 4 --inputs all --max-inputs 3 --decontaminate cruxeval:cruxeval.jsonl
  nlex build jsonl:problems.jsonl --output corpus --workers 1 -- --direct_runner_bundle_repeat=2"""
_TRACE_TEXT = "Runs one program in the sandbox and prints its trace as prose, as JSON, or in the CWM frame format."
_TRACE_EXAMPLES = """examples:
  nlex trace prog.py --stdin in.txt
  nlex trace prog.py --stdin in.txt --style story
  nlex trace prog.py --stdin in.txt --style ./my-style
  nlex trace prog.py --stdin in.txt --probe none --format json
  nlex trace prog.py --stdin in.txt --max-tokens 2000
  nlex trace lib.py --call 'f([1, 2], k=3)' --format cwm"""
_RENDER_TEXT = """Tells the stored traces of a corpus again, in other styles, within another budget of tokens or with
newer templates, and writes a corpus of its own. No program is run. A rendering that was stopped goes on where it
stopped when the same command is given again."""
_RENDER_EXAMPLES = """examples:
  nlex render corpus --output corpus-story --styles story
  nlex render corpus --output corpus-short --max-tokens 2048
  nlex render corpus/traces --output again --workers 4"""
_VERIFY_TEXT = """Reads every shard of a corpus back: schema, checksums and counts against the manifest, and each
claim of each explanation against its trace. --rerun N also executes N programs again and compares. Exit code 1 on any
problem."""
_VERIFY_EXAMPLES = """examples:
  nlex verify corpus
  nlex verify corpus --rerun 20 --json"""


_STYLE_TEXT = """Renders every macro of a style on a gallery of inputs and reads each sentence by the style's claims.
What is wrong is named with its file and macro; the last line counts. How to write a style stands in the README of the
folder templates/steps of this package."""
_STYLE_EXAMPLES = """examples:
  nlex style steps
  nlex style ./my-style
  nlex trace prog.py --style ./my-style"""
_SOURCE_HELP = """KIND:PATH; PATH is local or a URL (gs://, s3://, hf://), and may be a glob; KIND is jsonl,
code_contests, code_contests_plus, taco, apps, livecodebench, codeforces, leetcode, cruxeval, humaneval or mbpp"""


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not 1 or more")
    return number


def _share(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share from 0 to 1")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < 86_400:
        raise argparse.ArgumentTypeError(f"{text} is no time limit in seconds")
    return number


def _factor(text: str) -> float:
    number = float(text)
    if not 0 < number < 1_000:
        raise argparse.ArgumentTypeError(f"{text} is no factor")
    return number


def _add_sandbox_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sandbox", choices=["docker", "process"], default="docker", help="where programs run (default: docker)"
    )


def _add_trace_limits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--max-events", type=_positive, default=10_000, metavar="N", help="events of a trace (10,000)")
    parser.add_argument(
        "--max-trace-bytes", type=_positive, default=1_000_000, metavar="N", help="bytes of a trace's log (1,000,000)"
    )


def _listed(text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if len(set(names)) < len(names) or not set(names) <= set(known):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of different names among {', '.join(known)}")
    return names


def _styles(text: str) -> tuple[str, ...]:
    return _listed(text, _STYLES)


def _side_tasks(text: str) -> tuple[str, ...]:
    return _listed(text, _SIDE_TASKS)


def _style(text: str) -> str:
    if text not in _STYLES and not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"no style {text}: there are {', '.join(_STYLES)}, and it is no folder")
    return text


def _add_budget(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--max-tokens",
        type=_positive,
        metavar="N",
        help="prompt and explanation together take at most N tokens; what is longer is folded (no limit)",
    )
    parser.add_argument(
        "--tokenizer",
        default=DEFAULT_TOKENIZER,
        metavar="NAME",
        help=f"counts tokens: a vocabulary's name, or the path of a tokenizer.json or its folder ({DEFAULT_TOKENIZER})",
    )


def _add_telling(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="chooses among wordings (0)")
    parser.add_argument(
        "--styles",
        type=_styles,
        default=("steps",),
        metavar="LIST",
        help=f"tell each execution once in each of these styles, with commas between: {', '.join(_STYLES)} (steps)",
    )
    _add_budget(parser)
    parser.add_argument(
        "--side-tasks",
        type=_side_tasks,
        default=(),
        metavar="LIST",
        help=f"also ask of each execution, with commas between: {', '.join(_SIDE_TASKS)} (none)",
    )


def _build_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", nargs="+", metavar="SOURCE", help=_SOURCE_HELP)
    parser.add_argument(
        "--output",
        required=True,
        metavar="DIR",
        help="the folder of the corpus; a URL such as gs://BUCKET/CORPUS where workers see no folder of this machine",
    )
    parser.add_argument("--limit", type=_positive, metavar="N", help="use the first N good rows only")
    _add_telling(parser)
    _add_sandbox_choice(parser)
    _add_trace_limits(parser)
    add_curation_arguments(parser)
    parser.add_argument("--workers", type=_positive, metavar="N", help="worker processes (default: one a core)")
    parser.add_argument(
        "--time-limit", type=_seconds, metavar="S", help="processor seconds of a run (default: the row's own, else 10)"
    )
    parser.add_argument(
        "--limit-scale",
        type=_factor,
        default=1.0,
        metavar="FACTOR",
        help="multiply every limit of time, the rows' own too, for a slower machine (1)",
    )
    parser.add_argument(
        "--sandbox-min-level",
        choices=LEVELS,
        default=DEFAULT_LEVEL,
        help="refuse to run programs behind a weaker wall; see `nlex sandbox doctor` (default: %(default)s)",
    )
    parser.add_argument(
        "--docker-runtime", metavar="NAME", help="an OCI runtime that the engine knows, such as runsc (gVisor)"
    )
    parser.add_argument(
        "--max-reject-rate",
        type=_share,
        default=1.0,
        metavar="R",
        help="stop when a larger share of the executions than this has no example (1: never)",
    )
    parser.add_argument("--json", action="store_true", help="end with one JSON object: rows, examples, rejects")


def _trace_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("program", type=Path, metavar="PROGRAM.py")
    given = parser.add_mutually_exclusive_group()
    given.add_argument("--stdin", type=Path, metavar="FILE", help="the program's input (default: empty)")
    given.add_argument("--call", metavar="EXPR", help="trace this call of the program's functions")
    parser.add_argument("--format", choices=["prose", "json", "cwm"], default="prose", help="default: prose")
    known = f"{', '.join(_STYLES)}, or the path of a style's folder (steps)"
    parser.add_argument(
        "--style", type=_style, default="steps", metavar="STYLE", help=f"the style of the prose: {known}"
    )
    parser.add_argument(
        "--probe",
        choices=["none", "branches", "full"],
        default="full",
        help="record the value of no sub-expression, of conditions, or of every one (full)",
    )
    parser.add_argument("--digits", action="store_true", help="work long products digit by digit, powers by factors")
    parser.add_argument(
        "--check", type=Path, metavar="FILE", help="tell nothing: hold this explanation, by whomever, against the run"
    )
    _add_budget(parser)
    _add_sandbox_choice(parser)
    _add_trace_limits(parser)


def _render_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("traces", type=Path, metavar="TRACES_DIR", help="a corpus, or its folder `traces`")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="the folder of the new corpus")
    _add_telling(parser)
    add_curation_arguments(parser)
    parser.add_argument("--workers", type=_positive, metavar="N", help="worker processes (default: one a core)")
    parser.add_argument("--json", action="store_true", help="end with one JSON object: rows, examples, rejects")


def _verify_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("corpus", type=Path, metavar="DIR")
    parser.add_argument("--rerun", type=_positive, default=0, metavar="N", help="execute N programs again and compare")
    _add_sandbox_choice(parser)
    parser.add_argument("--json", action="store_true", help="end with one JSON object: rows, claims, problems")


def _style_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("style", metavar="STYLE", help="a style's name, or the path of its folder")
    parser.add_argument("--json", action="store_true", help="end with one JSON object: macros, phrasings, faults")


def make_parser(command: str = "") -> argparse.ArgumentParser:
    """The parser of `nlex`; arguments that another room declares are there only where `command` asks for them."""
    parser = argparse.ArgumentParser(
        prog="nlex", description="Corpora of natural-language execution traces, true by construction and checked."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    shape = argparse.RawDescriptionHelpFormatter
    for name, text, examples, add in (
        ("build", _BUILD_TEXT, _BUILD_EXAMPLES, _build_parser),
        ("trace", _TRACE_TEXT, _TRACE_EXAMPLES, _trace_parser),
        ("render", _RENDER_TEXT, _RENDER_EXAMPLES, _render_parser),
        ("verify", _VERIFY_TEXT, _VERIFY_EXAMPLES, _verify_parser),
        ("report", REPORT_TEXT, REPORT_EXAMPLES, add_report_arguments),
        ("publish", PUBLISH_TEXT, PUBLISH_EXAMPLES, add_publish_arguments),
        ("style", _STYLE_TEXT, _STYLE_EXAMPLES, _style_parser),
    ):
        add(commands.add_parser(name, help=_COMMANDS[name], description=text, epilog=examples, formatter_class=shape))
    sandbox = commands.add_parser("sandbox", help=_COMMANDS["sandbox"], description=_COMMANDS["sandbox"].capitalize())
    if command == "sandbox":
        from sandbox.command import add_sandbox_arguments

        add_sandbox_arguments(sandbox)
    # Other rooms add commands as entry points, so that the core needs nothing of theirs.
    for entry in entry_points(group="nlex.commands") if command not in _COMMANDS else ():
        added = entry.load()
        added_parser = commands.add_parser(entry.name, help=added.help)
        added_parser.set_defaults(run=added.run)
        if command == entry.name:
            added.add_arguments(added_parser)
    return parser


def _run(args: argparse.Namespace, rest: Sequence[str]) -> int:
    if "run" in args:
        return int(args.run(args))
    match args.command:
        case "build":
            from pipelines.build_command import run_build_command

            return run_build_command(args, rest)
        case "trace":
            from pipelines.trace_command import run_trace_command

            return run_trace_command(args)
        case "render":
            from pipelines.render_command import run_render_command

            return run_render_command(args)
        case "verify":
            from pipelines.verify_command import run_verify_command

            return run_verify_command(args)
        case "report":
            from pipelines.report.command import run_report_command

            return run_report_command(args)
        case "publish":
            from pipelines.publish.command import run_publish_command

            return run_publish_command(args)
        case "style":
            from templates.style_command import run_style_command

            return run_style_command(args)
        case _:
            from sandbox.command import run_sandbox_command

            return run_sandbox_command(args)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs `nlex` with its arguments (of the process by default) and returns the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    cut = given.index("--") if "--" in given else len(given)
    own, rest = given[:cut], given[cut + 1 :]
    parser = make_parser(own[0] if own else "")
    args = parser.parse_args(own)
    if rest and args.command != "build":
        parser.error(f"only `build` takes arguments after --, `{args.command}` does not")
    try:
        return _run(args, rest)
    except KeyboardInterrupt:
        print("nlex: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return ENVIRONMENT


if __name__ == "__main__":
    sys.exit(main())
