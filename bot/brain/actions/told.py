"""For the visit form: what is broken and where, out of the words that people put around it.

"no, it is 12 Garden Road, sorry" is 12 Garden Road; 其实是光猫坏了 is 光猫坏了.
"""

from __future__ import annotations

import re

MARKS = ",，;；。!！"
CLAUSE = re.compile(rf"[^{MARKS}]+[{MARKS}\s]*")
BROKEN = re.compile(
    r"坏|断|不亮|红灯|没网|没信号|连不上|上不了|掉线|漏|不能用|没反应|卡顿|很卡|太卡|很慢|太慢"
    r"|broken|dead|red light|\bno (?:internet|network|signal|connection)|(?:not|n.t) work|drops"
    r"|freez|frozen|\bslow|down\b",
    re.IGNORECASE,
)
DEVICE = re.compile(
    r"路由器|光猫|网线|光纤|宽带|电视|机顶盒|座机|无线|wi-?fi|信号"
    r"|\b(?:router|modem|cable|broadband|internet|phone line|landline|tv|box|signal|network)\b",
    re.IGNORECASE,
)
INSTEAD = re.compile(
    r"不对|不是|其实|应该是|[说搞弄写]错|改成"
    r"|^no[,.]|^no (?:it|that|the|my)\b|\b(?:actually|instead|rather|sorry|i mean|i meant|wrong|not the)\b",
    re.IGNORECASE,
)
AN_ADDRESS = re.compile(
    r"路(?!由)|街|巷|弄|[号號](?!\s*(?:上午|下午|晚|早|中午|来|开始|起|就|前|以后))|栋|幢|楼|室|村|镇|小区|大厦"
    r"|\b(?:road|rd|street|st|avenue|ave|lane|drive|building|floor|flat|apt)\b|\bno\.? ?\d",
    re.IGNORECASE,
)
STREET_AND_NUMBER = re.compile(
    r"(?:路(?!由)|街|巷|弄|村|镇|小区|大厦|花园|苑)\D{0,6}\d+\s*[号號弄栋幢楼室]"
    r"|(?:\b(?:flat|apt|floor|building) ?\w+,? )?\b\d+[a-z]?"
    r"(?: [a-z'-]+){1,3}? (?:road|rd|street|st|avenue|ave|lane|drive)\b",
    re.IGNORECASE,
)
WISH_ZH = re.compile(r"^.*(?:师傅|派人|上门|修).*?(?:来|到|去|在)(?=.)")
FILLER = re.compile(
    r"(?:不对|不是|错了|[说搞弄写]错了|等等|等一下|哦|呃|嗯|对不起|不好意思|抱歉|谢谢|您好|你好|好的?|地址"
    r"|(?:no|nope|yes|hi|hello|oh|oops|wait|sorry|actually|instead|please|thanks|thank you|my mistake)\b"
    r"|i mean\b|[\s.~～])*(?:麻烦\S{0,4})?",
    re.IGNORECASE,
)
BEFORE = re.compile(
    r"^(?:哦|呃|嗯|那|对不起|不好意思|抱歉|不对|错了|[说搞弄写]错了|其实|\s)*"
    r"(?:(?:我家|我们家|我们|我)?的?(?:地址)?(?:应该)?(?:是在|是|住在|住|在|改成|换成|改为|请到)?[:：]?\s*)"
    r"(?:(?:no[.,]|no(?= (?:it|that|the|my)\b)|sorry|actually|wait|oh|i mean|i meant)[.,]?\s+(?!\d))*"
    r"(?:(?:it(?:.?s| is| should be)|that(?:.s| is)|make it|change (?:it|that) to"
    r"|(?:the|my) (?:right |correct |new )?address (?:is|should be)"
    r"|(?:i|we)(?:.m|.re| am| are| live)? (?:at|in|on)"
    r"|(?:please )?(?:come|go) to|at)\s+)?",
    re.IGNORECASE,
)
AFTER = re.compile(
    r"[\s,.]*\b(?:sorry|please|thanks|thank you|instead|actually|rather|then)[\s.]*$"
    r"|(?:才对|谢谢|吧|哈|啊|哦|啦)+$",
    re.IGNORECASE,
)
REJECTED = re.compile(r"^\s*不是|\bnot (?:the|my|at)\b|\bisn.t\b", re.IGNORECASE)


def plainly(text: str) -> str:
    """Without the clauses that only say that something else was wrong, and the words before the matter."""
    clauses = CLAUSE.findall(" ".join(text.split()))
    clauses = [clause for clause in clauses if not FILLER.fullmatch(clause.strip(f"{MARKS} "))]
    clauses = [clause for clause in clauses if not REJECTED.search(clause)] or clauses
    words = BEFORE.sub("", "".join(clauses), count=1).strip(f"{MARKS} ")
    return AFTER.sub("", words).strip(f"{MARKS} ") or text


def address_in(text: str, *, asked: bool) -> str | None:
    """The address, without what else was said. One that was not asked for has a street and a number."""
    clauses = [clause for clause in CLAUSE.findall(text) if not BROKEN.search(clause)]
    words = plainly("".join(clauses))
    clear = STREET_AND_NUMBER.search(words)
    if clear and not asked:
        english = words[clear.start()].isascii()
        return words[clear.start() :] if english else WISH_ZH.sub("", words)
    likely = AN_ADDRESS.search(words) and re.search(r"\d", words)
    return words if clear or (asked and likely) else None


def is_address_only(text: str) -> bool:
    """Whether it says where, and not what."""
    return bool(address_in(text, asked=False)) and not BROKEN.search(text)


def other_fault(text: str) -> str | None:
    """What is broken, when it is not what was said before."""
    return plainly(text) if INSTEAD.search(text) and (DEVICE.search(text) or BROKEN.search(text)) else None
