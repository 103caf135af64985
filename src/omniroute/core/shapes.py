"""The shape of recorded types, as text: what decides whether bytes of another version mean the same.

What lives here: describing a type by its fields, types and defaults, in one canonical form that depends on our types
only (not on how Python or a library prints them), and a short fingerprint of that.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from msgspec import inspect

FINGERPRINT_CHARS = 12


def shape(kind: Any) -> str:
    """Describe a type with all that it consists of; equal shapes give equal text."""
    return _text(inspect.type_info(kind))


def fingerprint(kind: Any) -> str:
    """Return a short name of a shape."""
    return hashlib.sha256(shape(kind).encode()).hexdigest()[:FINGERPRINT_CHARS]


def fields(kind: type[msgspec.Struct]) -> list[str]:
    """Describe each field of a struct, in the order in which they are recorded."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return [_field(one) for one in info.fields]


def _field(field: inspect.Field) -> str:
    text = f"{field.encode_name}: {_text(field.type)}"
    if field.required:
        return text
    default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    return f"{text} = {msgspec.json.encode(default).decode()}"


def _text(info: inspect.Type) -> str:
    match info:
        case inspect.StructType():
            form = "array" if info.array_like else "object"
            tag = "" if info.tag is None else f" {info.tag}"
            return f"{form}{tag}({', '.join(map(_field, info.fields))})"
        case inspect.EnumType():
            return f"enum({', '.join(sorted(str(one.value) for one in info.cls))})"
        case inspect.ListType() | inspect.VarTupleType():
            return f"list({_text(info.item_type)})"
        case inspect.TupleType():
            return f"tuple({', '.join(map(_text, info.item_types))})"
        case inspect.DictType():
            return f"map({_text(info.key_type)}, {_text(info.value_type)})"
        case inspect.UnionType():
            return " | ".join(sorted(map(_text, info.types)))
        case inspect.IntType() | inspect.StrType() | inspect.BoolType() | inspect.NoneType():
            return type(info).__name__.removesuffix("Type").lower()
    raise TypeError(f"no recorded type may hold {type(info).__name__}")
