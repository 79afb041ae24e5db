"""Statements: labels named together in a sentence, and what the words round them say of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from medreward.text.choice_tokens import Tagged

__all__ = ["Statement", "statements"]

_GLUE = "faoiImpuvyrwnN:"
_SENTENCE = re.compile(r"[^.?\n]*+[.?\n]?")
_PIECE = re.compile(rf"([^{_GLUE}M]*+)([{_GLUE}]*+)(M?)")
_RIGHT = re.compile(rf"[{_GLUE}]*+")
_JOIN = re.compile(r"[,):(\-]*+(?:[|&]++,?)*+[fo]*+")
_CONJUNCTION = re.compile("[|&]")
_STOPS = ",.?\n()-ce"
_PREDICATE = re.compile(r"[:fm]*+(?:[iN]|I?[fm]*+w)")

_NOT_WRONG = re.compile("[:fmp]*+[iI]?+[fm]*+[nN][fim]*+w")
_IS_WRONG = re.compile("[:fmp]*+[iI]?+[fm]*+(?:w|[nN][fim]*+[raow])")
_IS_NOT = re.compile("[:fmp]*+(?:N|[iI][fm]*+n)")
_IS_RIGHT = re.compile("[:fm]*+[iI][fm]*+[rao]|:[fm]*+r|[fm]*+i[fm]++$|r$")
_NOT = re.compile("[nN]|w[of]*+$")
_DENIED = re.compile("[nN]|w[:of]*+$")
_CHOSEN = re.compile("v[yfo:]*+$|[aor][fo]*+:[:fo]*+$")
_IS = re.compile("[iI][yfo:]*+$")
_BARE = re.compile("[fo:a]*+")
_BARE_END = re.compile("f*+(?:[npu]?$|:)")


@dataclass(slots=True)
class Statement:
    """Labels named together, and what the words round them say.

    Args:
        labels: the labels, in order, without repeats; None stands for a label that is not offered.
        start: the place of the first mention.
        end: the place of the last mention.
        left: the kinds of the words that lead up to the mention.
        opens: nothing else of the sentence, or of its part, stands before them.
        anchored: the sentence has named an answer, an option or what is right.
        doubted: an if or whether came before.
        conjoined: what joins several labels: "", "|" or "&".
        verdict: "affirmed", "bare" (affirmed by standing alone), "denied", "asked" or "mentioned".
    """

    labels: tuple[str | None, ...]
    start: int
    end: int
    left: str
    opens: bool
    anchored: bool
    doubted: bool
    conjoined: str = ""
    verdict: str = "mentioned"


def statements(tagged: Tagged) -> Iterator[Statement]:
    """All statements of a body, in order."""
    kinds = _LABEL_STOP.sub(r"\1)", tagged.kinds).replace("ey", "ny").replace("jc", "jn")
    for sentence in _SENTENCE.finditer(kinds):
        if "M" not in sentence.group():
            continue
        asked = sentence.group().endswith("?")
        for statement in _joined(list(_mentions(kinds, sentence.start(), sentence.end(), tagged)), kinds):
            statement.verdict = _verdict(statement, kinds, asked=asked, wrapped=statement.start in tagged.wrapped)
            yield statement


_LABEL_STOP = re.compile(r"((?:^|(?<=[\n|&(\-]))M)\.(?!$|\n)")
"""The full stop of ``B. text``, which ends no sentence."""


def _mentions(kinds: str, start: int, end: int, tagged: Tagged) -> Iterator[Statement]:
    """Every mention in one sentence, each by itself."""
    anchored = doubted = False
    for piece in _PIECE.finditer(kinds, start, end):
        junk, glue, mention = piece.groups()
        if "," in junk:
            doubted = False
        doubted |= "d" in junk
        anchored |= not set("aor").isdisjoint(glue)
        if mention:
            opens = junk[-1] in _STOPS + "|&" if junk else piece.start() == start
            at = piece.end() - 1
            far, near = glue[:-30], glue[-30:]
            left = "n" + near if "n" in far or "N" in far else near
            yield Statement(tagged.means[at], at, at, left, opens, anchored, doubted)


def _joined(mentions: list[Statement], kinds: str) -> list[Statement]:
    """Mentions named in one breath ("A or B", "B) text", "A, B") become one statement."""
    out: list[Statement] = []
    for mention in mentions:
        before = out[-1] if out else None
        if before is None or not _belong(before, mention, kinds):
            out.append(mention)
            continue
        between = _CONJUNCTION.search(kinds, before.end, mention.end)
        before.labels = tuple(dict.fromkeys(before.labels + mention.labels))
        before.end = mention.end
        before.conjoined = between.group() if between else before.conjoined
    return out


def _belong(before: Statement, mention: Statement, kinds: str) -> bool:
    between = kinds[before.end + 1 : mention.start]
    if _JOIN.fullmatch(between) is None:
        return False
    if _CONJUNCTION.search(between) or set(before.labels) == set(mention.labels) or not between:
        return True
    if None in (*before.labels, *mention.labels) and "," not in between:
        return False
    return not _NOT.search(before.left) and not _PREDICATE.match(kinds, mention.end + 1)


def _verdict(said: Statement, kinds: str, *, asked: bool, wrapped: bool) -> str:
    """What the words left and right of the mention say of it."""
    match = _RIGHT.match(kinds, said.end + 1)
    right = match.group() if match else ""
    after = kinds[said.end + 1 + len(right) : said.end + 2 + len(right)]
    if asked:
        return "asked" if _is_bare(said, right, after, wrapped=wrapped) else "mentioned"
    if said.doubted or _NOT_WRONG.match(right):
        return "mentioned"
    if _IS_WRONG.match(right) or (after != "M" and _IS_NOT.match(right)) or _DENIED.search(said.left):
        return "denied"
    if _IS_RIGHT.match(right) or (_is_chosen(said) and after not in ("|", "&")):
        return "affirmed"
    return "bare" if _is_bare(said, right, after, wrapped=wrapped) else "mentioned"


def _is_chosen(said: Statement) -> bool:
    if _CHOSEN.search(said.left):
        return True
    if "w" in said.left:  # "the incorrect statement is B" answers some questions and denies in others
        return False
    return _IS.search(said.left) is not None and (said.anchored or said.opens or "p" in said.left)


def _is_bare(said: Statement, right: str, after: str, *, wrapped: bool) -> bool:
    """Do the labels stand by themselves, as in ``B``, ``so B``, ``option B``, ``B: text``, ``B because ...``?"""
    if not said.opens or _BARE.fullmatch(said.left) is None or _BARE_END.match(right) is None:
        return False
    if ":" in right:
        return "w" not in right
    if right.endswith("n"):
        return after == "M"
    return not after or after in _STOPS or after == "z" or right[-1:] in ("p", "u") or (wrapped and after == "x")
