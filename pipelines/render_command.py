"""`nlex render`: the prose of a corpus again, from its stored traces."""

import argparse
import sys

import orjson
from tqdm import tqdm

from pipelines.build_command import default_workers
from pipelines.exit_codes import DONE, ENVIRONMENT, USAGE
from pipelines.manifest import ManifestError
from pipelines.options import BuildOptions
from pipelines.render import RenderError, render
from pipelines.summary import build_report, summary_table
from pipelines.tokens import TokenizerError, token_counter


def run_render_command(args: argparse.Namespace) -> int:
    """Runs `nlex render` and returns its exit code."""
    options = BuildOptions(
        sources=(str(args.traces),),
        seed=args.seed,
        styles=args.styles,
        max_tokens=args.max_tokens,
        tokenizer=args.tokenizer,
        side_tasks=args.side_tasks,
    )
    try:
        token_counter(options.tokenizer)
        with tqdm(unit="trace", desc="nlex render", file=sys.stderr) as bar:
            manifest = render(
                args.traces,
                args.output,
                options,
                workers=args.workers or default_workers(),
                begin=bar.reset,
                done=bar.update,
            )
    except (RenderError, ManifestError, TokenizerError) as error:
        print(f"nlex: {error}", file=sys.stderr)
        return USAGE
    except OSError as error:
        print(f"nlex: {error}", file=sys.stderr)
        return ENVIRONMENT
    print(summary_table(manifest))
    if args.json:
        print(orjson.dumps(build_report(manifest)).decode())
    return DONE
