"""For tests of a bot in doubt: what it has to ask about, since nobody could know which matter is meant."""

from __future__ import annotations

UNCLEAR = {"zh": "那个东西怎么弄的来着", "en": "it is about the thing you sent me and the bill"}
ALSO_UNCLEAR = "那边的那个要多久"
