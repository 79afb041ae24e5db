r"""The words of the choice grammar: a body becomes tokens, and every token gets a kind.

A kind is one character, so that a body's kinds form a string that the grammar in ``choice.py`` can match:

=====  ==========================================  =====  =====================================
kind   tokens                                      kind   tokens
=====  ==========================================  =====  =====================================
``L``  a label                                     ``n``  not, no, never, without, unlike
``A``  a label that is also a word: a, i           ``N``  isn't, cannot, doesn't
``X``  a letter or number that is no label         ``c``  but, however, rather
``f``  the, my, so, probably                       ``z``  because, since, in, from
``a``  answer, diagnosis                           ``|``  or, /
``o``  option, choice                              ``&``  and, +
``i``  is, would-be, it's                          ``,``  a comma
``I``  are, were                                   ``:``  a colon
``m``  would, must, may                            ``.``  the end of a sentence
``p``  it, this                                    ``?``  the end of a question
``u``  I, we                                       ``/n`` the end of a line (kind ``\n``)
``v``  choose, think, shows                        ``(``  an opening bracket, ``)`` a closing one
``y``  with, for, to                               ``-``  a dash between words
``r``  correct, best                               ``h``  a hyphen inside a word
``w``  wrong, excluded                             ``q``  quotes, emphasis, LaTeX (dropped)
``d``  if, whether
``g``  a species, as in ``C. difficile``           ``S``  a quoted label, ``P`` a bracketed one
``e``  instead                                     ``T``  an option's text
``j``  anything, all (before "but": a denial)
=====  ==========================================  =====  =====================================

Anything else is ``x``.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["ALL_OF", "INVISIBLE", "KINDS", "NONE_OF", "PUNCTUATION", "REFUSAL", "TOKEN", "plain"]

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]++"
)
"""Unicode's default-ignorable code points."""

TOKEN = re.compile(
    r"[\n\u2028\u2029]"
    r"|\d++(?:[.,]\d++)++"
    r"|[^\W_](?:[^\W_]|'(?=[^\W_])|[\u0300-\u036f\u20d0-\u20f0])*+"
    r"|\ ?(?:-{1,3}+|–{1,3}+|[−‐‑])\ ?"
    r"|\\[A-Za-z]{1,12}+"
    r"|\S"
)
"""One token. Spaces between tokens are skipped."""

_WORDS = {
    "f": "the my our your an this so then therefore thus hence ergo final finally most more probably "
    "likely maybe perhaps possibly presumably definitely clearly certainly surely obviously simply "
    "just only actually really very single one overall well ok okay sure now either both alone",
    "a": "answer answers ans solution response diagnosis conclusion verdict result impression",
    "o": "option options choice choices letter alternative selection statement",
    "i": "is was be been equals = it's that's this's answer's seems appears remains becomes",
    "I": "are were",
    "m": "would should must will could may might can has have had",
    "p": "it that which",
    "u": "i'd i'll i'm i've we we'd we'll let's",
    "v": "choose chose chosen choosing select selects selected selecting pick picked picking go goes going opt opting "
    "vote prefer think believe say suggest suggests suggesting recommend conclude guess bet indicate "
    "indicates show shows showing demonstrates demonstrate reveal reveals support supports point "
    "points confirm confirms favor favors favour consistent compatible suggestive represents "
    "diagnostic answering mark",
    "y": "with for to of towards toward",
    "r": "correct right best true accurate appropriate suitable proper",
    "w": "wrong incorrect false excluded eliminated eliminate exclude ruled rule out unlikely improbable "
    "implausible impossible rejected reject inaccurate inappropriate untrue excluding eliminating "
    "discard discarded",
    "n": "not no never neither nor without except unlike than",
    "N": "isn't aren't wasn't weren't won't wouldn't can't cannot couldn't shouldn't don't doesn't didn't "
    "hasn't mustn't",
    "e": "instead",
    "j": "anything everything all any nothing",
    "c": "but however rather although though while whereas unless",
    "z": "because since due given as who where when in by from based according after before here there "
    "over on at per via also too among",
    "d": "if whether",
    "g": "cereus anthracis pertussis burgdorferi fragilis henselae difficile botulinum perfringens tetani "
    "trachomatis albicans diphtheriae jejuni neoformans coli faecalis granulosus histolytica "
    "tularensis vaginalis lamblia pylori influenzae ducreyi elegans baumannii fumigatus lumbricoides "
    "dermatitidis immitis melitensis abortus",
    "|": "or vs versus /",
    "&": "and plus & +",
    ",": ", 、 ，",
    ":": ": ：",
    ".": ". ! ; 。 ！ ； … ।",
    "?": "? ？",
    "\n": "",
    "(": "( [ （ ［ 【 〔 〈 《",
    ")": ") ] ） ］ 】 〕 〉 》",
    "q": "* _ ` $ { } \" ' “ ” ‘ ’ „ ‚ « » ‹ › 「 」 『 』 # ｛ ｝ \\ \x00 \\boxed \\fbox \\text \\textbf \\textrm "
    "\\textit \\mathrm \\mathbf \\mathsf \\mathit \\bf \\rm",
}
_DASHES = ("-", "--", "---", "–", "––", "–––", "−", "‐", "‑")


def _table() -> dict[str, str]:
    table = {word: kind for kind, words in _WORDS.items() for word in words.split()}
    table |= {"\n": "\n", "\u2028": "\n", "\u2029": "\n", "\x00": "q", "—": "-", "―": "-", "a": "f", "i": "u"}
    table |= {dash: "h" if len(dash) == 1 else "-" for dash in _DASHES}
    return table | {edge.replace("_", dash): "-" for dash in _DASHES for edge in (" _", "_ ", " _ ")}


KINDS = _table()
PUNCTUATION = frozenset(token for token, kind in KINDS.items() if kind in ",:.?\n()-hq" and token != "h") | {"/"}
"""Tokens that do not count when an option's text is looked for."""

_WHAT = r"(?:above|below|options?|choices?|answers?|alternatives|these|those|them|following|listed)"
NONE_OF = re.compile(
    rf"\b(?:none|neither|no one|not any)(?: of)?(?: the| these| those)?(?: \w+)? {_WHAT}\b"
    rf"|\bno (?:correct|right|valid) {_WHAT}|^none$|^neither$"
    r"|\bnot (?:listed|provided|given|among|included|one of)(?: in| among)?(?: the| these| any)?(?: of)?"
    rf"(?: \w+)? {_WHAT}\b"
)
"""Words that turn down every option, on folded words with single spaces."""
ALL_OF = re.compile(rf"\b(?:all|both|each|any) (?:of )?(?:the |these |those )?(?:\w+ )?{_WHAT}\b|^(?:all|both)$")
"""Words that take every option."""
REFUSAL = re.compile(
    r"\b(?:don't|do not|cannot|can't|could not|couldn't|can not|unable to|not able to|impossible to|not possible to"
    r"|hard to) (?:\w+ )?(?:know|tell|say|determine|answer|decide|choose|identify|see|assess|select|conclude|provide"
    r"|be determined|be answered|interpret|diagnose)\b"
    r"|\b(?:insufficient|inadequate|limited|no|not enough|lack of|more|additional|further) (?:\w+ )?"
    r"(?:information|data|context|details?|answer|idea|image)\b"
    r"|\binformation (?:\w+ ){0,2}(?:is )?(?:not|insufficient|unavailable|missing)"
    r"|\b(?:not sure|not certain|unsure|uncertain|unclear|no idea|undetermined|indeterminate|not provided|not available"
    r"|not applicable|not given|need (?:the |an? )?(?:graph|image|figure|picture|more)|sorry|as an ai|refuse)\b"
    r"|^(?:n a|na|unknown|idk|null|nil|undefined|not known|pass|skip)$"
)
"""Words of somebody who does not answer."""

_SMALL = ("<super>", "<sub>")


def plain(text: str) -> str:
    """The text with compatibility letters (full-width, circled, bold) as plain ones; superscripts stay."""
    if any(unicodedata.decomposition(char).startswith(_SMALL) for char in text):
        return text
    return unicodedata.normalize("NFKC", text)
