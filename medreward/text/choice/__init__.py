"""How a choice is stated: the grammar that reads the text inside ``<answer>`` as a careful human would.

A body that is one label, bare or wrapped, is decided at once (``alone.py``). Any other body is normalised
(``visible.py``), becomes tokens with kinds (``words.py``, ``languages/``), mentions of labels and option texts
(``tokens.py``), statements that affirm, deny, ask or only mention (``statements.py``), and last a commitment
(``commitment.py``): exactly one label affirmed, or none. Every step is linear in the body's length.
"""

from __future__ import annotations

from medreward.text.choice.alone import label_alone
from medreward.text.choice.forms import FORMS, MAX_BODY, REASONS, WHY, Choice, Select
from medreward.text.choice.reader import choose, read_choice

__all__ = ["FORMS", "MAX_BODY", "REASONS", "WHY", "Choice", "Select", "choose", "label_alone", "read_choice"]
