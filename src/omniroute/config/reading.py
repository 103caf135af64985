"""Reading the file: from TOML to the sections, with errors that name the path and the nearest right name.

What lives here: the shape alone. msgspec says what is wrong; it writes ``[...]`` for whatever key of a table, so the
key is found by trying with one at a time.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from omniroute.config.names import near
from omniroute.config.sections import Config
from omniroute.errors import ConfigError

T = TypeVar("T")

_ANY_KEY = "[...]"
_PARTS = re.compile(r"\.|(\[\.\.\.\]|\[\d+\])")


def read(path: Path) -> Config:
    """Read and check the shape of a file. Raises `ConfigError`."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as failure:
        raise ConfigError(f"{path} cannot be read: {failure.strerror}") from failure
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise ConfigError(f"{path} is not TOML: {failure}") from failure
    return parse(document)


def parse(document: dict[str, Any]) -> Config:
    """Check the shape of a document. Raises `ConfigError` with the path of the first mistake."""
    return convert(document, Config, "")


def convert(value: Any, kind: type[T], path: str) -> T:
    """Make the section ``kind`` of what stands at ``path``. Raises `ConfigError`."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as failure:
        message, _, where = str(failure).partition(" - at `$")  # msgspec ends its messages with the path
        parts = _parts(where.removesuffix("`"))
        named = path + _joined(_name_keys(value, kind, parts, str(failure)))
        raise ConfigError(_with_hint(message, kind, parts), named.strip(".")) from failure


def check_options(options: Any, path: str) -> None:
    """Ask options of a plugin for what the types alone do not refuse: their ``check()``, where they have one.

    Raises `ConfigError`, whose path inside the options has become one of the file.
    """
    if not callable(own_check := getattr(options, "check", None)):
        return
    try:
        own_check()
    except ConfigError as wrong:
        message = str(wrong).removeprefix(f"{wrong.path}: ")
        raise ConfigError(message, f"{path}.{wrong.path}".rstrip(".")) from wrong


def _parts(where: str) -> list[str]:
    """A path like ``.departments[...].queues[...].requires[1]`` in its parts."""
    return [part for part in _PARTS.split(where) if part]


def _joined(parts: list[str]) -> str:
    return "".join(part if part.startswith("[") else f".{part}" for part in parts)


def _name_keys(value: Any, kind: type[Any], parts: list[str], complaint: str) -> list[str]:
    """The parts with the key of the first entry that gives this complaint in the place of every ``[...]``."""
    named: list[str] = []
    for part in parts:
        if part != _ANY_KEY:
            named.append(part)
            continue
        keys = [key for key in _keys(value, named) if _complaint(_only(value, named, key), kind) == complaint]
        if keys:
            value = _only(value, named, keys[0])
        named.append(keys[0] if keys else part)
    return named


def _inside(value: Any, part: str) -> Any:
    """What stands under a key or, in a list, at ``[1]``."""
    if isinstance(value, list):
        return value[int(part.strip("[]"))]
    return value.get(part) if isinstance(value, dict) else None


def _keys(value: Any, parts: list[str]) -> list[str]:
    for part in parts:
        value = _inside(value, part)
    return list(value) if isinstance(value, dict) else []


def _only(value: Any, parts: list[str], key: str) -> Any:
    """The document with nothing but ``key`` in the table at ``parts``."""
    if not parts:
        return {key: value[key]}
    inner = _only(_inside(value, parts[0]), parts[1:], key)
    if isinstance(value, list):
        place = int(parts[0].strip("[]"))
        return [*value[:place], inner, *value[place + 1 :]]
    return {**value, parts[0]: inner}


def _complaint(value: Any, kind: type[Any]) -> str:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as failure:
        return str(failure)
    return ""


def _with_hint(message: str, kind: type[Any], parts: list[str]) -> str:
    """Add the nearest right name to a complaint about an unknown one."""
    found = re.search(r"unknown field `(.*)`", message)
    if not found:
        return message
    section = _kind_at(kind, parts)
    names = section.__struct_encode_fields__ if section else ()
    return f"unknown key `{found.group(1)}`{near(found.group(1), names, quote='`')}"


def _kind_at(kind: type[Any], parts: list[str]) -> Any:
    """The section type at a path like ``departments[...].queues[...]``."""
    info: Any = msgspec.inspect.type_info(kind)
    for part in parts:
        if part.startswith("["):
            info = getattr(info, "value_type", None) or getattr(info, "item_type", None)
        elif isinstance(info, msgspec.inspect.StructType):
            info = next((field.type for field in info.fields if field.encode_name == part), None)
    return info.cls if isinstance(info, msgspec.inspect.StructType) else None
