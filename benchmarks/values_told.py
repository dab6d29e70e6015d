"""Counts how many of the values that a program's sub-expressions had are stated by its narration.

    python -m benchmarks.values_told CORPUS [--most N] [--style STYLE]

An oracle runs each program once more: every expression but names and constants is wrapped in a counter, those in
comprehensions and lambdas too, and nothing limits it. It runs the programs of the corpus **without a sandbox**: give
it corpora that you trust. What the prose states is read from its sentences by the style's claims: an expression that
a sentence gives the value of, and each part of it that a form shows the value of. Columns: `all`; `values`, without
functions, modules, classes and iterators, which have no value to write; `seen`, what the trace holds at all (no
comprehension's or lambda's inside, no class body); `told` of the places that only lead to an element (`self.rows` in
`self.rows[2]`) is counted apart.
"""

import argparse
import ast
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.narration import traces
from pipelines.verify_rows import execution_of_row
from templates.checking.source_index import SourceIndex
from templates.execution import Execution
from templates.flow import read_flow
from templates.narrator import NarrationError, narrate
from templates.sentences import STYLES
from tracer.events import Span
from tracer.wire import decode

ORACLE = Path(__file__).with_name("oracle_of_values.py")
STATING = frozenset(
    [
        "work",
        "becomes_work",
        "change_work",
        "stay_work",
        "return_work",
        "condition_true",
        "condition_false",
        "loop_over",
        "match",
    ]
)
STORING = frozenset(["becomes", "change", "stay", "append", "add", "put"])
_FENCED = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_RUN = re.compile("\x00(?: = \x00)+")


def main() -> int:
    """Prints the table, and as the last line one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="a corpus that `nlex build` wrote")
    parser.add_argument("--most", type=int, default=300, metavar="N", help="use at most N traces (300)")
    parser.add_argument("--style", default="steps", help="steps (the default), blocks or story's base")
    args = parser.parse_args()
    totals: Counter[str] = Counter()
    for row in traces(args.corpus, args.most):
        execution = execution_of_row(row, decode(row.log))
        found = counted(execution, args.style)
        if found is not None:
            totals.update(found)
            totals["programs"] += 1
    ratios = {
        name: round(totals[f"{name} told"] / totals[name], 4)
        for name in ("all", "values", "seen", "places")
        if totals[name]
    }
    print(f"{'values of':<10} {'evaluated':>10} {'told':>10} {'share':>8}")
    for name, share in ratios.items():
        print(f"{name:<10} {totals[name]:>10} {totals[f'{name} told']:>10} {share:>8.2%}")
    print(json.dumps({"programs": totals["programs"], **ratios}))
    return 0


def counted(execution: Execution, style: str) -> Counter[str] | None:
    """What one program evaluated and what its narration states; None where the program cannot be run again."""
    evaluated = oracle(execution)
    if evaluated is None:
        return None
    try:
        told = stated(execution, narrate(execution, style=style).explanation, style)
    except NarrationError:
        return None
    totals: Counter[str] = Counter()
    for (span, sort), count in evaluated.items():
        given = min(count, told[span])
        names = ["places"] if sort == "place" else ["all"]
        if sort in ("value", "inner"):
            names.append("values")
        if sort == "value":
            names.append("seen")
        for name in names:
            totals[name] += count
            totals[f"{name} told"] += given
    return totals


def oracle(execution: Execution) -> Counter[tuple[Span, str]] | None:
    """How often each expression came to a value of which sort, by a run of the wrapped program."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "program.py").write_text(execution.source, "utf-8", "surrogatepass")
        try:
            done = subprocess.run(
                [sys.executable, str(ORACLE), folder, "__main__" if execution.call is None else "program"],
                input=execution.stdin.encode("utf-8", "surrogateescape"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=60,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        if done.returncode:
            return None
        rows = json.loads((Path(folder) / "counts.json").read_text())
    return Counter({((a, b, c, d), sort): count for a, b, c, d, sort, count in rows})


# What the prose states.


def stated(execution: Execution, explanation: str, style: str) -> Counter[Span]:
    """How often the value of each expression is stated."""
    index, flow, events = SourceIndex(execution.source), read_flow(execution.trace), execution.trace.events
    kinds = kinds_by_skeleton(style)
    told: Counter[Span] = Counter()
    once: set[tuple[int, Span]] = set()
    for line in explanation.split("\n"):
        numbered = re.match(r"(\d+)\. ", line)
        if numbered is None:
            continue
        owner = flow.owner[int(numbered[1]) - 1]
        span = events[owner].span if owner >= 0 else None
        statement = index.statements.get(span) if span else None
        if statement is None:
            continue
        for kind, pieces in sentences_of(re.sub(r"^\d+\. (Line \d+: )?", "", line), kinds):
            for node in stated_nodes(statement.node, kind, pieces):
                where = (owner, index.span(node))
                if kind == "each" or where not in once:
                    once.add(where)
                    told[where[1]] += 1
    return told


def kinds_by_skeleton(style: str) -> dict[str, str]:
    """The kind of each sentence by its text with the slots blanked."""
    found = {}
    for line in (STYLES / style / f"{style}.claims").read_text().splitlines():
        kind, _, pattern = line.partition(": ")
        found[re.sub(r"\{#\w+\}", "#", re.sub(r"\{\*?\w+\}", "\x00", pattern))] = kind
    return found


def sentences_of(text: str, kinds: dict[str, str]) -> list[tuple[str, list[str]]]:
    """The kind and the pieces of code of each sentence of a step."""
    pieces = [found[2] for found in _FENCED.finditer(text)]
    blank = _FENCED.sub("\x00", text)
    found = []
    for sentence in blank.split(".")[:-1]:
        count = sentence.count("\x00")
        skeleton = re.sub(r"\b\d+\b", "#", _RUN.sub("\x00", sentence.strip())) + "."
        found.append((kinds.get(skeleton, ""), pieces[:count]))
        pieces = pieces[count:]
    return found


def stated_nodes(statement: ast.AST, kind: str, pieces: list[str]) -> list[ast.expr]:
    """The expressions of a statement whose value a sentence states."""
    found: list[ast.expr] = []
    if kind in STORING and isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        found.append(statement.value)
    if kind == "return" and pieces:
        found += [node for piece in pieces for node in _nodes(statement, piece) if isinstance(node, ast.Call)]
    if kind == "return_source" and isinstance(statement, ast.Return) and statement.value is not None:
        found.append(statement.value)
    if kind == "augmented" and isinstance(statement, ast.AugAssign):
        for piece in pieces[1:]:
            form = _parsed(piece)
            if isinstance(form, ast.BinOp):
                found += list(_shown(statement.value, form.right))
    if kind == "each":
        return [node for piece in pieces for node in _nodes(statement, piece) if _is_element(statement, node)][:1]
    if kind in STATING or kind == "fails":
        for number, piece in enumerate(pieces):
            for node in _nodes(statement, piece):
                found += [node] if kind != "fails" else []
                for other in (*pieces[:number], *pieces[number + 1 :]):
                    form = _parsed(other)
                    if form is not None:
                        found += list(_shown(node, form))
    return found


def _is_element(statement: ast.AST, node: ast.expr) -> bool:
    return any(isinstance(outer, ast.ListComp) and outer.elt is node for outer in _header(statement))


def _parsed(piece: str) -> ast.expr | None:
    try:
        return ast.parse(f"({piece}\n)", mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _nodes(statement: ast.AST, piece: str) -> list[ast.expr]:
    form = _parsed(piece)
    if form is None or isinstance(form, ast.Constant | ast.Name):
        return []
    wanted = ast.dump(form)
    return [node for node in _header(statement) if ast.dump(node) == wanted]


def _header(statement: ast.AST) -> list[ast.expr]:
    found = []
    for name, value in ast.iter_fields(statement):
        if name not in ("body", "orelse", "finalbody", "handlers", "cases"):
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, ast.AST):
                    found += [node for node in ast.walk(part) if isinstance(node, ast.expr)]
    return found


def _shown(node: ast.AST, form: ast.AST) -> list[ast.expr]:
    """The expressions inside a node that a form of it shows the value of."""
    if type(node) is not type(form) or _differs(node, form):
        return [node] if isinstance(node, ast.expr) and _is_value(form) else []
    found = []
    for (_, left), (_, right) in zip(ast.iter_fields(node), ast.iter_fields(form), strict=True):
        lefts, rights = (left, right) if isinstance(left, list) else ([left], [right])
        for a, b in zip(lefts, rights, strict=False):
            if isinstance(a, ast.expr | ast.comprehension | ast.keyword) and isinstance(b, ast.AST):
                found += _shown(a, b)
    return found


def _differs(node: ast.AST, form: ast.AST) -> bool:
    """Is a literal another one, or an expression one of another shape?"""
    if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict):
        return False
    return isinstance(node, ast.Constant) and isinstance(form, ast.Constant) and node.value != form.value


def _is_value(form: ast.AST) -> bool:
    try:
        ast.literal_eval(form)
    except (ValueError, TypeError, SyntaxError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
