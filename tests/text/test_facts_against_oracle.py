"""Facts over whole columns equal a naive reading of each completion by plain string methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from medreward.rewards.presets.base import THINK_THEN_ANSWER
from medreward.text import FLAWS, Flaws, HasText, LabelScan, Reading, Rows, StrayText, TagCount, WellFormed
from medreward.text.facts import PLACES, Blocks, Body, StrayPlaces
from medreward.text.scan import EXACT
from medreward.text.tags import Case as TagCase
from tests import hostile
from tests.oracle import text as oracle

Table = list[str | None]
Case = Literal["exact", "any"]
CASES: list[Case] = ["exact", "any"]
FOLDS: list[tuple[TagCase, oracle.Fold]] = [("exact", "exact"), ("any", "ascii"), ("folded", "unicode")]


def arrays(texts: Sequence[str | None]) -> list[pa.Array]:
    """The same column in every layout the scan reads: string, large_string, and a slice with rows on either side."""
    plain = pa.array(texts, pa.string())
    padded = pa.array(["<think>", *texts, "</answer>"], pa.large_string())
    return [plain, plain.cast(pa.large_string()), padded.slice(1, len(texts))]


def points(text: str, *edges: int) -> tuple[int, ...]:
    """Byte offsets of a text as code points."""
    return tuple(len(text.encode()[:edge].decode()) for edge in edges)


@given(hostile.tables())
def test_every_layout_gives_the_tags_the_oracle_finds(texts: Table) -> None:
    for array in arrays(texts):
        reading = Reading(Rows.of(array))
        table, roles = reading.scan, reading.tags.roles
        start = reading.rows.offsets[:-1]
        found: list[list[oracle.Tag]] = [[] for _ in texts]
        for row, code, a, b, spelling in zip(
            table.row.tolist(), table.code.tolist(), table.start, table.end, table.spelling.tolist(), strict=True
        ):
            if spelling <= 1:
                side = "close" if code % 2 else "open"
                edges = points(texts[row] or "", int(a - start[row]), int(b - start[row]))
                found[row].append(oracle.Tag(roles[code // 2], side, edges[0], edges[1], spelling == EXACT))
        assert found == [oracle.tags(text or "", case="any") for text in texts]


@given(hostile.tables(), st.sampled_from(CASES))
@example(["<think><answer>B</answer></think><answer>C</answer>"], "exact")
@example(["<answer>a<think>b</answer>c</think>", "x</think>"], "exact")
def test_blocks_quoted_and_loose_tags_are_the_oracles(texts: Table, case: Case) -> None:
    reading = Reading(Rows.of(pa.array(texts, pa.string())))
    blocks = reading[Blocks(case)]
    start = reading.rows.offsets[:-1]
    for row, text in enumerate(texts):
        here = np.flatnonzero(blocks.row == row)
        found = []
        for i in here.tolist():
            tags, opener, closer = blocks.tags, blocks.opener[i], blocks.closer[i]
            edges = [
                int(x - start[row])
                for x in (tags.start[opener], tags.end[opener], tags.start[closer], tags.end[closer])
            ]
            found.append(oracle.Block(reading.tags.roles[int(blocks.role[i])], *points(text or "", *edges)))
        expected = oracle.blocks(text or "", case=case)
        assert found == expected
        quoted = oracle.quoted_blocks(text or "", case=case)
        assert [found[n] for n, i in enumerate(here) if blocks.quoted[i]] == quoted
        loose = blocks.tags.start[blocks.loose & (blocks.tags.row == row)] - start[row]
        assert [points(text or "", int(x))[0] for x in loose] == [
            t.start for t in oracle.loose_tags(text or "", case=case)
        ]


@given(hostile.tables(), st.sampled_from(CASES))
def test_well_formed_and_stray_text_are_the_oracles(texts: Table, case: Case) -> None:
    for array in arrays(texts):
        reading = Reading(Rows.of(array))
        assert reading[WellFormed(case=case)].tolist() == [
            oracle.is_well_formed(text or "", case=case) for text in texts
        ]
        places = reading[StrayPlaces(case)]
        for row, text in enumerate(texts):
            expected = oracle.stray(text or "", case=case)
            assert {place for place, here in zip(PLACES, places[row], strict=True) if here} == expected
        assert reading[StrayText(case=case)].tolist() == [bool(oracle.stray(text or "", case=case)) for text in texts]


@given(hostile.tables(), st.sampled_from(CASES))
@example(["<answer>a<think>b</think><think>c</answer>d</think>"], "exact")
@example(["<answer></think><think></think> </answer><answer>x</answer>"], "exact")
def test_bodies_are_the_oracles(texts: Table, case: Case) -> None:
    reading = Reading(Rows.of(pa.array(texts, pa.string())))
    for tag, naive in (("answer", oracle.answer_bodies), ("think", oracle.reasoning_bodies)):
        bodies = reading[Body(tag=tag, case=case)]
        read = bodies.spans.to_bytes()
        for place, raw in zip(bodies.mixed.tolist(), bodies.rewritten.to_bytes(), strict=True):
            read[place] = raw
        codes, distinct = bodies.distinct()
        assert [distinct[code].decode() for code in codes.tolist()] == [raw.decode().strip() for raw in read]
        for row, text in enumerate(texts):
            assert [b.decode() for b, r in zip(read, bodies.row, strict=True) if r == row] == naive(
                text or "", case=case
            )
        expected = [any(not oracle.is_empty(body) for body in naive(text or "", case=case)) for text in texts]
        assert reading[HasText(tag=tag, case=case)].tolist() == expected


@given(hostile.tables(), st.sampled_from(CASES))
@example(["", "B", None, "<think>A</think> C <think>", "<answer>B</answer> A"], "exact")
@example(["<think>a<answer>B</answer></think> C </answer>D", "<answer>B</answer>", "<answer>E"], "exact")
def test_a_completion_without_an_answer_is_read_whole_where_asked(texts: Table, case: Case) -> None:
    reading = Reading(Rows.of(pa.array(texts, pa.string())))
    bodies = reading[Body(case=case, if_missing="whole_text")]
    codes, distinct = bodies.distinct()
    read = [(row, distinct[code].decode()) for row, code in zip(bodies.row.tolist(), codes.tolist(), strict=True)]
    assert read == [
        (row, body.strip())
        for row, text in enumerate(texts)
        if text is not None
        for body in oracle.answer_bodies(text, case=case) or [oracle.text_without_markup(text, case=case)]
    ]


@given(hostile.tables())
def test_a_first_span_that_is_missing_is_the_whole_text_as_it_stands_where_asked(texts: Table) -> None:
    bodies = Reading(Rows.of(pa.array(texts, pa.string())))[Body(pick="first_span", if_missing="whole_text")]
    read = dict(zip(bodies.row.tolist(), bodies.spans.to_bytes(), strict=True))
    spans = {row: (oracle.first_span(text, "answer"), text) for row, text in enumerate(texts) if text is not None}
    assert read == {row: (text if span is None else span).encode() for row, (span, text) in spans.items()}


@given(hostile.tables())
def test_flaws_are_the_oracles(texts: Table) -> None:
    reading = Reading(Rows.of(pa.array(texts, pa.string())))
    table = reading[Flaws()]
    for row, text in enumerate(texts):
        found = {flaw for flaw, has in zip(FLAWS, table[row], strict=True) if has} - {"misspelt_tag"}
        assert found == (oracle.flaws(text) if text is not None else set())


@given(hostile.tables())
def test_published_spans_and_letters_are_the_oracles(texts: Table) -> None:
    reading = Reading(Rows.of(pa.array(texts, pa.string())))
    for case, fold in FOLDS:
        body = Body(pick="first_span", case=case)
        bodies = reading[body]
        spans = dict(zip(bodies.row.tolist(), (text.decode() for text in bodies.spans.to_bytes()), strict=True))
        expected = [oracle.first_span(text or "", "answer", fold) for text in texts]
        assert [spans.get(row) for row in range(len(texts))] == expected
        scanned = reading[LabelScan(body=body)]
        for row, span in enumerate(expected):
            hits = oracle.letters_anywhere((span or "").strip(), "ABCDEFGHIJ")
            assert scanned.hits[row] == len(hits)
            assert scanned.letter[row] == ("ABCDEFGHIJ".index(hits[0]) if len(hits) == 1 else -1)
            assert scanned.alone[row] == (len(hits) == 1 and oracle.rest_is_empty(span or "", hits[0]))
    fitting = reading[Body(pick="first_fitting", alphabet="ABCDEFGHIJ")]
    letters = dict(zip(fitting.row.tolist(), (text.decode().strip() for text in fitting.spans.to_bytes()), strict=True))
    assert [letters.get(row) for row in range(len(texts))] == [
        oracle.first_fitting(text or "", "ABCDEFGHIJ") for text in texts
    ]


@given(hostile.tables())
def test_published_format_is_a_predicate_over_tag_positions(texts: Table) -> None:
    reading = Reading(Rows.of(pa.array(texts, pa.string())))
    holds = reading[THINK_THEN_ANSWER]
    assert holds.tolist() == [oracle.full_match_format(text or "") for text in texts]


@given(hostile.tables())
def test_tag_counts_are_those_of_str_count(texts: Table) -> None:
    reading = Reading(Rows.of(pa.array(texts, pa.string())))
    for literal in ("<think>", "</think>", "<answer>", "</answer>"):
        assert reading[TagCount(tag=literal)].tolist() == [(text or "").count(literal) for text in texts]


@given(st.lists(hostile.broken_bytes(), max_size=6))
def test_invalid_bytes_are_scored_as_bytes_and_flagged(rows: list[bytes]) -> None:
    table = Reading(Rows.of(pa.array(rows, pa.binary())))
    flagged = table[Flaws()][:, list(FLAWS).index("invalid_utf8")]
    for row, raw in enumerate(rows):
        try:
            raw.decode()
        except UnicodeDecodeError:
            assert flagged[row]
        else:
            assert not flagged[row]
    for literal in ("<think>", "</answer>"):
        assert table[TagCount(tag=literal)].tolist() == [raw.count(literal.encode()) for raw in rows]
