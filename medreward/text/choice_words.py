r"""The words of the choice grammar: a body becomes tokens, and every token gets a kind.

A kind is one character, so that a body's kinds form a string that the grammar in ``choice.py`` can match:

=====  ==========================================  =====  =====================================
kind   tokens                                      kind   tokens
=====  ==========================================  =====  =====================================
``L``  a label                                     ``n``  not, no, never, without, unlike
``A``  a label that is also a word: a, i           ``N``  isn't, cannot, doesn't
``X``  a letter or number that is no label         ``c``  but, however, rather
``f``  the, my, so, probably                       ``z``  because, since, in, from
``a``  answer, diagnosis                           ``|``  or, /
``o``  option, choice                              ``&``  and, +
``i``  is, would-be, it's                          ``,``  a comma
``I``  are, were                                   ``:``  a colon
``m``  would, must, may                            ``.``  the end of a sentence
``p``  it, this                                    ``?``  the end of a question
``u``  I, we                                       ``/n`` the end of a line (kind ``\n``)
``v``  choose, think, shows                        ``(``  an opening bracket, ``)`` a closing one
``y``  with, for, to                               ``-``  a dash between words
``r``  correct, best                               ``h``  a hyphen inside a word
``w``  wrong, excluded                             ``q``  quotes, emphasis, LaTeX (dropped)
``d``  if, whether
``g``  a species, as in ``C. difficile``           ``S``  a quoted label, ``P`` a bracketed one
``e``  instead                                     ``T``  an option's text
=====  ==========================================  =====  =====================================

Anything else is ``x``.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from medreward.text.options import OptionSet

__all__ = [
    "ALL_OF",
    "INVISIBLE",
    "NONE_OF",
    "REFUSAL",
    "Lexicon",
    "Names",
    "Tagged",
    "lexicon_of",
    "names_of",
    "plain",
    "tag",
]

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]++"
)
"""Unicode's default-ignorable code points."""

TOKEN = re.compile(
    r"[\n\u2028\u2029]"
    r"|\d++(?:[.,]\d++)++"
    r"|[^\W_](?:[^\W_]|'(?=[^\W_])|[\u0300-\u036f\u20d0-\u20f0])*+"
    r"|\ ?(?:-{1,3}+|–{1,3}+|[−‐‑])\ ?"
    r"|\\[A-Za-z]{1,12}+"
    r"|\S"
)
"""One token. Spaces between tokens are skipped."""

_WORDS = {
    "f": "the my our your an this so then therefore thus hence ergo final finally most more probably "
    "likely maybe perhaps possibly presumably definitely clearly certainly surely obviously simply "
    "just only actually really very single one overall well ok okay sure now either both alone",
    "a": "answer answers ans solution response diagnosis conclusion verdict result impression",
    "o": "option options choice choices letter alternative selection pick statement",
    "i": "is was be been equals = it's that's this's answer's seems appears remains becomes",
    "I": "are were",
    "m": "would should must will could may might can has have had",
    "p": "it that which",
    "u": "i'd i'll i'm i've we we'd we'll let's",
    "v": "choose chose chosen choosing select selects selected selecting picked go goes going opt opting "
    "vote prefer think believe say suggest suggests suggesting recommend conclude guess bet indicate "
    "indicates show shows showing demonstrates demonstrate reveal reveals support supports point "
    "points confirm confirms favor favors favour consistent compatible suggestive represents "
    "diagnostic answering mark",
    "y": "with for to of towards toward",
    "r": "correct right best true accurate appropriate suitable proper",
    "w": "wrong incorrect false excluded eliminated eliminate exclude ruled rule out unlikely improbable "
    "implausible impossible rejected reject inaccurate inappropriate untrue excluding eliminating "
    "discard discarded",
    "n": "not no never neither nor without except unlike than",
    "N": "isn't aren't wasn't weren't won't wouldn't can't cannot couldn't shouldn't don't doesn't didn't "
    "hasn't mustn't",
    "e": "instead",
    "c": "but however rather although though while whereas unless",
    "z": "because since due given as who where when in by from based according after before here there "
    "over on at per via also too among",
    "d": "if whether",
    "g": "cereus anthracis pertussis burgdorferi fragilis henselae difficile botulinum perfringens tetani "
    "trachomatis albicans diphtheriae jejuni neoformans coli faecalis granulosus histolytica "
    "tularensis vaginalis lamblia pylori influenzae ducreyi elegans baumannii fumigatus lumbricoides "
    "dermatitidis immitis melitensis abortus",
    "|": "or vs versus /",
    "&": "and plus & +",
    ",": ", 、 ，",
    ":": ": ：",
    ".": ". ! ; 。 ！ ； … ।",
    "?": "? ？",
    "\n": "",
    "(": "( [ （ ［ 【 〔 〈 《",
    ")": ") ] ） ］ 】 〕 〉 》",
    "q": "* _ ` $ { } \" ' “ ” ‘ ’ „ ‚ « » ‹ › 「 」 『 』 # ｛ ｝ \\ \x00 \\boxed \\fbox \\text \\textbf \\textrm "
    "\\textit \\mathrm \\mathbf \\mathsf \\mathit \\bf \\rm",
}
_DASHES = ("-", "--", "---", "–", "––", "–––", "−", "‐", "‑")


def _table() -> dict[str, str]:
    table = {word: kind for kind, words in _WORDS.items() for word in words.split()}
    table |= {"\n": "\n", "\u2028": "\n", "\u2029": "\n", "\x00": "q", "—": "-", "―": "-", "a": "f", "i": "u"}
    table |= {dash: "h" if len(dash) == 1 else "-" for dash in _DASHES}
    return table | {edge.replace("_", dash): "-" for dash in _DASHES for edge in (" _", "_ ", " _ ")}


_KINDS = _table()
_NO_LABELS = {name: "X" for name in (*string.ascii_lowercase, *map(str, range(100))) if name not in "ai"}
PUNCTUATION = frozenset(token for token, kind in _KINDS.items() if kind in ",:.?\n()-hq" and token != "h") | {"/"}
"""Tokens that do not count when an option's text is looked for."""

_WHAT = r"(?:above|below|options?|choices?|answers?|alternatives|these|those|them|following|listed)"
NONE_OF = re.compile(
    rf"(?:none|neither|no one|not any)(?: of)?(?: the| these| those)?(?: \w+)? {_WHAT}\b"
    rf"|no (?:correct|right|valid) {_WHAT}|^none$|^neither$"
    r"|not (?:listed|provided|given|among|included|one of)(?: in| among)?(?: the| these| any)?(?: of)?"
    rf"(?: \w+)? {_WHAT}\b"
)
"""Words that turn down every option, on folded words with single spaces."""
ALL_OF = re.compile(rf"\b(?:all|both|each|any) (?:of )?(?:the |these |those )?(?:\w+ )?{_WHAT}\b|^(?:all|both)$")
"""Words that take every option."""
REFUSAL = re.compile(
    r"\b(?:don't|do not|cannot|can't|could not|couldn't|can not|unable to|not able to|impossible to|not possible to"
    r"|hard to) (?:\w+ )?(?:know|tell|say|determine|answer|decide|choose|identify|see|assess|select|conclude|provide"
    r"|be determined|be answered|interpret|diagnose)\b"
    r"|\b(?:insufficient|inadequate|limited|no|not enough|lack of|more|additional|further) (?:\w+ )?"
    r"(?:information|data|context|details?|answer|idea|image)\b"
    r"|\binformation (?:\w+ ){0,2}(?:is )?(?:not|insufficient|unavailable|missing)"
    r"|\b(?:not sure|not certain|unsure|uncertain|unclear|no idea|undetermined|indeterminate|not provided|not available"
    r"|not applicable|not given|need (?:the |an? )?(?:graph|image|figure|picture|more)|sorry|as an ai|refuse)\b"
    r"|^(?:n a|na|unknown|idk|null|nil|undefined|not known|pass|skip)$"
)
"""Words of somebody who does not answer."""

_SMALL = ("<super>", "<sub>")


def plain(text: str) -> str:
    """The text with compatibility letters (full-width, circled, bold) as plain ones; superscripts stay."""
    if any(unicodedata.decomposition(char).startswith(_SMALL) for char in text):
        return text
    return unicodedata.normalize("NFKC", text)


class Names:
    """How the labels of one question may be written: as they are, or in another case where that tells them apart."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        folded = [label.casefold() for label in labels]
        self.labels = labels
        self.exact = {label: label for label in labels}
        self.folded = {key: label for key, label in zip(folded, labels, strict=True) if folded.count(key) == 1}
        self.blind = len(self.folded) == len(labels)
        self.longest = max(map(len, labels), default=0)

    def find(self, text: str) -> str | None:
        """The label that this text is, if it is one."""
        if len(text) > 2 * self.longest:
            return None
        return self.exact.get(text) or self.folded.get(text.casefold())


@lru_cache(maxsize=512)
def names_of(labels: tuple[str, ...]) -> Names:
    """The names of these labels."""
    return Names(labels)


@lru_cache(maxsize=512)
def _kinds_for(labels: tuple[str, ...]) -> dict[str, str]:
    """The kind of every folded token, for these labels."""
    own = dict.fromkeys((label.casefold() for label in labels), "L")
    other = dict.fromkeys(string.ascii_lowercase if any(len(label) == 1 for label in labels) else "", "X")
    other |= dict.fromkeys(map(str, range(100)), "X") if all(map(str.isdigit, labels)) else {}
    return other | _KINDS | own | {word: "A" for word in own if word in ("a", "i")}


def words_in(folded: list[str]) -> tuple[str, ...]:
    """The tokens that are no punctuation."""
    return tuple([token for token in folded if token not in PUNCTUATION])


def _fold(text: str) -> list[str]:
    return [token.casefold() for token in TOKEN.findall(text)]


class _Phrase(NamedTuple):
    """Words that are looked for in a body as one: an option's text, or a label of several words."""

    words: str
    count: int
    labels: tuple[str, ...]
    kind: str

    @classmethod
    def of(cls, words: tuple[str, ...], labels: tuple[str, ...], kind: str) -> _Phrase:
        return cls(f" {' '.join(words)} ", len(words), labels, kind)


class Lexicon:
    """What the options of one question look like in a body.

    Args:
        options: the options.
    """

    def __init__(self, options: OptionSet) -> None:
        self.names = names_of(options.labels)
        self.kinds = _kinds_for(options.labels)
        self.texts = {label: text for label, text in zip(options.labels, options.texts, strict=True) if text}
        self.strict: dict[str, list[str]] = {}
        self.loose: dict[tuple[str, ...], list[str]] = {}
        for label, text in self.texts.items():
            self.strict.setdefault(" ".join(text.casefold().split()), []).append(label)
            self.loose.setdefault(words_in(_fold(INVISIBLE.sub("", text).replace("’", "'"))), []).append(label)
        self.loose.pop((), None)
        named = {words_in(_fold(label)): label for label in options.labels}
        texts = [_Phrase.of(words, tuple(of), "T") for words, of in self.loose.items() if not self._is_label(words)]
        names = [_Phrase.of(words, (label,), "L") for words, label in named.items() if len(words) > 1]
        self.phrases = sorted(texts + names, key=lambda phrase: -phrase.count)

    def _is_label(self, words: tuple[str, ...]) -> bool:
        return len(words) == 1 and self.kinds.get(words[0], "x") in "LA"


@lru_cache(maxsize=512)
def lexicon_of(options: OptionSet) -> Lexicon:
    """The lexicon of these options."""
    return Lexicon(options)


@dataclass(slots=True)
class Tagged:
    """A body as the grammar sees it.

    Args:
        kinds: one character a token; ``M`` for each accepted mention of a label or an option's text.
        first: for each kind, the number of its first token in the body.
        last: for each kind, the number of its last token in the body.
        means: for each place of an ``M`` the labels it means, None standing for a label that is not offered.
        texts: the places of the mentions that are option texts.
        wrapped: the places of the mentions that are labels in brackets, quotes or emphasis.
    """

    kinds: str
    first: list[int]
    last: list[int]
    means: dict[int, tuple[str | None, ...]] = field(default_factory=dict)
    texts: set[int] = field(default_factory=set)
    wrapped: set[int] = field(default_factory=set)


def tag(text: str, raw: list[str], folded: list[str], words: tuple[str, ...], lexicon: Lexicon) -> Tagged:
    """The kinds of a text's tokens, and the mentions among them."""
    kinds = "".join([lexicon.kinds.get(token, "x") for token in folded])
    meant: dict[int, tuple[str | None, ...]] = {}
    if not text.isascii() or not lexicon.names.blind or lexicon.names.longest > 1:
        kinds = _respelt(kinds, raw, lexicon)
    first = last = list(range(len(kinds)))
    found = _phrases(folded, words, lexicon) if lexicon.phrases else []
    if found:
        kinds, first, last, meant = _merged(kinds, found)
    if "q" in kinds or "(" in kinds:
        kinds, first, last, meant = _unwrapped(kinds, first, last, meant)
    return _accepted(Tagged(kinds, first, last, meant), raw, lexicon)


def _respelt(kinds: str, raw: list[str], lexicon: Lexicon) -> str:
    """Labels in compatibility letters, labels where case matters."""
    out = list(kinds)
    for place, token in enumerate(raw):
        if out[place] == "x" and len(token) < 5 and not token.isascii():
            spelt = plain(token)
            bare = spelt.strip("().")
            if lexicon.names.find(bare):
                out[place] = "L" if bare == spelt else "S"
        elif out[place] in "LA" and not lexicon.names.find(token):
            out[place] = "x"
    return "".join(out)


_Found = list[tuple[int, int, tuple[str, ...], str]]


def _phrases(folded: list[str], words: tuple[str, ...], lexicon: Lexicon) -> _Found:
    """Where option texts and labels of several words stand: first token, last token, labels, kind; longest first."""
    joined = f" {' '.join(words)} "
    present = [phrase for phrase in lexicon.phrases if phrase.words in joined]
    if not present:
        return []
    places = [place for place, token in enumerate(folded) if token not in PUNCTUATION]
    taken = bytearray(len(places))
    found: _Found = []
    for phrase in present:
        for start in _word_numbers(joined, phrase.words):
            end = start + phrase.count
            if not (taken[start] or taken[end - 1]):  # what is taken is at least as long as this
                taken[start:end] = b"\1" * phrase.count
                found.append((places[start], places[end - 1], phrase.labels, phrase.kind))
    return sorted(found)


def _word_numbers(joined: str, phrase: str) -> Iterator[int]:
    """The number of the word at which each occurrence of the phrase starts."""
    at, seen, number = joined.find(phrase), 0, 0
    while at >= 0:
        number += joined.count(" ", seen, at)
        seen = at
        yield number
        at = joined.find(phrase, at + 1)


def _merged(kinds: str, found: _Found) -> tuple[str, list[int], list[int], dict[int, tuple[str | None, ...]]]:
    """Each phrase as one token."""
    parts: list[str] = []
    first: list[int] = []
    last: list[int] = []
    meant: dict[int, tuple[str | None, ...]] = {}
    done = 0
    for start, end, labels, kind in found:
        parts += (kinds[done:start], kind)
        first += (*range(done, start), start)
        last += (*range(done, start), end)
        meant[len(first) - 1] = labels
        done = end + 1
    parts.append(kinds[done:])
    first += range(done, len(kinds))
    last += range(done, len(kinds))
    return "".join(parts), first, last, meant


_QUOTED, _BRACKETED = re.compile("(?<=q)[LAX](?=q)"), re.compile(r"(?<=\()[LAXS](?=\))")


def _unwrapped(
    kinds: str, first: list[int], last: list[int], meant: dict[int, tuple[str | None, ...]]
) -> tuple[str, list[int], list[int], dict[int, tuple[str | None, ...]]]:
    """Quotes and emphasis dropped, brackets round one label too; a wrapped label is a strong one, ``S`` or ``P``."""
    for wrapped, strong in ((_QUOTED, "S"), (_BRACKETED, "P")):
        new = list(kinds)
        for match in wrapped.finditer(kinds):
            at = match.start()
            new[at] = strong if kinds[at] != "X" else "Y"
            if strong == "P":
                new[at - 1] = new[at + 1] = "q"
        kinds = "".join(new)
        if "q" in kinds:
            keep = [place for place, kind in enumerate(kinds) if kind != "q"]
            meant = {new_place: meant[old] for new_place, old in enumerate(keep) if old in meant}
            first, last = [first[place] for place in keep], [last[place] for place in keep]
            kinds = kinds.replace("q", "")
    return kinds, first, last, meant


_CANDIDATE = re.compile("[LAXTSPY]")
_NEXT_TO_WORD = {"L": "xhXr", "X": "xhXrL", "T": "xhXr", "S": "", "P": "", "Y": "", "A": "xhXrfvwoaudTpy"}
_CHAIN = re.compile("[,|&]*+")


def _accepted(tagged: Tagged, raw: list[str], lexicon: Lexicon) -> Tagged:
    """Candidates become ``M`` where they are no part of a phrase such as "vitamin K" or "a fracture"."""
    kinds = tagged.kinds
    out = list(kinds)
    live: list[int] = []
    previous, is_dead = -1, False  # the candidate before, and was it part of a phrase? For "hepatitis A, B or C"
    for match in _CANDIDATE.finditer(kinds):
        at, kind = match.start(), match.group()
        before, after = kinds[at - 1 : at] if at else "", kinds[at + 1 : at + 2]
        token = raw[tagged.first[at]]
        joined = _CHAIN.fullmatch(kinds, previous + 1, at) is not None and previous + 1 < at
        chained = is_dead and joined and kind in "LXA"
        if kind == "A":
            fits = _is_weak_label(token, before, after, raw[tagged.first[at + 1]] if after else "")
        else:
            fits = not (after and after in _NEXT_TO_WORD[kind]) and kinds[at + 1 : at + 3] != ".g"
        if fits and not chained and not (before and before in "xh" and kind in "LAXT"):
            out[at] = "M"
            live.append(at)
        else:
            out[at] = {"A": "f" if token in "aA" else "u"}.get(kind, "x")
            if kind in "LX" and joined and not is_dead and before in "|&" and live:
                out[live.pop()] = "x"
        is_dead = (
            out[at] == "x" if kind in "LX" else out[at] != "M" and token == "A" and before in "xh" and before != ""
        )
        previous = at
    for at in live:
        tagged.means[at] = tagged.means.get(at) or (lexicon.names.find(plain(raw[tagged.first[at]]).strip("().")),)
        if kinds[at] == "T":
            tagged.texts.add(at)
        elif kinds[at] in "SP":
            tagged.wrapped.add(at)
    tagged.means = {at: tagged.means[at] for at in live}
    tagged.kinds = "".join(out)
    return tagged


def _is_weak_label(token: str, before: str, after: str, following: str) -> bool:
    """Is this a or i the label, rather than the article or the pronoun?"""
    if after and after in _NEXT_TO_WORD["A"]:
        return after == "T" and token == "A" and following[:1].isupper()
    if token in "iI" and after and after in "mnNuI":
        return False
    return token.isupper() or ((before in "io:va" or before in ",|&") and after in ")\n.,?|&-(")
