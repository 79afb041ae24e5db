"""The flaws of single texts, by hand; every text is read among the others."""

from __future__ import annotations

import pyarrow as pa

from medreward.text import Reading, Rows
from medreward.text.facts.flaws import FLAWS, Flaws

FINE = "<think>t</think><answer>B</answer>"
TABLE: dict[str | None, str] = {
    FINE: "",
    None: "",
    "": "missing_open missing_close",
    "<think>t</think>": "missing_open missing_close",
    "<think>t<answer>B</answer>": "missing_close unclosed stray_before",
    "t</think><answer>B</answer>": "missing_open unopened stray_before",
    "<think>t</think><answer>B": "missing_close unclosed stray_after",
    "<think>t</think>B</answer>": "missing_open unopened stray_after",
    FINE + "<answer>B</answer>": "repeated",
    "<think></think>" + FINE: "repeated",
    "<think><think>t</think><answer>B</answer>": "repeated unclosed nested",
    FINE + "</answer>": "repeated unopened",
    "<think>t <answer>B</answer></think>": "quoted wrong_order",
    "<answer>B</answer><think>t</think>": "wrong_order",
    "<think>t<answer></think>B</answer>": "quoted wrong_order",
    "<Think>t</think><answer>B</answer>": "missing_open unopened wrong_case stray_before",
    "<think>t</think><answer>B</ANSWER>": "missing_close unclosed wrong_case stray_after",
    FINE + "<Think>": "stray_after",
    "<chink>t</think><answer>B</answer>": "missing_open unopened misspelt_tag stray_before",
    "<think> \u200b\n</think><answer>B</answer>": "empty_reasoning",
    "<think>t</think><answer>\n</answer>": "empty_answer",
    "<think></think><answer></answer>": "empty_reasoning empty_answer",
    f"a{FINE}": "stray_before",
    "<think>t</think>b<answer>B</answer>": "stray_between",
    f"{FINE}c": "stray_after",
    f" \n{FINE}\u3000": "",
}


def test_each_text_has_the_flaws_written_by_hand() -> None:
    found = Reading(Rows.of(pa.array([*TABLE])))[Flaws()]
    for (text, flaws), row in zip(TABLE.items(), found.tolist(), strict=True):
        assert [flaw for flaw, here in zip(FLAWS, row, strict=True) if here] == flaws.split(), text


def test_flaws_of_the_answer_alone_ask_for_no_reasoning() -> None:
    texts = ["<answer>B</answer>", "<think></think><answer>B</answer>", "<answer>B", "<Think><answer>B</answer>"]
    texts += ["<thinkk>x</thinkk><answer>B</answer>", "<answerr>B</answer>"]
    found = Reading(Rows.of(pa.array(texts)))[Flaws(tags=("answer",))]
    named = [" ".join(flaw for flaw, here in zip(FLAWS, row, strict=True) if here) for row in found.tolist()]
    assert named[:4] == ["", "", "missing_close unclosed stray_before", "stray_before"]
    assert named[4:] == ["stray_before", "missing_open unopened misspelt_tag stray_before"]


def test_a_tag_in_another_case_is_a_flaw_where_it_is_asked_for() -> None:
    wrong = [*FLAWS].index("wrong_case")
    fine = Reading(Rows.of(pa.array([FINE, "x"])))
    assert fine[Flaws()][:, wrong].tolist() == [False, False]
    cased = Reading(Rows.of(pa.array(["<think>t</think><Answer>B</Answer>", FINE])))
    assert cased[Flaws(tags=("think",))][:, wrong].tolist() == [False, False]
    assert cased[Flaws(tags=("answer",))][:, wrong].tolist() == [True, False]


BYTES = {
    b"": False,
    b"abc": False,
    b"\xc3\xa9": False,
    b"\xc3": True,
    b"\xa9": True,  # what the row before lacks
    b"\xc3\xa9\xa9": True,
    b"\xc3\xc3\xa9": True,
    b"\xc3a": True,
    b"\xc0\x80": True,  # too long for what it says
    b"\xc1\xbf": True,
    b"\xc2\x80": False,
    b"\xdf\xbf": False,
    b"\xe0\x9f\xbf": True,
    b"\xe0\xa0\x80": False,
    b"\xe2\x82": True,
    b"\xe2\x82a": True,
    b"\xed\x80\x80": False,
    b"\xed\x9f\xbf": False,
    b"\xed\xa0\x80": True,  # half of a pair
    b"\xee\x80\x80": False,
    b"\xef\xbf\xbf": False,
    b"\xf0\x8f\xbf\xbf": True,
    b"\xf0\x90\x80\x80": False,
    b"\xf0\x90\x80": True,
    b"\xf4\x80\x80\x80": False,
    b"\xf4\x8f\xbf\xbf": False,
    b"\xf4\x90\x80\x80": True,  # beyond the last character
    b"\xf5\x80\x80\x80": True,
    b"\xff": True,
    b"z\xc3\xa9": False,
}


def test_bytes_that_are_no_utf8_are_told_row_by_row() -> None:
    column = pa.array([*BYTES], pa.binary()).view(pa.string())
    place = [*FLAWS].index("invalid_utf8")
    assert dict(zip(BYTES, Reading(Rows.of(column))[Flaws()][:, place].tolist(), strict=True)) == BYTES
    some = pa.array([b"\xff", b"a"], pa.binary()).view(pa.string())
    assert Reading(Rows.of(some))[Flaws()][:, place].tolist() == [True, False]
