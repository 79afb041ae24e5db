"""Statements: labels named together in a sentence, and what the words round them say of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from medreward.text.choice.together import settled
from medreward.text.choice.tokens import Tagged

__all__ = ["Statement", "shaped", "statements"]

_GLUE = "faoiIQmpuvVyrwnN:b$`"
_SENTENCE = re.compile(r"[^.?!\n]*+[.?!\n]?")
_JOIN = re.compile(r"[,):(\-]*+(?:[|&]++,?)*+[fo]*+")
_LIST_GOES_ON = re.compile(r"(?:,[fo]*+M){0,30}+(?:,?+\||n)[fo]*+M")
"""The rest of a list behind a "no": ``no effusion, pneumothorax or mass``."""
_SAME = re.compile(r"[,:]?[iQf]*+")
_CONJUNCTION = re.compile("[|&]")
_STOPS = ",.?!\n()-ce0"
_PREDICATE = re.compile(r"[:fm]*+(?:[iN]|[fm]*+w)")

_NOT_WRONG = re.compile("[:fmp]*+[iI]?+[fm]*+[nN]++[fim]*+w")
_IS_WRONG = re.compile("[:fmpo]*+[iI]?+[fm]*+(?:w|[nN]++[fimp]*+[raowvVy])")
_NO = re.compile("[:o]++n$")
_IS_NOT = re.compile("[:fmp]*+(?:N|[iI][fm]*+n)")
_IS_RIGHT = re.compile(
    "[:fm]*+[iI][fm]*+[rao]|:[fm]*+r|[iof]*+r[fimp]*+$|f*+V++[frp]*+[ao]?$|r?V++[fy]|[iI]f*+[pz]u[fm]*+v|[iI]?f*+[rV]f*+b$|[iI]f++b$|f*+b++$"
)
_IS = re.compile("[iIQ][yfoa:]*+$")
_I_DO = re.compile("[iI]f*+[pz]u[fm]*+")
_IT_IS = re.compile("[fm]*+(?:pm?)?i[fm]*+$|ip$")
_NOT = re.compile("[nN]")
_DENIED = re.compile("[nNb]|w[ofa]*+:[:fo]*+$|w[of]*+$")
_CHOSEN = re.compile("[vV][yfoa:]*+$|[aor][fo]*+:[:fo]*+$|u[fm]*+a[yfo]*+$")
_LEADS = re.compile(r"\$u?y[fo]*+$")
_HAS = re.compile("`y?[fo]*+$")
_VERB_LAST = re.compile("[f]*+v[fmi]*+$")
_BARE = re.compile("[fo:a]*+|f*+(?:r[oa]|[oa]r)[fo:]*+")
_BARE_END = re.compile("f*+(?:[npu]?$|u[fm]*+v?p?$|y[uf]++$|:)")


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
        verdict: "affirmed", "bare" (affirmed by standing alone), "described" (a label with its own text, of which more
            is said: ``B. Lungs are seen on both sides``), "denied", "asked" or "mentioned".
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


_LABEL_STOP = re.compile(r"((?:^|(?<=[\n(\-]))M)\.(?!$|\n|M[,&|]M)|((?<=[|&])(?<!M[|&])M)\.(?=[xTfM])")
"""The full stop of ``B. text``, which ends no sentence."""
_IN_PASSING = re.compile(r"\)[^.,?!;\n()-]")
"""What follows a mention that brackets hold in the middle of a sentence."""
_APPOSED = re.compile(r",(?:[^,.?!\nM]{1,20}+,)?+[fmo]*+(?:[iIm][fm]*+[nN]|N|[iI][fm]*+w)")
"""What denies a mention behind an apposition: ``option A, a yeast, is not seen``."""
_WAIT = re.compile(r"(?:(?<=[.,?\n()\-:M])|^)[nfuz,]*+k++[,nfp:k]*+|(?<=[.,?\n])n(?=[,.:\n])")
_ORDER = re.compile("1t|z1|1(?=[fuaoi])|2(?=[fao]|x:)")
_DASHED = re.compile("(?<=M)-(?=[fm]*+[rwnN](?!x))")
_BETWEEN = re.compile(r"(D[fo]*+M[fo]*+)[&n](?=[fo]*+M)")
_DOTS_ASK = re.compile(r"\.(?=\.*+\?)")
_NO_DOUBT = re.compile("nf?N(?=[^rwaofvV]|$)")
_AS_WELL_AS = re.compile("(?<=M)zfz(?=M)")


def shaped(kinds: str) -> str:
    """The kinds, in the same places, with words that work together as what they do together."""
    kinds = _DOTS_ASK.sub("?", kinds) if ".?" in kinds else kinds
    kinds = _LABEL_STOP.sub(r"\1\2)", settled(kinds)).replace("ey", "cn").replace("jc", "jn")
    if "&n" in kinds or ",n" in kinds:
        kinds = kinds.replace("&n", ",n")
    if "1" in kinds or "2" in kinds or "t" in kinds:
        kinds = _ORDER.sub(lambda found: "d" * len(found[0]), kinds.replace("2t", "kk")).replace("t", "d")
    if "N" in kinds:
        kinds = _NO_DOUBT.sub(lambda found: "f" * len(found[0]), kinds)
    if "D" in kinds:
        kinds = _BETWEEN.sub(r"\1|", kinds)
    if "zfz" in kinds:
        kinds = _AS_WELL_AS.sub("&&&", kinds)
    if "-" in kinds:
        kinds = _DASHED.sub(":", kinds)
    if "k" in kinds or "n" in kinds:
        end = len(kinds.rstrip(_SILENT))
        kinds = _WAIT.sub(lambda found: _taken_back(found, end), kinds).replace("k", "f")
    return kinds


_SILENT = ".,?!\n()- "


def _taken_back(found: re.Match[str], end: int) -> str:
    """Words such as "no, wait" end what was said; "actually" as the last word does not."""
    return ("!" if found.end() < end or "n" in found[0] else "f") * len(found[0])


def statements(tagged: Tagged, kinds: str) -> Iterator[Statement]:
    """All statements of a body, in order; the kinds are those that ``shaped`` gave."""
    marks = _marks(kinds) if "R" in kinds or "C" in kinds else {}
    ticked = "affirmed" in marks.values()
    for sentence in _SENTENCE.finditer(kinds):
        start, end = sentence.span()
        if kinds.find("M", start, end) < 0:
            continue
        asked = kinds[end - 1] == "?"
        answered = asked and _YES.match(kinds, end) is not None
        mentions = list(_mentions(kinds, start, end, tagged))
        before = None
        for statement in _joined(mentions, kinds) if len(mentions) > 1 else mentions:
            wrapped = statement.start in tagged.wrapped
            marked = _mark_of(statement, marks) if marks else None
            statement.verdict = marked or _verdict(statement, kinds, asked=asked, wrapped=wrapped)
            if ticked and statement.verdict == "bare" and not statement.left:
                statement.verdict = "mentioned"  # in a list where others are ticked
            if answered and len(statement.labels) == 1 and _is_asked(statement, kinds):
                statement.verdict = "affirmed"
            if not asked and _is_described(statement, kinds, tagged):
                statement.verdict = "described"
            if before is not None and _is_gapped(before, statement, kinds):
                statement.verdict = "denied"
            before = statement
            yield statement


def _is_gapped(before: Statement, one: Statement, kinds: str) -> bool:
    """Does the verdict before hold here too: ``A is wrong because of x, B because of y``?"""
    if before.verdict != "denied" or one.verdict != "bare" or one.left or kinds[one.end + 1 : one.end + 2] != "z":
        return False
    return kinds.find("z", before.end, one.start) > 0


_YES = re.compile(r"f*+r(?![^.,!\n)])")


def _is_asked(one: Statement, kinds: str) -> bool:
    """Is it this label that the question asks about, and nothing that denies it?"""
    near = one.left + kinds[one.end + 1 : one.end + 6]
    return one.verdict == "asked" or (one.verdict == "mentioned" and {"n", "N", "w"}.isdisjoint(near))


def _mark_of(one: Statement, marks: dict[int, str]) -> str | None:
    return next((marks[at] for at in range(one.start, one.end + 1) if at in marks), None)


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
    anchored, doubt, done = False, 0, start
    at = kinds.find("M", start, end)
    while at >= 0:
        before = kinds[done:at]
        words = before.rstrip(_GLUE)
        glue = before[len(words) :]
        doubt = _doubt(doubt, words) if words else doubt
        if doubt == _BETWEEN_TWO and "u" in glue:  # between B and C I choose
            doubt = 0
        anchored = anchored or "a" in before or "o" in before or "r" in before
        opens = words[-1] in _STOPS + "|&RC" if words else done == start
        if opens and words[-1:] == "(" and (len(words) > 1 or done > start):
            opens = not (_IN_PASSING.match(kinds, at + 1) or (len(words) > 3 and words[0] == ")" and words[1] in ",|&"))
        if (clause := _CLAUSE.search(glue)) is not None:
            glue = glue[clause.end() :]
        far, near = glue[:-30], glue[-30:]
        left = "n" + near if "n" in far or "N" in far else near
        yield Statement(tagged.means[at], at, at, left, opens, anchored, doubt, at in tagged.texts)
        done = at + 1
        at = kinds.find("M", done, end)


_CLAUSE = re.compile("w:(?=[fm]*+(?:p[fm]*+i|Q))|un:")
"""A new clause behind a verdict: ``he is wrong: it is B``."""
_BETWEEN_TWO = 3


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
    if between[:1] == "," and {*mention.labels} < {*before.labels}:  # "A or B, B", "A, B, C, so B"
        return "|" in between or (before.conjoined != "|" and _CONJUNCTION.search(between) is not None)
    if _JOIN.fullmatch(between) is None:
        return set(before.labels) == set(mention.labels) and _SAME.fullmatch(between) is not None
    if _CONJUNCTION.search(between) or set(before.labels) == set(mention.labels) or not between:
        return True
    if None in (*before.labels, *mention.labels) and "," not in between:
        return False
    if _NOT.search(before.left):
        of_list = (before.left[-1] in "yf" and "y" in before.left) or _LIST_GOES_ON.match(kinds, mention.end + 1)
        return between == "," and bool(of_list)
    of_all = len(before.labels) > 1 and between == ","
    return of_all or not _PREDICATE.match(kinds, mention.end + 1)  # "A, B, C excluded"


def _verdict(said: Statement, kinds: str, *, asked: bool, wrapped: bool) -> str:
    """What the words left and right of the mention say of it."""
    window = kinds[said.end + 1 : said.end + 1 + _WINDOW]
    if said.by_text and (modifier := _MODIFIER.match(window)):
        window = window[modifier.end() :]
    words = window.lstrip(_GLUE)
    right = window[: len(window) - len(words)]
    if words[:1] == "," and "o" in said.left and _APPOSED.match(words):
        return "denied"
    verdict = _judged(
        said.left, right, words[:1], (said.opens, said.anchored, said.doubt, said.by_text, asked, wrapped)
    )
    if verdict in ("affirmed", "bare"):
        if _OUTDONE.match(window) or _PARTLY.match(window) or (said.by_text and _BESIDE.match(window)):
            return "mentioned"
        if _REFUTED.match(window) or (said.by_text and _UNSEEN.match(window)):
            return "denied"
        if _ONLY_IF.match(words) or _SAID_BY.match(window):
            return "mentioned"
    elif verdict == "mentioned" and _AGREED.match(window):
        return "affirmed"
    elif verdict == "mentioned" and said.opens and not (said.left or said.by_text or said.doubt or asked):
        return "bare" if _WITH.match(window) else verdict
    return verdict


_DESCRIPTION = re.compile(
    r"(?:[iImp]f*+)?(?:[^.?!\nM,&cnNwRC0]|&(?!f?M))*+(?:,(?![cM])[^.?!\nMRC0wN]*+)?(?:[.\n]|,(?=M)|$)"
)
_COLON_AND_MORE = re.compile(r":[^M.?!\n]*x")
"""``Pneumonia: no consolidation``."""
_LONGEST_DESCRIPTION = 200
_SAID_OF = re.compile(  # somebody else's choice, a condition
    "[O7J].*?[aovr%t]|pf*+O|[%F*;ΦωBU]|[dD].*[raoVHlb]|[raoVHlb].*[dD]"
)


def _is_described(said: Statement, kinds: str, tagged: Tagged) -> bool:
    """Does a sentence open with a label and its own text, or a text and a colon, and say what that is, has or does?"""
    if said.verdict == "bare" and said.by_text and not said.left and said.end in tagged.texts:
        return _COLON_AND_MORE.match(kinds, said.end + 1) is not None
    if (
        said.verdict != "mentioned"
        or said.end not in tagged.texts
        or len(said.labels) > 1
        or said.by_text
        or said.left
        or said.doubt
    ):
        return False
    words = _DESCRIPTION.match(kinds, said.end + 1) if said.opens else None
    if words is None or len(words[0]) > _LONGEST_DESCRIPTION:
        return False
    return _SAID_OF.search(tagged.kinds, said.end + 1, words.end()) is None


_MODIFIER = re.compile(r"(?:f*+yf*+[xr]{1,4}+){1,3}+(?=[.,\n]|$)")
"""What says where or with what a finding is: ``bursitis of the left knee``."""
_REFUTED = re.compile(
    r"[:fo]*+[.,:\n()-]*+c?+(?:(?:[fp]++[mi]*+|[mi]++|Q)?[fm]*+(?:w[fw]*+|[nN][fimp]*+(?:[roaVv]f*+)?)"
    r"|u[fmav]*+n++|u[fm]*+N[vf]*+)z?+(?=[.,)\n?!]|$)"
    r"|[iI][fm]*+r?f*+,?c[fp]*+[im]*+[nN](?=[.,)\n?!]|$)"
    r"|,pu[fm]*+w(?=[.,)\n?!]|$)"
    r"|V++,?cf*+w(?=[.,)\n?!fz]|$)"
    r"|f*+\([fpm]*+(?:nf*+[vV]|Nf*+[vV])[^M()]*+\)"
    r"|,?p[fmi]++[fxz]{0,3}+[Qp]?[imf]*+w(?=[.,\n]|$)"
)
"""A verdict behind: ``B (wrong)``, ``B. That is not right``, ``B, I guess not``, ``B (does not explain it)``."""
_UNSEEN = re.compile(r"[:,(-]*+nf*+5")
_OUTDONE = re.compile(r"[^.?!\nc]{1,12}c[fpi]*+wb")
"""``B is better than A but worse than C``."""
_PARTLY = re.compile(r"f*+V[^.?!\nMc]{1,14}c(?:f*+n(?![fo]*+M)|fm[fo]*+M)")
"""``B explains the pain but not the fever``."""
_BESIDE = re.compile("zf*+M")
"""``Lumbar puncture after head CT``."""
_SAID_BY = re.compile(r",f*+x{1,3}+d(?=[.,\n]|$)")
"""Who says so, behind what he says: ``B, the student said``."""
_AGREED = re.compile(r"[fo]*+[,.&c]*+(?:f*+uf*+v(?=[.\n]|$)|[fpx]++if*+r(?=[.\n]|$))")
"""Somebody else's choice that is ours too: ``The student says B, and I agree``."""
_WITH = re.compile(r"yf*+x{1,3}+(?=[.,\n]|$)")
"""``B with 85% probability``."""
_ONLY_IF = re.compile(r"[,(-]*+c?f*+dd")


_WINDOW = 40
"""So many words behind a mention can say something of it."""


class _Place(NamedTuple):
    """A mention and what is round it.

    Args:
        left: the kinds of the words that lead up to it.
        right: the kinds of the words that follow it.
        after: the kind after those.
        opens: as for a statement.
        anchored: as for a statement.
        doubt: as for a statement.
        by_text: as for a statement.
        asked: the sentence is a question.
        wrapped: it is a label in brackets, quotes or emphasis.
    """

    left: str
    right: str
    after: str
    opens: bool
    anchored: bool
    doubt: int
    by_text: bool
    asked: bool
    wrapped: bool

    @property
    def stops(self) -> bool:
        """Whether the sentence, or its part, ends behind the words that follow."""
        return not self.after or self.after in _STOPS


@lru_cache(maxsize=65536)
def _judged(left: str, right: str, after: str, state: tuple[bool, bool, int, bool, bool, bool]) -> str:
    place = _Place(left, right, after, *state)
    if place.asked:
        return "asked" if _is_bare(place) else "mentioned"
    if place.doubt > 1 or _NOT_WRONG.match(right):
        return "mentioned"
    if _is_denied(place):
        return "denied"
    if after == "d":
        return "mentioned"
    if _is_affirmed(place):
        return "affirmed"
    return "bare" if not place.doubt and _is_bare(place) else "mentioned"


def _is_denied(said: _Place) -> bool:
    if said.after == "0" or (said.stops and _NO.fullmatch(said.right)):
        return True
    wrong = _IS_WRONG.match(said.right)
    if wrong is not None and not {"w", "n", "N"}.isdisjoint(wrong.group()):
        return True
    return (said.after != "M" and _IS_NOT.match(said.right) is not None) or _DENIED.search(said.left) is not None


def _is_affirmed(said: _Place) -> bool:
    right = said.right
    if _IS_RIGHT.match(right) and (said.stops or not right.endswith("r") or said.after in "xzMydR|&"):
        return True
    if said.stops and (
        _I_DO.fullmatch(right) or _IT_IS.fullmatch(right) or ("u" in said.left and _VERB_LAST.fullmatch(right))
    ):
        return True
    return _is_chosen(said) and said.after not in ("|", "&")


def _is_chosen(said: _Place) -> bool:
    if _CHOSEN.search(said.left) or (_HAS if said.by_text else _LEADS).search(said.left):
        return True
    if "w" in said.left:  # "the incorrect statement is B" answers some questions and denies in others
        return False
    if _IS.search(said.left) is None:
        return False
    return said.anchored or said.opens or said.by_text or not {"p", "Q", "V"}.isdisjoint(said.left)


def _is_bare(said: _Place) -> bool:
    """Do the labels stand by themselves, as in ``B``, ``so B``, ``option B``, ``B: text``, ``B because ...``?"""
    right, after = said.right, said.after
    if not said.opens or _BARE.fullmatch(said.left) is None or _BARE_END.match(right) is None:
        return False
    if ":" in right:
        return "w" not in right
    if right.endswith("n"):
        return after == "M"
    if said.stops or after in "zRC" or right[-1:] in ("p", "u", "v"):
        return True
    return said.wrapped and after == "x"
