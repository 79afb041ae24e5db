"""How answers are stated, as data: hand-labelled cases, and the accuracy of any extractor on them."""

from __future__ import annotations

from medreward.conformance.cases import CATEGORIES, EDITION, Answer, Case, load_cases
from medreward.conformance.run import Extractor, Outcome, Report, Tally, read_choice, run

__all__ = [
    "CATEGORIES",
    "EDITION",
    "Answer",
    "Case",
    "Extractor",
    "Outcome",
    "Report",
    "Tally",
    "load_cases",
    "read_choice",
    "run",
]
