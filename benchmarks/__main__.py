"""`python -m benchmarks`: every table of docs/benchmarks.md, on this machine, now."""

import argparse
import importlib
import json
import os
import platform
import sys
from pathlib import Path

from benchmarks import road


def main() -> int:
    """Run the chosen benchmarks and print their tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("which", nargs="*", default=[], metavar="road|mapping|soap", help="default: all")
    parser.add_argument("--quick", action="store_true", help="a smoke run: small counts, no claim")
    parser.add_argument("--rabbitmq", default=os.environ.get("HUB_BENCH_AMQP_URL"), help="amqp:// URL")
    parser.add_argument("--database", default=os.environ.get("HUB_BENCH_DATABASE_URL"), help="postgresql:// URL")
    parser.add_argument("--json", type=Path, help="also write everything to this file")
    options = parser.parse_args()
    which = options.which or ["mapping", "soap", "road"]
    print(f"{platform.platform()}, CPython {platform.python_version()}, {os.cpu_count()} processors\n", flush=True)
    found: dict[str, object] = {}
    for name in which:
        if name == "road":
            found[name] = _road(options)
        else:
            found[name] = importlib.import_module(f"benchmarks.{name}").run(quick=options.quick)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0


def _road(options: argparse.Namespace) -> object:
    size = road.QUICK if options.quick else road.Size()
    back_ends = [road.BackEnd(name="embedded (SQLite)")]
    if options.rabbitmq and options.database:
        name = "RabbitMQ + PostgreSQL"
        back_ends.append(road.BackEnd(name=name, broker=options.rabbitmq, database=options.database))
    rows = []
    for back_end in back_ends:
        for protocol in ("rest", "soap"):
            rows.append(road.measure(back_end, protocol, size))
            print(f"{back_end.name}, {protocol}: {rows[-1].delivered_per_s:,.0f} delivered/s", flush=True)
    print("\n" + road.as_table(rows) + "\n", flush=True)
    return road.as_json(rows)


if __name__ == "__main__":
    sys.exit(main())
