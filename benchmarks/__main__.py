"""``python3 dev.py bench [NAME …]``: run the benchmarks and print their tables."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks

LIMITS = {"core_limit"}


def main() -> None:
    known = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name not in {"__main__", *LIMITS})
    wanted = [name for name in sys.argv[1:] if not name.startswith("-")] or known
    for name in wanted:
        if name not in known:
            sys.exit(f"there is no benchmark {name!r}; there are {', '.join(known)}")
        importlib.import_module(f"benchmarks.{name}").main([])


if __name__ == "__main__":
    main()
