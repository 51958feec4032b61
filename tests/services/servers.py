"""The servers that these tests need, private and on loopback: Debian's PostgreSQL and an object store."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

LOOPBACK = "127.0.0.1"
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Postgres:
    """A private cluster; it lives as long as the tests."""

    port: int
    password: str

    @property
    def address(self) -> str:
        """Give how to reach it, without the password."""
        return f"host={LOOPBACK} port={self.port} user=denominator"

    def database(self, name: str) -> str:
        """Make an empty database and give how to reach it, without the password."""
        with psycopg.connect(f"{self.address} dbname=postgres", password=self.password, autocommit=True) as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return f"{self.address} dbname={name}"


@dataclass(frozen=True)
class ObjectStore:
    """An S3-compatible store in memory."""

    url: str

    def bucket(self, name: str) -> str:
        """Make an empty bucket and give its address."""
        request = urllib.request.Request(f"{self.url}/{name}", method="PUT")  # noqa: S310 - always loopback
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310
            return f"s3://{name}"


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Start a private cluster; as root it runs as the user postgres, which Debian's package makes."""
    own_user = "postgres" if os.geteuid() == 0 else None
    # By a program of its own: Python would fork to change the user, which Linux refuses to a process grown large.
    as_user = ["setpriv", f"--reuid={own_user}", f"--regid={own_user}", "--init-groups"] if own_user else []
    port, password = free_port(), secrets.token_hex(16)
    folder = Path(tempfile.mkdtemp(prefix="denominator-postgres-"))
    try:
        key = folder / "key"
        key.write_text(password, encoding="ascii")
        for place in (folder, key):
            if own_user:
                shutil.chown(place, own_user)
        data = folder / "data"
        made = [*as_user, _program("initdb"), "-D", str(data), "-U", "denominator", "--pwfile", str(key)]
        _run([*made, "-A", "scram-sha-256", "-E", "UTF8", "--locale", "C", "--no-sync", "--data-checksums"])
        server = Postgres(port, password)
        with _started(server, data, as_user):
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _started(server: Postgres, data: Path, as_user: list[str]) -> Iterator[None]:
    """Keep the server a child of the tests: it is ended by a signal, whatever else fails then."""
    log = data.with_name("log")
    settings = {"listen_addresses": LOOPBACK, "port": server.port, "unix_socket_directories": "", "fsync": "off"}
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with log.open("wb") as told:
        program = [*as_user, _program("postgres"), "-D", str(data), *words]
        process = subprocess.Popen(program, cwd="/", stdout=told, stderr=subprocess.STDOUT)
    with process:
        try:
            _await(server.port, process, lambda: log.read_text(encoding="utf-8", errors="replace"))
            yield
        finally:
            process.send_signal(signal.SIGQUIT)  # at once, and with all of its own


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    """Start an S3-compatible store."""
    port = free_port()
    program = [sys.executable, "-m", "moto.server", "-H", LOOPBACK, "-p", str(port)]
    with subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _await(port, server)
            yield ObjectStore(f"http://{LOOPBACK}:{port}")
        finally:
            server.kill()


def free_port() -> int:
    """Give a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _await(port: int, server: "subprocess.Popen[bytes]", told: Callable[[], str] = str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((LOOPBACK, port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"{server.args!r} did not start within {PATIENCE_SECONDS} s. {told()}")


def _program(name: str) -> str:
    """Give where one of PostgreSQL's programs lies: on PATH, or where Debian puts the servers."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name) or next((str(folder / name) for folder in folders), name)


def _run(words: list[str]) -> None:
    done = subprocess.run(words, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} failed: {done.stdout}")
