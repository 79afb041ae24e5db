"""Specifications as data: frozen models that carry a ``kind``, and the tables that find a model by its kind.

Rewards and facts are both written this way, so both have documents, equality, hashing and errors that name the path.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar, cast, get_args

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, Strict, model_validator
from pydantic.functional_validators import BeforeValidator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

__all__ = ["Flag", "Kinds", "Model", "Number", "Spec", "Whole"]


def _finite(value: Any) -> Any:
    """A float64 that a document can hold: finite, and with one zero."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("number_type", "Input should be a number")
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if number - number != 0.0:
        raise PydanticCustomError("finite_number", "Input should be a finite number")
    return number + 0.0


_SHOWN = 5  # unknown fields that a message names
Number = Annotated[float, BeforeValidator(_finite)]
"""A finite float64. Integers are taken, booleans and strings are not."""
Whole = Annotated[int, Strict()]
"""An integer; booleans, floats and strings are not taken."""
Flag = Annotated[bool, Strict()]
"""true or false, and nothing that merely looks like it."""


class Model(BaseModel):
    """A frozen model that knows all its fields: another one is an error that names the nearest."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, defer_build=True)  # a run uses few

    @model_validator(mode="before")
    @classmethod
    def _known_fields(cls, value: Any) -> Any:
        if isinstance(value, dict):
            unknown = [_misspelt(name, cls.model_fields) for name in value if name not in cls.model_fields]
            if unknown:
                raise PydanticCustomError(
                    "unknown_field",
                    "Unknown field{plural} {fields}; there are {known}",
                    {
                        "plural": "s" * (len(unknown) > 1),
                        "fields": ", ".join(unknown[:_SHOWN]),
                        "known": ", ".join(cls.model_fields),
                    },
                )
        return value

    def inner(self) -> Iterator[Model]:
        """The models in this one's fields, in order: one step down."""
        for _, value in self:
            if isinstance(value, Model):
                yield value
            elif isinstance(value, tuple):
                yield from (item for item in value if isinstance(item, Model))

    def everything(self) -> Iterator[Model]:
        """This model and all models inside it, outermost first."""
        yield self
        for model in self.inner():
            yield from model.everything()


def _misspelt(name: object, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(name)[:100], list(known), n=1)
    return repr(name)[:100] + (f" ({near[0]}?)" if near else "")


def _nearest(name: object, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(name)[:100], list(known), n=1)
    return f"the nearest known kind is {near[0]!r}; " if near else ""


class Spec(Model):
    """A frozen model of one ``kind``, such as ``tag_presence.v1``. Equal fields mean equal specs and equal hashes.

    A released kind never changes meaning; a new meaning is a new kind.

    Attributes:
        tag_fields: the fields that name tags, by role or as a literal.
    """

    tag_fields: ClassVar[tuple[str, ...]] = ("tag", "tags")

    kind: str

    @classmethod
    def once(cls, **fields: Any) -> Self:
        """The spec of these fields, made once: making one costs more than asking it of a few rows."""
        return cast("Self", _made(cls, tuple(fields.items())))

    def tags_named(self) -> tuple[str, ...]:
        """The roles of the tags this spec, without what is inside it, speaks of, in order."""
        values = [value for name, value in self if name in self.tag_fields and value is not None]
        literals = [item for value in values for item in ((value,) if isinstance(value, str) else value)]
        return tuple(dict.fromkeys(literal.strip("</>") if literal.endswith(">") else literal for literal in literals))


@lru_cache(maxsize=1024)
def _made(cls: type[Spec], fields: tuple[tuple[str, Any], ...]) -> Spec:
    return cls(**dict(fields))


S = TypeVar("S", bound=Spec)


class Kinds(Generic[S]):
    """The specs of one noun, by kind.

    Args:
        noun: what these are, for messages and the JSON Schema: ``reward`` or ``fact``.

    Attributes:
        look_up: asked about a kind that is not known; it may make it known, and says whether it did anything.
    """

    tables: ClassVar[dict[str, Kinds[Any]]] = {}
    look_up: ClassVar[Callable[[str], bool]] = staticmethod(lambda kind: False)  # noqa: ARG005 - nothing is installed

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._classes: dict[str, type[S]] = {}
        Kinds.tables[noun] = self

    def __iter__(self) -> Iterator[type[S]]:
        return iter(self._classes.values())

    def names(self) -> list[str]:
        """Every known kind, sorted."""
        return sorted(self._classes)

    def add(self, cls: type[S]) -> type[S]:
        """Make a model known. A model without a kind (TypeError) or two of one kind (ValueError) are mistakes."""
        kind = cls.model_fields["kind"].default
        if not isinstance(kind, str):
            raise TypeError(f"{cls.__name__} needs a kind: kind: Literal['name.v1'] = 'name.v1'")
        said = get_args(cls.model_fields["kind"].annotation)
        if kind not in said:
            raise TypeError(f"{cls.__name__} has the kind {kind!r} and says that it has {' or '.join(map(repr, said))}")
        if self._classes.setdefault(kind, cls) is not cls:
            raise ValueError(f"two {self.noun}s of kind {kind!r}: {self._classes[kind].__name__} and {cls.__name__}")
        return cls

    def known(self, spec: Spec) -> bool:
        """Whether exactly this spec's model was made known, so that its document can be read back."""
        return self._classes.get(spec.kind) is type(spec)

    def find(self, kind: object) -> type[S]:
        """The model of that kind; an unknown one is an error that names the nearest known kind."""
        if isinstance(kind, str) and (kind in self._classes or (Kinds.look_up(kind) and kind in self._classes)):
            return self._classes[kind]
        raise PydanticCustomError(
            "unknown_kind",
            "Unknown {noun} kind {kind}; {near}medreward spec rules lists all, --import makes your own known",
            {"noun": self.noun, "kind": repr(kind)[:100], "near": _nearest(kind, self._classes)},
        )

    def read(self, value: object) -> S:
        """One spec from a mapping with a ``kind``, or a spec as it is."""
        if isinstance(value, dict):
            if "kind" not in value:
                raise PydanticCustomError("missing_kind", "A {noun} needs a 'kind'", {"noun": self.noun})
            return self.find(value["kind"]).model_validate(value)
        if isinstance(value, Spec):
            return cast("S", value)
        raise PydanticCustomError(
            "spec_type",
            "Input should be a {noun}: an object with a 'kind', not {type}",
            {"noun": self.noun, "type": type(value).__name__},
        )

    def field(self, base: Any) -> Any:
        """The field type that takes any spec of this table; ``base`` is what type checkers see."""
        return Annotated[base, _AnyKind(self, base)]


class _AnyKind:
    """Validates through a table of kinds, and refers to that table in the JSON Schema."""

    def __init__(self, kinds: Kinds[Any], base: type[Spec]) -> None:
        self.kinds, self.base = kinds, base

    def read(self, value: object) -> Spec:
        """One spec of the wanted class."""
        spec: Spec = self.kinds.read(value)
        if isinstance(spec, self.base):
            return spec
        raise PydanticCustomError(
            "wrong_kind",
            "Kind {kind} is no {wanted}",
            {"kind": repr(spec.kind), "wanted": self.base.__name__.lower()},
        )

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.read,
            serialization=core_schema.plain_serializer_function_ser_schema(_dump),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"x-any": self.base.__name__}  # the document's schema turns this into a reference to the whole table


def _dump(value: Spec) -> dict[str, Any]:
    return value.model_dump(mode="json")
