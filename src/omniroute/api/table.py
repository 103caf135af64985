"""The table of endpoints: from it come the routes and the OpenAPI document."""

from __future__ import annotations

from omniroute.api import bodies, views
from omniroute.api.call import Endpoint
from omniroute.api.operations import Operations

PREFIX = "/api/v1"


def endpoints(do: Operations) -> list[Endpoint]:
    """All endpoints of the API."""
    matter = "/conversations/{reference}"
    item = "/work-items/{work_item_id:int}"
    return [
        Endpoint("POST", "/login", do.login, views.Session, bodies.LoginBody, public=True),
        Endpoint("POST", "/logout", do.logout, status=204),
        Endpoint("GET", "/me", do.me, views.Me),
        Endpoint("GET", "/desk", do.desk, views.DeskView),
        Endpoint("PUT", "/presence", do.presence, views.Done, bodies.PresenceBody),
        Endpoint("POST", "/offers/{offer_id:int}/accept", do.accept, views.Done),
        Endpoint("POST", "/offers/{offer_id:int}/decline", do.decline, views.Done, bodies.ReasonBody),
        Endpoint("GET", "/conversations", do.search, list[views.EarlierView]),
        Endpoint("POST", "/conversations", do.register, views.Registered, bodies.RegisterBody, 201),
        Endpoint("GET", matter, do.conversation, views.ConversationView),
        Endpoint("POST", f"{matter}/replies", do.reply, views.Done, bodies.TextBody, 201),
        Endpoint("POST", f"{matter}/notes", do.note, views.Done, bodies.TextBody, 201),
        Endpoint("GET", f"{matter}/promises", do.promises, list[views.PromiseView]),
        Endpoint("POST", f"{matter}/stage", do.change_stage, views.Done, bodies.StageBody),
        Endpoint("PUT", f"{matter}/fields", do.set_fields, views.Done, bodies.FieldsBody),
        Endpoint("PUT", f"{matter}/priority", do.prioritize, views.Done, bodies.PriorityBody),
        Endpoint("PUT", f"{matter}/order", do.set_order, views.Done, bodies.OrderBody),
        Endpoint("POST", "/orders/{reference}/stage", do.order_stage, views.Done, bodies.StageBody),
        Endpoint("POST", f"{matter}/merge", do.merge, views.Done, bodies.MergeBody),
        Endpoint("POST", f"{matter}/split", do.split, views.Registered, bodies.SplitBody, 201),
        Endpoint("GET", f"{matter}/explanation", do.explanation, views.ExplanationView),
        Endpoint("GET", f"{matter}/attachments/{{interaction_id:int}}/{{place:int}}", do.attachment, bytes_answer=True),
        Endpoint("GET", f"{matter}/html/{{interaction_id:int}}", do.html, bytes_answer=True),
        Endpoint("POST", f"{item}/transfer", do.transfer, views.Done, bodies.TransferBody),
        Endpoint("POST", f"{item}/end-contact", do.end_contact, views.Done),
        Endpoint("POST", f"{item}/extend-wrap-up", do.extend_wrap_up, views.Done),
        Endpoint("POST", f"{item}/complete", do.complete, views.Done, bodies.CompleteBody),
        Endpoint("POST", f"{item}/release", do.release, views.Done, bodies.ReasonBody),
        Endpoint("POST", f"{item}/pull", do.pull, views.Done),
        Endpoint("POST", f"{item}/force", do.force, views.Done, bodies.OperatorIdBody),
        Endpoint("POST", f"{item}/reassign", do.reassign, views.Done, bodies.OperatorIdBody),
        Endpoint("POST", f"{item}/snooze", do.snooze, views.Done, bodies.SnoozeBody),
        Endpoint("POST", f"{item}/requeue", do.requeue, views.Done, bodies.RequeueBody),
        Endpoint("POST", "/handoffs/{handoff_id:int}/cancel", do.cancel_handoff, views.Done),
        Endpoint("POST", "/handoffs/{handoff_id:int}/decline", do.decline_handoff, views.Done, bodies.ReasonBody),
        Endpoint("GET", "/departments/{department_id}/people", do.people, list[views.PersonView]),
        Endpoint("GET", "/quarantine", do.quarantine, list[views.QuarantineView]),
        Endpoint("GET", "/quarantine/{raw_id:int}/raw", do.quarantine_raw, bytes_answer=True),
        Endpoint("GET", "/dead-letters", do.dead_letters, list[views.DeadLetterView]),
        Endpoint("GET", "/channels", do.channels, list[views.ChannelView]),
        Endpoint("GET", "/queues", do.queues, list[views.DepartmentView]),
        Endpoint("GET", "/operators", do.operators, list[views.OperatorView]),
        Endpoint("POST", "/operators", do.put_operator, views.Me, bodies.OperatorBody, 201),
        Endpoint("PUT", "/operators/{operator_id}/presence", do.operator_presence, views.Done, bodies.PresenceBody),
        Endpoint("GET", "/health", do.health, dict[str, str], public=True),
        Endpoint("GET", "/ready", do.ready, views.Readiness, public=True),
    ]
