"""Published rewards, read off their sources and written again in the plainest way: one string at a time, with ``re``.

Each takes a completion and the gold cell and gives what the components of the preset of the same name earn. Patterns of
the originals may backtrack; that is what they are compared for, on short texts. Nothing is shared with the library.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

Components = tuple[float, ...]
Oracle = Callable[[str, str], Components]

TEXTS = {"A": "Heart", "B": "Lungs", "C": "Liver", "D": "Spleen"}
"""What the options say."""


def block_then_block(text: str) -> float:
    """A think block, whitespace, an answer block, and nothing else."""
    return float(re.fullmatch(r"<think>.*?</think>\s*<answer>.*?</answer>", text, re.DOTALL) is not None)


def first_on_a_line(text: str) -> str:
    """The first answer that is opened and closed on one line, else everything; stripped."""
    found = re.search(r"<answer>(.*?)</answer>", text)
    return (found[1] if found else text).strip()


def equal_answer(text: str, gold: str) -> float:
    """The same string in both."""
    return float(first_on_a_line(text) == first_on_a_line(gold))


def r1_v(text: str, gold: str) -> Components:
    """For golds without mathematics."""
    return equal_answer(text, gold), block_then_block(text)


def med_r1_nothink(text: str, gold: str) -> Components:
    """The same accuracy; an answer block alone."""
    alone = re.fullmatch(r"\s*<answer>.*?</answer>", text, re.DOTALL)
    return equal_answer(text, gold), float(alone is not None)


def open_r1_multimodal(text: str, gold: str) -> Components:
    """The same accuracy; the blocks at the beginning, neither with a newline."""
    begins = re.match(r"<think>.*?</think>\s*<answer>.*?</answer>", text)
    return equal_answer(text, gold), float(begins is not None)


FINDINGS = [
    *[
        "Atelectasis",
        "Cardiomegaly",
        "Effusion",
        "Infiltration",
        "Mass",
        "Nodule",
        "Pneumonia",
        "Pneumothorax",
        "Consolidation",
        "Edema",
    ],
    *["Emphysema", "Fibrosis", "Pleural_Thickening", "Hernia"],
    "No Finding",
]


def med_r1_cxr(text: str, gold: str) -> Components:
    """Labels counted as substrings."""
    answer, right = first_on_a_line(text), first_on_a_line(gold)
    total = 0.0
    for label in right.split("|"):
        if "No Finding" in label and label not in answer:
            total = 0.0
            break
        total += (0.25 if "No Finding" in label else 1.0) * (label in answer)
    for label in FINDINGS:
        if label in answer and label not in right:
            total = 0.0
    return total, block_then_block(text)


def medvlthinker(text: str, gold: str) -> Components:
    """Format, and accuracy as if it counted without it."""
    answer = first_on_a_line(text).lower()
    shapes = {gold, TEXTS[gold], f"{gold}. {TEXTS[gold]}"}
    return block_then_block(text), float(answer in {shape.lower() for shape in shapes})


def vlm_r1_choice(text: str) -> str | None:
    """The letter that the heuristic picks."""
    text = re.sub(r"\s+", " ", text.upper())
    candidates = re.findall(r"(?<![A-Z])([A-Z])(?=[.,?!:;]|$)", text)
    words = (
        "答案 选择 正确 是 对 answer correct choose select right 认为 应该 觉得 think believe should".upper().split()
    )
    scores: dict[str, int] = {}
    for letter in candidates:
        at = text.index(letter)
        score = sum(word in text[max(0, at - 20) : min(len(text), at + 20)] for word in words)
        score += 2 if at > len(text) * 0.7 else 0
        score += 1 if at + 1 < len(text) and text[at + 1] in "。.!！,，" else 0
        scores[letter] = scores.get(letter, 0) + score
    return max(scores, key=lambda letter: scores[letter]) if scores else None


def vlm_r1_mcq(text: str, gold: str) -> Components:
    """One letter against another."""
    found = re.search(r"<answer>(.*?)</answer>", text, re.DOTALL)
    chosen = vlm_r1_choice((found[1] if found else text).strip())
    right = vlm_r1_choice(first_on_a_line(gold)) or gold.strip()
    return float(chosen is not None and chosen == right), block_then_block(text)


def without_mark(text: str) -> str:
    """One end mark less."""
    return re.sub(r"[.,:;?!]$", "", text)


def label_and_text(text: str, labels: str) -> tuple[str, str] | None:
    """``X: text`` taken apart."""
    found = re.match(rf"^([{labels}]):\s*(.*)", text)
    return (found[1], without_mark(found[2].strip())) if found else None


def medreasoning_easyr1_think(text: str, gold: str) -> Components:
    """Tags with space in them; letter and text."""
    text = re.sub(r"\s*(<|>|/)\s*", r"\1", text)
    found = re.search(r"<answer>(.*?)</answer>", text, re.DOTALL)
    answer = found[1].strip() if found else ""
    right, given = without_mark(gold.strip(" \n")), without_mark(answer.strip(" \n"))
    wanted = label_and_text(right, "A-D")
    same = right == given if wanted is None else wanted == label_and_text(given, "A-D")
    return float(bool(answer) and same), block_then_block(text.strip())


def medreasoning_easyr1_direct(text: str, gold: str) -> Components:
    """No tags; questions with options and others."""
    is_choice = re.match(r"[A-F]:\s*", gold.strip())
    begins = re.fullmatch(r"[A-F]:\s*\S.*", text.strip(), re.DOTALL)
    right, given = (without_mark(one.strip(" \n")).strip() for one in (gold, text))
    wanted = label_and_text(right, "A-F")
    same = right.lower() == given.lower() if wanted is None else wanted == label_and_text(given, "A-F")
    return float(same), float(begins is not None or is_choice is None)


def composite_medqa(text: str, gold: str) -> Components:
    """The four terms before tanh."""
    thought = re.search(r"<think>(.*?)</think>", text, re.DOTALL | re.IGNORECASE)
    clean = re.search(r"<answer>\s*[A-D]\s*</answer>", text, re.IGNORECASE)
    answer = re.search(r"<answer>(.*?)</answer>", text, re.DOTALL | re.IGNORECASE)
    letter = re.search(r"\b([A-D])\b", answer[1].strip(), re.IGNORECASE) if answer else None
    fits = thought is not None and thought[1].strip() and clean and letter
    binary = float(letter[1].upper() == gold.upper()) if fits and letter else -1.0
    begins = re.search(r"<think>", text, re.IGNORECASE)
    before = text[: begins.start()] if begins else text
    both = "<think>" in text.lower() and "</think>" in text.lower()
    return binary, float(len(before.split()) > 15), float(both), float(clean is not None)


def composite_total(components: Components) -> float:
    """What the terms come to."""
    binary, exploit, think_tags, clean_answer = components
    return math.tanh(binary - 0.3 * exploit + 0.3 * (0.25 * think_tags + 0.25 * clean_answer))


def trl_think_format(text: str, _: str) -> Components:
    """One opener at the start, a closer somewhere."""
    return (float(re.match(r"^<think>(?!.*<think>)(.*?)</think>.*$", text, re.DOTALL | re.MULTILINE) is not None),)


def open_r1_format(text: str, _: str) -> Components:
    """Tags on lines of their own."""
    pattern = r"^<think>\n.*?\n</think>\n<answer>\n.*?\n</answer>$"
    return (float(re.match(pattern, text, re.DOTALL | re.MULTILINE) is not None),)


def open_r1_tag_count(text: str, _: str) -> Components:
    """Strings counted from the left."""
    strings = ("<think>\n", "\n</think>\n", "\n<answer>\n", "\n</answer>")
    return (sum(0.25 * (text.count(string) == 1) for string in strings),)


def nemo_rl_format(text: str, _: str) -> Components:
    """Either tag opened and closed."""
    found = (re.search(rf"<{tag}>[\s\S]*</{tag}>", text) for tag in ("think", "answer"))
    return tuple(float(one is not None) for one in found)


def nemo_rl_exact_alnum(text: str, gold: str) -> Components:
    """Letters and digits of the widest answer."""
    found = re.search(r"<answer>([\s\S]*)</answer>", text)
    if found is None:
        return (0.0,)
    given, right = ("".join(char for char in one if char.isalnum()).lower() for one in (found[1], gold))
    return (float(given == right),)


def open_r1_repetition(text: str, _: str) -> Components:
    """Runs of three words."""
    words = text.lower().split()
    runs = [tuple(words[i : i + 3]) for i in range(len(words) - 2)]
    return (-(1 - len(set(runs)) / len(runs)) if runs else 0.0,)


LETTERS = ("A", "B", "C", "<answer> B </answer>", " b")
STATED = ("B: Lungs", "B: Lungs.", "A: x / y", "Normal", "B", "", "E: in", "A:", ".", "\tA: x", "D: a.\nb.")
OF_FILM = ("Mass", "Mass|Nodule", "No Finding", "Mass|No Finding|Edema", "Mass|", "Edema|Pneumonia|Edema")
ORACLES: dict[str, tuple[Oracle, tuple[str, ...]]] = {
    "r1-v": (r1_v, LETTERS),
    "med-r1": (r1_v, LETTERS),
    "med-r1-nothink": (med_r1_nothink, LETTERS),
    "open-r1-multimodal": (open_r1_multimodal, LETTERS),
    "med-r1-cxr": (med_r1_cxr, OF_FILM),
    "medvlthinker": (medvlthinker, ("A", "B", "C", "D")),
    "vlm-r1-mcq": (vlm_r1_mcq, (*LETTERS, "(B)", "A or B.")),
    "medreasoning-easyr1-think": (medreasoning_easyr1_think, STATED),
    "medreasoning-easyr1-direct": (medreasoning_easyr1_direct, STATED),
    "composite-medqa": (composite_medqa, ("A", "B", "c", " B")),
    "trl-think-format": (trl_think_format, LETTERS),
    "open-r1-format": (open_r1_format, LETTERS),
    "open-r1-tag-count": (open_r1_tag_count, LETTERS),
    "open-r1-repetition": (open_r1_repetition, LETTERS),
    "open-r1-cosine": (lambda text, _: (1.0,), LETTERS),
    "ms-swift-format": (lambda text, _: (block_then_block(text),), LETTERS),
    "nemo-rl-format": (nemo_rl_format, LETTERS),
    "nemo-rl-exact-alnum": (nemo_rl_exact_alnum, (*LETTERS, "", "B)", "Lungs", "Ｂ")),
}
"""The oracle of each preset, and golds to try it with."""
