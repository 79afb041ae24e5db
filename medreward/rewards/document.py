"""Reward documents: a reward as JSON or YAML, its canonical form, its digest, and its JSON Schema.

Loading a document runs no code. Equal digests mean equal scores.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError, model_validator
from pydantic_core import PydanticCustomError

from medreward.errors import DocumentError
from medreward.rewards.base import AnyReward, Reward
from medreward.spec import Kinds, Model, Spec
from medreward.text.tags import TagSet

__all__ = ["MAX_BYTES", "MAX_DEPTH", "Document", "document_schema", "load_document"]

MAX_BYTES = 1 << 20
"""A longer document is refused."""
MAX_DEPTH = 64
"""A document nested deeper is refused."""
GRAMMAR = 1
"""The edition of the choice grammar; it rises whenever the reading of any conformance case changes."""


class Document(Model):
    """A reward with everything its scores depend on.

    Args:
        medreward: the edition of the document format.
        tags: what the model writes for the tags the rules name.
        grammar: the edition of the choice grammar.
        reward: the reward.

    Example:
        >>> from medreward.rewards import Document, TagPresence
        >>> Document(reward=TagPresence()) == load_document(Document(reward=TagPresence()).to_json())
        True
    """

    medreward: Literal[1] = 1
    tags: TagSet = TagSet()
    grammar: Literal[1] = 1
    reward: AnyReward

    @model_validator(mode="after")
    def _coherent(self) -> Document:
        specs = (model for model in self.reward.everything() if isinstance(model, Spec))
        unknown = {tag for spec in specs for tag in spec.tags_named()} - {*self.tags.roles}
        if unknown:
            raise PydanticCustomError(
                "unknown_tag",
                "The reward names tags that 'tags' does not know: {unknown}; known are {known}",
                {"unknown": ", ".join(sorted(unknown)), "known": ", ".join(self.tags.roles)},
            )
        self.components()
        return self

    def components(self) -> dict[str, Reward]:
        """The named parts, outermost first. Two different parts of one name are an error."""
        found: dict[str, Reward] = {}
        for part in self.reward.walk():
            if part.name is not None and found.setdefault(part.name, part) != part:
                raise PydanticCustomError(
                    "component_name", "Two different parts of the reward are named {name}", {"name": repr(part.name)}
                )
        return found

    @property
    def name(self) -> str | None:
        """The preset this document is, or None."""
        from medreward.rewards.presets import PRESETS  # presets are documents themselves

        return next((name for name, preset in PRESETS.items() if preset.document == self), None)

    def to_dict(self) -> dict[str, Any]:
        """The document as plain data, every default written out."""
        return self.model_dump(mode="json")

    def to_json(self, indent: int | None = None) -> str:
        """The document as JSON; without ``indent`` its canonical form: sorted keys, no spaces, defaults written out."""
        if indent is not None:
            return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)
        return json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

    def to_yaml(self) -> str:
        """The document as YAML."""
        import yaml

        return str(yaml.safe_dump(self.to_dict(), sort_keys=False, allow_unicode=True))

    @property
    def digest(self) -> str:
        """``sha256:`` and 64 hexadecimal digits, of the canonical form in UTF-8."""
        return f"sha256:{hashlib.sha256(self.to_json().encode()).hexdigest()}"


def load_document(source: str | Path | Mapping[str, Any] | Reward | Document) -> Document:
    """A document from whatever names one.

    Args:
        source: a preset's name; the path of a ``.json``, ``.yaml`` or ``.yml`` file; JSON text that begins with ``{``;
            a mapping; a reward; or a document.

    Raises:
        DocumentError: ``unknown_reward``, ``unreadable_document``, ``document_too_large``, ``document_too_deep``,
            ``bad_syntax``, ``bad_document``.
    """
    if isinstance(source, Document):
        return source
    if isinstance(source, Reward):
        return _validate({"reward": source}, "the reward")
    if isinstance(source, Mapping):
        return _validate(_check_depth(source, "the document"), "the document")
    if isinstance(source, str) and source.lstrip().startswith("{"):
        return _validate(_parse(source, "the document", _read_json), "the document")
    if isinstance(source, str):
        from medreward.rewards.presets import PRESETS  # presets are documents themselves

        if source in PRESETS:
            return PRESETS[source].document
        if Path(source).suffix not in _READERS:
            near = difflib.get_close_matches(source[:100], PRESETS, n=1, cutoff=0.0)[0]
            raise DocumentError(
                "unknown_reward",
                f"There is no reward named {source[:100]!r}",
                expected=f"a preset ({', '.join(PRESETS)}) or a .json or .yaml file",
                do=f"the nearest preset is {near!r}; `medreward spec list` shows them all",
            )
    return _from_file(Path(source))


def _from_file(path: Path) -> Document:
    if path.suffix not in _READERS:
        raise DocumentError(
            "unreadable_document",
            "A reward document is a .json, .yaml or .yml file",
            where=str(path)[:200],
            got=path.suffix[:20],
        )
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DocumentError(
            "unreadable_document", "The reward document cannot be read", where=str(path)[:200], got=error.strerror
        ) from error
    return _validate(_parse(raw, str(path), _READERS[path.suffix]), str(path))


def _parse(raw: str | bytes, where: str, read: Callable[[str], Any]) -> Any:
    if len(raw) > MAX_BYTES:
        raise DocumentError("document_too_large", f"A reward document may have at most {MAX_BYTES} bytes", where=where)
    try:
        data = read(raw if isinstance(raw, str) else raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DocumentError("bad_syntax", "The reward document is not UTF-8", where=where, got=str(error)) from error
    except RecursionError as error:
        raise _too_deep(where) from error
    except ValueError as error:
        raise DocumentError(
            "bad_syntax", "The reward document cannot be parsed", where=where, got=str(error)
        ) from error
    return _check_depth(data, where)


def _read_json(text: str) -> Any:
    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError(f"a key is written twice among {[key for key, _ in pairs]}")
        return found

    def refuse(word: str) -> Any:
        raise ValueError(f"{word} is no JSON number")

    return json.loads(text, object_pairs_hook=distinct, parse_constant=refuse)


def _read_yaml(text: str) -> Any:
    from medreward.rewards.plain_yaml import read_yaml  # yaml is imported only for YAML

    return read_yaml(text)


_READERS: dict[str, Callable[[str], Any]] = {".json": _read_json, ".yaml": _read_yaml, ".yml": _read_yaml}


def _too_deep(where: str) -> DocumentError:
    return DocumentError("document_too_deep", f"A reward document may be nested at most {MAX_DEPTH} deep", where=where)


def _check_depth(data: Any, where: str) -> Any:
    level = [data]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for item in level
            if isinstance(item, Mapping | list | tuple)
            for child in (item.values() if isinstance(item, Mapping) else item)
        ]
        if not level:
            return data
    raise _too_deep(where)


def _validate(data: Any, where: str) -> Document:
    try:
        return Document.model_validate(dict(data) if isinstance(data, Mapping) else data)
    except ValidationError as error:
        items = error.errors()
        inner = {item["loc"][:n] for item in items for n in range(len(item["loc"]))}
        items = [item for item in items if item["loc"] not in inner]  # a list is not wrong because its item is
        found = [f"{_path(item['loc'])}: {item['msg']} (got {str(item['input'])[:80]!r})" for item in items[:8]]
        more = len(items) - len(found)
        raise DocumentError(
            "bad_document",
            "The reward document is wrong"
            if len(items) == 1
            else f"The reward document is wrong in {len(items)} places",
            where=where,
            got="\n            ".join(found) + (f"\n            and {more} more" if more else ""),
            do="`medreward spec show medvlm-r1` prints a whole document to compare with",
        ) from error


def _path(loc: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".") or "document"


def document_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a document, with every known reward and fact."""
    schema = Document.model_json_schema()
    defs: dict[str, Any] = schema.pop("$defs", {})
    for noun, kinds in Kinds.tables.items():
        for cls in kinds:
            one = cls.model_json_schema()
            defs.update(one.pop("$defs", {}))
            defs[cls.__name__] = {**one, "required": sorted({*one.get("required", ()), "kind"})}
        defs[noun] = {"oneOf": [{"$ref": f"#/$defs/{cls.__name__}"} for cls in kinds]}
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "$defs": defs}
    return dict(_refer(whole))


def _refer(node: Any) -> Any:
    """Turn the mark of a table of kinds into a reference to it."""
    if isinstance(node, dict):
        if "x-any-kind-of" in node:
            return {"$ref": f"#/$defs/{node['x-any-kind-of']}"}
        return {key: _refer(value) for key, value in node.items()}
    return [_refer(value) for value in node] if isinstance(node, list) else node
