"""For the demo company's business API: its customers, orders, plans and bills, in memory.

The dates move with the calendar, so that "arrives tomorrow" stays true.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any

from bot.errors import RateLimited

CODE_SECONDS = 300
CODES, CODES_SECONDS = 5, 600  # a number gets so many codes in this time: nobody's phone is flooded from here
WRONG_CODES = 3
KEYS_KEPT = 1000
CLOCK = timezone(timedelta(hours=8))  # the company's

_STATUS_ZH = {
    "paid": "已付款",
    "packed": "已打包",
    "shipped": "已发货",
    "delivered": "已签收",
    "returned": "已退货",
    "cancelled": "已取消",
}
_CARRIER_ZH = {"Yunlu Express": "云鹿速运"}
# number: status, item in English and Chinese, carrier, tracking number, days until it arrives
OrderRow = tuple[str, str, str, str | None, str | None, int | None]
_ORDERS: dict[str, OrderRow] = {
    "QC20260001": ("shipped", "Qing 5 phone, 256 GB", "晴 5 手机 256 GB", "Yunlu Express", "YL7730921", 1),
    "QC20260002": ("paid", "SIM card with the Plus plan", "尊享套餐电话卡", None, None, 3),
    "QC20260003": ("packed", "Wi-Fi 7 router", "Wi-Fi 7 路由器", None, None, 2),
    "QC20260004": ("delivered", "Wireless earbuds", "无线耳机", "Yunlu Express", "YL7730544", None),
    "QC20260005": ("returned", "Phone case, green", "绿色手机壳", "Yunlu Express", "YL7729810", None),
    "QC20260006": ("cancelled", "Power bank, 20,000 mAh", "20000 毫安时充电宝", None, None, None),
}
# id: name in English and Chinese, yuan a month, GB (None: as much as you like), minutes
_PLANS: dict[str, tuple[str, str, int, int | None, int]] = {
    "senior": ("Senior", "孝心", 19, 2, 200),
    "light": ("Light", "轻享", 39, 10, 100),
    "everyday": ("Everyday", "畅享", 59, 30, 300),
    "plus": ("Plus", "尊享", 99, 80, 800),
    "unlimited": ("Unlimited", "无限", 159, None, 1500),
}


@dataclass
class Customer:
    """Who has a contract. `bound`: a phone was bought with it, so the plan can only become a dearer one."""

    plan: str
    balance: float
    data_used: float
    minutes_used: int
    orders: list[str]
    bound: bool = False
    next_plan: str | None = None


@dataclass
class SentCode:
    code: str
    until: float
    wrong: int = 0


@dataclass
class Company:
    """All that the demo company knows. Every change goes through `once`."""

    order_rows: dict[str, OrderRow] = field(default_factory=lambda: dict(_ORDERS))
    customers: dict[str, Customer] = field(
        default_factory=lambda: {
            "13800000001": Customer("everyday", 46.5, 21.4, 118, ["QC20260001", "QC20260002", "QC20260004"]),
            "13800000002": Customer("light", 12.0, 9.6, 97, ["QC20260003", "QC20260005", "QC20260006"]),
            "13800000003": Customer("plus", 180.0, 33.0, 240, [], bound=True),
        }
    )
    filed: list[dict[str, Any]] = field(default_factory=list)
    _codes: dict[str, SentCode] = field(default_factory=dict)
    _sent: dict[str, list[float]] = field(default_factory=dict)
    _answers: OrderedDict[str, dict[str, Any]] = field(default_factory=OrderedDict)

    def once(self, key: str, do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What `do` returns; the same key again gets the same answer, and nothing is done twice."""
        if key not in self._answers:
            self._answers[key] = do()
            if len(self._answers) > KEYS_KEPT:
                self._answers.popitem(last=False)
        return self._answers[key]

    def order(self, number: str) -> dict[str, Any] | None:
        row = self.order_rows.get(number)
        if row is None:
            return None
        status, item, item_zh, carrier, tracking, days = row
        return {
            "number": number,
            "status": status,
            "status_zh": _STATUS_ZH[status],
            "item": item,
            "item_zh": item_zh,
            "carrier": carrier,
            "carrier_zh": _CARRIER_ZH.get(carrier or ""),
            "tracking": tracking,
            "eta": (_today() + timedelta(days=days)).isoformat() if days is not None else None,
        }

    def owns(self, phone: str, number: str) -> bool:
        return phone in self.customers and number in self.customers[phone].orders

    def cancel(self, number: str) -> dict[str, Any]:
        _, item, item_zh, *_ = self.order_rows[number]
        self.order_rows[number] = ("cancelled", item, item_zh, None, None, None)
        return self.order(number) or {}

    def orders(self, phone: str) -> list[dict[str, Any]]:
        """The newest first."""
        numbers = self.customers[phone].orders if phone in self.customers else []
        return [order for number in reversed(numbers) if (order := self.order(number))]

    def send_code(self, phone: str) -> dict[str, Any]:
        """Here the code is in the answer, as a hint; a real company sends it by SMS and says nothing."""
        now = time.monotonic()
        recent = [at for at in self._sent.get(phone, []) if at > now - CODES_SECONDS]
        if len(recent) >= CODES:
            raise RateLimited("Enough codes for this number.", retry_after=CODES_SECONDS)
        self._sent[phone] = [*recent, now]
        code = f"{secrets.randbelow(1_000_000):06}"
        self._codes[phone] = SentCode(code, now + CODE_SECONDS)
        return {"sent": True, "hint": code}

    def code_for(self, phone: str) -> str:
        """What the SMS says."""
        return self._codes[phone].code

    def forget_codes(self) -> None:
        """As if none had been sent lately."""
        self._codes.clear()
        self._sent.clear()

    def check_code(self, phone: str, code: str) -> bool:
        """A code is good for one time, five minutes and three tries."""
        sent = self._codes.get(phone)
        if sent is None or time.monotonic() > sent.until or sent.wrong >= WRONG_CODES:
            return False
        if hmac.compare_digest(code.encode(), sent.code.encode()):
            del self._codes[phone]
            return True
        sent.wrong += 1
        return False

    def account(self, phone: str) -> dict[str, Any] | None:
        customer = self.customers.get(phone)
        if customer is None:
            return None
        plan = _plan(customer.plan)
        data = plan["data_gb"]
        return {
            "plan": plan,
            "next_plan": _plan(customer.next_plan) if customer.next_plan else None,
            "balance": customer.balance,
            "data_left_gb": None if data is None else round(data - customer.data_used, 1),
            "minutes_left": plan["minutes"] - customer.minutes_used,
            "renews_on": _next_month().isoformat(),
        }

    def bills(self, phone: str) -> list[dict[str, Any]] | None:
        """This month's so far, then last month's."""
        customer = self.customers.get(phone)
        if customer is None:
            return None
        this = _today().replace(day=1)
        last = (this - timedelta(days=1)).replace(day=1)
        plan = _plan(customer.plan)
        fee = {"name": f"{plan['name']} plan", "name_zh": f"{plan['name_zh']}套餐", "amount": plan["price"]}
        extra = {"name": "Data booster, 5 GB", "name_zh": "5 GB 加油包", "amount": 10}
        return [
            {"month": this.isoformat()[:7], "paid": False, "total": plan["price"], "items": [fee]},
            {
                "month": last.isoformat()[:7],
                "paid": True,
                "total": plan["price"] + 10,
                "items": [fee, extra],
            },
        ]

    def plans(self, phone: str) -> list[dict[str, Any]] | None:
        """What this customer may change to, or, with a change booked, go back to."""
        customer = self.customers.get(phone)
        if customer is None:
            return None
        price = _PLANS[customer.plan][2]
        return [
            _plan(name)
            for name, plan in _PLANS.items()
            if name not in {customer.next_plan or customer.plan, "senior"}
            and (plan[2] > price or not customer.bound or name == customer.plan)
        ]

    def change_plan(self, phone: str, plan: str) -> dict[str, Any]:
        customer = self.customers[phone]
        customer.next_plan = plan if plan != customer.plan else None
        return {"plan": _plan(plan), "from": _next_month().isoformat()}

    def free_visits(self) -> list[dict[str, str]]:
        """The next two days; tomorrow's morning is taken."""
        days = [(_today() + timedelta(days=ahead)).isoformat() for ahead in (1, 2)]
        parts = ("morning", "afternoon", "evening")
        return [{"day": day, "part": part} for day in days for part in parts][1:5]

    def file(self, prefix: str, details: dict[str, Any]) -> dict[str, Any]:
        """A visit, a complaint or a call-back, under a number of its own."""
        number = f"{prefix}{datetime.now(CLOCK):%y%m%d}{len(self.filed) + 1:03}"
        self.filed.append({"number": number, **details})
        return {"number": number}

    def booking(self, prefix: str, number: str) -> dict[str, Any] | None:
        """A visit or a call-back that has not been cancelled."""
        mine = (each for each in self.filed if each["number"] == number and number.startswith(prefix))
        return next((each for each in mine if not each.get("cancelled")), None)


def _plan(name: str) -> dict[str, Any]:
    english, chinese, price, data, minutes = _PLANS[name]
    return {
        "id": name,
        "name": english,
        "name_zh": chinese,
        "price": price,
        "data_gb": data,
        "minutes": minutes,
    }


def _today() -> date:
    return datetime.now(CLOCK).date()


def _next_month() -> date:
    return (_today().replace(day=28) + timedelta(days=4)).replace(day=1)
