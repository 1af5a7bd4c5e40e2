"""Reading a request's body within bounds of size and time, and never more than needed."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request

from hub.api.kinds import TooLarge, TooSlow, WrongMediaType

#: Set in the scope once the body was read to its end, so that the edge knows whether some is left on the wire.
READ = "hub.body_read"


def expect_media_type(request: Request, *expected: str) -> str:
    """Return the media type without parameters; an absent one counts as the first expected.

    Raises:
        WrongMediaType: the body is announced as something else.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given and given not in expected:
        raise WrongMediaType(" / ".join(expected))
    return given or expected[0]


async def read_body(request: Request, *, limit: int, seconds: float) -> bytes:
    """Return the whole body.

    Raises:
        TooLarge: more than `limit` bytes are announced (nothing was read) or came.
        TooSlow: not complete within `seconds`.
    """
    parts, size = [], 0
    _check_announced(request, limit)
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise TooLarge(limit)
                parts.append(part)
    except TimeoutError:
        raise TooSlow("the body did not arrive in time") from None
    request.scope[READ] = True
    return b"".join(parts)


async def pieces(request: Request, *, limit: int, seconds: float) -> AsyncIterator[bytes]:
    """Yield the body as it arrives, within the same bounds; what the taker does between pieces costs no body time."""
    _check_announced(request, limit)
    stream, size, left = request.stream(), 0, seconds
    now = asyncio.get_running_loop().time
    while True:
        began = now()
        try:
            async with asyncio.timeout(left):
                piece = await anext(stream, None)
        except TimeoutError:
            raise TooSlow("the body did not arrive in time") from None
        left -= now() - began
        if piece is None:
            request.scope[READ] = True
            return
        size += len(piece)
        if size > limit:
            raise TooLarge(limit)
        yield piece


def _check_announced(request: Request, limit: int) -> None:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise TooLarge(limit)
