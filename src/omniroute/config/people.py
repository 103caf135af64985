"""The people of the file: what the first start tells the core of them.

What lives here: operators with their departments, queues, skills, capacity and weight, checked.
"""

from __future__ import annotations

from omniroute.config.lengths import COUNT_MAX, bounded
from omniroute.config.names import LEVEL_MAX, LEVEL_MIN, check_known, check_name, check_skill, queue_id, queue_owners
from omniroute.config.sections import Config, OperatorSection
from omniroute.core.commands import PutOperator
from omniroute.errors import ConfigError

WEIGHT_MIN, WEIGHT_MAX = 1, 100
CAPACITY_MAX = COUNT_MAX
ADMIN = "admin"
ROLES = ("operator", "supervisor", ADMIN)


def workers(config: Config) -> dict[str, OperatorSection]:
    """Whoever of the file can take work: operators and supervisors."""
    return {login: section for login, section in config.operators.items() if section.role != ADMIN}


def operators(config: Config) -> list[PutOperator]:
    """The people of the file; admins only sign in. Raises `ConfigError`."""
    for login, section in config.operators.items():
        _check(login, section, config)
    return [
        PutOperator(
            operator_id=login,
            departments=tuple(section.departments),
            skills=section.skills,
            capacity_units=section.capacity,
            queues=tuple(section.queues),
            weight=section.weight,
        )
        for login, section in workers(config).items()
    ]


def _check(login: str, section: OperatorSection, config: Config) -> None:
    path = f"operators.{login}"
    check_name(login, path)
    if section.role not in ROLES:
        raise ConfigError("a role is operator, supervisor or admin", f"{path}.role")
    if section.capacity < 1:
        raise ConfigError("an operator needs at least one unit of capacity", f"{path}.capacity")
    bounded(section.capacity, 1, CAPACITY_MAX, f"{path}.capacity", "capacity")
    bounded(section.weight, WEIGHT_MIN, WEIGHT_MAX, f"{path}.weight", "a weight")
    for place, department in enumerate(section.departments):
        check_known("department", department, config.departments, f"{path}.departments[{place}]")
    for place, queue in enumerate(section.queues):
        _check_queue(queue, section, config, f"{path}.queues[{place}]")
    for skill, level in section.skills.items():
        check_skill(skill, f"{path}.skills.{skill}")
        bounded(level, LEVEL_MIN, LEVEL_MAX, f"{path}.skills.{skill}", "a level")


def _check_queue(queue: str, section: OperatorSection, config: Config, path: str) -> None:
    """A queue that somebody serves belongs to one of their departments."""
    owner = queue_owners(config)[queue_id(queue, config, path)]
    if owner not in section.departments:
        raise ConfigError(f"the queue is none of their departments'; add {owner!r} to `departments`", path)
