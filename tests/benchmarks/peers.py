"""What people run today, each on one Arrow batch: format and letter of every completion, as they are usually computed.

Peers that are not installed are left out: TRL, polars and DuckDB are called as they are, not imitated.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa

__all__ = ["PEERS", "Peer", "plain_loop"]

Peer = Callable[[pa.RecordBatch], Any]

WHOLE = re.compile(r"<think>.*?</think>\s*<answer>.*?</answer>", re.DOTALL)
ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
LINES = re.compile(r"^<think>\n.*?\n</think>\n<answer>\n.*?\n</answer>$", re.DOTALL | re.MULTILINE)
ENGINE_WHOLE = r"(?s)^<think>.*?</think>\s*<answer>.*?</answer>$"
ENGINE_LETTER = r"<answer>\s*([A-Z])\s*</answer>"


def plain_loop(completions: list[str], golds: list[str]) -> list[float]:
    """Format and accuracy as a trainer computes them: one string at a time."""
    rewards = []
    for completion, gold in zip(completions, golds, strict=True):
        found = ANSWER.search(completion)
        answer = found.group(1).strip() if found else ""
        accuracy = 1.0 if answer == gold else 0.5 if answer[:1] == gold else 0.0
        rewards.append(float(WHOLE.fullmatch(completion) is not None) + accuracy)
    return rewards


def re_loop(batch: pa.RecordBatch) -> list[float]:
    """The plain loop, its strings made first."""
    return plain_loop(batch.column("completion").to_pylist(), batch.column("gold").to_pylist())


def line_format_and_tag_count(batch: pa.RecordBatch) -> list[float]:
    """The two format rewards of Open R1's recipe in our words: a pattern with two lazy gaps, and four counts."""
    texts = batch.column("completion").to_pylist()
    tags = ("<think>\n", "\n</think>\n", "\n<answer>\n", "\n</answer>")
    counts = [sum(0.25 for tag in tags if text.count(tag) == 1) for text in texts]
    return [float(LINES.match(text) is not None) + count for text, count in zip(texts, counts, strict=True)]


def trl_format(batch: pa.RecordBatch) -> list[float]:
    """TRL's own format reward over the column."""
    from trl.rewards import think_format_reward  # type: ignore[import-not-found,unused-ignore]

    rewards: list[float] = think_format_reward([[{"content": text}] for text in batch.column("completion").to_pylist()])
    return rewards


def polars_expressions(batch: pa.RecordBatch) -> Any:
    """Format and letter as polars expressions."""
    import polars as pl

    text = pl.col("completion").str
    made = (text.contains(ENGINE_WHOLE), text.extract(ENGINE_LETTER).alias("letter") == pl.col("gold"))
    return pl.DataFrame(batch.select(["completion", "gold"])).select(made[0].alias("format"), made[1].alias("right"))


def duckdb_query(batch: pa.RecordBatch) -> Any:
    """Format and letter in SQL."""
    import duckdb

    batches = pa.Table.from_batches([batch])  # noqa: F841 - the query names it
    made = f"regexp_matches(completion, '{ENGINE_WHOLE}'), regexp_extract(completion, '{ENGINE_LETTER}', 1) = gold"
    found = duckdb.sql(f"select {made} from batches")  # noqa: S608 - the patterns are this file's
    return found.fetchnumpy() if found is not None else None


_ALL: dict[str, tuple[str, Peer]] = {
    "`re` loop, format and accuracy": ("re", re_loop),
    "Open R1's format and tag count, in our words": ("re", line_format_and_tag_count),
    "TRL `think_format_reward` alone": ("trl", trl_format),
    "polars, format and letter": ("polars", polars_expressions),
    "DuckDB, format and letter": ("duckdb", duckdb_query),
}
PEERS: dict[str, Peer] = {name: peer for name, (module, peer) in _ALL.items() if importlib.util.find_spec(module)}
"""The peers that are installed, by name."""
