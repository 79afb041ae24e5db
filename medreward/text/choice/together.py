"""Words that mean something only together: "was going to", "most would say", "no evidence of", "had there been".

The words stand in ``languages/*.toml`` under the names of their groups, with kinds of their own; here each becomes one
of the kinds that the statements know, alone or as its neighbours ask. What others choose, what was chosen before and
what would be chosen under another condition becomes a condition, so that it is mentioned and not said.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

__all__ = ["ALONE", "settled"]

ALONE = str.maketrans(
    "O7EHWFBJKGsZ6lU843@59%<>^=~+*;$ΦΔηΨδΓβλεθΣτΛμκωψζφπχξΠΘΩΞ£ϟ§¶¥¢©¤°",
    "xfvmimIxvxxrfmufumixnvxxavkvxxxdfxxmvvvxaxffffxfxfxvfzaxxxxxxxxxxf",
)
"""What a word of each of these kinds is by itself."""


class _Rule(NamedTuple):
    """Words found together become words of another kind, one for one.

    Args:
        trigger: the kind without which the rule does nothing.
        also: another kind that it needs, if any.
        apply: the kinds as the rule leaves them.
    """

    trigger: str
    also: str
    apply: Callable[[str], str]


def _becoming(needs: str, pattern: str, become: Callable[[re.Match[str]], str]) -> _Rule:
    return _Rule(needs[0], needs[1:], partial(re.compile(pattern).sub, become))


def _rule(needs: str, pattern: str, kind: str) -> _Rule:
    """Each of the words found becomes this kind; those that a lookahead or lookbehind holds stay as they are."""
    return _becoming(needs, pattern, lambda found: kind * len(found[0]))


def _always(old: str, new: str) -> _Rule:
    """A word of one kind that no rule before has used becomes another."""
    return _Rule(old, "", lambda kinds: kinds.replace(old, new))


def _rewrite(needs: str, pattern: str, kinds: str) -> _Rule:
    """Each of the words found gets a kind of its own."""
    return _becoming(needs, pattern, lambda _: kinds)


def _condition(needs: str, pattern: str) -> _Rule:
    """All words found but the mentions become a condition."""
    return _becoming(needs, pattern, lambda found: _NO_MENTION.sub("d", found[0]))


def _taking_back(needs: str, pattern: str) -> _Rule:
    """The words found take back what was said."""
    return _becoming(needs, pattern, lambda found: "n" + "k" * (len(found[0]) - 1))


_NO_MENTION = re.compile("[^M]")
_STARTS = r"(?:^|(?<=[.\n]))"
_CLAUSE = r"(?:^|(?<=[.\n,;:&c()-])|(?<=[.\n,;&c]f))"
_TO_LABEL = "(?=[fo]?M)"
_TO_TEXT = "(?=[fΔ]*+M)"
_AT_END = r"(?=[.,\n]|$)"
_RULES = (
    # What is to be done, and how a picture was taken
    _rule("§", rf"(?:{_CLAUSE}|(?<=[3m4Hu])|(?<=[iW]y))§" + _TO_TEXT, "v"),  # start heparin, is to give aspirin
    _rule("ω", rf"(?:{_CLAUSE}|(?<=3)|(?<=[iW]y))ω" + _TO_TEXT, "v"),  # give aspirin
    _rule("§y", rf"{_CLAUSE}§y" + _TO_TEXT, "v"),  # treat with heparin
    _rule("¶y", r"(?<=¶M)y(?=f?M)", "v"),  # replace warfarin with heparin
    _rule("¶", rf"{_CLAUSE}¶" + _TO_TEXT, "n"),  # stop warfarin
    _rule("3i", "(?<=M)3i[¥zJ]" + _AT_END, "V"),  # heparin should be given
    _rule("¢", "(?<=M)[iI]f?¢" + _AT_END, "V"),  # heparin is indicated
    _rule("¥&", "(?<=&M)¥" + _AT_END, "V"),  # aspirin should be stopped and heparin started
    _becoming("¢z", "(?<=M)[iI]f?¢z(?!f*+O)", lambda found: "V" * (len(found[0]) - 1) + "f"),  # is suggested by
    _rule("δ", r"(?:^|(?<=[.\n]))δΔ(?=M)", "v"),  # do a lumbar puncture
    _rule("1h", "(?<=M)if?1h[ax][ax¤]?", "V"),  # is first-line
    _rule("6y", "(?<=[r¢])6y", "d"),  # would be right only with
    _rule("¥¤", "(?<=¤[WiI])¥[yzx]" + _TO_TEXT, "v"),  # the image was taken with ultrasound
    _rule("©p", "(?<=p)[iWf7]{0,3}©z" + _TO_TEXT, "`"),  # the patient is suffering from
    _rule("©y", "©y(?=f?M(?:$|[.,\n]))", "v"),  # damage to the liver
    _rule("7G", "(?<=i)7(?=Gy)", "f"),  # is most concerning for
    _rule("©z", "(?<=[iIW])©z" + _TO_TEXT, "v"),  # is caused by
    _rule("Vz", "(?<=[px])Vz" + _TO_TEXT, "v"),  # works by
    _rule("i", r"(?<=[ix¤pfO])i(?:x|5)?[zΠ][fΔ](?=M[f¤]*+(?:$|[.,\n]))", "v"),  # the lesion is on the left
    _rule("5", r"(?<=[iI])5[zΠ](?=M(?:$|[.,\n]))", "v"),  # rashes are seen in measles
    _rule("Q", r"Q(?:x|5)?[zΠ]f(?=Mf*+(?:$|[.,\n]))", "v"),  # it's located in the liver
    *(_always(kind, "x") for kind in "§¶¥¢©¤"),
    _becoming("°", r"[iIW]f*+(°++)(?=[.,)\n]|$)", lambda found: found[0].replace("°", "x")),  # the heart is small
    _always("°", "f"),
    _rule("ΦZ", "(?<=M)ΦZd", "f"),  # until proven otherwise
    _rule("|.", r"(?<=M\|)\.(?=f?M)", "f"),  # B vs. C
    _rule("ξy", "(?<=[iIQ])ξ(?=y)", "x"),  # is next to
    _rule("J:", "J(?=f*+:)", "d"),  # past history:
    _rule("ξ", "(?<=M)if?ξr?x" + _AT_END, "V"),  # is the next step
    _rule("G7", "G(?=yf?Mi7)", "x"),
    _rule("7i", "(?<=i)7(?=[.,\n]|$)", "x"),  # suspicion for pneumonia is low
    _rule("Oa", "(?<=[ao])p?7?Oa" + _AT_END, "d"),  # the answer that students pick
    _rule("HG", "HiG", "d"),  # would be typical of
    _rule("dG", _STARTS + "dGy" + _TO_LABEL, "v"),  # se trata de
    _rule("HE", "HiE", "d"),
    # What only sounds like a choice, told by an article
    _rule("Πx", _STARTS + "Π(?:Δ|f*+x)[^.?!\\n:cMuaoΘ,]{0,12},(?=f?M)", "d"),  # in children,
    _rule("6Π", "H6(?=[avfx]{1,3}MΠ)", "d"),  # I would only pick B under pressure
    _always("Π", "z"),
    _rule("HΔ", _STARTS + r"(?=[yz9][Δx])[^.?!\n:cMupH]{2,20}?(?=f?a?H)", "d"),  # for a patient with fever it would
    _rule("H", _STARTS + r"(?=[yz9]x)[^.?!\n:cMuH]{2,20}?(?=p?H)", "d"),  # with fever it would
    _rule("@", _STARTS + r"(?=[yz9][Δx])[^.?!\n:cMup@]{2,20}?(?=@)", "d"),
    _rule("HΔ", "H(?=f?ir[zy]Δ)", "d"),  # would be right in a
    _rule("Δo", "(?<=[iI])Δ(?=o)", "x"),  # is an option
    _always("Δ", "f"),
    # Double negation, and what is left when all others are gone
    _rule("sN", "n[f7]?sy?N" + _TO_LABEL, "v"),  # no reason to doubt
    _rule("jN", r"N[^.,?!\n:()cdMj]{0,10}j[cn]" + _TO_LABEL, "v"),  # can't be anything but
    _rule("j", "(?:(?<=j[cn]M)|(?<=j[cn][fo]M))[mδIif]{1,3}w", "V"),  # everything but B is excluded
    _rule("jV", "j[cn](?=[fo]?MV)", "f"),
    _rule("ηb", "[nΨ](?:yf?)?[fo]{0,2}ηb" + _TO_LABEL, "f"),  # none other than
    _rule("Ψn", "Ψyf?[ofa]{1,2}n(?=[fo]?MV)", "f"),  # none of the options except B fits
    _rule("9n", r"9[Afjx]?[nN]", "f"),  # without a doubt
    _rule("Kp", "NKp" + _TO_LABEL, "v"),  # il ne reste que
    _rule("6m", "m6" + _TO_LABEL, "v"),  # kann nur B sein
    _rule("nz", "nz(?=[vE]y)", "n"),  # nothing in favour of
    _rule("u", r"(?<=[u4])[mHδ]{0,2}[nN](?=[^.,?!\n:;()cdwjnNMk]{1,20}M)[^M]*?(?=[fo]?M)", "n"),  # I don't see how
    _rule("4n", r"(?<=4)n(?=[^.,?!\n:;()cdwjnNMk]{1,20}M)[^M]*?(?=[fo]?M)", "n"),
    _rewrite("yn", "yn(?=[fo]?M)", "fn"),  # with no
    # What beats what
    _rewrite("£b", "£b", "wb"),  # worse than
    _rule("β", "(?<=M)β[wx]?" + _TO_LABEL, "b"),
    _rule("β", "(?<=M)β[jfOoxη]{1,4}" + _AT_END, "V"),  # beats all the others
    _rewrite("λy", "(?<=M)λy" + _TO_LABEL, "wv"),
    _rule("ε", "(?<=M)[mxvV<χ]f{0,3}[mzwx]?ε" + _AT_END, "V"),  # has the edge, comes out ahead
    _rule("θ", "(?<=M)[mxχ]fθ" + _AT_END, "V"),  # gets my vote
    _rule("Σ", r"(?<=M)\+[f7]{0,2}Σ" + _AT_END, "V"),  # makes the most sense
    _rule("τy", "(?<=M)(?:iz)?f?τyf?[xa]" + _AT_END, "V"),  # is at the top of my list
    _rule("δ", r"(?<=M)δ(?=[.\n]|$)", "V"),  # B does
    _rule("1i", "(?<=M)i1" + _AT_END, "V"),  # is first
    # Ways to say I, or in my view
    _rule("Λ", "z[fr27]{0,2}Λ(?:,(?=f?[Moaupi]))?|Λz(?=[fo]?M)", "f"),  # on reflection
    _rule("θu", "(?<=u)θ(?=[yz]?[fo]?M)", "v"),  # I vote for
    _rule("ζ", "(?<=u)ζ(?=y[fo]?M)|ζuz(?=y[fo]?M)", "v"),  # I side with, count me in for
    _rule("πU", "dUπu,?", "f"),  # if you ask me
    _rule("χ", "(?<=M)χ[pf]{1,2}r?" + _AT_END, "V"),  # describes this best
    _rule("φd", "dφ(?=,|y)", "f"),  # if pressed
    _rule("jd", "dj(?=,)", "f"),  # if anything
    _rule("ky", "(?:(?<!ux)(?<!u)k[fp]|(?<![ux])k)y(?=[fo]?M)", "v"),  # changes this to
    # What only sounds like a choice
    _rule("μ", "[vx](?=[fo]?Mzμ)", "d"),  # keep B in mind
    _rule("κv", "z?κyv(?=y)", "d"),  # as much to say for
    _rule("yv", "(?<=[ip])zxyv" + _TO_LABEL, "d"),  # too early to say
    _rule("ϟz", "zϟz", "d"),  # as long as
    _rule("6&", "&6d", "d"),  # if and only if
    _rule("ηψ", "[zyΠ]f?ηψ", "d"),  # on another day
    _rule("ηΩ", "[zyΠ]f?ηΩ", "d"),  # at another time
    _rule("*W", r"\*x{1,3}W(?=[fo]?M)", "d"),  # the previous model output was
    _rule("ΩW", "W(?=f?M[Πyz][fx]{0,3}Ω)", "d"),  # it was B in the mock exam
    _rule("ω", "(?<![u4])ωu?y?v?", "d"),  # wants us to say
    _rule("Ky", "(?<=M)Ky" + _TO_LABEL, "x"),  # B stands for
    _rule("i:", "iyf(?=:)", "d"),  # looks like this:
    _rule("*y", r"(?<=y)\*(?=[,:]?[fo]?M)", "d"),  # for example
    _rule("ψy", "z[fA]?ψ(?=y)", "d"),  # in case of
    _rule("3", r"(?:^|(?<=[.,\n]))3[fxΔAO]", "d"),  # should the CT be positive
    _rule("6H", r"6(?=[^M.,\n?:]{1,20}H)", "d"),  # only a positive CT would
    _rule("?", r"(?:^|(?<=[.\n,(]))\?" + _TO_LABEL, "d"),  # ?B
    _rule("%", r"(?<=M)(?:,%(?=f?[xO])|\.%(?=f[xO]))", "d"),  # B, said the intern
    _rule(";", r"(?<=[,M]);[^M.,?!\n]?", "d"),  # B, provided
    _taking_back("~", r"~[pf*]{1,3}a?(?=[.,\n]|$)"),  # scratch that
    _rule("1W", "1[xaof]{1,2}W", "d"),  # my first instinct was
    _rule("F", "(?<=M)F(?=i)", "d"),  # had been
    _rule("k", "(?<=u)x(?=k)", "d"),  # I considered changing
    _rule("ξ", _STARTS + "ξ(?=,)", "d"),
    _rule("|c", r"\|c" + _TO_LABEL, "k"),  # or rather
    _rule("&r", "(?<=,)&r" + _TO_LABEL, "c"),  # e sim
    # Other words
    _rule("Om", r"O[f7]*+m(?=f*+MM?(?:$|[.,\n]|cb))", "`"),  # the patient has bursitis
    _rule("O:", "vyf?O(?=:)", "v"),  # I agree with the user:
    _rule("Oy", r"O(?=yf*+M[.\n]*+$)", "`"),  # a man with bursitis
    _rule("O", r"(?<![yz])(?<![yz]f)(?<![yz]ff)O[^OMvt3.,?!\n:;()ucU4]{0,30}+[vt]", "d"),  # students often choose
    _rule("7G", "7f?x?[aos]?G", "d"),  # few signs point to
    _rule("jG", "njf?x?[aos]?G", "d"),
    _rule("Ξa", "Ξx?(?=a)", "d"),  # last week's answer
    _rule("χy", "χx(?=y[fo]?M)", "v"),  # boils down to
    _rule("nK", "n[fx]{0,2}yK(?=p?[fo]?M)", "d"),  # not enough to call it
    _rule("ry", r"(?:^|(?<=[,.\n]))ry" + _TO_LABEL, "v"),  # yes to
    _rule("Gx", "(?<=[iWf])Gx(?=yf?M)", "v"),  # is a classic presentation of
    _rule("Gy", "Gu?(?=y)", "v"),  # points to, typical of, leads me to
    _rule("K", r"(?<=M)K(?=[.,\n]|$)", "V"),  # B stands
    _rule("<", "(?<=[u4])f?<(?=[fo]?M(?!>))", "v"),  # I'd take
    _rule("K", "(?<=[u4])K[fx]{1,2}z" + _TO_LABEL, "v"),  # stake my reputation on
    _rule("K", "Kx[yz](?=[yfo:]*+M)", "v"),  # end up with
    _rule("K", "K(?:Hi?|[iuxz])?[zpy](?=[yfo:]*+M)", "v"),  # settle on, my money is on, make it
    _rule("hf", "(?<=f)h(?=f)", "f"),  # left-sided
    _rule("%", "(?<=[xO,])[fHl3m]?f?%(?![iIW])", "d"),  # my attending said; not: I said
    _rule("v", "(?<=x)[Hl]f?v" + _TO_LABEL, "d"),  # somebody would say
    _rule("H<", "H<", "d"),  # it would take
    _rule("U", "Uf?m?[v%]", "d"),  # you said
    _rule("Ω", "[Ξ*1]Ω|" + _STARTS + "[yz]f*+x{1,2}Ω", "d"),  # last time
    _rule("*a", r"(?<=a)yf?\*", "d"),  # the answer to the previous
    _rule("Wa", _STARTS + r"[zy][^.?!\n,:cM]{1,8}?(?=f?aW)", "d"),  # in question 12 the answer was
    _rule("Ey", "(?<=M)i[f7]{0,3}E(?=y)", "V"),  # is most consistent with
    _rule("tz", "z[fx7]{1,2}t,", "f"),  # after some thought
    _rule("uv", "(?<=v)u(?=y[fo]?M)", "f"),  # leaves us with
    _rule("li", "l(?=f?ir[yz])", "d"),  # might be true of
    _rule("F,", "(?<=,)F[fxO]", "d"),  # had the CT been positive
    _rule("z%", "(?<=z)%", "d"),  # who said
    _rule("jz", "jzj,?", "f"),  # all in all
    _rule("rb", "[Ψn]if?rb" + _TO_LABEL, "v"),  # none is better than
    _rule("nβ", "nβ" + _TO_LABEL, "v"),  # nothing beats
    _rule("ny", "n[vΓ]fy" + _TO_LABEL, "v"),  # could not agree more with
    _rule("<", "<[fp]?>", "n"),  # take that back
    _rule("^", r"(?<=i)f{1,2}\^(?=z)", "x"),  # is just a guess by
    _rule("=", _STARTS + "=", "x"),  # see option B
    _rule("~", "~(?=[fo]?M)", "n"),  # scratch B
    _rule("+", r"\+(?=f?M(?:yi)?(?:[f7]{0,2}r|[f7]f(?:[.,\n]|$)))|\+p(?=f?M)", "v"),  # I consider B the best
    _rule("kz", "z(?=f?Myf?M)", "n"),  # changed from B
    _rule("kn", "(?<=nM)y(?=f?M)", "v"),  # to D
    _rule("iz", "(?<=M)iz[va](?=y)|(?<=M)iuz(?=f?r)", "V"),  # is in line with, strikes me as
    _rule("En", "nf?x{1,3}[yp]?E", "n"),  # no consolidation to suggest
    _rule("sn", "n[fx]{0,3}s", "n"),  # no evidence
    _rule("sy", r"s(?=yf*+M(?:$|[.,)\n]))", "v"),  # evidence of B, and no more
    _rule("Z", "Z(?=f?M)", "v"),  # confirmed bursitis
    _rule("5", r"(?<=[iM])5(?=[.,)\n;]|$|[Πz]f)", "r"),  # bursitis is seen
    _rule("9x", r"(?<=M)9f?x{1,2}+(?=[.,\n]|$)", "f"),  # bursitis without effusion
    _rule("jf", r"(?<=M)jf{1,2}+(?=[.,\n]|$)", "f"),  # all the way
    _rule("d", "d(?=4|u[FmlBn3HWif])", "f"),  # if I had to choose
    _rule("d|", r"d(?=\|n)", "z"),  # whether or not
    _rule("dy", "d(?=f?yv)", "f"),  # if forced to choose
    _rule("8d", "8d", "f"),  # even if
    _always("Φ", "d"),
    _rule("d,", "d,(?=p)", "d"),  # ich bezweifle, dass
    _condition("d,", _STARTS + r"f?d(?![u4,])[^.,?!\n:c]++,"),  # if it is torn, the answer is B
    _rule("6", "6,?[zd]", "d"),  # only when, only if
    _rule("J,", "(?:z[1J]|J),", "d"),  # at first, initially,
    _rule("J", "J(?=[fuaovmyHW%ik])", "d"),  # initially chose, previous answer, used to be, almost said
    _rule("*", r"\*(?=f?[aoθ])", "d"),  # my previous answer
    _rule(";p", ";(?=p)", "d"),  # provided that
    _rule("zv", "z(?=vf?M)", "d"),  # before choosing
    _rule("1", "z1,|1(?=[v%])", "d"),
    _rule("F", _STARTS + "F|[u4]F(?!y)", "d"),  # had there been, I had chosen; not: I had to choose
    _rule("B", _STARTS + "B|B(?=[fo]?M)", "d"),  # were it torn; if the answer were B
    _rule("W", "u[WB](?![fm]?[rwy])|W(?=f?t)", "d"),  # I was going to; was thought to be; not: I was right
    _rule("4m", "4(?=f?m(?!y)[f7]{0,2}[vit%])", "d"),  # I'd have chosen; not: I'd have to choose
    _rule("Hm", "H(?=f?m(?!y)[f7]{0,2}[vit%])", "d"),  # would have chosen
    _rule("7", "(?<![im])7(?:[lHm]f?)?[vt]", "d"),  # some would say
    _rule("Ul", "Uf?l", "d"),  # you might think
    _rule("w", "(?:pm?[iWH]*|Q)f?w(?=[py])", "d"),  # it would be a mistake to
    _rule("wv", "@f?w[py]?v|if?wyv", "d"),
    _rule("@d", r"@(?=[^.?!\nM]{0,9}M,?f?d)", "d"),
    _rule("Hd", r"H(?=[^.?!\nM]{0,9}M,?f?d)", "d"),  # would be B, if
    _rule("z:", _STARTS + "z(?=f+:)", "f"),  # by elimination:
)
_RESOLVED = ALONE | str.maketrans("5+$", "5x$")
_CONDITION = re.compile(r"d(?![u4])[^.?!\nc]*+")


_COMMON = frozenset("ndvVkfbxwcz`uiyhplmEOsHr&")
"""Kinds that most texts have, or that rules make."""
_RARE = frozenset(rule.trigger for rule in _RULES) - _COMMON


@lru_cache(maxsize=4096)
def _rules_for(rare: frozenset[str]) -> tuple[_Rule, ...]:
    """The rules that can do something where no other rare kinds are."""
    return tuple(rule for rule in _RULES if rule.trigger not in _RARE or rule.trigger in rare)


def settled(kinds: str) -> str:
    """The kinds, in the same places, with every word that these rules know as one that statements know."""
    would = "H" in kinds
    for trigger, also, apply in _rules_for(_RARE.intersection(kinds)):
        if trigger in kinds and also in kinds:
            kinds = apply(kinds)
    if would and "d" in kinds:  # what would be, under a condition named before
        kinds = _CONDITION.sub(lambda found: found[0].replace("H", "d"), kinds)
    return kinds.translate(_RESOLVED)
