"""Reward documents: a reward as JSON or YAML, its canonical form, its digest, and its JSON Schema.

Loading a document runs no code. Equal digests mean equal scores.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import reprlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, runtime_checkable

from pydantic import BeforeValidator, PrivateAttr, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from medreward.errors import DocumentError
from medreward.rewards.base import AnyReward, Reward
from medreward.spec import Kinds, Model, Spec
from medreward.text.tags import TagSet

__all__ = ["MAX_BYTES", "MAX_DEPTH", "Document", "DocumentSource", "document_schema", "load_document"]

MAX_BYTES = 1 << 18
"""A longer document is refused."""
MAX_DEPTH = 64
"""A document nested deeper is refused."""
GRAMMAR = 4
"""The edition of the choice grammar; it rises whenever the reading of any conformance case changes."""


def _edition(number: int) -> BeforeValidator:
    """One number and nothing that merely equals it, as true and 1.0 equal 1."""

    def is_it(value: Any) -> Any:
        if type(value) is not int or value != number:
            raise PydanticCustomError("edition", "Input should be the number {number}", {"number": number})
        return value

    return BeforeValidator(is_it)


Edition = Annotated[Literal[1], _edition(1)]
Grammar = Annotated[Literal[4], _edition(GRAMMAR)]


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

    medreward: Edition = 1
    tags: TagSet = TagSet()
    grammar: Grammar = 4
    reward: AnyReward
    _asked: str | None = PrivateAttr(default=None)

    def __eq__(self, other: object) -> bool:
        """Documents are equal where their fields are, by whatever name they were asked for."""
        return isinstance(other, Document) and dict(self) == dict(other)

    def __hash__(self) -> int:
        return hash((self.tags, self.reward))

    @model_validator(mode="after")
    def _coherent(self) -> Document:
        if _model_depth(self.reward) > MAX_DEPTH:
            raise PydanticCustomError("too_deep", "The reward is nested too deep")
        for spec in self.specs():
            if isinstance(spec, Reward) and not spec.is_serializable:
                continue
            if not Kinds.tables["reward" if isinstance(spec, Reward) else "fact"].known(spec):
                raise PydanticCustomError(
                    "unregistered",
                    "{name} is not the model that is known for kind {kind}: its document could not be read back."
                    " Make it known with REWARDS.add, under a kind of its own",
                    {"name": type(spec).__name__, "kind": repr(spec.kind)},
                )
        unknown = {*self.tags_named()} - {*self.tags.roles}
        if unknown:
            raise PydanticCustomError(
                "unknown_tag",
                "The reward names tags that 'tags' does not know: {unknown}; known are {known}. A rule names a tag by"
                " its role, think or answer, whatever the tag is called; other tags stand in tags.others",
                {"unknown": ", ".join(sorted(unknown)), "known": ", ".join(self.tags.roles)},
            )
        self.components()
        for part in self.reward.walk():
            _check_bounds(part)
        if self.is_serializable:
            _check_depth(self.to_dict(), "the reward")
        return self

    def specs(self) -> Iterator[Spec]:
        """Every reward and fact in the document, outermost first."""
        return (model for model in self.reward.everything() if isinstance(model, Spec))

    def tags_named(self) -> tuple[str, ...]:
        """The roles of the tags the reward speaks of, in the order it names them."""
        return tuple(dict.fromkeys(tag for spec in self.specs() for tag in spec.tags_named()))

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
    def is_serializable(self) -> bool:
        """Whether the reward can be written down: it can, unless a plain Python function is part of it."""
        return all(part.is_serializable for part in self.reward.walk())

    @property
    def source(self) -> str:
        """What messages call this reward: its preset's name, its digest, or that it has none."""
        return (self.name or self.digest) if self.is_serializable else "a Python function"

    def _check_serializable(self) -> None:
        if not self.is_serializable:
            from medreward.rewards.function import FunctionReward, not_serializable  # a rule, defined above documents

            found = [part.shown for part in self.reward.walk() if isinstance(part, FunctionReward)]
            raise not_serializable(", ".join(found))

    def libraries(self) -> dict[str, str | None]:
        """What the scores depend on beside this library: packages that rules call, and modules that define rules.

        Returns:
            The version of each; None for a package that is not installed.
        """
        from medreward.rewards.library import LibraryRule, installed  # it is a rule, defined above documents
        from medreward.rewards.user_rules import user_modules  # the same

        rules = (spec for spec in self.specs() if isinstance(spec, LibraryRule))
        called = {package: installed(package) for rule in rules for package in rule.packages}
        return called | user_modules([spec for spec in self.specs() if not isinstance(spec, LibraryRule)])

    @property
    def name(self) -> str | None:
        """The preset this document is, or None; of presets that are one document the one that was asked for."""
        from medreward.rewards.presets import PRESETS  # presets are documents themselves

        if self._asked is not None and self._asked in PRESETS and PRESETS[self._asked].document == self:
            return self._asked
        return next(iter(self.names), None)

    @property
    def names(self) -> tuple[str, ...]:
        """Every preset this document is: some published code was taken over as it was."""
        from medreward.rewards.presets import PRESETS  # as above

        return tuple(name for name, preset in PRESETS.items() if preset.document == self)

    def asked_as(self, name: str | None) -> Document:
        """The same document, which tells its name by the preset that was asked for."""
        copy = self.model_copy()
        copy._asked = name  # noqa: SLF001 - its own
        return copy

    def to_dict(self) -> dict[str, Any]:
        """The document as plain data, every default written out.

        Raises:
            DocumentError: ``not_serializable``, here and in whatever is made of the document.
        """
        self._check_serializable()
        return self.model_dump(mode="json")

    def to_json(self, indent: int | None = None) -> str:
        """The document as JSON with every default written out; without ``indent``, its canonical form.

        The canonical form leaves defaults out, so that a field added later changes no digest; it has sorted keys and no
        spaces.
        """
        if indent is not None:
            return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)
        self._check_serializable()
        short = {"medreward": self.medreward, "grammar": self.grammar, **_short(self)}
        return json.dumps(short, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

    def to_yaml(self) -> str:
        """The document as YAML."""
        import yaml

        return str(yaml.safe_dump(self.to_dict(), sort_keys=False, allow_unicode=True))

    @property
    def digest(self) -> str:
        """``sha256:`` and 64 hexadecimal digits, of the canonical form in UTF-8."""
        return f"sha256:{hashlib.sha256(self.to_json().encode()).hexdigest()}"


@runtime_checkable
class HasDocument(Protocol):
    """What has a document, as a preset does."""

    @property
    def document(self) -> Document:
        """The document."""


DocumentSource = str | Path | Mapping[str, Any] | Reward | Document | HasDocument
"""Whatever names a reward."""


def _short(value: Any) -> Any:
    """A model as plain data without fields that have their default; a kind always stands."""
    if isinstance(value, Model):
        fields = type(value).model_fields
        return {name: _short(item) for name, item in value if name == "kind" or item != fields[name].default}
    return [_short(item) for item in value] if isinstance(value, tuple) else value


def _check_bounds(reward: Reward) -> None:
    """Sums of huge numbers are no numbers any more; a column's values may have no bounds."""
    try:
        bounds = reward.bounds()
        limited = [all(map(math.isfinite, part.bounds())) for part in reward.children()]
    except NotImplementedError as error:
        raise PydanticCustomError("no_bounds", "{why}", {"why": str(error)}) from error
    if limited and all(limited) and not all(map(math.isfinite, bounds)):
        raise PydanticCustomError(
            "not_finite",
            "The values of {kind} would go from {low} to {high}: weights, factors and bounds must be small enough for"
            " finite sums",
            {"kind": reward.kind, "low": f"{bounds[0]:g}", "high": f"{bounds[1]:g}"},
        )


def _model_depth(model: Model) -> int:
    """How many models stand inside one another, counted without recursion."""
    depth, level = 0, [model]
    while level and depth <= MAX_DEPTH:
        depth, level = depth + 1, [inner for outer in level for inner in outer.inner()]
    return depth


def load_document(source: DocumentSource) -> Document:
    """A document from whatever names one.

    Args:
        source: a preset's name; the path of a ``.json``, ``.yaml`` or ``.yml`` file; JSON text that begins with ``{``;
            a mapping; a reward; a preset; or a document.

    Raises:
        DocumentError: ``unknown_reward``, ``unreadable_document``, ``document_too_large``, ``document_too_deep``,
            ``bad_syntax``, ``bad_document``, ``document_type``.
    """
    if isinstance(source, Document):
        return source
    if isinstance(source, Reward):
        if _model_depth(source) > MAX_DEPTH:
            raise _too_deep("the reward")
        return _validate({"reward": source}, "the reward")
    if isinstance(source, HasDocument):  # a preset
        return source.document
    if isinstance(source, Mapping):
        return _validate(_check_depth(source, "the document"), "the document")
    if isinstance(source, str):
        return _from_text(source)
    if not isinstance(source, Path):
        raise DocumentError(
            "document_type",
            "This is nothing that names a reward",
            expected="a preset's name, a path, a mapping, a reward, a preset or a document",
            got=repr(source)[:100],
            do="make one of the class: write its parentheses" if isinstance(source, type) else None,
        )
    return _from_file(source)


def _from_text(source: str) -> Document:
    """From JSON text, a preset's name, or a path."""
    from medreward.rewards.presets import PRESETS  # presets are documents themselves

    if source.lstrip().startswith("{"):
        return _validate(_parse(source, "the document", _read_json), "the document")
    if source in PRESETS:
        return PRESETS[source].document
    if Path(source).suffix in _READERS:
        return _from_file(Path(source))
    near = difflib.get_close_matches(source[:100], PRESETS, n=1, cutoff=0.0)[0]
    raise DocumentError(
        "unknown_reward",
        f"There is no reward named {source[:100]!r}",
        expected=f"a preset ({', '.join(PRESETS)}) or a .json or .yaml file",
        do=f"the nearest preset is {near!r}; `medreward spec list` shows them all",
    )


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
    except (OSError, ValueError) as error:  # a name that no file can have is a ValueError
        raise DocumentError(
            "unreadable_document",
            "The reward document cannot be read",
            where=repr(str(path)[:200]),
            got=getattr(error, "strerror", None) or str(error)[:100],
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
        found = [f"{_path(item['loc'])}: {item['msg']} (got {_glimpse(item['input'])})" for item in items[:8]]
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


def _glimpse(value: Any) -> str:
    """A value for a message: short, whatever it is."""
    if isinstance(value, int) and value.bit_length() > 256:
        return "an enormous integer"
    return reprlib.repr(value)


def _path(loc: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".") or "document"


def document_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a document, with every known reward and fact."""
    from medreward.rewards.user_rules import load_installed  # it stands above documents

    load_installed()
    schema = Document.model_json_schema()
    defs: dict[str, Any] = schema.pop("$defs", {})
    families: dict[str, list[str]] = {}
    for cls in (cls for kinds in Kinds.tables.values() for cls in kinds):
        one = cls.model_json_schema()
        defs.update(one.pop("$defs", {}))
        defs[cls.__name__] = {**one, "required": sorted({*one.get("required", ()), "kind"})}
        for base in cls.__mro__:
            if issubclass(base, Spec):
                families.setdefault(base.__name__, []).append(cls.__name__)
    for family, names in families.items():
        defs[f"any_{family}"] = {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in names]}
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "$defs": defs}
    return dict(_refer(whole))


def _refer(node: Any) -> Any:
    """Turn the mark of a table of kinds into a reference to it."""
    if isinstance(node, dict):
        if "x-any" in node:
            beside = {key: _refer(value) for key, value in node.items() if key != "x-any"}  # such as a default
            return {"$ref": f"#/$defs/any_{node['x-any']}", **beside}
        return {key: _refer(value) for key, value in node.items()}
    return [_refer(value) for value in node] if isinstance(node, list) else node
