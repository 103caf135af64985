"""``python -m tests.histories.replay``: print the state hash of every history."""

from __future__ import annotations

import anyio
from tests.histories.history import hash_of, names

if __name__ == "__main__":
    for history in names():
        print(history, anyio.run(hash_of, history))
