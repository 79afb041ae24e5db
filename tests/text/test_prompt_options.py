"""Options read out of prompts: the inverse of the paper's prompt, other layouts, and what cannot be told."""

from __future__ import annotations

import re
import string
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from medreward.rewards import prompt
from medreward.text.prompt_options import TASK, options_in

ORGANS = {"A": "Heart", "B": "Lungs", "C": "Liver", "D": "Spleen"}
LABEL_LIKE = re.compile(r"\s*\(?[A-Za-z][.):]")


def one_line(text: str) -> bool:
    return text == text.strip() and len(text.splitlines()) <= 1 and not LABEL_LIKE.match(text)


QUESTIONS = st.text(max_size=60).filter(one_line)
TEXTS = (st.text(min_size=1, max_size=30) | st.text("aB).(: ,", min_size=1, max_size=12)).filter(one_line)
OPTIONS = st.lists(TEXTS, min_size=2, max_size=26)


def labelled(texts: list[str]) -> dict[str, str]:
    return dict(zip(string.ascii_uppercase, texts, strict=False))


@given(QUESTIONS, OPTIONS)
@example("What is shown?", ["Type B) disease", "x   C) y", "the answer is D: none"])
@example("", ["a", "b"])
def test_options_in_is_the_inverse_of_prompt(question: str, options: list[str]) -> None:
    assert options_in(prompt(question, options)) == labelled(options)


@given(QUESTIONS, OPTIONS, st.booleans())
def test_options_in_is_its_inverse_inside_a_chat_template_too(question: str, options: list[str], told: bool) -> None:
    system = "<|im_start|>system\nAnswer with one letter.<|im_end|>\n" if told else ""
    written = f"{system}<|im_start|>user\n{prompt(question, options)}<|im_end|>\n<|im_start|>assistant\n<think>\n"
    assert options_in(written) == labelled(options)


@given(st.text("ab\n", max_size=20), st.lists(st.text("xy \n", min_size=1, max_size=9), min_size=2, max_size=5))
def test_whitespace_and_line_breaks_give_the_stripped_options_or_nothing(question: str, options: list[str]) -> None:
    assert options_in(prompt(question, options)) in (None, labelled([text.strip() for text in options]))


ODD_LABELS = st.one_of(  # a number before letters is the question's own: "1) Which? A) ..."
    [st.dictionaries(st.sampled_from(labels), TEXTS, min_size=1, max_size=5) for labels in ("123", "ABCXabcxi")]
)


@given(ODD_LABELS, QUESTIONS)
def test_other_labels_are_read_in_order_or_not_at_all(options: dict[str, str], question: str) -> None:
    assert options_in(prompt(question, options)) in (None, options)


LAYOUTS: dict[str, Callable[[str, list[str]], str]] = {
    "lines": lambda mark, texts: "\n".join(_marked(mark, texts)),
    "indented lines": lambda mark, texts: "\n".join(f"    {text}" for text in _marked(mark, texts)),
    "bullets": lambda mark, texts: "\n".join(f"- {text}" for text in _marked(mark, texts)),
    "lines apart": lambda mark, texts: "\n\n".join(_marked(mark, texts)),
    "two columns": lambda mark, texts: "\n".join(
        "    ".join(_marked(mark, texts)[i : i + 2]) for i in range(0, len(texts), 2)
    ),
    "tabs": lambda mark, texts: "\t".join(_marked(mark, texts)),
    "one line": lambda mark, texts: "Options: " + " ".join(_marked(mark, texts)),
    "commas": lambda mark, texts: ", ".join(_marked(mark, texts)),
    "semicolons": lambda mark, texts: "; ".join(_marked(mark, texts)),
}
MARKS = ("A.", "A)", "(A)", "A:")


def _marked(mark: str, texts: list[str]) -> list[str]:
    return [f"{mark.replace('A', label)} {text}" for label, text in zip(string.ascii_uppercase, texts, strict=False)]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize(
    "after", ["", "\n", "\n\nThink first.", "\nAnswer with the letter.", "<|im_end|>\n<|im_start|>x"]
)
def test_every_layout_with_every_mark_is_read(layout: str, mark: str, after: str) -> None:
    texts = [*ORGANS.values()]
    assert options_in(f"Which organ is shown?\n{LAYOUTS[layout](mark, texts)}{after}") == ORGANS


WORDS = st.lists(st.sampled_from(["left lung", "2 mg", "no", "T2", "a.b", "x-ray", "β"]), min_size=2, max_size=6)


@given(
    WORDS,
    st.sampled_from(sorted(LAYOUTS)),
    st.sampled_from(MARKS),
    st.sampled_from(
        ["Which?", "Is it vitamin A. or not?", "In type B) of", "(A) and (B)?", "A: B: C:", "Case A.\nB. is"]
    ),
    st.sampled_from(["", "\nAnswer.", "\nand so on", "\n\nA. never", " (A), (B) or (C)"]),
)
def test_misleading_surroundings_never_give_a_wrong_list(
    texts: list[str], layout: str, mark: str, question: str, after: str
) -> None:
    assert options_in(f"{question}\n{LAYOUTS[layout](mark, texts)}{after}") in (None, labelled(texts))


LETTERS = string.ascii_uppercase


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("Which? A) Heart, B) Lungs, or C) Liver.", {"A": "Heart", "B": "Lungs", "C": "Liver"}),
        ("Which? a) Heart b) Lungs", {"a": "Heart", "b": "Lungs"}),
        ("Which?\nA.Heart\nB.Lungs", None),
        ("Q\nA. x\nB. y C. z", None),
        ("Q\nA) x   C) z\nB) y   D) w", None),
        ("Is it A) heart, B) lungs or C) liver? Answer.", None),
        ("A. Heart B. Lungs Answer with a letter", None),
        ("Which?\nA. Heart\nthat beats\nB. Lungs", None),
        ("Which?\nA. Heart\nB. Lungs\nthat breathe", None),
        ("Q1\nA. x\nB. y\nQ2\nA. z\nB. w", None),
        ("Q\nB. y\nA. x", None),
        ("Q\nA. x\nC. z", None),
        ("Q\nA. x", None),
        ("Q\nA. x\nB.\nC. z", None),
        ("Answer with (A), (B), (C) or (D).", None),
        ("Choose (A) or (B)", None),
        ("Q: how?\nA: like this\nQ: why?\nA:", None),
        ("Q\nA. x\nB. y\n(A) p\n(B) q", None),
        ("Hepatitis B. What now? A. x B. y C. z", None),
        ("Which of f(A) and g(B) is it?", None),
        ("Your task:\n1. think", None),
        (f"Q\na) x\nb) y\n{TASK}", {"a": "x", "b": "y"}),
        (f"Q\n{TASK}\nQ\nA) x\nB) y\n{TASK}", None),
        ("Q\r\nA. x\r\nB. y\r\n\r\nAnswer.", {"A": "x", "B": "y"}),
        ("Q\nA. x\nB. y\nYour task:\n1. Think.\n2. Answer.", {"A": "x", "B": "y"}),
        ("Q\nA. x\nB. y\n\n1. one\n2. two", None),
        ("Q\n" + "\n".join(f"({label}) x" for label in LETTERS), dict.fromkeys(LETTERS, "x")),
        ("Q\n" + "\n".join(f"({label}) x" for label in LETTERS[:24]), dict.fromkeys(LETTERS[:24], "x")),
        (f"Q\nb) x\nc) y\n{TASK}", None),
        ("Which? (A) + (B) x", None),
        ("Which? (A) heart and (B) lungs", None),
        ("Which? (A) heart or (B) lungs", None),
        (f"Which? (A) {'x' * 300} (B) y", {"A": "x" * 300, "B": "y"}),
        (f"Which? (A) {'x' * 301} (B) y", None),
        ("", None),
    ],
)
def test_what_is_read_and_what_cannot_be_told(text: str, options: dict[str, str] | None) -> None:
    assert options_in(text) == options


def test_the_prompt_of_the_paper_with_a_note_after_it_twice_cannot_be_told() -> None:
    text = prompt("Q", ["x", "y"])
    assert options_in(f"{text}\n{text}") is None


def test_a_megabyte_of_marks_is_read_in_linear_time() -> None:
    assert options_in("A) " * 350_000) is None
    assert options_in("A) x\n" + "B) y\n" * 200_000) is None


@pytest.mark.parametrize(
    "prompt_text",
    [
        "Q? A: 5 mg B: 10 mg C:15 mg D:20 mg",
        "Q? A: x, B: y, C:z",
        "Q?\nA: x\nB: y C:z",
        "Q? A. x B. y C.z",
        "Q?\nA) x\nB) y\n(C) z",
        "Q?\n(A) x\n(B) y\n(C ) z",
        "Q?\nA. x\nB. y\n[C] z",
        "Q? (A) x (B) y(C) z",
        "Q? (A) x (B) y [C] z",
        "Q?\nA. x\nB. y\n\n(C) z\n(D) w",
        "Q?\nA) x\nB) y\n\nC. z",
        "Q?\nA. x\nB. y\n\nC z",
        "Q?\nA. x\nB. y\n  a) one\n  b) two",
        "Q?\nA. x\nB. pneumonia\nWith effusion",
        "Q?\nA. x\nB. patients should\nFirst receive oxygen",
        "Q?\nA. x\nB. pneumonia\n(right sided)",
        "Q?\nA. one\nB. two\n1. sub\n2. sub",
        "Q?\nA. one\nB. two\n- sub",
        "Q?\nA. one\nB. two\n(see figure)\nC z",
        "History:\nA. fever\nB. cough\n\nWhat is the diagnosis?\n1. flu\n2. cold",
        "Table\nA: 1\nB: 2\n\nWhat is B minus A?\n1) 0\n2) 1",
        "Panel descriptions:\nA: CT\nB: MRI\n\nWhich shows a lesion? Options: A, B",
        "Which organ? (A) Heart (B) Lungs answer with the letter",
        "Which organ? A) Heart, B) Lungs in the figure above?",
    ],
)
def test_what_may_be_another_list_or_a_longer_one_is_not_told(prompt_text: str) -> None:
    assert options_in(prompt_text) is None


def test_a_separator_behind_every_option_is_no_part_of_them() -> None:
    assert options_in("Q?\nA) x,\nB) y,\nC) z,") == {"A": "x", "B": "y", "C": "z"}


FOUR = {"A": "one", "B": "two", "C": "three", "D": "four"}


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("Which?\r\nA) one\r\nB) two\r\nC) three\r\nD) four", FOUR),
        ("Which?\nA. one\tB. two\nC. three\tD. four", FOUR),
        ("Which?\nA. one  B. two\nC. three  D. four", FOUR),
        ("Which? A) one, B) two, C) three, D) four.", FOUR),
        ("Which? A) one, B) two, C) three or D) four", None),
        ("Which? A) one B) two C) three D) four,", None),
        ("Which? A) one. It is B) two", None),
        ("Which? (a) one (b) two", {"a": "one", "b": "two"}),
        ("Which?\n" + "\n".join(f"{letter}) x{letter}" for letter in LETTERS), {one: f"x{one}" for one in LETTERS}),
        ("Which? (A) one (B) two (D) four", None),
        ("Which?\nA) one\nB) two\nC. three", None),
    ],
)
def test_layouts_that_are_read_and_those_that_are_not(prompt: str, found: dict[str, str] | None) -> None:
    assert options_in(prompt) == found
