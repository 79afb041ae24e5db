"""Completions that make common rules slow, at growing sizes, with a limit for each peer."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pyarrow as pa

__all__ = ["HOSTILE", "batch_of", "seconds"]

HOSTILE: dict[str, Callable[[int], str]] = {
    "`<think>` repeated": lambda n: "<think>" * n,
    "`<answer>` repeated": lambda n: "<answer>" * n,
    "`<` repeated": lambda n: "<" * (8 * n),
    "complete blocks, then `x`": lambda n: "<think>t</think><answer>B</answer>" * n + "x",
    "closers and openers of lines": lambda n: "<think>\n" + "\n</think>\n<answer>\n" * n,
    "no-break spaces": lambda n: "\xa0" * (4 * n),
    "ideographic spaces": lambda n: "\u3000" * (3 * n),
}
"""A text of about 8 bytes for each unit of size, by name."""


def batch_of(text: str) -> pa.RecordBatch:
    """One row."""
    return pa.RecordBatch.from_pydict({"completion": [text], "gold": ["B"]})


def seconds(work: Callable[[pa.RecordBatch], object], batch: pa.RecordBatch, limit: float) -> float | None:
    """CPU seconds for one batch; None where the limit passed first."""
    start = time.process_time()
    try:
        with _limited(limit):
            work(batch)
    except TimeoutError:
        return None
    return time.process_time() - start


@contextmanager
def _limited(limit: float) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
