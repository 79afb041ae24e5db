"""MedReasoning-EasyR1's reward without reasoning: the whole text is the answer."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.combine import Constant, Gate, WeightedSum
from medreward.rewards.equal_text import EqualText
from medreward.rewards.gold_holds import GoldHolds
from medreward.rewards.holds import Holds
from medreward.rewards.presets.base import Preset, earned
from medreward.text.extraction import Step
from medreward.text.facts import Body, Extracted, Labelled

__all__ = ["PRESET"]

_LABELS = "ABCDEF"
_CLEAN: tuple[Step, ...] = ("strip_spaces_and_newlines", "drop_end_mark", "strip")


def _whole(*steps: Step) -> Extracted:
    return Extracted(body=Body(pick="whole"), by=steps)


def _equal(*steps: Step) -> EqualText:
    return EqualText(answer=_whole(*_CLEAN, *steps), gold=_whole(*_CLEAN, *steps))


PRESET = Preset(
    name="medreasoning-easyr1-direct",
    title="MedReasoning-EasyR1 without reasoning: 0.9 for `B: text` as the whole text, 0.1 for that form",
    source=(
        "Quinten-Wu504/MedReasoning-EasyR1 at commit 6e45df9,"
        " mine/RL_only/settings/mixed_closed/reward_function/rl_only_plus_mixed_closed.py"
    ),
    paper="No paper. The repository: accuracy 0.9, format 0.1, no tags.",
    code=(
        "The question is one with options where the gold begins with a letter A to F and a colon. Then format: the"
        " whole text, stripped, begins so too and something follows; accuracy: letter and first line of the text"
        " are the gold's, case and all, one end mark (.,:;?!) dropped from the whole and one from the line. Other"
        " questions earn the format for nothing, and accuracy for the gold's text in any case, without one end"
        " mark. Text in think or answer tags earns nothing where there are options."
    ),
    reward=WeightedSum.of(
        accuracy=(
            0.9,
            Gate(
                condition=GoldHolds(facts=(Labelled(text=_whole(*_CLEAN), alphabet=_LABELS),)),
                then=_equal("label_and_line_a_to_f"),
                otherwise=_equal("lower"),
            ),
        ),
        format=(
            0.1,
            Gate(
                condition=GoldHolds(facts=(Labelled(text=_whole("strip"), alphabet=_LABELS),)),
                then=Holds(facts=(Labelled(text=_whole("strip"), alphabet=_LABELS, with_text=True),)),
                otherwise=Constant(value=1.0),
            ),
        ),
    ),
    values=(0.0, 0.1, 0.9, 1.0),
    components=("accuracy", "format"),
    golden=earned({(1, 1): "no tags"}, otherwise=(0, 1)),
    cases=(
        Case("label and text", "B: Lungs", 1, gold="B: Lungs"),
        Case("no space, end marks", " B:Lungs,\n", 1, gold="B: Lungs."),
        Case("bare letter", "B", 0, gold="B: Lungs"),
        Case("text alone", "Lungs", 0, gold="B: Lungs"),
        Case("another letter", "C: Lungs", 0.1, gold="B: Lungs"),
        Case("another case", "B: lungs", 0.1, gold="B: Lungs"),
        Case("lower-case letter", "b: Lungs", 0, gold="B: Lungs"),
        Case("a second line", "F: Lungs.\nbecause", 1, gold="F: Lungs"),
        Case("tags", "<think>t</think><answer>B: Lungs</answer>", 0, gold="B: Lungs"),
        Case("closed", "normal.", 1, gold="Normal"),
        Case("closed, wrong", "abnormal", 0.1, gold="Normal"),
        Case("a gold without text", "A: x", 0.1, gold="A:"),
        Case("a gold without text", "a", 0.9, gold="A:"),
    ),
)
