"""The paper's prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from medreward.text.options import OptionSet
from medreward.text.prompt_options import TASK

__all__ = ["prompt"]


def prompt(question: str, options: Sequence[str] | Mapping[str, str]) -> str:
    """What the model is asked in MedVLM-R1: the question, its options, and three instructions.

    Args:
        question: the question.
        options: option texts, labelled A, B, …; or a map from label to text.

    Returns:
        The prompt, one option a line as ``A) text``. The released code puts the same words in an indented template;
        the indentation is left out here.

    Raises:
        InputError: ``too_many_options``: more than 26 options in a list.

    Source:
        arXiv 2502.19634, Figure 1.

    Example:
        >>> print(prompt("What is shown?", ["Heart", "Lungs"]).split("Your task:")[0].strip())
        What is shown?
        A) Heart
        B) Lungs
    """
    if not isinstance(options, Mapping):
        options = dict(zip(OptionSet.listed(list(options)).labels, options, strict=False))
    return "\n".join([question, *(f"{label}) {text}" for label, text in options.items()), TASK])
