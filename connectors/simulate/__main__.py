"""Start one simulated department: `python -m connectors.simulate market-supervision --port 0 --book sj.db`.

Prints one JSON line with the addresses or folders once it is ready, then works until SIGTERM or Ctrl-C.
"""

import argparse
import asyncio
import contextlib
import importlib
import signal
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import orjson

from connectors.simulate.book import Book
from connectors.simulate.faults import FAULTS, read_faults
from connectors.simulate.office import Office
from connectors.simulate.plan import Plan

#: Department → module with `add_options(parser)` and `async run(office, options, ready)`.
SIMULATORS = {
    "civil-affairs": "connectors.simulate.soap",
    "market-supervision": "connectors.simulate.rest",
    "public-security": "connectors.simulate.filedrop",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulator of one department."""
    arguments = sys.argv[1:] if arguments is None else arguments
    key = next((argument for argument in arguments if argument in SIMULATORS), None)
    module = importlib.import_module(SIMULATORS[key]) if key else None
    parser = _parser()
    if module is not None:
        module.add_options(parser)
    options = parser.parse_args(arguments)
    try:
        faults = read_faults(options.fault, seed=options.seed)
    except ValueError as error:
        parser.error(str(error))
    book = Book(options.book)
    office = Office(book, Plan(pace=options.pace, denied_share=options.denied_share), faults)
    assert module is not None  # the parser refuses any other key
    try:
        asyncio.run(_until_told(module.run(office, options, _ready)))
    finally:
        book.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m connectors.simulate", description=__doc__)
    parser.add_argument("key", choices=sorted(SIMULATORS), help="the department")
    parser.add_argument("--book", type=Path, required=True, help="the department's own book, an SQLite file")
    parser.add_argument("--pace", type=float, default=1.0, help="0.1: statuses come ten times quicker")
    parser.add_argument("--denied-share", type=float, default=0.1, help="share of cases that end in a no")
    parser.add_argument("--seed", type=int, default=0, help="decides which cases meet a fault")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME=RATE|NAME@N", help=f"one of: {', '.join(sorted(FAULTS))}"
    )
    return parser


def _ready(facts: dict[str, object]) -> None:
    """Tell whoever started us where to find this department."""
    sys.stdout.write(orjson.dumps({"ready": True, **facts}).decode() + "\n")
    sys.stdout.flush()


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    raise SystemExit(main())
