"""What authors of plugins run to check their work: `check_policy`, the journal conformance suite, a manual clock."""
