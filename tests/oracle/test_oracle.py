"""The oracle is held to hand-written cases, to `re` where a pattern says the same, and hostile text to its reach."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Mapping

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from tests import hostile
from tests.oracle import text as oracle
from tests.oracle.text import Block, Case, Fold, Tag

GOOD = "<think>so</think><answer>B</answer>"
T, TC, A, AC = hostile.LITERALS


def short(text: str) -> str:
    """Braces stand for the think tags and brackets for the answer tags: `{so}[B]` is GOOD."""
    return "".join({"{": T, "}": TC, "[": A, "]": AC}.get(char, char) for char in text)


def test_short_spells_a_well_formed_completion() -> None:
    assert short("{so}[B]") == GOOD


# -------------------------------------------------------------------------------- tags, blocks


def test_tags_are_in_order_of_position_with_code_point_offsets() -> None:
    assert oracle.tags("\U0001f600</answer>\u80ba<think>") == [
        Tag("answer", "close", 1, 10, exact=True),
        Tag("think", "open", 11, 18, exact=True),
    ]


def test_exact_case_passes_over_a_tag_in_another_case() -> None:
    assert oracle.tags("<Think></think>") == [Tag("think", "close", 7, 15, exact=True)]


def test_any_case_counts_it_and_says_it_is_not_exact() -> None:
    assert oracle.tags("<Think></think>", case="any") == [
        Tag("think", "open", 0, 7, exact=False),
        Tag("think", "close", 7, 15, exact=True),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "<an\u017fwer>",
        "<thin\u212a>",
        "< think >",
        "<thinking>",
        "answer>",
        "<chink>",
        "<think",
        "s(think>",
        "<answer/>",
    ],
)
def test_near_misses_are_no_tags_in_any_case(text: str) -> None:
    assert oracle.tags(text, case="any") == []


def test_a_tag_after_a_stray_angle_bracket_counts() -> None:
    assert oracle.tags("<<think>>") == [Tag("think", "open", 1, 8, exact=True)]


def test_other_names_are_found_by_their_role() -> None:
    assert oracle.tags("<r><think>", {"think": "r", "answer": "a"}) == [Tag("think", "open", 0, 3, exact=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("{", []),
        ("}{", []),
        ("{}", [Block("think", 0, 7, 7, 15)]),
        ("{{}", [Block("think", 7, 14, 14, 22)]),
        ("{}}", [Block("think", 0, 7, 7, 15)]),
        ("{[}]", [Block("think", 0, 7, 15, 23), Block("answer", 7, 15, 23, 32)]),
        ("[{]}", [Block("answer", 0, 8, 15, 24), Block("think", 8, 15, 24, 32)]),
        ("{a}{b}", [Block("think", 0, 7, 8, 16), Block("think", 16, 23, 24, 32)]),
    ],
)
def test_a_block_is_an_opener_whose_next_tag_of_its_role_is_a_closer(text: str, expected: list[Block]) -> None:
    assert oracle.blocks(short(text)) == expected


def test_a_wrong_case_closer_closes_only_in_any_case() -> None:
    assert oracle.blocks("<think></THINK></think>") == [Block("think", 0, 7, 15, 23)]
    assert oracle.blocks("<think></THINK></think>", case="any") == [Block("think", 0, 7, 7, 15)]


@pytest.mark.parametrize(
    ("text", "case", "expected"),
    [
        (GOOD, "exact", True),
        ("noise " + GOOD + " noise", "exact", True),
        (short("{}[]"), "exact", True),
        (GOOD + AC, "exact", False),
        (short("[B]{so}"), "exact", False),
        (short("{[}]"), "exact", False),
        ("", "exact", False),
        (GOOD.upper(), "exact", False),
        (GOOD.upper(), "any", True),
        (GOOD + "</ANSWER>", "exact", True),
        (GOOD + "</ANSWER>", "any", False),
    ],
)
def test_well_formed_means_each_literal_once_in_order(text: str, case: Case, *, expected: bool) -> None:
    assert oracle.is_well_formed(text, case=case) is expected


# -------------------------------------------------------------------------------- stray, quoted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", set()),
        ("B", {"before"}),
        (" \n\u3000", set()),
        ("\u200b", {"before"}),
        ("x{so}[B]", {"before"}),
        ("{so}x[B]", {"between"}),
        ("{so}[B]x", {"after"}),
        ("x{so}x[B]x", {"before", "between", "after"}),
        ("{so} \x1f\n[B]\u2003", set()),
        ("{so}[B", {"after"}),
        ("}{so}[B]{", set()),
        ("x{", {"before"}),
        ("{[}B]", set()),
        ("{[}B]x", {"after"}),
        ("[{]}x[B]", {"between"}),
        ("{so}<Answer>", {"after"}),
        ("so{{so}", {"before"}),
        ("{so{so}", {"before"}),
        ("{so}\0[B]", {"between"}),
    ],
)
def test_stray_text_is_what_can_be_seen_outside_every_block(text: str, expected: set[str]) -> None:
    assert oracle.stray(short(text)) == expected


def test_a_loose_tag_in_another_case_is_stray_text_only_where_it_does_not_count() -> None:
    assert oracle.stray(GOOD + "</ANSWER>") == {"after"}
    assert oracle.stray(GOOD + "</ANSWER>", case="any") == set()


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("{so}[B]", []),
        ("{[B]}", [7]),
        ("{[}B]", [7]),
        ("[{]}", []),
        ("{[A]}[B]{[C]}", [7, 58]),
        ("{[B]", []),
        ("{{[B]}", [14]),
        ("{[B]{}", []),
    ],
)
def test_a_quoted_block_is_an_answer_that_starts_inside_a_think_block(text: str, starts: list[int]) -> None:
    assert [block.open_start for block in oracle.quoted_blocks(short(text))] == starts


# -------------------------------------------------------------------------------- bodies


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("B", []),
        ("[", []),
        ("[]", [""]),
        ("[ B\n]", [" B\n"]),
        ("{so}[B][C]", ["B", "C"]),
        ("{[A]}[B]", ["B"]),
        ("{[A]}", []),
        ("[A{so}B]", ["A B"]),
        ("[A{B]", ["A B"]),
        ("[A}B]", ["A B"]),
        ("[A{B]}", ["A B"]),
        ("[{a}{b}]", ["  "]),
        ("[{{a}}]", ["   "]),
        ("[A[B]", ["B"]),
        ("[A]B]", ["A"]),
        ("[<Think>]", ["<Think>"]),
    ],
)
def test_answer_bodies_are_the_insides_of_unquoted_answers_without_markup(text: str, expected: list[str]) -> None:
    assert oracle.answer_bodies(short(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("{so}[B]", ["so"]),
        ("{a[B]c}{d}", ["a c", "d"]),
        ("{a[b}c]", ["a b"]),
        ("[{a}]", ["a"]),
        ("{{a}", ["a"]),
    ],
)
def test_reasoning_bodies_are_the_insides_of_think_blocks_without_markup(text: str, expected: list[str]) -> None:
    assert oracle.reasoning_bodies(short(text)) == expected


def test_any_case_replaces_a_wrong_case_tag_in_a_body() -> None:
    assert oracle.answer_bodies("<ANSWER>A<Think>B</answer>", case="any") == ["A B"]


THREE = {"think": "t", "answer": "a", "note": "n"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a>x<t>1<n>2</t>3</n>y</a>", ["x y"]),
        ("<a>x<t>1<n>2</n>3</t>y</a>", ["x y"]),
        ("<a>x<t>1</t><n>2</n>y</a>", ["x  y"]),
        ("<a>x<t>1<n>2</t>3</a></n>", ["x 3"]),
        ("<a>x<n>1<t>2</n>3</a></t>", ["x 3"]),
    ],
)
def test_overlapping_blocks_in_a_body_are_one_space_and_touching_ones_two(text: str, expected: list[str]) -> None:
    assert oracle.answer_bodies(text, THREE) == expected


@pytest.mark.parametrize(
    "body", ["", " ", "\u3000\x1c", "\u200b\ufeff\xad", "\u115f \U000e0fff", "\ufe0f\u2064", "\ufff8"]
)
def test_whitespace_and_ignorable_characters_are_empty(body: str) -> None:
    assert oracle.is_empty(body)


@pytest.mark.parametrize("body", ["B", ".", "\0", "\u0301", "\u2800", " \u200bx", "\ufff9", "\U000e1000", "\ufffd"])
def test_anything_else_is_not_empty(body: str) -> None:
    assert not oracle.is_empty(body)


# -------------------------------------------------------------------------------- flaws

NONE_AT_ALL = {"missing_open", "missing_close"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{so}[B]", set()),
        ("", NONE_AT_ALL),
        ("B", NONE_AT_ALL | {"stray_before"}),
        ("{so}[B", {"missing_close", "unclosed", "stray_after"}),
        ("so}[B]", {"missing_open", "unopened", "stray_before"}),
        ("{so[B]", {"missing_close", "unclosed", "stray_before"}),
        ("{so}[B][B]", {"repeated"}),
        ("{{so}[B]", {"repeated", "nested", "unclosed"}),
        ("{so}}[B]", {"repeated", "unopened"}),
        ("{{so}}[B]", {"repeated", "nested", "unclosed", "unopened"}),
        ("{[B]}", {"quoted", "wrong_order", "empty_reasoning"}),
        ("{x[A]}[B]", {"quoted", "wrong_order", "repeated"}),
        ("[B]{so}", {"wrong_order"}),
        ("[B]{so}[B]", {"wrong_order", "repeated"}),
        ("{[}B]", {"quoted", "wrong_order", "empty_reasoning"}),
        ("{a}[B]{", {"repeated", "unclosed"}),
        ("{}[B]", {"empty_reasoning"}),
        ("{\u200b}[ ]", {"empty_reasoning", "empty_answer"}),
        ("{}{so}[][B]", {"repeated"}),
        ("{so}[{x}]", {"repeated", "empty_answer"}),
        ("<Think>so}[B]", {"missing_open", "wrong_case", "unopened", "stray_before"}),
        ("{so}[B]<Think>", {"stray_after"}),
        ("<an\u017fwer>", NONE_AT_ALL | {"stray_before"}),
        (".{so}.[B].", {"stray_before", "stray_between", "stray_after"}),
        ("}{][", {"unclosed", "unopened", "wrong_order"}),
    ],
)
def test_flaws_are_exactly_these(text: str, expected: set[str]) -> None:
    assert oracle.flaws(short(text)) == expected


def test_flaws_follow_the_names_the_reward_uses() -> None:
    names = {"think": "reasoning", "answer": "final"}
    assert oracle.flaws("<reasoning>so</reasoning><final>B</final>", names) == set()
    assert oracle.flaws(GOOD, names) == NONE_AT_ALL | {"stray_before"}


# -------------------------------------------------------------------------------- published readings


@pytest.mark.parametrize(
    ("text", "fold", "expected"),
    [
        ("{so}[B]", "exact", "B"),
        ("[A[B]", "exact", "A<answer>B"),
        ("]x[B]]", "exact", "B"),
        ("[\n]", "exact", "\n"),
        ("[B", "exact", None),
        ("][", "exact", None),
        ("<ANSWER>B]", "exact", None),
        ("<ANSWER>b]", "ascii", "b"),
        ("<an\u017fwer>B]", "ascii", None),
        ("<an\u017fwer>\u0130]", "unicode", "\u0130"),
    ],
)
def test_the_first_span_runs_from_the_first_opener_to_its_first_closer(
    text: str, fold: Fold, expected: str | None
) -> None:
    assert oracle.first_span(short(text), "answer", fold) == expected


@pytest.mark.parametrize("opener", ["<thin\u212a>", "<th\u0130nk>", "<th\u0131nk>"])
def test_the_unicode_fold_takes_kelvin_and_both_turkish_letters_for_k_and_i(opener: str) -> None:
    assert oracle.first_span(opener + "so</think>", "think", "unicode") == "so"
    assert oracle.first_span(opener + "so</think>", "think", "ascii") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{so}[B]", True),
        ("{}[]", True),
        ("{so} \n\u3000[B]", True),
        ("{a}x{b}[B]", True),
        ("{so}[B]x[C]", True),
        ("{so}x[B]", False),
        (" {so}[B]", False),
        ("{so}[B]\n", False),
        ("{[]", False),
        ("{}[", False),
        ("{}]", False),
        ("", False),
    ],
)
def test_the_published_format_looks_at_both_ends_and_one_gap(text: str, *, expected: bool) -> None:
    assert oracle.full_match_format(short(text)) is expected


@pytest.mark.parametrize(
    ("body", "alphabet", "expected"),
    [
        ("B", "ABCD", ["B"]),
        ("a or b", "ABCD", ["A", "B"]),
        ("abba", "AB", ["A", "B", "B", "A"]),
        ("E", "ABCD", []),
        ("\ufb01", "F", ["F"]),
        ("", "ABCD", []),
    ],
)
def test_letters_anywhere_keeps_order_and_repeats(body: str, alphabet: str, expected: list[str]) -> None:
    assert oracle.letters_anywhere(body, alphabet) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [("B", True), (" b\n", True), ("B ", True), ("BB", False), ("(B)", False), ("B.", False), ("", True), ("A", False)],
)
def test_rest_is_empty_takes_the_letter_out_once(body: str, *, expected: bool) -> None:
    assert oracle.rest_is_empty(body, "B") is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[B]", "B"),
        ("[ B\n]", "B"),
        ("[b]", None),
        ("[E]", None),
        ("[(A)][C]", "C"),
        ("[A[B]", "B"),
        ("[AB][ ]", None),
        ("[A][B]", "A"),
        ("[A", None),
        ("[]", None),
    ],
)
def test_the_first_fitting_answer_holds_one_letter_and_whitespace(text: str, expected: str | None) -> None:
    assert oracle.first_fitting(short(text), "ABCD") == expected


# -------------------------------------------------------------------------------- against `re`

FLAGS: Mapping[Fold, int] = {"exact": 0, "ascii": re.IGNORECASE | re.ASCII, "unicode": re.IGNORECASE}


@given(text=hostile.completions(), name=st.sampled_from(("think", "answer")), fold=st.sampled_from(list(FLAGS)))
def test_first_span_is_what_a_lazy_pattern_finds(text: str, name: str, fold: Fold) -> None:
    found = re.search(f"<{name}>(.*?)</{name}>", text, FLAGS[fold] | re.DOTALL)
    assert oracle.first_span(text, name, fold) == (found.group(1) if found else None)


@given(text=hostile.completions())
def test_full_match_format_is_what_a_full_match_says(text: str) -> None:
    found = re.fullmatch(r"<think>.*?</think>\s*<answer>.*?</answer>", text, re.DOTALL)
    assert oracle.full_match_format(text) is (found is not None)


@given(text=hostile.completions())
def test_first_fitting_is_what_a_search_finds(text: str) -> None:
    found = re.search(r"<answer>\s*([A-D])\s*</answer>", text)
    assert oracle.first_fitting(text, "ABCD") == (found.group(1) if found else None)


@given(text=hostile.completions(), case=st.sampled_from(("exact", "any")))
def test_tags_are_what_an_alternation_finds(text: str, case: Case) -> None:
    found = re.finditer("</?(think|answer)>", text, re.ASCII | (re.IGNORECASE if case == "any" else 0))
    assert [(tag.start, tag.end) for tag in oracle.tags(text, case=case)] == [match.span() for match in found]


def test_the_unicode_fold_is_the_one_of_re_for_every_ascii_letter() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    everything = "".join(map(chr, range(0x80, sys.maxunicode + 1)))
    folds = {char: letter for letter in letters for char in re.findall(letter, everything, re.IGNORECASE)}
    assert folds == oracle.UNICODE_TO_ASCII


def test_whitespace_of_str_and_of_re_are_the_same_29_characters() -> None:
    everything = [chr(code) for code in range(sys.maxunicode + 1)]
    spaces = {char for char in everything if char.isspace()}
    assert spaces == set(re.findall(r"\s", "".join(everything))) == set(hostile.WHITESPACE)
    assert len(spaces) == len(hostile.WHITESPACE) == 29


# -------------------------------------------------------------------------------- laws of the oracle


@given(text=hostile.completions())
def test_a_well_formed_completion_has_no_flaw_of_structure(text: str) -> None:
    allowed = {"empty_reasoning", "empty_answer", "stray_before", "stray_between", "stray_after"}
    if oracle.is_well_formed(text):
        assert oracle.flaws(text) <= allowed
    else:
        assert oracle.flaws(text) - allowed


# -------------------------------------------------------------------------------- what hostile reaches


Condition = Callable[[str], bool]


def sought(condition: Condition, phases: Collection[Phase], examples: int = 1000) -> str:
    """A hostile completion that meets the condition; an error where none of so many does."""
    chosen = settings(max_examples=examples, database=None, derandomize=True, deadline=None, phases=phases)
    return find(hostile.completions(), condition, settings=chosen)


@pytest.mark.parametrize("flaw", sorted(oracle.FLAWS))
def test_hostile_completions_reach_every_flaw(flaw: str) -> None:
    assert sought(lambda text: flaw in oracle.flaws(text), [Phase.generate], examples=200) is not None


REACHED: dict[str, Condition] = {
    "well formed": oracle.is_well_formed,
    "well formed, nothing stray": lambda text: oracle.is_well_formed(text) and not oracle.stray(text),
    "well formed, one clean label": lambda text: (
        oracle.is_well_formed(text) and oracle.answer_bodies(text)[0].strip() in set("ABCD")
    ),
    "well formed in another case": lambda text: oracle.is_well_formed(text, case="any") > oracle.is_well_formed(text),
    "well formed, not ASCII": lambda text: oracle.is_well_formed(text) and not text.isascii(),
    "the published format alone": lambda text: oracle.full_match_format(text) > oracle.is_well_formed(text),
    "four blocks": lambda text: len(oracle.blocks(text)) >= 4,
    "two answers": lambda text: len(oracle.answer_bodies(text)) == 2,
    "a quoted answer and another": lambda text: bool(oracle.quoted_blocks(text) and oracle.answer_bodies(text)),
    "an answer with markup inside": lambda text: any("  " in body for body in oracle.answer_bodies(text)),
    "an answer only by the Unicode fold": lambda text: (
        oracle.first_span(text, "answer", "unicode") != oracle.first_span(text, "answer", "ascii")
    ),
    "an answer only by the ASCII fold": lambda text: (
        oracle.first_span(text, "answer", "ascii") != oracle.first_span(text, "answer", "exact")
    ),
    "NUL": lambda text: "\0" in text,
    "a long run of wide spaces": lambda text: "\u3000" * 40 in text,
}


@pytest.mark.parametrize("case", REACHED)
def test_hostile_completions_reach_this(case: str) -> None:
    assert REACHED[case](sought(REACHED[case], [Phase.generate]))


@pytest.mark.parametrize(
    "condition",
    [
        oracle.is_well_formed,
        lambda text: bool(oracle.quoted_blocks(text)),
        lambda text: "between" in oracle.stray(text),
        lambda text: oracle.is_nested(text, oracle.NAMES),
        lambda text: oracle.is_wrong_case(text, oracle.NAMES),
    ],
)
def test_hostile_completions_shrink_to_little_more_than_two_blocks(condition: Condition) -> None:
    smallest = sought(condition, [Phase.generate, Phase.shrink])
    assert smallest.isprintable()
    assert len(smallest) <= len(short("{}[]")) + 1


@given(text=hostile.completions())
def test_hostile_completions_are_valid_utf_8(text: str) -> None:
    assert text.encode().decode() == text


@given(table=hostile.tables(completion=st.just(GOOD)))
def test_tables_hold_at_most_eight_completions_or_nulls(table: list[str | None]) -> None:
    assert len(table) <= 8
    assert set(table) <= {GOOD, None}


def is_invalid(data: bytes) -> bool:
    return "\ufffd" in data.decode(errors="replace")


def test_broken_bytes_are_sometimes_invalid_and_sometimes_whole() -> None:
    chosen = settings(max_examples=2000, database=None, derandomize=True)
    assert len(find(hostile.broken_bytes(), is_invalid, settings=chosen)) <= 3
    assert find(
        hostile.broken_bytes(), lambda data: oracle.is_well_formed(data.decode(errors="replace")), settings=chosen
    )
