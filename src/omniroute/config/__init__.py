"""The configuration file: one TOML document, checked as a whole before anything starts.

What lives here: its shape (``sections``), reading it with errors that name the path and the nearest right name
(``reading``), and turning it into what the core decides by: ``rules`` puts together what ``queues``, ``steps``,
``channels``, ``hours`` (with ``holidays`` and ``ical``) and ``calendars`` make of their sections; ``people`` makes the
operators, ``status`` what customers are told where their matter stands, ``webhooks`` the sinks. ``findings`` are the
doubts about a file that is right; ``business`` calculates with its calendars. Nothing here reads a clock: the present
is an argument.
"""

from __future__ import annotations

from omniroute.config.channels import channel_options, placements
from omniroute.config.findings import Finding, calendars_asleep, findings
from omniroute.config.kinds import field_rules
from omniroute.config.lengths import length_ms
from omniroute.config.names import queue_id, requirement
from omniroute.config.notices import notice_setup
from omniroute.config.people import operators
from omniroute.config.queues import PRIORITY_MAX, PRIORITY_MIN
from omniroute.config.reading import parse, read
from omniroute.config.rules import check, classify_rules, core_config
from omniroute.config.sections import (
    AWAY_REASONS,
    DISPOSITIONS,
    CalendarSection,
    ChannelSection,
    Config,
    Department,
    FieldSection,
    JournalSection,
    KindSection,
    OperatorSection,
    Queue,
    Routing,
    Section,
    Server,
    StageSection,
    StatusSection,
    TaskSection,
    TemplateSection,
)
from omniroute.config.sla import check_promises
from omniroute.config.status import status_setup
from omniroute.config.webhooks import sinks

__all__ = [
    "AWAY_REASONS",
    "DISPOSITIONS",
    "PRIORITY_MAX",
    "PRIORITY_MIN",
    "CalendarSection",
    "ChannelSection",
    "Config",
    "Department",
    "FieldSection",
    "Finding",
    "JournalSection",
    "KindSection",
    "OperatorSection",
    "Queue",
    "Routing",
    "Section",
    "Server",
    "StageSection",
    "StatusSection",
    "TaskSection",
    "TemplateSection",
    "calendars_asleep",
    "channel_options",
    "check",
    "check_promises",
    "classify_rules",
    "core_config",
    "field_rules",
    "findings",
    "length_ms",
    "notice_setup",
    "operators",
    "parse",
    "placements",
    "queue_id",
    "read",
    "requirement",
    "sinks",
    "status_setup",
]
