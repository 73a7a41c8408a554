"""The held-out dialogues of tests/dialogues in the product: a visitor of the web page, gateway and brain."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from ruamel.yaml import YAML

from bot.language import language_of_text
from tests.dialogues import stories
from tests.dialogues.stories import Dialogue
from tests.support.business import Business
from tests.support.gateway import ROOT, Gateway
from tests.support.people import Agent, WebCustomer, agent_at_desk, web_customer

HANDOFF = "utter_handoff_"


@pytest.mark.parametrize(
    ("language", "database_url"), [("zh", "sqlite"), ("en", "postgresql")], indirect=["database_url"]
)
async def test_the_product_talks_as_the_dialogues_say(
    gateway: Gateway, business: Business, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    dialogues, wordings = stories.read(language), read_wordings()
    missed: dict[str, str] = {}
    async with agent_at_desk(gateway.url) as agent:
        await agent.is_("ready")
        for dialogue in dialogues:
            business.begin_anew()
            async with web_customer(gateway.url, language) as customer:
                instead = await differs(dialogue, customer, agent, wordings)
            if instead is not None:
                missed[dialogue.title] = instead
    with capsys.disabled():
        print(f"\n{stories.judge(dialogues, missed)}")


Wordings = dict[tuple[str, str], list[re.Pattern[str]]]


def read_wordings() -> Wordings:
    """By response and language, what it may read like; a sentence of regret may stand before it."""
    wordings: Wordings = defaultdict(list)
    for file in (ROOT / "stories" / "domain" / "responses").glob("*.yml"):
        for name, variations in YAML(typ="safe").load(file)["responses"].items():
            for variation in variations:
                language = variation["condition"][0]["value"]
                words = re.sub(r"\\\{\w+\\\}", ".+", re.escape(variation["text"].strip()))
                wordings[name, language].append(re.compile(rf"(?:[^\n]+\n)?{words}", re.DOTALL))
    return wordings


async def differs(dialogue: Dialogue, customer: WebCustomer, agent: Agent, wordings: Wordings) -> str | None:
    """What went another way than it is written, or None."""
    language, seq, heard = dialogue.language, 0, list[str]()
    for turn in dialogue.turns:
        language = language_of_text(turn.text) or language
        waiting = len(await agent.queue())
        await customer.says(stories.with_code(turn.text, heard))
        await customer.hears(lambda one, seq=seq: one.seq > seq)  # type: ignore[misc]
        thread = await customer.thread(seq)
        seq = thread[-1]["seq"]
        texts = [one["text"] for one in thread if one["author"] == "bot"]
        heard += texts + [choice["title"] for one in thread for choice in one["choices"]]
        spoken = [name for name in turn.said if not name.startswith(HANDOFF)]
        reasons = [name.removeprefix(HANDOFF) for name in turn.said if name.startswith(HANDOFF)]
        handed = [row["reason"] for row in (await agent.queue())[waiting:]]
        fits = [
            any(words.fullmatch(text) for words in wordings[name, language])
            for name, text in zip(spoken, texts, strict=False)
        ]
        if len(texts) != len(spoken) or not all(fits) or handed != reasons:
            return f"after {turn.text!r}: {[*texts, *handed]}"
    missing = [words for words in dialogue.told if words not in "\n".join(heard)]
    return f"never told: {missing}" if missing else None
