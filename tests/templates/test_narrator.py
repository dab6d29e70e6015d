"""What the narrator says, one behaviour a test."""

import dataclasses
import re
from pathlib import Path

import pytest

from schemas.narration import Narration
from templates.checker import check
from templates.narrator import NarrationError, narrate
from tests.templates.plain_style import plain_style
from tests.tracing import trace_program


def told(code: str, *, stdin: str = "", call: str | None = None) -> Narration:
    return narrate(trace_program(code, stdin=stdin, call=call), style=plain_style())


def steps(code: str, *, stdin: str = "", call: str | None = None) -> list[str]:
    """The steps without their numbers."""
    lines = [line for line in told(code, stdin=stdin, call=call).explanation.split("\n") if re.match(r"\d+\. ", line)]
    assert [int(line.split(".")[0]) for line in lines] == list(range(1, len(lines) + 1))
    return [line.split(". ", 1)[1] for line in lines]


def assert_true(code: str) -> None:
    """The checker bears out what the narrator tells of a program."""
    execution = trace_program(code)
    narration = narrate(execution)
    assert check(execution, narration.explanation, narration.answer).problems == ()


# Assignments.


def test_a_first_value_becomes_and_a_later_one_goes_from_the_old() -> None:
    assert steps("x = 1\nx = 2\nx = 'a'\n")[:3] == [
        "Line 1: `x` becomes `1`.",
        "Line 2: `x` goes from `1` to `2`.",
        "Line 3: `x` becomes `'a'`.",
    ]


def test_arithmetic_shows_the_values_of_its_operands() -> None:
    assert steps("a, b = 2, -3\nx = a * (b + 1) - b ** 2\n")[1] == (
        "Line 2: `x` becomes `a * (b + 1) - b ** 2`,"
        " that is `2 * (-3 + 1) - (-3) ** 2` = `2 * (-2) - 9` = `-4 - 9`, so `-13`."
    )


def test_an_index_is_worked_out_before_what_stands_under_it() -> None:
    assert steps("dp = [5, 6, 7]\ni = 2\nx = max(dp[i - 1], dp[0] + 2)\n")[2] == (
        "Line 3: `x` becomes `max(dp[i - 1], dp[0] + 2)`,"
        " that is `max(dp[1], dp[0] + 2)` = `max(6, 5 + 2)` = `max(6, 7)`, so `7`."
    )


def test_a_long_formula_is_worked_out_operation_by_operation() -> None:
    assert steps("n = 5\nx = n * (n - 1) // 2 * (n - 2) // 3\n")[1] == (
        "Line 2: `x` becomes `n * (n - 1) // 2 * (n - 2) // 3`,"
        " that is `5 * (5 - 1) // 2 * (5 - 2) // 3` = `5 * 4 // 2 * 3 // 3`"
        " = `20 // 2 * 3 // 3` = `10 * 3 // 3` = `30 // 3`, so `10`."
    )


def test_a_conditional_expression_tells_its_test_and_the_arm_it_takes() -> None:
    assert steps("a, c = 3, 0\nx = a * 2 if c > 1 else a + 1\ny = a + (1 if c else 2)\n")[1:3] == [
        "Line 2: `x` becomes `a * 2 if c > 1 else a + 1`,"
        " that is `a * 2 if 0 > 1 else 3 + 1` = `a * 2 if False else 4`, so `4`. `a * 2` is not evaluated.",
        "Line 3: `y` becomes `a + (1 if c else 2)`, that is `3 + (1 if 0 else 2)` = `3 + 2`, so `5`.",
    ]


def test_a_copy_of_a_name_is_not_worked_out() -> None:
    assert steps("a = 1\nb = a\n")[1] == "Line 2: `b` becomes `1`."


def test_a_container_that_the_statement_changes_is_not_shown_as_an_operand() -> None:
    assert steps("xs = [1, 2]\nx = xs.pop() + len(xs)\n")[1] == (
        "Line 2: `2` is removed from `xs` at index 1, which leaves length 1."
        " `x` becomes `xs.pop() + len(xs)`, that is `2 + 1`, so `3`."
    )


def test_a_result_that_holds_what_the_statement_changes_is_not_worked_out() -> None:
    assert steps("xs = [1]\ny = [xs] + [xs.append(2)]\n")[1] == (
        "Line 2: `xs.append(2)` is `None`. `2` is appended to `xs`, which now has length 2."
        " `y` becomes `[[1, 2], None]`."
    )


def test_an_equal_value_in_a_new_object_stays() -> None:
    assert steps("xs = [1]\nxs = list(xs)\n")[1] == ("Line 2: `xs` stays `[1]`, for `list(xs)` is `list([1])`.")


def test_what_is_stored_to_and_left_as_it_was_stays() -> None:
    assert steps("x, dp, i = 1, [4, 4], 1\nx = min(x, 7)\ndp[i] = max(dp[i], 3)\nx, y = 1, 2\n")[1:4] == [
        "Line 2: `x` stays `1`, for `min(x, 7)` is `min(1, 7)`.",
        "Line 3: `dp[1]` stays `4`, for `max(dp[i], 3)` is `max(dp[1], 3)` = `max(4, 3)`.",
        "Line 4: `y` becomes `2`. `x` stays `1`.",
    ]


def test_what_a_paused_statement_will_store_to_is_not_told_yet() -> None:
    assert steps("def g():\n    x = 0\n    x = yield 1\nit = g()\nnext(it)\n")[5] == "Line 3: Evaluate `yield 1`."


def test_deleting_a_name_a_key_and_an_item() -> None:
    assert steps("d, xs, x = {'a': 1}, [4, 5, 6], 0\ndel x\ndel d['a']\ndel xs[1]\n")[1:4] == [
        "Line 2: `x` is deleted.",
        "Line 3: `d['a']` is deleted.",
        "Line 4: `5` is removed from `xs` at index 1, which leaves length 2.",
    ]


# Containers.


def test_changes_of_a_list_are_told_by_index() -> None:
    code = "xs = [1]\nxs.append(2)\nxs.extend([3, 4])\nxs.insert(0, 9)\nxs[1], xs[2] = xs[2], xs[1]\nxs.sort()\n"
    assert steps(code)[1:6] == [
        "Line 2: `2` is appended to `xs`, which now has length 2.",
        "Line 3: The items of `[3, 4]` are appended to `xs`, which now has length 4.",
        "Line 4: `9` is inserted into `xs` at index 0, which now has length 5.",
        "Line 5: `xs[2]` is `2`. `xs[1]` is `1`. `xs[1]` goes from `1` to `2`. `xs[2]` goes from `2` to `1`.",
        "Line 6: `xs` is now `[1, 2, 3, 4, 9]`.",
    ]


def test_changes_of_a_set() -> None:
    assert steps("s = {1}\ns.add(2)\ns.remove(1)\ns.add(2)\n")[1:4] == [
        "Line 2: `2` is added to `s`.",
        "Line 3: `1` is removed from `s`.",
        "Line 4: Nothing changes.",
    ]


def test_a_nested_element_is_told_by_the_way_the_program_goes() -> None:
    code = "row = [0, 0]\ngrid = [row, row]\ni = 1\ngrid[i][0] = 5\nrow[1] = 6\n"
    assert steps(code)[3:5] == [
        "Line 4: `grid[1][0]` goes from `0` to `5`.",
        "Line 5: `row[1]` goes from `0` to `6`.",
    ]


@pytest.mark.parametrize(("held", "asked"), [("3.0", "3"), ("3", "3.0"), ("True", "1"), ("1", "True")])
def test_a_place_is_told_by_the_key_that_the_dict_holds_not_by_an_equal_one(held: str, asked: str) -> None:
    code = f"d = {{{held}: [5]}}\nk = {asked}\nd[k].append(6)\n"
    assert f"`6` is appended to `d[{held}]`, which now has length 2." in steps(code)[2]
    assert_true(code)


def test_a_name_bound_many_times_in_one_statement_goes_from_its_value_before() -> None:
    code = "r = 7\na = [(r := n,\n      n) for n in [1, 2]]\n"
    assert steps(code)[1].endswith("`r` goes from `7` to `2`.")
    assert_true(code)


def test_an_object_out_of_the_statements_sight_is_told_where_the_frame_sees_it() -> None:
    code = "def put(box):\n    box.append(1)\nboxes = {'a': []}\nput(boxes['a'])\nadd = boxes['a'].append\nadd(2)\n"
    assert "`1` is appended to `box`, which now has length 1." in steps(code)[4]
    assert steps(code)[7].endswith("`2` is appended to `boxes['a']`, which now has length 2.")


def test_a_default_that_a_lookup_inserts_is_told() -> None:
    assert steps("from collections import defaultdict\nd = defaultdict(int)\nx = d['k']\n")[2].endswith(
        "`d['k']` becomes `0`. `x` becomes `d['k']`, which is `0`."
    )


def test_a_long_list_is_cut_in_the_middle_and_says_by_how_much() -> None:
    assert re.fullmatch(
        r"Line 1: .* `x` becomes `\[0, 1, 2, .*, <\d+ more>, .*, 998, 999\]`\.", steps("x = [*range(1000)]\n")[0]
    )


# Conditions and loops.


def test_a_condition_shows_its_operands_and_which_branch_it_takes() -> None:
    assert steps("x = 3\nif x > 2 and x % 2:\n    pass\nelif x:\n    pass\n")[1:3] == [
        "Line 2: The condition `x > 2 and x % 2` is `3 > 2 and 3 % 2` = `True and 1` = `1`, which is true."
        " Take this branch.",
        "Line 3: Nothing changes.",
    ]


def test_what_is_not_evaluated_is_given_no_value_and_said_to_be_left_out() -> None:
    assert steps("x, y = 0, 1\nif x > 2 and y > 1:\n    pass\n")[1] == (
        "Line 2: The condition `x > 2 and y > 1` is `0 > 2 and y > 1` = `False and y > 1`, which is false."
        " `y > 1` is not evaluated. Skip this branch."
    )


def test_a_for_loop_counts_its_iterations() -> None:
    assert steps("for i in range(2):\n    pass\n") == [
        "Line 1: Loop over `range(2)`, which is `range(0, 2)`. Iteration 1 begins. `i` becomes `0`.",
        "Line 2: Nothing changes.",
        "Line 1: Iteration 2 begins. `i` goes from `0` to `1`.",
        "Line 2: Nothing changes.",
        "Line 1: `range(2)` has nothing left after 2 iterations.",
        "The program ends.",
    ]


def test_an_inner_loop_counts_anew_each_time() -> None:
    said = steps("for i in 'ab':\n    for j in 'c':\n        break\n")
    assert [text for text in said if "Iteration" in text] == [
        "Line 1: Iteration 1 begins. `i` becomes `'a'`.",
        "Line 2: Iteration 1 begins. `j` becomes `'c'`.",
        "Line 1: Iteration 2 begins. `i` goes from `'a'` to `'b'`.",
        "Line 2: Iteration 1 begins. `j` stays `'c'`.",
    ]


def test_a_recursive_call_counts_its_own_loop() -> None:
    said = steps("def f(n):\n    for i in range(n):\n        f(n - 1)\nf(2)\n")
    counts = [int(n) for text in said for n in re.findall(r"Iteration (\d+)", text)]
    assert counts == [1, 1, 2, 1]


def test_a_while_loop_that_never_begins_ends_after_no_iterations() -> None:
    assert steps("while 0 > 1:\n    pass\n")[0] == (
        "Line 1: The condition `0 > 1` is false. The loop ends after no iteration."
    )


def test_an_endless_loop_says_that_its_condition_is_true() -> None:
    assert steps("while True:\n    break\n")[:2] == [
        "Line 1: The condition `True` is true. Iteration 1 begins.",
        "Line 2: Leave the loop.",
    ]


def test_an_iterator_is_told_by_what_it_goes_over() -> None:
    assert steps("xs = [7]\nfor i, x in enumerate(xs):\n    continue\n")[1:3] == [
        "Line 2: `xs` is `[7]`. Iteration 1 begins. `i` becomes `0`. `x` becomes `7`.",
        "Line 3: Go on with the next iteration.",
    ]


# Calls.


def test_a_call_tells_its_arguments_its_depth_and_who_waits() -> None:
    assert steps("def f(n):\n    return n and f(n - 1)\n", call="f(1)")[1:] == [
        "Line 3: Evaluate `f(1)`.",
        "Call `f(n=1)` at depth 1, while line 3 waits.",
        "Line 2: Return `n and f(n - 1)`. `n - 1` is `1 - 1`, which is `0`.",
        "A recursive call at depth 2: `f(n=0)`, while line 2 waits.",
        "Line 2: Return `n and f(n - 1)`, that is `0 and f(n - 1)`, so `0`. `f(n - 1)` is not evaluated.",
        "`f` returns `0` to line 2, as the value of `f(n - 1)`. `n and f(n - 1)` is `1 and 0`, which is `0`.",
        "`f` returns `0` to line 3, as the value of `f(1)`.",
        "The call returns `0`.",
    ]


def test_the_outcome_of_a_condition_that_calls_stands_after_the_call() -> None:
    said = steps("def f(x):\n    return x > 1\nif f(2):\n    pass\n")
    assert said[1] == "Line 3: Evaluate `f(2)`."
    assert said[4] == (
        "`f` returns `True` to line 3, as the value of `f(2)`. The condition `f(2)` is true. Take this branch."
    )


def test_a_generator_pauses_and_resumes() -> None:
    said = steps("def g():\n    x = yield 1\nfor v in g():\n    pass\n")
    assert said[4:8] == [
        "`g` yields `1` and pauses at line 2. Iteration 1 begins. `v` becomes `1`.",
        "Line 4: Nothing changes.",
        "Line 3: Evaluate `for v in g()`.",
        "`g` resumes at line 2. `x` becomes `yield 1`, which is `None`.",
    ]


def test_an_instance_is_told_by_its_number_and_attributes() -> None:
    said = steps("class P:\n    def __init__(self, x):\n        self.x = x\np = P(1)\np.x += 1\n")
    assert said[3:5] == [
        "Line 3: `self.x` becomes `1`.",
        "`P.__init__` returns `None` to line 4. `p` becomes `P#0(x=1)`.",
    ]
    assert said[5] == "Line 5: `p.x` goes from `1` to `2`."


def test_a_global_is_told_from_inside_a_function() -> None:
    assert "Line 4: `n` goes from `1` to `2`." in steps("n = 1\ndef f():\n    global n\n    n += 1\nf()\n")


# Input, output and exceptions.


def test_reading_and_printing_are_told_exactly() -> None:
    assert steps("n = int(input())\nprint(n + 1, '`')\n", stdin="4\nrest")[:2] == [
        "Line 1: Read line 1 of the input: `'4\\n'`. `n` becomes `int(input())`, that is `int('4')`, so `4`.",
        "Line 2: `n + 1` is `4 + 1`, which is `5`. Print ``'5 `\\n'``.",
    ]


def test_an_assertion_that_fails_says_that_its_condition_is_false() -> None:
    assert steps("x = 3\nassert x == 4, f'no {x}'\n")[1:3] == [
        "Line 2: The condition `x == 4` is `3 == 4`, which is false.",
        "`AssertionError` is raised with the message `'no 3'`.",
    ]


def test_an_exception_is_raised_passes_on_and_is_caught() -> None:
    code = "def f():\n    raise KeyError(3)\n"
    tried = "try:\n    f()\nexcept ValueError:\n    pass\nexcept LookupError as e:\n    x = 1\n"
    assert steps(code + tried)[3:] == [
        "Line 2: Raise `KeyError(3)`.",
        "`KeyError` is raised with the message `'3'`.",
        "The exception leaves `f`.",
        "`KeyError` passes on into the module.",
        "Line 5: The handler for `ValueError` does not match.",
        "Line 7: The handler for `LookupError as e` catches it. `e` becomes `<exception KeyError>`.",
        "Line 8: `x` becomes `1`. `e` is deleted.",
        "The program ends.",
    ]


def test_a_program_that_fails_answers_with_what_it_printed() -> None:
    narration = told("print('a')\n1 / 0\n")
    assert narration.explanation.endswith("The exception ends the program.\n\nSo this is the answer.")
    assert narration.answer == "<output>a\n</output>"


def test_a_call_that_fails_answers_with_the_exception() -> None:
    assert told("def f(x):\n    return x[0]\n", call="f([])").answer == "f([]) raises IndexError"


def test_a_call_answers_with_an_assertion() -> None:
    assert told("def f(x):\n    return [x, 'a']\n", call="f(1.5)").answer == "assert f(1.5) == [1.5, 'a']"


def test_a_with_block_is_entered_and_left() -> None:
    said = steps("with open('/dev/null') as f:\n    pass\n")
    assert said[0].startswith("Line 1: Enter the block of `open('/dev/null') as f`.")
    assert said[2] == "Line 1: Leave the block of `open('/dev/null') as f`."


def test_a_pattern_matches_or_not() -> None:
    said = steps("p = (1, 2)\nmatch p:\n    case [3, _]:\n        pass\n    case (1, y) if y > 1:\n        pass\n")
    assert said[1:4] == [
        "Line 2: Match `p`, which is `(1, 2)`.",
        "Line 3: The pattern `[3, _]` does not match.",
        "Line 5: The pattern `(1, y)` matches. The condition `y > 1` is `2 > 1`, which is true. `y` becomes `2`.",
    ]


# What is true in every word.


def test_nothing_changes_is_said_only_where_it_is_certain() -> None:
    said = steps("class A:\n    n = 0\n    xs = []\na = A()\nA.n += 1\na.xs.append(1)\ns = {1}\ns.add(1)\n")
    assert said[2:6] == [
        "Line 5: Evaluate `A.n += 1`.",
        "Line 6: Evaluate `a.xs.append(1)`.",
        "Line 7: `s` becomes `{1}`.",
        "Line 8: Nothing changes.",
    ]


def test_a_later_header_of_a_loop_does_not_claim_to_evaluate_its_iterable_again() -> None:
    said = steps("def g():\n    yield 1\nfor v in g():\n    pass\n")
    assert said[1] == "Line 3: Evaluate `g()`."
    assert said[6] == "Line 3: Evaluate `for v in g()`."


def test_coroutines_are_left_out() -> None:
    with pytest.raises(NarrationError, match="coroutine"):
        narrate(trace_program("async def f():\n    pass\n"))


# The whole.


def test_the_same_execution_gives_the_same_text() -> None:
    execution = trace_program("s = {'a', 'b', 'c'}\nprint(len(s))\n")
    assert narrate(execution, seed=3) == narrate(execution, seed=3)


def test_a_cut_trace_is_not_narrated() -> None:
    execution = trace_program("x = 1\n")
    cut = dataclasses.replace(execution, trace=dataclasses.replace(execution.trace, mark="events"))
    with pytest.raises(NarrationError) as error:
        narrate(cut)
    assert error.value.reason == "trace_incomplete"


def test_an_unknown_style_names_those_that_exist() -> None:
    with pytest.raises(ValueError, match="there are blocks, state, steps, story"):
        narrate(trace_program("x = 1\n"), style="verse")


def test_an_element_of_an_object_made_by_the_statement_itself_does_not_stay() -> None:
    code = "from collections import defaultdict\nd = defaultdict(lambda: defaultdict(int))\nd[1][2] += 1\n"
    assert "stays" not in narrate(trace_program(code)).explanation


def test_a_zero_that_changes_its_sign_does_not_stay() -> None:
    assert steps("x = 0.0\nx = -x\n")[1] == "Line 2: `x` goes from `0.0` to `-x`, which is `-0.0`."


def test_indentation_that_mixes_tabs_and_spaces_is_read() -> None:
    code = "def f(a):\n if a:\n\t b = 1\n else:\n\t b = 2\n return b\nprint(f(1))\n"
    execution = trace_program(code)
    narration = narrate(execution, style=plain_style())
    assert "Line 3: `b` becomes `1`." in narration.explanation
    assert check(execution, narration.explanation, narration.answer, style=Path(plain_style())).problems == ()


# Comprehensions.


def test_a_comprehension_is_told_round_by_round() -> None:
    told = steps("a = [3, -1]\nb = [x * x - 1 for x in a if x < 3]\n")[1]
    assert told == (
        "Line 2: `x=3` drops out, since `x < 3` is `3 < 3`, which is false."
        " `x=-1` passes, since `x < 3` is `-1 < 3`, which is true."
        " `x=-1` gives `x * x - 1`, that is `-1 * (-1) - 1` = `1 - 1`, so `0`."
        " `b` becomes `[x * x - 1 for x in a if x < 3]`, that is `[x * x - 1 for x in [3, -1] if x < 3]`, so `[0]`."
    )


def test_nested_rounds_name_what_all_of_their_clauses_bind() -> None:
    told = steps("b = [i * j for i in 'ab' for j in range(len(i))]\n")[0]
    assert "With `i='a'`, `range(len(i))` is" in told
    assert "`i='b', j=0` gives `i * j`" in told


def test_an_inner_comprehension_reads_the_names_around_it() -> None:
    told = steps("b = [[c + r[0] for c in r] for r in [[1], [5]]]\n")[0]
    assert "`c=5` gives `c + r[0]`, that is `5 + r[0]` = `5 + 5`, so `10`." in told
    assert "`r=[5]` gives `[c + r[0] for c in r]`" in told


def test_a_generator_expression_is_told_where_it_is_consumed() -> None:
    told = steps("g = (x + 1 for x in [4, 5])\nb = next(g)\nc = next(g)\n")
    assert "x=" not in told[0]
    assert told[1].startswith("Line 2: `x=4` gives `x + 1`, that is `4 + 1`, so `5`.")
    assert told[2].startswith("Line 3: `x=5` gives `x + 1`, that is `5 + 1`, so `6`.")


def test_what_a_lambda_made_is_not_told_once_the_statement_may_have_changed_it() -> None:
    code = "from collections import defaultdict\nd = defaultdict(lambda: [0] * 2)\n{}\n"
    for statement in ("d['a'][0] += 1", "d['a'][1] = 5", "d['a'].append(7)", "d['a'] += [1]"):
        assert_true(code.format(statement))
        assert "`[0] * 2`" not in steps(code.format(statement))[2]
    assert "`[0] * 2` is `[0, 0]`" in steps(code.format("x = d['a']"))[2]


def test_an_operand_that_a_call_in_a_generator_changes_is_not_shown_as_it_was_before() -> None:
    code = """\
seen = set()
def visit(i):
    seen.add(i)
    return 1 + sum(j not in seen and visit(j) for j in {0: [1, 2], 1: [0, 3], 2: [0], 3: [1]}[i])
print(visit(0))
"""
    assert_true(code)


def test_any_stops_at_the_element_that_decides() -> None:
    told = steps("b = any(x > 4 for x in [4, 5, 6])\n")[0]
    assert "`x=5` gives `x > 4`, that is `5 > 4`, so `True`. That settles `any`." in told
    assert "x=6" not in told


def test_a_key_function_tells_the_key_of_each_element() -> None:
    told = steps("b = sorted([(2, 'b'), (1, 'a')], key=lambda p: p[1])\n")[0]
    assert told.startswith(
        "Line 1: The key for `p=(2, 'b')` is `p[1]`, that is `'b'`. The key for `p=(1, 'a')` is `p[1]`"
    )


def test_a_key_of_several_parts_is_told_by_what_they_make() -> None:
    told = steps("b = sorted(['to', 'a'], key=lambda w: (-len(w), w))\n")[0]
    assert "With `w='to'`, `(-len(w), w)` is made up as `(-len('to'), 'to')` = `(-2, 'to')`." in told


def test_a_lambda_that_calls_itself_keeps_the_parameters_of_each_call() -> None:
    told = steps("f = lambda n: n if n < 1 else n + f(n - 1)\nb = f(1)\n")[1]
    assert "Called with `n=0`, the lambda returns" in told
    assert "`1 if False else 1 + f(0)` = `1 if False else 1 + 0`" in told


def test_many_rounds_are_told_by_the_values_of_each_expression() -> None:
    told = steps("b = [x % 3 for x in range(12) if x % 2]\n")[0]
    assert "Round by round `x` stands for `[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]`." in told
    assert "There `x % 2` comes to `[0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]` in turn." in told
    assert "There `x % 3` comes to `[1, 0, 2, 1, 0, 2]` in turn." in told


def test_rounds_that_are_too_many_are_counted() -> None:
    told = steps("b = [(x + 2) ** 18 for x in range(400, 700)]\n")[0]
    shown = told.partition("There `(x + 2) ** 18` comes to `[")[2].partition("]`")[0].count(", ") + 1
    assert 0 < shown < 300
    assert f"Not written out here: {300 - shown} more." in told


def test_rounds_that_the_trace_leaves_out_are_counted() -> None:
    told = steps("b = [x + 1 for x in range(5000)]\n")[0]
    assert "Further in, 9000 evaluations were not recorded." in told


@pytest.mark.parametrize("made", ["x for x in a", "0 for x in a", "(x, 1) for x in a if x"])
def test_rounds_that_evaluate_nothing_are_told_by_the_value(made: str) -> None:
    assert "x=" not in steps(f"a = [3, 1]\nb = [{made}]\n")[1]


# Identity.


def test_rows_that_are_one_list_are_said_to_be() -> None:
    assert steps("grid = [[0] * 2] * 3\n")[0].endswith(
        "`grid[1]` is the same `list` as `grid[0]`. `grid[2]` is the same `list` as `grid[0]`."
    )


def test_a_second_name_of_a_list_is_said_to_be_the_same_list_once() -> None:
    said = steps("a = [1]\nb = None\nfor _ in 'xy':\n    b = a\n")
    assert [text for text in said if "same" in text] == ["Line 4: `b` becomes `[1]`. `b` is the same `list` as `a`."]


def test_containers_whose_identity_is_compared_are_not_written_out() -> None:
    assert steps("a, b = [1], [1]\nc = a is b\n")[1] == "Line 2: `c` becomes `a is b`, which is `False`."


def test_values_do_not_run_into_the_words_beside_them() -> None:
    assert steps("x = 'a'\ny = x=='b'or not(x=='c')\n")[1] == (
        "Line 2: `y` becomes `x=='b'or not(x=='c')`,"
        " that is `'a'=='b'or not('a'=='c')` = `False or not False` = `False or True`, so `True`."
    )


def test_the_keys_of_the_place_that_a_method_works_on_are_worked_out() -> None:
    assert steps("dp, xs, i = [0, 1], [[], []], 1\nxs[dp[i] - 1].append(i)\n")[1] == (
        "Line 2: `dp[i] - 1` is `dp[1] - 1` = `1 - 1`, which is `0`."
        " `1` is appended to `xs[0]`, which now has length 1."
    )
