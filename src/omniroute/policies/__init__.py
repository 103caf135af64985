"""Routing policies: pure orderings of operators for an item, one file each.

``contract`` says what a policy is; ``plugin`` registers the built-in ones through the same hook as a stranger's.
"""
