"""Classification: where a new matter belongs, from what the configuration says of its channel and account.

What lives here: pure rules over a normalized interaction. It runs at the edge, because it reads contents; its result
travels in the command.
"""

from __future__ import annotations

import msgspec

from omniroute.channels.contract import Interaction
from omniroute.core.commands import Classification
from omniroute.core.model import Requirement
from omniroute.core.state import State


class Placement(msgspec.Struct, frozen=True):
    """For one channel instance: the default queue, queues by account, and the kind of matter."""

    queue_id: str
    queue_by_account: dict[str, str] = {}
    kind: str = "question"


class Classifier:
    """Places interactions. ``language_skills`` maps a language to the skill that it requires."""

    def __init__(self, placements: dict[str, Placement], language_skills: dict[str, str]) -> None:
        self._placements = placements
        self._language_skills = language_skills

    def classify(self, instance: str, interaction: Interaction, state: State) -> Classification:
        """First what a person said (fields), then the account, then the channel's default."""
        placement = self._placements[instance]
        queue_id = placement.queue_by_account.get(interaction.account.lower(), placement.queue_id)
        department_id = interaction.fields.get("department", "")
        if department_id in state.departments:
            queue_id = state.departments[department_id].default_queue_id
        skill = self._language_skills.get(interaction.language, "")
        return Classification(
            department_id=state.queues[queue_id].department_id,
            queue_id=queue_id,
            kind=interaction.fields.get("kind") or placement.kind,
            requirements=(Requirement(skill),) if skill else (),
            language=interaction.language,
        )
