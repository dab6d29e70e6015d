"""How a probe or a note is written in the program, for either recorder.

A probe turns an expression `e` into `(append((k, e)) or buffer[-1][1])`: two C calls on one deque, so
that it makes no frame, no event and no recursion depth, and `e` is evaluated once, where it stood. A
note is a statement `append((k, x, …))` behind another on the same line: what that has bound and changed.
In a comprehension or lambda, which may run without end between two events, `next(gate[0])` takes away again
what is one too many: `((append((k, e)) or buffer[-1][1]), next(gate[0]))[0]`. What a round or a call begins with
is `(append((k, x, …)), next(gate[0]))`, which is true.

For the native recorder a probe is `mark[e]`, a beginning `mark[x, …]`, and a note `del mark[x]`, `mark[x] = y`
or `del mark[x, …]`, each with a mark of its own: fewer instructions than a call.
"""

import ast

OWN_NAME = "__nlex_"
"""What every name begins with that an instrumented program finds among its builtins."""
APPEND, BUFFER, GATE, NEXT = f"{OWN_NAME}append__", f"{OWN_NAME}probes__", f"{OWN_NAME}gate__", f"{OWN_NAME}next__"


def mark_name(number: int) -> str:
    """What the native recorder's mark of a probe, note or beginning is called."""
    return f"{OWN_NAME}{number}__"


class PythonForms:
    """The forms for `tracer.recorder`."""

    def probe(self, number: int, inner: ast.expr, *, bounded: bool) -> ast.expr:
        """An expression that tells its value; `bounded` where it may be told no more."""
        last = ast.Subscript(ast.Name(BUFFER, ast.Load()), ast.UnaryOp(ast.USub(), ast.Constant(1)), ast.Load())
        value = ast.Subscript(last, ast.Constant(1), ast.Load())
        told = ast.BoolOp(ast.Or(), [_append(number, [inner]), value])
        if not bounded:
            return told
        return ast.Subscript(ast.Tuple([told, _pass_gate()], ast.Load()), ast.Constant(0), ast.Load())

    def beginning(self, number: int, names: list[ast.expr]) -> ast.expr:
        """A true expression that tells what names are bound to."""
        return ast.Tuple([_append(number, names), _pass_gate()], ast.Load())

    def note(self, number: int, operands: list[ast.expr]) -> ast.stmt:
        """A statement that tells what a note reads."""
        return ast.Expr(_append(number, operands))


def _append(number: int, values: list[ast.expr]) -> ast.expr:
    told = ast.Tuple([ast.Constant(number), *values], ast.Load())
    return ast.Call(ast.Name(APPEND, ast.Load()), [told], [])


def _pass_gate() -> ast.expr:
    gate = ast.Subscript(ast.Name(GATE, ast.Load()), ast.Constant(0), ast.Load())
    return ast.Call(ast.Name(NEXT, ast.Load()), [gate], [])


class NativeForms:
    """The forms for `tracer.native`, whose marks know themselves what is one too many."""

    def probe(self, number: int, inner: ast.expr, *, bounded: bool) -> ast.expr:
        """An expression that tells its value."""
        return ast.Subscript(_mark(number), inner, ast.Load())

    def beginning(self, number: int, names: list[ast.expr]) -> ast.expr:
        """A true expression that tells what names are bound to."""
        return ast.Subscript(_mark(number), names[0] if len(names) == 1 else ast.Tuple(names, ast.Load()), ast.Load())

    def note(self, number: int, operands: list[ast.expr]) -> ast.stmt:
        """A statement that tells what a note reads."""
        mark = _mark(number)
        match operands:
            case []:
                return ast.Delete([ast.Subscript(mark, ast.Constant(None), ast.Del())])
            case [one]:
                return ast.Delete([ast.Subscript(mark, one, ast.Del())])
            case [first, second]:
                return ast.Assign([ast.Subscript(mark, first, ast.Store())], second)
        return ast.Delete([ast.Subscript(mark, ast.Tuple(operands, ast.Load()), ast.Del())])


def _mark(number: int) -> ast.Name:
    return ast.Name(mark_name(number), ast.Load())
