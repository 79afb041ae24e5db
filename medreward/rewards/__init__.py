"""What a completion is worth: typed, composable specifications. One file a rule; each is listed in ``RULES``."""

from __future__ import annotations

from medreward.rewards.answer_letter import AnswerLetter
from medreward.rewards.base import REWARDS, Case, Gold, Reward, Values, evaluate
from medreward.rewards.column_value import ColumnValue
from medreward.rewards.combine import Clip, Constant, Gate, Maximum, Minimum, Product, WeightedSum
from medreward.rewards.document import Document, document_schema, load_document
from medreward.rewards.extraneous_text import ExtraneousText
from medreward.rewards.holds import Holds
from medreward.rewards.length_band import LengthBand
from medreward.rewards.non_empty_reasoning import NonEmptyReasoning
from medreward.rewards.partial_credit import Ladder, PartialCredit
from medreward.rewards.prompt import prompt
from medreward.rewards.scanned_letter import ScannedLetter
from medreward.rewards.soft_overlong import SoftOverlong
from medreward.rewards.tag_presence import TagPresence

__all__ = [
    "REWARDS",
    "RULES",
    "AnswerLetter",
    "Case",
    "Clip",
    "ColumnValue",
    "Constant",
    "Document",
    "ExtraneousText",
    "Gate",
    "Gold",
    "Holds",
    "Ladder",
    "LengthBand",
    "Maximum",
    "Minimum",
    "NonEmptyReasoning",
    "PartialCredit",
    "Product",
    "Reward",
    "ScannedLetter",
    "SoftOverlong",
    "TagPresence",
    "Values",
    "WeightedSum",
    "document_schema",
    "evaluate",
    "load_document",
    "prompt",
]

RULES: tuple[type[Reward], ...] = (
    TagPresence,
    ExtraneousText,
    NonEmptyReasoning,
    AnswerLetter,
    PartialCredit,
    Holds,
    ScannedLetter,
    LengthBand,
    SoftOverlong,
    ColumnValue,
    Constant,
    WeightedSum,
    Product,
    Minimum,
    Maximum,
    Clip,
    Gate,
)
"""Every rule and combinator; a new one is its file and one line here."""

for _rule in RULES:
    REWARDS.add(_rule)
