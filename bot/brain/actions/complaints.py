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
from bot.brain.actions.orders import numbers_in
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
MERELY = re.compile(  # says that something is bad, and not what happened
    r"你们?|这|那|家|公司|的|服务|态度|真的?|太|实在|也|怎么|什么|就是|特别|非常|简直|很|好|这么"
    r"|差劲?|烂|垃圾|坑人?|恶劣|糟糕?|不行|无语|不满意?|失望|服了|了|透|死|极|吧|啊|要|再|说"
    r"|\b(?:your?|yours|you guys|the|this|that|it|its|it.?s"
    r"|company|service|customer|support|is|are|was|such|so|too|just|really|very|absolutely|totally|a|an|of|all|ever|and|i|i.?m|am|want|have|to|not|happy|bad|worst|terrible|awful"
    r"|horrible|poor|rubbish|crap|trash|sucks?|joke|disgrace(?:ful)?|disappoint(?:ed|ing)|unacceptable"
    r"|ridiculous|useless|unhappy|fed up|with|about|please|here|again)\b",
    re.IGNORECASE,
)
WITHOUT_NUMBER = re.compile(
    r"(?:不|别)(?:想|愿意?|方便|用|打算|必|要)?(?:留|说|填)|不(?:想|愿意?)?给(?:你们?|您|了|号码?|电话|手机|吧|\W)*$"
    r"|没有?(?:电话|手机|号码)|^\W*不(?:方便|用|必|想|愿意)了?\W*$"
    r"|\bno (?:phone|number|thanks?|thank you|need)\b|\brather not\b"
    r"|\bjust file\b|\bskip\b|\bwithout (?:a |my )?(?:phone|number)"
    r"|(?:n.?t|\bnot) (?:have|want|wish|like|give|leave|need)\b.*\b(?:phone|number|call)|^i.?d not\b",
    re.IGNORECASE,
)
OWN = frozenset(
    {"complaint", "broadband_fault", "network_fault", "wrong_charge", "damaged_goods"}
    | {"order_status", "inform_order_number"}
)
NO_PHONE = "–"
EXCERPT = 450  # bytes
MISTYPED = 5  # so many digits are meant to be a number


class ValidateComplaintForm(Form):
    form = "complaint_form"
    own = OWN
    stopped_by = frozenset({"human", "stop", "goodbye", "not_helpful"})

    def fields(self, talk: Talk) -> list[Field]:
        return [Story(), Kind(), ContactPhone()]

    def opens(self, talk: Talk) -> None:
        talk.say("utter_complaint")

    def turns(self, talk: Talk) -> None:
        """An order that is named belongs to the story."""
        numbers = numbers_in(talk)
        if numbers and talk["complaint_story"]:
            _tell_more(talk)
            talk.say("utter_complaint_noted", order_number=numbers[-1])

    def is_needless(self, talk: Talk) -> bool:
        return False  # it may be part of the story

    async def fails(self, talk: Talk, asked: Field) -> None:
        await open_file(talk)

    async def stops(self, talk: Talk) -> None:
        await open_file(talk)


class Story(Words):
    slot = "complaint_story"
    words = r"经过|story"

    def __init__(self) -> None:
        super().__init__(least=2)

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        """Also what was told with the complaint itself; a question may be part of it."""
        told = units(MERELY.sub("", WISH.sub("", talk.text)))
        if asked:
            enough = told > 1 and talk.intent not in {"deny", *FOLLOW_UPS}
        else:
            whole = units(WISH.sub("", talk.text))
            enough = talk.intent == "complaint" and told > 1 and whole > LONG and not talk[self.slot]
        return excerpt(talk.said, EXCERPT) if enough else None

    async def remind(self, talk: Talk) -> None:
        talk.say("utter_remind_complaint_story")


class Kind(Field):
    slot = "complaint_kind"

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        chosen = talk.entity("kind")
        if chosen in {*KINDS, "other"} or not asked:
            return chosen
        told = "delivery" if numbers_in(talk) else _kind(talk.text)
        return told or ("other" if phone_in(talk.text) else None)  # the next answer already

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
    free = True  # whoever refuses may say so at length
    questions: ClassVar[Questions] = {**Phone.questions, BY_WHEN: "utter_complaint_promise"}

    def __init__(self) -> None:
        super().__init__("complaint")

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        refused = asked and (talk.intent == "deny" or WITHOUT_NUMBER.search(talk.text))
        return phone_in(talk.text) or (NO_PHONE if refused else None)

    async def handle(self, talk: Talk) -> bool:
        """Anything else is part of the story, and no number comes of it."""
        if numbers_in(talk):
            return True
        if (
            talk.is_aside(OWN, has_answer=True)
            or sum(character.isdigit() for character in talk.text) >= MISTYPED
        ):
            return False
        if talk.units() >= LONG:
            _tell_more(talk)
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


def _tell_more(talk: Talk) -> None:
    talk.remember("complaint_story", excerpt(f"{talk['complaint_story']} {talk.said}", EXCERPT))


def _kind(words: str) -> str | None:
    return next((kind for kind, pattern in KINDS.items() if re.search(pattern, words, re.IGNORECASE)), None)
