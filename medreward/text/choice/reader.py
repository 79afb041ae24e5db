"""Reading a body: normalisation, tokens, statements, commitment, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from medreward.text.choice.alone import label_alone
from medreward.text.choice.commitment import Said, committed
from medreward.text.choice.cut import Cut
from medreward.text.choice.fields import Field, answer_field
from medreward.text.choice.forms import Choice, Select
from medreward.text.choice.lexicon import lexicon_of
from medreward.text.choice.listed import labels_listed
from medreward.text.choice.plain import own_text, plain_choice
from medreward.text.choice.statements import shaped, statements
from medreward.text.choice.tokens import Tagged, phrases_in, tag
from medreward.text.choice.visible import undressed, without_invisible, without_markup
from medreward.text.choice.words import token_span
from medreward.text.options import Options, OptionSet

__all__ = ["choose", "read_choice"]


def choose(body: str, options: Options = None, select: Select = "one") -> Choice:
    """What a careful reader says the body commits to.

    Args:
        body: the text inside the answer tags.
        options: what was offered: a list of texts, a map from label to text, or nothing.
        select: ``one``: one label is asked for, naming several is ambiguous; ``many``: all right ones are asked for,
            and labels listed together (``A, C``, ``A and C``, ``AC``) are the choice.

    Returns:
        The choice; its form is never ``missing``.

    Example:
        >>> choose("Not A but B").label
        'B'
        >>> choose("It is the lungs.", ["Heart", "Lungs"]).label
        'B'
    """
    choice, text, kept, tagged = _read(body, OptionSet.of(options), select)
    if choice.span is None or tagged is None:
        return choice
    start, end = token_span(text, tagged.first[choice.span[0]], tagged.last[choice.span[1]])
    span = (start, end) if kept is None else (kept[start], kept[end - 1] + 1)
    return Choice(choice.labels, choice.form, choice.reason, span, choice.candidates)


def read_choice(body: str, options: OptionSet, select: Select = "one") -> Choice:
    """As :func:`choose` for a body that ``label_alone`` leaves open, in less time: the span is of no use outside."""
    if select == "one" and (choice := own_text(body, options)) is not None:
        return choice
    return _read_open(body, options, select, plainly=True)[0]


def _read(body: str, options: OptionSet, select: Select) -> tuple[Choice, str, list[int] | None, Tagged | None]:
    """The choice, with the text and the tokens that its span counts; no tokens where it counts characters."""
    alone = label_alone(body, options.labels)
    if alone is not None:
        return alone, body, None, None
    return _read_open(body, options, select)


def _read_open(
    body: str, options: OptionSet, select: Select, *, plainly: bool = False
) -> tuple[Choice, str, list[int] | None, Tagged | None]:
    """As ``_read``, of a body that is no label alone; of a plain statement without tokens where that is enough."""
    field = answer_field(body)
    if field is not None:
        return _in_field(field, options, select), body, None, None
    lexicon = lexicon_of(options)
    if select == "many" and (listed := labels_listed(body, lexicon)) is not None:
        return listed, body, None, None
    shown, kept = without_invisible(without_markup(body))
    text = undressed(shown)
    folded, cut = text.casefold(), Cut(text, lexicon.chunks)
    present = lexicon.present(folded)
    if (present or lexicon.odd) and (whole := lexicon.whole(folded, cut, present)):
        return _by_text(whole, body), body, None, None
    if cut.kinds == "X":
        return _NOT_OFFERED, body, None, None
    found = phrases_in(cut, present) if present else []
    if plainly and select == "one" and (choice := plain_choice(text, cut, found, lexicon)) is not None:
        return choice, body, None, None
    tagged = tag(cut, found, lexicon)
    has_mention = "M" in tagged.kinds
    kinds = shaped(tagged.kinds) if has_mention else tagged.kinds
    all_said = tuple(statements(tagged, kinds)) if has_mention else ()
    return committed(Said(all_said, tagged, kinds, cut.tokens, cut.words, text, lexicon), select), text, kept, tagged


_NOT_OFFERED = Choice((), "none", "out_of_range")
"""A letter or number that is no label, and nothing else."""


def _in_field(field: Field, options: OptionSet, select: Select) -> Choice:
    """What the answer field says; a label there is stated, as by ``answer: B``."""
    choice = choose(field.text, options, select)
    form = "stated" if choice.form in ("clean", "wrapped", "with_text") else choice.form
    span = (field.start, field.end) if choice.labels else None
    return Choice(choice.labels, form, choice.reason, span, choice.candidates)


def _by_text(labels: Sequence[str], body: str) -> Choice:
    if len(labels) > 1:
        return Choice((), "ambiguous", "several_texts", None, tuple(labels))
    core = body.strip()
    start = body.find(core)
    return Choice((labels[0],), "text_only", "", (start, start + len(core)), (labels[0],))
