"""Every error pika may raise comes out in words a person can act on."""

import inspect

import pika.exceptions
import pytest
from pika.adapters.utils import connection_workflow as workflow

from cases.errors import ConfigError
from hub.broker.amqp import Address, in_words

#: Raised only by what the hub does not use: blocking connections, basic_get, transactions; or by a fault of ours.
_NOT_MET = {
    "UnroutableError",
    "NackError",
    "DuplicateGetOkCallback",
    "ConsumerCancelled",
    "ConnectionBlockedTimeout",
    "DuplicateConsumerTag",
    "InvalidChannelNumber",
    "ReentrancyError",
    "ShortStringTooLong",
    "InvalidMinimumFrameSize",
    "InvalidMaximumFrameSize",
}
#: Base classes and states, said by name: nothing more can be known of them.
_BY_NAME = {
    "AMQPError",
    "AMQPConnectionError",
    "AMQPChannelError",
    "ChannelClosed",
    "ChannelError",
    "ConnectionClosed",
    "AuthenticationError",
    "ConnectionOpenAborted",
    "ConnectionWrongStateError",
    "ChannelWrongStateError",
    "NoFreeChannels",
    "MethodNotImplemented",
    "ProtocolSyntaxError",
    "UnexpectedFrameError",
    "ProtocolVersionMismatch",
    "BodyTooLongError",
    "InvalidFrameError",
    "InvalidFieldTypeException",
    "UnsupportedAMQPFieldException",
}
_CLASSES = [
    item
    for _, item in inspect.getmembers(pika.exceptions, inspect.isclass)
    if issubclass(item, Exception) and item.__name__ not in _NOT_MET | _BY_NAME
]


@pytest.mark.parametrize("kind", _CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_pika_knows_has_words(kind: type[Exception]) -> None:
    with_code = issubclass(kind, (pika.exceptions.ConnectionClosed, pika.exceptions.ChannelClosed))
    error = kind(404, "NOT_FOUND") if with_code else kind("detail")
    assert kind.__name__ not in in_words(error), "a new kind of error: give it words, or say above why it is not met"


def test_what_lies_inside_a_failed_attempt_is_said() -> None:
    refused = ConnectionRefusedError(111, "Connection refused")
    failed = workflow.AMQPConnectionWorkflowFailed([workflow.AMQPConnectorSocketConnectError(refused)])
    assert in_words(failed) == "Connection refused"
    assert in_words(pika.exceptions.AMQPConnectionError(failed)) == "Connection refused"


def test_an_unknown_error_is_named() -> None:
    assert in_words(RuntimeError("odd")) == "RuntimeError: odd"


def test_an_address_prints_without_user_and_password() -> None:
    address = Address.parse("amqp://hub:s3cret@mq.example:5671/city", name="test")
    assert str(address) == "mq.example:5671/city"
    assert "s3cret" not in repr(address)


def test_an_address_that_is_none_is_a_finding_without_the_password() -> None:
    with pytest.raises(ConfigError, match="expected amqp://") as caught:
        Address.parse("amqp://hub:s3cret@mq.example:port/", name="test")
    assert "s3cret" not in str(caught.value)


def test_a_heartbeat_is_always_on() -> None:
    assert Address.parse("amqp://mq.example/", name="test").parameters.heartbeat
