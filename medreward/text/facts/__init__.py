"""Facts: the questions a reading answers. One file a family; a fact that documents may name is listed here."""

from __future__ import annotations

from medreward.text.facts.base import FACTS, Fact, Predicate
from medreward.text.facts.blocks import Blocks, BlockTable
from medreward.text.facts.bodies import Body, BodyTable, HasText
from medreward.text.facts.choices import ChoiceOf, Choices
from medreward.text.facts.columns import Column, Numbers
from medreward.text.facts.counts import Counted, TagCount
from medreward.text.facts.flaws import FLAWS, Flaws, repair_of
from medreward.text.facts.label_scan import LabelScan, ScannedLabels
from medreward.text.facts.lengths import Length
from medreward.text.facts.misspelt import MisspeltTag
from medreward.text.facts.stray import PLACES, StrayPlaces, StrayText
from medreward.text.facts.structure import AnyGap, At, InOrder, WellFormed

__all__ = [
    "FACTS",
    "FLAWS",
    "PLACES",
    "AnyGap",
    "At",
    "BlockTable",
    "Blocks",
    "Body",
    "BodyTable",
    "ChoiceOf",
    "Choices",
    "Column",
    "Counted",
    "Fact",
    "Flaws",
    "HasText",
    "InOrder",
    "LabelScan",
    "Length",
    "MisspeltTag",
    "Numbers",
    "Predicate",
    "ScannedLabels",
    "StrayPlaces",
    "StrayText",
    "TagCount",
    "WellFormed",
    "repair_of",
]

for _fact in (AnyGap, At, Body, ChoiceOf, Column, HasText, InOrder, LabelScan, Length, StrayText, TagCount, WellFormed):
    FACTS.add(_fact)
