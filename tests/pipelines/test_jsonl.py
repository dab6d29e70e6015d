"""The reader of our own format: every row is read, or refused in words that help."""

import io
import json
from typing import Any

import pytest

from pipelines.sources.jsonl import read_jsonl
from pipelines.sources.lines import MAX_LINE_BYTES
from pipelines.sources.located import Located
from schemas.reject import RejectRow
from tests.pipelines.corpora import call_row, stdin_row


def read(*lines: bytes | dict[str, Any]) -> list[Located | RejectRow]:
    data = b"".join(line + b"\n" if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    return list(read_jsonl(io.BytesIO(data), "problems.jsonl"))


def refused(*lines: bytes | dict[str, Any]) -> RejectRow:
    (found,) = read(*lines)
    assert isinstance(found, RejectRow)
    assert found.stage == "read"
    return found


def test_a_script_is_read_with_its_tests() -> None:
    (found,) = read(stdin_row("a", problem="sum", statement="Add."))
    assert isinstance(found, Located)
    assert (found.solution.problem_id, found.solution.tests[0].stdin) == ("sum", "1\n2\n")
    assert found.location == "problems.jsonl:1"


def test_a_function_is_read_with_its_calls() -> None:
    (found,) = read(call_row("a"))
    assert isinstance(found, Located)
    assert (found.solution.tests[0].call, found.solution.tests[0].expected) == ("f(21)", "42")


def test_a_row_without_a_problem_is_its_own_problem() -> None:
    (found,) = read(stdin_row("a"))
    assert isinstance(found, Located)
    assert found.solution.problem_id == "a"


def test_what_a_row_says_of_its_own_outcome_is_not_read() -> None:
    plain, boasting = read(stdin_row("a"), stdin_row("a", actual="9", verdict="accepted", trace={}, deterministic=True))
    assert isinstance(plain, Located)
    assert isinstance(boasting, Located)
    assert plain.solution == boasting.solution


def test_how_answers_are_judged_is_read() -> None:
    checkers = [
        found.solution.checker
        for found in read(stdin_row("a"), stdin_row("b", checker="custom"))
        if isinstance(found, Located)
    ]
    assert checkers == ["tokens", "custom"]


def test_what_selection_goes_by_is_read() -> None:
    (found,) = read(stdin_row("a", model="m", correct=False, difficulty=1500, tags=["dp"]))
    assert isinstance(found, Located)
    solution = found.solution
    assert (solution.model, solution.correct, solution.difficulty, solution.tags) == ("m", False, "1500", ("dp",))


@pytest.mark.parametrize(
    ("line", "reason", "words"),
    [
        (b'{"id": "a", ', "json", "not JSON"),
        (b"[1, 2]", "not_an_object", "a JSON list"),
        (b"\xff\xfe\x81", "binary", "not UTF-8"),
        (b'{"id": "a\x00"}', "binary_file", "binary data"),
        ({"id": "a"}, "missing_field", "`kind`"),
        (stdin_row("a") | {"code": None}, "missing_field", "`code`"),
        (stdin_row("a") | {"code": 3}, "wrong_type", "`code` is int"),
        (stdin_row("a") | {"id": True}, "wrong_type", "`id` is bool"),
        (stdin_row("a") | {"kind": "java"}, "bad_value", "'java'"),
        (stdin_row("a") | {"split": "dev"}, "bad_value", "'dev'"),
        (stdin_row("a") | {"checker": "mine"}, "bad_value", "'mine', expected one of tokens, custom"),
        (stdin_row("a") | {"time_limit_s": 0}, "bad_value", "above 0"),
        (stdin_row("a", tests=[]), "no_tests", "`tests` is empty"),
        (stdin_row("a") | {"tests": None}, "missing_field", "`tests`"),
        (stdin_row("a", code="int main() { return 0; }"), "syntax", "not Python 3"),
        (stdin_row("a", code="# nothing\n"), "syntax", "no statement"),
        (stdin_row("a", code='print "hello"\n'), "python2", "Python 2"),
        (stdin_row("a", code="try:\n    pass\nexcept ValueError, e:\n    pass\n"), "python2", "Python 2"),
        (stdin_row("a", tests=[{"expected": "3"}]), "missing_field", "`tests[0]`"),
        (stdin_row("a", tests=["3"]), "wrong_type", "`tests[0]` is str"),
        (call_row("a", calls=[{"call": "f("}]), "call_syntax", "`calls[0]`"),
    ],
)
def test_a_bad_row_is_refused_with_its_place_and_the_remedy(line: Any, reason: str, words: str) -> None:
    found = refused(line)
    assert found.reason == reason
    assert words in found.message
    assert found.message.startswith("problems.jsonl, row 1: ")


def test_a_row_of_a_refused_program_is_refused_once_for_each_input() -> None:
    tests = [{"input": "1\n"}, {"input": "2\n"}]
    found = read(stdin_row("a", code="print 3", tests=tests))
    assert [each.input for each in found if isinstance(each, RejectRow)] == ["1\n", "2\n"]


def test_a_bad_test_leaves_the_others() -> None:
    bad, good = read(stdin_row("a", tests=[{"input": 3}, {"input": "1\n2\n"}]))
    assert isinstance(bad, RejectRow)
    assert isinstance(good, Located)
    assert [test.stdin for test in good.solution.tests] == ["1\n2\n"]


def test_bad_rows_leave_the_rest_of_the_file() -> None:
    found = read(b"{", stdin_row("a"), b"\x00\x01", stdin_row("b"))
    assert [each.solution.id for each in found if isinstance(each, Located)] == ["a", "b"]


def test_an_empty_file_says_so() -> None:
    assert refused().reason == "empty_file"


def test_a_line_beyond_the_limit_is_refused_without_being_held() -> None:
    class Endless(io.RawIOBase):
        """50 MB on one line, then a good row; no read may ask for more than the limit."""

        def __init__(self) -> None:
            self.left = 50 << 20
            self.asked = 0
            self.rest = io.BytesIO(b"\n" + json.dumps(stdin_row("after")).encode() + b"\n")

        def readline(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            self.asked = max(self.asked, size)
            if self.left:
                taken = min(size, self.left)
                self.left -= taken
                return b"x" * taken
            return self.rest.readline(size)

    stream = Endless()
    too_big, good = read_jsonl(stream, "big.jsonl")  # type: ignore[arg-type]
    assert isinstance(too_big, RejectRow)
    assert too_big.reason == "too_big"
    assert "52,428,8" in too_big.message
    assert isinstance(good, Located)
    assert stream.asked <= MAX_LINE_BYTES + 1


def test_a_binary_file_is_refused_once() -> None:
    blob = bytes(range(256)) * 100
    (only,) = list(read_jsonl(io.BytesIO(blob), "blob.jsonl"))
    assert isinstance(only, RejectRow)
    assert only.reason == "binary_file"


def test_a_binary_row_among_others_is_refused_alone() -> None:
    good = json.dumps(stdin_row("a")).encode()
    found = list(read_jsonl(io.BytesIO(good + b"\n\x00\n" + good.replace(b'"a"', b'"b"')), "mixed.jsonl"))
    assert [type(row) for row in found] == [Located, RejectRow, Located]
