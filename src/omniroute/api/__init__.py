"""HTTP and WebSocket for operators, supervisors and admins, under ``/api/v1``.

``views`` are the shapes that go out, ``bodies`` those that come in; ``routes_*`` hold the endpoints; ``auth`` knows
sessions and passwords. Authorization is not here: it is inside command dispatch (`omniroute.core.permissions`) and in
``engine.queries`` for reading.
"""
