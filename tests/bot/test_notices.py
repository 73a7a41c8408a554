"""The texts around a handoff: a gateway whose file is not right does not start, and says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.messages import Address, Incoming, Kind, Language
from bot.notices import load_notices
from bot.wording import NOTICES

ROOT = Path(__file__).parents[2]
WRITTEN = (ROOT / "stories" / "notices.yml").read_text("utf-8")


def content(folder: Path, right: str, wrong: str) -> Path:
    assert right in WRITTEN
    (folder / "stories").mkdir()
    (folder / "stories" / "notices.yml").write_text(WRITTEN.replace(right, wrong), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("withdrawn:", "withdrew:", "`withdrawn` is missing"),
        ("withdrawn:", "withdrew:\n  zh: 好\n  en: fine\n\nwithdrawn:", "nothing called `withdrew`"),
        ("  zh: 转人工", "  cn: 转人工", "`talk_to_human` has no text for zh"),
        ("  zh: 转人工", "  zh:", "`talk_to_human` has no text for zh"),
        ("  zh: 转人工", "  fr: un humain\n  zh: 转人工", "not in fr"),
        ('"{agent} is', '"{name} is', "nothing fills {name} here. Write {agent}"),
        ('"{agent} is', '"{} is', "nothing fills {} here"),
        ('"{agent} is', '"{agent.key} is', "nothing fills {agent.key} here"),
        ("您是第 {position} 位", "您是第 {position 位", "nothing fills { here"),
        ("  zh: 转人工", "  zh: 转{agent}", "This text has no placeholders: leave it out"),
        ("  zh: 转人工", "  zh: a: b", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    with pytest.raises(SettingsError, match=r"JIELI_CONTENT: .*notices\.yml") as refused:
        load_notices(content(tmp_path, right, wrong))
    assert told in str(refused.value)


def test_every_text_can_be_said_in_both_languages() -> None:
    notices = load_notices(ROOT)
    for name in NOTICES:
        for language in Language:
            assert notices.text(
                name, language, position=1, agent="小林", kind="图片", area="东区", notice="掉线"
            )


def test_every_kind_that_cannot_be_read_has_a_name() -> None:
    answered = {Kind.TEXT, Kind.CHOICE, Kind.START, Kind.LEFT}
    assert {f"kind_{kind.value}" for kind in set(Kind) - answered} <= NOTICES


LEAVES = [
    "算了不用了",
    "不用了谢谢",
    "不等了，谢谢",
    "好的，那不用了，麻烦你了",
    "谢谢，不需要了",
    "那我不等了吧",
    "我想了想，还是不用了",
    "actually forget it",
    "i changed my mind, stop waiting",
    "no need anymore",
    "ok thanks, no need",
    "Sorry, never mind then. Thank you!",
    "i don’t want to wait any more",
]
STAYS = [
    "不用了谢谢是什么意思",
    "不等了会怎么样？",
    "算了，先帮我查一下账单",
    "我不需要验证码，怎么办",
    "好的，谢谢",
    "forget it and tell me the price",
    "no need for the router, can i send it back",
    "do i still have to wait?",
    "never mind the bill, my phone is dead",
    "ok thanks",
]


@pytest.mark.parametrize(
    ("words", "leaves"), [*((one, True) for one in LEAVES), *((one, False) for one in STAYS)]
)
def test_who_waits_may_leave_the_queue_in_many_words_and_nothing_else(words: str, leaves: bool) -> None:
    said = Incoming(Address("web", "web", "somebody"), "key", Kind.TEXT, words)
    assert load_notices(ROOT).gives_up(said) is leaves
