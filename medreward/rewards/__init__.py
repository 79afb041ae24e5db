"""What a completion is worth: typed, composable specifications. One file a rule, and one line here."""

from __future__ import annotations

from medreward.rewards.analysis import Analysis, analyse
from medreward.rewards.answer_labels import AnswerLabels as AnswerLabels
from medreward.rewards.answer_letter import AnswerLetter as AnswerLetter
from medreward.rewards.base import REWARDS, Case, Gold, Reward, Values, evaluate
from medreward.rewards.coalesce import Coalesce as Coalesce
from medreward.rewards.column_value import ColumnValue as ColumnValue
from medreward.rewards.combine import Clip as Clip
from medreward.rewards.combine import Constant as Constant
from medreward.rewards.combine import Gate as Gate
from medreward.rewards.combine import Maximum as Maximum
from medreward.rewards.combine import Minimum as Minimum
from medreward.rewards.combine import Product as Product
from medreward.rewards.combine import WeightedSum as WeightedSum
from medreward.rewards.contained_labels import ContainedLabels as ContainedLabels
from medreward.rewards.document import Document, document_schema, load_document
from medreward.rewards.equal_text import EqualText as EqualText
from medreward.rewards.extraneous_text import ExtraneousText as ExtraneousText
from medreward.rewards.first_of import FirstOf as FirstOf
from medreward.rewards.function import from_function
from medreward.rewards.gold_holds import GoldHolds as GoldHolds
from medreward.rewards.holds import Holds as Holds
from medreward.rewards.length import AnswerLength, CompletionLength, ReasoningLength
from medreward.rewards.length_band import LengthBand as LengthBand
from medreward.rewards.length_cosine import LengthCosine as LengthCosine
from medreward.rewards.math_gold import MathGold as MathGold
from medreward.rewards.math_ruled import MathRuled as MathRuled
from medreward.rewards.math_verified import MathVerified as MathVerified
from medreward.rewards.non_empty_reasoning import NonEmptyReasoning as NonEmptyReasoning
from medreward.rewards.partial_credit import Ladder
from medreward.rewards.partial_credit import PartialCredit as PartialCredit
from medreward.rewards.pass_bonus import PassBonus as PassBonus
from medreward.rewards.prompt import prompt
from medreward.rewards.relative_length import RelativeLength as RelativeLength
from medreward.rewards.repetition import Repetition as Repetition
from medreward.rewards.scale import MapRange as MapRange
from medreward.rewards.scale import Scale as Scale
from medreward.rewards.scanned_letter import ScannedLetter as ScannedLetter
from medreward.rewards.soft_overlong import SoftOverlong as SoftOverlong
from medreward.rewards.tag_credit import TagCredit as TagCredit
from medreward.rewards.tag_credit import TagShare
from medreward.rewards.tag_presence import TagPresence as TagPresence
from medreward.rewards.tanh import Tanh as Tanh
from medreward.rewards.user_rules import import_rules, load_installed
from medreward.rewards.written_option import WrittenOption as WrittenOption
from medreward.spec import Kinds

__all__ = [
    "REWARDS",
    "RULES",
    "Analysis",
    "AnswerLength",
    "Case",
    "CompletionLength",
    "Document",
    "Gold",
    "Ladder",
    "ReasoningLength",
    "Reward",
    "TagShare",
    "Values",
    "analyse",
    "document_schema",
    "evaluate",
    "from_function",
    "import_rules",
    "load_document",
    "prompt",
]

RULES: tuple[type[Reward], ...] = tuple(
    rule
    for rule in globals().copy().values()
    if isinstance(rule, type) and issubclass(rule, Reward) and rule is not Reward
)
"""Every rule and combinator: all that are imported above."""

for _rule in RULES:
    REWARDS.add(_rule)
Kinds.look_up = load_installed
