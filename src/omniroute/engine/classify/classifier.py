"""The classifier: rules, then plugins, then the channel's default. It always answers, with a queue that there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import structlog

from omniroute.channels.contract import Interaction
from omniroute.classifiers.contract import CustomerFacts, Facts, PluginClassifier
from omniroute.core.commands import Classification
from omniroute.core.intake import PRIORITY_MAX, TIER_CHARS_MAX, valid_tags
from omniroute.core.rules import Requirement
from omniroute.core.state import State
from omniroute.engine.classify.conditions import Case
from omniroute.engine.classify.rules import DEFAULT, Given, Rule, decide, highest

RULE_CHARS_MAX = 256
"""Characters of the names that say who decided."""
FAILURES_MAX = 100
"""Kinds of failures of plugins that are logged, each once."""
NOBODY = CustomerFacts()

log = structlog.get_logger("omniroute.classify")


class Placement(msgspec.Struct, frozen=True):
    """For one channel instance: the default queue, queues by account, and the kind of matter."""

    queue_id: str
    queue_by_account: dict[str, str] = {}
    kind: str = "question"


class Classifier:
    """Places interactions. ``language_skills`` maps a language to the skill that it requires.

    ``plugins`` are asked in the order of their names.
    """

    def __init__(
        self,
        placements: Mapping[str, Placement],
        language_skills: Mapping[str, str],
        rules: Sequence[Rule] = (),
        plugins: Mapping[str, PluginClassifier] | None = None,
    ) -> None:
        self._placements = placements
        self._language_skills = language_skills
        self._rules = rules
        self._plugins = sorted((plugins or {}).items())
        self.failures = dict.fromkeys(plugins or {}, 0)
        """How often each plugin has failed."""
        self._logged: set[tuple[str, str]] = set()

    def classify(
        self,
        instance: str,
        interaction: Interaction,
        state: State,
        *,
        received_ms: int = 0,
        customer: CustomerFacts = NOBODY,
    ) -> Classification:
        """Where it belongs, and in ``rule`` who said so. ``received_ms`` is the moment of arrival."""
        default = self._default(instance, interaction, state)
        facts = Facts(
            instance=instance, interaction=interaction, received_ms=received_ms, default=default, customer=customer
        )
        calendars = {one.calendar_id: one for one in state.config.calendars}
        given, ended = decide(self._rules, Case(facts, calendars))
        if not ended and not given.queue_id:
            given = given.then(self._ask_plugins(facts, state))
        return self._whole(given, default, state)

    def _default(self, instance: str, interaction: Interaction, state: State) -> Classification:
        """The queue of what was written to, else of the channel; the kind that a form names, else the channel's."""
        placement = self._placements[instance]
        queue_id = placement.queue_by_account.get(interaction.account.lower(), placement.queue_id)
        return Classification(
            department_id=state.queues[queue_id].department_id,
            queue_id=queue_id,
            kind=interaction.fields.get("kind") or placement.kind,
            language=interaction.language,
            rule=DEFAULT,
        )

    def _ask_plugins(self, facts: Facts, state: State) -> Given:
        """What the first plugin says that has something to say; nothing but a name, where none has or one fails."""
        if not self._plugins:
            return Given(names=(DEFAULT,))
        queues = {rule.queue_id: rule.department_id for rule in state.queues.values()}
        facts = msgspec.structs.replace(facts, queues=queues)
        for name, plugin in self._plugins:
            try:
                answer = plugin.classify(facts)
                if answer is not None:
                    return _accepted(answer, name, state)
            except Exception as bug:
                # a stranger's code: whatever it does, the matter must get its place. The text may hold contents
                self._note(name, type(bug).__name__)
                return Given(names=(f"{name} failed",))
        return Given(names=(DEFAULT,))

    def _note(self, name: str, kind: str) -> None:
        """Count a failure, and log it the first time that its kind occurs."""
        self.failures[name] += 1
        if (name, kind) not in self._logged and len(self._logged) < FAILURES_MAX:
            self._logged.add((name, kind))
            log.warning("classifier_failed", classifier=name, kind=kind)

    def _whole(self, given: Given, default: Classification, state: State) -> Classification:
        """What was said, the rest from the default, and the skill that the language asks for."""
        queue_id = given.queue_id if given.queue_id in state.queues else default.queue_id
        language = given.language or default.language
        skill = self._language_skills.get(language, "")
        spoken = (Requirement(skill),) if skill else ()
        return Classification(
            department_id=state.queues[queue_id].department_id,
            queue_id=queue_id,
            kind=given.kind or default.kind,
            priority=given.priority,
            requirements=highest([*given.requirements, *spoken]),
            language=language,
            preferred=given.preferred,
            tags=given.tags,
            rule=" + ".join(given.names)[:RULE_CHARS_MAX],
            tier=given.tier,
        )


class _Refused(Exception):
    """What a plugin has answered cannot be."""


def _accepted(answer: Classification, name: str, state: State) -> Given:
    """A plugin's answer, if it is one: of the right shape, with a queue that there is. Raises otherwise."""
    one = msgspec.msgpack.decode(msgspec.msgpack.encode(answer), type=Classification)  # a plugin may forget its types
    department = state.departments.get(one.department_id)
    rule = state.queues.get(one.queue_id or department.default_queue_id) if department else None
    if rule is None or rule.department_id != one.department_id:
        raise _Refused
    wanted = (*one.requirements, *one.preferred)
    if not valid_tags(one.tags) or not all(1 <= need.level <= 10 and need.skill for need in wanted):
        raise _Refused
    if one.priority is not None and abs(one.priority) > PRIORITY_MAX:
        raise _Refused
    if len(one.tier) > TIER_CHARS_MAX:
        raise _Refused
    said = (one.kind, one.priority, one.language, one.tags, one.requirements, one.preferred)
    return Given(rule.queue_id, *said, (name,), one.tier)
