"""Set Python's cyclic garbage collector for a process that holds thousands of activities.

With Python's own thresholds (700 or 2,000 objects) tens of thousands of tasks that wake once a second are enough new
objects for one full collection after the other. Each stops the event loop for as long as it takes to look at all that
is alive; meanwhile more tasks become due, whose objects bring on the next.
"""

from __future__ import annotations

import gc

__all__ = ["relax_collector"]

# Cycles of that many objects are a few MB, which is what this costs.
_YOUNG = 10_000
_PYTHONS_OWN = gc.get_threshold()


def relax_collector() -> None:
    """Collect after more new objects than Python does by itself, unless the program has chosen how often already."""
    if gc.isenabled() and gc.get_threshold() == _PYTHONS_OWN:
        gc.set_threshold(_YOUNG, 10, 10)
