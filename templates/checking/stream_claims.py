"""Holds sentences about output and input against a segment."""

from templates.checking.claims import Claim
from templates.checking.moment import Moment, Verify, refuse_unless
from templates.checking.value_match import same
from templates.checking.value_text import Cut, Literal, read_value


def _print(moment: Moment, claim: Claim) -> None:
    left = moment.segment.printed[moment.printed :]
    refuse_unless(bool(left), "nothing (more) is printed here")
    told = read_value(claim.code["text"])
    if isinstance(told, Cut) and isinstance(told.head, str):
        size = len(told.head) + told.count + len(told.tail)
        piece = left.decode("utf-8", "surrogateescape")[:size]
        refuse_unless(same(told, piece, moment.segment.now), "other characters are printed")
        moment.printed += len(piece.encode("utf-8", "surrogateescape"))
        return
    refuse_unless(isinstance(told, Literal) and isinstance(told.value, str), "printed text is told as a str")
    assert isinstance(told, Literal) and isinstance(told.value, str)
    data = told.value.encode("utf-8", "surrogateescape")
    refuse_unless(bool(data) and left.startswith(data), "other characters are printed")
    moment.printed += len(data)


def _read(moment: Moment, claim: Claim) -> None:
    start = moment.segment.read_from + moment.read
    left = moment.execution.stdin[start : moment.segment.read_to]
    refuse_unless(bool(left), "nothing (more) is read here")
    told = read_value(claim.code["text"])
    size = len(left)
    if isinstance(told, Literal) and isinstance(told.value, str):
        size = len(told.value)
    elif isinstance(told, Cut):
        size = len(told.head) + told.count + len(told.tail)
    refuse_unless(size > 0 and same(told, left[:size], moment.segment.now), "other characters are read")
    moment.read += size


def _read_line(moment: Moment, claim: Claim) -> None:
    start = moment.segment.read_from + moment.read
    _read(moment, claim)
    stdin = moment.execution.stdin
    _holds_line(stdin, start, moment.segment.read_from + moment.read, claim.counts.get("k"))


def _holds_line(text: str, start: int, end: int, number: int | None) -> None:
    """Refuses what is not exactly line `number` of a text, its line break included."""
    piece = text[start:end]
    begins = start == 0 or text[start - 1] == "\n"
    refuse_unless(begins and (piece.endswith("\n") or end == len(text)), "it is no whole line")
    refuse_unless(piece.find("\n") in (-1, len(piece) - 1), "it is more than a line")
    if number is not None:
        line = text.count("\n", 0, start) + 1
        refuse_unless(number == line, f"it is line {line}")


def _read_rest(moment: Moment, claim: Claim) -> None:
    _read(moment, claim)
    refuse_unless(moment.segment.read_from + moment.read == len(moment.execution.stdin), "more is left")


def _print_line(moment: Moment, claim: Claim) -> None:
    printed = moment.segment.state.stdout
    start = len(printed) - len(moment.segment.printed) + moment.printed
    _print(moment, claim)
    end = len(printed) - len(moment.segment.printed) + moment.printed
    piece = printed[start:end]
    refuse_unless(start == 0 or printed[start - 1] == 10, "it does not begin a line")
    refuse_unless(piece.find(b"\n") == len(piece) - 1, "it is not one whole line")
    if "k" in claim.counts:
        line = printed.count(b"\n", 0, start) + 1
        refuse_unless(claim.counts["k"] == line, f"it is line {line}")


STREAMS: dict[str, Verify] = {
    "print": _print,
    "print_line": _print_line,
    "read": _read,
    "read_line": _read_line,
    "read_rest": _read_rest,
}
