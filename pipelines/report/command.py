"""`nlex report`: measures a corpus and writes the page."""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

import orjson
from tqdm import tqdm

from pipelines.exit_codes import DONE, ENVIRONMENT, USAGE
from pipelines.manifest import ManifestError, read_manifest, write_text_atomically

REPORT = "report.html"


def run_report_command(args: argparse.Namespace) -> int:
    """Runs `nlex report` and returns its exit code."""
    try:
        from pipelines.report.page import make_page
    except ModuleNotFoundError as error:
        return _fail(f"{error.name} is not installed, which draws the charts: pip install 'nlex[report]'", ENVIRONMENT)
    from pipelines.report.figures import measure

    try:
        manifest = read_manifest(args.corpus)
        total = sum(manifest["counts"]["nlex"].values())
        with tqdm(total=total, unit="row", desc="nlex report", file=sys.stderr) as bar:
            figures = measure(args.corpus, manifest, done=bar.update)
        page: Path = args.output or args.corpus / REPORT
        write_text_atomically(page, make_page(args.corpus, manifest, figures).encode())
    except ManifestError as error:
        return _fail(str(error), USAGE)
    except OSError as error:
        return _fail(str(error), ENVIRONMENT)
    print(f"{page}: {page.stat().st_size:,} bytes; open it in a browser")
    if args.json:
        print(orjson.dumps(asdict(figures), option=orjson.OPT_NON_STR_KEYS).decode())
    return DONE


def _fail(message: str, code: int) -> int:
    print(f"nlex: {message}", file=sys.stderr)
    return code
