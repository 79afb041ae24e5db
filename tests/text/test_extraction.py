"""The steps of published rules, by hand; what VLM-R1's choice scores is counted beside each text."""

from __future__ import annotations

import pytest

from medreward.text.extraction import STEPS, Step, labelled, vlm_r1_choice

FAR, END = "y" * 30, "y" * 80


@pytest.mark.parametrize(
    ("step", "text", "found"),
    [
        ("strip", "\u3000B \n", "B"),
        ("strip_spaces_and_newlines", " \n\tB\u3000\n ", "\tB\u3000"),
        ("some", "", None),
        ("some", " ", " "),
        ("lower", "BİG", "bi̇g"),
        ("letters_and_digits", "(B_2) 肺!", "B2肺"),
        ("drop_end_mark", "B.", "B"),
        ("drop_end_mark", "B..", "B."),
        ("drop_end_mark", "B.\n", "B\n"),
        ("drop_end_mark", "B\n", "B\n"),
        ("drop_end_mark", "B.\n\n", "B.\n\n"),
        ("drop_end_mark", "B)", "B)"),
        ("drop_end_mark", "", ""),
        ("drop_end_mark", "\n", "\n"),
        ("drop_end_mark", ".", ""),
        ("close_up_tags", "< answer > B\n< / answer >", "<answer>B</answer>"),
        ("close_up_tags", " x < y\u3000/ z ", " x<y/z "),
        ("close_up_tags", " B ", " B "),
        ("close_up_tags", "a X b", "a X b"),
        ("label_and_line_a_to_d", "B: Lungs.\nand more", "B: Lungs"),
        ("label_and_line_a_to_d", "B:\n \t Lungs !", "B: Lungs "),
        ("label_and_line_a_to_d", "E: Lungs.", "E: Lungs."),
        ("label_and_line_a_to_f", "E: Lungs.", "E: Lungs"),
        ("label_and_line_a_to_f", "Lungs.\nx", "Lungs.\nx"),
    ],
)
def test_a_step_makes_of_a_text_what_it_says(step: Step, text: str, found: str | None) -> None:
    assert STEPS[step](text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("B: Lungs", ("B", "Lungs")), ("B:", ("B", "")), ("b: Lungs", None), (":", None), ("", None), ("AB: x", None)],
)
def test_a_label_is_one_letter_of_the_alphabet_before_a_colon(text: str, found: tuple[str, str] | None) -> None:
    assert labelled(text, "ABCD") == found


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("b", "B"),
        ("it is b.", "B"),
        ("Lungs", None),
        ("the lungs!", None),
        ("", None),
        (" ", None),
        ("b ", None),  # the end of the text is behind the whitespace
        ("b\n", None),
        ("A, B", "B"),  # A 1 for the comma; B 2, behind 70 % of the text
        ("A. yyyy B?", "B"),  # A 1; B at 8 of 10: 2
        ("A. yyy B? ", "A"),  # A 1; B at 7 of 10, which is not behind 70 %: 0
        ("A. A. B?", "A"),  # A 1 twice; B 2: the earlier of equals
        ("BAD A. B!", "A"),  # both are first met inside the word, where nothing counts: the earlier
        ("A; B, " + END, "B"),  # a semicolon makes a candidate and counts nothing
        ("C，y A? C? " + END, "C"),  # a Chinese comma behind the first C
        (f"D? {FAR} answer B? {END}", "B"),  # one keyword
        (f"D? {FAR} answer \n\n{'y' * 12} B? {END}", "B"),  # it begins 20 characters before B
        (f"D? {FAR} answer {'y' * 13} B? {END}", "D"),  # 21
        (f"D? {FAR} B? {'y' * 10} answer {END}", "B"),  # it ends 20 characters behind the beginning of B
        (f"D? {FAR} B? {'y' * 11} answer {END}", "D"),  # 21
        (f"answer D? {FAR} 我认为是 B? {END}", "B"),  # D 1; B 2, one for each word
    ],
)
def test_vlm_r1_takes_the_letter_of_the_greatest_score(text: str, letter: str | None) -> None:
    assert vlm_r1_choice(text) == letter
