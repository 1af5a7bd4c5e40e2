"""Write docker/secrets/: fresh passwords, and the hub's settings file that holds them. Existing files stay as they are.

Usage: python3 docker/make_secrets.py [FOLDER]
"""

import os
import secrets
import sys
from pathlib import Path

HUB = """\
# Settings of the hub in containers; holds passwords, so it is mounted as a secret.
district: /app/config/hetang
data_dir: /var/lib/onewindow
database: postgresql://hub:{postgres}@postgres/hub
broker: amqp://hub:{rabbitmq}@rabbitmq/%2F
public_url: http://127.0.0.1:8080
# Where the hub may call out: the departments' hosts and the portal's webhook address, nothing else.
outgoing: []
log: json
"""
RABBITMQ = """\
default_user = hub
default_pass = {rabbitmq}
loopback_users = none
# Stop taking messages well before memory or disk runs out; the hub then waits and publishes later.
vm_memory_high_watermark.relative = 0.5
disk_free_limit.absolute = 1GB
"""


def write(folder: Path) -> list[str]:
    """Write what is missing and return the names; the folder is for its owner only, the files are read in containers.

    Raises:
        SystemExit: some of the files that share passwords are there and others are not.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    words = {name: secrets.token_urlsafe(24) for name in ("postgres", "rabbitmq", "grafana")}
    together = {"hub.yaml": HUB, "postgres-password": "{postgres}", "rabbitmq.conf": RABBITMQ}
    there = [name for name in together if (folder / name).exists()]
    if there and len(there) < len(together):
        sys.exit(f"{folder} holds only {', '.join(there)}; restore the others or remove these: they share passwords")
    wanted = ({} if there else together) | {"grafana-password": "{grafana}"}
    made = []
    for name, text in wanted.items():
        file = folder / name
        if not file.exists():
            # Containers run as other users, and a mounted file keeps its mode: the folder's mode keeps others out.
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w", encoding="utf-8") as out:
                out.write(text.format(**words))
            made.append(name)
    return made


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "secrets"
    sys.stdout.write(f"{place}: {', '.join(write(place)) or 'nothing to do, all files are there'}\n")
