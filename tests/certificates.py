"""A company's own authority, and certificates of a server: its own, and nobody's."""

import ssl
import subprocess
from pathlib import Path

import pytest

NAMES = ("-addext", "subjectAltName=DNS:cams.example,DNS:slack.example", "-addext", "basicConstraints=CA:FALSE")
"""A server's is no authority: from Python 3.13 on one that is, and does not say what for, is trusted by nobody."""
BY_COMPANY = ("-CA", "ca.pem", "-CAkey", "ca.key")


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``ca.pem``, the company's authority, and ``server.pem``, which it vouches for."""
    folder = tmp_path_factory.mktemp("company")
    make(folder, "ca", "-days", "1", "-subj", "/CN=company", "-addext", "keyUsage=critical,keyCertSign")
    make(folder, "server", "-days", "1", "-subj", "/CN=server", *NAMES, *BY_COMPANY)
    make(folder, "nobody", "-days", "1", "-subj", "/CN=server", *NAMES)
    return folder


def make(folder: Path, name: str, *arguments: str) -> None:
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    files = ("-keyout", f"{name}.key", "-out", f"{name}.pem")
    subprocess.run(
        ["openssl", "req", "-x509", *key, *arguments, *files], cwd=folder, check=True, capture_output=True, timeout=30
    )


def server_side(folder: Path, name: str = "server") -> ssl.SSLContext:
    """What a server with that certificate needs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context
