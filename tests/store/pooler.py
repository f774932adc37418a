"""PgBouncer in transaction mode: what every connection is behind where PHONEID_TEST_POOLER names it."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import pytest

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")

_CONFIGURATION = """
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 500
auth_type = trust
auth_file = {folder}/users
logfile = {folder}/log
"""


@contextmanager
def pooler(server: str, *, size: int) -> Iterator[str]:
    """``host:port`` of one in front of the server (``host:port``), with so many connections of it for all clients."""
    if PROGRAM is None:
        if os.environ.get("CI"):
            pytest.fail("PgBouncer is not installed")
        pytest.skip("PgBouncer is not installed: apt-get install pgbouncer")
    with socket.create_server(("127.0.0.1", 0)) as free:
        own_port = free.getsockname()[1]
    with TemporaryDirectory() as folder, _running(Path(folder), server, own_port, size) as process:
        _wait_for(own_port, process)
        yield f"127.0.0.1:{own_port}"


@contextmanager
def _running(folder: Path, server: str, own_port: int, size: int) -> Iterator["subprocess.Popen[bytes]"]:
    host, _, port = server.rpartition(":")
    (folder / "users").write_text('"postgres" ""\n')
    written = _CONFIGURATION.format(host=host, port=port, own_port=own_port, folder=folder, size=size)
    (folder / "pgbouncer.ini").write_text(written)
    command = [str(PROGRAM), str(folder / "pgbouncer.ini")]
    if os.geteuid() == 0:  # it does not run as root
        for each in (folder, *folder.iterdir()):
            shutil.chown(each, "nobody")
        command[1:1] = ["-u", "nobody"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = monotonic() + 30
    while monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        sleep(0.02)
    pytest.fail("PgBouncer does not listen")
