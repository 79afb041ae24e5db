"""Facts: the questions a reading answers. One file a family; a fact that documents may name is listed here."""

from __future__ import annotations

from medreward.text.facts.base import FACTS, Fact, Predicate
from medreward.text.facts.blocks import Blocks, BlockTable
from medreward.text.facts.bodies import Body, BodyTable, HasText
from medreward.text.facts.choices import ChoiceOf, Choices
from medreward.text.facts.columns import Column, InputColumn, TokenIds
from medreward.text.facts.counts import Counted, Occurs, TagCount
from medreward.text.facts.extracted import Extracted, Labelled, Texts
from medreward.text.facts.flaws import FLAWS, Flaws, repair_of
from medreward.text.facts.has_body import HasBody
from medreward.text.facts.label_scan import HasLetter, LabelScan, ScannedLabels
from medreward.text.facts.layout import Layout
from medreward.text.facts.lengths import Length
from medreward.text.facts.measures import Measure, Numbers, Sequence, Units
from medreward.text.facts.misspelt import MisspeltTag
from medreward.text.facts.ngrams import Ngrams, RepeatedNgrams, TextUnits
from medreward.text.facts.option_match import OptionMatch, OptionMatches
from medreward.text.facts.stray import PLACES, StrayPlaces, StrayText
from medreward.text.facts.structure import InOrder, WellFormed

__all__ = [
    "FACTS",
    "FLAWS",
    "PLACES",
    "BlockTable",
    "Blocks",
    "Body",
    "BodyTable",
    "ChoiceOf",
    "Choices",
    "Column",
    "Counted",
    "Extracted",
    "Fact",
    "Flaws",
    "HasBody",
    "HasLetter",
    "HasText",
    "InOrder",
    "InputColumn",
    "LabelScan",
    "Labelled",
    "Layout",
    "Length",
    "Measure",
    "MisspeltTag",
    "Ngrams",
    "Numbers",
    "Occurs",
    "OptionMatch",
    "OptionMatches",
    "Predicate",
    "RepeatedNgrams",
    "ScannedLabels",
    "Sequence",
    "StrayPlaces",
    "StrayText",
    "TagCount",
    "TextUnits",
    "Texts",
    "TokenIds",
    "Units",
    "WellFormed",
    "repair_of",
]

for _fact in (
    *(Body, ChoiceOf, Column, Extracted, HasBody, HasLetter, HasText, InOrder, LabelScan, Labelled, Layout, Length),
    *(Occurs, OptionMatch, RepeatedNgrams, StrayText, TagCount, TextUnits, TokenIds, WellFormed),
):
    FACTS.add(_fact)
