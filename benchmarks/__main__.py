"""``python3 dev.py bench [NAME …]``: run the benchmarks and print their tables."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks

LIMITS = {"core_limit"}


def main() -> None:
    """Run all that are wanted; whatever one of them finds, the others run too."""
    known = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name not in {"__main__", *LIMITS})
    wanted = [name for name in sys.argv[1:] if not name.startswith("-")] or known
    for name in wanted:
        if name not in known:
            sys.exit(f"there is no benchmark {name!r}; there are {', '.join(known)}")
    answers = [importlib.import_module(f"benchmarks.{name}").main([]) for name in wanted]
    if any(answers):
        sys.exit(1)


if __name__ == "__main__":
    main()
