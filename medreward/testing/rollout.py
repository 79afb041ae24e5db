"""Rollouts made from a seed: thousands in a moment, always the same ones."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from medreward.testing.grammar import SHAPES, Asked, answer_body, fragments
from medreward.text.options import OptionSet
from medreward.text.tags import TagSet

__all__ = ["ASKED", "MIXED", "OFFERED", "Rollout", "make_rollouts"]


@dataclass(frozen=True, slots=True)
class Rollout:
    """One completion with what it was asked.

    Args:
        completion: what the model wrote.
        gold: the right label.
        options: what was offered.
        cell: the gold cell as it stands in the data, where it is not the label.
    """

    completion: str
    gold: str
    options: OptionSet
    cell: str | None = None

    def under(self, gold: str) -> Rollout:
        """The same completion with another label being right."""
        return Rollout(self.completion, gold, self.options, self.cell)

    def saying(self, completion: str) -> Rollout:
        """Another completion of the same question."""
        return Rollout(completion, self.gold, self.options, self.cell)

    def under_each(self) -> tuple[Rollout, ...]:
        """The same completion with each label being right in turn."""
        return tuple(self.under(label) for label in self.options.labels)


MIXED = (*SHAPES, *["well_formed"] * 6)
"""Every way of making completions, the well-formed one more often: what is paid for is mostly that."""
OFFERED: tuple[OptionSet, ...] = (
    OptionSet.listed(["Heart", "Lungs", "Liver", "Spleen"]),
    OptionSet.listed(["Yes", "No"]),
    OptionSet.listed(["Labral pathology", "Bone cyst", "Abscess", "Fracture", "Normal"]),
    OptionSet(("A", "B", "C"), (None, None, None)),
)
"""The questions that laws are tried on."""
ASKED = (OFFERED[0], OFFERED[2])
"""The questions that attacks are written for: four options and five, with texts."""


def make_rollouts(
    count: int,
    *,
    seed: int = 0,
    tags: TagSet | None = None,
    offered: Sequence[OptionSet] = OFFERED,
    shapes: Sequence[str] = MIXED,
    templates: Sequence[str] = (),
) -> list[Rollout]:
    """Rollouts made by chance from a seed.

    Args:
        count: how many.
        seed: the same seed gives the same rollouts, and a greater count gives more of them.
        tags: the tags completions are asked to write.
        offered: the options to ask with, in turn.
        shapes: how completions go right or wrong: names of ``SHAPES``.
        templates: layouts with ``{reasoning}`` and ``{answer}`` that every other completion is written in.
    """
    chance = random.Random(seed)  # noqa: S311 - for trying things out, not for secrets
    asked = [Asked(options, tags or TagSet()) for options in offered]
    made = []
    for number in range(count):
        question = asked[number % len(asked)]
        text = "".join(fragments(chance.choice, question, shapes))
        if templates and number // len(asked) % 2:
            answer = answer_body(chance.choice, question.options, chance.choice(question.options.labels))
            reasoning = " ".join(chance.choices(question.text, k=chance.randrange(5)))
            text = chance.choice(templates).replace("{answer}", answer).replace("{reasoning}", reasoning)
        made.append(Rollout(text, chance.choice(question.options.labels), question.options))
    return made
