"""Work in a short-lived process: what loads much and is needed once leaves no memory behind in a process that stays."""

import asyncio
import importlib
import pickle
import sys
from typing import Any

from cases.errors import HubError


async def aside(module: str, function: str, *arguments: Any) -> Any:
    """Call a function of ours in a process of its own and return what it returns.

    Raises:
        HubError: the one that the function raised, or: that process ended without an answer.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    # On standard input: an address of a database holds a password, which a command line would show to everybody.
    answer, _ = await child.communicate(pickle.dumps((module, function, arguments)))
    if child.returncode != 0:
        raise HubError(f"{module}.{function} ended with exit code {child.returncode}; its own words stand above")
    result = pickle.loads(answer)  # noqa: S301 - from our own child
    if isinstance(result, Exception):
        raise result
    return result


def main() -> None:
    """Do what standard input says and write the result to standard output."""
    module, function, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own parent
    try:
        result = getattr(importlib.import_module(module), function)(*arguments)
        if asyncio.iscoroutine(result):
            result = asyncio.run(result)
    except HubError as error:
        result = error.with_traceback(None)
        result.__cause__ = result.__context__ = None
    sys.stdout.buffer.write(pickle.dumps(result))


if __name__ == "__main__":
    main()
