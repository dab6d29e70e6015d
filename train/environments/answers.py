"""Reads answers out of replies: an output, a program, the mark of submission. Nothing is run or evaluated."""

import re

SUBMIT = "#SUBMIT"

_FENCE = re.compile(r"^(`{3,})[ \t]*(?P<language>[\w+-]*)[ \t]*\n(?P<body>.*?)^\1[ \t]*$", re.DOTALL | re.MULTILINE)
_OPEN, _CLOSE = "<output>", "</output>"
_ASSERTION = re.compile(r"^assert .*$", re.MULTILINE)


def predicted_output(reply: str) -> str | None:
    """What stands between the last `<output>` that is closed and its `</output>`, or None."""
    end = reply.rfind(_CLOSE)
    start = reply.rfind(_OPEN, 0, end) if end >= 0 else -1
    if start < 0:
        return None
    text = reply[start + len(_OPEN) : end]
    return text.removeprefix("\n")


def predicted_value(reply: str, call: str) -> str | None:
    """The value of a call that a reply names: in `<output>` tags, or in a last line `assert CALL == VALUE`.

    Explanations in the corpus end with the assertion, answers to the prediction prompt with the tags.
    """
    tagged = predicted_output(reply)
    text = tagged.strip() if tagged is not None else None
    if text is None:
        assertions: list[str] = _ASSERTION.findall(reply)
        text = assertions[-1].strip() if assertions else None
    if text is None:
        return None
    lead = f"assert {call} =="
    if text.startswith(lead):
        return text[len(lead) :].strip()
    return text if tagged is not None else None


def _blocks(reply: str) -> list[tuple[str, str]]:
    """The fenced blocks of a reply: language, body."""
    return [(match["language"], match["body"]) for match in _FENCE.finditer(reply)]


def final_program(reply: str) -> str | None:
    """The last fenced block, where it is marked as Python or not marked at all and is no submission; else None."""
    blocks = _blocks(reply)
    if not blocks or is_submission(reply):
        return None
    language, body = blocks[-1]
    if language.lower() not in ("", "python", "python3", "py") or not body.strip():
        return None
    return body


def is_submission(reply: str) -> bool:
    """Whether the last fenced block is the mark of submission and nothing else."""
    blocks = _blocks(reply)
    return bool(blocks) and blocks[-1][1].strip() == SUBMIT
