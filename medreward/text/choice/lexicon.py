"""What the options of one question look like in a body: their labels, the words of their texts."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from medreward.text.choice.cut import Chunks, Cut, words_in
from medreward.text.choice.names import names_of
from medreward.text.choice.visible import INVISIBLE, undressed
from medreward.text.choice.words import tokens_in
from medreward.text.options import OptionSet

__all__ = ["Lexicon", "Phrase", "lexicon_of", "squeezed"]

_RUN = re.compile("[a-z0-9]++")


class Phrase(NamedTuple):
    """Words that are looked for in a body as one: an option's text, or a label of several words.

    Args:
        words: the words, with a space between them and at both ends.
        size: how many they are.
        labels: what they stand for.
        kind: ``T`` for a text, ``L`` for a label.
    """

    words: str
    size: int
    labels: tuple[str, ...]
    kind: str

    @classmethod
    def of(cls, words: tuple[str, ...], labels: tuple[str, ...], kind: str) -> Phrase:
        """A phrase of these words, for these labels."""
        return cls(f" {' '.join(words)} ", len(words), labels, kind)


@lru_cache(maxsize=512)
def _chunks_for(labels: tuple[str, ...]) -> Chunks:
    """The tokens of pieces of text, for these labels."""
    return Chunks(labels)


@lru_cache(maxsize=512)
def _named(labels: tuple[str, ...]) -> list[tuple[str, Phrase]]:
    """Each label of several words, behind its longest word."""
    words = {label: words_in([token.casefold() for token in tokens_in(_seen(label))]) for label in labels}
    return [(max(of, key=len), Phrase.of(of, (label,), "L")) for label, of in words.items() if len(of) > 1]


def _seen(text: str) -> str:
    return text if text.isascii() else undressed(INVISIBLE.sub("", text))


def squeezed(folded: str) -> str:
    """A text with one space for any whitespace, and none at its ends."""
    return " ".join(folded.split())


class Lexicon:
    """What the options of one question look like in a body. Words of a text are looked up when they may be present.

    Args:
        options: the options.
    """

    def __init__(self, options: OptionSet) -> None:
        self.names = names_of(options.labels)
        self.chunks = _chunks_for(options.labels)
        self.texts = {label: text for label, text in zip(options.labels, options.texts, strict=True) if text}
        self._words: dict[str, tuple[str, ...]] = {}
        self._phrases: dict[tuple[str, ...], list[Phrase]] = {}
        self.odd: list[str] = []
        self._keys: list[tuple[str, str]] = []
        for label, text in self.texts.items():
            key = max(_RUN.findall(text.lower()), key=len, default="") if text.isascii() and "\\" not in text else ""
            if len(key) > self.names.longest or (key := self._key(label)):
                self._keys.append((key, label))
            else:
                self.odd.append(label)
        self._names = _named(options.labels)

    def _key(self, label: str) -> str:
        """What is in every body that has the text's words; nothing where it has none, or is a label itself."""
        words = self.words_of(label)
        is_label = len(words) == 1 and self.names.find(words[0]) is not None
        return "" if is_label else max(words, key=len, default="")

    def words_of(self, label: str) -> tuple[str, ...]:
        """The folded words of an option's text."""
        words = self._words.get(label)
        if words is None:
            words = self._words[label] = self.chunks.words_of(_seen(self.texts[label]))
        return words

    def present(self, folded: str) -> list[Phrase]:
        """The phrases that may stand in a folded text, longest first."""
        texts = tuple([label for key, label in self._keys if key in folded])
        found = self._phrases.get(texts)
        if found is None:
            found = self._phrases[texts] = self._phrases_of(texts)
        names = [phrase for key, phrase in self._names if key in folded]
        return sorted(found + names, key=lambda phrase: -phrase.size) if names else found

    def _phrases_of(self, labels: tuple[str, ...]) -> list[Phrase]:
        if len(labels) == 1:
            return [Phrase.of(self.words_of(labels[0]), labels, "T")]
        by_words: dict[tuple[str, ...], tuple[str, ...]] = {}
        for label in labels:
            words = self.words_of(label)
            by_words[words] = (*by_words.get(words, ()), label)
        return sorted((Phrase.of(words, of, "T") for words, of in by_words.items()), key=lambda phrase: -phrase.size)

    def whole(self, folded: str, cut: Cut, present: list[Phrase]) -> list[str]:
        """The labels whose text the whole body is: but for case and whitespace, else but for punctuation too."""
        words = cut.words
        joined = f" {' '.join(words)} "
        same = [label for one in present if one.kind == "T" and one.words == joined for label in one.labels]
        same += [label for label in self.odd if self.words_of(label) == words]
        if not same:
            return []
        exactly = squeezed(folded)
        strict = [label for label in same if squeezed(self.texts[label].casefold()) == exactly]
        if strict or "?" in (*cut.tokens[:1], *cut.tokens[-1:]):
            return strict
        return same if words else []


@lru_cache(maxsize=512)
def lexicon_of(options: OptionSet) -> Lexicon:
    """The lexicon of these options."""
    return Lexicon(options)
