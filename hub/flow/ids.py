"""Ids of deliveries, made where the clock and the randomness are."""

import secrets

from cases.numbers import new_delivery_id
from hub.ports import Clock


def delivery_id(clock: Clock) -> str:
    """Return a fresh, time-ordered id."""
    return new_delivery_id(clock.now(), secrets.randbits(80))
