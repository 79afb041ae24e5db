"""Many rows at once, in memory."""

from __future__ import annotations

from medreward.scoring.diff import Diff, diff, logged_reward
from medreward.scoring.explain import Explanation, explain, score_one
from medreward.scoring.groups import GroupLens, advantages
from medreward.scoring.scorer import Scorer
from medreward.scoring.scores import Scores
from medreward.scoring.settings import InputSettings
from medreward.scoring.slices import Slice
from medreward.scoring.summary import Summary

__all__ = [
    "Diff",
    "Explanation",
    "GroupLens",
    "InputSettings",
    "Scorer",
    "Scores",
    "Slice",
    "Summary",
    "advantages",
    "diff",
    "explain",
    "logged_reward",
    "score_one",
]
