"""A family of small straight-line programs, small enough for a model of three million weights to learn from nothing."""

import random
from typing import Any

NAMES = "abc"


def make_program(numbers: random.Random) -> str:
    """A program of assignments to single letters that prints one of them; its numbers stay small."""
    lines = [f"{name} = {numbers.randrange(10)}" for name in NAMES[:2]]
    known = list(NAMES[:2])
    for _ in range(numbers.randrange(1, 4)):
        target = numbers.choice(NAMES)
        left = numbers.choice(known)
        right = numbers.choice([numbers.choice(known), str(numbers.randrange(1, 6))])
        lines.append(f"{target} = {left} {numbers.choice('+-')} {right}")
        known = sorted({*known, target})
    lines.append(f"print({numbers.choice(known)})")
    return "\n".join(lines) + "\n"


def make_rows(count: int, held_out: int, seed: int) -> list[dict[str, Any]]:
    """Rows of different programs for `nlex build`: `count` to train on, and `held_out` whose split is `test`."""
    numbers = random.Random(seed)
    programs: dict[str, None] = {}
    while len(programs) < count + held_out:
        programs[make_program(numbers)] = None
    return [
        {
            "id": f"small-{number}",
            "source": "small-programs",
            "license": "Apache-2.0",
            "kind": "stdin",
            "code": code,
            "tests": [{"input": ""}],
            "split": "test" if number < held_out else "train",
        }
        for number, code in enumerate(programs)
    ]
