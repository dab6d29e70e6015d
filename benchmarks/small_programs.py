"""A family of small programs that pass values along, small enough for a model of three million weights to learn."""

import random
from typing import Any

NAMES = "abcdefghij"
DIGITS = 3
COPIES = range(3, 8)
HELD_OUT = "test"


def make_program(numbers: random.Random) -> str:
    """A program that binds three names to different digits and the next 3 to 7 names to earlier ones; prints the last.

    Names are bound once, in their order. What is printed is found by following the copies back, and most programs
    have some that lead nowhere.
    """
    digits = numbers.sample(range(10), DIGITS)
    lines = [f"{name} = {digit}" for name, digit in zip(NAMES, digits, strict=False)]
    last = DIGITS + numbers.choice(COPIES)
    lines += [f"{NAMES[place]} = {NAMES[numbers.randrange(place)]}" for place in range(DIGITS, last)]
    return "\n".join([*lines, f"print({NAMES[last - 1]})", ""])


def make_rows(train: int, held_out: int, seed: int) -> list[dict[str, Any]]:
    """Rows of different programs for `nlex build`: `train` to train on, and `held_out` to ask for."""
    numbers = random.Random(seed)
    splits = [HELD_OUT] * held_out + ["train"] * train
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
