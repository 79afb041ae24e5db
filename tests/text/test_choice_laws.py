"""Laws of the choice grammar over the sentences of the conformance suite and over any text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreward.conformance import Case, load_cases
from medreward.text.choice import MAX_BODY, Choice, choose, label_alone, read_choice
from medreward.text.choice.words import word_kinds
from medreward.text.options import OptionSet
from tests.conformance.test_golden import OPEN

LETTERS = ("A", "B", "C", "D")
SINGLE = [case for case in load_cases() if case.select == "one"]
MADE = [
    case
    for case in SINGLE
    if case.answer.labels and not case.accept and case.category != "markdown_and_latex" and case.body not in OPEN
]
KNEE = OptionSet(LETTERS, ("Meniscal tear", "Labral pathology", "Viral pneumonia", "Pneumonia"))

WRAPPERS = [
    *(
        (" ", "\n"),
        ("\n\n", "\t"),
        ("\u3000", "\xa0"),
        ("\u200b", "\ufeff"),
        ("\r\n", "\r\n"),
        ("**", "**"),
        ("*", "*"),
    ),
    *(
        ('"', '"'),
        ("“", "”"),
        ("«", "»"),
        ("„", "“"),
        ("「", "」"),
        ("```\n", "\n```"),
        ("<b>", "</b>"),
        ("<p>", "</p>"),
    ),
    *(
        ("\x1b[1m", "\x1b[0m"),
        ("<!-- A -->", ""),
        ("", "<!-- the answer is C -->"),
        ("", "<|im_end|>"),
        ("\x00", "\x00"),
    ),
]

STATED = [
    *("The answer is {0}.", "Answer: {0}", "{0}", "({0})", "**{0}**", "Not {1} but {0}", "{0}, not {1}", "Option {0}"),
    *("{0} is correct. {1} is wrong.", "I choose {0}", "{1} or {0}? {0}", "{1}, no wait, {0}", "{0} or {1}", "not {0}"),
    *(
        "{0}, {1}",
        "{0} because of the tear",
        "{0}) the labrum is torn",
        "{0} and {1} are wrong",
        "It is {0}.",
        "{1}/{0}",
    ),
    *("The answer is {1}. Actually, the answer is {0}.", "答案是{0}", "Die Antwort ist {0}", "Je choisis {0}", "{0}!"),
]
ALPHABETS = [
    ("B", "C", "D", "E"),
    ("F", "G", "H", "K"),
    ("P", "Q", "R", "S"),
    ("ii", "iii", "iv", "v"),
    ("甲", "乙", "丙", "丁"),
]


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_wrapper_round_the_whole_body_keeps_the_label(wrapper: tuple[str, str]) -> None:
    wrapped = {case.id: choose(wrapper[0] + case.body + wrapper[1], case.option_set).labels for case in MADE}
    assert wrapped == {case.id: case.answer.labels for case in MADE}


@given(st.sampled_from(SINGLE), st.randoms(use_true_random=False))
def test_what_states_one_label_never_states_another_whatever_the_texts(case: Case, random: object) -> None:
    texts = [*case.options.values()]
    getattr(random, "shuffle")(texts)  # noqa: B009 - hypothesis gives an object without a type
    here, there = choose(case.body, case.option_set), choose(case.body, OptionSet(tuple(case.options), tuple(texts)))
    if "text_only" not in (here.form, there.form) and here.label is not None and there.label is not None:
        assert here.label == there.label


@pytest.mark.parametrize("labels", ALPHABETS)
@pytest.mark.parametrize("template", STATED)
def test_other_labels_in_options_and_body_give_the_other_label(template: str, labels: tuple[str, ...]) -> None:
    for first, second in ((0, 1), (2, 3), (3, 0)):
        plain = choose(template.format("FGHK"[first], "FGHK"[second]), OptionSet(tuple("FGHK"), (None,) * 4))
        other = choose(template.format(labels[first], labels[second]), OptionSet(labels, (None,) * 4))
        assert [labels.index(label) for label in other.labels] == ["FGHK".index(label) for label in plain.labels]
        assert (other.form, other.reason) == (plain.form, plain.reason)


@given(st.sampled_from(SINGLE), st.sampled_from(["one", "many"]))
def test_the_labels_are_always_some_of_the_options_in_their_order(case: Case, select: str) -> None:
    found = choose(case.body, case.option_set, "many" if select == "many" else "one")
    assert [*found.labels] == [label for label in case.options if label in found.labels]
    assert bool(found.labels) == (found.reason == "")
    assert len(found.labels) < 2 or select == "many"
    assert found.span is None or 0 <= found.span[0] < found.span[1] <= len(case.body)


@given(st.text(max_size=60), st.sampled_from(["one", "many"]))
def test_any_text_is_read_without_an_error(body: str, select: str) -> None:
    found = choose(body, KNEE, "many" if select == "many" else "one")
    assert {*found.labels} <= {*LETTERS}


BEGINNINGS = (
    *("B. ", "B, ", "(B) ", "A) ", "B: ", "B - ", "B\n", "**B** - ", "Option B: ", "Option A. ", "The answer is B, "),
    *("B\n\n", "B\n \nB"),
    *("So the answer is (A). ", "Answer: A. ", "The most likely diagnosis is B because "),
)
ENDINGS = (", so B.", ". The answer is B.", "\nAnswer: (A)", ", the diagnosis: A", ". B", ". Therefore, **B**.")
KNOWN_WORDS = sorted(word for word in word_kinds() if word.strip())
TALK = st.lists(
    st.one_of(
        st.sampled_from(["lung", "mass", "tear", "a", "I", "not", ".", ",", "image", "\n", "\n\n", "\nB", "\n: A"]),
        st.sampled_from(KNOWN_WORDS),
    ),
    max_size=8,
).map(" ".join)
UNKNOWN = OptionSet(LETTERS, (None,) * 4)


def told(choice: Choice) -> tuple[object, ...]:
    """What does not hang on where the words stand."""
    return choice.labels, choice.form, choice.reason, choice.candidates


@given(st.sampled_from(BEGINNINGS), TALK)
def test_a_label_said_first_is_read_the_same_by_the_short_way_and_the_long(beginning: str, talk: str) -> None:
    body = beginning + talk
    assert label_alone(body, LETTERS) is not None or told(read_choice(body, UNKNOWN, "one")) == told(
        choose(body, UNKNOWN)
    )


@given(TALK, st.sampled_from(ENDINGS))
def test_a_label_said_last_is_read_the_same_by_the_short_way_and_the_long(talk: str, ending: str) -> None:
    body = talk + ending
    assert label_alone(body, LETTERS) is not None or told(read_choice(body, UNKNOWN, "one")) == told(
        choose(body, UNKNOWN)
    )


TEXTS = st.one_of(
    st.sampled_from(sorted({text for case in SINGLE for text in case.options.values() if text})),
    st.lists(
        st.one_of(
            st.sampled_from([word for word in KNOWN_WORDS if word.isascii()]),
            st.sampled_from(["lung", "tear", "B", "a", "A.", "vit. D", "U.S.A.", "3.5", "50%", "(B)", "X-ray", "x/y"]),
        ),
        min_size=1,
        max_size=4,
    ).map(" ".join),
)
NAMING = (
    *(
        "{label}. {text}",
        "{label}) {text}.",
        "({label}) {text}",
        "({label}): {text}\n",
        "{label}:  {text}",
        "{label} {text}",
    ),
    *("The answer is {label}. {text}. {talk}", "{label}) {text}, because {talk}", "Answer: {label} ({text})"),
    *("{talk}. So the answer is {label}, {text}", "{label}. {text} {talk}", "{talk} {label} {text}"),
)


@given(st.lists(TEXTS, min_size=4, max_size=4), st.sampled_from(NAMING), st.integers(0, 3), TALK, st.booleans())
def test_a_label_with_its_text_is_read_the_same_by_the_short_way_and_the_long(
    texts: list[str], naming: str, place: int, talk: str, is_small: bool
) -> None:
    text = texts[place].lower() if is_small else texts[place]
    body, options = naming.format(label=LETTERS[place], text=text, talk=talk), OptionSet(LETTERS, tuple(texts))
    assert label_alone(body, LETTERS) is not None or told(read_choice(body, options, "one")) == told(
        choose(body, options)
    )


def test_the_suite_is_read_the_same_by_the_short_way_and_the_long() -> None:
    for case in load_cases():
        if label_alone(case.body, tuple(case.options)) is None:
            short = read_choice(case.body, case.option_set, case.select)
            assert told(short) == told(choose(case.body, case.option_set, case.select)), case.id


UNITS = [
    *(
        "<b ",
        "<b>",
        "</",
        "<!--",
        "<!-- ",
        "&lt;",
        "~~a",
        "~~",
        "[x] ",
        "[",
        '{"answer": "',
        '"answer": ',
        "```\n",
        "❌ B ",
        "✓",
    ),
    *(
        "no, wait, ",
        "no wait B. ",
        "答案是B",
        "第一次",
        "Bではない",
        "정답은 B ",
        "\x1b[9m",
        "\x1b[",
        "<|a",
        "¬B",
        "!B",
        "B is ",
    ),
    *(
        "as well as B ",
        "first ",
        "second thought ",
        "if B, ",
        "1. B ",
        "Answer: B\n",
        "\\u00",
        "{",
        "the the ",
        "A.",
        "A. ",
        "students say ",
        "no x ",
        "A (wrong) ",
        "would be ",
        "B and not ",
    ),
]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("prefix", ["B ", "{"])
def test_time_is_linear_in_the_length_of_hostile_markup_and_words(unit: str, prefix: str) -> None:
    def seconds(size: int) -> float:
        body = prefix + unit * (size // len(unit)) + " x"
        start = time.process_time()
        choose(body, KNEE)
        return time.process_time() - start

    small = max(min(seconds(4_000) for _ in range(2)), 2e-3)
    assert min(seconds(64_000) for _ in range(2)) < 96 * small  # linear: 16 times; quadratic: 256 times


def test_a_long_completion_is_read_in_milliseconds() -> None:
    sentence = "The image shows a torn labrum, and option A does not explain the pain. "
    body = sentence * 1000 + "\n\nThe answer is B."
    assert 70_000 < len(body) < MAX_BODY
    start = time.process_time()
    assert choose(body, KNEE).label == "B"
    assert time.process_time() - start < 1  # about 30 ms where nothing else runs
