"""The tokens of the choice grammar: a body cut up, a kind for each, and the labels and option texts among them."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from medreward.text.choice_words import INVISIBLE, KINDS, PUNCTUATION, TOKEN, plain
from medreward.text.options import OptionSet

__all__ = ["Lexicon", "Names", "Tagged", "lexicon_of", "names_of", "tag", "words_in"]


class Names:
    """How the labels of one question may be written: as they are, or in another case where that tells them apart."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        folded = [label.casefold() for label in labels]
        counts = Counter(folded)
        self.labels = labels
        self.exact = {label: label for label in labels}
        self.folded = {key: label for key, label in zip(folded, labels, strict=True) if counts[key] == 1}
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
    return other | KINDS | own | {word: "A" for word in own if word in ("a", "i")}


def words_in(folded: list[str]) -> tuple[str, ...]:
    """The tokens that are no punctuation."""
    return tuple([token for token in folded if token not in PUNCTUATION])


def _fold(text: str) -> list[str]:
    return [token.casefold() for token in TOKEN.findall(text)]


class _Phrase(NamedTuple):
    """Words that are looked for in a body as one: an option's text, or a label of several words."""

    words: str
    size: int
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
        self.phrases = sorted(texts + names, key=lambda phrase: -phrase.size)

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
