"""Run workers inside a FastAPI app, and hand its routes the client.

::

    from asyncworker.contrib.fastapi import ClientDep, health_router, lifespan

    app = FastAPI(lifespan=lifespan(worker))
    app.include_router(health_router())

    @app.post("/orders/{order_id}")
    async def create(order_id: str, client: ClientDep) -> None:
        await client.start_activity(pack, order_id, id=order_id, task_queue="orders")

Workers and routes share one event loop: code that blocks it stops both. For more than light work, run the worker in a
process of its own with ``asyncworker run``.
"""

from __future__ import annotations

try:
    import fastapi as _fastapi
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        f'asyncworker.contrib.fastapi needs {_error.name}: pip install "temporal-asyncworker[fastapi]"',
        name=_error.name,
    ) from _error

from ._client import ClientDep, get_client
from ._health import health_router
from ._lifespan import lifespan

__all__ = ["ClientDep", "get_client", "health_router", "lifespan"]

del _fastapi
