"""Routing policies: pure orderings of operators and of work, one file each.

``contract`` says what a policy is; ``plugin`` registers the built-in ones through the same hook as a stranger's.
`docs/reference/policies.md` compares them.
"""
