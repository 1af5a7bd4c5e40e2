"""Is the hub's process in this container alive? Asks the API's port, then the port of worker and clock."""

import os
import sys
import urllib.error
import urllib.request

SECONDS = 3


def alive(port: str) -> bool:
    """Say whether `/healthz` answers 200 on this port of the container."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=SECONDS) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


if __name__ == "__main__":
    ports = [os.environ.get("HUB_LISTEN_PORT", "8080"), os.environ.get("HUB_METRICS_PORT", "9400")]
    sys.exit(0 if any(alive(port) for port in ports) else 1)
