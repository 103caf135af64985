"""What a routing policy is: two orderings, pure.

A policy never chooses and never changes anything: it gives keys, the core compares them. The operator with the
smallest key among the eligible gets the item (ties: the smaller operator id). Keys are tuples of whole numbers, all of
the length of ``terms``, which names them in explanations. A key may depend on nothing but its arguments.
"""

from __future__ import annotations

from omniroute.core.policy import RoutingPolicy

__all__ = ["RoutingPolicy"]
