"""What the core decides by: the whole `CoreConfig`, put together from the sections; and the check of a whole file."""

from __future__ import annotations

from omniroute.config.calendars import compiled
from omniroute.config.channels import channel_options, channel_rules, placements
from omniroute.config.hours import opening_hours
from omniroute.config.kinds import kind_rules
from omniroute.config.lengths import COUNT_MAX, bounded, length_ms, some_length_ms
from omniroute.config.names import check_known, check_name, check_skill, queue_id, queue_owners, requirement
from omniroute.config.notices import notice_setup
from omniroute.config.people import operators
from omniroute.config.queues import queue_rules
from omniroute.config.sections import METRICS_FOR, Config
from omniroute.config.sla import sla_rules
from omniroute.config.status import status_setup
from omniroute.config.webhooks import sinks
from omniroute.core.rules import Calendar, CoreConfig, DepartmentRule
from omniroute.engine.classify import Known, Rule, compile_rules
from omniroute.errors import ConfigError
from omniroute.plugins import Registry

ANY_DAY_MS = 0
"""What is refused does not depend on the day."""


def check(config: Config, registry: Registry) -> None:
    """Everything that the shape alone does not say. Raises `ConfigError`."""
    if not 0 <= config.server.port <= 65535:
        raise ConfigError("a port is between 0 and 65535", "server.port")
    if config.server.session_hours < 1:
        raise ConfigError("must be at least 1", "server.session_hours")
    check_known("value", config.server.metrics, METRICS_FOR, "server.metrics")
    core_config(config, registry, ANY_DAY_MS)
    placements(config)
    classify_rules(config, registry)
    operators(config)
    status_setup(config)
    notice_setup(config)
    for name, section in config.channels.items():
        channel_options(name, section, registry)
    sinks(config, registry)


def core_config(config: Config, registry: Registry, now_ms: int) -> CoreConfig:
    """What the core decides by; calendars are compiled for the time around ``now_ms``. Raises `ConfigError`."""
    if not config.departments or not config.channels:
        raise ConfigError("at least one department and one channel are needed")
    routing = config.routing
    for language, skill in routing.language_skills.items():
        check_skill(skill, f"routing.language_skills.{language}")
    for name, kind in config.kinds.items():
        if kind.order_system:
            check_known("order system", kind.order_system, registry.order_systems, f"kinds.{name}.order_system")
    return CoreConfig(
        _departments(config),
        queue_rules(config, registry),
        channel_rules(config, registry),
        bounded(routing.rona_limit, 1, COUNT_MAX, "routing.rona_limit"),
        length_ms(routing.priority_weight, "routing.priority_weight"),
        bounded(routing.hops_max, 1, COUNT_MAX, "routing.hops_max"),
        bounded(routing.offers_max, 1, COUNT_MAX, "routing.offers_max"),
        some_length_ms(routing.lease, "routing.lease", "a lease"),
        length_ms(routing.return_hold, "routing.return_hold"),
        _calendars(config, now_ms),
        length_ms(routing.reserve, "routing.reserve"),
        sla_rules(config),
        kind_rules(config),
        bounded(routing.notices_max, 0, COUNT_MAX, "routing.notices_max"),
    )


def classify_rules(config: Config, registry: Registry) -> tuple[Rule, ...]:
    """The rules that place new matters. Raises `ConfigError`."""
    departments = {name: f"{name}.{department.default_queue}" for name, department in config.departments.items()}
    zones = {name: section.timezone for name, section in config.calendars.items()}
    known = Known(departments, list(queue_owners(config)), config.channels, zones, requirement)
    return compile_rules(config.classify, known, registry.classifiers)


def _departments(config: Config) -> tuple[DepartmentRule, ...]:
    rules = []
    for name, department in config.departments.items():
        path = f"departments.{name}"
        check_name(name, path)
        default = queue_id(f"{name}.{department.default_queue}", config, f"{path}.default_queue")
        rules.append(DepartmentRule(name, default))
    return tuple(rules)


def _calendars(config: Config, now_ms: int) -> tuple[Calendar, ...]:
    calendars = []
    for name, section in config.calendars.items():
        check_name(name, f"calendars.{name}")
        calendars.append(compiled(name, opening_hours(section, f"calendars.{name}"), now_ms))
    return tuple(calendars)
