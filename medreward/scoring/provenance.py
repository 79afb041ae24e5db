"""What scored data says about its scores, and which columns of an input are earlier scores that may be replaced."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pyarrow as pa

from medreward._version import __version__
from medreward.errors import InputError
from medreward.rewards.document import Document
from medreward.scoring.settings import InputSettings

__all__ = ["OURS", "Earlier", "provenance"]

OURS = b"medreward."
"""What the keys of our metadata begin with."""
_COLUMNS, _PREFIX, _DIGEST, _KEPT = (OURS + key for key in (b"columns", b"prefix", b"digest", b"kept"))


class Earlier:
    """Scores that medreward wrote into a file before.

    Args:
        metadata: the file's key-value metadata.

    Attributes:
        runs: score columns and digest of each earlier run, by the prefix of its columns.
    """

    def __init__(self, metadata: Mapping[bytes, bytes]) -> None:
        self.runs: dict[str, tuple[list[str], str]] = {}
        for run in _read_json(metadata.get(_KEPT), list):
            if isinstance(run, dict) and isinstance(run.get("columns"), list):
                names = [str(name) for name in run["columns"]]
                self.runs[str(run.get("prefix", ""))] = (names, str(run.get("digest", "")))
        columns = _read_json(metadata.get(_COLUMNS), list)
        if columns:
            prefix = metadata.get(_PREFIX, b"").decode("utf-8", "replace")
            self.runs[prefix] = ([str(name) for name in columns], metadata.get(_DIGEST, b"").decode("utf-8", "replace"))

    def replaced(self, prefix: str) -> list[str]:
        """The columns that scores of the same prefix take the place of."""
        return self.runs.get(prefix, ([], ""))[0]

    def digest(self, prefix: str) -> str | None:
        """The digest behind the replaced columns."""
        return self.runs[prefix][1] if prefix in self.runs else None

    def kept(self, prefix: str) -> list[dict[str, object]]:
        """The earlier runs whose columns stay, as data."""
        return [
            {"prefix": other, "digest": digest, "columns": columns}
            for other, (columns, digest) in self.runs.items()
            if other != prefix
        ]

    def check_free(self, schema: pa.Schema, scores: Sequence[str], prefix: str) -> None:
        """Score columns may take the place of earlier ones of the same prefix, and of nothing else.

        Raises:
            InputError: ``column_taken``.
        """
        taken = [name for name in scores if name in schema.names and name not in self.replaced(prefix)]
        if taken:
            raise InputError(
                "column_taken",
                "The input has columns of the names that the scores need, and medreward did not write them",
                got=", ".join(repr(name) for name in taken),
                do="write the scores under other names: --prefix medreward_, or Scorer(…, prefix='medreward_'); scores"
                " that medreward wrote as JSON lines or CSV look like anybody's: score what they were made from",
            )


def _read_json(raw: bytes | None, kind: type[list[object]]) -> list[object]:
    """A JSON list; metadata that somebody else damaged counts as none."""
    try:
        found = json.loads(raw or b"[]")
    except ValueError:
        return []
    return found if isinstance(found, kind) else []


def _reward(document: Document) -> dict[str, str]:
    """What reward it was; of one that cannot be written down only that."""
    if not document.is_serializable:
        return {"medreward.source": document.source}
    name = {} if document.name is None else {"medreward.preset": document.name}
    return {"medreward.document": document.to_json(), "medreward.digest": document.digest, **name}


def provenance(
    document: Document,
    settings: InputSettings,
    columns: Sequence[str],
    *,
    prefix: str,
    rows: int,
    earlier: Earlier,
    others: Mapping[bytes, bytes],
) -> dict[bytes, bytes]:
    """The key-value metadata of scored data: how its scores came about.

    Args:
        document: the reward.
        settings: how the input was read.
        columns: the score columns.
        prefix: what their names begin with.
        rows: how many rows there are.
        earlier: the scores the input had.
        others: the input's metadata; what is not medreward's stays.
    """
    ours = {
        **_reward(document),
        "medreward.input": settings.model_dump_json(),
        "medreward.version": __version__,
        "medreward.columns": json.dumps(list(columns)),
        "medreward.prefix": prefix,
        "medreward.rows": str(rows),
    }
    if document.libraries():
        ours["medreward.libraries"] = json.dumps(document.libraries())
    if earlier.digest(prefix):
        ours["medreward.previous_digest"] = str(earlier.digest(prefix))
    if earlier.kept(prefix):
        ours["medreward.kept"] = json.dumps(earlier.kept(prefix))
    foreign = {key: value for key, value in others.items() if not key.startswith(OURS)}
    return foreign | {key.encode(): value.encode() for key, value in ours.items()}
