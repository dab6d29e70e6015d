"""Copies of programs as people make them: other names, other formatting, a statement more or less."""

import ast
import builtins
import json
import keyword
import symtable
import warnings
from pathlib import Path
from random import Random

DATA = Path(__file__).parents[4] / "shared" / "data"
_SPOKEN = {*dir(builtins), *keyword.kwlist, *keyword.softkwlist, "self", "cls"}


def programs(*files: str, step: int = 1) -> list[tuple[str, str]]:
    """(id, code) of every `step`-th row of files of real programs."""
    rows = [json.loads(line) for name in files for line in (DATA / f"{name}.jsonl").read_text().splitlines()]
    return [(row["id"], row["code"]) for row in rows[::step]]


def _unbound(code: str) -> set[str]:
    """Names that stand for globals which the module does not bind: renaming them would change the program."""
    top = symtable.symtable(code, "program", "exec")
    tables, found = [top], set()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        found |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    bound = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    return found - bound


class _Renamed(ast.NodeTransformer):
    """Gives every name that the program binds another one."""

    def __init__(self, tree: ast.Module, chance: Random) -> None:
        bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        bound |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        kept = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)} | _SPOKEN
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                kept |= {node.name, *(each.id for each in ast.walk(node) if isinstance(each, ast.Name))}
                kept |= {each.name for each in ast.walk(node) if isinstance(each, ast.FunctionDef)}
            elif isinstance(node, ast.Global | ast.Nonlocal):
                kept.update(node.names)
            elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
                kept.add(node.name)
        kept |= _unbound(ast.unparse(tree))
        fresh = [f"{letter}{number}" for letter in "qwxyz" for number in range(100)]
        chance.shuffle(fresh)
        self.names = dict(zip(sorted(bound - kept), fresh, strict=False))

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self.names.get(node.arg, node.arg)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.name = self.names.get(node.name, node.name)
        self.generic_visit(node)
        return node


def renamed(code: str, seed: int) -> str:
    """The program with other names, without comments and docstrings, and formatted another way."""
    chance = Random(seed)
    warnings.simplefilter("ignore", SyntaxWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
    tree = ast.parse(code)
    tree = _Renamed(tree, chance).visit(tree)
    lines = [line + ("  # noted" if chance.random() < 0.2 else "") for line in ast.unparse(tree).split("\n")]
    text = "\n".join(lines)
    try:
        ast.parse(text)
    except SyntaxError:
        text = ast.unparse(tree)  # a comment landed inside a long text
    return f"# copied\n\n{text.replace('    ', '  ') if chance.random() < 0.5 and '  ' not in code else text}\n"


def edited(code: str, seed: int) -> str:
    """A renamed copy with one more statement somewhere."""
    chance = Random(seed)
    tree = ast.parse(renamed(code, seed))
    bodies = [node for node in ast.walk(tree) if isinstance(getattr(node, "body", None), list)]
    body = chance.choice(bodies).body  # type: ignore[attr-defined]
    more = chance.choice(["unused = 0", "assert True", "spare = [0]", "print('', end='')", "ready = True"])
    body.insert(chance.randrange(len(body) + 1), ast.parse(more).body[0])
    return ast.unparse(ast.fix_missing_locations(tree))
