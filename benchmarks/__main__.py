"""``python3 dev.py bench [NAME …] [OPTION …]``: run the benchmarks and print their tables.

Options are those of the one benchmark that is named.
"""

from __future__ import annotations

import importlib
import itertools
import pkgutil
import sys
from collections.abc import Sequence

import benchmarks

LIMITS = {"core_limit"}


def main(argv: Sequence[str] | None = None) -> None:
    """Run all that are wanted; whatever one of them finds, the others run too."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    names = list(itertools.takewhile(lambda argument: not argument.startswith("-"), arguments))
    options = arguments[len(names) :]
    known = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name not in {"__main__", *LIMITS})
    wanted = names or known
    for name in wanted:
        if name not in known:
            sys.exit(f"there is no benchmark {name!r}; there are {', '.join(known)}")
    if options and len(wanted) != 1:
        sys.exit(f"options belong to one benchmark: name it first ({', '.join(known)})")
    answers = [importlib.import_module(f"benchmarks.{name}").main(options) for name in wanted]
    if any(answers):
        sys.exit(1)


if __name__ == "__main__":
    main()
