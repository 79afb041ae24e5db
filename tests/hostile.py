"""Completions a careless reader gets wrong: hypothesis strategies that shrink to readable text.

Every completion is a list of fragments joined together, so that a counterexample loses whole fragments.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

Fragments = list[str]

LITERALS = ("<think>", "</think>", "<answer>", "</answer>")
WHITESPACE = (
    " ", "\n", "\t", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\xa0", "\u1680",
    *(chr(code) for code in range(0x2000, 0x200B)), "\u2028", "\u2029", "\u202f", "\u205f", "\u3000",
)  # fmt: skip
"""The 29 characters for which `str.isspace` holds."""
INVISIBLE = ("\u200b", "\ufeff", "\xad", "\u2060", "\u200d", "\ufe0f", "\U000e0020")
WRONG_CASE = ("<Think>", "</THINK>", "<ANSWER>", "</ANSWER>", "</Answer>", "<aNSWER>", "<thinK>", "</tHink>")
FOLDED = ("<an\u017fwer>", "</an\u017fwer>", "<thin\u212a>", "</th\u0131nk>", "<TH\u0130NK>")
TRUNCATED = ("<thi", "nk>", "</answ", "er>", "<", ">", "</", "<think", "</think", "<answer", "</answer", "/answer>")
NEAR_MISSES = (
    "<thinking>", "</thinking>", "<answers>", "answer>", "answer</answer>", "<chink>", "s(think>", "< answer >",
    "</ think>", "<<think>>", "<answer/>", "<think >", "<\\answer>", "&lt;answer&gt;", "\uff1cthink\uff1e",
)  # fmt: skip
LETTERS = (*"ABCDEFGHIJ", *"abcd")
CHOICES = ("(B)", "**B**", "B.", "\\boxed{B}", "A or B", "Option C", "not B", "AB", "\uff22", "A, B, C, D")
WORDS = ("so", "the", "heart", "is", "clear", "B-cell", "7", "0", "42", "1.5")
NON_ASCII = ("\u80ba", "\xe9", "e\u0301", "\U0001f600", "\u0130", "\xdf", "\ufb01", "\u0301", "\u0438", "\U0010ffff")
ODD = ("\0", "\\", "$", "\ufffd", "\x7f", "<|im_end|>", "</s>")

INSIDE = (*LETTERS, *WORDS, *CHOICES, *WHITESPACE, *NON_ASCII, *INVISIBLE, *ODD)
"""Fragments that are no tag and no part of one."""
DAMAGED = (*WRONG_CASE, *FOLDED, *TRUNCATED, *NEAR_MISSES)
"""Fragments that look like a tag."""


def joined(*parts: SearchStrategy[Fragments] | str) -> SearchStrategy[Fragments]:
    """The fragments of all parts in turn; a string stands for itself."""
    drawn = [st.just([part]) if isinstance(part, str) else part for part in parts]
    return st.tuples(*drawn).map(flat)


def flat(parts: Iterable[Fragments]) -> Fragments:
    """The fragments of all parts as one list."""
    return list(chain.from_iterable(parts))


# Strategies are made once: made anew in each draw they would cost more than the drawing.
RUNS = st.builds(str.__mul__, st.sampled_from((" ", "\xa0", "\u3000", "\n")), st.integers(40, 80))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
PLAIN = st.sampled_from(INSIDE)
TAGS = st.sampled_from(LITERALS)
DAMAGE = st.sampled_from(DAMAGED)

NOTHING: SearchStrategy[Fragments] = st.just([])
BLANKS = st.lists(st.sampled_from((*WHITESPACE, *INVISIBLE)), max_size=2)
FILLERS = st.lists(PLAIN | PLAIN | PLAIN | DAMAGE | TEXTS | RUNS, max_size=3)
"""Mostly plain fragments, no exact tag unless by chance."""
SPACES = st.lists(st.sampled_from(WHITESPACE), max_size=2)
GAPS = FILLERS | SPACES | SPACES | SPACES
"""What stands between blocks: mostly whitespace or nothing."""
COMMITTED = st.sampled_from((*LETTERS, *CHOICES)).map(lambda choice: [choice])
ANSWERS = BLANKS | COMMITTED | joined(BLANKS, COMMITTED, BLANKS) | FILLERS
"""What stands in an answer block: mostly one choice."""

REASONING = joined("<think>", FILLERS, "</think>")
ANSWER = joined("<answer>", ANSWERS, "</answer>")
WELL_FORMED = joined(GAPS, REASONING, GAPS, ANSWER, GAPS)
REPEATED = st.lists(joined(ANSWER | REASONING, GAPS), min_size=1, max_size=4).map(flat)
"""Several blocks of either tag in any order."""
NESTED = joined("<think>", FILLERS, NOTHING | REPEATED, REASONING, NOTHING | st.just(["</think>"]), NOTHING | REPEATED)
NESTED |= joined("<answer>", FILLERS, ANSWER, NOTHING | st.just(["</answer>"]))
"""An opener inside an open block of its own tag, closed once or twice."""
QUOTED = joined("<think>", FILLERS, REPEATED, "</think>", NOTHING | WELL_FORMED | ANSWER)
"""Blocks inside the reasoning, with an answer after it or without."""
CROSSED = joined("<think>", FILLERS, "<answer>", FILLERS, "</think>", ANSWERS, "</answer>", NOTHING | REPEATED)
CROSSED |= joined("<answer>", FILLERS, "<think>", FILLERS, "</answer>", FILLERS, "</think>", NOTHING | REPEATED)
"""Two blocks of which neither holds the other."""
LOOSE = st.lists(PLAIN | TAGS | TAGS | DAMAGE | TEXTS | RUNS, max_size=12)
"""Any fragments in any order."""
PLACES = st.integers(0, 2**16)


@st.composite
def mutated(draw: DrawFn) -> Fragments:
    """A well-formed completion in which one fragment is left out, doubled, moved, replaced or in upper case."""
    made = draw(WELL_FORMED)
    at, to, other = draw(PLACES) % len(made), draw(PLACES) % len(made), draw(TAGS | DAMAGE)
    taken = made[at]
    rest = [*made[:at], *made[at + 1 :]]
    ways = (
        rest,
        [*made[:at], taken, *made[at:]],
        [*rest[:to], taken, *rest[to:]],
        [*made[:at], other, *made[at + 1 :]],
        [*made[:at], taken.upper(), *made[at + 1 :]],
    )
    return list(draw(st.sampled_from(ways)))


FRAGMENTS = LOOSE | WELL_FORMED | WELL_FORMED | mutated() | REPEATED | QUOTED | CROSSED | NESTED


@st.composite
def completions(draw: DrawFn) -> str:
    """One completion: any text, no lone surrogates; well-formed, repeated, nested and quoted ones are frequent."""
    return "".join(draw(FRAGMENTS))


COMPLETIONS = completions()


def tables(*, completion: SearchStrategy[str] = COMPLETIONS) -> SearchStrategy[list[str | None]]:
    """The column of a small table: up to 8 completions or nulls.

    Args:
        completion: what a row that is not null holds.
    """
    return st.lists(completion | st.none(), max_size=8)


@st.composite
def broken_bytes(draw: DrawFn) -> bytes:
    """A completion in UTF-8 with pieces cut out at any byte and high bytes put in; it may be invalid."""
    whole = "".join(draw(FRAGMENTS)).encode()
    for _ in range(draw(st.integers(0, 3))):
        start, end = sorted((draw(PLACES) % (len(whole) + 1), draw(PLACES) % (len(whole) + 1)))
        kept = whole[start:end] if draw(st.booleans()) else b""
        high = bytes(draw(st.lists(st.integers(0x80, 0xFF), max_size=3)))
        whole = whole[:start] + kept + high + whole[end:]
    return whole
