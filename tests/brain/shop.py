"""For the brain's tests: the demo company's business system, with two orders of the tests' own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from bot.demo.company import Company
from tests.support.business import Business, running_business

TOKEN = "shop-token"
PHONE = "13800000001"  # has ordered QC20260001, which is packed by now, and others

Shop = Business


@contextlib.contextmanager
def open_shop() -> Iterator[Shop]:
    company = Company()
    company.order_rows["QC20260001"] = ("paid", "Data SIM", "流量卡", None, None, None)
    company.order_rows["QC20260003"] = ("shipped", "Phone Case", "手机壳", "Yunlu Express", "SP778", 1)
    with running_business(TOKEN, company) as shop:
        yield shop
