"""Show a browser how activities get on, live: server-sent events (SSE) for its ``EventSource``, in a FastAPI app.

::

    from asyncworker.contrib.progress import progress_router

    app.include_router(progress_router(dependencies=[Depends(logged_in)]), prefix="/activities")

    // in the page
    const source = new EventSource("/activities/order-7/progress");
    source.addEventListener("progress", (event) => show(JSON.parse(event.data)));
    source.addEventListener("end", () => source.close());

Needs ``pip install "temporal-asyncworker[progress]"``.
"""

from __future__ import annotations

from .._signing import Secrets
from ._links import progress_url
from ._router import progress_router

__all__ = ["Secrets", "progress_router", "progress_url"]
