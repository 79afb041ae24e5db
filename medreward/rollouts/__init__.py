"""Files in and out: rollout files are found, read in batches, scored, and published whole."""

from __future__ import annotations

from medreward.rollouts.explain_row import explain_row
from medreward.rollouts.score import diff, score
from medreward.rollouts.score_files import FileScores, score_files

__all__ = ["FileScores", "diff", "explain_row", "score", "score_files"]
