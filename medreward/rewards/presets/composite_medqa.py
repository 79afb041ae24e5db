"""The composite reward for MedQA, without its penalty for phrases that leak the answer."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.combine import Constant, Gate, WeightedSum
from medreward.rewards.holds import Holds
from medreward.rewards.presets.base import Preset, earned
from medreward.rewards.scanned_letter import ScannedLetter
from medreward.rewards.tanh import Tanh
from medreward.text.facts import Body, HasBody, HasLetter, LabelScan, Occurs, TagCount

__all__ = ["PRESET"]

_LETTER = LabelScan(
    body=Body(pick="first_span", case="folded"), alphabet="ABCD", fold="ascii", boundary="word", take="first"
)
_CLEAN_ANSWER = HasBody(body=Body(pick="first_fitting", alphabet="ABCDabcd", case="folded"))
_REASONING = HasBody(body=Body(tag="think", pick="first_span", case="folded"), least_words=1)
_PREAMBLE = Body(tag="think", pick="before", case="folded", if_missing="whole_text")
_BOTH_THINK_TAGS = (
    Occurs(count=TagCount(tag="<think>", case="lowered"), most=None),
    Occurs(count=TagCount(tag="</think>", case="lowered"), most=None),
)

PRESET = Preset(
    name="composite-medqa",
    title="composite reward for MedQA: right, format and preamble through tanh; its embedding term left out",
    source="healthylaife/Composite-LLM-Reward-Model at commit 6dac0a6, main.ipynb; arXiv 2509.15557",
    paper=(
        "R = w_b R_binary - w_h P_hacker - w_e P_exploit: a penalty for answers leaked in the reasoning"
        " (similarity of embeddings to known phrases) and one for text before the tags."
    ),
    code=(
        "tanh(binary - 0.5 hacker - 0.3 exploit + 0.3 soft). binary: -1 unless the first think span (any case) is"
        " not blank and some answer tag pair holds one letter A to D and whitespace, and the first answer span has"
        " such a letter as a word; else 1 if the first such letter there is the gold, 0 if not. exploit: 1 for more"
        " than 15 words before the first <think> (in the whole text where there is none). soft: 0.25 for both think"
        " tags in any case and order, 0.25 for a clean answer pair. The hacker term needs a sentence embedder and"
        " is 0 here: it is the rule part of the reward."
    ),
    reward=Tanh(
        reward=WeightedSum.of(
            binary=Gate(
                condition=Holds(facts=(_REASONING, _CLEAN_ANSWER, HasLetter(scan=_LETTER))),
                then=ScannedLetter(scan=_LETTER, alone=1.0, accompanied=1.0, gold="folded"),
                otherwise=Constant(value=-1.0),
            ),
            exploit=(-0.3, Holds(facts=(HasBody(body=_PREAMBLE, least_words=16),))),
            soft=(
                0.3,
                WeightedSum.of(
                    think_tags=(0.25, Holds(facts=_BOTH_THINK_TAGS)), clean_answer=(0.25, Holds(facts=(_CLEAN_ANSWER,)))
                ),
            ),
        )
    ),
    values=(),
    components=("binary", "exploit", "think_tags", "clean_answer"),
    golden=earned(
        {
            (1, 0, 1, 1): """
                letter
                lower case
                whitespace in the answer
                leading space
                trailing newline
                trailing text
                text between
                reasoning on several lines
                upper-case tags
                right then wrong block
                right quoted, wrong answered
                text between two think blocks
                closer twice
            """,
            (0, 0, 1, 1): "wrong then right block",
            (-1, 0, 1, 1): "empty reasoning",
            (-1, 0, 0, 1): "answer block alone",
            (-1, 0, 0, 0): "no tags",
        },
        otherwise=(-1, 0, 1, 0),
    ),
    cases=(
        Case("right", "<think>t</think><answer>B</answer>", 0.8177540779702877),
        Case("wrong", "<think>t</think><answer>C</answer>", 0.14888503362331795),
        Case("full stop", "<think>t</think><answer>B.</answer>", -0.7282542059818115),
        Case("no tags", "B", -0.7615941559557649),
        Case(
            "preamble",
            "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
            " <think>t</think><answer>B</answer>",
            0.6910694698329306,
        ),
        Case(
            "fifteen words",
            "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
            " <think>t</think><answer>B</answer>",
            0.8177540779702877,
        ),
        Case("empty reasoning", "<think> </think><answer>B</answer>", -0.6910694698329306),
        Case("clean pair later", "<think>t</think><answer>not B</answer><answer>A</answer>", 0.8177540779702877),
        Case("no letter first", "<think>t</think><answer>none</answer><answer>B</answer>", -0.6910694698329306),
        Case("lower-case gold", "<think>t</think><answer>B</answer>", 0.8177540779702877, gold="b"),
    ),
)
