"""The tokens of the choice grammar: a body cut up, a kind for each, and the labels and option texts among them."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from medreward.text.choice.names import names_of
from medreward.text.choice.together import ALONE
from medreward.text.choice.visible import INVISIBLE, undressed
from medreward.text.choice.words import is_punctuation, tokens_in, word_kinds
from medreward.text.options import OptionSet

__all__ = ["Lexicon", "Phrase", "Tagged", "kinds_of", "lexicon_of", "tag", "words_in"]

_KNOWN = 50_000
"""So many spellings of tokens are remembered for one set of labels."""
_ALSO_WORDS = frozenset("aiеаоивскуя")
"""Labels that are words too, whatever their case: articles, pronouns, Cyrillic conjunctions and prepositions."""
_SMALL_WORDS = frozenset("eoyuàé")
"""Labels that are words too where they are small letters."""


class _Kinds(dict[str, str]):
    """The kind of every token, for some labels; found once for each spelling."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names_of(tuple(map(undressed, labels))) if labels else names_of(labels)
        self.numbered = all(map(str.isdigit, labels))
        self.lettered = any(len(label) == 1 for label in labels)
        self.words = word_kinds()

    def __missing__(self, token: str) -> str:
        kind = self._kind(token)
        if len(self) < _KNOWN:
            self[token] = kind
        return kind

    def _kind(self, token: str) -> str:
        folded = token.casefold()
        if self.names.find(token) is not None:
            weak = folded in _ALSO_WORDS or (token in _SMALL_WORDS and self.words.get(folded, "x") != "x")
            return "A" if weak else "L"
        if len(token) == 1 and token in string.ascii_letters and self.lettered:
            return self.words.get(folded, "X") if token.islower() or folded in "ai" else "X"
        if token[0].isdigit():
            return "X" if self.numbered and len(token) < 3 and token.isascii() and token.isdigit() else "#"
        return self.words.get(folded, "x")


@lru_cache(maxsize=512)
def _kinds_for(labels: tuple[str, ...]) -> _Kinds:
    """The kind of every token, for these labels."""
    return _Kinds(labels)


def words_in(tokens: list[str]) -> tuple[str, ...]:
    """The folded tokens that are no punctuation."""
    kinds = word_kinds()
    return tuple([token for token in tokens if kinds.get(token, "x") not in _MARKS and token != "/"])


_MARKS = frozenset(",:.?\n()-hq")


def _fold(text: str) -> list[str]:
    return tokens_in((text if text.isascii() else undressed(INVISIBLE.sub("", text))).casefold())


class Phrase(NamedTuple):
    """Words that are looked for in a body as one: an option's text, or a label of several words."""

    words: str
    size: int
    labels: tuple[str, ...]
    kind: str
    key: str

    @classmethod
    def of(cls, words: tuple[str, ...], labels: tuple[str, ...], kind: str) -> Phrase:
        """A phrase of these words, for these labels."""
        return cls(f" {' '.join(words)} ", len(words), labels, kind, max(words, key=len))


@lru_cache(maxsize=512)
def _named(labels: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    """The words of each label."""
    return {words_in(_fold(label)): label for label in labels}


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
            self.loose.setdefault(words_in(_fold(text)), []).append(label)
        self.signs = self.loose.pop((), None) is not None
        self._meanings: dict[str, tuple[str | None]] = {}
        self.longest = max(map(len, self.strict), default=0)
        named = _named(options.labels)
        texts = [Phrase.of(words, tuple(of), "T") for words, of in self.loose.items() if not self._is_label(words)]
        names = [Phrase.of(words, (label,), "L") for words, label in named.items() if len(words) > 1]
        self.phrases = sorted(texts + names, key=lambda phrase: -phrase.size)

    def present(self, folded: str) -> list[Phrase]:
        """The phrases whose longest word stands in a folded text."""
        return [phrase for phrase in self.phrases if phrase.key in folded]

    def _is_label(self, words: tuple[str, ...]) -> bool:
        return len(words) == 1 and self.names.find(words[0]) is not None

    def meaning(self, token: str) -> tuple[str | None]:
        """What a token means that is a label or looks like one, remembered for those that are offered."""
        known = self._meanings.get(token)
        if known is None:
            known = (self.label_of(token),)
            if known[0] is not None:
                self._meanings[token] = known
        return known

    def label_of(self, token: str) -> str | None:
        """The label a token is, as the options spell it; None for one that is not offered."""
        label = self.names.find(token)
        if label is None:
            undressed_label = self.kinds.names.find(token)
            if undressed_label is not None:
                label = self.names.labels[self.kinds.names.labels.index(undressed_label)]
        return label


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
    first: Sequence[int]
    last: Sequence[int]
    means: dict[int, tuple[str | None, ...]] = field(default_factory=dict)
    texts: set[int] = field(default_factory=set)
    wrapped: set[int] = field(default_factory=set)


_NUMBERED = re.compile(r"#(?=[.)](?!$))")


def kinds_of(raw: list[str], lexicon: Lexicon) -> str:
    """The kinds of a text's tokens."""
    return "".join(map(lexicon.kinds.__getitem__, raw))


def tag(raw: list[str], kinds: str, present: list[Phrase], lexicon: Lexicon) -> Tagged:
    """The kinds of a text's tokens, and the mentions among them, of phrases those that may be present."""
    meant: dict[int, tuple[str | None, ...]] = {}
    if "#" in kinds:
        kinds = _NUMBERED.sub("\n", kinds).replace("#", "x")
    first: Sequence[int] = range(len(kinds))
    last = first
    if present:
        found = _phrases([token.casefold() for token in raw], present)
        if found:
            kinds, first, last, meant = _merged(kinds, found)
    if "q" in kinds or "(" in kinds:
        kinds, first, last, meant = _unwrapped(kinds, first, last, meant)
    tagged = Tagged(kinds, first, last, meant)
    if "T" in kinds:
        tagged.kinds = re.sub("T", lambda found: _remark(tagged, raw, found.start()) or "T", kinds)
    return _accepted(tagged, raw, lexicon)


_Found = list[tuple[int, int, tuple[str, ...], str]]


def _phrases(folded: list[str], phrases: list[Phrase]) -> _Found:
    """Where option texts and labels of several words stand: first token, last token, labels, kind; longest first."""
    joined = f" {' '.join(words_in(folded))} "
    present = [phrase for phrase in phrases if phrase.words in joined]
    if not present:
        return []
    places = [place for place, token in enumerate(folded) if not is_punctuation(token)]
    taken = bytearray(len(places))
    found: _Found = []
    for phrase in present:
        for start in _word_numbers(joined, phrase.words):
            end = start + phrase.size
            if not (taken[start] or taken[end - 1]):  # what is taken is at least as long as this
                taken[start:end] = b"\1" * phrase.size
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
    kinds: str, first: Sequence[int], last: Sequence[int], meant: dict[int, tuple[str | None, ...]]
) -> tuple[str, Sequence[int], Sequence[int], dict[int, tuple[str | None, ...]]]:
    """Quotes and emphasis dropped, brackets round one label too; a wrapped label is a strong one, ``S`` or ``P``."""
    for wrapped, strong in ((_QUOTED, "S"), (_BRACKETED, "P")):
        if wrapped.search(kinds):
            new = list(kinds)
            for match in wrapped.finditer(kinds):
                at = match.start()
                new[at] = strong if kinds[at] != "X" else "Y"
                if strong == "P":
                    new[at - 1] = new[at + 1] = "q"
            kinds = "".join(new)
        if "q" in kinds:
            keep = [place for place, kind in enumerate(kinds) if kind != "q"]
            if meant:
                meant = {new_place: meant[old] for new_place, old in enumerate(keep) if old in meant}
            first, last = [first[place] for place in keep], [last[place] for place in keep]
            kinds = kinds.replace("q", "")
    return kinds, first, last, meant


_CANDIDATE = re.compile("[LAXTSPY]")
_NEXT_TO_WORD = {"L": "xhXrg", "X": "xhXrL", "T": "xhX", "S": "", "P": "", "Y": "", "A": "xhXrfvVwoaudTpyg0t"}
_CHAIN = re.compile("[,|&]*+")
_PREDICATE_FOLLOWS = re.compile(r"r(?:$|[.,!?\n)&|(\-:iIdcmV])")


def _accepted(tagged: Tagged, raw: list[str], lexicon: Lexicon) -> Tagged:
    """Candidates become ``M`` where they are no part of a phrase such as "vitamin K" or "a fracture"."""
    kinds, first = tagged.kinds, tagged.first
    places = [match.start() for match in _CANDIDATE.finditer(kinds)]
    if not places:
        return tagged
    out, end = list(kinds), len(kinds) - 1
    live: list[int] = []
    previous, is_dead = -1, False  # the candidate before, and was it part of a phrase? For "hepatitis A, B or C"
    for at in places:
        kind, token = kinds[at], raw[first[at]]
        before = _NEIGHBOUR.get(kinds[at - 1], kinds[at - 1]) if at else ""
        after = _NEIGHBOUR.get(kinds[at + 1], kinds[at + 1]) if at < end else ""
        joined = previous + 1 < at and _CHAIN.fullmatch(kinds, previous + 1, at) is not None
        if kind == "A":
            fits = _is_weak_label(token, before, after, raw[first[at + 1]] if after else "")
        else:
            fits = _is_strong_label(kind, after, kinds, at)
        if fits and before == "|" and kinds[at - 2 : at - 1] == "x" and raw[first[at - 1]] == "/":
            fits = False  # a unit, such as mg/d
        is_part = (is_dead and joined and kind in "LXA") or (before in _PHRASES and kind in "LAXT")
        if fits and not is_part:
            out[at] = "M"
            live.append(at)
        else:
            out[at] = {"A": "f" if token in "aA" else "u"}.get(kind, "x")
            if kind in "LX" and joined and not is_dead and before in "|&" and live:
                out[live.pop()] = "x"
        is_dead = out[at] == "x" if kind in "LX" else out[at] != "M" and token == "A" and before in _PHRASES
        previous = at
    for at in live:
        if kinds[at] == "T":
            tagged.texts.add(at)
        elif kinds[at] in "SP":
            tagged.wrapped.add(at)
    tagged.means = {at: tagged.means.get(at) or lexicon.meaning(raw[first[at]]) for at in live}
    tagged.kinds = "".join(out)
    return tagged


_NEIGHBOUR = {chr(code): chr(kind) for code, kind in ALONE.items()}
_PHRASES = ("x", "h")
"""Behind a word or a hyphen a letter is part of a phrase."""


def _is_strong_label(kind: str, after: str, kinds: str, at: int) -> bool:
    """Is this letter, text, or letter in brackets no part of what follows it?"""
    if after == "r" and kind in "LX":
        return _PREDICATE_FOLLOWS.match(kinds[at + 1 : at + 3].translate(ALONE)) is not None
    return not (after and after in _NEXT_TO_WORD[kind]) and kinds[at + 1 : at + 3] != ".g"


def _remark(tagged: Tagged, raw: list[str], at: int) -> str | None:
    """The kind of an option's text that is a verdict, such as "right", where it is the verdict: "that's right"."""
    first = tagged.first[at]
    kind = word_kinds().get(raw[first].casefold()) if tagged.kinds[at] == "T" and first == tagged.last[at] else None
    if kind not in ("r", "w"):
        return None
    before = [token.casefold() for token in raw[max(first - 2, 0) : first]]
    of_label = tagged.kinds[max(at - 2, 0) : at] in _LABEL_IS
    return kind if of_label or before in _REMARKS or before[-1:] in _REMARKS else None


_LABEL_IS = tuple(label + word for label in "LSP" for word in "iW")
_REMARKS = (
    ["that's"],
    ["you're"],
    ["all"],
    ["that", "is"],
    ["you", "are"],
    ["he", "is"],
    ["she", "is"],
    ["they", "are"],
)


def _is_weak_label(token: str, before: str, after: str, following: str) -> bool:
    """Is this a, i, or a label of their sort the label, rather than the article, the pronoun, the conjunction?"""
    if after == "r" and before != ":":
        return False
    if before == ":" and token.isupper() and after and after in "aofv":
        return True
    if after and after in _NEXT_TO_WORD["A"]:
        return after == "T" and token == "A" and following[:1].isupper()
    if token in "iI" and after and after in "mnNuI":
        return False
    return token.isupper() or ((before in "io:va" or before in ",|&") and after in ")\n.,?|&-(")
