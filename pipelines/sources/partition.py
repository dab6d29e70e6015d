"""Which part of a data set a file is, told by its name, as the Hub names files."""

import re

_PART = re.compile(r"(?:^|[/_.-])(train(?:ing)?|test\d*|valid(?:ation)?|dev|prompt)(?=[/_.-]|$)", re.IGNORECASE)


def part_of(path: str) -> str:
    """`train`, `test` or `validation`; empty where the name does not tell."""
    found = _PART.findall(path)
    if not found:
        return ""
    last = found[-1].lower()
    if last.startswith("train"):
        return "train"
    return "validation" if last.startswith(("valid", "dev")) else "test"


def source_and_split(name: str, path: str) -> tuple[str, str | None]:
    """A data set's name with its part, and the split that the part fixes.

    Only what is known to be training data is left to the hash of its problem: a part that people
    evaluate with, or one that the file's name does not tell, goes to `test`.
    """
    part = part_of(path)
    return (f"{name} {part}".strip(), None if part == "train" else "test")
