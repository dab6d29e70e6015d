"""`nlex style`: tries the folder of a style before anything is told in it."""

import argparse
import json
import sys

from templates.sentences import StyleError
from templates.style_lint import lint_style


def run_style_command(args: argparse.Namespace) -> int:
    """Tries the style; 0 if nothing is wrong with it, 1 if something is, 2 if there is none."""
    try:
        tried = lint_style(args.style)
    except StyleError as error:
        print(f"nlex: {error}", file=sys.stderr)
        return 2
    for fault in tried.faults:
        print(f"{fault.where}: {fault.what}", file=sys.stderr)
    print(f"{tried.macros} macros, {tried.phrasings} phrasings: {len(tried.faults)} faults")
    if args.json:
        faults = [{"where": fault.where, "what": fault.what} for fault in tried.faults]
        print(json.dumps({"macros": tried.macros, "phrasings": tried.phrasings, "faults": faults}))
    return 1 if tried.faults else 0
