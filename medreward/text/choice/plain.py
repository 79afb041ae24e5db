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
from medreward.text.choice.tokens import Found, merged
from medreward.text.choice.visible import SIGNS
from medreward.text.options import OptionSet

__all__ = ["own_text", "plain_choice"]

_LABEL_AND_TEXT = re.compile(r"(?:([A-Z])[.):]|\(([A-Z])\)[.:]?+) ++([A-Za-z0-9].*+)")
_EDGES = ". \n"
_NO_WORD = dict.fromkeys(code for code in range(128) if not chr(code).isalnum())
"""All of ASCII but letters and digits."""


def own_text(body: str, options: OptionSet) -> Choice | None:
    """The choice of a body that is a label and its own option's text, ``B. Viral pneumonia``; else None.

    It is told without tokens, and so only where all is ASCII, no other option has the same words, and the words that
    the body begins with are no option's.
    """
    found = _LABEL_AND_TEXT.fullmatch(body.strip().rstrip(_EDGES)) if body.isascii() else None
    if found is None or (label := found[1] or found[2]) not in options.labels:
        return None
    own, text = options.texts[options.labels.index(label)], found[3].lower()
    if own is None or own.strip().rstrip(_EDGES).lower() != text or not text[-1].isalnum() or SIGNS.search(text):
        return None
    texts = [(text or "").lower() for text in options.texts]
    joined = "".join(texts)
    if "\\" in joined or not joined.isascii() or names_of(options.labels).find(text) is not None:
        return None
    words, key = [text.translate(_NO_WORD) for text in texts], text.translate(_NO_WORD)
    clear = words.count(key) == 1 and not (label.lower() + key).startswith(tuple(filter(None, words)))
    return _choice(label, "with_text") if clear else None


_LABEL = r"q*+(?:[LA]|\([LA]\))q*+"
_DENIES = r"[n9](?=[a-pr-zA-Z5Α-Ωα-ω])"
"""A "no" before a word."""
_HARMLESS = rf"(?:[^LAXTSPY#GgkRC?n9wq(~]|(?<!:)A(?=[xfEvaoyκτηχμψ])|A(?=x)|{_DENIES}|\((?![LAX])|q(?![LAX]))*+"
"""Kinds that change nothing behind a label: an article, a denial, but no other label and no verdict."""
_REASON = r"z(?![fqr27]{0,3}[1JΛϟη])"
"""A "because" that is no "at first", "in my view", "as long as" or "on another day"."""
_SAID_BY = (
    r"(?:[^.,\n%ψωε]{0,7}+[%ψωε]|[^.,\nO]{0,7}+O[^.,\n]{0,34}[vtKGsZ%d]"
    r"|[^.,\n]{1,9}+(?<=[dtΦ0q])(?<![^dtΦ0]q)(?:[.,\n]|$))"
)
"""Who says so: ``B, the student said``."""
_NEXT = (
    r"(?!q*+(?:[^xz.,:()\nwnN9]*+[wnN9]|[fΔmδA3lH]*+[iIrQZ5W@]|[fc]*+(?:[O7uU46FJ12dt8@HWΦξ;3~%]|[zΠ][12Jϟη]))"
    rf"|[fc]*+e|{_SAID_BY})"
    r"q*+(?=[^gq.,:\n)(|-])" + _HARMLESS
)
"""What may begin behind a label and its separator: no verdict, no condition, nobody else."""
_BEFORE = (
    rf"(?:(?:[fΔΘδκητχΛxΠhyi&uvmpEsraoVce5]|(?<!:)A(?=[xfEvaoyκτηχμψ])|A(?=x)|z(?!Λ)|{_DENIES}"
    r"|O(?![^,.\n]{0,34}[vtKGsZ%]))*+[.,\n])*+"
)
"""Clauses that may lead up to a claim: no condition, nobody who claims it."""
_BEHIND = rf"(?:[.\n]?+$|[.,\n]{_NEXT}$|{_REASON}{_HARMLESS}$)"

_LEADING = re.compile(
    rf"(?P<option>f*+of*+(?=q*+[LA]q*+[^,]))?+q*+(?P<label>[LA])q*+"
    rf"(?:(?:[.,)]|\n++:?+|-(?![^x.,\n]{{0,4}}[rzJΛΩ])){_NEXT}|:q*+f*+(?:x|{_REASON}){_HARMLESS})$"
    rf"|q*+\((?P<bracketed>[LA])\)q*+[.,:\n]?+(?!{_SAID_BY})q*+f*+(?:x|{_REASON}){_HARMLESS}$"
)
_CLAIM = re.compile(rf"{_BEFORE}[frz7]*+a[f]*+[i:]f*+(?P<label>{_LABEL}){_BEHIND}")
_AMONG = re.compile(r"(?:^|[.\n])Π[^.\n]*+\.?+$")
"""``In children, so B``: a condition."""
_ENDING = re.compile(rf"{_BEFORE}f++(?P<label>{_LABEL})\.?+$")
_OF_MEDICINE = str.maketrans("§¶¥¢©¤°", "xxxxxxf")
"""Words that mean something only beside another label or text."""
_AGAIN = re.compile(r"(?:\n++:?+[LA])++\.?+$")
"""Lines behind the rest that hold a label and nothing else."""
_OWN = re.compile(r"(?:(?<=L)|(?<=[LA])[.,:)-]|(?<=[LA])(?=\())(?:\(T\)|T)(?=[.\n]|\)?$|,z(?![1JΛ]))")
"""An option's text behind a label, where nothing is said of it."""


def _without_own_texts(cut: Cut, found: Found, lexicon: Lexicon) -> str | None:
    """The kinds without options' texts that stand behind their labels; None where any other phrase is found."""
    kinds, _, _, meant = merged(cut.kinds, found)
    short = _OWN.sub("", kinds)
    if "T" in short or len(meant) > 1 or kinds.count("T") != 1:
        return None
    ((place, labels),) = meant.items()
    at = max(kinds.rfind("L", 0, place), kinds.rfind("A", 0, place))
    return short if labels == lexicon.chunks.meaning(cut.token(at)) else None


def plain_choice(text: str, cut: Cut, found: Found, lexicon: Lexicon) -> Choice | None:
    """The choice of a text that plainly states one label, by the kinds of its tokens; else None.

    Of options' texts only the label's own may stand in the body, behind the label, and one label is asked for.
    """
    kinds = _without_own_texts(cut, found, lexicon) if found else cut.kinds
    if kinds is None:
        return None
    kinds = kinds.translate(_OF_MEDICINE)
    again = _AGAIN.search(kinds)
    if again is not None:
        kinds = kinds[: again.start()]
    if again is not None and kinds in ("L", "A"):
        form, at = "stated", 0
    elif says := _LEADING.match(kinds):
        form = "stated" if says["option"] else "with_text"
        at = says.start("label" if says["label"] else "bracketed")
    elif says := _CLAIM.match(kinds) or (_ENDING.match(kinds) if _AMONG.search(kinds) is None else None):
        form, at = "stated", says.start("label") + _letter(says["label"])
    else:
        return None
    if text.lstrip()[:7].casefold().startswith(("none", "neither")):
        return None
    token = cut.token(at)
    label = lexicon.chunks.label_of(token)
    if again is not None:
        others = {cut.token(again.start() + i) for i, kind in enumerate(again[0]) if kind in "LA"} - {token}
        if others:
            return None
    return None if label is None or not (kinds[at] == "L" or token.isupper()) else _choice(label, form)


@lru_cache(maxsize=512)
def _choice(label: str, form: str) -> Choice:
    return Choice((label,), form, "", None, (label,))


def _letter(words: str) -> int:
    return max(words.find("L"), words.find("A"))
