"""Benchmarks: each against a named limit or peer in the same run; ratios count, not figures."""
