"""What a completion says. Gold-blind: nothing here knows rewards, golds or files."""

from __future__ import annotations

from medreward.text.choice import FORMS, REASONS, Choice, Select, choose
from medreward.text.facts import FLAWS, ChoiceOf, Flaws, HasText, LabelScan, StrayText, TagCount, WellFormed
from medreward.text.options import DEFAULT_LABELS, OptionSet
from medreward.text.prompt_options import options_in
from medreward.text.reading import Reading
from medreward.text.rows import Rows
from medreward.text.tags import TagSet

__all__ = [
    "DEFAULT_LABELS",
    "FLAWS",
    "FORMS",
    "REASONS",
    "Choice",
    "ChoiceOf",
    "Flaws",
    "HasText",
    "LabelScan",
    "OptionSet",
    "Reading",
    "Rows",
    "Select",
    "StrayText",
    "TagCount",
    "TagSet",
    "WellFormed",
    "choose",
    "options_in",
]
