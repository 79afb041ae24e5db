"""The commonest ways to state a label, known without the whole grammar: ``B. text``, ``so the answer is B``.

What is told here is what the whole grammar would say, in less time: one label, where it stands by itself at the start
or ends a claim about the answer, and no other word can change it. Words that could (a question, a taking back, another
letter, a denial that stands by itself) leave the body to the whole grammar.
"""

from __future__ import annotations

import re
from functools import lru_cache

from medreward.text.choice.cut import Cut
from medreward.text.choice.forms import Choice
from medreward.text.choice.lexicon import Lexicon
from medreward.text.choice.names import names_of
from medreward.text.choice.visible import SIGNS
from medreward.text.options import OptionSet

__all__ = ["own_text", "plain_choice"]

_LABEL_AND_TEXT = re.compile(r"(?:([A-Z])[.):]|\(([A-Z])\)[.:]?+) ++([A-Za-z0-9].*+)")
_EDGES = ". \n"
_NO_WORD = dict.fromkeys(code for code in range(128) if not chr(code).isalnum())


def own_text(body: str, options: OptionSet) -> Choice | None:
    """The choice of a body that is a label and its own option's text, ``B. Viral pneumonia``; else None.

    Needs no tokens where all is ASCII, no two options have the same words, and none has words with which the body begins.
    """
    found = _LABEL_AND_TEXT.fullmatch(body.strip(_EDGES)) if body.isascii() else None
    if found is None or (label := found[1] or found[2]) not in options.labels:
        return None
    own, text = options.texts[options.labels.index(label)], found[3].lower()
    if own is None or own.strip(_EDGES).lower() != text or not text[-1].isalnum() or SIGNS.search(text):
        return None
    texts = [(text or "").lower() for text in options.texts]
    joined = "".join(texts)
    if "\\" in joined or not joined.isascii() or names_of(options.labels).find(text) is not None:
        return None
    words, key = [text.translate(_NO_WORD) for text in texts], text.translate(_NO_WORD)
    clear = words.count(key) == 1 and not (label.lower() + key).startswith(tuple(filter(None, words)))
    return _choice(label, "with_text") if clear else None


_LABEL = r"q*+(?:[LA]|\([LA]\))q*+"
_HARMLESS = (
    r"(?:[^LAXTSPY#GgkRC?nwq(~]|(?<!:)A(?=[xfEvaoyκτηχμψ])|A(?=x)|n(?=[a-zA-Z5Α-Ωα-ω])|\((?![LAX])|q(?![LAX]))*+"
)
"""Kinds that change nothing behind a label: an article, a "no" before a word, but no other label and no verdict."""
_NEXT = (
    r"(?!q*+(?:[^xz.,:()\nwnN9]*+[wnN9]|[fΔmδA3lH]*+[iIrQZ5W@]|[fc]*+(?:[O7uU46FJ12dt8@HWΦξ;3~%]|[zΠ][12J])))"
    r"q*+(?=[^gq.,:\n)(|-])" + _HARMLESS
)
"""What may begin behind a label and its separator: no verdict, no condition, nobody else."""
_BEFORE = (
    r"(?:(?:[fΔΘδκητχΛxzΠhyi&uvmpEsraoVce5]|(?<!:)A(?=[xfEvaoyκτηχμψ])|A(?=x)|n(?=[a-zA-Z5Α-Ωα-ω])"
    r"|O(?![^,.\n]{0,34}[vtKGsZ%]))*+[.,\n])*+"
)
"""Clauses that may lead up to a claim: no condition, nobody who claims it."""
_BEHIND = rf"(?:[.\n]?+$|[.,\n]{_NEXT}$|z(?![1J]){_HARMLESS}$)"

_LEADING = re.compile(
    rf"(?P<option>f*+of*+(?=q*+[LA]q*+[^,]))?+q*+(?P<label>[LA])q*+"
    rf"(?:[.,)\n-]{_NEXT}|:q*+f*+[xz](?![1J]){_HARMLESS})$"
    rf"|q*+\((?P<bracketed>[LA])\)q*+[.,:\n]?+q*+f*+[xz](?![1J]){_HARMLESS}$"
)
_CLAIM = re.compile(rf"{_BEFORE}[frz7]*+a[f]*+[i:]f*+(?P<label>{_LABEL}){_BEHIND}")
_AMONG = re.compile(r"(?:^|[.\n])Π[^.\n]*+$")
"""``In children, so B``: a condition."""
_ENDING = re.compile(rf"{_BEFORE}f++(?P<label>{_LABEL})\.?+$")


def plain_choice(text: str, cut: Cut, lexicon: Lexicon) -> Choice | None:
    """The choice of a text that plainly states one label, by the kinds of its tokens; else None.

    No option's text may stand in the body, and one label is asked for.
    """
    kinds = cut.kinds
    if found := _LEADING.match(kinds):
        form = "stated" if found["option"] else "with_text"
        at = found.start("label" if found["label"] else "bracketed")
    elif found := _CLAIM.match(kinds) or (_ENDING.match(kinds) if _AMONG.search(kinds) is None else None):
        form, at = "stated", found.start("label") + _letter(found["label"])
    else:
        return None
    if text.lstrip()[:7].casefold().startswith(("none", "neither")):
        return None
    token = cut.token(at)
    label = lexicon.chunks.label_of(token)
    return None if label is None or not (kinds[at] == "L" or token.isupper()) else _choice(label, form)


@lru_cache(maxsize=512)
def _choice(label: str, form: str) -> Choice:
    return Choice((label,), form, "", None, (label,))


def _letter(words: str) -> int:
    return max(words.find("L"), words.find("A"))
