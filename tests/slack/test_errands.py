"""Whoever asked gets words, whatever Slack takes and in whatever order things arrive."""

import asyncio
from collections.abc import Sequence
from contextlib import asynccontextmanager
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from pydantic import SecretStr

from bot.lookups import Lookups
from bot.models import Actor, Answer, Lookup, NewLookup, PhoneNumber, Problem, State, Through
from bot.policy import Agents, Membership
from bot.slack import views
from bot.slack.errands import Errands, Visit
from bot.slack.payloads import Origin
from bot.slack.windows import Windows
from bot.store.sqlite import SqliteStore
