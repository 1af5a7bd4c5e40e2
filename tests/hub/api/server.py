"""A real uvicorn on a free loopback port, started as the hub starts it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[int]:
    """Serve an application and yield its port."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, loop="none", http="httptools", ws="none", lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server._serve())
    while not server.started:
        assert not task.done()
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task


async def exchange(port: int, *pieces: bytes | float, end: float = 5.0) -> bytes:
    """Send pieces (a number is a pause in seconds) over one connection and return what comes back until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = bytearray()

    async def read() -> None:
        while piece := await reader.read(65536):
            received.extend(piece)

    reading = asyncio.create_task(read())
    try:
        for piece in pieces:
            if isinstance(piece, bytes):
                writer.write(piece)
                await writer.drain()
            else:
                await asyncio.sleep(piece)
    except ConnectionError:
        pass
    try:
        await asyncio.wait_for(reading, end)
    except (TimeoutError, ConnectionError):
        reading.cancel()
    writer.close()
    return bytes(received)
