"""Telephone calls as signed events, and the orders that connect and part them.

``sign`` and ``numbers`` are pure; ``events`` turns a call event into an interaction; ``intake`` takes
events in, ``control`` gives orders out; ``simulator`` plays a telephone system for demonstrations and
tests. No voice passes through here: that is the telephone system's work.
"""
