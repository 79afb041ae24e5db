"""Statements: labels named together in a sentence, and what the words round them say of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from medreward.text.choice.tokens import Tagged

__all__ = ["Statement", "shaped", "statements"]

_GLUE = "faoiIQmpuvVyrwnN:"
_SENTENCE = re.compile(r"[^.?!\n]*+[.?!\n]?")
_PIECE = re.compile(rf"([^{_GLUE}M]*+)([{_GLUE}]*+)(M?)")
_RIGHT = re.compile(rf"[{_GLUE}]*+")
_JOIN = re.compile(r"[,):(\-]*+(?:[|&]++,?)*+[fo]*+")
_SAME = re.compile(r"[,:]?[iQf]*+")
_CONJUNCTION = re.compile("[|&]")
_STOPS = ",.?!\n()-ce0"
_PREDICATE = re.compile(r"[:fm]*+(?:[iN]|[fm]*+w)")

_NOT_WRONG = re.compile("[:fmp]*+[iI]?+[fm]*+[nN]++[fim]*+w")
_IS_WRONG = re.compile("[:fmpo]*+[iI]?+[fm]*+(?:w|[nN]++[fimp]*+[raowvVy])")
_NO = re.compile("[:o]++n$")
_IS_NOT = re.compile("[:fmp]*+(?:N|[iI][fm]*+n)")
_IS_RIGHT = re.compile("[:fm]*+[iI][fm]*+[rao]|:[fm]*+r|[iof]*+r[fimp]*+$|f*+V[fr]*+$|V[fy]")
_IS = re.compile("[iIQ][yfoa:]*+$")
_IT_IS = re.compile("[fm]*+p?i[fm]*+$")
_NOT = re.compile("[nN]")
_DENIED = re.compile("[nN]|w[:of]*+$")
_CHOSEN = re.compile("[vV][yfo:]*+$|[aor][fo]*+:[:fo]*+$|u[fm]*+a[yfo]*+$")
_VERB_LAST = re.compile("[f]*+v[fmi]*+$")
_BARE = re.compile("[fo:a]*+")
_BARE_END = re.compile("f*+(?:[npu]?$|uv?p?$|yf++$|:)")


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
        doubt: 0 for none, 1 where a condition ended at a comma, 2 inside a condition.
        by_text: the first mention is an option's text.
        conjoined: what joins several labels: "", "|" or "&".
        verdict: "affirmed", "bare" (affirmed by standing alone), "denied", "asked" or "mentioned".
    """

    labels: tuple[str | None, ...]
    start: int
    end: int
    left: str
    opens: bool
    anchored: bool
    doubt: int
    by_text: bool
    conjoined: str = ""
    verdict: str = "mentioned"


_LABEL_STOP = re.compile(r"((?:^|(?<=[\n(\-]))M)\.(?!$|\n)|((?<=[|&])M)\.(?=[xTfM])")
"""The full stop of ``B. text``, which ends no sentence."""
_WAIT = re.compile(r"(?:(?<=[.,?\n()\-:M])|^)[nfuz,]*+k++[,nfp:k]*+|(?<=[.,?\n])n(?=[,.\n])")
_ORDER = re.compile("1t|z1|1(?=[fuaoi])|2(?=[fao])")
_DASHED = re.compile("(?<=M)-(?=[fm]*+[rwnN](?!x))")
_NO_DOUBT = re.compile("nf?N(?=[^rwaofvV]|$)")
_AS_WELL_AS = re.compile("(?<=M)zfz(?=M)")


def shaped(kinds: str) -> str:
    """The kinds, in the same places, with words that work together as what they do together."""
    kinds = _LABEL_STOP.sub(r"\1\2)", kinds).replace("ey", "cn").replace("jc", "jn").replace("du", "fu")
    if "&n" in kinds or ",n" in kinds:
        kinds = kinds.replace("&n", ",n")
    if "1" in kinds or "2" in kinds or "t" in kinds:
        kinds = _ORDER.sub(lambda found: "d" * len(found[0]), kinds.replace("2t", "kk")).replace("t", "d")
    if "N" in kinds:
        kinds = _NO_DOUBT.sub(lambda found: "f" * len(found[0]), kinds)
    if "zfz" in kinds:
        kinds = _AS_WELL_AS.sub("&&&", kinds)
    if "-" in kinds:
        kinds = _DASHED.sub(":", kinds)
    if "k" in kinds or "n" in kinds:
        kinds = _WAIT.sub(_taken_back, kinds).replace("k", "f")
    return kinds


def _taken_back(found: re.Match[str]) -> str:
    """Words such as "no, wait" end what was said; at the very beginning they only open."""
    return "!" * len(found[0])


def statements(tagged: Tagged, kinds: str) -> Iterator[Statement]:
    """All statements of a body, in order; the kinds are those that ``shaped`` gave."""
    marks = _marks(kinds) if "R" in kinds or "C" in kinds else {}
    for sentence in _SENTENCE.finditer(kinds):
        if "M" not in sentence.group():
            continue
        asked = sentence.group().endswith("?")
        answered = asked and kinds[sentence.end() : sentence.end() + 1] == "r"
        for statement in _joined(list(_mentions(kinds, sentence.start(), sentence.end(), tagged)), kinds):
            wrapped = statement.start in tagged.wrapped
            statement.verdict = marks.get(statement.start) or _verdict(statement, kinds, asked=asked, wrapped=wrapped)
            if answered and statement.verdict == "asked" and len(statement.labels) == 1:
                statement.verdict = "affirmed"
            yield statement


def _marks(kinds: str) -> dict[int, str]:
    """What ticks and crosses say of the mentions they stand beside: all before them, or all behind them."""
    first = re.search("[RCM]", kinds)
    before = first is not None and first.group() != "M"
    pattern = r"([RC])[^MRC\n]*+(M)" if before else r"(M)[^MRC\n]*+([RC])"
    verdicts = {"R": "affirmed", "C": "denied"}
    found = {}
    for match in re.finditer(pattern, kinds):
        sign, at = (match.group(1), match.start(2)) if before else (match.group(2), match.start(1))
        found[at] = verdicts[sign]
    return found


def _mentions(kinds: str, start: int, end: int, tagged: Tagged) -> Iterator[Statement]:
    """Every mention in one sentence, each by itself."""
    anchored, doubt = False, 0
    for piece in _PIECE.finditer(kinds, start, end):
        junk, glue, mention = piece.groups()
        doubt = _doubt(doubt, junk)
        anchored = anchored or not {"a", "o", "r"}.isdisjoint(glue)
        if mention:
            opens = junk[-1] in _STOPS + "|&RC" if junk else piece.start() == start
            at = piece.end() - 1
            far, near = glue[:-30], glue[-30:]
            left = "n" + near if "n" in far or "N" in far else near
            yield Statement(tagged.means[at], at, at, left, opens, anchored, doubt, at in tagged.texts)


def _doubt(before: int, junk: str) -> int:
    """How far a condition or a "between A and B" reaches: past a comma as 1, or not at all; past a "but" never."""
    at = max(junk.rfind("d"), junk.rfind("D"))
    doubt = before if at < 0 else 2 if junk[at] == "d" else 3
    if doubt and "c" in junk[at + 1 :]:
        return 0
    if doubt and "," in junk[at + 1 :]:
        return 0 if doubt == 3 else 1
    return doubt


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
        return set(before.labels) == set(mention.labels) and _SAME.fullmatch(between) is not None
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
    stops = not after or after in _STOPS
    if asked:
        return "asked" if _is_bare(said, right, after, wrapped=wrapped) else "mentioned"
    if said.doubt > 1 or _NOT_WRONG.match(right):
        return "mentioned"
    if _is_denied(said, right, after, stops=stops):
        return "denied"
    if after == "d":
        return "mentioned"
    if _is_affirmed(said, right, after, stops=stops):
        return "affirmed"
    return "bare" if not said.doubt and _is_bare(said, right, after, wrapped=wrapped) else "mentioned"


def _is_denied(said: Statement, right: str, after: str, *, stops: bool) -> bool:
    if after == "0" or (stops and _NO.fullmatch(right)):
        return True
    wrong = _IS_WRONG.match(right)
    if wrong is not None and ("w" in wrong.group() or "n" in wrong.group() or "N" in wrong.group()):
        return True
    return (after != "M" and _IS_NOT.match(right) is not None) or _DENIED.search(said.left) is not None


def _is_affirmed(said: Statement, right: str, after: str, *, stops: bool) -> bool:
    if _IS_RIGHT.match(right) and (stops or not right.endswith("r") or after in "xzMydR|&"):
        return True
    if stops and (_IT_IS.fullmatch(right) or ("u" in said.left and _VERB_LAST.fullmatch(right))):
        return True
    return _is_chosen(said) and after not in ("|", "&")


def _is_chosen(said: Statement) -> bool:
    if _CHOSEN.search(said.left):
        return True
    if "w" in said.left:  # "the incorrect statement is B" answers some questions and denies in others
        return False
    if _IS.search(said.left) is None:
        return False
    return said.anchored or said.opens or said.by_text or not {"p", "Q", "V"}.isdisjoint(said.left)


def _is_bare(said: Statement, right: str, after: str, *, wrapped: bool) -> bool:
    """Do the labels stand by themselves, as in ``B``, ``so B``, ``option B``, ``B: text``, ``B because ...``?"""
    if not said.opens or _BARE.fullmatch(said.left) is None or _BARE_END.match(right) is None:
        return False
    if ":" in right:
        return "w" not in right
    if right.endswith("n"):
        return after == "M"
    return not after or after in _STOPS or after in "zRC" or right[-1:] in ("p", "u", "v") or (wrapped and after == "x")
