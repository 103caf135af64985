"""Files that must survive: what is written again is what was there."""

from __future__ import annotations

from pathlib import Path

from omniroute.journal.files import CHUNK_BYTES, write_again_synced


def test_what_is_written_again_is_the_same(tmp_path: Path):
    path = tmp_path / "log"
    for size in (0, 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 7):
        content = (bytes(range(251)) * (size // 251 + 1))[:size]
        path.write_bytes(content)
        write_again_synced(path)
        assert path.read_bytes() == content


def test_a_missing_file_is_not_made(tmp_path: Path):
    write_again_synced(tmp_path / "log")
    assert list(tmp_path.iterdir()) == []
