"""Start the app, and a Temporal server if ``TEMPORAL_ADDRESS`` names none; Ctrl-C ends both."""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import AsyncExitStack, suppress

import uvicorn

from asyncworker.testing import DevServer

from .app import build

PORT = int(os.environ.get("PORT", "8000"))


async def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("expenses").setLevel(logging.INFO)
    async with AsyncExitStack() as stack:
        if "TEMPORAL_ADDRESS" not in os.environ:
            server = await stack.enter_async_context(DevServer(ui=True))
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
