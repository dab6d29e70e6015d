"""Which names a scope of a program binds, by Python's own rules of scope."""

import ast
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def arguments_of(function: Function) -> list[ast.arg]:
    """All parameters of a function in their order."""
    taken = function.args
    more = [each for each in (taken.vararg, taken.kwarg) if each is not None]
    return [*taken.posonlyargs, *taken.args, *taken.kwonlyargs, *more]


def _within(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below one that belong to its own scope, and the heads of the scopes inside it."""
    waiting = list(ast.iter_child_nodes(node))
    while waiting:
        each = waiting.pop()
        yield each
        if isinstance(each, _FUNCTIONS):
            waiting += each.args.defaults + [default for default in each.args.kw_defaults if default]
            waiting += [] if isinstance(each, ast.Lambda) else each.decorator_list
        elif isinstance(each, ast.ClassDef):
            waiting += [*each.bases, *each.keywords, *each.decorator_list]
        elif isinstance(each, _COMPREHENSIONS):
            waiting += [inner for inner in ast.walk(each) if isinstance(inner, ast.NamedExpr)]
            waiting.append(each.generators[0].iter)
        else:
            waiting += ast.iter_child_nodes(each)


def _bound_by(node: ast.AST) -> list[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [name]
        case ast.MatchMapping(rest=str(name)):
            return [name]
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return [each.asname or each.name.partition(".")[0] for each in names]
    return []


def bound_in(scope: ast.AST) -> set[str]:
    """The names that a scope binds itself, without those that it declares `global` or `nonlocal`."""
    if isinstance(scope, _COMPREHENSIONS):
        targets = [node for part in scope.generators for node in ast.walk(part.target)]
        return {node.id for node in targets if isinstance(node, ast.Name)}
    bound: set[str] = set()
    outside: set[str] = set()
    if isinstance(scope, _FUNCTIONS):
        bound.update(each.arg for each in arguments_of(scope))
    for node in _within(scope):
        if isinstance(node, ast.Global | ast.Nonlocal):
            outside.update(node.names)
        else:
            bound.update(_bound_by(node))
    return bound - outside
