"""For forms: in which words customers ask about what is asked and done, or want it over, or to go on."""

from __future__ import annotations

import re

COST = re.compile(
    r"^\W*(?:请问|那|这个?|你们|大概|一般|得|要|会|是|总共|一共|还|花)*(?:要不|收不)?"
    r"(?:多少钱|收费|收钱|要钱|花钱|费用|付钱|免费|贵)\S{0,4}$"
    r"|\bhow much(?: (?:is|does|will|would) (?:it|this|that)\b.*| do (?:i|you)\b.*)?\W*$"
    r"|\b(?:is|will) (?:it|this|that) (?:be )?free\b|\b(?:does|will) (?:it|this|that) cost\b"
    r"|\bis there an?y? (?:fee|charge|cost)\b|\bdo i (?:have to |need to )?pay\b|\bdo you charge\W*$",
    re.IGNORECASE,
)
VISIT_COST = re.compile(
    r"^(?=.*(?:[?？]|吗|么|多少|收不收|要不要|怎么收|\b(?:what|how)\b)|(?:is|are|do|does|will|would)\b)"
    r"(?:.*(?:上门|师傅|维修|修).{0,6}(?:钱|费)|.*(?:钱|费).{0,6}(?:上门|师傅|修)"
    r"|.*\b(?:visit|technician|repair|coming)\b.*\b(?:cost|free|charge|fee|price|pay)"
    r"|.*\b(?:cost|free|charge|fee|price|pay)\b.*\b(?:visit|technician|repair|coming))",
    re.IGNORECASE,
)
HOW_LONG = re.compile(
    r"^\W*(?:请问|那|大概|一般|要|得|修|师傅|上门|需要)*(?:多久|多长时间|几个?小时)(?:能|可以)?.{0,4}$"
    r"|\bhow long (?:does|will|would|is) (?:it|this|that|the (?:visit|repair)|he|she|they)\b"
    r"|\bhow (?:soon|quickly)\b",
    re.IGNORECASE,
)
AT_HOME = re.compile(
    r"家里?.{0,3}(?:没人|有人|要人|不在).{0,4}(?:吗|行不行|怎么办|可以|[?？])|(?:要|必须|得).{0,3}在家.{0,2}(?:吗|[?？])"
    r"|\b(?:have to|need to|must|should) (?:i )?be (?:at )?(?:home|there|in)\b",
    re.IGNORECASE,
)
WHO_CALLS = re.compile(r"谁.{0,3}(?:打|联系)|\bwho\b.*\b(?:call|phone|ring)", re.IGNORECASE)
WHY_THE_NUMBER = re.compile(
    r"(?:为什么|为啥|干嘛|凭什么).{0,4}(?:要|问|给|留|发|用).{0,4}(?:手机|电话|号)"
    r"|(?:手机|电话|号码?).{0,6}(?:干什么|干嘛|干啥|做什么|什么用|安全|泄露)"
    r"|^(?:为什么|为啥|干嘛|干什么用?|安全)吗?\W*$"
    r"|\bwhy (?:do|would|should|must) (?:you|i|we)\b.*\b(?:need|want|ask|give|send|number|phone)"
    r"|\bwhat.*\b(?:do with|need|want) (?:it|that|my|the)\b|\bwhat.*\bnumber for\b|\bwhat for\b"
    r"|\bsafe\b|^why\W*$",
    re.IGNORECASE,
)
WHY_A_CODE = re.compile(
    r"^(?!.*(?:没|不到|n.t\b|\bnot\b|never|receive|arrive))"
    r"(?:.*(?:为什么|为啥|干嘛|凭什么|什么是).{0,8}码|.*码.{0,6}(?:干什么|干嘛|干啥|做什么|什么用|什么意思|安全|是什么)"
    r"|(?:为什么|为啥|干嘛|干什么用?|安全)吗?\W*$"
    r"|.*\b(?:why|what)\b.*\bcode\b|.*\bwhat.*\b(?:it|this|that) for\b|.*\bwhat for\b|.*\bsafe\b|why\W*$)",
    re.IGNORECASE,
)
PHONE_ELSEWHERE = re.compile(
    r"手机(?:不在|丢|没带)|没带手机|收不[到了]短信|(?:别|其他|其它|另外|换)[的个]?[办方][法式]"
    r"|不用验证码|没有?验证码.{0,3}(?:行|办)"
    r"|\b(?:don.?t have|lost|without) (?:my|the|that) phone\b|\bphone is(?:n.t| not) (?:with|here)"
    r"|\bcan.?t (?:get|receive) (?:any )?(?:texts?|messages?|sms)\b"
    r"|\b(?:an)?other ways?\b|\bdifferent way\b|\b(?:without|instead of) (?:a|the|that) code\b",
    re.IGNORECASE,
)
# nothing else is ever said of one where a phone's number and its code are asked for
NO_CARD = re.compile(
    r"身份证|\bid\b(?! (?:like|rather|prefer|love|say|want|go|be|have))|\bidentity card\b|\bpassport\b",
    re.IGNORECASE,
)
CALL_WINDOW = re.compile(
    r"^\W*(?:具体|大概|一般|那|是|你们|会)*(?:几点|什么时[间候])(?!.*(?:都|随便)).{0,6}$"
    r"|^(?!.*\b(?:any|earliest)\b).*\b(?:what time|when)\b.*"
    r"\b(?:exactly|precisely|call|ring|phone|come|arrive)\b"
    r"|^(?:at )?(?:what time|when)(?: exactly)?\W*$|\b(?:exact|precise) time\b",
    re.IGNORECASE,
)
FROM_WHEN = re.compile(
    r"什么时候.{0,3}(?:生效|开始|用)|\bwhen (?:does|will|would|is) (?:it|that|the new)\b"
    r"|(?:这个?月|当月|今天|现在|马上|立刻|立即|提前).{0,6}(?:生效|开始|换|改|用).{0,4}(?:[吗么?？]|行|可以|能不能)"
    r"|能(?:不能)?.{0,3}(?:这个?月|当月|今天|现在|马上|立刻|立即|提前)"
    r"|\b(?:can|could|will|does|is) (?:it|that|this|i|we|the (?:new )?(?:one|plan))\b"
    r".*\b(?:now|today|this month|right away|straight away|immediately|immediate|at once|earlier|sooner)\b",
    re.IGNORECASE,
)
BY_WHEN = re.compile(r"多久|什么时候|几天|\bhow (?:long|soon|quickly)\b|^when\b", re.IGNORECASE)
NO_NEED = re.compile(
    r"不用(?:来|打|换|查|办|修|派)?了|不需要了|不[来打换查办修]了"
    r"|\bno need\b|\bnot needed\b|\bdon.?t bother\b"
    r"|\b(?:don.?t|no longer) need (?:to (?:come|call|send)|it|that|you|him|one)\b",
    re.IGNORECASE,
)
GO_ON = re.compile(
    r"^\W*(?:好的?|行|嗯|那|就|可以|请|你|您|我们|麻烦|\W)*(?:继续|接着|往下)(?:说|来|问|办|走|查|弄|吧|啊|呗|呀|\W)*$"
    r"|^\W*(?:(?:ok(?:ay)?|yes|yeah|sure|fine|alright|all right|please|so|let.?s|just|and|then)\W+)*"
    r"(?:continue|go on|go ahead|carry on|keep going|proceed)(?:\W+(?:please|pls|then|with it|now))*\W*$",
    re.IGNORECASE,
)
HURRY = re.compile(
    r"^\W*(?:你们?|您|能不能|可不可以|能|请|麻烦|到底|搞|还|\W)*"
    r"(?:快一?[点些]|赶紧|赶快|(?:到底|还)?(?:查不查|办不办|弄不弄|换不换))"
    r"(?:查|办|弄|的|儿|啊|呀|吧|嘛|吗|了|行不行|好不好|行|好|\W)*$"
    r"|^\W*(?:please |can you |could you )?"
    r"(?:hurry(?: up)?|come on|(?:be )?quick(?:ly|er)?|faster|speed (?:it )?up)"
    r"(?:\W+(?:please|pls|man|now))*\W*$"
    r"|\bwhat.?s taking (?:so|this) long\b|^\W*(?:are you )?still there\W*$",
    re.IGNORECASE,
)
TEDIOUS = re.compile(
    r"^\W*(?:你们?|您|这|也|可|真|好|太|怎么|这么|那么|的|\W)*"
    r"(?:烦(?:死(?:了|人)?|人)?|(?<=真|好|太|么)麻烦|啰嗦|罗嗦|啰里啰嗦)(?:啊|呀|了|哦|吧|\W)*$"
    r"|^\W*(?:(?:you|u) ?(?:.?re|are)|this is|it.?s|how|so|really|very|such a|a|\W)*"
    r"(?:annoying|tedious|tiresome|pain|hassle)\W*$|^\W*ugh+\W*$",
    re.IGNORECASE,
)
