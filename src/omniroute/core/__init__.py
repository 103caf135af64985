"""The pure core: ``command + now -> events``, ``state + event -> state``.

Nothing in here reads a clock, randomness, a socket, a file or the environment, and nothing logs; the import rules
in ``pyproject.toml`` keep it so. The way through: a command (``commands``) enters ``machine.handle``, which
validates it completely, decides (``intake``, ``routing``, ``offers``, ``handoffs``, ``sla``) and emits events
(``events``); ``state.apply`` changes the state and never decides.
"""
