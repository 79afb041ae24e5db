"""medreward: rewards for reasoning models that answer multiple-choice questions.

A completion is scanned once; a fact is a small typed question asked of the scan; a reward is arithmetic on facts;
a rollout file is many rows.

Importing this package loads neither numpy nor pyarrow nor pydantic; each name below is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from medreward._version import __version__

if TYPE_CHECKING:
    from medreward.errors import (
        DocumentError,
        InputError,
        MedrewardError,
        MissingExtraError,
        OutputError,
        RuleError,
        TrainingError,
        UsageError,
    )
    from medreward.rewards import (
        Analysis,
        AnswerLabels,
        AnswerLength,
        AnswerLetter,
        Clip,
        Coalesce,
        ColumnValue,
        CompletionLength,
        Constant,
        ContainedLabels,
        Document,
        EqualText,
        ExtraneousText,
        FirstOf,
        Gate,
        GoldHolds,
        Holds,
        Ladder,
        LengthBand,
        LengthCosine,
        MapRange,
        MathGold,
        MathRuled,
        MathVerified,
        Maximum,
        Minimum,
        NonEmptyReasoning,
        PartialCredit,
        PassBonus,
        Product,
        ReasoningLength,
        RelativeLength,
        Repetition,
        Reward,
        Scale,
        ScannedLetter,
        SoftOverlong,
        TagCredit,
        TagPresence,
        TagShare,
        Tanh,
        WeightedSum,
        WrittenOption,
        analyse,
        document_schema,
        from_function,
        import_rules,
        load_document,
        prompt,
    )
    from medreward.rewards.presets import PRESETS, Preset
    from medreward.rollouts import diff, score
    from medreward.scoring import (
        Diff,
        Explanation,
        GroupLens,
        InputSettings,
        Scorer,
        Scores,
        Slice,
        Summary,
        advantages,
        explain,
        logged_reward,
        score_one,
    )
    from medreward.text import Choice, OptionSet, TagSet, choose, options_in

_HOMES = {
    "medreward.errors": (
        "DocumentError InputError MedrewardError MissingExtraError OutputError RuleError TrainingError UsageError"
    ),
    "medreward.rewards": (
        "Analysis AnswerLabels AnswerLength AnswerLetter Clip Coalesce ColumnValue CompletionLength Constant"
        " ContainedLabels Document EqualText ExtraneousText FirstOf Gate GoldHolds Holds Ladder LengthBand"
        " LengthCosine MapRange MathGold MathRuled MathVerified Maximum Minimum NonEmptyReasoning PartialCredit"
        " PassBonus Product ReasoningLength RelativeLength Repetition Reward Scale ScannedLetter SoftOverlong"
        " TagCredit TagPresence TagShare Tanh WeightedSum WrittenOption analyse document_schema from_function"
        " import_rules load_document prompt"
    ),
    "medreward.rewards.presets": "PRESETS Preset",
    "medreward.rollouts": "diff score",
    "medreward.scoring": (
        "Diff Explanation GroupLens InputSettings Scorer Scores Slice Summary advantages explain"
        " logged_reward score_one"
    ),
    "medreward.text": "Choice OptionSet TagSet choose options_in",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "PRESETS",
    "Analysis",
    "AnswerLabels",
    "AnswerLength",
    "AnswerLetter",
    "Choice",
    "Clip",
    "Coalesce",
    "ColumnValue",
    "CompletionLength",
    "Constant",
    "ContainedLabels",
    "Diff",
    "Document",
    "DocumentError",
    "EqualText",
    "Explanation",
    "ExtraneousText",
    "FirstOf",
    "Gate",
    "GoldHolds",
    "GroupLens",
    "Holds",
    "InputError",
    "InputSettings",
    "Ladder",
    "LengthBand",
    "LengthCosine",
    "MapRange",
    "MathGold",
    "MathRuled",
    "MathVerified",
    "Maximum",
    "MedrewardError",
    "Minimum",
    "MissingExtraError",
    "NonEmptyReasoning",
    "OptionSet",
    "OutputError",
    "PartialCredit",
    "PassBonus",
    "Preset",
    "Product",
    "ReasoningLength",
    "RelativeLength",
    "Repetition",
    "Reward",
    "RuleError",
    "Scale",
    "ScannedLetter",
    "Scorer",
    "Scores",
    "Slice",
    "SoftOverlong",
    "Summary",
    "TagCredit",
    "TagPresence",
    "TagSet",
    "TagShare",
    "Tanh",
    "TrainingError",
    "UsageError",
    "WeightedSum",
    "WrittenOption",
    "__version__",
    "advantages",
    "analyse",
    "choose",
    "diff",
    "document_schema",
    "explain",
    "from_function",
    "import_rules",
    "load_document",
    "logged_reward",
    "options_in",
    "prompt",
    "score",
    "score_one",
]


if not TYPE_CHECKING:  # or every misspelt name would be an object to type checkers

    def __getattr__(name: str) -> object:
        if name not in _HOME_OF:
            raise AttributeError(f"module 'medreward' has no attribute {name!r}")
        value = globals()[name] = getattr(importlib.import_module(_HOME_OF[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
