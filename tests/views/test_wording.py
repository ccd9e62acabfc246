from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from pilot.i18n import LANGUAGES, Language
from pilot.publication import Release
from pilot.result import Finding
from pilot.verdict.rule import Cap
from pilot.wording import FINDINGS, TURNING_POINTS, Voice, brief, finding_sentence, wave_name

ROOT = Path(__file__).parents[2]
ReleaseMaker = Callable[..., Release]

VALUES: dict[str, Any] = {
    "lower": 0.04,
    "upper": 0.31,
    "estimate": 0.17,
    "sesoi": 0.15,
    "measure": "manager_hours",
    "df": 3.4,
    "minimum": 5.0,
    "baselines": 2,
    "later": 3,
    "points": 0.09,
    "waves": ["endline", "follow_up_1"],
    "teams_now": 16,
    "teams_needed": 24,
}
KINDS = ("scale", "adjust", "stop", "inconclusive", "in_evaluation", "harm", "refused")
FORBIDDEN = {
    "zh": re.compile(r"显著|p ?[值<=]|\*|[α-ωΑ-Ω]|置信区间|人力资源"),
    "en": re.compile(r"significan|p[- ]value|\bp ?[<=]|\*|[α-ωΑ-Ω]|confidence interval|hypothes", re.IGNORECASE),
}
RAW_CODE = re.compile(r"[a-z]+_[a-z_0-9]+|\{|\}|None|nan")


@pytest.mark.parametrize("code", sorted({*FINDINGS, *TURNING_POINTS}))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_is_a_whole_sentence_in_plain_words(
    code: str, language: Language, make_release: ReleaseMaker
) -> None:
    finding = Finding(code=code, role="note", values=VALUES)
    sentence = finding_sentence(finding, make_release(), Voice(language))
    assert sentence.endswith("。" if language == "zh" else ".")
    assert not FORBIDDEN[language].search(sentence)
    assert not RAW_CODE.search(sentence)


def test_codes_of_the_rule_and_of_the_analysis_have_sentences() -> None:
    source = (ROOT / "pilot" / "analysis" / "findings.py").read_text("utf-8")
    emitted = {code for pair in re.findall(r'code="(\w+)"|_point\("(\w+)"', source) for code in pair if code}
    assert emitted, "the analysis names its codes in another way: change this test"
    assert emitted | set(get_args(Cap)) <= {*FINDINGS, *TURNING_POINTS}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_code_does_not_break_the_page(language: Language, make_release: ReleaseMaker) -> None:
    sentence = finding_sentence(Finding(code="of_tomorrow", role="note"), make_release(), Voice(language))
    assert "of_tomorrow" in sentence


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("design", ["waitlist", "staggered", "comparison", "before_after"])
@pytest.mark.parametrize("kind", KINDS)
def test_first_page_is_plain_and_complete(
    kind: str, design: str, language: Language, make_release: ReleaseMaker
) -> None:
    briefing = brief(make_release(kind, design=design), language)
    texts = [briefing.word, briefing.sentence, briefing.effect, briefing.meaning]
    texts += [fact.text for fact in briefing.facts] + [reason.sentence for reason in briefing.reasons]
    assert len(briefing.facts) == 4
    for text in texts:
        assert not FORBIDDEN[language].search(text)
        assert not RAW_CODE.search(text)


WORDS = {
    "scale": ("推广", "Scale"),
    "adjust": ("调整后延长", "Adjust and extend"),
    "stop": ("停止", "Stop"),
    "inconclusive": ("尚无定论", "Inconclusive"),
    "in_evaluation": ("评估中", "In evaluation"),
}


@pytest.mark.parametrize(("kind", "words"), WORDS.items())
def test_words_of_the_verdict(kind: str, words: tuple[str, str], make_release: ReleaseMaker) -> None:
    release = make_release(kind)
    assert (brief(release, "zh").word, brief(release, "en").word) == words


def test_verdict_word_is_nowhere_while_in_evaluation(make_release: ReleaseMaker) -> None:
    briefing = brief(make_release("in_evaluation"), "en")
    assert "Follow-up 1, Follow-up 2" in briefing.sentence
    assert "works" not in briefing.sentence


def test_an_effect_that_may_be_none_is_not_called_an_effect(make_release: ReleaseMaker) -> None:
    briefing = brief(make_release("inconclusive"), "en")
    assert briefing.effect == "Engagement: an effect cannot be told from none; −0.06 to +0.40 points fits the answers."
    assert not re.search(r"higher|lower|rose|lifted|reduced", briefing.effect)
    assert briefing.meaning == ""


def test_drift_widens_what_is_said(make_release: ReleaseMaker) -> None:
    briefing = brief(make_release("scale", design="comparison"), "en")
    assert "+0.05 to +0.49" in briefing.effect


def test_adjust_names_what_got_worse(make_release: ReleaseMaker) -> None:
    release = make_release("adjust")
    assert "“管理者每周用在每位下属身上的小时数”变差超过限度" in brief(release, "zh").sentence
    assert "“Manager hours per report and week” got worse" in brief(release, "en").sentence


def test_inconclusive_is_blamed_on_the_weightiest_reason(
    make_release: ReleaseMaker, say_finding: Callable[..., Finding]
) -> None:
    release = make_release("inconclusive", design="before_after", findings=(say_finding("grade_d", "cap"),))
    assert "Nobody is compared" in brief(release, "en").sentence


def test_how_sure_is_a_frequency_of_100(make_release: ReleaseMaker) -> None:
    said = {kind: brief(make_release(kind, full=False), "en").facts[0].text for kind in ("scale", "stop", "refused")}
    assert said["scale"].startswith("About 88 chances in 100")
    assert said["stop"].startswith("Fewer than 1 chance in 100")
    assert said["refused"].startswith("There is no number for it")


def test_cost_of_a_pilot_without_comparison_is_not_counted_against_others(make_release: ReleaseMaker) -> None:
    assert "against" not in brief(make_release("inconclusive", design="before_after"), "en").facts[2].text
    assert "Counted against the others it is 0.18 more" in brief(make_release(), "en").facts[2].text
    assert "not measured" in brief(make_release("inconclusive", guardrail="not_measured"), "en").facts[2].text


def test_deviations_come_newest_first(make_release: ReleaseMaker) -> None:
    briefing = brief(make_release(deviations=("first", "second")), "zh")
    assert briefing.deviation_heading == "对封存计划有 2 处偏离，最近一处："
    change = "plan.calendar.waves[pulse_1].week：4 → 5"
    assert briefing.deviations == (f"2027年5月4日：second（{change}）", f"2027年5月4日：first（{change}）")


@pytest.mark.parametrize(
    ("wave_id", "zh", "en"),
    [
        ("baseline_1", "基线 1", "Baseline 1"),
        ("pulse_12", "脉搏 12", "Pulse 12"),
        ("endline", "期末", "Endline"),
        ("follow_up", "随访", "Follow-up"),
        ("follow_up_2", "随访 2", "Follow-up 2"),
    ],
)
def test_waves_in_words(wave_id: str, zh: str, en: str) -> None:
    assert (wave_name(wave_id).text("zh"), wave_name(wave_id).text("en")) == (zh, en)


@pytest.mark.parametrize(
    ("value", "told_from", "text"),
    [
        (0.214, (), "+0.21"),
        (-0.05, (), "−0.05"),
        (0.0, (), "0.00"),
        (-0.0, (), "0.00"),
        (0.004, (), "+0.004"),
        (0.1484, (0.15,), "+0.148"),
        (0.15, (0.15,), "+0.15"),
        (1234.5, (), "+1,234.50"),
    ],
)
def test_points_never_round_into_another_statement(value: float, told_from: tuple[float, ...], text: str) -> None:
    assert Voice("en").effect(value, *told_from) == text


def test_dates_by_locale() -> None:
    assert Voice("zh").date("2027-03-01") == "2027年3月1日"
    assert Voice("en").date("2027-03-01") == "1 March 2027"


@pytest.mark.parametrize("status", ["ruled_out", "kept", "unproven", "breached"])
def test_hours_are_over_the_limit_only_where_they_are(make_release, status):
    release = make_release("adjust" if status in ("unproven", "breached") else "scale", guardrail=status)
    for few_teams in (False, True):
        if few_teams:
            hidden = release.guardrails[0].model_copy(update={"mean_before": None, "mean_after": None})
            release = release.model_copy(update={"guardrails": (hidden,)})
        told = brief(release, "en").facts[2].text
        assert ("over the limit" in told) == (status == "breached"), told
        assert ("超过限度" in brief(release, "zh").facts[2].text) == (status == "breached")
