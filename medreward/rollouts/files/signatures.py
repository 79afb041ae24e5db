"""What the first bytes of a file say it is, where that is no kind that is read, or another than its name says."""

from __future__ import annotations

from medreward.errors import InputError

__all__ = ["PARQUET", "refuse_other_kind"]

PARQUET = b"PAR1"
"""What a Parquet file begins and ends with."""

_UTF_16 = ("text in UTF-16", "write it in UTF-8: iconv -f UTF-16 -t UTF-8")
_SIGNATURES: dict[bytes, tuple[str, str]] = {
    PARQUET: ("a Parquet file", "give it a name that ends in .parquet"),
    b"\x1f\x8b": ("a gzip archive", "unpack it first: gunzip"),
    b"\x28\xb5\x2f\xfd": ("a zstd archive", "unpack it first: unzstd"),
    b"BZh": ("a bzip2 archive", "unpack it first: bunzip2"),
    b"\xfd7zXZ": ("an xz archive", "unpack it first: unxz"),
    b"PK\x03\x04": ("a zip archive, or an Excel sheet", "unpack it first, or save the sheet as CSV"),
    b"ARROW1": ("an Arrow IPC file", "write it as Parquet: pyarrow.parquet.write_table"),
    b"\x93NUMPY": ("a numpy array", "write the rows as Parquet or JSON lines"),
    b"SQLite format 3": ("a SQLite database", "write the rows as Parquet or JSON lines"),
    b"\xff\xfe": _UTF_16,
    b"\xfe\xff": _UTF_16,
}
"""What files begin with, what such a file is, and what to do with it."""


def refuse_other_kind(head: bytes, name: str, expected: str) -> None:
    """Say what a file is, where its first bytes tell that it is none of ours.

    Args:
        head: its first bytes, 16 or more.
        name: what messages call it.
        expected: what it was taken for.

    Raises:
        InputError: ``other_kind``.
    """
    for signature, (what, do) in _SIGNATURES.items():
        if head.startswith(signature):
            raise InputError(
                "other_kind", f"The file is {what}", where=name, expected=expected, got=repr(head[:8]), do=do
            )
