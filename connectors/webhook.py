"""Tells a subscriber what happened: one signed POST after Standard Webhooks, and what became of it.

The message id is the delivery's and the same for every attempt, so a receiver can tell a repetition from news.
"""

from datetime import UTC, datetime

from standardwebhooks import Webhook as Signer

from cases.outcome import Accepted, Again, Outcome, Refused
from connectors.pack import Limits, Timeouts
from connectors.wire.egress import Egress
from connectors.wire.http import HttpClient, NoAnswer, NotSent, Reply, Request
from connectors.wire.verdicts import after_failure, retry_after

_GONE = 410
_BUSY = frozenset({429, 503})
_LONGEST_WAIT_SECONDS = 24 * 3600.0


class Webhook:
    """Sends events to subscribers. The answer's body is of no interest; its status decides."""

    def __init__(self, *, egress: Egress, total_seconds: float = 15.0, in_flight: int = 32) -> None:
        self._client = HttpClient(
            timeouts=Timeouts(connect_seconds=3, total_seconds=total_seconds, max_reply_bytes=64 * 1024),
            limits=Limits(in_flight=in_flight),
            egress=egress,
        )

    async def send(self, *, url: str, secret: str, message_id: str, body: bytes) -> Outcome:
        """Send one event.

        Args:
            url: the subscriber's address; only what the operator's list allows is called.
            secret: the subscription's, `whsec_…`.
            message_id: the delivery's id.
            body: a CloudEvents document as JSON in UTF-8.

        Returns:
            Accepted for 2xx, Refused for 410 (the subscriber is gone), Unknown where no answer came after sending,
            otherwise Again, after the pause asked for.
        """
        headers = {"content-type": "application/cloudevents+json", **_signed(secret, message_id, body)}
        try:
            reply = await self._client.exchange(Request(method="POST", url=url, headers=headers, body=body))
        except (NotSent, NoAnswer) as error:
            return after_failure(error)
        return _judge(reply)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def _signed(secret: str, message_id: str, body: bytes) -> dict[str, str]:
    # The signing time is part of the signature and must be the machine's: receivers refuse what is minutes old.
    now = datetime.now(UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Signer(secret).sign(message_id, now, body.decode()),
    }


def _judge(reply: Reply) -> Outcome:
    if 200 <= reply.status < 300:
        return Accepted(number=None)
    if reply.status == _GONE:
        return Refused(code="410", reason="the subscriber says this address is gone")
    after = retry_after(reply, now=datetime.now(UTC)) if reply.status in _BUSY else None
    if after is not None:
        after = min(after, _LONGEST_WAIT_SECONDS)
    return Again(code=str(reply.status), reason=f"the subscriber answered {reply.status}", after_seconds=after)
