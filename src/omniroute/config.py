"""The configuration file: one TOML document, checked as a whole before anything starts.

What lives here: its shape (each field documented where it stands), reading it with errors that name the path and the
nearest right name, and turning it into what the core decides by. Lengths of time
are written ``"20s"``, ``"5m"``, ``"4h"``.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from omniroute.channels.contract import Channel
from omniroute.core.commands import PutOperator
from omniroute.core.model import ChannelRule, CoreConfig, DepartmentRule, QueueRule, Requirement
from omniroute.engine.classify import ClassifyRule, Known, Placement, Rule, compile_rules
from omniroute.errors import ConfigError
from omniroute.plugins import Registry

DISPOSITIONS = ("solved", "information_given", "call_back_agreed", "handed_over", "no_answer", "spam")
AWAY_REASONS = ("break", "lunch", "meeting", "training")

_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LENGTH = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")
_REQUIREMENT = re.compile(r"([\w-]{1,64})(?:\s*>=\s*(\d{1,2}))?")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class _Section(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are refused."""


class Server(_Section, kw_only=True):
    """``[server]``: where the daemon listens."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    """The address under which browsers reach it, if a proxy stands before it; makes the cookie ``Secure`` for https."""
    session_hours: int = 12


class JournalSection(_Section, kw_only=True):
    """``[journal]``: where everything is kept."""

    path: str = "omniroute.db"


class Routing(_Section, kw_only=True):
    """``[routing]``: what holds for all queues."""

    rona_limit: int = 2
    """Unanswered offers in a row after which an operator is taken to be away."""
    offers_max: int = 3
    """Live offers that an operator can have at once."""
    priority_weight: str = "1m"
    """The waiting time that one step of priority is worth."""
    hops_max: int = 8
    """Transfers of one matter."""
    language_skills: dict[str, str] = {}
    """Language of a message → skill that it requires, like ``{ru = "russian"}``."""


class Queue(_Section, kw_only=True):
    """``[departments.NAME.queues.NAME]``."""

    title: str = ""
    """What people read; without one, the name."""
    policy: str = "longest_idle"
    offer: str = "30s"
    """How long an operator may think about an offer."""
    backoff: str = "60s"
    """How long who declined or missed an item is not offered it again."""
    wrap_up: str = "0s"
    """How long writing up may take; 0s: no limit."""
    first_response: str = "0s"
    """The promise to the customer; 0s: none."""
    handoff: str = "5m"
    """How long a transfer waits for somebody to accept it."""
    priority: int = 0
    requires: list[str] = []
    """Skills, like ``"billing>=5"``."""


class Department(_Section, kw_only=True):
    """``[departments.NAME]``: an owner of queues."""

    title: str
    default_queue: str
    queues: dict[str, Queue]


class ChannelSection(_Section, kw_only=True):
    """``[channels.NAME]``: one account of a channel."""

    kind: str
    queue: str
    """``department.queue`` where new matters go."""
    queues_by_account: dict[str, str] = {}
    """Address or number that was written to → ``department.queue``."""
    matter: str = "question"
    """The kind of matter, when nothing says better."""
    cost: int = 0
    """Units of capacity an item takes; 0: what the channel says of itself."""
    options: dict[str, Any] = {}


class OperatorSection(_Section, kw_only=True):
    """``[operators.LOGIN]``: people, seeded at the first start; afterwards they are managed through the API."""

    name: str
    departments: list[str]
    skills: dict[str, int] = {}
    capacity: int = 10
    role: str = "operator"
    password: str = ""
    """Initial password; without one the person cannot sign in until an admin sets it."""


class Config(_Section, kw_only=True):
    """The whole file."""

    company: str = "OmniRoute"
    server: Server = msgspec.field(default_factory=Server)
    journal: JournalSection = msgspec.field(default_factory=JournalSection)
    routing: Routing = msgspec.field(default_factory=Routing)
    departments: dict[str, Department]
    channels: dict[str, ChannelSection]
    operators: dict[str, OperatorSection] = {}
    classify: list[ClassifyRule] = []
    dispositions: list[str] = msgspec.field(default_factory=lambda: list(DISPOSITIONS))
    away_reasons: list[str] = msgspec.field(default_factory=lambda: list(AWAY_REASONS))


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
    config: Config = _convert(document, Config, "")
    return config


def _convert(value: Any, kind: type[Any], path: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as failure:
        message, _, where = str(failure).partition(" - at `$")  # msgspec ends its messages with the path
        where = where.rstrip("`").strip(".")
        named = f"{path}.{_name_keys(value, kind, where, str(failure))}".strip(".")
        raise ConfigError(_with_hint(message, kind, where), named) from failure


def _name_keys(value: Any, kind: type[Any], where: str, complaint: str) -> str:
    """Msgspec writes ``[...]`` for whatever key of a table: find out which, by trying with one key at a time."""
    parts: list[str] = []
    for part in _parts(where):
        if part != "[...]":
            parts.append(part)
            continue
        keys = [key for key in _at(value, parts) if _complaint(_only(value, parts, key), kind) == complaint]
        parts.append(keys[0] if keys else part)
        value = _only(value, parts[:-1], parts[-1]) if keys else value
    return ".".join(parts)


def _parts(where: str) -> list[str]:
    """A path like ``departments[...].queues[...]`` in its parts."""
    return [part for part in re.split(r"\.|(\[\.\.\.\])", where) if part]


def _at(value: Any, parts: list[str]) -> list[str]:
    for part in parts:
        value = value.get(part) if isinstance(value, dict) else None
    return list(value) if isinstance(value, dict) else []


def _only(value: Any, parts: list[str], key: str) -> Any:
    """The document with nothing but ``key`` in the table at ``parts``."""
    if not parts:
        return {key: value[key]}
    return {**value, parts[0]: _only(value[parts[0]], parts[1:], key)}


def _complaint(value: Any, kind: type[Any]) -> str:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as failure:
        return str(failure)
    return ""


def _with_hint(message: str, kind: type[Any], where: str) -> str:
    """Add the nearest right name to a complaint about an unknown one."""
    found = re.search(r"unknown field `(.*)`", message)
    if not found:
        return message
    section = _kind_at(kind, where)
    names = list(section.__struct_encode_fields__) if section else []
    near = get_close_matches(found.group(1), names, 1)
    hint = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(names)}"
    return f"unknown key `{found.group(1)}`; {hint}"


def _kind_at(kind: type[Any], where: str) -> Any:
    """The section type at a path like ``departments[...].queues[...]``."""
    info: Any = msgspec.inspect.type_info(kind)
    for part in _parts(where):
        if part == "[...]":
            info = getattr(info, "value_type", None) or getattr(info, "item_type", None)
        elif isinstance(info, msgspec.inspect.StructType):
            name, _, place = part.partition("[")
            info = next((field.type for field in info.fields if field.encode_name == name), None)
            info = getattr(info, "item_type", None) if place else info
    return info.cls if isinstance(info, msgspec.inspect.StructType) else None


def length_ms(text: str, path: str) -> int:
    """``"20s"`` to milliseconds."""
    found = _LENGTH.fullmatch(text.strip())
    if not found:
        raise ConfigError(f'{text!r} is not a length of time; write it like "20s", "5m" or "4h"', path)
    return int(found.group(1)) * _UNITS_MS[found.group(2)]


def requirement(text: str, path: str) -> Requirement:
    """``"billing>=5"`` to a requirement."""
    found = _REQUIREMENT.fullmatch(text.strip())
    level = int(found.group(2) or 1) if found else 0
    if not found or not 1 <= level <= 10:
        raise ConfigError(f'{text!r} is not a requirement; write it like "billing>=5" (levels 1 to 10)', path)
    return Requirement(found.group(1), level)


def queue_id(text: str, config: Config, path: str) -> str:
    """Check that ``department.queue`` exists."""
    known = [f"{name}.{queue}" for name, department in config.departments.items() for queue in department.queues]
    if text not in known:
        raise ConfigError(f"there is no queue {text!r}{_near(text, known)}", path)
    return text


def _near(text: str, known: list[str]) -> str:
    near = get_close_matches(text, known, 1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(known))}"


def check(config: Config, registry: Registry) -> None:
    """Everything that the shape alone does not say. Raises `ConfigError`."""
    if not 0 <= config.server.port <= 65535:
        raise ConfigError("a port is between 0 and 65535", "server.port")
    if config.server.session_hours < 1:
        raise ConfigError("must be at least 1", "server.session_hours")
    core_config(config, registry)
    placements(config)
    classify_rules(config, registry)
    operators(config)
    for name, section in config.channels.items():
        channel_options(name, section, registry)


def core_config(config: Config, registry: Registry) -> CoreConfig:
    """What the core decides by."""
    if not config.departments or not config.channels:
        raise ConfigError("at least one department and one channel are needed")
    departments, queues = [], []
    for name, department in config.departments.items():
        path = f"departments.{name}"
        _check_name(name, path)
        default = queue_id(f"{name}.{department.default_queue}", config, f"{path}.default_queue")
        departments.append(DepartmentRule(name, default))
        queues += [_queue_rule(name, key, queue, registry) for key, queue in department.queues.items()]
    channels = [_channel_rule(name, section, registry) for name, section in config.channels.items()]
    routing = config.routing
    for key in ("rona_limit", "offers_max", "hops_max"):
        if getattr(routing, key) < 1:
            raise ConfigError("must be at least 1", f"routing.{key}")
    weight_ms = length_ms(routing.priority_weight, "routing.priority_weight")
    return CoreConfig(
        tuple(departments),
        tuple(queues),
        tuple(channels),
        routing.rona_limit,
        weight_ms,
        routing.hops_max,
        routing.offers_max,
    )


def _check_name(name: str, path: str) -> None:
    if not _NAME.fullmatch(name):
        raise ConfigError("a name has small letters, digits, '.', '_' and '-', at most 64", path)


def _queue_rule(department: str, name: str, queue: Queue, registry: Registry) -> QueueRule:
    path = f"departments.{department}.queues.{name}"
    _check_name(name, path)
    if queue.policy not in registry.policies:
        raise ConfigError(
            f"there is no policy {queue.policy!r}{_near(queue.policy, list(registry.policies))}", f"{path}.policy"
        )
    lengths = {
        key: length_ms(getattr(queue, key), f"{path}.{key}")
        for key in ("offer", "backoff", "wrap_up", "first_response", "handoff")
    }
    if not lengths["offer"]:
        raise ConfigError("an offer needs some time", f"{path}.offer")
    return QueueRule(
        f"{department}.{name}",
        department,
        queue.policy,
        lengths["offer"],
        lengths["backoff"],
        lengths["wrap_up"],
        lengths["first_response"],
        lengths["handoff"],
        queue.priority,
        tuple(requirement(text, f"{path}.requires") for text in queue.requires),
    )


def _channel_of(name: str, section: ChannelSection, registry: Registry) -> Channel:
    channel = registry.channels.get(section.kind)
    if channel is None:
        known = list(registry.channels)
        raise ConfigError(f"there is no channel {section.kind!r}{_near(section.kind, known)}", f"channels.{name}.kind")
    return channel


def _channel_rule(name: str, section: ChannelSection, registry: Registry) -> ChannelRule:
    _check_name(name, f"channels.{name}")
    can = _channel_of(name, section, registry).capabilities
    if section.cost < 0:
        raise ConfigError("a cost is not negative", f"channels.{name}.cost")
    return ChannelRule(name, section.cost or can.cost_units, can.realtime, can.session, can.connects)


def channel_options(name: str, section: ChannelSection, registry: Registry, secret: str = "") -> Any:
    """The options of an instance, in the type that its channel wants.

    An optional ``secret`` that the file does not give is derived from the installation's ``secret``. Options may have a
    ``check()`` of their own, which raises `ConfigError` with a path inside them.
    """
    kind = _channel_of(name, section, registry).options_type
    options = dict(section.options)
    if "secret" in {field.name for field in msgspec.structs.fields(kind) if not field.required}:
        derived = hashlib.sha256(f"{name}:{secret}".encode()).hexdigest()
        options["secret"] = options.get("secret") or derived
    path = f"channels.{name}.options"
    made = _convert(options, kind, path)
    if callable(own_check := getattr(made, "check", None)):
        try:
            own_check()
        except ConfigError as wrong:
            message = str(wrong).removeprefix(f"{wrong.path}: ")
            raise ConfigError(message, f"{path}.{wrong.path}".rstrip(".")) from wrong
    return made


def placements(config: Config) -> dict[str, Placement]:
    """Where the matters of each channel instance go."""
    return {
        name: Placement(
            queue_id(section.queue, config, f"channels.{name}.queue"),
            {
                account.lower(): queue_id(queue, config, f"channels.{name}.queues_by_account")
                for account, queue in section.queues_by_account.items()
            },
            section.matter,
        )
        for name, section in config.channels.items()
    }


def classify_rules(config: Config, registry: Registry) -> tuple[Rule, ...]:
    """The rules that place new matters."""
    departments = {name: f"{name}.{department.default_queue}" for name, department in config.departments.items()}
    queues = [f"{name}.{queue}" for name, department in config.departments.items() for queue in department.queues]
    known = Known(departments, queues, config.channels, {}, requirement)
    return compile_rules(config.classify, known, registry.classifiers)


def operators(config: Config) -> list[PutOperator]:
    """The people of the file; supervisors and admins without a department only sign in."""
    commands = []
    for login, section in config.operators.items():
        path = f"operators.{login}"
        _check_name(login, path)
        if section.role not in {"operator", "supervisor", "admin"}:
            raise ConfigError("a role is operator, supervisor or admin", f"{path}.role")
        if section.capacity < 1:
            raise ConfigError("an operator needs at least one unit of capacity", f"{path}.capacity")
        for department in section.departments:
            if department not in config.departments:
                known = list(config.departments)
                raise ConfigError(
                    f"there is no department {department!r}{_near(department, known)}", f"{path}.departments"
                )
        for skill, level in section.skills.items():
            if not 1 <= level <= 10:
                raise ConfigError("a level is between 1 and 10", f"{path}.skills.{skill}")
        if section.role != "admin":
            commands.append(
                PutOperator(
                    operator_id=login,
                    departments=tuple(section.departments),
                    skills=section.skills,
                    capacity_units=section.capacity,
                )
            )
    return commands
