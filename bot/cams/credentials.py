"""A role's credentials in place of an AccessKey: fetched by Alibaba Cloud's own package, and anew before they run out.

The package (the extra ``alibaba``) is used through its synchronous half, in one thread: its asynchronous half stops
the event loop while it refreshes. It is told which kind of role there is, and so looks for no other.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr

from bot.cams.signing import Credentials
from bot.errors import ApiError, CredentialsRefused, CredentialsUnavailable, SettingsError
from bot.interfaces import Clock
from bot.models import Problem
from bot.repeating import repeating
from bot.texts import terminal

log = logging.getLogger(__name__)

ITS_LOGGER = "credentials"
"""What the package logs under, to standard error, with answers in which secrets stand."""

RENEWED_EVERY = 60.0
"""Seconds between two looks. The package fetches others only in the last quarter of an hour of those it has."""

SOUGHT_EVERY = 5.0
"""The same while there are none."""

_STATUS = re.compile(r"http_?code\W+(\d{3})", re.IGNORECASE)
"""The HTTP status of an answer, in the package's words: it has no other place for it."""

_PASSING = frozenset({408, 429})
"""Of the statuses that refuse, those that are about this moment."""


@asynccontextmanager
async def open_role(role: Mapping[str, str], clock: Clock) -> AsyncIterator[Callable[[], Credentials]]:
    """The role's credentials while inside, sought and renewed meanwhile. Where the service is away there are none yet.

    ``role``: the settings of the package's ``Config``. Raises ``SettingsError`` where waiting is no use.
    """
    try:
        credentials = RoleCredentials(role)
    except CredentialsRefused as error:
        raise SettingsError(terminal.role_unusable(str(error))) from None
    try:
        try:
            await credentials.renew()
        except CredentialsRefused as error:
            raise SettingsError(terminal.role_unusable(str(error))) from None
        except CredentialsUnavailable:
            pass  # they are sought again at once, and then it is told
        async with repeating(credentials.keep_up, every=credentials.pause, clock=clock):
            yield credentials.current
    finally:
        credentials.close()


class RoleCredentials:
    """What calls are signed with, for as long as a role gives it."""

    def __init__(self, role: Mapping[str, str]) -> None:
        """Raises ``CredentialsRefused`` where the package is missing or does not take the role's settings."""
        self._client = _client(role)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="credentials")
        self._current: Credentials | None = None
        self._why = ""

    def current(self) -> Credentials:
        """The newest, at once. They may be refused by now: then the API says so.

        Raises ``ApiError`` before the first.
        """
        if self._current is None:
            raise ApiError(Problem.NO_CREDENTIALS, cause=self._why)
        return self._current

    def pause(self) -> float:
        """Seconds until the next look."""
        return RENEWED_EVERY if self._current else SOUGHT_EVERY

    async def keep_up(self) -> None:
        """Renew them, and tell the log where that is not possible."""
        try:
            await self.renew()
        except CredentialsUnavailable as error:
            log.warning("no role credentials", extra={"facts": {"cause": str(error)}})

    async def renew(self) -> None:
        """Fetch others if these run out soon. Raises ``CredentialsUnavailable`` or ``CredentialsRefused``, and leaves
        these in use."""
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._thread, self._client.get_credential)
        except Exception as error:  # noqa: BLE001 - the package raises what its parts do, and quotes answers with secrets
            told = _told(error)
            self._why = str(told)
            raise told from None
        self._current = Credentials(
            access_key_id=found.access_key_id,
            access_key_secret=SecretStr(found.access_key_secret),
            security_token=SecretStr(found.security_token),
        )

    def close(self) -> None:
        """Wait for nobody: what is being fetched is not needed any more."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _told(error: Exception) -> CredentialsUnavailable:
    """What the package's error means, in words of ours: it says more than may be known."""
    from Tea.exceptions import RetryError  # it comes with the package, and stands for all errors of the network

    if isinstance(error, OSError):
        return CredentialsRefused(terminal.ROLE_FILE_UNREADABLE)
    if isinstance(error, RetryError):
        return CredentialsUnavailable(terminal.ROLE_SERVICE_AWAY)
    found = _STATUS.search(str(error))
    if found is None:
        return CredentialsUnavailable(terminal.ROLE_ANSWER_UNUSABLE)
    status = int(found[1])
    if 400 <= status < 500 and status not in _PASSING:
        return CredentialsRefused(terminal.role_refused(status))
    return CredentialsUnavailable(terminal.role_service_failed(status))


def _client(role: Mapping[str, str]) -> Any:
    try:
        from alibabacloud_credentials.client import Client
        from alibabacloud_credentials.models import Config
    except ImportError:
        raise CredentialsRefused(terminal.ROLE_PACKAGE_MISSING) from None
    its = logging.getLogger(ITS_LOGGER)
    its.handlers.clear()
    its.disabled = True
    try:
        return Client(Config(**role))
    except Exception:  # noqa: BLE001 - as above
        raise CredentialsRefused(terminal.ROLE_SETTINGS_UNUSABLE) from None
