"""What a published reward is here: a document, where it comes from, and golden vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from medreward.rewards.base import Case, Reward
from medreward.rewards.document import Document
from medreward.text.facts import Layout
from medreward.text.options import OptionSet
from medreward.text.tags import TagSet

__all__ = ["COMPLETIONS", "FIGURE_1", "GOLD", "OPTIONS", "THINK_THEN_ANSWER", "Preset", "earned"]


@dataclass(frozen=True)
class Preset:
    """A published reward.

    Args:
        name: what users call it.
        title: one line.
        source: where it was published.
        paper: what the paper says.
        code: what the released code does; for our own presets, how they differ from the paper.
        reward: the reward.
        values: the totals it can reach; empty where they are too many to list.
        components: the components the golden values speak of, in order.
        golden: for each completion of ``COMPLETIONS``, what every component earns, in the order of ``components``. The
            total is what the document makes of them.
        cases: further golden vectors, with totals: other golds, options and columns.
        tags: what the published rule calls the tags.
        columns: numbers beside every completion of ``COMPLETIONS``, where the reward reads columns.
    """

    name: str
    title: str
    source: str
    paper: str
    code: str
    reward: Reward
    values: tuple[float, ...]
    components: tuple[str, ...]
    golden: Mapping[str, tuple[float, ...]]
    cases: tuple[Case, ...] = ()
    tags: TagSet = field(default_factory=TagSet)
    columns: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def document(self) -> Document:
        """The reward as a document."""
        return Document(tags=self.tags, reward=self.reward).asked_as(self.name)

    @property
    def range_shown(self) -> str:
        """The totals it can reach, or from where to where they go."""
        if self.values:
            return ", ".join(f"{value:g}" for value in self.values)
        low, high = self.reward.bounds()
        return f"{low:g} to {high:g}" if high < float("inf") else f"{low:g} and more"


THINK_THEN_ANSWER = Layout(
    path=(
        *("start", "nothing", "<think>", "anything", "</think>", "whitespace"),
        *("<answer>", "anything", "</answer>", "nothing", "end"),
    )
)
"""The format most published code asks for: the whole text is a think block, whitespace, an answer block. No tag is
counted: more blocks, and anything between them, may stand inside either."""

GOLD = "B"
OPTIONS = OptionSet.listed(["Heart", "Lungs", "Liver", "Spleen"])
"""What the golden completions were asked: the gold is B, "Lungs"."""

FIGURE_1 = "B, there is no clear indication of a mass or a fracture in the image."
"""An answer as in the paper's Figure 1: the right letter, then an explanation."""


def _t(answer: str) -> str:
    return f"<think>t</think><answer>{answer}</answer>"


COMPLETIONS: dict[str, str] = {
    "letter": _t("B"),
    "lower case": _t("b"),
    "whitespace in the answer": _t(" B\n"),
    "full stop": _t("B."),
    "half bracket": _t("B)"),
    "bold": _t("**B**"),
    "brackets": _t("(B)"),
    "boxed": _t("\\boxed{B}"),
    "letter, stop, text": _t("B. Lungs"),
    "letter, bracket, text": _t("B) Lungs"),
    "text alone": _t("Lungs"),
    "Figure 1": _t(FIGURE_1),
    "empty reasoning": "<think></think><answer>B</answer>",
    "leading space": " " + _t("B"),
    "trailing newline": _t("B") + "\n",
    "trailing text": _t("B") + " ok",
    "text between": "<think>t</think> so <answer>B</answer>",
    "reasoning on several lines": "<think>a\nb\n</think><answer>B</answer>",
    "no tags": "B",
    "answer block alone": "<answer>B</answer>",
    "upper-case tags": "<THINK>t</THINK><ANSWER>B</ANSWER>",
    "right then wrong block": _t("B") + "<answer>C</answer>",
    "wrong then right block": _t("C") + "<answer>B</answer>",
    "right quoted, wrong answered": "<think><answer>B</answer></think><answer>C</answer>",
    "text between two think blocks": "<think>a</think> junk <think>b</think><answer>B</answer>",
    "closer twice": _t("B") + " junk </answer>",
    "unclosed answer": "<think>t</think><answer>B",
}
"""Completions on which published rewards differ, by what is odd about them."""


def earned(outcomes: Mapping[tuple[float, ...], str], otherwise: tuple[float, ...]) -> dict[str, tuple[float, ...]]:
    """Golden vectors, written outcome by outcome.

    Args:
        outcomes: what every component earns, to the names of the completions that earn it, one a line.
        otherwise: what all other completions earn.

    Raises:
        ValueError: a name is no completion's, or is written twice.
    """
    found: dict[str, tuple[float, ...]] = {}
    for values, lines in outcomes.items():
        for name in filter(None, map(str.strip, lines.splitlines())):
            if name in found or name not in COMPLETIONS:
                raise ValueError(f"a golden vector for {name!r} is written twice, or for no completion")
            found[name] = values
    return {name: found.get(name, otherwise) for name in COMPLETIONS}
