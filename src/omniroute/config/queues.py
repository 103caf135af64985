"""Queues: one `QueueRule` for each, and what holds between them.

What lives here: policies and their compositions, lengths of time, priority, and the refusal of overflow that goes
round in a circle.
"""

from __future__ import annotations

from omniroute.config.cycles import cycle
from omniroute.config.lengths import bounded, length_ms, some_length_ms
from omniroute.config.names import check_known, check_name, requirements
from omniroute.config.sections import Config, Queue
from omniroute.config.steps import overflows, relaxations
from omniroute.core.rules import QueueRule, WrapUp
from omniroute.errors import ConfigError
from omniroute.plugins import Registry

PRIORITY_MIN, PRIORITY_MAX = -10, 10
STICKY_DEFAULT_MS = 30_000
"""How long a sticky policy waits where the file does not say."""
COMPOSED = "+"
"""Between the names of policies, in `QueueRule.policy`."""

_LENGTHS = ("backoff", "wrap_up", "first_response", "handoff", "sticky", "ageing", "answer")


def queue_rules(config: Config, registry: Registry) -> tuple[QueueRule, ...]:
    """The queues of all departments. Raises `ConfigError`."""
    rules = tuple(
        _queue_rule(config, name, key, queue, registry)
        for name, department in config.departments.items()
        for key, queue in department.queues.items()
    )
    _refuse_namesakes(rules)
    _refuse_circles(rules)
    return rules


def queue_path(rule: QueueRule) -> str:
    """Where the queue stands in the file."""
    return f"departments.{rule.department_id}.queues.{rule.queue_id.removeprefix(f'{rule.department_id}.')}"


def _queue_rule(config: Config, department: str, name: str, queue: Queue, registry: Registry) -> QueueRule:
    path = f"departments.{department}.queues.{name}"
    check_name(name, path)
    policies = _policies(queue, registry, f"{path}.policy")
    lengths = {key: length_ms(getattr(queue, key), f"{path}.{key}") for key in _LENGTHS}
    if queue.calendar:
        check_known("calendar", queue.calendar, config.calendars, f"{path}.calendar")
    return QueueRule(
        f"{department}.{name}",
        department,
        COMPOSED.join(policies),
        some_length_ms(queue.offer, f"{path}.offer", "an offer"),
        lengths["backoff"],
        lengths["wrap_up"],
        lengths["first_response"],
        lengths["handoff"],
        bounded(queue.priority, PRIORITY_MIN, PRIORITY_MAX, f"{path}.priority", "a priority"),
        requirements(queue.requires, f"{path}.requires"),
        preferred=requirements(queue.prefers, f"{path}.prefers"),
        auto_accept=queue.auto_accept,
        sticky_ms=_sticky_ms(policies, lengths["sticky"], registry, f"{path}.sticky"),
        ageing_ms=lengths["ageing"],
        batch_ms=_batch_ms(policies, queue.batch_window, registry, f"{path}.batch_window"),
        handling_ms=some_length_ms(queue.handling, f"{path}.handling", "handling"),
        relaxations=relaxations(config, queue, path),
        overflows=overflows(config, queue, f"{department}.{name}", path),
        calendar_id=queue.calendar,
        answer_ms=lengths["answer"],
        wrap_up=_wrap_up(queue.wrap_up_mode, lengths["wrap_up"], path),
    )


def _policies(queue: Queue, registry: Registry, path: str) -> list[str]:
    """The names of the policies, all of them registered, none twice."""
    if isinstance(queue.policy, str):
        return [check_known("policy", queue.policy, registry.policies, path)]
    if not queue.policy:
        raise ConfigError("name at least one policy", path)
    for place, name in enumerate(queue.policy):
        check_known("policy", name, registry.policies, f"{path}[{place}]")
        if name in queue.policy[:place]:
            raise ConfigError(f"{name!r} is named twice; take one out", f"{path}[{place}]")
    return queue.policy


def _sticky_ms(policies: list[str], length: int, registry: Registry, path: str) -> int:
    """The length of the wait for the previous operator, which only a sticky policy makes."""
    if any(getattr(registry.policies[name], "sticky", False) for name in policies):
        return length or STICKY_DEFAULT_MS
    if length:
        known = [name for name, policy in registry.policies.items() if getattr(policy, "sticky", False)]
        hint = f"add {known[0]!r} to `policy`, or take it out" if known else "take it out"
        raise ConfigError(f"none of the queue's policies waits for the previous operator; {hint}", path)
    return 0


def _wrap_up(mode: str, length: int, path: str) -> WrapUp:
    """What follows a contact; where that is nothing, there is no length."""
    found = WrapUp(check_known("mode", mode, WrapUp, f"{path}.wrap_up_mode"))
    if found is WrapUp.NONE and length:
        modes = " or ".join(f'"{one}"' for one in WrapUp if one is not WrapUp.NONE)
        raise ConfigError(
            f"without wrap-up it has no length; take `wrap_up` out, or say {modes}", f"{path}.wrap_up_mode"
        )
    return found


def _batch_ms(policies: list[str], window: str, registry: Registry, path: str) -> int:
    """The window of a batch policy, which matches nothing without one; 0 for the others."""
    length = some_length_ms(window, path, "a batch")
    return length if any(getattr(registry.policies[name], "batch", False) for name in policies) else 0


def _refuse_namesakes(rules: tuple[QueueRule, ...]) -> None:
    """Names may have dots: queue ``b.c`` of department ``a`` would be queue ``c`` of department ``a.b``."""
    seen = set[str]()
    for rule in rules:
        if rule.queue_id in seen:
            raise ConfigError(f"there is another queue {rule.queue_id!r}; give one another name", queue_path(rule))
        seen.add(rule.queue_id)


def _refuse_circles(rules: tuple[QueueRule, ...]) -> None:
    arrows = {rule.queue_id: [one.queue_id for one in rule.overflows if one.queue_id] for rule in rules}
    circle = cycle(arrows)
    if not circle:
        return
    (rule,) = (rule for rule in rules if rule.queue_id == circle[0])
    place = [one.queue_id for one in rule.overflows].index(circle[1])
    shown = " → ".join(circle)
    raise ConfigError(
        f"overflow goes round in a circle: {shown}; take one of these rules out",
        f"{queue_path(rule)}.overflow[{place}]",
    )
