"""For customers with a complaint: lets them speak, asks little, opens a file, and brings in a person.

Whoever wants no questions gets none: a refusal hands over at once, with all that is known by then.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from bot.brain.actions.appointments import Words
from bot.brain.actions.asked import BY_WHEN
from bot.brain.actions.business import make_sense_of, order_done
from bot.brain.actions.forms import FOLLOW_UPS, AfterForm, Field, Form, Questions
from bot.brain.actions.proof import Phone, phone_in
from bot.brain.actions.talk import LONG, Talk, excerpt, units

KINDS = {
    "network": r"网络|信号|宽带|断网|掉线|网速|signal|network|internet|broadband|wi-?fi|calls? drop",
    "bill": r"扣费|话费|账单|乱扣|多收|收费|退款|bill|charge|fee|refund|overcharg",
    "delivery": r"快递|物流|发货|送货|包裹|订单|deliver|parcel|courier|shipping|order",
    "service": r"态度|客服|师傅|店员|店长|柜台|营业[厅员]|员工|工作人员|经理|服务|敷衍|不耐烦|骂|吼"
    r"|rude|staff|technician|agent|attitude|service|shop|clerk|assistant|manager|yell|shout|swore|insult",
}
WISH = re.compile(  # says that there is a complaint, and not what it is
    r"(?:我要|我想|我来)?投诉"
    r"|\b(?:i (?:want|would like|need|have)(?: to)?|i.d like to)? ?(?:make a |a )?complain(?:t|ing)?\b"
    r"(?: about)?",
    re.IGNORECASE,
)
NO_PHONE = "–"
EXCERPT = 450  # bytes
MISTYPED = 5  # so many digits are meant to be a number


class ValidateComplaintForm(Form):
    form = "complaint_form"
    own = frozenset({"complaint", "broadband_fault", "network_fault", "wrong_charge", "damaged_goods"})
    stopped_by = frozenset({"human", "stop", "goodbye", "not_helpful"})

    def fields(self, talk: Talk) -> list[Field]:
        return [Story(), Kind(), ContactPhone()]

    def opens(self, talk: Talk) -> None:
        talk.say("utter_complaint")

    def is_needless(self, talk: Talk) -> bool:
        return False  # it may be part of the story

    async def stops(self, talk: Talk) -> None:
        await open_file(talk)


class Story(Words):
    slot = "complaint_story"
    words = r"经过|story"

    def __init__(self) -> None:
        super().__init__(least=2)

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        """Also what was told with the complaint itself; a question may be part of it."""
        if asked:
            told = talk.units() > 1 and talk.intent not in {"deny", *FOLLOW_UPS}
        else:
            told = talk.intent == "complaint" and units(WISH.sub("", talk.text)) > LONG
        return excerpt(talk.said, EXCERPT) if told else None


class Kind(Field):
    slot = "complaint_kind"

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        chosen = talk.entity("kind")
        if chosen in {*KINDS, "other"} or not asked:
            return chosen
        return _kind(talk.text) or ("other" if phone_in(talk.text) else None)  # the next answer already

    async def guess(self, talk: Talk) -> Any:
        return _kind(talk["complaint_story"] or "")

    async def handle(self, talk: Talk) -> bool:
        """Whatever else is said is part of the story: nobody is asked twice."""
        if talk.intent == "deny":
            return False
        talk.remember(self.slot, "other")
        return True


class ContactPhone(Phone):
    """A number to call back on; a customer who would rather not is not pressed."""

    slot = "phone"
    questions: ClassVar[Questions] = {**Phone.questions, BY_WHEN: "utter_complaint_promise"}

    def __init__(self) -> None:
        super().__init__("complaint")

    async def handle(self, talk: Talk) -> bool:
        if sum(character.isdigit() for character in talk.text) >= MISTYPED:
            return False
        if talk.intent != "deny" and talk.units() >= LONG:
            talk.remember("complaint_story", excerpt(f"{talk['complaint_story']} {talk.said}", EXCERPT))
        talk.remember(self.slot, NO_PHONE)
        return True


class OpenComplaint(AfterForm):
    def name(self) -> str:
        return "action_open_complaint"

    async def do(self, talk: Talk) -> None:
        await open_file(talk)


async def open_file(talk: Talk) -> None:
    """With what is known by now: its number is told, and a person takes over."""
    phone = talk["phone"]
    body = {
        "kind": talk["complaint_kind"] or "other",
        "what": talk["complaint_story"] or "",
        "phone": None if phone == NO_PHONE else phone,
    }
    answer = await order_done(talk.tracker, "/complaints", "open_complaint", body)
    number = make_sense_of(answer, "number")["number"]
    talk.remember("complaint_file", number)
    talk.hand_over("complaint", "utter_complaint_opened", complaint_file=number)


def _kind(words: str) -> str | None:
    return next((kind for kind, pattern in KINDS.items() if re.search(pattern, words, re.IGNORECASE)), None)
