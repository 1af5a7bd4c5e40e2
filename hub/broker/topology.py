"""What the hub asks of RabbitMQ, as data: one exchange, one quorum queue per destination, nothing that ever drops.

Nothing here expires, overflows or is dead-lettered: waiting lives in the store, and a message that comes again and
again is settled by the claim, not by the queue. The names are made here and nowhere else.
"""

from typing import Final

EXCHANGE: Final = "hub.deliveries"
EXCHANGE_TYPE: Final = "direct"

#: RabbitMQ 4 drops a message after 20 redeliveries unless told otherwise, and `-1` (never) is refused before 4; this
#: is a limit that all versions take and that, with a pause before each redelivery, is never reached.
_DELIVERY_LIMIT: Final = 1_000_000_000

QUEUE_ARGUMENTS: Final = {"x-queue-type": "quorum", "x-delivery-limit": _DELIVERY_LIMIT}


def queue_name(destination: str) -> str:
    """Return the queue in which deliveries to this destination wait."""
    return f"hub.deliver.{destination}"
