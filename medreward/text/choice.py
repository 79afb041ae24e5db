"""What an answer commits to: the grammar that reads the text inside ``<answer>`` as a careful human would.

A body that is one label, bare or wrapped, is decided at once. Any other body becomes tokens with kinds
(``choice_words.py``), mentions of labels and option texts among them (``choice_tokens.py``), statements that affirm,
deny, ask or only mention (``choice_statements.py``), and last a commitment: exactly one label affirmed, or none. Every
step is linear in the body's length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from medreward.text.choice_statements import Statement, statements
from medreward.text.choice_tokens import Lexicon, Tagged, lexicon_of, names_of, tag, words_in
from medreward.text.choice_words import ALL_OF, INVISIBLE, NONE_OF, REFUSAL, TOKEN, plain
from medreward.text.options import OptionSet

__all__ = ["FORMS", "MAX_BODY", "REASONS", "Choice", "Select", "choose", "label_alone"]

FORMS: tuple[str, ...] = ("clean", "wrapped", "with_text", "stated", "text_only", "ambiguous", "none", "missing")
"""How a choice is stated; the place is the code. The first five have a label, strongest first."""
REASONS: tuple[str, ...] = (
    *("", "empty", "refused", "denied", "out_of_range", "none_of_above", "no_label"),
    *("several_labels", "contradiction", "several_texts", "several_blocks", "too_long"),
)
"""Why there is no label; the place is the code, the empty reason stands where there is one."""


MAX_BODY = 1_000_000
"""A longer body, outer whitespace aside, is not read: its form is ``none`` and its reason ``too_long``."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What one answer body commits to.

    Args:
        labels: what is committed to, as the options spell it and in their order; with ``select="one"`` none or one.
        form: one of ``FORMS``.
        reason: one of ``REASONS``; empty where there is a label.
        span: start and end of the words that decided, in code points of the body; None where nothing did.
        candidates: the labels that were mentioned, in order, without repeats.
    """

    labels: tuple[str, ...]
    form: str
    reason: str = ""
    span: tuple[int, int] | None = None
    candidates: tuple[str, ...] = ()

    @property
    def label(self) -> str | None:
        """The only label; None where there is none or several."""
        return self.labels[0] if len(self.labels) == 1 else None


_EMPTY = Choice((), "none", "empty")
_EDGE = "()[]{}<>（）［］｛｝【】〔〕〈〉《》「」『』\"'“”‘’„‚«»‹›*_`$.,:;。．，、：；#•·\x00"
_BEFORE = re.compile(
    r"(?:[\s\-–—>=→"
    + re.escape(_EDGE)
    + r"]|\\(?:boxed|fbox|text|textbf|textrm|textit|mathrm|mathbf|mathsf|mathit|bf|rm)\b"
    r"|\\[(\[])*+"
)
_AFTER = _EDGE + "!！…।\\\u20e3\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u3000"


def label_alone(body: str, labels: tuple[str, ...]) -> Choice | None:
    """Decide what needs no option texts: one label, bare or wrapped, or nothing at all.

    Args:
        body: the text inside the answer tags.
        labels: the labels offered.

    Returns:
        A choice of form ``clean`` or ``wrapped``, or ``none`` for reason ``empty``; None where more must be read.

    Example:
        >>> label_alone("(b)", ("A", "B")).label
        'B'
    """
    names = names_of(labels)
    core = body.strip()
    if not core:
        return _EMPTY
    label = names.find(core)
    if label is not None:
        return _found(label, "clean", body, core)
    if len(core) > MAX_BODY:
        return Choice((), "none", "too_long")
    visible = core if core.isascii() else INVISIBLE.sub("", core).strip()
    if not visible:
        return _EMPTY
    inner = visible[_match_end(_BEFORE, visible) :].rstrip(_AFTER)
    label = names.find(visible) or names.find(inner)
    if label is None and not inner.isascii() and len(inner) <= names.longest + 4:
        label = names.find(plain(inner).strip(_EDGE))
    return None if label is None else _found(label, "wrapped", body, inner or visible)


def _match_end(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.match(text)
    return match.end() if match else 0


def _found(label: str, form: str, body: str, core: str) -> Choice:
    """A choice whose words are the core, or all visible text where invisible characters cut the core in two."""
    start = body.find(core)
    if start < 0:
        start, core = body.find(body.strip()), body.strip()
    return Choice((label,), form, "", (start, start + len(core)), (label,))


Select = Literal["one", "many"]
"""Does the question ask for one label, or for all that are right?"""


def choose(body: str, options: OptionSet = OptionSet(), select: Select = "one") -> Choice:  # noqa: B008 - immutable
    """What a careful reader says the body commits to.

    Args:
        body: the text inside the answer tags.
        options: what was offered.
        select: ``one``: one label is asked for, naming several is ambiguous; ``many``: all right ones are asked for,
            and labels listed together (``A, C``, ``A and C``, ``AC``) are the choice.

    Returns:
        The choice; its form is never ``missing``.

    Example:
        >>> choose("Not A but B").label
        'B'
    """
    alone = label_alone(body, options.labels)
    if alone is not None:
        return alone
    lexicon = lexicon_of(options)
    if select == "many" and (listed := _listed(body, lexicon)) is not None:
        return listed
    text, kept = _visible(body)
    raw = TOKEN.findall(text)
    folded = [token.casefold() for token in raw]
    words = words_in(folded)
    whole = _whole_text(text, words, lexicon) if lexicon.texts else []
    if whole:
        return _by_text(whole, body)
    tagged = tag(text, raw, folded, words, lexicon)
    choice = _commit(list(statements(tagged)), tagged, words, lexicon, select)
    if choice.span is None:
        return choice
    start, end = _place(text, tagged, choice.span)
    span = (start, end) if kept is None else (kept[start], kept[end - 1] + 1)
    return Choice(choice.labels, choice.form, choice.reason, span, choice.candidates)


def _visible(body: str) -> tuple[str, list[int] | None]:
    """The body without invisible characters, and where each character left stood."""
    if body.isascii():
        return body, None
    text = body.replace("’", "'").replace("ʼ", "'")
    if INVISIBLE.search(text) is None:
        return text, None
    kept = [place for place, char in enumerate(text) if INVISIBLE.match(char) is None]
    return INVISIBLE.sub("", text), kept


def _place(text: str, tagged: Tagged, span: tuple[int, int]) -> tuple[int, int]:
    """Code points of the tokens behind two places of the kinds."""
    first, last = tagged.first[span[0]], tagged.last[span[1]]
    tokens = [match.span() for match in islice(TOKEN.finditer(text), first, last + 1)]
    return tokens[0][0], tokens[-1][1]


# Whole texts


def _whole_text(text: str, words: tuple[str, ...], lexicon: Lexicon) -> list[str]:
    """The labels whose text the whole body is: but for case and whitespace, else but for punctuation too."""
    return lexicon.strict.get(_squeezed(text)) or lexicon.loose.get(words) or []


def _squeezed(text: str | None) -> str:
    return " ".join((text or "").casefold().split())


def _by_text(labels: Sequence[str], body: str) -> Choice:
    if len(labels) > 1:
        return Choice((), "ambiguous", "several_texts", None, tuple(labels))
    core = body.strip()
    start = body.find(core)
    return Choice((labels[0],), "text_only", "", (start, start + len(core)), (labels[0],))


# Commitment

_LEADING = re.compile(r"[-(:).,\n]*+")
_NOTHING_ELSE = re.compile(r"[-(:).,?\nM]*+")


def _commit(said: list[Statement], tagged: Tagged, words: tuple[str, ...], lexicon: Lexicon, select: Select) -> Choice:
    """The one label that is affirmed, or why there is none."""
    named = _named(said)
    if select == "many" and (several := _several(said, tagged, named, lexicon)) is not None:
        return several
    yes = [one for one in said if one.verdict in ("affirmed", "bare")]
    denied = {label for one in said if one.verdict == "denied" for label in one.labels}
    singles = [one for one in yes if len(one.labels) == 1]
    latest = {one.labels[0]: one.start for one in singles}
    still_open = [
        one
        for one in yes
        if len(one.labels) > 1
        and not (one.conjoined == "|" and any(latest.get(label, -1) > one.start for label in one.labels))
    ]
    if still_open and words == ("n", "a") and None in still_open[0].labels:
        return Choice((), "none", "refused", None, named)
    if still_open:
        return Choice((), "ambiguous", _open_reason(still_open[0], tagged), None, named)
    offered = [one for one in singles if one.labels[0] is not None]
    if offered and not any(one.labels[0] is None and one.verdict == "affirmed" for one in singles):
        singles = offered
    labels = {one.labels[0] for one in singles}
    if len(labels) > 1:
        plainly = all(one.verdict == "bare" and one.start not in tagged.texts for one in singles)
        return Choice((), "ambiguous", "several_labels" if plainly else "contradiction", None, named)
    if not labels:
        return _uncommitted(said, tagged, " ".join(words), lexicon)
    label = labels.pop()
    if label is None:
        return Choice((), "none", "out_of_range", None, named)
    if label in denied or (_turns_down(words) and not NONE_OF.search(_squeezed(lexicon.texts.get(label)))):
        return Choice((), "ambiguous", "contradiction", None, named)
    return _committed(label, singles, tagged, named)


_LIST = re.compile(r"(?:\s*+(?:,|;|/|\+|&|\band\b|\n)\s*+)++|\s++", re.IGNORECASE)


def _listed(body: str, lexicon: Lexicon) -> Choice | None:
    """Several labels and nothing but separators: ``A, C``, ``A and C``, ``AC``."""
    core = body.strip()
    if not core or len(core) > 32 * (len(lexicon.names.labels) + 1) or core.casefold() in lexicon.strict:
        return None
    items = [item for item in _LIST.split(core) if item]
    found = [lexicon.names.find(item) for item in items]
    if None in found and len(items) == 1:
        found = [lexicon.names.find(char) for char in core]
        found = [None] if len({*found}) < len(found) else found
    named = tuple(label for label in dict.fromkeys(found) if label is not None)
    if None in found or len(named) < 2:
        return None
    return Choice(_in_order(named, lexicon), "clean", "", (body.find(core), body.find(core) + len(core)), named)


def _in_order(labels: Iterable[str], lexicon: Lexicon) -> tuple[str, ...]:
    wanted = set(labels)
    return tuple(label for label in lexicon.names.labels if label in wanted)


def _several(said: list[Statement], tagged: Tagged, named: tuple[str, ...], lexicon: Lexicon) -> Choice | None:
    """All labels that are affirmed, where they are several and no "or" stands between them."""
    yes = [one for one in said if one.verdict in ("affirmed", "bare")]
    labels = {label for one in yes for label in one.labels}
    denied = {label for one in said if one.verdict == "denied" for label in one.labels}
    if len(labels) < 2 or None in labels or labels & denied or any(one.conjoined == "|" for one in yes):
        return None
    if any(place in tagged.texts and len(tagged.means[place]) > 1 for place in tagged.means):
        return None
    places = [place for one in yes for place in range(one.start, one.end + 1) if place in tagged.means]
    if all(place in tagged.texts for place in places):
        form = "text_only"
    elif any(one.verdict == "affirmed" for one in yes):
        form = "stated"
    else:
        form = "wrapped" if _NOTHING_ELSE.fullmatch(tagged.kinds) else "with_text"
    offered = _in_order((label for label in labels if label is not None), lexicon)
    return Choice(offered, form, "", (yes[0].start, yes[-1].end), named)


def _named(said: list[Statement]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([label for one in said for label in one.labels if label is not None]))


def _turns_down(words: tuple[str, ...]) -> bool:
    """Does the body open by turning down every option?"""
    return words[0] in ("none", "neither") and NONE_OF.match(" ".join(words[:8])) is not None


def _open_reason(one: Statement, tagged: Tagged) -> str:
    places = [place for place in range(one.start, one.end + 1) if place in tagged.means]
    by_text = [place in tagged.texts for place in places]
    if all(by_text):
        return "several_texts"
    return "contradiction" if any(by_text) and not one.conjoined else "several_labels"


def _committed(label: str, yes: list[Statement], tagged: Tagged, named: tuple[str, ...]) -> Choice:
    """The form in which one label is affirmed, and the words that do it."""
    labels = tagged.means.keys() - tagged.texts
    by_label = [one for one in yes if any(place in labels for place in range(one.start, one.end + 1))]
    if not by_label:
        return Choice((label,), "text_only", "", (yes[0].start, yes[0].end), named)
    first = by_label[0]
    leads = first.verdict == "bare" and not first.left and _LEADING.fullmatch(tagged.kinds, 0, first.start) is not None
    alone = all(tagged.means[place] in ((label,), (None,)) for place in labels)
    said_more = tagged.texts or (None,) in tagged.means.values() or _NOTHING_ELSE.fullmatch(tagged.kinds) is None
    if leads and alone and said_more:
        return Choice((label,), "with_text", "", (first.start, first.end), named)
    strong = next((one for one in by_label if one.verdict == "affirmed"), first)
    return Choice((label,), "stated", "", (strong.start, strong.end), named)


def _uncommitted(said: list[Statement], tagged: Tagged, words: str, lexicon: Lexicon) -> Choice:
    """Why nothing is affirmed; or the one label that a short body ends on."""
    named = _named(said)
    if len(said) == 1 and len(named) == 1 and _trails(said[0], tagged):
        return Choice((named[0],), "stated", "", (said[0].start, said[0].end), named)
    if words.isascii() and len(words) == 1 and words.isalpha() and lexicon.names.find(words) is None:
        return Choice((), "none", "out_of_range", None, named)
    for says, reason in ((NONE_OF, ("none", "none_of_above")), (ALL_OF, ("ambiguous", "several_labels"))):
        if says.search(words):
            meant = [label for label, text in lexicon.texts.items() if says.search(_squeezed(text))]
            if len(meant) == 1 and not named:
                return Choice((meant[0],), "text_only", "", (0, len(tagged.kinds) - 1), (meant[0],))
            return Choice((), *reason, None, named)
    asked = {label for one in said if one.verdict == "asked" for label in one.labels}
    several = len(asked) > 1 or any(len(one.labels) > 1 and one.verdict != "denied" for one in said)
    if several or _is_run(words, lexicon):
        return Choice((), "ambiguous", "several_labels", None, named)
    if any(one.verdict == "denied" for one in said):
        return Choice((), "none", "denied", None, named)
    return Choice((), "none", "refused" if REFUSAL.search(words) else "no_label", None, named)


def _trails(one: Statement, tagged: Tagged) -> bool:
    """Is it a label asked alone (``B?``), or one in brackets at the very end (``a labral tear (B)``)?"""
    if one.verdict == "asked":
        return _NOTHING_ELSE.fullmatch(tagged.kinds) is not None
    ends = _LEADING.fullmatch(tagged.kinds, one.end + 1) is not None
    return one.verdict == "mentioned" and one.start in tagged.wrapped and ends and not one.doubted


def _is_run(words: str, lexicon: Lexicon) -> bool:
    """Is it several different labels without anything between, such as ``ACD``?"""
    labels = [lexicon.names.find(char) for char in words[: len(lexicon.names.labels) + 1]]
    return 1 < len(words) == len(labels) and None not in labels and len(set(labels)) == len(labels)
