"""Outputs are judged against what the source expects, and by nothing else."""

import pytest

from sandbox.judge import judge_stdout, judge_value


@pytest.mark.parametrize(
    ("expected", "stdout", "judgement"),
    [
        (None, "3\n", "unjudged"),
        ("3", "3\n", "accepted"),
        ("1 2\n3", "1\n2 3", "accepted"),
        ("0.333333", "0.3333333333", "accepted"),
        ("1e-7", "0.0", "accepted"),
        ("0.33", "0.34", "wrong_answer"),
        ("100000000", "100000001", "wrong_answer"),
        ("3", "3 4", "wrong_answer"),
        ("Yes", "YES", "wrong_answer"),
        ("nan.", "1.0", "wrong_answer"),
    ],
)
def test_stdout_is_compared_token_by_token(expected: str | None, stdout: str, judgement: str) -> None:
    assert judge_stdout(expected, stdout) == judgement


@pytest.mark.parametrize(
    ("expected", "value", "judgement"),
    [
        (None, "3", "unjudged"),
        ("[1, 2]", "[1, 2]", "accepted"),
        ("{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}", "accepted"),
        ('"a"', "'a'", "accepted"),
        ("0.1", "0.1000000001", "accepted"),
        ("[0.5, 1]", "[0.5, 1.0]", "accepted"),
        ("(1, 2)", "[1, 2]", "wrong_answer"),
        ("1", "True", "wrong_answer"),
        ("<object>", "<other>", "wrong_answer"),
        ("(" * 5000, "1", "wrong_answer"),
    ],
)
def test_values_are_compared_as_literals(expected: str | None, value: str, judgement: str) -> None:
    assert judge_value(expected, value) == judgement
