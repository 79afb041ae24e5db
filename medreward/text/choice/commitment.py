"""Commitment: of all that a body says of the labels, the one label it affirms, or why there is none."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import accumulate
from typing import NamedTuple

from medreward.text.choice.cut import words_in
from medreward.text.choice.forms import Choice, Select
from medreward.text.choice.lexicon import Lexicon, squeezed
from medreward.text.choice.listed import in_order
from medreward.text.choice.statements import Statement
from medreward.text.choice.tokens import Tagged
from medreward.text.choice.words import ALL_OF, NONE_OF, OPENERS, REFUSAL, says

__all__ = ["Said", "committed"]

_LEADING = re.compile(r"[-(:).,\nRC]*+")
_NOTHING_ELSE = re.compile(r"[-(:).,?\nMRC]*+")
_LIST_ONLY = re.compile(r"[-(:).,?\nM&i]*+")
_TOLD = ("affirmed", "bare")


class Said(NamedTuple):
    """Everything a body says.

    Args:
        statements: what it says of labels and option texts, in order.
        tagged: the tokens behind.
        kinds: their kinds, shaped.
        raw: the tokens as they are written.
        words: those that are no punctuation, folded.
        text: the text they are cut from.
        lexicon: what the options look like.
    """

    statements: tuple[Statement, ...]
    tagged: Tagged
    kinds: str
    raw: list[str]
    words: tuple[str, ...]
    text: str
    lexicon: Lexicon

    @property
    def named(self) -> tuple[str, ...]:
        """The labels mentioned, in order."""
        if len(self.statements) == 1 and None not in self.statements[0].labels:
            return self.statements[0].labels  # type: ignore[return-value]  # no None among them
        labels = [label for one in self.statements for label in one.labels if label is not None]
        return tuple(dict.fromkeys(labels))

    def none(self, reason: str) -> Choice:
        """No label, for this reason."""
        return Choice((), "none", reason, None, self.named)

    def ambiguous(self, reason: str) -> Choice:
        """Several labels, or contradictory words, in this way."""
        return Choice((), "ambiguous", reason, None, self.named)


def committed(said: Said, select: Select) -> Choice:
    """What the body commits to."""
    if not said.statements:
        return _uncommitted(said)
    if (plain := _only_statement(said)) is not None:
        return plain
    yes, denied, cut = _standing(said)
    if not yes:
        return _uncommitted(said)
    if cut is not None and _is_withdrawn(said, cut):
        return said.none("withdrawn")
    if select == "many" and (several := _several(said, yes, denied)) is not None:
        return several
    return _one(said, yes, denied)


def _only_statement(said: Said) -> Choice | None:
    """What a body commits to that affirms one label and says nothing else; None for any other."""
    if len(said.statements) != 1 or "!" in said.kinds:
        return None
    one = said.statements[0]
    if len(one.labels) != 1 or one.verdict not in _TOLD:
        return None
    label = one.labels[0]
    if label is None:
        return said.none("out_of_range")
    if _turns_down(said) and not _is_none_of(said.lexicon, label):
        return said.ambiguous("contradiction")
    return _stated(said, label, [one])


def _standing(said: Said) -> tuple[list[Statement], set[str | None], int | None]:
    """What is affirmed and denied after the last words that take something back and put something else there.

    Returns:
        The statements that affirm; the labels denied; where the last taking back stands that nothing affirmed follows.
    """
    yes = _told(said.statements)
    begin, cut = 0, None
    if "!" in said.kinds and yes:
        last = said.kinds.rfind("!")
        if last > yes[-1].end:
            cut = last
            last = said.kinds.rfind("!", 0, yes[-1].start)
        if last > 0 and _is_said_before(said, last):
            begin = last
        if cut is not None and (late := _colon_behind(said, cut)) is not None:
            yes, begin = [late], cut
        yes = [one for one in yes if one.start > begin or begin == 0]
    if (line := _answer_line(said, yes) or _conclusion(said, yes)) is not None:
        return [line], {label for one in said.statements if one.start > line.end for label in _denied(one)}, cut
    denied = {
        label
        for one in said.statements
        if one.verdict == "denied" and (one.start > begin or begin == 0)
        for label in one.labels
    }
    return _without_list(said, yes) if len(yes) > 1 else yes, denied, cut


def _told(statements: tuple[Statement, ...]) -> list[Statement]:
    """The statements that affirm; one that describes a label does where none is affirmed or denied in words."""
    told = [one for one in statements if one.verdict in _TOLD]
    if any(one.verdict == "affirmed" for one in told):
        return told
    open_ones = [one for one in statements if one.verdict not in _TOLD]
    if not all(one.verdict == "described" or one.by_text for one in open_ones):
        return told
    described = [
        replace(one, verdict="bare") for one in open_ones if one.verdict == "described" and not (told and one.by_text)
    ]
    return sorted(told + described, key=lambda one: one.start) if described else told


_BEHIND_COLON = re.compile(":[fo]*+$")


def _colon_behind(said: Said, cut: int) -> Statement | None:
    """The one label behind a taking back, where it ends the body behind a colon: ``Wait, in view of the fever: C``."""
    late = [one for one in said.statements if one.start > cut]
    if len(late) != 1 or len(late[0].labels) != 1 or late[0].verdict != "mentioned" or late[0].doubt:
        return None
    ends = _LEADING.fullmatch(said.kinds, late[0].end + 1) is not None
    return late[0] if ends and _BEHIND_COLON.search(late[0].left) else None


_FIELD = re.compile("[aor][fo]*+:[:fo]*+$")


def _answer_line(said: Said, yes: list[Statement]) -> Statement | None:
    """A line such as ``Answer: B`` that ends what is affirmed: what stands before it is how one came there."""
    if len(yes) < 2 or len(yes[-1].labels) != 1 or _FIELD.search(yes[-1].left) is None:
        return None
    fields = [one for one in yes if one.verdict == "affirmed" and _FIELD.search(one.left) is not None]
    begin = yes[-1].start - len(yes[-1].left)
    opens_line = said.kinds[begin - 1 : begin] == "\n"
    return yes[-1] if opens_line and all(one.labels == yes[-1].labels for one in fields) else None


_CONCLUDES = re.compile("f+[fc]*+a[yfo]*+[i:][f:]*+$")


def _conclusion(said: Said, yes: list[Statement]) -> Statement | None:
    """A last ``So the answer is C`` behind statements of which some are true: some questions ask for the false one."""
    if len(yes) < 3 or len(yes[-1].labels) != 1 or yes[-1] is not said.statements[-1]:
        return None
    is_last = yes[-1].verdict == "affirmed" and _CONCLUDES.search(yes[-1].left) is not None
    judged = all(one.verdict == "affirmed" and not one.left and said.kinds[one.end + 1] == "i" for one in yes[:-1])
    return yes[-1] if is_last and judged else None


def _denied(one: Statement) -> tuple[str | None, ...]:
    return one.labels if one.verdict == "denied" else ()


def _is_said_before(said: Said, place: int) -> bool:
    return any(one.start < place for one in said.statements)


def _without_list(said: Said, yes: list[Statement]) -> list[Statement]:
    """What is affirmed, without a list of the options that only repeats them, or goes through the others behind it."""
    affirmed = [one for one in yes if one.verdict == "affirmed" or one.left.endswith(":")]
    if not affirmed or len(affirmed) == len(yes):
        return yes
    if _goes_through(said, affirmed):
        return affirmed
    listed = [one for one in yes if one.verdict == "bare" and len(one.labels) == 1 and one.start < affirmed[0].start]
    labels = {one.labels[0] for one in listed}
    enough = len(labels) > 2 or (len(labels) == 2 and len(said.lexicon.names.labels) == 2)
    if not enough or not all(label in labels for one in affirmed for label in one.labels):
        return yes
    return [one for one in yes if one not in listed]


def _goes_through(said: Said, affirmed: list[Statement]) -> bool:
    """Are the other options gone through behind the one that is affirmed: ``A - no fever; B - no cough``?"""
    wanted = {label for one in affirmed for label in one.labels}
    others = [one for one in said.statements if _is_listed(one, said.kinds) and not wanted.issuperset(one.labels)]
    labels = [label for one in others for label in one.labels]
    return (
        len({*labels}) == len(labels) == len(others) > 1
        and len(wanted) == 1
        and wanted.isdisjoint(labels)
        and others[0].start > affirmed[-1].end
    )


def _is_listed(one: Statement, kinds: str) -> bool:
    if one.verdict == "described":
        return True
    is_bare = one.verdict == "bare" and not one.left and kinds[max(one.start - 1, 0)] not in "|&"
    return is_bare and _MORE_IS_SAID.match(kinds, one.end + 1) is not None


_MORE_IS_SAID = re.compile("[-:).,]*+[^|&M.?!\n]*[xnNw]")
_SILENCE = re.compile(r"[!.,?\n()f-]*+")


def _is_withdrawn(said: Said, cut: int) -> bool:
    """Do the words after a taking back only deny or refuse?"""
    rest = said.kinds[cut:]
    if "M" in rest:
        return False
    if _SILENCE.fullmatch(rest):
        return True
    if re.search("[iQ][f]*+w|(?:N[fi]*+|[mi]n[fi]*+)r", rest):
        return True
    raw = said.raw[said.tagged.first[cut] :]
    return REFUSAL.search(" ".join(words_in([token.casefold() for token in raw]))) is not None


def _one(said: Said, yes: list[Statement], denied: set[str | None]) -> Choice:
    """The one label that is affirmed, or why there is none."""
    singles = [one for one in yes if len(one.labels) == 1]
    still_open = _still_open(yes, singles)
    if still_open and said.words == ("n", "a") and None in still_open[0].labels:
        return said.none("refused")
    if still_open:
        return said.ambiguous(_open_reason(still_open[0], said.tagged))
    offered = [one for one in singles if one.labels[0] is not None]
    if offered and not any(one.labels[0] is None and one.verdict == "affirmed" for one in singles):
        singles = offered
    labels = {one.labels[0] for one in singles}
    if len(labels) > 1:
        plainly = all(one.verdict == "bare" and not one.by_text for one in singles)
        return said.ambiguous("several_labels" if plainly else "contradiction")
    if not labels:
        return _uncommitted(said)
    label = labels.pop()
    if label is None:
        return said.none("out_of_range")
    if label in denied or (_turns_down(said) and not _is_none_of(said.lexicon, label)):
        return said.ambiguous("contradiction")
    if "d" in said.kinds and _has_second(said, singles):
        return said.ambiguous("several_labels")
    return _stated(said, label, singles)


def _still_open(yes: list[Statement], singles: list[Statement]) -> list[Statement]:
    """Several labels named together, of which none is singled out later."""
    latest = {one.labels[0]: one.start for one in singles}
    concluded = {one.labels[0]: one.start for one in singles if one.verdict == "affirmed" or one.left}
    return [
        one
        for one in yes
        if len(one.labels) > 1
        and not any((latest if one.conjoined == "|" else concluded).get(label, -1) > one.start for label in one.labels)
    ]


_SECOND = re.compile("[,(]*+[dfn|&]*+[,f]*+")


def _has_second(said: Said, singles: list[Statement]) -> bool:
    """Does another label follow a bare one at once, in doubt: ``A, if not B``?"""
    bare = {one.end: one for one in singles if one.verdict == "bare"}
    for before, one in zip(said.statements, said.statements[1:], strict=False):
        if one.verdict == "mentioned" and before.end in bare and set(one.labels) != set(before.labels):
            between = said.kinds[before.end + 1 : one.start]
            if "d" in between and _SECOND.fullmatch(between):
                return True
    return False


_NONE = re.compile(r"\s*+.{0,8}?(?:none|neither)", re.IGNORECASE | re.DOTALL)


def _turns_down(said: Said) -> bool:
    """Does the body open by turning down every option?"""
    if _NONE.match(said.text) is None:
        return False
    return said.words[:1] in (("none",), ("neither",)) and NONE_OF.match(" ".join(said.words[:8])) is not None


def _is_none_of(lexicon: Lexicon, label: str) -> bool:
    return NONE_OF.search(squeezed(lexicon.texts.get(label, "").casefold())) is not None


def _open_reason(one: Statement, tagged: Tagged) -> str:
    places = [place for place in range(one.start, one.end + 1) if place in tagged.means]
    by_text = [place in tagged.texts for place in places]
    if all(by_text):
        return "several_texts"
    return "contradiction" if any(by_text) and not one.conjoined else "several_labels"


def _stated(said: Said, label: str, yes: list[Statement]) -> Choice:
    """The form in which one label is affirmed, and the words that do it."""
    tagged, named = said.tagged, said.named
    by_label = yes if not tagged.texts else [one for one in yes if _names_label(one, tagged)]
    if not by_label:
        return Choice((label,), "text_only", "", (yes[0].start, yes[0].end), named)
    first = by_label[0]
    leads = first.verdict == "bare" and not first.left and _LEADING.fullmatch(said.kinds, 0, first.start) is not None
    if leads and (named == (label,) or _others_by_text(label, tagged)) and _says_more(said):
        return Choice((label,), "with_text", "", (first.start, first.end), named)
    strong = next((one for one in by_label if one.verdict == "affirmed"), first)
    return Choice((label,), "stated", "", (strong.start, strong.end), named)


def _names_label(one: Statement, tagged: Tagged) -> bool:
    return any(place in tagged.means and place not in tagged.texts for place in range(one.start, one.end + 1))


def _others_by_text(label: str, tagged: Tagged) -> bool:
    """Is every other label mentioned by its option's text alone?"""
    return all(tagged.means[place] in ((label,), (None,)) for place in tagged.means.keys() - tagged.texts)


def _says_more(said: Said) -> bool:
    """Is there more than the label and signs?"""
    if _NOTHING_ELSE.fullmatch(said.kinds) is None or said.tagged.texts:
        return True
    return (None,) in said.tagged.means.values()


# Several labels, where several are asked for


def _several(said: Said, yes: list[Statement], denied: set[str | None]) -> Choice | None:
    """All labels that are affirmed, where they are several and no "or" stands between them; None for other bodies."""
    labels = {label for one in yes for label in one.labels}
    if len(labels) < 2 or labels & denied or any(one.conjoined == "|" for one in yes):
        return None
    if None in labels or not _texts_agree(said):
        return said.ambiguous("contradiction")
    places = [place for one in yes for place in range(one.start, one.end + 1) if place in said.tagged.means]
    form = "stated"
    if all(place in said.tagged.texts for place in places):
        form = "text_only"
    elif all(one.verdict == "bare" for one in yes) and not yes[0].left:
        form = "wrapped" if _LIST_ONLY.fullmatch(said.kinds) and not said.tagged.texts else "with_text"
    offered = in_order((label for label in labels if label is not None), said.lexicon)
    return Choice(offered, form, "", (yes[0].start, yes[-1].end), said.named)


_OWN_TEXT = re.compile(r"M[-(:.)]*+(?=M)")


def _texts_agree(said: Said) -> bool:
    """Is every option's text that stands behind a label the text of that label, and of that alone?"""
    tagged = said.tagged
    if any(len(tagged.means[place]) > 1 for place in tagged.texts):
        return False
    pairs = [(match.start(), match.end()) for match in _OWN_TEXT.finditer(said.kinds)] if tagged.texts else []
    return all(
        tagged.means[label] == tagged.means[text]
        for label, text in pairs
        if text in tagged.texts and label not in tagged.texts
    )


# Nothing affirmed


def _uncommitted(said: Said) -> Choice:
    """Why nothing is affirmed; or the one label that a short body ends on."""
    named, tokens, lexicon = said.named, said.words, said.lexicon
    words = " ".join(tokens)
    if len(said.statements) == 1 and len(named) == 1 and _trails(said.statements[0], said):
        one = said.statements[0]
        form = "stated" if _names_label(one, said.tagged) else "text_only"
        return Choice((named[0],), form, "", (one.start, one.end), named)
    if words.isascii() and len(words) == 1 and words.isalpha() and lexicon.names.find(words) is None:
        return said.none("out_of_range")
    if (turned := _of_all(said, tokens, words)) is not None:
        return turned
    asked = {label for one in said.statements if one.verdict == "asked" for label in one.labels}
    several = len(asked) > 1 or any(len(one.labels) > 1 and one.verdict != "denied" for one in said.statements)
    if several or _is_run(words, lexicon):
        return said.ambiguous("several_labels")
    if any(one.verdict == "denied" for one in said.statements):
        return said.none("denied")
    if _found(REFUSAL, tokens, words) or says("refusal", said.text.casefold()):
        return _by_meaning(said, REFUSAL, "refusal") or said.none("refused")
    return said.none("no_label")


def _found(pattern: re.Pattern[str], tokens: tuple[str, ...], words: str) -> bool:
    """Whether a pattern is found in words: it is tried where one of its first words stands."""
    openers = OPENERS[pattern]
    if openers.isdisjoint(tokens):
        return False
    starts = accumulate(map(len, tokens), lambda at, size: at + size + 1, initial=0)
    return any(pattern.match(words, at) for token, at in zip(tokens, starts, strict=False) if token in openers)


def _of_all(said: Said, tokens: tuple[str, ...], words: str) -> Choice | None:
    """A body that turns down or takes every option: an option that says so, else why there is no label."""
    folded = said.text.casefold()
    for pattern, name, form, reason in (
        (NONE_OF, "none_of", "none", "none_of_above"),
        (ALL_OF, "all_of", "ambiguous", "several_labels"),
    ):
        if _found(pattern, tokens, words) or says(name, folded):
            return (None if said.named else _by_meaning(said, pattern, name)) or Choice(
                (), form, reason, None, said.named
            )
    return None


def _by_meaning(said: Said, pattern: re.Pattern[str], name: str) -> Choice | None:
    """The one option whose text says what the body says in other words, where it names no other."""
    texts = ((label, squeezed(text.casefold())) for label, text in said.lexicon.texts.items())
    meant = tuple(label for label, text in texts if pattern.search(text) or says(name, text))
    if len(meant) != 1 or said.named not in ((), meant):
        return None
    return Choice(meant, "text_only", "", (0, len(said.kinds) - 1), meant)


def _trails(one: Statement, said: Said) -> bool:
    """Is it a label at the very end, in brackets or behind a colon: ``a labral tear (B)``, ``hence my pick: B``?"""
    ends = _LEADING.fullmatch(said.kinds, one.end + 1) is not None
    if one.verdict != "mentioned" or one.doubt or not ends:
        return False
    if _turns_down(said):
        return False
    return one.start in said.tagged.wrapped or _TO_COLON.fullmatch(said.kinds, 0, one.start) is not None


_TO_COLON = re.compile(r"[.\n]*+(?:[^:nNwdO?M\n]{2,200}[.\n])?+[^:nNwdO?M.\n]{2,60}[:i]")


def _is_run(words: str, lexicon: Lexicon) -> bool:
    """Is it several different labels without anything between, such as ``ACD``?"""
    if not 1 < len(words) <= len(lexicon.names.labels):
        return False
    labels = {lexicon.names.find(char) for char in words}
    return None not in labels and len(labels) == len(words)
