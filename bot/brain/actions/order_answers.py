"""For customers: what is said of an order, by what is asked about it and by how far it is."""

from __future__ import annotations

import re

STATUSES = {
    "paid": "unsent",
    "packed": "unsent",
    "shipped": "sent",
    "delivered": "arrived",
    "returned": "returned",
    "cancelled": "cancelled",
}
QUESTIONS = {"cancel_order", "return_goods", "change_address", "refund_status", "damaged_goods"}
# by question and stage; else its status is told
ANSWERS = {
    ("cancel_order", "sent"): "utter_cancel_sent",
    ("cancel_order", "arrived"): "utter_cancel_arrived",
    ("cancel_order", "returned"): "utter_order_over",
    ("cancel_order", "cancelled"): "utter_order_over",
    ("return_goods", "unsent"): "utter_return_unsent",
    ("return_goods", "sent"): "utter_return_sent",
    ("return_goods", "arrived"): "utter_return_arrived",
    ("return_goods", "returned"): "utter_refund_returned",
    ("return_goods", "cancelled"): "utter_refund_cancelled",
    ("change_address", "unsent"): "utter_address_unsent",
    ("change_address", "sent"): "utter_address_sent",
    ("change_address", "arrived"): "utter_address_arrived",
    ("change_address", "returned"): "utter_order_over",
    ("change_address", "cancelled"): "utter_order_over",
    ("refund_status", "unsent"): "utter_refund_none",
    ("refund_status", "sent"): "utter_refund_none",
    ("refund_status", "arrived"): "utter_refund_none",
    ("refund_status", "returned"): "utter_refund_returned",
    ("refund_status", "cancelled"): "utter_refund_cancelled",
    ("damaged_goods", "unsent"): "utter_damaged_elsewhere",
    ("damaged_goods", "sent"): "utter_damaged_elsewhere",
    ("damaged_goods", "arrived"): "utter_damaged_arrived",
    ("damaged_goods", "returned"): "utter_refund_returned",
    ("damaged_goods", "cancelled"): "utter_damaged_elsewhere",
}
NEXT = {"unsent": "utter_order_unsent", "arrived": "utter_order_arrived"}  # what can be done with it now

# One fact of the order that has just been told of: in which words it is asked for, and what is said then.
TRACKING = re.compile(
    r"(?:快递|物流|运)单?号|(?<!订)单号|\btracking (?:number|no\b|num|code|id|link)|\bwaybill", re.IGNORECASE
)
WHEN = re.compile(
    r"什么时候|啥时候|几时|几号|哪天|多久|几天|多长时间|(?:今|明|后)[天日].{0,4}[到送].{0,3}[吗么不没]"
    r"|\b(?:when|how long|how soon|how many days|what (?:day|date)|eta)\b"
    r"|\bwill (?:it|they) (?:be here|come|arrive)",
    re.IGNORECASE,
)
WHERE = re.compile(
    r"到哪|在哪|走到|出库|发货?了?[没吗不]|动了[没吗]"
    r"|\bwhere(?:.?s| is| are)? (?:it|that|this|they)\b|\b(?:moved|shipped|sent|left|on its way)\b",
    re.IGNORECASE,
)
FACTS = {"tracking": TRACKING, "when": WHEN, "where": WHERE}
ANSWERS |= {
    ("tracking", "unsent"): "utter_tracking_unsent",
    ("tracking", "sent"): "utter_order_carrier",
    ("tracking", "arrived"): "utter_order_carrier",
    ("when", "unsent"): "utter_order_when",
    ("when", "sent"): "utter_order_when",
    ("where", "unsent"): "utter_order_unsent",
    ("where", "sent"): "utter_order_where",
}
# what the order must have for a response; else all that is known of it is told
NEEDS = {"utter_order_carrier": "carrier", "utter_order_when": "eta", "utter_order_where": "eta"}


def fact_asked(text: str) -> str | None:
    """The fact that the words ask for, if it is a single one."""
    return next((fact for fact, words in FACTS.items() if words.search(text)), None)
