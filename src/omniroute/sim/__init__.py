"""The simulator: the real core, engine, intake, outbox and journal code in a world whose time and chance we own.

Where to look: ``world`` runs lives of the engine and lets acts happen; ``acts`` says what an act does; ``customers``,
``operators`` and ``faults`` decide who does what and when; ``watch`` checks every promise after every step; ``ledger``
keeps what was acknowledged; ``loop``, ``disk`` and ``spawn`` are the three doors to the world; ``company`` is where all
of it takes place; ``shrink`` makes a failing history short.
"""
