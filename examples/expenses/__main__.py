"""Start the app, and a Temporal server if ``TEMPORAL_ADDRESS`` names none; Ctrl-C ends both."""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import uvicorn

from asyncworker.testing import DevServer, DevServerError

from .app import build

PORT = int(os.environ.get("PORT", "8000"))
# The server ends with the app, and goes on from here: expenses that wait are there again after a restart.
DATABASE = Path(os.environ.get("EXPENSES_DB", Path(__file__).parents[2] / "build/expenses.db"))

_ENDS_WITHIN = 15


async def start_server(stack: AsyncExitStack) -> DevServer:
    """Start a server, once that of an app which was killed has let go of the database."""
    DATABASE.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(_ENDS_WITHIN):
        try:
            return await stack.enter_async_context(DevServer(ui=True, db_filename=DATABASE))
        except DevServerError as error:
            if "database is locked" not in str(error):
                raise
            await asyncio.sleep(1)
    raise TimeoutError(f"{DATABASE} is in use: does the app run already?")


async def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("expenses").setLevel(logging.INFO)
    async with AsyncExitStack() as stack:
        if "TEMPORAL_ADDRESS" not in os.environ:
            server = await start_server(stack)
            os.environ["TEMPORAL_ADDRESS"] = server.target
            os.environ["EXPENSES_UI"] = server.ui_url or ""
        listener = uvicorn.Config("", host="127.0.0.1", port=PORT, log_level="warning").bind_socket()
        # Bound here, so that a port that is taken is noticed now, and 0 is any that is free.
        stack.callback(listener.close)
        url = os.environ.setdefault("EXPENSES_URL", f"http://127.0.0.1:{listener.getsockname()[1]}")
        ui = os.environ.get("EXPENSES_UI")
        print(f"Decide at {url}{f', look behind the scenes at {ui}' if ui else ''}. Ctrl-C ends it.", flush=True)
        await uvicorn.Server(uvicorn.Config(build(), log_level="warning", log_config=None)).serve(sockets=[listener])


if __name__ == "__main__":
    # The web server raises the signal again when it has stopped.
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
