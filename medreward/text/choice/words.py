r"""The words of the choice grammar: a body becomes tokens, and every token gets a kind.

A kind is one character, so that a body's kinds form a string that the grammar can match. The words of each kind stand
in ``languages/*.toml``, one file a language, under the kind's name:

=====  =================  ==============================  =====  =================  ==========================
kind   name               tokens                          kind   name               tokens
=====  =================  ==============================  =====  =================  ==========================
``f``  ``filler``         the, my, so, probably           ``n``  ``not``            not, no, never, without
``a``  ``answer``         answer, diagnosis               ``N``  ``is_not``         isn't, cannot, doesn't
``o``  ``option``         option, choice                  ``0``  ``postposed_not``  not, after what it denies
``i``  ``is``             is, equals                      ``r``  ``right``          correct, best, yes
``Q``  ``it_is``          it's, that's                    ``w``  ``wrong``          wrong, excluded
``I``  ``are``            are, were                       ``c``  ``but``            but, however
``m``  ``modal``          would, must, may                ``z``  ``because``        because, since, in
``p``  ``pronoun``        it, which                       ``d``  ``if``             if, whether
``u``  ``person``         I, we                           ``D``  ``between``        between
``v``  ``verb``           choose, think, shows            ``|``  ``or``             or, /
``V``  ``fits``           fits, explains                  ``&``  ``and``            and, +
``y``  ``for``            with, for, to                   ``e``  ``instead``        instead
``g``  ``species``        difficile, in "C. difficile"    ``j``  ``anything``       anything, all (but ...)
``k``  ``wait``           wait, correction                ``1``  ``first``          first
``2``  ``second``         second                          ``t``  ``thought``        thought
``,``  ``comma``          a comma                         ``:``  ``colon``          a colon, a table's bar
``.``  ``stop``           the end of a sentence           ``?``  ``question``       the end of a question
``(``  ``open``           an opening bracket              ``)``  ``close``          a closing one
``q``  ``quote``          quotes, emphasis (dropped)      ``-``                     a dash between words
``R``  ``tick``           a tick                          ``C``  ``cross``          a cross, an empty box
=====  =================  ==============================  =====  =================  ==========================

Words that mean something only together with others (see ``together.py``):

=====  =================  ==============================  =====  =================  ==========================
kind   name               tokens                          kind   name               tokens
=====  =================  ==============================  =====  =================  ==========================
``O``  ``others``         students, the user, he          ``7``  ``some``           some, most, one
``%``  ``reports``        said, thinks, chose             ``E``  ``shows``          shows, suggests
``J``  ``before``         initially, previous, used to    ``F``  ``had``            had
``W``  ``was``            was                             ``B``  ``were``           were
``H``  ``would``          would                           ``@``  ``would_be``       "would be" in one word
``l``  ``may``            may, might, could               ``3``  ``should``         should, must
``4``  ``i_would``        I'd, we'd                       ``U``  ``you``            you
``6``  ``only``           only                            ``8``  ``even``           even
``b``  ``than``           than                            ``9``  ``lacking``        without
``s``  ``sign``           evidence, sign, reason          ``5``  ``seen``           seen, visible
``G``  ``points_to``      points, typical, leads          ``K``  ``settle``         settle, decide, make
``Z``  ``confirmed``      confirmed, proven               ``+``  ``deem``           consider, find, judge
``^``  ``a_guess``        guess                           ``=``  ``look``           see, refer
``~``  ``scratch``        scratch                         ``<``  ``take``           take
``>``  ``back``           back                            ``*``  ``former``         previous, original
``;``  ``provided``       provided (that)                 ``$``  ``leads_to``       leads (me to)
``Φ``  ``until``          until                           ``ω``  ``wants``          wants, expect (us to)
``Δ``  ``an``             a, an                           ``η``  ``other``          other (than)
``Ψ``  ``none``           none (but)                      ``δ``  ``does``           does
``Γ``  ``agree``          agree                           ``κ``  ``much``           (as) much
``β``  ``beats``          beats, edges (out)              ``λ``  ``loses``          loses (to)
``ε``  ``edge``           edge, (comes out) ahead         ``θ``  ``vote``           vote
``Σ``  ``sense``          (makes) sense                   ``τ``  ``top``            (at the) top (of my list)
``Λ``  ``reflection``     (on) reflection, (my) view      ``μ``  ``mind``           (keep in) mind
``ψ``  ``event``          (in) case, event (of)           ``ζ``  ``side``           side (with), count (me in)
``χ``  ``gets``           gets (my vote), describes        ``ξ``  ``next``           next
``Π``  ``within``         in, among                       ``Θ``  ``summing_up``     (in) short, conclusion
``£``  ``worse``          worse (than)
``Ω``  ``asked``          question, time, exam            ``Ξ``  ``last``           last
``φ``  ``forced``         (if) forced, pressed            ``π``  ``ask``            (if you) ask (me)
``ϟ``  ``long``           (as) long (as)                  ``§``  ``act``            start, perform
``¶``  ``end_of_act``     stop, replace                   ``¥``  ``acted``          started, performed, taken
``¢``  ``advised``        indicated, needed               ``©``  ``caused``         caused (by)
``¤``  ``part``           scan, chest, lung, lesion       ``°``  ``degree``         large, severe, left
=====  =================  ==============================  =====  =================  ==========================

Without words of their own: ``L`` a label, ``A`` a label that is
also a word (a, i), ``X`` a letter or number that is no label, ``#`` a number, ``h`` a hyphen inside a word, a line
feed the end of a line, and ``x`` anything else. Later steps write ``S`` for a quoted label, ``P`` for a bracketed one,
``T`` for an option's text, ``M`` for every mention that counts and ``!`` for words that take back what was said.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any

import regex

__all__ = ["ALL_OF", "NONE_OF", "OPENERS", "REFUSAL", "says", "token_span", "tokens_in", "word_kinds"]

_NAMES = {
    "filler": "f",
    "answer": "a",
    "option": "o",
    "is": "i",
    "it_is": "Q",
    "are": "I",
    "modal": "m",
    "pronoun": "p",
    "person": "u",
    "verb": "v",
    "fits": "V",
    "for": "y",
    "right": "r",
    "wrong": "w",
    "not": "n",
    "is_not": "N",
    "postposed_not": "0",
    "instead": "e",
    "anything": "j",
    "but": "c",
    "because": "z",
    "if": "d",
    "between": "D",
    "species": "g",
    "or": "|",
    "and": "&",
    "wait": "k",
    "first": "1",
    "second": "2",
    "thought": "t",
    "points_to": "G",
    "settle": "K",
    "sign": "s",
    "confirmed": "Z",
    "shows": "E",
    "others": "O",
    "some": "7",
    "you": "U",
    "would": "H",
    "would_be": "@",
    "i_would": "4",
    "may": "l",
    "should": "3",
    "was": "W",
    "were": "B",
    "had": "F",
    "before": "J",
    "only": "6",
    "even": "8",
    "seen": "5",
    "reports": "%",
    "take": "<",
    "back": ">",
    "a_guess": "^",
    "look": "=",
    "scratch": "~",
    "former": "*",
    "provided": ";",
    "leads_to": "$",
    "deem": "+",
    "lacking": "9",
    "than": "b",
    "until": "Φ",
    "an": "Δ",
    "other": "η",
    "long": "ϟ",
    "none": "Ψ",
    "does": "δ",
    "agree": "Γ",
    "beats": "β",
    "loses": "λ",
    "edge": "ε",
    "vote": "θ",
    "sense": "Σ",
    "top": "τ",
    "reflection": "Λ",
    "mind": "μ",
    "much": "κ",
    "wants": "ω",
    "event": "ψ",
    "side": "ζ",
    "forced": "φ",
    "ask": "π",
    "within": "Π",
    "summing_up": "Θ",
    "asked": "Ω",
    "last": "Ξ",
    "worse": "£",
    "gets": "χ",
    "next": "ξ",
    "act": "§",
    "end_of_act": "¶",
    "acted": "¥",
    "advised": "¢",
    "caused": "©",
    "part": "¤",
    "degree": "°",
    "comma": ",",
    "colon": ":",
    "stop": ".",
    "question": "?",
    "open": "(",
    "close": ")",
    "quote": "q",
    "tick": "R",
    "cross": "C",
}
_LANGUAGES = (
    *("signs", "english", "spanish", "french", "german", "portuguese", "russian", "chinese", "japanese", "korean"),
    *("arabic", "hindi", "others"),
)
"""Of a word that stands in several tables the first one counts."""
_DASHES = ("-", "--", "---", "–", "––", "–––", "−", "‐", "‑")


@cache
def _tables() -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """The kind of every word, and what several words together say."""
    kinds: dict[str, str] = {"\n": "\n", "\x85": "\n", "\r": "\n", "\u2028": "\n", "\u2029": "\n", "—": "-", "―": "-"}
    kinds |= {"a": "Δ", "i": "u"} | {dash: "h" if len(dash) == 1 else "-" for dash in _DASHES}
    kinds |= {edge.replace("_", dash): "-" for dash in _DASHES for edge in (" _", "_ ", " _ ")}
    kinds |= {edge.replace("_", arrow): "." for arrow in ("->", "=>") for edge in (" _", "_ ", " _ ")}
    spoken: dict[str, tuple[str, ...]] = {}
    for language in _LANGUAGES:
        table = tomllib.loads((files(__package__) / "languages" / f"{language}.toml").read_text(encoding="utf-8"))
        for name, words in table["words"].items():
            for word in words.split():
                kinds.setdefault(word.casefold(), _NAMES[name])
        for name, phrases in table.get("says", {}).items():
            spoken[name] = spoken.get(name, ()) + tuple(phrases)
    return kinds, spoken


def word_kinds() -> dict[str, str]:
    """The kind of every word and sign, folded."""
    return _tables()[0]


_SHORTENED = (
    r"(?=[A-Za-z]{1,3}[.;])(?:[A-Z][a-z]?(?:\.[A-Za-z](?![A-Za-z0-9]))++\.?+"
    r"|[ei]\.[ge]\.|[a-z](?:\.[a-z](?![A-Za-z0-9]))++(?:(?<=\..\..)\.?+|\.)|(?i:vit|fig|tab)\.|(?i:tl;dr))"
)
"""Letters with full stops between them, and words cut short by one: ``U.S.A.``, ``vit. D``."""
_TOKEN = (
    _SHORTENED + r"|[A-Za-z][A-Za-z0-9]*+(?:'[A-Za-z0-9]++)*+"
    r"|[\n\r\x85\u2028\u2029]"
    r"|\d++(?:[.,]\d++)*+[A-Za-z0-9]*+"
    r"|\ ?(?:->|=>|-{1,3}+)\ ?"
    r"|\\[A-Za-z]{1,12}+"
)
_ASCII_TOKEN = re.compile(_TOKEN + r"|\S")
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}ー"


@cache
def _wide_token() -> regex.Pattern[str]:
    """Tokens of any script: words of scripts without spaces are those of the tables, else single characters."""
    unspaced = [word for word in word_kinds() if len(word) > 1 and regex.fullmatch(rf"[{_UNSPACED}]+", word)]
    words = "|".join(sorted(unspaced, key=len, reverse=True))
    letter, more = rf"[\p{{L}}\p{{N}}--[{_UNSPACED}]]", rf"[\p{{L}}\p{{N}}\p{{M}}--[{_UNSPACED}]]"
    return regex.compile(
        rf"{_SHORTENED}|[\n\r\x85\u2028\u2029]|(?=[{_UNSPACED}])(?:{words})|[{_UNSPACED}]\p{{M}}*+"
        rf"|\d++(?:[.,]\d++)*+{more}*+|{letter}(?:{more}|'(?={letter}))*+"
        r"|\ ?(?:->|=>|-{1,3}+|–{1,3}+|[−‐‑])\ ?|\\[A-Za-z]{1,12}+|\S",
        regex.V1,
    )


def tokens_in(text: str) -> list[str]:
    """The tokens of a text. Spaces between tokens are skipped."""
    return _ASCII_TOKEN.findall(text) if text.isascii() else _wide_token().findall(text)


def token_span(text: str, first: int, last: int) -> tuple[int, int]:
    """Where the tokens from the first to the last of these numbers begin and end in the text."""
    pattern: Any = _ASCII_TOKEN if text.isascii() else _wide_token()  # the two packages share no type
    spans: list[tuple[int, int]] = [match.span() for match in islice(pattern.finditer(text), first, last + 1)]
    return spans[0][0], spans[-1][1]


_WHAT = r"(?:above|below|options?|choices?|answers?|alternatives|these|those|them|following|listed)"
NONE_OF = re.compile(
    rf"\b(?:none|neither|no one|not any)(?: of)?(?: the| these| those)?(?: \w+)? {_WHAT}\b"
    r"(?! (?:except|but|besides|other)\b)"
    rf"|\bno (?:correct|right|valid) {_WHAT}|^none$|^neither$"
    r"|\bnot (?:listed|provided|given|among|included|one of)(?: in| among)?(?: the| these| any)?(?: of)?"
    rf"(?: \w+)? {_WHAT}\b|\bnot listed\b(?:(?<=\bis not listed)|(?<=\bare not listed))|^not listed$"
)
"""Words that turn down every option, on folded words with single spaces."""
ALL_OF = re.compile(rf"\b(?:all|both|each|any) (?:of )?(?:the |these |those )?(?:\w+ )?{_WHAT}\b|^(?:all|both)$")
"""Words that take every option."""
REFUSAL = re.compile(
    r"\b(?:don't|do not|cannot|can't|could not|couldn't|can not|unable to|not able to|impossible to|not possible to"
    r"|hard to) (?:\w+ )?(?:know|tell|say|determine|answer|decide|choose|identify|see|assess|select|conclude|provide"
    r"|be determined|be answered|interpret|diagnose|help)\b"
    r"|\b(?:insufficient|inadequate|limited|no|not enough|lack of|more|additional|further) (?:\w+ )?"
    r"(?:information|data|context|details?|answer|idea|image)\b"
    r"|\binformation (?:\w+ ){0,2}(?:is )?(?:not|insufficient|unavailable|missing)"
    r"|\b(?:not sure|not certain|unsure|uncertain|unclear|no idea|undetermined|indeterminate|not provided|not available"
    r"|not applicable|not given|need (?:the |an? )?(?:graph|image|figure|picture|more)|sorry|as an ai|refuse)\b"
    r"|^(?:n a|na|unknown|idk|null|nil|undefined|not known|pass|skip)$"
)
"""Words of somebody who does not answer."""
_REFUSING = (
    "don't do cannot can't could couldn't can unable not impossible hard insufficient inadequate limited no lack more"
    " additional further information unsure uncertain unclear undetermined indeterminate need sorry as refuse n na"
    " unknown idk null nil undefined pass skip"
)
OPENERS: dict[re.Pattern[str], frozenset[str]] = {
    NONE_OF: frozenset(["none", "neither", "no", "not"]),
    ALL_OF: frozenset(["all", "both", "each", "any"]),
    REFUSAL: frozenset(_REFUSING.split()),
}
"""The words of which each pattern needs one: most texts have none, and are not searched."""


def says(name: str, text: str) -> bool:
    """Whether a folded text of another language says ``none_of``, ``all_of`` or ``refusal``."""
    phrases = _plain_phrases(name) if text.isascii() else _tables()[1].get(name, ())
    return bool(phrases) and any(map(text.__contains__, phrases))


@cache
def _plain_phrases(name: str) -> tuple[str, ...]:
    """The phrases that can stand in a text of ASCII alone."""
    return tuple(filter(str.isascii, _tables()[1].get(name, ())))
