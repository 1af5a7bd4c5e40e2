"""A demonstration or measurement leaves nothing behind in the database and broker it was pointed at."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hub.cli.lab import Lab


@asynccontextmanager
async def scratch(lab: Lab) -> AsyncIterator[None]:
    """Give a lab its own schema and its own queues, and remove them at the end. The embedded hub needs neither.

    Raises:
        Unavailable: database or broker cannot be reached.
    """
    if lab.broker == "embedded":
        yield
        return
    from hub.broker.rabbit import RabbitBroker
    from hub.store.scratch import scratch_schema

    namespace = f"scratch-{secrets.token_hex(4)}."
    async with scratch_schema(lab.database) as database:
        lab.database = database
        lab.settings = {**lab.settings, "HUB_BROKER_NAMESPACE": namespace}
        try:
            yield
        finally:
            broker = await RabbitBroker.open(lab.broker)
            await broker.forget([namespace + destination for destination in lab.destinations])
            await broker.close()
