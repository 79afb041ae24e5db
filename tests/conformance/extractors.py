"""Other people's extractors, for ``medreward conformance --callable tests.conformance.extractors:NAME``.

Each is called as its own evaluation calls it, on the body as it is; ``inspect_ai`` reads only text that says
``ANSWER:``, so that is put before the body. Their packages are imported when they are called, and are installed for
this alone. Two that do not look at the body say what the suite gives for nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

from medreward.conformance import load_cases

Options = Mapping[str, str | None]


def math_verify(body: str, options: Options, select: str) -> str | None:
    """``math_verify.parse`` with the labels as its strings; what it finds first."""
    parser: Any = importlib.import_module("math_verify.parser")
    targets = [parser.StringExtractionConfig(strings=tuple(options))]
    found = importlib.import_module("math_verify").parse(body, targets, parsing_timeout=None)
    return _spelt(str(found[0]), options) if found else None


def inspect_ai(body: str, options: Options, select: str) -> Iterable[str]:
    """``inspect_ai``'s multiple-choice solver on ``ANSWER: `` and the body."""
    solver: Any = importlib.import_module("inspect_ai.solver._multiple_choice")
    state = SimpleNamespace(output=SimpleNamespace(completion=f"ANSWER: {body}"), choices=list(options))
    return [_spelt(label, options) for label in solver.parse_answers(state, select == "many")]


def _key(body: str, options: Options) -> tuple[object, ...]:
    return (body, *options.items())


@cache
def _lm_eval_found() -> dict[tuple[object, ...], str]:
    """What the filter of lm-eval's zero-shot MMLU tasks, ``flexible-extract``, finds in every case.

    It is given all cases at once, as an evaluation gives it all answers: each call makes a table of all of Unicode's
    punctuation first. Labels are A to Z to it, so that questions with more are not given.
    """
    filters: Any = importlib.import_module("lm_eval.filters.extraction")
    chosen = filters.MultiChoiceRegexFilter(
        regex_pattern=r"(\([A-Z]\))", group_select=-1, ignore_case=True, ignore_punctuation=True
    )
    cases = [case for case in load_cases() if len(case.options) <= 26]
    documents = [{"choices": [text or f"choice {label}" for label, text in case.options.items()]} for case in cases]
    found = chosen.apply([[case.body] for case in cases], documents)
    return {_key(case.body, case.options): str(one[0]) for case, one in zip(cases, found, strict=True)}


def lm_eval(body: str, options: Options, select: str) -> str | None:
    """``lm_eval``'s ``multi_choice_regex`` filter, on the cases of the suite; its label is a letter by place."""
    found = _lm_eval_found().get(_key(body, options), "[invalid]")
    return None if found == "[invalid]" else _spelt(found.strip("()"), options)


def lighteval(body: str, options: Options, select: str) -> str | None:
    """``lighteval``'s extraction of indices, without an anchor too, as its GPQA task does."""
    match: Any = importlib.import_module("lighteval.metrics.utils.extractive_match_utils")
    language = importlib.import_module("lighteval.utils.language").Language.ENGLISH
    prefix = "Numbers" if all(label.isdigit() for label in options) else "Letters"
    config = match.IndicesExtractionConfig(prefix_for_extraction=prefix, try_extract_without_anchor=True)
    document = SimpleNamespace(choices=list(options))
    patterns = match.get_extraction_regexes(document, [config], language)
    found = match.extract_target_from_pred(body, patterns, "no_fallback", "any_match", 5)
    return _spelt(str(found[0]), options) if found else None


def second_label(body: str, options: Options, select: str) -> str:
    """The second label whatever the body says: what knowing nothing of the body is worth."""
    return list(options)[1]


def nothing(body: str, options: Options, select: str) -> None:
    """No label whatever the body says."""


def _spelt(label: str, options: Options) -> str:
    """A label as the options spell it, whatever its case."""
    label = label.strip()
    return next((name for name in options if name == label), None) or next(
        (name for name in options if name.casefold() == label.casefold()), label
    )
