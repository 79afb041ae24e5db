"""What the answer grammar reads: a hand-written table, and laws over any text."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreward.errors import InputError
from medreward.text.choice import FORMS, MAX_BODY, REASONS, Choice, choose, label_alone, read_choice
from medreward.text.choice.forms import Select
from medreward.text.options import OptionSet

ABCD = ("A", "B", "C", "D")
KNEE = OptionSet(ABCD, ("Meniscal tear", "Labral pathology", "Viral pneumonia", "Pneumonia"))
BLANK = OptionSet(ABCD, (None,) * 4)
NO_OPTIONS = OptionSet()
BLOOD = OptionSet.listed(["B", "A", "AB", "O"])
GERMS = OptionSet.listed(["E. coli", "S. aureus", "B. cereus", "C. difficile"])
NONE_OFFERED = OptionSet.listed(["Fracture", "Dislocation", "None of the above", "Sprain"])
ALL_OFFERED = OptionSet.listed(["Fracture", "Dislocation", "Sprain", "All of the above"])
TWINS = OptionSet.listed(["Lung", "lung", "Heart", "Liver"])
YES_NO = OptionSet(("Yes", "No"), (None, None))
NUMBERS = OptionSet(("1", "2", "3", "4"), ("Femur", "Tibia", "Fibula", "Patella"))
PAIRS = OptionSet.listed(["1 and 2", "2 only", "Both A and B", "5 mm"])
CASED = OptionSet(("a", "A", "b"), (None,) * 3)
PHRASED = OptionSet(("Grade 1", "Grade 2"), (None, None))
STAGED = OptionSet(("IA", "IB", "II A", "II B"), ("Wait", "Radiation", "I.V. fluids", "U.S.A. diet"))
MEASURES = OptionSet.listed(["> 5 cm", "< 5 cm", "5%", "50"])
MISSPELT = OptionSet.listed(["Ibuprofen", "Tetracycline", "Amoxicilin", "Gentamicin"])
VITAMINS = OptionSet.listed(["Vitamin B", "Vitamin A", "Hepatitis C", "Type O"])

Row = tuple[str, OptionSet, str | None, str, str]
OK = ""

TABLE: dict[str, list[Row]] = {
    "what would be under another condition, or was at another time, is only mentioned": [
        ("B might well be the answer on another day", BLANK, None, "none", "no_label"),
        ("The answer is B on another day", BLANK, None, "none", "no_label"),
        ("The answer is B, as long as there is no fever", BLANK, None, "none", "no_label"),
        ("B as long as the CT is positive", BLANK, None, "none", "no_label"),
        ("B, if and only if the CT is positive", BLANK, None, "none", "no_label"),
        ("I would only pick B under pressure", BLANK, None, "none", "no_label"),
        ("It was B in the mock exam", BLANK, None, "none", "no_label"),
        ("The previous model output was B", BLANK, None, "none", "no_label"),
        ("Someone once told me it is B", BLANK, None, "none", "no_label"),
        ("A long mass is seen, so B", BLANK, "B", "stated", OK),
        ("B, another mass is seen", BLANK, "B", "with_text", OK),
        ("I would only pick B", BLANK, "B", "stated", OK),
        ("I told you it is B", BLANK, "B", "stated", OK),
        ("It was B", BLANK, "B", "stated", OK),
    ],
    "what the short way reads, and what it leaves": [
        ("Option B. The left lung is clear", BLANK, "B", "stated", OK),
        ("Option B: the lung is clear", BLANK, "B", "stated", OK),
        ("B. The lung is clear", BLANK, "B", "with_text", OK),
        ("(B) The lung is clear", BLANK, "B", "with_text", OK),
        ("(C) Viral pneumonia!", KNEE, "C", "with_text", OK),
        ("C. Viral pneumonia?", KNEE, None, "none", "no_label"),
        ("B. Meniscal tear", KNEE, None, "ambiguous", "contradiction"),
        ("In children, so B.", BLANK, None, "none", "no_label"),
        ("A mass, so B.", BLANK, "B", "stated", OK),
        ("The answer is (A), since the lung is clear", BLANK, "A", "stated", OK),
        ("The answer is B, viral pneumonia. It is bilateral.", KNEE, None, "ambiguous", "contradiction"),
        ("The answer is C, viral pneumonia. It is bilateral.", KNEE, "C", "stated", OK),
        ("The answer is A (meniscal tear). It is small.", KNEE, "A", "stated", OK),
        ("a mass is seen in a lung", BLANK, None, "none", "no_label"),
        ("The answer is Z, a mass", BLANK, None, "none", "out_of_range"),
    ],
    "long texts of any script, fields with escapes, arrows": [
        ("答案是B。" + "肺" * 500, BLANK, "B", "stated", OK),
        ("\u200b" * 500, BLANK, None, "none", "empty"),
        ('{"answer": "\\u0042"}', BLANK, "B", "stated", OK),
        ('{"answer": "\\"B\\""}', BLANK, "B", "stated", OK),
        ('{"answer": "B\\n"}', BLANK, "B", "stated", OK),
        ('{"reason": "A \\"quote\\"", "answer": "C"}', BLANK, "C", "stated", OK),
        ("The mass is cystic => B", BLANK, "B", "stated", OK),
    ],
    "what stands last decides": [
        ("B\nAnswer: C", BLANK, "C", "stated", OK),
        ("B. No, wait. I do not see a mass", BLANK, None, "none", "withdrawn"),
        ("It depends: B if acute, C otherwise.\nSelected option: B", BLANK, "B", "stated", OK),
        ("None of the above. Wait, C", NONE_OFFERED, "C", "stated", OK),
        ("Yes\nThe answer is yes", YES_NO, "Yes", "with_text", OK),
    ],
    "labels of several words, and texts with full stops between letters": [
        ("The answer is II A.", STAGED, "II A", "stated", OK),
        ("II B, as seen", STAGED, "II B", "with_text", OK),
        ("II A. I.V. fluids", STAGED, "II A", "with_text", OK),
        ("ii a) i.v. fluids, because of thirst", STAGED, "II A", "with_text", OK),
        ("i.v. fluids", STAGED, "II A", "text_only", OK),
        ("II B: U.S.A. diet", STAGED, "II B", "with_text", OK),
        ("I would choose the u.s.a. diet.", STAGED, "II B", "text_only", OK),
        ("II A. U.S.A. diet", STAGED, None, "ambiguous", "contradiction"),
    ],
    "a label by itself is clean": [
        ("B", KNEE, "B", "clean", OK),
        (" b ", KNEE, "B", "clean", OK),
        ("\n\tC\n", KNEE, "C", "clean", OK),
        ("\u3000D\xa0", KNEE, "D", "clean", OK),
        ("a", KNEE, "A", "clean", OK),
        ("I", NO_OPTIONS, "I", "clean", OK),
        ("B", BLOOD, "B", "clean", OK),
        ("yes", YES_NO, "Yes", "clean", OK),
        ("3", NUMBERS, "3", "clean", OK),
        ("A", CASED, "A", "clean", OK),
        ("a", CASED, "a", "clean", OK),
        ("B", CASED, "b", "clean", OK),
        ("grade 2", PHRASED, "Grade 2", "clean", OK),
    ],
    "wrappers keep the label": [
        ("(B)", KNEE, "B", "wrapped", OK),
        ("[b]", KNEE, "B", "wrapped", OK),
        ("{B}", KNEE, "B", "wrapped", OK),
        ("<B>", KNEE, "B", "wrapped", OK),
        ("（B）", KNEE, "B", "wrapped", OK),
        ("【B】", KNEE, "B", "wrapped", OK),
        ("「B」", KNEE, "B", "wrapped", OK),
        ("B.", KNEE, "B", "wrapped", OK),
        ("B)", KNEE, "B", "wrapped", OK),
        ("B:", KNEE, "B", "wrapped", OK),
        ("B。", KNEE, "B", "wrapped", OK),
        ("B!", KNEE, "B", "wrapped", OK),
        ("B...", KNEE, "B", "wrapped", OK),
        ("B,", KNEE, "B", "wrapped", OK),
        ("**B**", KNEE, "B", "wrapped", OK),
        ("*B*", KNEE, "B", "wrapped", OK),
        ("_B_", KNEE, "B", "wrapped", OK),
        ("`B`", KNEE, "B", "wrapped", OK),
        ("**(B).**", KNEE, "B", "wrapped", OK),
        ('"B"', KNEE, "B", "wrapped", OK),
        ("“B”", KNEE, "B", "wrapped", OK),
        ("«B»", KNEE, "B", "wrapped", OK),
        ("„B“", KNEE, "B", "wrapped", OK),
        ("'B'", KNEE, "B", "wrapped", OK),
        ("$B$", KNEE, "B", "wrapped", OK),
        (r"\boxed{B}", KNEE, "B", "wrapped", OK),
        (r"$\boxed{\text{(B)}}$", KNEE, "B", "wrapped", OK),
        (r"\mathrm{B}", KNEE, "B", "wrapped", OK),
        (r"\(B\)", KNEE, "B", "wrapped", OK),
        ("Ｂ", KNEE, "B", "wrapped", OK),
        ("Ⓑ", KNEE, "B", "wrapped", OK),
        ("𝐁", KNEE, "B", "wrapped", OK),
        ("⒝", KNEE, "B", "wrapped", OK),
        ("B\u200b", KNEE, "B", "wrapped", OK),
        ("\ufeff\u2060B\u00ad", KNEE, "B", "wrapped", OK),
        ("\u202eB\u202c", KNEE, "B", "wrapped", OK),
        ("Y\u200bes", YES_NO, "Yes", "wrapped", OK),
        ("- B", KNEE, "B", "wrapped", OK),
        ("# B", KNEE, "B", "wrapped", OK),
        ("> B", KNEE, "B", "wrapped", OK),
        ("B\x00", KNEE, "B", "wrapped", OK),
        ("1️⃣", NUMBERS, "1", "wrapped", OK),
        ("D>", KNEE, "D", "wrapped", OK),
        ("<answer>B</answer>", KNEE, "B", "wrapped", OK),
    ],
    "what changes a letter is no wrapper": [
        ("B+", KNEE, None, "none", "no_label"),
        ("B-", KNEE, None, "none", "no_label"),
        ("B\u0336", KNEE, None, "none", "no_label"),
        ("B12", KNEE, None, "none", "no_label"),
        ("²", NUMBERS, None, "none", "no_label"),
        ("Dатель", KNEE, None, "none", "no_label"),
    ],
    "nothing visible is empty": [
        ("", KNEE, None, "none", "empty"),
        (" \n\t", KNEE, None, "none", "empty"),
        ("\u200b \ufeff", KNEE, None, "none", "empty"),
        ("...", KNEE, None, "none", "no_label"),
        ("**", KNEE, None, "none", "no_label"),
        (r"\boxed{}", KNEE, None, "none", "no_label"),
    ],
    "a label, a separator and text": [
        ("B) Labral pathology", KNEE, "B", "with_text", OK),
        ("B. Labral pathology", KNEE, "B", "with_text", OK),
        ("B: labral pathology", KNEE, "B", "with_text", OK),
        ("B - Labral pathology.", KNEE, "B", "with_text", OK),
        ("B – Labral pathology", KNEE, "B", "with_text", OK),
        ("B—Labral pathology", KNEE, "B", "with_text", OK),
        ("(B) Labral pathology", KNEE, "B", "with_text", OK),
        ("**B. Labral pathology**", KNEE, "B", "with_text", OK),
        ("**B**: Labral pathology", KNEE, "B", "with_text", OK),
        ("B.Labral pathology", KNEE, "B", "with_text", OK),
        ("B Labral pathology", KNEE, "B", "with_text", OK),
        ("B\nLabral pathology", KNEE, "B", "with_text", OK),
        ("Labral pathology (B)", KNEE, "B", "with_text", OK),
        ("Labral pathology, B", KNEE, "B", "with_text", OK),
        ("b) some text", KNEE, "B", "with_text", OK),
        ("B. A tear of the labrum", KNEE, "B", "with_text", OK),
        ("B, there is no clear indication of a fracture.", KNEE, "B", "with_text", OK),
        ("B, there is no pneumonia.", KNEE, "B", "with_text", OK),
        ("B because the labrum is torn", KNEE, "B", "with_text", OK),
        ("B, as the image shows a torn labrum", BLANK, "B", "with_text", OK),
        ("(B) the labrum is torn", BLANK, "B", "with_text", OK),
        ("A: because it is torn", BLANK, "A", "with_text", OK),
        ("A. A fracture is seen", BLANK, "A", "with_text", OK),
        ("A Meniscal tear", KNEE, "A", "with_text", OK),
        ("C. Vitamin K antagonist", BLANK, "C", "with_text", OK),
        ("I) the heart", NO_OPTIONS, "I", "with_text", OK),
        ("2. Tibia", NUMBERS, "2", "with_text", OK),
        ("2) a long bone", NUMBERS, "2", "with_text", OK),
        ("Yes, there is no fracture", YES_NO, "Yes", "with_text", OK),
        ("No. The bones are intact", YES_NO, "No", "with_text", OK),
        ("C. B. cereus", GERMS, "C", "with_text", OK),
        ("D) C. difficile", GERMS, "D", "with_text", OK),
        ("C. None of the above", NONE_OFFERED, "C", "with_text", OK),
        ("C. 1 and 2", OptionSet.listed(["1", "2", "1 and 2", "3"]), "C", "with_text", OK),
        ("B. No management indicated", BLANK, "B", "with_text", OK),
        ("B: not well seen", BLANK, "B", "with_text", OK),
        ("Ｂ. 肺炎", BLANK, "B", "with_text", OK),
    ],
    "a label with another option's text contradicts itself": [
        ("B) Meniscal tear", KNEE, None, "ambiguous", "contradiction"),
        ("B. Meniscal tear", KNEE, None, "ambiguous", "contradiction"),
        ("Meniscal tear (B)", KNEE, None, "ambiguous", "contradiction"),
        ("D. Viral pneumonia", KNEE, None, "ambiguous", "contradiction"),
        ("The answer is B, meniscal tear", KNEE, None, "ambiguous", "contradiction"),
        ("B: the answer is C", KNEE, None, "ambiguous", "contradiction"),
        ("B. The answer is C.", KNEE, None, "ambiguous", "contradiction"),
        ("B) looks right at first, but the answer is C", KNEE, None, "ambiguous", "contradiction"),
        ("The answer is B. The answer is C.", KNEE, None, "ambiguous", "contradiction"),
        ("B is correct. B is wrong.", KNEE, None, "ambiguous", "contradiction"),
        ("None of the above, B", KNEE, None, "ambiguous", "contradiction"),
        ("B. The correct answer is E.", KNEE, None, "ambiguous", "contradiction"),
    ],
    "a sentence states the label": [
        ("The answer is B", KNEE, "B", "stated", OK),
        ("The answer is B.", KNEE, "B", "stated", OK),
        ("the answer is b", KNEE, "B", "stated", OK),
        ("The answer is: B", KNEE, "B", "stated", OK),
        ("Option B", KNEE, "B", "stated", OK),
        ("option (b)", KNEE, "B", "stated", OK),
        ("Answer: B", KNEE, "B", "stated", OK),
        ("ANSWER: $B$", KNEE, "B", "stated", OK),
        ("**Answer: B**", KNEE, "B", "stated", OK),
        ("**Answer:** B", KNEE, "B", "stated", OK),
        ("Answer: (B) Labral pathology", KNEE, "B", "stated", OK),
        ("Choice B", KNEE, "B", "stated", OK),
        ("final answer: B", KNEE, "B", "stated", OK),
        (r"Final answer: \boxed{B}", KNEE, "B", "stated", OK),
        ("My final answer is therefore B.", KNEE, "B", "stated", OK),
        ("B is correct", KNEE, "B", "stated", OK),
        ("B is the correct answer.", KNEE, "B", "stated", OK),
        ("Option B would be the best choice", KNEE, "B", "stated", OK),
        ("I choose B", KNEE, "B", "stated", OK),
        ("I pick B", KNEE, "B", "stated", OK),
        ("My pick is B", KNEE, "B", "stated", OK),
        ("Correct: B", KNEE, "B", "stated", OK),
        ("A: wrong. B: right. C: wrong.", KNEE, "B", "stated", OK),
        ("I'd go with (B)", KNEE, "B", "stated", OK),
        ("I’d go with B", KNEE, "B", "stated", OK),
        ("I think the answer is B", KNEE, "B", "stated", OK),
        ("I think B is right", NO_OPTIONS, "B", "stated", OK),
        ("The correct option is **B**", KNEE, "B", "stated", OK),
        ("The correct answer to this question is B", KNEE, "B", "stated", OK),
        ("The most likely diagnosis is (B).", KNEE, "B", "stated", OK),
        ("The answer is B because the labrum is torn.", KNEE, "B", "stated", OK),
        ("The answer is B, labral pathology", KNEE, "B", "stated", OK),
        ("It is B", KNEE, "B", "stated", OK),
        ("It's B.", KNEE, "B", "stated", OK),
        ("so B", KNEE, "B", "stated", OK),
        ("probably B", KNEE, "B", "stated", OK),
        ("B B", KNEE, "B", "stated", OK),
        ("B\n\nB", KNEE, "B", "stated", OK),
        ("B, (b)", KNEE, "B", "stated", OK),
        ("The labrum is torn.\n\nB", KNEE, "B", "stated", OK),
        ("The labrum is torn. Therefore, the answer is B.", KNEE, "B", "stated", OK),
        ("a torn labrum (B)", BLANK, "B", "stated", OK),
        ("Answer: A", KNEE, "A", "stated", OK),
        ("The answer is A.", KNEE, "A", "stated", OK),
        ("the answer is a.", KNEE, "A", "stated", OK),
        ("A is correct", KNEE, "A", "stated", OK),
        ("The answer is I", NO_OPTIONS, "I", "stated", OK),
        ("The answer is 2", NUMBERS, "2", "stated", OK),
        ("The answer is Ｂ", KNEE, "B", "stated", OK),
        ("The answer is A", CASED, "A", "stated", OK),
        ("The answer is grade 2", PHRASED, "Grade 2", "stated", OK),
        ("The answer is Yes", YES_NO, "Yes", "stated", OK),
        ("The answer is B", BLOOD, "B", "stated", OK),
    ],
    "one label is left when others are turned down": [
        ("Not A but B", KNEE, "B", "stated", OK),
        ("not A, B", KNEE, "B", "stated", OK),
        ("B, not A", KNEE, "B", "stated", OK),
        ("B (not A)", KNEE, "B", "stated", OK),
        ("B rather than A", KNEE, "B", "stated", OK),
        ("Instead of A, B", KNEE, "B", "stated", OK),
        ("B or C? B", KNEE, "B", "stated", OK),
        ("B or C. I choose B.", KNEE, "B", "stated", OK),
        ("A is wrong, so B", KNEE, "B", "stated", OK),
        ("B, because A and C are excluded", KNEE, "B", "stated", OK),
        ("B and C are wrong; A is right", KNEE, "A", "stated", OK),
        ("B\nA: incorrect\nC: wrong", KNEE, "B", "stated", OK),
        ("Conclusion: (B). Eliminated: (A), (C), (D)", KNEE, "B", "stated", OK),
        ("The answer is not A, it is B", KNEE, "B", "stated", OK),
        ("Neither A nor C; the answer is B", KNEE, "B", "stated", OK),
        ("B, not viral pneumonia", KNEE, "B", "with_text", OK),
    ],
    "several labels are ambiguous": [
        ("A or B", KNEE, None, "ambiguous", "several_labels"),
        ("A, B, C, D", KNEE, None, "ambiguous", "several_labels"),
        ("A, B", KNEE, None, "ambiguous", "several_labels"),
        ("A/B", KNEE, None, "ambiguous", "several_labels"),
        ("A/B/C", KNEE, None, "ambiguous", "several_labels"),
        ("A and B", KNEE, None, "ambiguous", "several_labels"),
        ("A & B", KNEE, None, "ambiguous", "several_labels"),
        ("A B", KNEE, None, "ambiguous", "several_labels"),
        ("AB", KNEE, None, "ambiguous", "several_labels"),
        ("(A) or (B)", KNEE, None, "ambiguous", "several_labels"),
        ("A\nB", KNEE, None, "ambiguous", "several_labels"),
        ("a or b", KNEE, None, "ambiguous", "several_labels"),
        ("Either B or C", KNEE, None, "ambiguous", "several_labels"),
        ("maybe B or C", KNEE, None, "ambiguous", "several_labels"),
        ("The answer is B or C", KNEE, None, "ambiguous", "several_labels"),
        ("Option B or option C", KNEE, None, "ambiguous", "several_labels"),
        ("B or E", KNEE, None, "ambiguous", "several_labels"),
        ("B? C?", KNEE, None, "ambiguous", "several_labels"),
        ("B or C?", KNEE, None, "ambiguous", "several_labels"),
        ("B. Neisseria or C. Chlamydia", BLANK, None, "ambiguous", "several_labels"),
        ("C. Surgical resection and D. Hormone therapy", BLANK, None, "ambiguous", "several_labels"),
        ("A) tear\nB) pathology", BLANK, None, "ambiguous", "several_labels"),
        ("all of the above", KNEE, None, "ambiguous", "several_labels"),
        ("AB or B", BLOOD, None, "ambiguous", "several_labels"),
        ("D\n\n\nA\n", KNEE, None, "ambiguous", "several_labels"),
    ],
    "a label that is asked or that others chose is none": [
        ("B?", KNEE, None, "none", "no_label"),
        ("Labral pathology?", KNEE, None, "none", "no_label"),
        ("Most people would choose B", KNEE, None, "none", "no_label"),
        ("I initially selected B", KNEE, None, "none", "no_label"),
        ("B (wrong)", KNEE, None, "none", "denied"),
        ("B. Wait, no.", KNEE, None, "none", "withdrawn"),
        ("I refuse to choose B", KNEE, None, "none", "denied"),
    ],
    "a denied label is none": [
        ("not B", KNEE, None, "none", "denied"),
        ("B is wrong", KNEE, None, "none", "denied"),
        ("B is incorrect.", KNEE, None, "none", "denied"),
        ("B is not correct", KNEE, None, "none", "denied"),
        ("B is not the answer", KNEE, None, "none", "denied"),
        ("It isn't B", KNEE, None, "none", "denied"),
        ("It isn’t B", KNEE, None, "none", "denied"),
        ("The answer is not B", KNEE, None, "none", "denied"),
        ("The answer cannot be B", KNEE, None, "none", "denied"),
        ("I don't think the answer is B", KNEE, None, "none", "denied"),
        ("neither A nor B", KNEE, None, "none", "denied"),
        ("Not A, not B", KNEE, None, "none", "denied"),
        ("A and B are wrong", KNEE, None, "none", "denied"),
        ("anything but B", KNEE, None, "none", "denied"),
        ("All except B", KNEE, None, "none", "denied"),
        ("B: it is wrong", KNEE, None, "none", "denied"),
        ("excluded: B", KNEE, None, "none", "denied"),
        ("not labral pathology", KNEE, None, "none", "denied"),
        ("No labral pathology.", KNEE, None, "none", "denied"),
        ("There is no viral pneumonia", KNEE, None, "none", "denied"),
        ("It is not pneumonia", KNEE, None, "none", "denied"),
    ],
    "an option's text stands for its label": [
        ("Labral pathology", KNEE, "B", "text_only", OK),
        ("labral  PATHOLOGY.", KNEE, "B", "text_only", OK),
        ("**Labral pathology**", KNEE, "B", "text_only", OK),
        ("(labral-pathology)", KNEE, "B", "text_only", OK),
        (r"\boxed{\text{Labral pathology}}", KNEE, "B", "text_only", OK),
        ("labral\u200b pathology", KNEE, "B", "text_only", OK),
        ("The answer is labral pathology", KNEE, "B", "text_only", OK),
        ("Answer: labral pathology.", KNEE, "B", "text_only", OK),
        ("The most likely diagnosis is a labral pathology.", KNEE, "B", "text_only", OK),
        ("It is viral pneumonia.", KNEE, "C", "text_only", OK),
        ("viral pneumonia", KNEE, "C", "text_only", OK),
        ("pneumonia", KNEE, "D", "text_only", OK),
        ("The image shows pneumonia.", KNEE, "D", "text_only", OK),
        ("Not pneumonia but viral pneumonia", KNEE, "C", "text_only", OK),
        ("a meniscal tear", KNEE, "A", "text_only", OK),
        ("A meniscal tear", KNEE, "A", "text_only", OK),
        ("B. cereus", GERMS, "C", "text_only", OK),
        ("The answer is C. difficile", GERMS, "D", "text_only", OK),
        ("AB", BLOOD, "C", "text_only", OK),
        ("O", BLOOD, "D", "text_only", OK),
        ("Vitamin A", VITAMINS, "B", "text_only", OK),
        ("Hepatitis C", VITAMINS, "C", "text_only", OK),
        ("Both A and B", PAIRS, "C", "text_only", OK),
        ("1 and 2", PAIRS, "A", "text_only", OK),
        ("5 mm", PAIRS, "D", "text_only", OK),
        ("None of the above", NONE_OFFERED, "C", "text_only", OK),
        ("None of these options", NONE_OFFERED, "C", "text_only", OK),
        ("All of the above.", ALL_OFFERED, "D", "text_only", OK),
        ("< 5 cm", MEASURES, "B", "text_only", OK),
        (">5 cm", MEASURES, "A", "text_only", OK),
        ("5%", MEASURES, "C", "text_only", OK),
        ("lung", TWINS, None, "ambiguous", "several_texts"),
        ("The answer is lung", TWINS, None, "ambiguous", "several_texts"),
        ("viral pneumonia or meniscal tear", KNEE, None, "ambiguous", "several_texts"),
        ("bacterial pneumonia", KNEE, None, "none", "no_label"),
        ("pneumonia vaccination", KNEE, None, "none", "no_label"),
        ("There is swelling near the meniscal tear", KNEE, None, "none", "no_label"),
    ],
    "no offered label is none": [
        ("None of the above", KNEE, None, "none", "none_of_above"),
        ("none", KNEE, None, "none", "none_of_above"),
        ("None of the provided options", KNEE, None, "none", "none_of_above"),
        ("Not listed among the choices", KNEE, None, "none", "none_of_above"),
        ("Not provided in the options", KNEE, None, "none", "none_of_above"),
        ("E", KNEE, None, "none", "out_of_range"),
        ("e", KNEE, None, "none", "out_of_range"),
        ("I", KNEE, None, "none", "out_of_range"),
        ("(F)", KNEE, None, "none", "out_of_range"),
        ("E. Something else", KNEE, None, "none", "out_of_range"),
        ("The answer is E", KNEE, None, "none", "out_of_range"),
        ("K", NO_OPTIONS, None, "none", "out_of_range"),
        ("5", NUMBERS, None, "none", "out_of_range"),
    ],
    "a refusal is none": [
        ("I don't know", KNEE, None, "none", "refused"),
        ("I don’t know.", NO_OPTIONS, None, "none", "refused"),
        ("cannot determine", KNEE, None, "none", "refused"),
        ("It cannot be determined from the image", KNEE, None, "none", "refused"),
        ("N/A", KNEE, None, "none", "refused"),
        ("unable to tell", KNEE, None, "none", "refused"),
        ("Unable to determine without the graph", OptionSet.listed(["B", "C", "D", "E"]), None, "none", "refused"),
        ("Insufficient information", KNEE, None, "none", "refused"),
        ("Not provided", KNEE, None, "none", "refused"),
        ("I am not sure", NO_OPTIONS, None, "none", "refused"),
        ("I don't know whether B is correct", KNEE, None, "none", "refused"),
    ],
    "words that only look like labels": [
        ("A fracture is seen", KNEE, None, "none", "no_label"),
        ("A fracture", NO_OPTIONS, None, "none", "no_label"),
        ("A right-sided effusion", NO_OPTIONS, None, "none", "no_label"),
        ("The answer is a fracture", KNEE, None, "none", "no_label"),
        ("I think so", NO_OPTIONS, None, "none", "no_label"),
        ("I believe there is a mass", NO_OPTIONS, None, "none", "no_label"),
        ("I", BLANK, None, "none", "out_of_range"),
        ("Because it is big", KNEE, None, "none", "no_label"),
        ("Based on the image", KNEE, None, "none", "no_label"),
        ("Vitamin K antagonist", NO_OPTIONS, None, "none", "no_label"),
        ("Vitamin B is correct", KNEE, None, "none", "no_label"),
        ("Type A dissection", KNEE, None, "none", "no_label"),
        ("Hepatitis B", KNEE, None, "none", "no_label"),
        ("Hepatitis A, B or C", KNEE, None, "none", "no_label"),
        ("The answer is hepatitis B", KNEE, None, "none", "no_label"),
        ("The answer is B cell lymphoma", KNEE, None, "none", "no_label"),
        ("The answer is B and T cells", KNEE, None, "none", "no_label"),
        ("B-cell lymphoma", KNEE, None, "none", "no_label"),
        ("D-dimer", KNEE, None, "none", "no_label"),
        ("C reactive protein", KNEE, None, "none", "no_label"),
        ("C. difficile infection", KNEE, None, "none", "no_label"),
        ("The incorrect statement is B", KNEE, None, "none", "no_label"),
        ("Grade B", KNEE, None, "none", "no_label"),
        ("B's", KNEE, None, "none", "no_label"),
        ("there is no fracture", YES_NO, None, "none", "no_label"),
        ("2.5", NUMBERS, None, "none", "no_label"),
        ("2 mm", NUMBERS, None, "none", "no_label"),
    ],
    "degenerate bodies": [
        ("D\n addCriterion\n", KNEE, "D", "with_text", OK),
        ("D\n addCriterion\n addCriterion\n", KNEE, "D", "with_text", OK),
        ("D\n\nAssistant\nD", KNEE, "D", "with_text", OK),
        ("D\n\nAssistant\nThe correct answer is D: abc.", KNEE, "D", "with_text", OK),
        ("D: T", KNEE, "D", "with_text", OK),
        ("D\n: D", KNEE, "D", "stated", OK),
        ("D\n<think", KNEE, "D", "with_text", OK),
        ("D\n addCriterion\nB", KNEE, None, "ambiguous", "several_labels"),
        ("\ud800", KNEE, None, "none", "no_label"),
        ("\x00", KNEE, None, "none", "empty"),
        ("B\n\ud800", KNEE, "B", "with_text", OK),
        ("ب", KNEE, None, "none", "no_label"),
        ("B\nהתשובה", KNEE, "B", "with_text", OK),
    ],
}
ROWS = [(topic, *row) for topic, rows in TABLE.items() for row in rows]


@pytest.mark.parametrize(("topic", "body", "options", "label", "form", "reason"), ROWS)
def test_the_body_is_read_as_a_careful_human_would(
    topic: str, body: str, options: OptionSet, label: str | None, form: str, reason: str
) -> None:
    choice = choose(body, options)
    assert (choice.label, choice.form, choice.reason) == (label, form, reason), topic
    in_short = label_alone(body, options.labels) or read_choice(body, options)
    assert (in_short.label, in_short.form, in_short.reason) == (label, form, reason), topic


def test_the_table_has_at_least_150_rows() -> None:
    assert len(ROWS) >= 150


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (" b ", "b"),
        ("(B)", "B"),
        ("B, there is no fracture", "B"),
        ("The answer is (B).", "B"),
        ("Not A but B", "B"),
        ("\u200bThe answer is\u200b B", "B"),
        (" Labral pathology. ", "Labral pathology."),
        ("The answer is labral pathology.", "labral pathology"),
    ],
)
def test_the_span_holds_the_words_that_decided(body: str, words: str) -> None:
    span = choose(body, KNEE).span
    assert span is not None
    assert body[slice(*span)] == words


@pytest.mark.parametrize(
    ("body", "labels"),
    [("B", ("B",)), ("B or C", ("B", "C")), ("not C, B, not C", ("C", "B")), ("hepatitis B", ()), ("E", ())],
)
def test_candidates_are_the_labels_mentioned_in_order(body: str, labels: tuple[str, ...]) -> None:
    assert choose(body, BLANK).candidates == labels


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "B",
            "B ",
            "B, ",
            "A or ",
            "(",
            "((B",
            "**B",
            "not ",
            "B. ",
            "B\n",
            "option ",
            "||",
            "xC ",
            "\u200bB",
            "Ⓑ ",
            "B? ",
        ),
        *("labral pathology ", "pneumonia. ", "the answer is ", "none of the ", "\\boxed{", " -", "\n", "more no "),
        *("patient usually ", "start pneumonia, ", "scan ", "no A, B, ", "A ✓ B ✗ ", "B. Labral pathology is large. "),
        *("pneumonia: seen. ", "B: no mass; A: no fever; ", "A is true. ", "it is in the pneumonia and "),
    ],
)
def test_time_is_linear_in_the_length_of_hostile_repeats(unit: str) -> None:
    def seconds(size: int) -> float:
        body = "B " + unit * (size // len(unit)) + " x"
        start = time.process_time()
        choose(body, KNEE)
        return time.process_time() - start

    small = max(min(seconds(4_000) for _ in range(3)), 1e-3)
    assert min(seconds(64_000) for _ in range(3)) < 96 * small  # linear: 16 times; quadratic: 256 times


# Laws

PIECES = st.sampled_from(
    [
        *("A", "B", "C", "D", "a", "b", "E", "I", "i", "not", "or", "and", "is", "the", "answer", "option", "correct"),
        *(
            ",",
            ".",
            ":",
            "?",
            "(",
            ")",
            "-",
            "\n",
            "*",
            "/",
            "$",
            "none",
            "of",
            "above",
            "labral",
            "pathology",
            "viral",
        ),
        *(
            "wrong",
            "pneumonia",
            "meniscal tear",
            "isn't",
            "choose",
            "because",
            "but",
            "\u200b",
            "Ｂ",
            "’",
            "x",
            "\\boxed{",
        ),
    ]
)
SENTENCES = st.lists(PIECES, max_size=12).flatmap(lambda parts: st.sampled_from([" ".join(parts), "".join(parts)]))
BODIES = st.one_of(SENTENCES, st.text(max_size=40))
TEXTS = st.one_of(st.none(), st.text(max_size=12), SENTENCES)
LABELS = st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=6, unique=True)
WRAPPERS = [
    *(("(", ")"), ("[", "]"), ("{", "}"), ("<", ">"), ("（", "）"), ("【", "】"), ("「", "」"), ("«", "»"), ("“", "”")),
    *(
        ('"', '"'),
        ("'", "'"),
        ("*", "*"),
        ("**", "**"),
        ("_", "_"),
        ("`", "`"),
        ("$", "$"),
        ("", "."),
        ("", ")"),
        ("", ":"),
    ),
    *(("", "。"), ("", "!"), ("\\boxed{", "}"), ("\\boxed{\\text{(", ")}}"), ("\\mathrm{", "}"), ("\\(", "\\)")),
    *(("\u200b", "\ufeff"), ("- ", ""), ("\n", "\n")),
]


@st.composite
def option_sets(draw: st.DrawFn) -> OptionSet:
    labels = tuple(draw(st.one_of(st.just(list("ABCD")), LABELS)))
    return OptionSet(labels, tuple(draw(TEXTS) for _ in labels))


def check_shape(choice: Choice, body: str, options: OptionSet) -> None:
    assert choice.form in FORMS
    assert choice.form != "missing"
    assert choice.reason in REASONS
    assert (choice.label is None) == (choice.reason != "")
    assert (choice.label is None) == (choice.form in ("ambiguous", "none"))
    assert choice.label is None or choice.label in options.labels
    assert set(choice.candidates) <= set(options.labels)
    assert choice.span is None or 0 <= choice.span[0] < choice.span[1] <= len(body)


@given(BODIES, option_sets())
def test_any_text_and_options_give_a_well_formed_choice(body: str, options: OptionSet) -> None:
    check_shape(choose(body, options), body, options)


@given(BODIES, option_sets())
def test_what_labels_alone_decide_is_what_the_whole_grammar_says(body: str, options: OptionSet) -> None:
    alone = label_alone(body, options.labels)
    assert alone is None or alone == choose(body, options)


@given(st.sampled_from("ABCD"), st.lists(st.sampled_from(WRAPPERS), min_size=1, max_size=3), st.booleans())
def test_a_wrapped_label_is_still_that_label(label: str, wrappers: list[tuple[str, str]], lower: bool) -> None:
    body = label.lower() if lower else label
    for before, after in wrappers:
        body = before + body + after
    assert choose(body, KNEE).label == label


@given(SENTENCES, st.permutations(KNEE.texts))
def test_permuted_option_texts_never_turn_a_stated_label_into_another(body: str, texts: list[str | None]) -> None:
    here, there = choose(body, KNEE), choose(body, OptionSet(ABCD, tuple(texts)))
    if "text_only" not in (here.form, there.form):
        assert here.label is None or there.label is None or here.label == there.label


@given(SENTENCES)
def test_a_label_stated_without_texts_is_kept_or_given_up_when_texts_are_known(body: str) -> None:
    blank, known = choose(body, BLANK), choose(body, KNEE)
    if known.form != "text_only":
        assert blank.label is None or known.label in (None, blank.label)


def test_shotguns_of_every_size_never_give_a_label() -> None:
    for size in (2, 3, 4):
        for labels in itertools.permutations(ABCD, size):
            for joint in (", ", " or ", " and ", "/", "\n", " ", "; ", "", ") ", " vs ", " | ", ". "):
                assert choose(joint.join(labels), KNEE).label is None, joint.join(labels)


def test_a_body_longer_than_the_longest_read_is_none_for_that_reason_and_costs_nothing() -> None:
    body = "the answer is B. " * 1_000_000
    start = time.process_time()
    choice = choose(body, KNEE)
    assert (choice.labels, choice.form, choice.reason) == ((), "none", "too_long")
    assert time.process_time() - start < 1


def test_whitespace_round_a_label_does_not_make_it_too_long() -> None:
    assert choose(" " * MAX_BODY + "B" + "\n" * MAX_BODY, KNEE).label == "B"


TEN = OptionSet(tuple("ABCDEFGHIJ"), (None,) * 10)


@pytest.mark.parametrize(
    ("body", "options", "select", "labels"),
    [
        *((f"A is wrong{mark}B", BLANK, "one", "B") for mark in ("<br>", "<BR/>", "</p>", "</div>", "<li>", "\n")),
        ("A is wrong <!-- x\n -->B", BLANK, "one", "B"),
        ("not <b>B</b>", BLANK, "one", ""),
        ("not <!-- x --> B", BLANK, "one", ""),
        ('{"answer": "A, C"}', BLANK, "many", "AC"),
        ('{"answer": "A, C"}', BLANK, "one", ""),
        ("Viral pneumonia?", OptionSet(tuple("AB"), ("x", "Viral pneumonia?")), "one", "B"),
        ("Viral pneumonia?", OptionSet(tuple("AB"), ("x", "Viral pneumonia")), "one", ""),
        ("Labral tear", OptionSet(tuple("AB"), ("x", "Labral\u200b tear")), "one", "B"),
        ("Labral", OptionSet(tuple("AB"), ("x", "\uff2cabral")), "one", "B"),
        ("I", TEN, "one", "I"),
        ("It is I", TEN, "one", "I"),
        ("I, not B", TEN, "one", "I"),
        ("I mean B", TEN, "one", "B"),
        ("I am B", TEN, "one", ""),
        ("Is it B? No.", BLANK, "one", ""),
        ("Is it A? B", BLANK, "one", "B"),
        ("A? Not sure", BLANK, "one", ""),
        ("B\nA: the meniscus is intact\nC: no fracture\nI pick B.", BLANK, "one", "B"),
        ("B неверно\nB - confidence 0.9", BLANK, "one", ""),
        ("(3) Wait, 3. Fibula", NUMBERS, "one", "3"),
        ("(3)  Wait,  3. Fibula", NUMBERS, "one", "3"),
        ("Between B and C I choose B.", BLANK, "one", "B"),
        ("Answer: B\nAnswer: C", BLANK, "one", ""),
        ("It is a (rare) tumor.", BLANK, "one", ""),
        ("This shows a (very) small effusion", BLANK, "one", ""),
        ("Diagnosis: a (benign) cyst", BLANK, "one", ""),
        ("It is a (the cartilage is torn).", BLANK, "one", "A"),
        ("answer: a (meniscal tear), because it is torn", KNEE, "one", "A"),
        ("option a (meniscal tear) is right", KNEE, "one", "A"),
        ("The answer is B. Wait, A is wrong.", KNEE, "one", "B"),
        ("A. Meniscal tear is a tear of the cartilage. The answer is B.", KNEE, "one", "B"),
        ("The answer is B. Hold on, C would need a virus, and there is none.", KNEE, "one", "B"),
        ("The answer is B. C. D.", KNEE, "one", ""),
        ("The answer is B. A, since a tear is seen.", KNEE, "one", ""),
        ("A and B. But A is wrong.", BLANK, "many", ""),
        ("The choice is between B and something else.", BLANK, "one", ""),
        (", B is right", BLANK, "one", "B"),
        ("Is it pneumonia? Pneumonia is right. Pneumonia can be viral.", KNEE, "one", "D"),
        ("B\nF", BLANK, "one", "B"),
        ("Meniscal tear (A), actually", KNEE, "one", "A"),
        ("Neither. That is right", OptionSet.listed(["left", "right", "both", "neither"]), "one", "D"),
        ("Not enough to choose between A and B, but the tear favours A.", KNEE, "one", "A"),
        ("Meniscal tear, pneumonia. Meniscal tear and pneumonia", KNEE, "many", "AD"),
    ],
)
def test_breaks_fields_and_letters_that_are_words_are_read_as_written(
    body: str, options: OptionSet, select: Select, labels: str
) -> None:
    assert "".join(choose(body, options, select).labels) == labels


@pytest.mark.parametrize(
    ("body", "label"), [("sodium 140 mmol/L", None), ("Hb is 9 g/L, so B.", "B"), ("mg/D. So A.", "A"), ("B/C", None)]
)
def test_the_letter_of_a_unit_is_no_label(body: str, label: str | None) -> None:
    assert choose(body, OptionSet(tuple("ABCDEFGHIJKL"), (None,) * 12)).label == label


def test_options_are_given_as_a_list_a_map_or_not_at_all() -> None:
    assert choose("the lungs", ["Heart", "Lungs"]).label == "B"
    assert choose("the lungs", {"1": "Heart", "2": "Lungs"}).label == "2"
    assert choose("J").label == "J"
    with pytest.raises(InputError) as raised:
        choose("B", "AB")
    assert raised.value.code == "options_type"
