"""For who tries the product: a small business API of the demo company, until BUSINESS_API_URL names the
real one.

The dates move with the calendar, so that "arrives tomorrow" stays true.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header

from bot.errors import NotAuthenticated, NotFound

_STATUS_ZH = {
    "paid": "已付款",
    "packed": "已打包",
    "shipped": "已发货",
    "delivered": "已签收",
    "returned": "已退货",
    "cancelled": "已取消",
}
# number: status, item in English and Chinese, carrier, tracking number, days until it arrives
_CARRIER_ZH = {"Yunlu Express": "云鹿速运"}
_ORDERS: dict[str, tuple[str, str, str, str | None, str | None, int | None]] = {
    "QC20260001": ("shipped", "Qing 5 phone, 256 GB", "晴 5 手机 256 GB", "Yunlu Express", "YL7730921", 1),
    "QC20260002": ("paid", "SIM card with the Plus plan", "尊享套餐电话卡", None, None, 3),
    "QC20260003": ("packed", "Wi-Fi 7 router", "Wi-Fi 7 路由器", None, None, 2),
    "QC20260004": ("delivered", "Wireless earbuds", "无线耳机", "Yunlu Express", "YL7730544", None),
    "QC20260005": ("returned", "Phone case, green", "绿色手机壳", "Yunlu Express", "YL7729810", None),
    "QC20260006": ("cancelled", "Power bank, 20,000 mAh", "20000 毫安时充电宝", None, None, None),
}


def demo_business(token: str) -> APIRouter:
    """`GET /orders/{number}` of the demo company, behind the bearer `token`."""

    def proven(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise NotAuthenticated("The business API wants its token.", remedy="Set BUSINESS_API_TOKEN.")

    router = APIRouter(dependencies=[Depends(proven)])

    @router.get("/orders/{number}")
    async def order(number: str) -> dict[str, Any]:
        found = _ORDERS.get(number.upper())
        if found is None:
            raise NotFound("There is no order with this number.")
        status, item, item_zh, carrier, tracking, days = found
        eta = (datetime.now(UTC) + timedelta(days=days)).date().isoformat() if days is not None else None
        return {
            "number": number.upper(),
            "status": status,
            "status_zh": _STATUS_ZH[status],
            "item": item,
            "item_zh": item_zh,
            "carrier": carrier,
            "carrier_zh": _CARRIER_ZH.get(carrier or ""),
            "tracking": tracking,
            "eta": eta,
        }

    return router
