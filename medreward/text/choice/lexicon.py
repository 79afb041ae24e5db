"""What the options of one question look like in a body: their labels, the words of their texts."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from medreward.text.choice.cut import Chunks, words_in
from medreward.text.choice.names import names_of
from medreward.text.choice.visible import INVISIBLE, undressed
from medreward.text.choice.words import tokens_in
from medreward.text.options import OptionSet

__all__ = ["Lexicon", "Phrase", "lexicon_of"]


@lru_cache(maxsize=512)
def _chunks_for(labels: tuple[str, ...]) -> Chunks:
    """The tokens of pieces of text, for these labels."""
    return Chunks(labels)


def _fold(text: str) -> list[str]:
    return [token.casefold() for token in tokens_in(text if text.isascii() else undressed(INVISIBLE.sub("", text)))]


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
        self.chunks = _chunks_for(options.labels)
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
            undressed_label = self.chunks.names.find(token)
            if undressed_label is not None:
                label = self.names.labels[self.chunks.names.labels.index(undressed_label)]
        return label


@lru_cache(maxsize=512)
def lexicon_of(options: OptionSet) -> Lexicon:
    """The lexicon of these options."""
    return Lexicon(options)
