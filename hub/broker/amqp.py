"""pika's callbacks as asyncio: a link, its channels, and its errors in plain words. The only module importing pika.

A link or channel is never mended: whoever holds one waits for `closed` and asks for another.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import pika
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.adapters.utils import connection_workflow as workflow
from pika.channel import Channel as PikaChannel
from pika.connection import Connection as PikaConnection
from pika.exceptions import (
    AMQPConnectionError,
    AMQPError,
    AMQPHeartbeatTimeout,
    ChannelClosed,
    ChannelClosedByBroker,
    ChannelClosedByClient,
    ChannelError,
    ConnectionClosedByBroker,
    ConnectionClosedByClient,
    IncompatibleProtocolError,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
    StreamLostError,
)

from cases.errors import ConfigError, Unavailable
from config.findings import Finding

#: Every failed attempt is a page of pika's own log; what matters of it is said once, in our words.
logging.getLogger("pika").setLevel(logging.CRITICAL)

OPEN_SECONDS = 10.0
ANSWER_SECONDS = 10.0
_HEARTBEAT_SECONDS = 30
_PERSISTENT = pika.BasicProperties(delivery_mode=2, content_type="text/plain")

T = TypeVar("T")
Received = Callable[[int, bytes], None]  # delivery tag, body


class ChannelGone(Unavailable):
    """RabbitMQ closed the channel; `reply_code` is AMQP's (404 not found, 406 exists with other properties)."""

    def __init__(self, reason: str, reply_code: int = 0) -> None:
        self.reply_code = reply_code
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Address:
    """Where RabbitMQ is; prints without user and password."""

    parameters: pika.URLParameters
    text: str

    @classmethod
    def parse(cls, url: str, *, name: str) -> "Address":
        """Read an `amqp://` address; `name` is shown in RabbitMQ's list of connections.

        Raises:
            ConfigError: it is no such address.
        """
        try:
            parameters = pika.URLParameters(url)
        except (ValueError, TypeError) as error:  # the message may quote the password: only its kind is passed on
            what = f"expected amqp://USER:PASSWORD@HOST:PORT/VHOST ({type(error).__name__})"
            raise ConfigError([Finding("settings", 1, "broker", what)]) from None
        parameters.connection_attempts = 1  # whoever wants a link tries again
        parameters.heartbeat = parameters.heartbeat or _HEARTBEAT_SECONDS
        parameters.stack_timeout = OPEN_SECONDS
        parameters.client_properties = {"connection_name": name}
        return cls(parameters, f"{parameters.host}:{parameters.port}/{parameters.virtual_host.lstrip('/')}")

    def __str__(self) -> str:
        return self.text


class Channel:
    """One AMQP channel."""

    def __init__(self, raw: PikaChannel) -> None:
        self.closed: asyncio.Future[ChannelGone] = asyncio.get_running_loop().create_future()
        self._raw = raw
        self._waiting: set[asyncio.Future[Any]] = set()
        raw.add_on_close_callback(self._on_close)

    async def declare_exchange(self, name: str, kind: str) -> None:
        """Make a durable exchange, or find it."""
        await self._ask(self._raw.exchange_declare, name, exchange_type=kind, durable=True)

    async def declare_queue(self, name: str, arguments: Mapping[str, Any]) -> None:
        """Make a durable queue, or find it."""
        await self._ask(self._raw.queue_declare, name, durable=True, arguments=dict(arguments))

    async def bind(self, queue: str, exchange: str, key: str) -> None:
        """Lead messages with this key into the queue."""
        await self._ask(self._raw.queue_bind, queue, exchange, routing_key=key)

    async def delete_queue(self, name: str) -> None:
        """Delete a queue with everything in it; one that is not there is fine."""
        await self._ask(self._raw.queue_delete, name)

    async def count(self, queue: str) -> int:
        """Return how many messages wait in the queue; ChannelGone with 404 where there is none."""
        frame = await self._ask(self._raw.queue_declare, queue, passive=True)
        return int(frame.method.message_count)

    async def confirm(self, answered: Callable[[int, bool, bool], None], returned: Callable[[bytes], None]) -> None:
        """Ask for confirms; `answered` gets (tag, multiple, kept), `returned` the body of what no queue takes."""

        def on_answer(frame: Any) -> None:
            answered(frame.method.delivery_tag, frame.method.multiple, frame.method.NAME == "Basic.Ack")

        self._raw.add_on_return_callback(lambda _channel, _method, _properties, body: returned(body))
        await self._ask(self._raw.confirm_delivery, on_answer)

    async def consume(self, queue: str, received: Received, cancelled: Callable[[], None], *, prefetch: int) -> str:
        """Start taking messages, at most `prefetch` unacknowledged at once; return the consumer's tag."""

        def on_message(_channel: PikaChannel, method: Any, _properties: Any, body: bytes) -> None:
            received(method.delivery_tag, body)

        self._raw.add_on_cancel_callback(lambda _frame: cancelled())
        await self._ask(self._raw.basic_qos, prefetch_count=prefetch)
        frame = await self._ask(self._raw.basic_consume, queue, on_message)
        return str(frame.method.consumer_tag)

    async def cancel(self, consumer_tag: str) -> None:
        """Take no more messages; those in hand stay in hand."""
        await self._ask(self._raw.basic_cancel, consumer_tag)

    def publish(self, exchange: str, key: str, body: bytes) -> None:
        """Send a persistent message that must find a queue; raises ChannelGone where the channel is closed."""
        try:
            self._raw.basic_publish(exchange, key, body, _PERSISTENT, mandatory=True)
        except AMQPError as error:
            raise ChannelGone(in_words(error)) from None

    def acknowledge(self, tag: int, *, multiple: bool) -> None:
        """Acknowledge; on a closed channel nothing happens, and the message comes again."""
        if self._raw.is_open:
            self._raw.basic_ack(tag, multiple)

    def put_back(self, tag: int) -> None:
        """Give a message back to its queue; on a closed channel RabbitMQ did so already."""
        if self._raw.is_open:
            self._raw.basic_nack(tag, requeue=True)

    async def close(self) -> None:
        """Close; unacknowledged messages go back to their queue."""
        if self._raw.is_open:
            self._raw.close()
        if not self._raw.is_closed:
            await asyncio.wait([self.closed], timeout=ANSWER_SECONDS)

    async def _ask(self, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        answer = asyncio.get_running_loop().create_future()
        self._waiting.add(answer)
        try:
            call(*args, callback=lambda frame: _tell(answer, frame), **options)
            async with asyncio.timeout(ANSWER_SECONDS):
                return await answer
        except TimeoutError:
            raise Unavailable(f"RabbitMQ did not answer within {ANSWER_SECONDS:g} seconds") from None
        except (AMQPError, ChannelError) as error:
            raise ChannelGone(in_words(error)) from None
        finally:
            self._waiting.discard(answer)

    def _on_close(self, _channel: PikaChannel, error: Exception) -> None:
        gone = ChannelGone(in_words(error), error.reply_code if isinstance(error, ChannelClosed) else 0)
        _tell(self.closed, gone)
        for answer in self._waiting:
            if not answer.done():
                answer.set_exception(gone)


class Link:
    """One connection to RabbitMQ."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()  # why, in plain words
        self.blocked_because = ""  # set while RabbitMQ takes no messages
        self.flowing = asyncio.Event()  # set while it does
        self.flowing.set()
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._raw = AsyncioConnection(
            address.parameters,
            on_open_callback=lambda _: _tell(self._opened, None),
            on_open_error_callback=self._on_failure,
            on_close_callback=self._on_close,
            custom_ioloop=asyncio.get_running_loop(),
        )
        self._raw.add_on_connection_blocked_callback(self._on_blocked)
        self._raw.add_on_connection_unblocked_callback(self._on_unblocked)

    @classmethod
    async def open(cls, address: Address) -> Self:
        """Connect once.

        Raises:
            Unavailable: RabbitMQ cannot be reached or does not let us in.
        """
        link = cls(address)
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await link._opened
        except TimeoutError:
            link._begin_closing()
            raise Unavailable(f"RabbitMQ at {address} did not answer within {OPEN_SECONDS:g} seconds") from None
        except asyncio.CancelledError:
            link._begin_closing()
            raise
        return link

    async def channel(self) -> Channel:
        """Open a channel."""
        opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            raw = self._raw.channel(on_open_callback=lambda _: _tell(opened, None))
        except AMQPError as error:
            raise Unavailable(f"RabbitMQ at {self.address}: {in_words(error)}") from None
        channel = Channel(raw)
        either: list[asyncio.Future[Any]] = [opened, channel.closed]
        await asyncio.wait(either, timeout=ANSWER_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not opened.done():
            why = self.blocked_because or "no channel could be opened"
            raise Unavailable(f"RabbitMQ at {self.address}: {why}")
        return channel

    async def close(self, seconds: float) -> None:
        """Close, waiting at most so long for RabbitMQ's goodbye."""
        self._begin_closing()
        await asyncio.wait([self.closed], timeout=seconds)

    def drop(self) -> None:
        """Begin to close, without waiting; `closed` says when it is done."""
        self._begin_closing()

    def _begin_closing(self) -> None:
        if not (self._raw.is_closed or self._raw.is_closing):
            self._raw.close()

    def _on_failure(self, _connection: PikaConnection, error: BaseException) -> None:
        if not self._opened.done():
            self._opened.set_exception(
                Unavailable(f"RabbitMQ at {self.address}: {in_words(error)}; check `broker` in the settings")
            )

    def _on_close(self, _connection: PikaConnection, error: BaseException) -> None:
        self.flowing.set()
        _tell(self.closed, in_words(error))

    def _on_blocked(self, _connection: PikaConnection, frame: Any) -> None:
        self.blocked_because = f"takes no messages for now ({frame.method.reason}); give it memory or disk space"
        self.flowing.clear()

    def _on_unblocked(self, _connection: PikaConnection, _frame: Any) -> None:
        self.blocked_because = ""
        self.flowing.set()


def _tell(waiting: asyncio.Future[T], value: T) -> None:
    """Set a result, unless whoever waited has gone."""
    if not waiting.done():
        waiting.set_result(value)


_WORDS: Mapping[type[BaseException], str] = {
    ProbableAuthenticationError: "it refuses user or password",
    ProbableAccessDeniedError: "this user may not use this virtual host",
    IncompatibleProtocolError: "it does not speak AMQP 0-9-1 there",
    workflow.AMQPConnectorStackTimeout: "it did not answer in time",
    AMQPHeartbeatTimeout: "it fell silent (no heartbeat)",
    StreamLostError: "the connection broke",
    ConnectionClosedByClient: "closed by the hub",
    ChannelClosedByClient: "closed by the hub",
}


def in_words(error: BaseException) -> str:
    """Say pika's error in plain words: every kind it raises while connecting, asking or publishing."""
    match error:
        case workflow.AMQPConnectionWorkflowFailed(exceptions=[*_, cause]):
            return in_words(cause)
        case workflow.AMQPConnectorPhaseErrorBase(exception=cause) | AMQPConnectionError(args=(Exception() as cause,)):
            return in_words(cause)
        case ConnectionClosedByBroker() | ChannelClosedByBroker():
            return f"it said {error.reply_code} {error.reply_text}"
        case OSError(strerror=text) if text:
            return text
        case _:
            return _WORDS.get(type(error)) or f"{type(error).__name__}: {error}"
