"""A family of small straight-line programs, small enough for a model of three million weights to learn from nothing."""

import random
from typing import Any

NAMES = "abcdefgh"
STEPS = range(2, 6)
HELD_OUT = ("validation", "test")


def make_program(numbers: random.Random) -> str:
    """A program that begins with two digits and goes on with 2 to 5 sums and differences, each made of the one before.

    So what it prints hangs on every step. Every value is a digit from 1 to 9, and every name is bound once.
    """
    count = numbers.choice(STEPS)
    names = numbers.sample(NAMES, 2 + count)
    values = {name: numbers.randrange(1, 10) for name in names[:2]}
    lines = [f"{name} = {value}" for name, value in values.items()]
    for last, name in zip(names[1:], names[2:], strict=False):
        left, operator, right, value = _operation(numbers, values, last)
        lines.append(f"{name} = {left} {operator} {right}")
        values[name] = value
    return "\n".join([*lines, f"print({names[-1]})", ""])


def make_rows(train: int, held_out: int, seed: int) -> list[dict[str, Any]]:
    """Rows of different programs for `nlex build`: `train` to train on, `held_out` in each of the other two splits."""
    numbers = random.Random(seed)
    splits = [split for split in HELD_OUT for _ in range(held_out)] + ["train"] * train
    programs: dict[str, None] = {}
    while len(programs) < len(splits):
        programs[make_program(numbers)] = None
    return [
        {
            "id": f"small-{number}",
            "source": "small-programs",
            "license": "Apache-2.0",
            "kind": "stdin",
            "code": code,
            "tests": [{"input": ""}],
            "split": split,
        }
        for number, (code, split) in enumerate(zip(programs, splits, strict=True))
    ]


def _operation(numbers: random.Random, values: dict[str, int], last: str) -> tuple[str, str, str, int]:
    """Left, operator, right and value of an operation on the last result, whose value is a digit from 1 to 9."""
    while True:
        other = numbers.choice([*values, str(numbers.randrange(1, 10))])
        left, right = numbers.choice([(last, other), (other, last)])
        first, second = (values[operand] if operand in values else int(operand) for operand in (left, right))
        operator, value = numbers.choice([("+", first + second), ("-", first - second)])
        if 1 <= value <= 9:
            return left, operator, right, value
