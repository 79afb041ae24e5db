"""The mentions in a body: the labels and option texts among its tokens, and what only looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from medreward.text.choice.cut import Cut
from medreward.text.choice.lexicon import Lexicon, Phrase
from medreward.text.choice.together import ALONE
from medreward.text.choice.words import word_kinds

__all__ = ["Found", "Tagged", "merged", "phrases_in", "tag"]


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


_ANSWER_MARK = re.compile(r"[q\n]*+(?P<q>X):[^?]*+\?[q\n]*+A(?=:)")
"""``Q: ...? A:``"""
_PART = re.compile("(?<!¤)¤++(?=T)|r(?=(?:h[f°])?T)|(?<=T)(?:¤|Λ|ζ|Xh¤){1,3}+")
"""What may stand round a text and changes nothing of it: ``a chest X-ray image``, ``left lung``."""
_SUFFERER = re.compile("O(?=[iWf7]{0,3}©)")
"""Who suffers from something: the patient's is what is asked about, his mother's is not."""
_NUMBERED = re.compile(r"#(?=[.)](?!$))")


def tag(cut: Cut, found: Found, lexicon: Lexicon) -> Tagged:
    """The kinds of a text's tokens, and the mentions among them; of phrases those that were found."""
    raw = cut.tokens
    kinds = cut.kinds
    meant: dict[int, tuple[str | None, ...]] = {}
    if "#" in kinds:
        kinds = _NUMBERED.sub("\n", kinds).replace("#", "x")
    first: Sequence[int] = range(len(kinds))
    last, has_verdict = first, False
    if "?" in kinds and (marked := _ANSWER_MARK.match(kinds)) is not None and raw[marked.start("q")] in "Qq":
        kinds = f"{kinds[: marked.end() - 1]}a{kinds[marked.end() :]}"
    if found:
        has_verdict = any(start == end and kinds[start] in "rwi" for start, end, _, _ in found)
        kinds, first, last, meant = merged(kinds, found)
        if "¤" in kinds or "r" in kinds or "Λ" in kinds or "ζ" in kinds:
            kinds = _PART.sub(lambda part: _as_filler(part, raw, first), kinds)
        if "©" in kinds:
            kinds = _SUFFERER.sub(lambda one: "p" if raw[first[one.start()]].casefold() == "patient" else "O", kinds)
    if "q" in kinds or "(" in kinds:
        kinds, first, last, meant = _unwrapped(kinds, first, last, meant)
    tagged = Tagged(kinds, first, last, meant)
    if has_verdict:
        tagged.kinds = re.sub("T", lambda found: _remark(tagged, raw, found.start()) or "T", kinds)
    return _accepted(tagged, raw, lexicon)


Found = list[tuple[int, int, tuple[str, ...], str]]
"""Where phrases stand in a text: first token, last token, labels, kind."""


def phrases_in(cut: Cut, phrases: list[Phrase]) -> Found:
    """Where option texts and labels of several words stand; where two overlap, the longer one does."""
    joined = f" {' '.join(cut.words)} "
    present = [phrase for phrase in phrases if phrase.words in joined]
    if not present:
        return []
    places = cut.word_places()
    taken = bytearray(len(places))
    found: Found = []
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


def merged(kinds: str, found: Found) -> tuple[str, list[int], list[int], dict[int, tuple[str | None, ...]]]:
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
_ARTICLE_AFTER = ("i", "v", ":")
_SOME = re.compile(r"\([^()\n]*+\)[^.,:\n)z]")
"""What follows an article: ``it is a (rare) tumor``; in ``it is a (meniscal tear).`` it is the letter of an option."""
_PREDICATE_FOLLOWS = re.compile(r"r(?:$|[.,!?\n)&|(\-:iIdcmV])")


def _accepted(tagged: Tagged, raw: list[str], lexicon: Lexicon) -> Tagged:
    """Candidates become ``M`` where they are no part of a phrase such as "vitamin K" or "a fracture"."""
    kinds, first = tagged.kinds, tagged.first
    places = [match.start() for match in _CANDIDATE.finditer(kinds)]
    if not places:
        return tagged
    out, end = list(kinds), len(kinds) - 1
    live: list[int] = []
    previous, was, is_dead = (
        -1,
        "",
        False,
    )  # the candidate before, and was it part of a phrase? For "hepatitis A, B or C"
    for at in places:
        kind, token = kinds[at], raw[first[at]]
        before = _NEIGHBOUR.get(kinds[at - 1], kinds[at - 1]) if at else ""
        after = _NEIGHBOUR.get(kinds[at + 1], kinds[at + 1]) if at < end else ""
        joined = previous + 1 < at and _CHAIN.fullmatch(kinds, previous + 1, at) is not None
        if kind == "A":
            fits = _is_weak_label(token, before, after, _word_behind(at, tagged, raw, lexicon) if after else "")
            fits = fits and not (token.islower() and before in _ARTICLE_AFTER and _SOME.match(kinds, at + 1))
        else:
            fits = _is_strong_label(kind, after, kinds, at)
        if fits and before == "|" and kinds[at - 2 : at - 1] == "x" and raw[first[at - 1]] == "/":
            fits = False  # a unit, such as mg/d
        is_part = (is_dead and joined and (kind in "LXA" if was != "T" else kind == "T" and before in "|&")) or (
            before in _PHRASES and kind in "LAXT"
        )
        if fits and not is_part:
            out[at] = "M"
            live.append(at)
        else:
            out[at] = {"A": "Δ" if token in "aA" else "u"}.get(kind, "x")
            if kind in "LX" and joined and not is_dead and before in "|&" and live:
                out[live.pop()] = "x"
        is_dead = out[at] == "x" if kind in "LXT" else out[at] != "M" and token == "A" and before in _PHRASES
        previous, was = at, kind
    for at in live:
        if kinds[at] == "T":
            tagged.texts.add(at)
        elif kinds[at] in "SP":
            tagged.wrapped.add(at)
    tagged.means = {at: tagged.means.get(at) or lexicon.chunks.meaning(raw[first[at]]) for at in live}
    tagged.kinds = "".join(out)
    return tagged


def _as_filler(part: re.Match[str], raw: list[str], first: Sequence[int]) -> str:
    """Fillers for what stands round a text; "right" is a side there, while other words of its kind stay."""
    is_side = part[0] != "r" or raw[first[part.start()]].casefold() == "right"
    return "f" * len(part[0]) if is_side else part[0]


def _word_behind(at: int, tagged: Tagged, raw: list[str], lexicon: Lexicon) -> str:
    """The word behind a letter; none where it is another option's text in capitals: ``a CT``."""
    word = raw[tagged.first[at + 1]]
    is_acronym = tagged.kinds[at + 1] == "T" and len(word) > 1 and word.isupper()
    own = lexicon.chunks.meaning(raw[tagged.first[at]])
    return "" if is_acronym and tagged.means[at + 1] != own else word


_NEIGHBOUR = {chr(code): chr(kind) for code, kind in ALONE.items()} | dict.fromkeys("<§¶ω¥", "v")
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
    if kind == "i" and tagged.kinds[max(at - 1, 0) : at] in ("a", "o"):  # 答案是, where an option is 是
        return kind
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
