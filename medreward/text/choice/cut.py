"""A text cut into tokens with kinds: what stands between two spaces is looked at once for each spelling."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable
from itertools import chain, compress
from typing import TypeVar

from medreward.text.choice.names import names_of
from medreward.text.choice.visible import undressed
from medreward.text.choice.words import tokens_in, word_kinds

__all__ = ["Chunks", "Cut", "words_in"]

_KNOWN = 50_000
"""So many spellings are remembered for one set of labels."""
_SHORT = 40
"""Longer ones are not."""
_ALSO_WORDS = frozenset("aiеаоивскуя")
"""Labels that are words too, whatever their case: articles, pronouns, Cyrillic conjunctions and prepositions."""
_SMALL_WORDS = frozenset("eoyuàé")
"""Labels that are words too where they are small letters."""


_Found = TypeVar("_Found")


class Remembered(dict[str, _Found]):
    """What is found for a piece of text, found once for each spelling.

    Args:
        find: finds it.
    """

    def __init__(self, find: Callable[[str], _Found]) -> None:
        super().__init__()
        self.find = find

    def __missing__(self, text: str) -> _Found:
        found = self.find(text)
        if len(self) < _KNOWN and len(text) < _SHORT:
            self[text] = found
        return found


class Chunks:
    """The tokens of pieces of text, for some labels.

    Args:
        labels: the labels offered.
    """

    def __init__(self, labels: tuple[str, ...]) -> None:
        self.names = names_of(tuple(map(undressed, labels)))
        self.labels = names_of(labels)
        self._meanings: dict[str, tuple[str | None]] = {}
        self.numbered = all(map(str.isdigit, labels))
        self.lettered = any(len(label) == 1 for label in labels)
        self._kind = Remembered(self._kind_of)
        self.tokens = Remembered(lambda text: tuple(tokens_in(text)))
        self.kinds = Remembered(lambda text: self.kinds_of(self.tokens[text]))
        self._words = Remembered(lambda text: words_in(_folded(self.tokens[text])))
        self.are_words = Remembered(lambda text: bytes(map(_is_word, _folded(self.tokens[text]))))

    def words_of(self, text: str) -> tuple[str, ...]:
        """The folded tokens of a text that are no punctuation."""
        if _is_cut_by_spaces(text):
            return self.words_of_pieces(text.split(" "))
        return words_in(_folded(tokens_in(text)))

    def words_of_pieces(self, pieces: list[str]) -> tuple[str, ...]:
        """The same of a text that is cut at its spaces."""
        return tuple(chain.from_iterable(map(self._words.__getitem__, pieces)))

    def kinds_of(self, tokens: Iterable[str]) -> str:
        """The kinds of tokens, one character each."""
        return "".join(map(self._kind.__getitem__, tokens))

    def _kind_of(self, token: str) -> str:
        folded, words = token.casefold(), word_kinds()
        if self.names.find(token) is not None:
            weak = folded in _ALSO_WORDS or (token in _SMALL_WORDS and words.get(folded, "x") != "x")
            return "A" if weak else "L"
        if len(token) == 1 and token in string.ascii_letters and self.lettered:
            return words.get(folded, "X") if token.islower() or folded in "ai" else "X"
        if token[0].isdigit():
            return "X" if self.numbered and len(token) < 3 and token.isascii() and token.isdigit() else "#"
        return words.get(folded, "x")

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
        label = self.labels.find(token)
        if label is None and (plain := self.names.find(token)) is not None:
            label = self.labels.labels[self.names.labels.index(plain)]
        return label


def words_in(folded: Iterable[str]) -> tuple[str, ...]:
    """The folded tokens that are no punctuation."""
    return tuple(filter(_is_word, folded))


def _is_word(folded: str) -> bool:
    return word_kinds().get(folded, "x") not in _MARKS and folded != "/"


def _folded(tokens: Iterable[str]) -> list[str]:
    return [token.casefold() for token in tokens]


_MARKS = frozenset(",:.?\n()-hq")


class Cut:
    """A text as its tokens.

    Args:
        text: the text.
        chunks: the tokens of its pieces.
    """

    __slots__ = ("_chunks", "_pieces", "_tokens", "kinds")

    def __init__(self, text: str, chunks: Chunks) -> None:
        self._chunks = chunks
        self._pieces = text.split(" ") if _is_cut_by_spaces(text) else []
        self._tokens = None if self._pieces else tokens_in(text)
        if self._tokens is None:
            self.kinds = "".join(map(chunks.kinds.__getitem__, self._pieces))
        else:
            self.kinds = chunks.kinds_of(self._tokens)

    @property
    def tokens(self) -> list[str]:
        """The tokens as they are written."""
        if self._tokens is None:
            self._tokens = list(chain.from_iterable(map(self._chunks.tokens.__getitem__, self._pieces)))
        return self._tokens

    @property
    def words(self) -> tuple[str, ...]:
        """The folded tokens that are no punctuation."""
        if self._pieces:
            return self._chunks.words_of_pieces(self._pieces)
        return words_in(_folded(self.tokens))

    def word_places(self) -> list[int]:
        """Which tokens the words are."""
        if self._pieces:
            are_words = b"".join(map(self._chunks.are_words.__getitem__, self._pieces))
        else:
            are_words = bytes(map(_is_word, _folded(self.tokens)))
        return [*compress(range(len(are_words)), are_words)]

    def token(self, place: int) -> str:
        """The token of this number, looked for from the nearer end."""
        if self._tokens is not None:
            return self._tokens[place]
        late = 2 * place > len(self.kinds)
        ahead = place - len(self.kinds) if late else place
        for piece in reversed(self._pieces) if late else self._pieces:
            size = len(self._chunks.kinds[piece])
            if -size <= ahead < size:
                return self._chunks.tokens[piece][ahead]
            ahead += size if late else -size
        raise IndexError(place)


def _is_cut_by_spaces(text: str) -> bool:
    """Has no token a space inside? Some dashes and arrows have."""
    return text.isascii() and not (" -" in text or "- " in text or "> " in text or " =" in text)
