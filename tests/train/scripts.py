"""A chat whose tokens are characters, and scripted models that answer by rules of their own."""

import random
from collections.abc import Sequence

from tests.train.problems import ADD_TWO, DOUBLE, SUBMISSION, fenced
from train.rollouts.engine import Request

END = 0


class CharacterChat:
    """One token a character."""

    def encode(self, prompt: str) -> tuple[int, ...]:
        """The code points of the prompt."""
        return tuple(map(ord, prompt))

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of code points, the end token left out."""
        return "".join(chr(token) for token in tokens if token != END)


def fickle(request: Request) -> tuple[int, ...]:
    """Says one of the things that matter to self-RLEF, as the request's prompt and seed decide."""
    said = random.Random(f"{request.seed} {request.prompt}").choice(
        [fenced(DOUBLE), fenced(ADD_TWO), SUBMISSION, "<output>4</output>", "<output>10</output>", "nothing"]
    )
    return (*map(ord, said), END)
