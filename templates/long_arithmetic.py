"""Long multiplications and powers of whole numbers, worked in parts as one does by hand.

The only arithmetic of the narrator, and only where a reader asked for it: the partial products of two
operands that the trace shows. The checker works every form out again.
"""

from templates.plans import Piece
from templates.running import Running
from templates.sentences import Voice, code

_SHORT = 2
"""Factors of this many digits are known by heart."""
_LONGEST = 24
_MOST_FACTORS = 12


def worked_digits(piece: Piece, running: Running, say: Voice) -> list[str]:
    """The sentence on a product or power of two whole numbers that is too long to know by heart; none for others."""
    expression = piece.expression
    if expression.kind != "binary" or expression.word not in ("Mult", "Pow") or len(expression.parts) != 2:
        return []
    operands = [_whole(running, part.span, part.text) for part in expression.parts]
    left, right = operands
    if left is None or right is None or left < 0 or right < 0:
        return []
    if expression.word == "Mult":
        forms = _partial_products(left, right)
        kind, source, value = "digits", f"{left} * {right}", left * right
    else:
        forms = _factors(left, right)
        kind, source, value = "factors", f"{left} ** {right}", left**right if forms else 0
    return [say(kind, code(source), " = ".join(map(code, forms)), code(str(value)))] if forms else []


def _whole(running: Running, span: tuple[int, int, int, int], text: str) -> int | None:
    value = running.probes.get(span)
    if type(value) is int:
        return value
    return int(text) if value is None and text.isdecimal() else None


def _partial_products(left: int, right: int) -> list[str]:
    """One product for each digit of the shorter factor, then their values."""
    long, short = (left, right) if left >= right else (right, left)
    digits = str(short)
    if len(digits) < _SHORT or len(str(long)) <= _SHORT or len(str(long)) > _LONGEST:
        return []
    parts = [int(digit) * 10 ** (len(digits) - 1 - place) for place, digit in enumerate(digits) if digit != "0"]
    forms = [" + ".join(f"{long} * {part}" for part in parts), " + ".join(str(long * part) for part in parts)]
    return forms if len(parts) > 1 else forms[:1]


def _factors(base: int, power: int) -> list[str]:
    """The power as a product, then with one factor less from form to form."""
    if not 3 <= power <= _MOST_FACTORS or base < 3 or len(str(base**power)) > _LONGEST:
        return []
    forms = []
    done = base
    for left in range(power - 1, 0, -1):
        forms.append(" * ".join([str(done), *[str(base)] * left]))
        done *= base
    return forms
