"""Whether a body is there, and says enough."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from medreward.spec import Whole
from medreward.text.buffer import Mask
from medreward.text.facts.base import Predicate
from medreward.text.facts.bodies import AnyBody, Body
from medreward.text.facts.lengths import count_words
from medreward.text.reading import Reading

__all__ = ["HasBody"]


class HasBody(Predicate):
    """There is such a body, of at least so many words.

    Args:
        body: which stretch of the text is looked for.
        least_words: how many words, as ``str.split`` finds them, it must hold; 0 takes any, 1 one that is not blank.
    """

    kind: Literal["has_body.v1"] = "has_body.v1"
    body: AnyBody = Body()
    least_words: Whole = Field(default=0, ge=0)

    def read(self, reading: Reading) -> Mask:
        """Whether each row has one."""
        bodies = reading[self.body]
        enough = np.ones(len(bodies.row), np.bool_)
        if self.least_words == 1:
            enough = ~bodies.is_blank()
        elif self.least_words:
            enough = count_words(bodies.spans) >= self.least_words
            enough[bodies.mixed] = count_words(bodies.rewritten) >= self.least_words
        found = np.zeros(len(reading), np.bool_)
        found[bodies.row[enough]] = True
        return found
