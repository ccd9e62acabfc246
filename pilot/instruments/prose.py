"""What an editor doubts in the text of a question, in both languages.

The word lists are short on purpose: an alarm that is mostly false is not read. What to look for: Payne 1951, The Art
of Asking Questions; Krosnick & Presser 2010, in Handbook of Survey Research, 2nd edition, 263-313.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pilot.documents import BilingualText
from pilot.i18n import LANGUAGES, Language, Message, message
from pilot.instruments.model import Finding
from pilot.instruments.reading_time import CHINESE_CHARACTER, WORD

MOST_CHARACTERS, MOST_WORDS = 40, 25

Pattern = dict[Language, re.Pattern[str]]
Doubts = Iterator[tuple[Finding, Message, Message]]
"""Of each: which finding, what was found, what to do."""

HARMLESS_JOINING: Pattern = {
    "zh": re.compile(
        r"温和|(?<!公)平和|暖和|缓和|总和|和谐|和气|和平|参与|与其|与会|及时|及格|涉及|普及|提及|来得及|来不及|或许|或多或少|合并|一并|并不|并没|同时期"
        r"|[和与同](?=[^，。；？]*(?:一起|一样|相同|有关|无关|关系|相比|比较|谈|沟通|交流|合作|打交道|一致|相符|对得上|之间|区别))"
    ),
    "en": re.compile(
        r"\bbetween\b[^,.;?]*\band\b|\b(\w+) and \1\b|\bagain and again\b|\btrial and error\b|\band so on\b"
        r"|\b(?:one|two|three|four|five|six) or (?:two|three|four|five|six|more)\b|\bor (?:so|more|less|fewer)\b"
        r"|\bwhether or not\b|\bresearch and development\b",
        re.IGNORECASE,
    ),
}
JOINING: Pattern = {
    "zh": re.compile(r"以及|并且|而且|同时|或者|又[^，。；？]{1,6}又|[和与及或并]"),
    "en": re.compile(r"\band/or\b|\bas well as\b|\band\b|\bor\b", re.IGNORECASE),
}
LEADING: Pattern = {
    "zh": re.compile(
        r"难道|显然|众所周知|毫无疑问|当然|不是吗|对吧|对不对|是否同意|应该|应当|必须|理应|永远|从来|从不|总是|绝对|一切|所有人"
        r"|优秀|卓越|先进|英明|落后|糟糕"
    ),
    "en": re.compile(
        r"\b(?:obviously|of course|surely|clearly|everyone knows|as we all know|do you agree|don[’']t you|isn[’']t it"
        r"|wouldn[’']t you|should|must|ought to|always|never|absolutely|all of the time|excellent|outstanding|superb"
        r"|wonderful|terrible|outdated)\b",
        re.IGNORECASE,
    ),
}
HARMLESS_NEGATION: Pattern = {
    "zh": re.compile(
        r"(.)[不没]\1|有没有|不断|不同|不仅|不但|不管|不论|不错|不满|差不多|非常|无论|特别|区别|分别|个别|级别|类别|别人|别的|未来|无非"
    ),
    "en": re.compile(r"\bnot only\b|\bno matter\b|\bno one else\b", re.IGNORECASE),
}
NEGATION: Pattern = {
    "zh": re.compile(r"没有|[不没无未非别]"),
    "en": re.compile(
        r"\b(?:not|no|never|nobody|nothing|none|neither|nor|without|cannot|hardly)\b|n[’']t\b", re.IGNORECASE
    ),
}


def doubts_about(text: BilingualText) -> Doubts:
    """Everything doubtful in a text."""
    for language in LANGUAGES:
        for doubt in (_double_barrelled, _leading, _negated_twice, _too_long):
            yield from doubt(text.text(language), language)


def _double_barrelled(text: str, language: Language) -> Doubts:
    found = JOINING[language].search(HARMLESS_JOINING[language].sub(" ", text))
    if found:
        yield (
            "double_barrelled",
            message("“{text}” may ask two things at once (“{word}”).", text=text, word=found[0]),
            message("Ask each by itself, or keep the more important one."),
        )


def _leading(text: str, language: Language) -> Doubts:
    found = LEADING[language].search(text)
    if found:
        yield (
            "leading",
            message("“{text}” may lead to an answer, or leave no room for one (“{word}”).", text=text, word=found[0]),
            message("Say it plainly; how much or how often belongs into the answers."),
        )


def _negated_twice(text: str, language: Language) -> Doubts:
    negations = NEGATION[language].findall(HARMLESS_NEGATION[language].sub(" ", text))
    if len(negations) > 1:
        yield (
            "negation",
            message("“{text}” denies twice ({words}).", text=text, words=negations),
            message("Say it positively; disagreeing with a denial is read wrongly."),
        )


def _too_long(text: str, language: Language) -> Doubts:
    size = len(CHINESE_CHARACTER.findall(text)) if language == "zh" else len(WORD.findall(text))
    most = MOST_CHARACTERS if language == "zh" else MOST_WORDS
    if size <= most:
        return
    found = message("“{text}” is long: {size} words.", text=text, size=size)
    if language == "zh":
        found = message("“{text}” is long: {size} Chinese characters.", text=text, size=size)
    yield "length", found, message("Shorten it to at most {most}.", most=most)
