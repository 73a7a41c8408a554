"""For tests of a bot in doubt: what it has to ask about, since nobody could know which matter is meant."""

from __future__ import annotations

UNCLEAR = {"zh": "流量这块有点疑问", "en": "it is about the thing you sent me and the bill"}
ALSO_UNCLEAR = "宽带和手机卡"
