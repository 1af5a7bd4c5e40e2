"""uvicorn inside our process: our signals, our moment to stop. Loaded only where this process serves."""

import asyncio
from contextlib import suppress

import uvicorn

from cases.errors import HubError
from hub.api.app import build_api
from hub.app.road import Road
from hub.app.services import api_services
from monitoring.health import Health


def api_server(road: Road, health: Health) -> "Server":
    """Return the server of the API on this hub's address, not yet listening."""
    return Server(
        uvicorn.Config(
            build_api(api_services(road, health)),
            host=road.settings.listen_host,
            port=road.settings.listen_port,
            loop="none",
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    )


class Server(uvicorn.Server):
    """One server, from its start to its stop."""

    def install_signal_handlers(self) -> None:
        """Leave the signals to `serve`."""

    async def address(self, task: asyncio.Task[None]) -> str:
        """Wait until the port is open and return it.

        Raises:
            HubError: the port cannot be opened.
        """
        while not self.started:
            if task.done():
                raise HubError(f"cannot listen on {self.config.host}:{self.config.port}: is another program there?")
            await asyncio.sleep(0.01)
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    async def finish(self, task: asyncio.Task[None]) -> None:
        """Stop taking calls, let those in hand end."""
        self.should_exit = True
        with suppress(asyncio.CancelledError):
            await task
