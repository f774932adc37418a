"""A role's credentials in place of an AccessKey: fetched by Alibaba Cloud's own package, and anew before they run out.

The package (``phoneid-bot[alibaba]``) is used through its synchronous half, in one thread: its asynchronous half stops
the event loop while it refreshes. It is told which kind of role there is, and so looks for no other.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr

from bot.cams.signing import Credentials
from bot.errors import CredentialsUnavailable, SettingsError
from bot.interfaces import Clock
from bot.repeating import repeating
from bot.texts import terminal

ITS_LOGGER = "credentials"
"""What the package logs under, to standard error, with answers in which secrets stand."""

RENEWED_EVERY = 60.0
"""Seconds between two looks. The package fetches others only in the last quarter of an hour of those it has."""


@asynccontextmanager
async def open_role(role: Mapping[str, str], clock: Clock) -> AsyncIterator[Callable[[], Credentials]]:
    """The role's credentials while inside, renewed meanwhile. Raises ``SettingsError`` where it gives none.

    ``role``: the settings of the package's ``Config``.
    """
    try:
        credentials = RoleCredentials(role)
        await credentials.renew()
    except CredentialsUnavailable as error:
        raise SettingsError(terminal.role_unusable(str(error))) from None
    try:
        async with repeating(credentials.renew, every=RENEWED_EVERY, clock=clock):
            yield credentials.current
    finally:
        credentials.close()


class RoleCredentials:
    """What calls are signed with, for as long as a role gives it."""

    def __init__(self, role: Mapping[str, str]) -> None:
        """Raises ``CredentialsUnavailable`` where the package is missing or does not take the role's settings."""
        self._client = _client(role)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="credentials")
        self._current: Credentials | None = None

    def current(self) -> Credentials:
        """The newest, at once. They may be refused by now: then the API says so."""
        assert self._current is not None, "renewed before the first call"
        return self._current

    async def renew(self) -> None:
        """Fetch others if these run out soon. Raises ``CredentialsUnavailable``, and leaves these in use."""
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._thread, self._client.get_credential)
        except Exception as error:  # noqa: BLE001 - the package raises what its parts do, and quotes answers with secrets
            raise CredentialsUnavailable(type(error).__name__) from None
        self._current = Credentials(
            access_key_id=found.access_key_id,
            access_key_secret=SecretStr(found.access_key_secret),
            security_token=SecretStr(found.security_token),
        )

    def close(self) -> None:
        """Wait for nobody: what is being fetched is not needed any more."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _client(role: Mapping[str, str]) -> Any:
    try:
        from alibabacloud_credentials.client import Client
        from alibabacloud_credentials.models import Config
    except ImportError:
        raise CredentialsUnavailable("the package is not installed") from None
    its = logging.getLogger(ITS_LOGGER)
    its.handlers.clear()
    its.disabled = True
    try:
        return Client(Config(**role))
    except Exception as error:  # noqa: BLE001 - as above
        raise CredentialsUnavailable(type(error).__name__) from None
