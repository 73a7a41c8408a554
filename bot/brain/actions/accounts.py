"""For customers: what is left of the data, what the bill says; only for who proves the number."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.brain import when
from bot.brain.actions.business import Refused, look_up, make_sense_of, make_sense_of_all
from bot.brain.actions.forms import AfterForm, Field, Form
from bot.brain.actions.proof import ask_for_another, forget_old_proof, whose_phone
from bot.brain.actions.talk import Talk, masked

QUESTIONS = {"data_balance": "account", "bill_query": "bill"}


class ValidateAccountForm(Form):
    form = "account_form"
    own = frozenset(QUESTIONS)

    def fields(self, talk: Talk) -> list[Field]:
        return whose_phone(talk, talk["account_question"] or "account")

    def opens(self, talk: Talk) -> None:
        forget_old_proof(talk)
        talk.remember("account_question", QUESTIONS.get(talk.intent, "account"))

    async def check(self, talk: Talk) -> None:
        try:
            await look_up(talk.tracker, f"/customers/{talk['verified_phone']}/account", "check_account")
        except Refused:
            ask_for_another(talk)

    def turns(self, talk: Talk) -> None:
        question = QUESTIONS.get(talk.intent, talk["account_question"])
        if question != talk["account_question"]:
            talk.remember("account_question", question)
            talk.turned = True


class LookUpAccount(AfterForm):
    def name(self) -> str:
        return "action_look_up_account"

    async def do(self, talk: Talk) -> None:
        tell = self._tell_bill if talk["account_question"] == "bill" else self._tell_account
        await tell(talk, talk["verified_phone"])

    async def _tell_account(self, talk: Talk, phone: str) -> None:
        answer = await look_up(talk.tracker, f"/customers/{phone}/account", self.name())
        account = make_sense_of(
            answer, "plan", "balance", "data_left_gb", "minutes_left", "renews_on", "next_plan"
        )
        plan = make_sense_of(account["plan"], "name", "price")
        endless = account["data_left_gb"] is None
        talk.say(
            "utter_account_unlimited" if endless else "utter_account",
            phone_masked=masked(phone),
            plan_name=talk.named(plan, "name"),
            plan_price=plan["price"],
            balance=money(account["balance"]),
            data_left=account["data_left_gb"],
            minutes_left=account["minutes_left"],
            renews_on=talk.day(account["renews_on"]),
        )
        if account["next_plan"]:
            next_plan = make_sense_of(account["next_plan"], "name")
            values = {"plan_name": talk.named(next_plan, "name"), "plan_from": talk.day(account["renews_on"])}
            talk.say("utter_next_plan", **values)

    async def _tell_bill(self, talk: Talk, phone: str) -> None:
        answer, listed = await asyncio.gather(
            look_up(talk.tracker, f"/customers/{phone}/account", self.name()),
            look_up(talk.tracker, f"/customers/{phone}/bills", self.name()),
        )
        account = make_sense_of(answer, "balance")
        bills = make_sense_of_all(listed, "month", "total", "items", "paid")
        if not bills:
            talk.say("utter_no_bill", phone_masked=masked(phone))
            return
        this, *before = bills
        balance = money(account["balance"])
        talk.say("utter_bill", phone_masked=masked(phone), balance=balance, **_bill(talk, this))
        for last in before[:1]:
            response = "utter_last_bill_paid" if last["paid"] else "utter_last_bill_open"
            talk.say(response, **_bill(talk, last))


def money(yuan: float) -> str:
    """59, 46.50"""
    return f"{yuan:.0f}" if float(yuan).is_integer() else f"{yuan:.2f}"


def _bill(talk: Talk, bill: dict[str, Any]) -> dict[str, str]:
    items = make_sense_of_all(bill["items"], "name", "amount")
    between, unit = ("：", "元") if talk.language == "zh" else (": ", "yuan")
    lines = (f"{talk.named(item, 'name')}{between}{money(item['amount'])} {unit}" for item in items)
    return {
        "bill_month": when.month_in_words(bill["month"], talk.language),
        "bill_total": money(bill["total"]),
        "bill_lines": "\n".join(lines),
    }
