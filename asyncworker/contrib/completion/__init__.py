"""Let people complete activities through signed links, as in a mail: the pages behind the links, for a FastAPI app.

::

    from asyncworker.contrib.completion import completion_router, completion_url

    app.include_router(completion_router(SECRETS, activities=[worker]), prefix="/complete")

    @activity.defn
    async def decide(expense: Expense) -> Decision:
        link = completion_url("Approve", result=Decision.APPROVED, secrets=SECRETS, base_url=".../complete")
        await send_mail(expense.boss, link)
        activity.raise_complete_async()

Needs ``pip install "temporal-asyncworker[completion]"``.
"""

from __future__ import annotations

from .._signing import Secrets
from ._links import completion_url
from ._router import completion_router

__all__ = ["Secrets", "completion_router", "completion_url"]
