"""The engine: anyio tasks around the pure core.

The way of a command: ``mailbox`` (bounded) → ``writer`` (the single one: authorize, decide, apply) → journal (group
commit) → answer, ``feed`` and ``outbox``. Beside it: ``intake`` (raw input to commands), ``timekeeper`` (sleeps until
the next deadline), ``supervisor`` (channels), ``recovery`` (start). Time, disk and tasks come through ``ports``.
"""
