"""Stated: whoever filled in a form has said which department it is for."""

from __future__ import annotations

import msgspec

from omniroute.classifiers.contract import Facts
from omniroute.core.commands import Classification


class Stated:
    """The field ``department`` of an interaction; the visit form of the desk has it."""

    name = "stated"

    def classify(self, facts: Facts) -> Classification | None:
        """The department's default queue; nothing to say where there is no such department."""
        department = facts.interaction.fields.get("department", "")
        if department not in facts.queues.values():
            return None
        return msgspec.structs.replace(facts.default, department_id=department, queue_id="")
