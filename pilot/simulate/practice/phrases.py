"""Short texts in both languages: written by the project, with places for what Faker makes up.

No text names a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from faker import Faker
from numpy.typing import NDArray

Topic = Literal["why", "reason", "next_steps", "content", "mixed", "discontent"]
Texts = NDArray[np.object_]

LOCALES = {"zh": "zh_CN", "en": "en_US"}
FILLINGS = 20  # so many companies and places a language
PHRASES: dict[Topic, dict[str, tuple[str, ...]]] = {
    "why": {
        "zh": (
            "今年重点是缩短交付周期，这个目标直接支持它。",
            "{company}的续约取决于这件事。",
            "{city}的团队要用同一套流程，先由我们跑通。",
            "返工占用太多时间，减少返工才有余力做新产品。",
            "客户投诉集中在这一环节，改好了大家都轻松。",
            "这是部门战略里最缺人手的一块。",
        ),
        "en": (
            "This year is about shorter delivery times, and this goal carries a part of it.",
            "{company} decides on the renewal by this.",
            "The team in {city} will take over the process once it runs with us.",
            "Rework eats our time; less of it makes room for the new product.",
            "Most complaints come from this step.",
            "It is where the unit's strategy lacks hands most.",
        ),
    },
    "reason": {
        "zh": (
            "优先级调整，资源转到{company}项目。",
            "范围缩小，第二阶段推迟到下个周期。",
            "提前完成，换成更有挑战的目标。",
            "原来的指标衡量不了真正的结果。",
            "同事休假，时间要往后移。",
            "{city}的试点取消了。",
        ),
        "en": (
            "Priorities changed; hands moved to the {company} project.",
            "The second phase moved to the next cycle.",
            "Reached early; replaced by something harder.",
            "The old measure did not show the result that matters.",
            "A colleague is on leave; the date had to move.",
            "The trial in {city} was called off.",
        ),
    },
    "next_steps": {
        "zh": (
            "下周五前给出方案初稿，再一起过一遍。",
            "约{company}的负责人谈一次，带着三个问题去。",
            "下次一对一看数据，再定要不要调整目标。",
            "找一位做过类似项目的同事请教。",
            "把风险列出来，经理负责协调{city}的资源。",
            "这两周先把流程写下来，再交接出去。",
        ),
        "en": (
            "Draft by Friday next week, then go through it together.",
            "Meet the lead at {company} with three questions.",
            "Look at the figures next time, then decide about the goal.",
            "Ask a colleague who has done such a project.",
            "List the risks; the manager finds hands in {city}.",
            "Write the process down within two weeks, then hand it over.",
        ),
    },
    "content": {
        "zh": (
            "经理会问我想往哪个方向发展，感觉被重视。",
            "目标是一起定的，知道为什么做。",
            "反馈比以前及时，也更具体。",
            "团队氛围好，遇到问题有人帮。",
            "有机会参加{city}的项目，学到不少。",
        ),
        "en": (
            "My manager asks where I want to go. That counts.",
            "We set the goals together, so I know what they are for.",
            "Feedback comes sooner and says something.",
            "Good team; somebody always helps.",
            "I could join the project in {city} and learned a lot.",
        ),
    },
    "mixed": {
        "zh": (
            "总体还可以，就是会议有点多。",
            "目标清楚，但资源跟不上。",
            "希望培训时间能提前安排。",
            "问卷题目有点长。",
        ),
        "en": (
            "Fine on the whole, but many meetings.",
            "The goals are clear, the resources are not.",
            "Please plan trainings earlier.",
            "The questionnaire is rather long.",
        ),
    },
    "discontent": {
        "zh": (
            "事情太多，谈发展只是走形式。",
            "目标一直在变，没有人解释原因。",
            "很久没有收到有用的反馈了。",
            "加班多，看不到成长的机会。",
            "{company}的项目压得太紧，大家都很累。",
        ),
        "en": (
            "Too much work; talking about development is a formality.",
            "Goals keep changing and nobody says why.",
            "I have not had useful feedback for long.",
            "Long hours, and no way forward that I can see.",
            "The {company} project wears us all out.",
        ),
    },
}


@dataclass(frozen=True)
class Phrases:
    """Texts to draw from.

    Attributes:
        texts: By topic and language, every place filled in several ways.
    """

    texts: Mapping[tuple[Topic, str], Texts]

    @classmethod
    def made_up(cls, rng: np.random.Generator) -> Phrases:
        """Fill the places with companies and cities that Faker makes up."""
        texts = {}
        for language, locale in LOCALES.items():
            faker = Faker(locale)
            faker.seed_instance(int(rng.integers(2**63)))
            places = [{"company": faker.company(), "city": faker.city()} for _ in range(FILLINGS)]
            for topic in get_args(Topic):
                filled = [phrase.format(**place) for phrase in PHRASES[topic][language] for place in places]
                texts[topic, language] = np.array(filled, dtype=object)
        return cls(texts)

    def draw(
        self,
        topic: Topic,
        speaks_english: NDArray[np.bool_],
        rng: np.random.Generator,
        *,
        where: NDArray[np.bool_] | None = None,
    ) -> pd.Series[str]:
        """One text each in the person's language; missing where `where` says so."""
        drawn = self.pick(topic, speaks_english, rng)
        if where is not None:
            drawn[~where] = None
        return pd.Series(drawn, dtype="str")

    def pick(self, topic: Topic, speaks_english: NDArray[np.bool_], rng: np.random.Generator) -> Texts:
        """The same as plain texts."""
        luck = rng.random(len(speaks_english))
        picked: Texts = np.empty(len(luck), dtype=object)
        for language, rows in (("zh", ~speaks_english), ("en", speaks_english)):
            pool = self.texts[topic, language]
            picked[rows] = pool[np.floor(luck[rows] * len(pool)).astype(int)]
        return picked
