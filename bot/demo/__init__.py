"""For who tries the product: the business API of the demo company, until BUSINESS_API_URL names the
real one.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Header, Path
from pydantic import BaseModel, Field

from bot.demo.company import Company
from bot.errors import Forbidden, NotAuthenticated, NotFound, WrongState

T = TypeVar("T")

Phone = Annotated[str, Field(pattern=r"^1\d{10}$")]
Text = Annotated[str, Field(max_length=500)]
Part = Annotated[str, Field(pattern="^(morning|afternoon|evening)$")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Bookings = Annotated[str, Path(pattern="^(visits|callbacks)$")]
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=400)]

PREFIXES = {"visits": "WX", "callbacks": "HD"}  # of their numbers


class ForPhone(BaseModel):
    phone: Phone


class Code(ForPhone):
    code: Annotated[str, Field(max_length=20)]


class PlanChange(BaseModel):
    plan: Text


class Time(BaseModel):
    day: Day
    part: Part


class Visit(Time):
    place: Text
    what: Text


class Complaint(BaseModel):
    what: Text
    kind: Text | None = None
    phone: Phone | None = None


class Callback(ForPhone, Time):
    """A call to this phone."""


def demo_business(token: str, company: Company | None = None) -> APIRouter:
    """The calls that README.md lists, behind the bearer `token`; one effect for each `Idempotency-Key`."""
    company = company or Company()

    def proven(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise NotAuthenticated("The business API wants its token.", remedy="Set BUSINESS_API_TOKEN.")

    router = APIRouter(dependencies=[Depends(proven)])
    _add_orders(router, company)
    _add_codes(router, company)
    _add_customers(router, company)
    _add_requests(router, company)
    _add_changes(router, company)
    return router


def _add_orders(router: APIRouter, company: Company) -> None:
    @router.get("/orders/{number}")
    async def order(number: str) -> dict[str, Any]:
        return _found(company.order(number.upper()), "order")

    @router.post("/orders/{number}/cancel")
    async def cancel(number: str, body: ForPhone, key: Key) -> dict[str, Any]:
        def do() -> dict[str, Any]:
            known = _found(company.order(number.upper()), "order")
            if not company.owns(body.phone, known["number"]):
                raise Forbidden("The order is another customer's.")
            if known["status"] not in {"paid", "packed"}:
                raise WrongState("The order has been sent, or is over.")
            return company.cancel(known["number"])

        return company.once(key, do)


def _add_codes(router: APIRouter, company: Company) -> None:
    @router.post("/codes")
    async def send_code(body: ForPhone, key: Key) -> dict[str, Any]:
        return company.once(key, lambda: company.send_code(body.phone))

    @router.post("/codes/check")
    async def check_code(body: Code, key: Key) -> dict[str, Any]:
        return company.once(key, lambda: {"right": company.check_code(body.phone, body.code)})


def _add_customers(router: APIRouter, company: Company) -> None:
    @router.get("/customers/{phone}/orders")
    async def orders(phone: str) -> list[dict[str, Any]]:
        return company.orders(phone)

    @router.get("/customers/{phone}/account")
    async def account(phone: str) -> dict[str, Any]:
        return _found(company.account(phone), "contract")

    @router.get("/customers/{phone}/bills")
    async def bills(phone: str) -> list[dict[str, Any]]:
        return _found(company.bills(phone), "contract")

    @router.get("/customers/{phone}/plans")
    async def plans(phone: str) -> list[dict[str, Any]]:
        return _found(company.plans(phone), "contract")

    @router.post("/customers/{phone}/plan")
    async def change_plan(phone: str, body: PlanChange, key: Key) -> dict[str, Any]:
        def do() -> dict[str, Any]:
            if body.plan not in [plan["id"] for plan in _found(company.plans(phone), "contract")]:
                raise WrongState("This plan is not offered to this customer.")
            return company.change_plan(phone, body.plan)

        return company.once(key, do)


def _add_requests(router: APIRouter, company: Company) -> None:
    @router.get("/visits/free")
    async def free_visits() -> list[dict[str, str]]:
        return company.free_visits()

    @router.post("/visits")
    async def visit(body: Visit, key: Key) -> dict[str, Any]:
        return company.once(key, _filing(company, PREFIXES["visits"], body))

    @router.post("/complaints")
    async def complaint(body: Complaint, key: Key) -> dict[str, Any]:
        return company.once(key, _filing(company, "TS", body))

    @router.post("/callbacks")
    async def callback(body: Callback, key: Key) -> dict[str, Any]:
        return company.once(key, _filing(company, PREFIXES["callbacks"], body))


def _add_changes(router: APIRouter, company: Company) -> None:
    @router.post("/{bookings}/{number}/move")
    async def move(bookings: Bookings, number: str, body: Time, key: Key) -> dict[str, Any]:
        def do() -> dict[str, Any]:
            if bookings == "visits" and body.model_dump() not in company.free_visits():
                raise WrongState("The technician is not free then.")
            return _changed(company, bookings, number, body.model_dump())

        return company.once(key, do)

    @router.post("/{bookings}/{number}/cancel")
    async def cancel(bookings: Bookings, number: str, key: Key) -> dict[str, Any]:
        return company.once(key, lambda: _changed(company, bookings, number, {"cancelled": True}))


def _filing(company: Company, prefix: str, body: BaseModel) -> Callable[[], dict[str, Any]]:
    return lambda: company.file(prefix, body.model_dump())


def _changed(company: Company, bookings: str, number: str, change: dict[str, Any]) -> dict[str, Any]:
    _found(company.booking(PREFIXES[bookings], number), "booking").update(change)
    return {"number": number}


def _found(thing: T | None, what: str) -> T:
    if thing is None:
        raise NotFound(f"There is no such {what}.")
    return thing
