"""Comprehensions, generator expressions and lambdas: what is evaluated in them, each round and each call.

A round tells first what its targets are bound to, by a condition in front of the others that always holds;
a call what its parameters are, in front of the lambda's body. Both are in the event of the statement that
runs then, and take part in neither frames nor recursion.
"""

import ast
from collections.abc import Callable

from tracer.effects import ANY, NOTHING
from tracer.probe_maker import ProbeMaker

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Wrap = Callable[[ast.expr, int], ast.expr]


def instrument_comprehension(node: Comprehension, maker: ProbeMaker, wrap: Wrap) -> None:
    """Puts probes into a comprehension; one that awaits tells nothing but the changes it makes."""
    first = node.generators[0]
    # The first iterable is evaluated by whoever evaluates the whole.
    first.iter = wrap(first.iter, NOTHING)
    spans = not any(isinstance(part, ast.Await) or getattr(part, "is_async", 0) for part in ast.walk(node))
    bound = [_bound_names(generator.target) for generator in node.generators]
    # It may run when the rounds and calls around it are long over.
    lazy = isinstance(node, ast.GeneratorExp)
    around: frozenset[str] = frozenset() if lazy else maker.silent
    silent = around.union(name.id for names in bound for name in names)
    with maker.within(silent=silent, spans=spans, lazy=lazy):
        for index, generator in enumerate(node.generators):
            if index:
                generator.iter = wrap(generator.iter, NOTHING)
            _wrap_places(generator.target, wrap)
            generator.ifs = [wrap(test, NOTHING) for test in generator.ifs]
            if maker.spans and bound[index]:
                names = bound[index]
                generator.ifs.insert(0, maker.beginning(names, [name.id for name in names]))
        if isinstance(node, ast.DictComp):
            node.key, node.value = wrap(node.key, NOTHING), wrap(node.value, NOTHING)
        else:
            node.elt = wrap(node.elt, NOTHING)


def _bound_names(target: ast.expr) -> list[ast.Name]:
    """The names that a target binds, from left to right."""
    match target:
        case ast.Name():
            return [target]
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return [name for part in parts for name in _bound_names(part)]
        case ast.Starred(value=value):
            return _bound_names(value)
    return []


def _wrap_places(target: ast.expr, wrap: Wrap) -> None:
    """Puts probes into the elements and attributes that a target stores to."""
    match target:
        case ast.Subscript():
            target.value, target.slice = wrap(target.value, ANY), wrap(target.slice, NOTHING)
        case ast.Attribute():
            target.value = wrap(target.value, ANY)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                _wrap_places(part, wrap)
        case ast.Starred(value=value):
            _wrap_places(value, wrap)


def instrument_lambda(node: ast.Lambda, maker: ProbeMaker, wrap: Wrap) -> None:
    """Puts probes into a lambda's body."""
    given = node.args
    parameters = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    parameters += [one for one in (given.vararg, given.kwarg) if one is not None]
    bound = frozenset(one.arg for one in parameters)
    rebound = {part.target.id for part in ast.walk(node.body) if isinstance(part, ast.NamedExpr)}
    with maker.within(silent=bound - rebound, lazy=True, called=True):
        node.body = wrap(node.body, NOTHING)
        if maker.spans and parameters:
            begins = maker.beginning(parameters, [one.arg for one in parameters])
            whole = ast.BoolOp(ast.And(), [begins, node.body])
            node.body = ast.copy_location(whole, node.body)
