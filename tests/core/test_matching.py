"""Matching: what ends every step. Who gets what is told in ``test_routing`` and the tests of its parts."""

from __future__ import annotations

import pytest
from tests.core.centre import Centre, rule

from omniroute.core.model import Presence
from omniroute.core.waiting import WaitingIndex


def test_indexes_that_disagree_break_the_step_and_do_not_hang_it(monkeypatch):
    world = Centre(rule(), rule("sales.orders"))
    world.send()
    world.put("zoe", "sales")
    monkeypatch.setattr(WaitingIndex, "serves", lambda *_: 1)
    with pytest.raises(AssertionError, match="zoe may have work item 1, and nobody may"):
        world.presence("zoe", Presence.AVAILABLE)
