"""What `nlex report` takes on the command line."""

import argparse
from pathlib import Path

REPORT_TEXT = """Writes one HTML page about a corpus, with no other file and nothing from the network: counts, verdicts,
rejects, how long and how varied the prose is, which budgets of tokens it fits, which parts of Python its programs use,
where the build's time went, and sample rows. Readable in light and dark. Needs `pip install 'nlex[report]'`."""
REPORT_EXAMPLES = """examples:
  nlex report corpus
  nlex report corpus --output page.html"""


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what `nlex report` takes."""
    parser.add_argument("corpus", type=Path, metavar="DIR", help="a corpus that `nlex build` or `nlex render` wrote")
    parser.add_argument("--output", type=Path, metavar="FILE", help="the page (DIR/report.html)")
    parser.add_argument("--json", action="store_true", help="end with one JSON object: the figures")
