"""HTTP and WebSocket for operators, supervisors and admins, under ``/api/v1``.

``table`` lists the endpoints, ``operations`` carries them out, ``live`` is the socket; ``views`` are the shapes that go
out, ``bodies`` those that come in; ``screens`` and ``threads`` build views; ``accounts`` knows sessions and passwords.
Authorization is not here: for commands it is inside their dispatch, for reading it is `may_read`, both in
`omniroute.core.permissions`; ``threads`` asks the latter.
"""
