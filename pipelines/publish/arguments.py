"""What `nlex publish` takes on the command line."""

import argparse
import re
from pathlib import Path

PUBLISH_TEXT = """Sends a corpus to a data set's repository on the Hugging Face Hub: shards, card and manifest, in one
commit. The corpus is verified first, and one that does not pass is not published. Only files that changed are sent,
shards of an earlier build are deleted in the same commit, and what was sent before an interruption is not sent again.
Afterwards the rows are counted in the repository. The token is the one of `hf auth login`, or HF_TOKEN."""
PUBLISH_EXAMPLES = """examples:
  nlex publish corpus my-org/my-traces --dry-run
  nlex publish corpus my-org/my-traces
  nlex publish corpus my-org/my-traces --public --message 'More problems'"""
_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def _repository_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a repository: write ORG/NAME")
    return text


def add_publish_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what `nlex publish` takes."""
    parser.add_argument("corpus", type=Path, metavar="DIR", help="a corpus that `nlex build` wrote")
    parser.add_argument("repository", type=_repository_name, metavar="ORG/NAME", help="made if there is none")
    parser.add_argument("--public", action="store_true", help="for all to see (default: private)")
    parser.add_argument("--message", default="Publish the corpus", metavar="TEXT", help="of the commit")
    parser.add_argument("--dry-run", action="store_true", help="show what would be sent, and send nothing")
    parser.add_argument("--json", action="store_true", help="end with one JSON object: commit, files, rows, problems")
