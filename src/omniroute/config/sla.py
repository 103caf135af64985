"""SLA policies: one `SlaRule` for each `[[sla]]`, and the refusal of promises that nobody could keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from omniroute.config.lengths import bounded, some_length_ms
from omniroute.config.names import check_known, check_name, queue_owners, requirements
from omniroute.config.queues import PRIORITY_MAX, PRIORITY_MIN, queue_path
from omniroute.config.sections import Config, EscalateSection, SlaSection
from omniroute.config.steps import dropped, lowered, worker
from omniroute.core.calendars import elapsed_ms
from omniroute.core.escalations import OWNER, SUPERVISOR
from omniroute.core.rules import Calendar, CoreConfig, Escalation, QueueRule, Relaxation, SlaRule, Target
from omniroute.core.targets import BREACH_PERCENT
from omniroute.errors import ConfigError

WAITS = ("customer", "part")
PRIORITIES = 2
"""``priority`` has a lowest and a highest one."""


def sla_rules(config: Config) -> tuple[SlaRule, ...]:
    """The policies, in the order of the file. Raises `ConfigError`."""
    rules = tuple(_rule(config, section, f"sla[{place}]") for place, section in enumerate(config.sla))
    _refuse_namesakes(rules)
    return rules


def check_promises(rules: CoreConfig, now_ms: int) -> None:
    """Refuse a promise that is longer than its calendar opens, as far as that is known. Raises `ConfigError`."""
    calendars = {one.calendar_id: one for one in rules.calendars}
    for queue in rules.queues:
        path = f"{queue_path(queue)}.{Target.FIRST_RESPONSE}"
        _refuse_longer(queue.first_response_ms, calendars.get(queue.calendar_id), now_ms, path)
    for place, rule in enumerate(rules.slas):
        _refuse_unkeepable(rule, rules.queues, calendars, now_ms, f"sla[{place}]")


def _rule(config: Config, section: SlaSection, path: str) -> SlaRule:
    check_name(section.name, f"{path}.name")
    if section.real_time and section.calendar:
        raise ConfigError("real time has no calendar; take one of them out", f"{path}.real_time")
    if section.calendar:
        check_known("calendar", section.calendar, config.calendars, f"{path}.calendar")
    for place, one in enumerate(section.pauses):
        check_known("pause", one, WAITS, f"{path}.pauses[{place}]")
    least, most = _priorities(section, f"{path}.priority")
    return SlaRule(
        section.name,
        _targets(section, path),
        _queues(config, section, path),
        tuple(section.kinds),
        _all_known("channel", section.channels, config.channels, f"{path}.channels"),
        tuple(section.tiers),
        least,
        most,
        section.calendar,
        section.real_time,
        tuple(section.pauses),
        _escalations(config, section, path),
    )


def _targets(section: SlaSection, path: str) -> tuple[tuple[Target, int], ...]:
    lengths = [(target, getattr(section, target)) for target in Target]
    found = tuple((target, some_length_ms(text, f"{path}.{target}", "a promise")) for target, text in lengths if text)
    if not found:
        raise ConfigError(f"it promises nothing; add one of: {', '.join(Target)}", path)
    return found


def _queues(config: Config, section: SlaSection, path: str) -> tuple[str, ...]:
    """The queues that are named, and those of the departments that are."""
    owners = queue_owners(config)
    named = _all_known("queue", section.queues, owners, f"{path}.queues")
    departments = _all_known("department", section.departments, config.departments, f"{path}.departments")
    return (*named, *(queue for queue, owner in owners.items() if owner in departments and queue not in named))


def _priorities(section: SlaSection, path: str) -> tuple[int, int]:
    if not section.priority:
        return PRIORITY_MIN, PRIORITY_MAX
    if len(section.priority) != PRIORITIES or section.priority[0] > section.priority[1]:
        raise ConfigError("write the lowest and the highest priority, like [3, 10]", path)
    least, most = (bounded(one, PRIORITY_MIN, PRIORITY_MAX, path, "a priority") for one in section.priority)
    return least, most


def _escalations(config: Config, section: SlaSection, path: str) -> tuple[Escalation, ...]:
    found = [_escalation(config, one, f"{path}.escalate[{place}]") for place, one in enumerate(section.escalate)]
    seen = set[tuple[int, Target]]()
    for place, one in enumerate(found):
        for target in one.targets or tuple(Target):
            if (one.percent, target) in seen:
                text = f"at {one.percent} % of {target} something is done already; write both into one table"
                raise ConfigError(text, f"{path}.escalate[{place}].at")
            seen.add((one.percent, target))
    return tuple(sorted(found, key=lambda one: one.percent))


def _escalation(config: Config, section: EscalateSection, path: str) -> Escalation:
    owners = queue_owners(config)
    widen = Relaxation(
        0,
        drop=tuple([dropped(one, config, f"{path}.drop[{place}]") for place, one in enumerate(section.drop)]),
        lower=tuple([lowered(one, config, f"{path}.lower[{place}]") for place, one in enumerate(section.lower)]),
        departments=_all_known("department", section.open_to, config.departments, f"{path}.open_to"),
    )
    found = Escalation(
        _percent(section.at, f"{path}.at"),
        tuple([Target(one) for one in _all_known("target", section.of, list(Target), f"{path}.of")]),
        _people(config, section.notify, (OWNER, SUPERVISOR), f"{path}.notify"),
        bounded(section.priority, 0, PRIORITY_MAX - PRIORITY_MIN, f"{path}.priority", "a step of priority"),
        requirements(section.require, f"{path}.require"),
        widen if widen != Relaxation(0) else None,
        check_known("queue", section.move, owners, f"{path}.move") if section.move else "",
        _people(config, section.offer_to, (), f"{path}.offer_to"),
        _webhook(config, section.webhook, f"{path}.webhook"),
    )
    if found == Escalation(found.percent, found.targets):
        raise ConfigError("it does nothing; say whom to `notify`, or what to do", path)
    return found


def _people(config: Config, names: Iterable[str], roles: tuple[str, ...], path: str) -> tuple[str, ...]:
    """Operators, who alone have a desk and work, and whoever has a role."""
    found = [one if one in roles else worker(one, config, f"{path}[{place}]", roles) for place, one in enumerate(names)]
    return tuple(found)


def _webhook(config: Config, name: str, path: str) -> str:
    return check_known("webhook", name, config.webhooks, path) if name else ""


def _percent(text: str, path: str) -> int:
    if text == "breach":
        return BREACH_PERCENT
    number = text.removesuffix("%").strip()
    if not (text.endswith("%") and number.isascii() and number.isdigit() and 1 <= int(number[:3]) < BREACH_PERCENT):
        raise ConfigError(f'{text!r} is no moment of a promise; write it like "80%", or "breach"', path)
    return int(number)


def _all_known(what: str, names: Iterable[str], known: Iterable[str], path: str) -> tuple[str, ...]:
    those = list(known)
    return tuple([check_known(what, one, those, f"{path}[{place}]") for place, one in enumerate(names)])


# ---- what cannot be kept


def _refuse_namesakes(rules: tuple[SlaRule, ...]) -> None:
    seen = set[str]()
    for place, rule in enumerate(rules):
        if rule.sla_id in seen:
            raise ConfigError(f"there is another policy {rule.sla_id!r}; give one another name", f"sla[{place}].name")
        seen.add(rule.sla_id)


def _refuse_unkeepable(
    rule: SlaRule, queues: Iterable[QueueRule], calendars: Mapping[str, Calendar], now_ms: int, path: str
) -> None:
    for queue in queues:
        if not rule.queues or queue.queue_id in rule.queues:
            calendar = calendars.get("" if rule.real_time else rule.calendar_id or queue.calendar_id)
            for target, length_ms in rule.targets:
                _refuse_longer(length_ms, calendar, now_ms, f"{path}.{target}")


def _refuse_longer(length_ms: int, calendar: Calendar | None, now_ms: int, path: str) -> None:
    """A length that the calendar does not have, as far as it is known: its deadline would come in no opening hour."""
    if calendar is None:
        return
    open_ms = elapsed_ms(calendar, now_ms, calendar.until_ms)
    if length_ms > open_ms:
        hours, days = open_ms // 3_600_000, (calendar.until_ms - now_ms) // 86_400_000
        text = f"calendar {calendar.calendar_id!r} opens for {hours} h in the next {days} days, less than this"
        raise ConfigError(f"{text}; shorten it, or take another calendar", path)
