"""For customers: changes the plan of a number that they have proved to be theirs, to one that is offered."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from bot.brain.actions.asked import COST, FROM_WHEN
from bot.brain.actions.business import Refused, look_up, make_sense_of, make_sense_of_all, order_done
from bot.brain.actions.forms import AfterForm, Confirmed, Field, Form, Questions
from bot.brain.actions.proof import ask_for_another, forget_old_proof, whose_phone
from bot.brain.actions.talk import Talk, excerpt, masked

# said after a change: what was before is to stay
BACK = re.compile(
    r"反悔|后悔|原来的|以前的|老套餐|旧套餐|换回|改回|不换了|撤回"
    r"|\b(?:old|previous|former|original) (?:plan|one)\b|\b(?:keep|back|undo|changed my mind)\b",
    re.IGNORECASE,
)
NEEDS = ("student", "senior", "unlimited", "cheapest")
CHEAPEST = re.compile(r"最便宜|最低|\b(?:cheapest|lowest|the cheap)\b", re.IGNORECASE)
DEAREST = re.compile(
    r"最贵|最高|最大|最好|\b(?:dearest|most expensive|biggest|largest|best)\b", re.IGNORECASE
)


class AboutPlans(Action):
    """The plan for a need named in the message (`utter_plan_<entity>`), or all of them."""

    def name(self) -> str:
        return "action_plan_info"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        talk = Talk(dispatcher, tracker)
        need = next((name for name in NEEDS if talk.entity(name)), "info")
        talk.say(f"utter_plan_{need}")
        return talk.events


class ValidatePlanForm(Form):
    form = "plan_form"
    own = frozenset({"change_plan"})
    questions: ClassVar[Questions] = {
        COST: "utter_how_much_change_plan",
        FROM_WHEN: "utter_how_long_change_plan",
    }

    def fields(self, talk: Talk) -> list[Field]:
        values = {"phone_masked": masked(talk["verified_phone"] or ""), "plan_name": talk["plan_name"]}
        values["plan_price"] = talk["plan_price"]
        keeping = Keeping("utter_question_plan_keep", **values)
        changing = Confirmed("utter_question_plan_change", **values)
        return [*whose_phone(talk, "plan"), Plan(), keeping if talk["plan_kept"] else changing]

    def opens(self, talk: Talk) -> None:
        forget_old_proof(talk)
        # perhaps it names a plan: "put me on the 99 one"
        talk.remember("plan_wish", "back" if talk.entity("plan_back") else excerpt(talk.text, 100))

    def is_needless(self, talk: Talk) -> bool:
        """ "No change then" is a yes to keeping the plan."""
        return not talk["plan_kept"] and super().is_needless(talk)

    def turns(self, talk: Talk) -> None:
        if talk.intent == "change_plan" and not talk["verified_phone"]:
            talk.remember("plan_wish", excerpt(talk.text, 100))


class Plan(Field):
    """The plan's id; its name and price are for the question whether that is right."""

    slot = "plan"
    words = r"套餐|plan|档"

    async def read(self, talk: Talk, *, asked: bool) -> Any:
        if talk.is_question() and talk[self.slot]:
            return None  # "what does Light cost?" is no choice of it
        wish = talk.entity("plan_id") or talk.text
        if not (asked or talk.intent == "change_plan" or talk[self.slot]) or not talk["verified_phone"]:
            return None
        return await self._choose(talk, wish)

    async def guess(self, talk: Talk) -> Any:
        wish = talk["plan_wish"]
        if not (wish and talk["verified_phone"]):
            return None
        talk.remember("plan_wish", None)
        return await self._choose(talk, wish)

    async def ask(self, talk: Talk) -> None:
        offered = await _offered(talk)
        if offered is None:
            ask_for_another(talk)
        elif not offered:
            talk.hand_over("form_failed", "utter_no_plans")
        else:
            talk.say("utter_question_plan", buttons=[_chip(talk, plan) for plan in offered])

    async def ask_again(self, talk: Talk) -> None:
        talk.say("utter_invalid_plan", buttons=[_chip(talk, plan) for plan in await _offered(talk) or []])

    def is_attempt(self, talk: Talk) -> bool:
        return talk.is_lost() and not talk.is_question()

    async def handle(self, talk: Talk) -> bool:
        """Perhaps `read` has found that it is the plan they have."""
        return talk.has_asked

    async def _choose(self, talk: Talk, wish: str) -> str | None:
        offered = await _offered(talk)
        if offered is None:
            return None
        present, booked = await _present(talk)
        chosen = _named(offered, wish)
        if not chosen and (_is_named(present, wish) or (booked and self._goes_back(talk, wish))):
            chosen = [plan for plan in offered if plan["id"] == present["id"]]
            if not chosen:
                self._has_it(talk, present, offered, booked=booked)
        if len(chosen) != 1:
            return None
        talk.remember("plan_kept", chosen[0]["id"] == present["id"] or None)
        talk.remember("plan_name", talk.named(chosen[0], "name"))
        talk.remember("plan_price", chosen[0]["price"])
        return str(chosen[0]["id"])

    def _goes_back(self, talk: Talk, wish: str) -> bool:
        return talk[self.slot] is None and bool(BACK.search(wish))

    def _has_it(
        self, talk: Talk, present: dict[str, Any], offered: list[dict[str, Any]], *, booked: bool
    ) -> None:
        """There is nothing to change, or the change that is booked cannot be taken back here."""
        talk.remember(self.slot, None)
        talk.has_asked = True
        if booked:
            talk.say("utter_plan_undone_by_person")
            talk.leave()
        else:
            chips = [_chip(talk, plan) for plan in offered]
            talk.say("utter_plan_already", buttons=chips, plan_name=talk.named(present, "name"))


class Keeping(Confirmed):
    async def read(self, talk: Talk, *, asked: bool) -> Any:
        return True if asked and BACK.search(talk.text) else await super().read(talk, asked=asked)


class ChangePlan(AfterForm):
    def name(self) -> str:
        return "action_do_change_plan"

    async def do(self, talk: Talk) -> None:
        phone = talk["verified_phone"]
        body = {"plan": talk["plan"]}
        try:
            answer = await order_done(talk.tracker, f"/customers/{phone}/plan", self.name(), body)
        except Refused:
            talk.hand_over("form_failed", "utter_plan_refused")
            return
        done = make_sense_of(answer, "from")
        begins = talk.day(done["from"])
        response = "utter_plan_kept" if talk["plan_kept"] else "utter_plan_changed"
        values = {"phone_masked": masked(phone), "plan_name": talk["plan_name"], "plan_from": begins}
        talk.say(response, **values)


async def _offered(talk: Talk) -> list[dict[str, Any]] | None:
    """What this customer may change to, or None without a contract."""
    path = f"/customers/{talk['verified_phone']}/plans"
    if path not in talk.memo:
        try:
            talk.memo[path] = await look_up(talk.tracker, path, "plans_offered")
        except Refused:
            return None
    return make_sense_of_all(talk.memo[path], "id", "name", "name_zh", "price")


async def _present(talk: Talk) -> tuple[dict[str, Any], bool]:
    """The plan that the number is on, and whether another one is booked in its place."""
    path = f"/customers/{talk['verified_phone']}/account"
    if path not in talk.memo:
        talk.memo[path] = await look_up(talk.tracker, path, "present_plan")
    account = make_sense_of(talk.memo[path], "plan", "next_plan")
    plan = make_sense_of(account["plan"], "name", "price")
    return {"id": "", "name_zh": plan["name"], **plan}, bool(account["next_plan"])


def _named(plans: list[dict[str, Any]], wish: str) -> list[dict[str, Any]]:
    """Those that the words may mean."""
    by_price = sorted(plans, key=lambda plan: float(plan["price"]))
    if CHEAPEST.search(wish):
        return by_price[:1]
    if DEAREST.search(wish):
        return by_price[-1:]
    return [plan for plan in plans if _is_named(plan, wish)]


def _is_named(plan: dict[str, Any], wish: str) -> bool:
    """By its id, its name in either language, or its price: "the 99 one"."""
    names = filter(None, (plan["id"], plan["name"], plan["name_zh"]))
    by_name = any(re.search(rf"(?<![a-z]){re.escape(name.lower())}(?![a-z])", wish.lower()) for name in names)
    return by_name or bool(re.search(rf"(?<![\d.]){plan['price']}(?![\d.])", wish))


def _chip(talk: Talk, plan: dict[str, Any]) -> dict[str, str]:
    price = f"{plan['price']} 元" if talk.language == "zh" else f"{plan['price']} yuan"
    payload = f"/fill_form{json.dumps({'plan_id': plan['id']})}"
    return {"title": f"{talk.named(plan, 'name')} · {price}", "payload": payload}
