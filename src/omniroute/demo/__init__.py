"""The demo: one daemon with a realistic company, to be tried by hand and to be watched under traffic.

``company.toml`` is its configuration, ``pages`` its start page and mailbox, ``traffic`` its synthetic people.
"""
