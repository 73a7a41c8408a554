"""For journeys: whole gateways, on SQLite and on PostgreSQL, with the real brain and fake platforms around them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.telegram import FakeTelegram
from tests.fakes.wechat import FakeWeChat
from tests.support.brain import Brain
from tests.support.gateway import Gateway, migrate, running_gateway
from tests.support.people import Agent, WebCustomer, agent_at_desk, web_customer
from tests.support.postgres import fresh_database
