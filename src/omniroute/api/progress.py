"""The endpoints for the course of a matter: its stages and its fields.

What lives here: handlers that submit one command each. Whether a matter may go there is decided in the core.
"""

from __future__ import annotations

from omniroute.api import views
from omniroute.api.assigning import Assigning
from omniroute.api.call import Call
from omniroute.api.courses import fields_of
from omniroute.api.work import by_of
from omniroute.config.kinds import field_rule
from omniroute.core import commands as k
from omniroute.core.state import State
from omniroute.engine import cells as c
from omniroute.engine.fields import checked
from omniroute.errors import NotFound


class Progress(Assigning):
    """Handlers over one engine."""

    async def change_stage(self, call: Call) -> views.Done:
        """Take the matter to another stage of its kind."""
        record = self.threads.find(call.actor, call.text("reference"))[1]
        command = k.ChangeStage(
            conversation_id=record.conversation_id,
            operator_id=record.owner_id,
            stage_id=call.body.stage,
            by=by_of(call, record.owner_id),
        )
        return views.Done(seq=await call.submit(command))

    async def set_fields(self, call: Call) -> views.Done:
        """Fill fields in; an empty value empties one, what is not named stays."""
        record = self.threads.find(call.actor, call.text("reference"))[1]
        fields, changes = fields_of(call.services.config, record.kind), dict[str, str]()
        for name, value in call.body.fields.items():
            if name not in fields:
                raise NotFound(f"this kind of matter has no field {name}")
            changes[name] = checked(field_rule(fields[name]), value.strip(), f"fields.{name}")
        key, values = c.number_key(record.conversation_id), dict[str, str]()

        def prepare(_: State, cells: c.Cells) -> k.Command:
            """Looked up on the writer, so that of two people who fill in different fields neither undoes the other."""
            known = cells.get(c.FIELDS, key, c.FieldsCell)
            whole = (known.values if known else {}) | changes
            values.update({name: value for name, value in whole.items() if value})
            return k.SetFields(
                conversation_id=record.conversation_id,
                operator_id=record.owner_id,
                filled=tuple(values),
                by=by_of(call, record.owner_id),
            )

        return views.Done(seq=await call.submit(prepare, lambda _: [c.put(c.FIELDS, key, c.FieldsCell(values))]))
