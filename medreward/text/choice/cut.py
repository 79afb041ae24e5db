"""A text cut into tokens with kinds: what stands between two spaces is looked at once for each spelling."""

from __future__ import annotations

import string
from typing import NamedTuple

from medreward.text.choice.names import names_of
from medreward.text.choice.visible import undressed
from medreward.text.choice.words import tokens_in, word_kinds

__all__ = ["Chunks", "Cut", "Kinds", "words_in"]

_KNOWN = 50_000
"""So many spellings are remembered for one set of labels."""
_SHORT = 40
"""Longer ones are not."""
_ALSO_WORDS = frozenset("aiеаоивскуя")
"""Labels that are words too, whatever their case: articles, pronouns, Cyrillic conjunctions and prepositions."""
_SMALL_WORDS = frozenset("eoyuàé")
"""Labels that are words too where they are small letters."""


class Kinds(dict[str, str]):
    """The kind of every token, for some labels; found once for each spelling."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names_of(tuple(map(undressed, labels))) if labels else names_of(labels)
        self.numbered = all(map(str.isdigit, labels))
        self.lettered = any(len(label) == 1 for label in labels)
        self.words = word_kinds()

    def __missing__(self, token: str) -> str:
        kind = self._kind(token)
        if len(self) < _KNOWN and len(token) < _SHORT:
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


def words_in(tokens: list[str]) -> tuple[str, ...]:
    """The folded tokens that are no punctuation."""
    kinds = word_kinds()
    return tuple([token for token in tokens if kinds.get(token, "x") not in _MARKS and token != "/"])


_MARKS = frozenset(",:.?\n()-hq")


class _Chunk(NamedTuple):
    """The tokens of a piece of text.

    Args:
        kinds: their kinds.
        tokens: as they are written.
        words: those that are no punctuation, folded.
    """

    kinds: str
    tokens: tuple[str, ...]
    words: tuple[str, ...]


class Chunks(dict[str, _Chunk]):
    """The tokens of pieces of text without spaces, for some labels; found once for each spelling.

    Args:
        labels: the labels offered.
    """

    def __init__(self, labels: tuple[str, ...]) -> None:
        super().__init__()
        self.kinds = Kinds(labels)

    def __missing__(self, text: str) -> _Chunk:
        tokens = tokens_in(text)
        words = words_in([token.casefold() for token in tokens])
        chunk = _Chunk("".join(map(self.kinds.__getitem__, tokens)), tuple(tokens), words)
        if len(self) < _KNOWN and len(text) < _SHORT:
            self[text] = chunk
        return chunk


class Cut:
    """A text as its tokens.

    Args:
        text: the text.
        chunks: the chunks of the labels offered.
    """

    __slots__ = ("_chunks", "kinds")

    def __init__(self, text: str, chunks: Chunks) -> None:
        pieces = text.split(" ") if _is_cut_by_spaces(text) else (text,)
        self._chunks = list(map(chunks.__getitem__, pieces))
        self.kinds = "".join([chunk.kinds for chunk in self._chunks])

    @property
    def tokens(self) -> list[str]:
        """The tokens as they are written."""
        return [token for chunk in self._chunks for token in chunk.tokens]

    @property
    def words(self) -> tuple[str, ...]:
        """The folded tokens that are no punctuation."""
        return tuple([word for chunk in self._chunks for word in chunk.words])

    def token(self, place: int) -> str:
        """The token of this number, looked for from the nearer end."""
        late = 2 * place > len(self.kinds)
        ahead = place - len(self.kinds) if late else place
        for chunk in reversed(self._chunks) if late else self._chunks:
            size = len(chunk.tokens)
            if -size <= ahead < size:
                return chunk.tokens[ahead]
            ahead += size if late else -size
        raise IndexError(place)


def _is_cut_by_spaces(text: str) -> bool:
    """Has no token a space inside? Some dashes and arrows have."""
    return text.isascii() and not (" -" in text or "- " in text or "> " in text or " =" in text)
