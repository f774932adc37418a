"""The way out of this machine: the environment's proxies and the certificates to trust, read once for both halves.

httpx and Slack's SDK each read the environment in a manner of their own: one stumbles over entries of NO_PROXY, the
other knows no NO_PROXY, and they trust different certificates.
"""

import ipaddress
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

import certifi  # comes with httpx

from bot.checks import Check, Checklist, ok, stop
from bot.texts import terminal

PROXY_VARIABLES: Final = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
"""The first that says anything counts. HTTP_PROXY is for clear text, which stays on this machine."""

NO_PROXY_VARIABLES: Final = ("no_proxy", "NO_PROXY")

_PROXY = re.compile(
    r"(?:(?P<scheme>https?)://)?(?!\w[\w+.-]*://)"  # of any other kind: SOCKS
    r"(?:(?P<user>[^\s:]*)(?::(?P<password>\S*))?@)?"
    r"(?P<host>\[[0-9A-F:.]+\]|[A-Z0-9_.-]+)(?::(?P<port>[0-9]{1,5}))?/?",
    re.IGNORECASE | re.ASCII,
)

_DEFAULT_PORTS: Final = {"https": 443, "wss": 443}
"""What a proxy is for. Clear text leaves no machine: only loopback may have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """``trust`` is the TLS context for every connection that is not this machine's own."""

    trust: ssl.SSLContext
    proxy: str | None = field(default=None, repr=False)  # it may hold a password
    past_the_proxy: tuple[str, ...] = ()

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None, *, checks: Checklist | None = None) -> "Network":
        """As ``environment`` has it, or else the process's. Raises ``SettingsError`` for what cannot be used."""
        given = os.environ if environment is None else environment
        proxy, proxy_check = _proxy(given)
        trust, trust_check = _trust(given)
        (checks or Checklist()).heed([proxy_check, trust_check])
        assert trust, "without certificates there is no start"
        past = _first(given, NO_PROXY_VARIABLES)[1]
        return cls(trust=trust, proxy=proxy, past_the_proxy=tuple(re.split(r"[\s,]+", past.lower())))

    def proxy_for(self, url: str) -> str | None:
        """The proxy to send a request or a websocket for this URL through; ``None``: straight."""
        try:
            parts = urlsplit(url)
            port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
        except ValueError:  # no URL: whoever calls it finds out
            return None
        if self.proxy is None or port is None or parts.scheme not in _DEFAULT_PORTS:
            return None
        host = _ascii((parts.hostname or "").rstrip("."))
        is_past = _is_loopback(host) or any(_covers(each, host, port) for each in self.past_the_proxy)
        return None if is_past else self.proxy


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, str]:
    """The first of these variables that is not blank, and what it says."""
    return next(((name, value) for name in names if (value := environment.get(name, "").strip())), ("", ""))


def _proxy(environment: Mapping[str, str]) -> tuple[str | None, Check]:
    name, value = _first(environment, PROXY_VARIABLES)
    if not value:
        return None, ok("proxy", terminal.NO_PROXY_USED)
    match = _PROXY.fullmatch(value)
    if match is None or int(match["port"] or 0) > 65535:
        return None, stop("proxy", terminal.proxy_unusable(name))
    # Whatever stands in a password, both clients read it the same way.
    who = ":".join(quote(unquote(part), safe="") for part in (match["user"], match["password"]) if part is not None)
    where = match["host"] + (f":{match['port']}" if match["port"] else "")
    url = f"{(match['scheme'] or 'http').lower()}://{who}{'@' if who else ''}{where}"
    return url, ok("proxy", terminal.proxy_used(name))


def _covers(entry: str, host: str, port: int) -> bool:
    """Whether an entry of NO_PROXY means this host. One that makes no sense means none."""
    if entry == "*":
        return True
    entry = entry.rpartition("://")[2]
    name, _, own_port = entry.rpartition(":")
    if own_port.isdecimal() and (":" not in name or name.endswith("]")):  # not the end of an IPv6 address
        if own_port != str(port):
            return False
        entry = name
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(re.sub(r"[\[\]]", "", entry), strict=False)
    except ValueError:  # one of them is a name
        suffix = _ascii(re.sub(r"^\*?\.", "", entry).rstrip("."))
        return bool(suffix) and (host == suffix or host.endswith(f".{suffix}"))


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode().lower()
    except UnicodeError:
        return host.lower()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _trust(environment: Mapping[str, str]) -> tuple[ssl.SSLContext | None, Check]:
    trust = _trusted(*(environment.get(name, "").strip() for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")))
    if trust is None:
        return None, stop("certificates", terminal.CERTIFICATES_UNUSABLE)
    # SSLKEYLOGFILE, forgotten or planted: whoever has these keys reads every code.
    trust.keylog_filename = None  # type: ignore[assignment] # typeshed does not know that this ends it
    return trust, ok("certificates", terminal.CERTIFICATES_THERE)


@cache  # reading some hundred certificates takes longer than all else at a start, and both halves want them
def _trusted(file: str, folder: str) -> ssl.SSLContext | None:
    """What SSL_CERT_FILE and SSL_CERT_DIR name, else the system's certificates, else those that come with httpx.

    OpenSSL would take a file or folder without certificates in silence, and then trust nobody.
    """
    try:
        if file or folder:
            context = ssl.create_default_context(cafile=file or None, capath=folder or None)
            is_usable = bool(context.get_ca_certs()) or any(map(_holds_certificates, folder.split(os.pathsep)))
            return context if is_usable else None
    except OSError:
        return None
    context = ssl.create_default_context()
    has_any = bool(context.get_ca_certs()) or _holds_certificates(ssl.get_default_verify_paths().capath or "")
    return context if has_any else ssl.create_default_context(cafile=certifi.where())


def _holds_certificates(folder: str) -> bool:
    """Whether a folder holds certificates under the names by which OpenSSL finds them when it needs them."""
    return bool(folder) and any(re.fullmatch(r"[0-9a-f]{8}\.\d+", each.name) for each in Path(folder).glob("*.*"))
