"""What authors of plugins run to check their work.

`check_policy`, `check_classifier`, the journal conformance suite, a manual clock.
"""
