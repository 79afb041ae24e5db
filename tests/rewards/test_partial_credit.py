"""What bounds a ladder of credits."""

from __future__ import annotations

from medreward import PartialCredit
from medreward.rewards import Ladder


def test_bounds_run_from_the_credits_to_the_0_of_a_wrong_answer() -> None:
    low = Ladder(clean=0.25, wrapped=0.25, with_text=0.25, stated=0.25, text_only=0.25)
    assert PartialCredit(ladder=low).bounds() == (0.0, 0.25)
    below = Ladder(clean=-0.25, wrapped=-0.25, with_text=-0.25, stated=-0.25, text_only=-0.25)
    assert PartialCredit(ladder=below).bounds() == (-0.25, 0.0)
