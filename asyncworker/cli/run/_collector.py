"""Configure Python's cyclic garbage collector for a process that runs thousands of activities.

With Python's own thresholds (700 or 2,000 objects), tens of thousands of tasks that wake once a second create enough
new objects for one full collection after another. Each stops the event loop while it walks all live objects; meanwhile
more tasks become due, and their objects trigger the next one.
"""

from __future__ import annotations

import gc

__all__ = ["relax_collector"]

# The cost: uncollected cycles of that many objects are a few MB.
_YOUNG = 10_000
_PYTHONS_OWN = gc.get_threshold()


def relax_collector() -> None:
    """Raise the collector's thresholds, unless the program has set its own."""
    if gc.isenabled() and gc.get_threshold() == _PYTHONS_OWN:
        gc.set_threshold(_YOUNG, 10, 10)
