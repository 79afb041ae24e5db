"""Open R1's tag count: a quarter for each tag that stands once, on a line of its own."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.presets.base import Preset, earned
from medreward.rewards.tag_credit import TagCredit, TagShare
from medreward.text.facts import TagCount

__all__ = ["PRESET"]


def _once(tag: str, *, before: bool, after: bool) -> TagShare:
    """A quarter if the tag occurs once with these newlines beside it, counted from the left."""
    return TagShare(
        count=TagCount(
            tag=tag,
            before="newline" if before else "anything",
            after="newline" if after else "anything",
            overlapping=False,
        )
    )


PRESET = Preset(
    name="open-r1-tag-count",
    title="Open R1: 0.25 for each of four tags that occurs once with a newline beside it",
    source="huggingface/open-r1 at commit 1416fa0, src/open_r1/rewards.py, tag_count_reward",
    paper="No paper. The repository: partial credit for the tags that the format asks for.",
    code=(
        "0.25 each if exactly one <think> has a newline after it, one </think> newlines on both sides, one <answer>"
        " newlines on both sides, one </answer> a newline before it; counted from the left, so that two tags that"
        " share the newline between them are one. Tags without these newlines are not counted at all: a second"
        " answer on one line costs nothing, and a completion without newlines earns 0. Order does not matter."
    ),
    reward=TagCredit(
        name="tag_count",
        shares=(
            _once("<think>", before=False, after=True),
            _once("</think>", before=True, after=True),
            _once("<answer>", before=True, after=True),
            _once("</answer>", before=True, after=False),
        ),
    ),
    values=(0.0, 0.25, 0.5, 0.75, 1.0),
    components=("tag_count",),
    golden=earned({(0.25,): "whitespace in the answer"}, otherwise=(0,)),
    cases=(
        Case("lines", "<think>\nr\n</think>\n<answer>\nB\n</answer>", 1),
        Case("one line", "<think>r</think><answer>B</answer>", 0),
        Case("prefilled", "r\n</think>\n<answer>\nB\n</answer>", 0.75),
        Case("truncated", "<think>\nr\n</think>\n<answer>\nB", 0.75),
        Case("no answer", "<think>\nr\n</think>\nB", 0.5),
        Case("unclosed", "<think>\nr", 0.25),
        Case("two answers on lines", "<think>\nr\n</think>\n<answer>\nB\n</answer>\n<answer>\nB\n</answer>", 0.5),
        Case("a second answer on one line", "<think>\nr\n</think>\n<answer>\nB\n</answer><answer>C</answer>", 1),
        Case("two closers that share a newline", "<think>\nr\n</think>\n</think>\n<answer>\nB\n</answer>", 1),
        Case("another order", "\n<answer>\nB\n</answer>\n<think>\nr\n</think>\n", 1),
        Case("trailing text", "<think>\nr\n</think>\n<answer>\nB\n</answer> ok", 1),
    ),
)
