"""Real PostgreSQL and RabbitMQ for tests: given, started privately, or skipped with one loud line.

`HUB_TEST_DATABASE_URL` and `HUB_TEST_AMQP_URL` name running services. Without them, private ones are started on free
loopback ports when their programs are installed, in temporary folders, and ended with the session. With
`HUB_TEST_REQUIRE_SERVICES=1` a service that is missing fails the test instead of skipping it.
"""

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import asyncpg
import pika
import pika.exceptions
import pytest

START_SECONDS = 90.0
STOP_SECONDS = 20.0
Environment = Mapping[str, str]


def missing(what: str, remedy: str) -> None:
    """Skip the test with one line, or fail it where services are required."""
    line = f"{what} is not here; {remedy}"
    if os.environ.get("HUB_TEST_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{line} (HUB_TEST_REQUIRE_SERVICES=1)", pytrace=False)
    pytest.skip(line)


def free_port() -> int:
    """Return a loopback port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# ---- PostgreSQL -------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Address of a PostgreSQL database in which schemas can be made."""
    if url := os.environ.get("HUB_TEST_DATABASE_URL"):
        yield url
        return
    programs = _postgres_programs()
    if programs is None:
        missing("PostgreSQL", "set HUB_TEST_DATABASE_URL or install its server (initdb, postgres)")
    else:
        with _private_postgres(*programs) as url:
            yield url


@pytest.fixture
async def database_url(postgres_url: str) -> AsyncIterator[str]:
    """Address of an empty schema of the test's own."""
    schema = f"hub_test_{secrets.token_hex(6)}"
    await _execute(postgres_url, f"CREATE SCHEMA {schema}")
    joint = "&" if "?" in postgres_url else "?"
    yield f"{postgres_url}{joint}search_path={schema}"
    await _execute(postgres_url, f"DROP SCHEMA {schema} CASCADE")


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def _postgres_programs() -> tuple[str, str] | None:
    places = [os.environ.get("PATH", ""), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
    initdb, postgres = (shutil.which(name, path=os.pathsep.join(places)) for name in ("initdb", "postgres"))
    return (initdb, postgres) if initdb and postgres else None


@contextmanager
def _private_postgres(initdb: str, postgres: str) -> Iterator[str]:
    as_user = _as_other_than_root("postgres")
    port = free_port()
    with _folder("hub-test-postgres-", owner="postgres") as folder:
        data = folder / "data"
        make = [initdb, "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run([*as_user, *make], check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=START_SECONDS)
        # Only a crash of the machine could lose what is not synced, and then the session is lost as well.
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "max_connections=200"]
        serve = [postgres, "-D", str(data), "-p", str(port), *(word for one in settings for word in ("-c", one))]
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        with _running([*as_user, *serve], folder, os.environ, signal.SIGINT) as process:
            _wait_until(lambda: asyncio.run(_execute(url, "SELECT 1")), process, (OSError, asyncpg.PostgresError))
            yield url


def _as_other_than_root(user: str) -> list[str]:
    """Return the prefix that runs a program as this user; PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None or not _has_user(user):
        missing("PostgreSQL", f"as root, it needs setpriv and a user {user!r} to run as")
    return [str(setpriv), "--reuid", user, "--regid", user, "--clear-groups"]


def _has_user(user: str) -> bool:
    return any(entry.pw_name == user for entry in pwd.getpwall())


# ---- RabbitMQ ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def amqp_url() -> Iterator[str]:
    """Address of a RabbitMQ virtual host; tests use destinations of their own and delete the queues they made."""
    if url := os.environ.get("HUB_TEST_AMQP_URL"):
        yield url
        return
    server, epmd = _rabbitmq_server(), shutil.which("epmd")
    if server is None or epmd is None:
        missing("RabbitMQ", "set HUB_TEST_AMQP_URL or install its server (rabbitmq-server)")
    else:
        with _private_rabbitmq(server, epmd) as url:
            yield url


def _rabbitmq_server() -> str | None:
    # The one on PATH of some distributions changes the user; the one beside it runs as whoever starts it.
    own = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    return str(own) if own.exists() else shutil.which("rabbitmq-server")


@contextmanager
def _private_rabbitmq(server: str, epmd: str) -> Iterator[str]:
    port, node_port, epmd_port = free_port(), free_port(), free_port()
    url = f"amqp://guest:guest@127.0.0.1:{port}/%2F"
    with ExitStack() as stack:
        folder = stack.enter_context(_folder("hub-test-rabbitmq-"))
        (folder / "enabled_plugins").write_text("[].\n")
        (folder / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\ndisk_free_limit.absolute = 10MB\n")
        environment = os.environ | {
            "HOME": str(folder),
            "ERL_EPMD_PORT": str(epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"hub-test-{port}@localhost",
            "RABBITMQ_DIST_PORT": str(node_port),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RUNNING_UNDER_SYSTEMD": "true",  # replace the shell, so that the process we start is the one we end
        }
        stack.enter_context(_running([epmd, "-port", str(epmd_port)], folder, environment, signal.SIGTERM))
        process = stack.enter_context(_running([server], folder, environment, signal.SIGTERM))
        _wait_until(lambda: _try_amqp(url), process, (OSError, pika.exceptions.AMQPError))
        yield url


def _try_amqp(url: str) -> None:
    pika.BlockingConnection(pika.URLParameters(url)).close()


# ---- processes --------------------------------------------------------------------------------


@contextmanager
def _folder(prefix: str, *, owner: str | None = None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    if owner and os.geteuid() == 0:
        shutil.chown(folder, owner, owner)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(
    arguments: Sequence[str], folder: Path, environment: Environment, stop: signal.Signals
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program until the block ends; its output goes to a file in the folder."""
    with (folder / f"output-{secrets.token_hex(2)}").open("wb") as output:
        process = subprocess.Popen(
            arguments,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C ends the tests, and the tests end the service
        )
        try:
            yield process
        finally:
            process.send_signal(stop)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_SECONDS)


def _wait_until(
    probe: Callable[[], None], process: "subprocess.Popen[bytes]", not_yet: tuple[type[BaseException], ...]
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return probe()
        except not_yet as error:
            if process.poll() is not None:
                raise RuntimeError(f"{process.args} ended with {process.returncode} while starting") from error
            if time.monotonic() > deadline:
                raise RuntimeError(f"{process.args} did not answer within {START_SECONDS} seconds") from error
            time.sleep(0.1)
