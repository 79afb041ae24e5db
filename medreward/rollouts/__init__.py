"""Files in and out: rollout files are found, read in batches, scored, and published whole."""

from __future__ import annotations

from medreward.rollouts.explain_row import explain_row
from medreward.rollouts.inspection import Inspection, inspect
from medreward.rollouts.score import diff, score
from medreward.rollouts.score_files import FileScores, score_files
from medreward.rollouts.verification import Verification, verify

__all__ = [
    "FileScores",
    "Inspection",
    "Verification",
    "diff",
    "explain_row",
    "inspect",
    "score",
    "score_files",
    "verify",
]
