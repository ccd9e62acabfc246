"""Releases built by hand: the views are tested on what may ever reach them, not on what today's analysis makes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pilot.documents import BilingualText
from pilot.plan import Change, Design
from pilot.publication import Count, Mean, Release, ShownBias, ShownFlow, ShownIndicator, ShownSheet, ShownWave
from pilot.publication.promise import Outlook, ShownPromise
from pilot.result import (
    DeviationNote,
    Effect,
    EstimateOf,
    FidelityOutcome,
    Finding,
    GuardrailOutcome,
    PilotFacts,
    Verdict,
)

WEEKS = {
    "baseline_1": -12,
    "baseline_2": 0,
    "pulse_1": 4,
    "pulse_2": 8,
    "pulse_3": 12,
    "pulse_4": 16,
    "pulse_5": 20,
    "endline": 24,
    "follow_up_1": 36,
    "follow_up_2": 44,
}
PILOT_LINE = (3.31, 3.29, 3.42, 3.5, 3.56, 3.58, 3.63, 3.61, 3.6, 3.59)
COMPARISON_LINE = (3.3, 3.32, 3.31, 3.35, 3.33, 3.36, 3.34, 3.37, 3.35, 3.36)
HOURS = BilingualText(zh="管理者每周用在每位下属身上的小时数", en="Manager hours per report and week")
GRADES = {"waitlist": "A", "staggered": "A", "comparison": "B", "before_after": "D"}

ReleaseMaker = Callable[..., Release]


CHANGES = (Change(path="plan.calendar.waves[pulse_1].week", before="4", after="5"),)


def estimate_of(estimate: float, lower: float, upper: float, n_teams: int = 16) -> EstimateOf:
    half = (upper - lower) / 2
    return EstimateOf(
        estimate=estimate,
        se=half / 2.16,
        df=12.7,
        p=0.01,
        lower=lower,
        upper=upper,
        n_people=152,
        n_teams=n_teams,
        n_treated=76,
    )


def finding(code: str, role: str = "note", **values: Any) -> Finding:
    return Finding.model_validate({"code": code, "role": role, "values": values})


def _flow(arm: str, few: bool) -> ShownFlow:
    hidden = Count(n=None, withheld="too_few_people"), Count(n=None, withheld="could_be_subtracted")
    leavers, baseline = hidden if few else (Count(n=10), Count(n=86))
    return ShownFlow(
        arm=arm,
        n_teams=8,
        n_invited=Count(n=96),
        n_baseline=baseline,
        n_outcome=Count(n=83),
        n_linked=Count(n=76),
        n_leavers=leavers,
        n_joiners=Count(n=7),
    )


def _waves(arms: list[str], withheld: tuple[str, ...]) -> tuple[ShownWave, ...]:
    lines = {"pilot": PILOT_LINE, "comparison": COMPARISON_LINE}
    shown = []
    for arm in arms:
        for (wave_id, week), mean in zip(WEEKS.items(), lines[arm], strict=True):
            hidden = arm == "pilot" and wave_id in withheld
            score = (
                Mean(mean=None, withheld="too_few_people")
                if hidden
                else Mean(mean=mean, lower=mean - 0.11, upper=mean + 0.11)
            )
            people = Count(n=None, withheld="too_few_people") if hidden else Count(n=76)
            shown.append(ShownWave(arm=arm, wave_id=wave_id, week=week, people=people, score=score))
    return tuple(shown)


def _guardrail(status: str) -> GuardrailOutcome:
    after = {"breached": 2.05, "not_measured": None}.get(status, 1.42)
    worse = {
        "ruled_out": estimate_of(0.18, -0.1, 0.46),
        "kept": estimate_of(0.18, -0.3, 0.66),
        "unproven": estimate_of(0.18, -0.3, 0.66),
        "breached": estimate_of(0.81, 0.5, 1.12),
        "not_measured": None,
    }
    return GuardrailOutcome(
        measure="manager_hours",
        name=HOURS,
        worse="higher",
        margin=0.5,
        worsening=worse[status],
        mean_before=None if after is None else 1.2,
        mean_after=after,
        n_pilot_teams=8,
        status=status,
    )


def _facts(design: Design, drift: float, title: BilingualText | None) -> PilotFacts:
    return PilotFacts(
        title=title
        or BilingualText(
            zh="华东运营中心：员工自主绩效发展试点", en="East operations: pilot of self-directed performance"
        ),
        unit=BilingualText(zh="华东运营中心", en="East operations"),
        chosen_because="lowest_scores",
        design=design,
        launch_on="2027-03-01",
        sealed_at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
        seal_sha256="5e" * 32,
        seed=1,
        waves=WEEKS,
        start_weeks=(0, 12) if design == "staggered" else (0,),
        primary_scale="engagement",
        primary_name=BilingualText(zh="敬业度", en="Engagement"),
        primary_range=(1.0, 5.0),
        sesoi_points=0.15,
        confidence_pct=95,
        drift_allowance_points=drift,
        minimum_cell_n=5,
        baseline_waves=("baseline_1", "baseline_2"),
        outcome_waves=("pulse_3", "pulse_4", "pulse_5", "endline"),
        lasting_waves=("follow_up_1", "follow_up_2"),
    )


EFFECTS: dict[str, tuple[float, float, float]] = {
    "scale": (0.27, 0.14, 0.4),
    "adjust": (0.27, 0.14, 0.4),
    "stop": (0.02, -0.08, 0.12),
    "inconclusive": (0.17, -0.06, 0.4),
    "in_evaluation": (0.22, 0.05, 0.39),
    "harm": (-0.19, -0.31, -0.07),
    "refused": (0.0, 0.0, 0.0),
}


def _findings(kind: str, guardrail: str, drift: float) -> tuple[Finding, ...]:
    estimate, lower, upper = EFFECTS[kind]
    lower, upper = lower - drift, upper + drift
    if kind == "refused":
        return (finding("refused", "cap"),)
    found = []
    if lower > 0:
        found.append(finding("interval_above_zero", "for", lower=lower))
    elif upper < 0:
        found.append(finding("interval_below_zero", "against", upper=upper))
    else:
        found.append(finding("interval_holds_zero", "against", lower=lower, upper=upper))
    code, role = ("reaches_sesoi", "for") if estimate >= 0.15 else ("below_sesoi", "against")
    found.append(finding(code, role, estimate=estimate, sesoi=0.15))
    if upper < 0.15:
        found.append(finding("worthwhile_ruled_out", "against", upper=upper, sesoi=0.15))
    if kind in ("scale", "adjust"):
        found.append(finding("lasts", "for"))
    roles = {"kept": "for", "ruled_out": "for", "unproven": "against", "breached": "against", "not_measured": "cap"}
    found.append(finding(f"guardrail_{guardrail}", roles[guardrail], measure="manager_hours"))
    found.append(finding("fidelity_reached", "for"))
    found.append(finding("chosen_lowest"))
    if kind == "in_evaluation":
        found.append(finding("awaiting_waves", waves=["follow_up_1", "follow_up_2"]))
    return tuple(found)


TURNING_POINTS: dict[str, tuple[Finding, ...]] = {
    "scale": (finding("bias_would_overturn", points=0.12),),
    "adjust": (finding("relieve_guardrail", measure="manager_hours"), finding("bias_would_overturn", points=0.12)),
    "stop": (finding("bias_would_overturn", points=0.03),),
    "harm": (finding("bias_would_overturn", points=0.22),),
    "inconclusive": (finding("more_teams", teams_now=16, teams_needed=24), finding("randomise_teams")),
    "in_evaluation": (finding("wait_for_waves", waves=["follow_up_1", "follow_up_2"]),),
    "refused": (finding("more_teams", teams_now=3, teams_needed=12),),
}
CHANCES = {"scale": 0.88, "adjust": 0.88, "stop": 0.004, "harm": 0.001, "inconclusive": 0.56, "in_evaluation": 0.75}


def shown_loop(arms: list[str], *, withheld: bool = False) -> tuple[ShownIndicator, ...]:
    """Before and since, pilot and comparison, of every mechanism; where asked, the pilot's plans are not shown."""
    lines: dict[str, tuple[float, ...]] = {
        "co_created_goals": (31, 84, 29, 33),
        "one_to_ones_kept": (42, 71, 44, 41),
        "feedback_with_next_step": (38, 66, 36, 40),
        "plans_complete": (12, 58, 14, 13),
        "conversation_hours": (0.31, 0.62, 0.29, 0.33),
    }
    shown = []
    for code, values in lines.items():
        for arm, pair in zip(("pilot", "comparison"), (values[:2], values[2:]), strict=True):
            for period, value in zip(("before", "since"), pair, strict=True):
                hidden = withheld and (code, arm, period) == ("plans_complete", "pilot", "before")
                shown.append(
                    ShownIndicator(
                        code=code,
                        arm=arm,
                        period=period,
                        value=None if hidden else value,
                        people=Count(n=96),
                        withheld="all_alike" if hidden else None,
                    )
                )
    return tuple(each for each in shown if each.arm in arms)


def shown_promise(*, false_scale: float = 0.031, of_plan_in_force: bool = True) -> ShownPromise:
    shares = {
        "nothing": (0.0, false_scale, 0.004, 0.33),
        "sesoi": (0.15, 0.412, 0.03, 0.02),
        "literature": (0.2, 0.62, 0.04, 0.01),
        "large": (0.3, 0.9, 0.05, 0.0),
    }
    return ShownPromise(
        n_pilots=10_000,
        of_plan_in_force=of_plan_in_force,
        before_launch=True,
        interval_mde=0.19,
        verdict_mde=0.26,
        outlooks=tuple(
            Outlook(
                code=code, points=points, scale=scale, adjust=adjust, stop=stop, inconclusive=1 - scale - adjust - stop
            )
            for code, (points, scale, adjust, stop) in shares.items()
        ),
        worst_null=BilingualText(zh="新鲜劲过去就没了", en="It fades when the novelty is gone"),
        worst_false_scale=0.047,
    )


def shown_biases(design: Design) -> tuple[ShownBias, ...]:
    rows = [ShownBias(code="novelty", looks_like=0.03, overturns_at=0.13)]
    if design == "comparison":
        rows.append(ShownBias(code="drift", looks_like=0.09, overturns_at=0.14))
        rows.append(ShownBias(code="regression_to_the_mean", looks_like=0.06, overturns_at=0.05))
    rows.append(ShownBias(code="one_team", looks_like=None, overturns_at=None, withheld="too_few_people"))
    return tuple(rows)


def _verdict(kind: str, grade: str, findings: tuple[Finding, ...]) -> Verdict:
    words = {"in_evaluation": None, "harm": "stop", "refused": "inconclusive"}
    return Verdict(
        state="in_evaluation" if kind == "in_evaluation" else "finished",
        word=words.get(kind, kind),
        grade=grade,
        chance_worthwhile=CHANCES.get(kind),
        findings=findings,
        turning_points=TURNING_POINTS[kind],
    )


def build_release(
    kind: str = "scale",
    *,
    design: Design = "waitlist",
    guardrail: str | None = None,
    few_leavers: bool = False,
    withheld_waves: tuple[str, ...] = (),
    deviations: tuple[str, ...] = (),
    title: BilingualText | None = None,
    findings: tuple[Finding, ...] = (),
    full: bool = True,
    withheld_practice: bool = False,
) -> Release:
    """A release of one kind: a verdict's word, `in_evaluation`, `harm` or `refused`.

    With everything that may be in one, or (not `full`) without rehearsal, practice, ledger and scale sheets.
    """
    guardrail = guardrail or ("breached" if kind == "adjust" else "kept")
    arms = ["pilot"] if design == "before_after" else ["pilot", "comparison"]
    between = None if kind == "refused" else estimate_of(*EFFECTS[kind])
    drift = 0.09 if design == "comparison" else 0.0
    wide = between and between.model_copy(update={"lower": between.lower - drift, "upper": between.upper + drift})
    estimator = {"comparison": "change", "before_after": "before_after"}.get(design, "ancova")
    primary = Effect(
        scale="engagement",
        name=BilingualText(zh="敬业度", en="Engagement"),
        answers="linked",
        estimator=estimator,
        weighting="person",
        between_arms=between,
        with_drift=wide,
        hedges_g=0.36,
    )
    secondary = primary.model_copy(
        update={
            "scale": "development_binding",
            "name": BilingualText(zh="发展绑定", en="Development binding"),
            "between_arms": estimate_of(0.11, -0.05, 0.27),
            "with_drift": estimate_of(0.11, -0.05, 0.27),
            "p_holm": 0.17,
        }
    )
    unsigned = Release(
        number=3,
        published_at=datetime(2028, 1, 12, 8, 30, tzinfo=UTC),
        made_with="pilot 0.1.0",
        previous_sha256="ab" * 32,
        pilot=_facts(design, drift, title),
        deviations=tuple(
            DeviationNote(
                recorded_at=datetime(2027, 5, 4, tzinfo=UTC), reason=reason, changes=CHANGES, sha256="d0" * 32
            )
            for reason in deviations
        ),
        verdict=_verdict(kind, GRADES[design], (*_findings(kind, guardrail, drift), *findings)),
        primary=primary,
        of_all_answers=None,
        lasting=None if kind in ("refused", "in_evaluation") else estimate_of(0.24, 0.09, 0.39),
        secondary=(secondary,),
        waves=_waves(arms, withheld_waves),
        flow=tuple(_flow(arm, few_leavers and arm == "pilot") for arm in arms),
        guardrails=(_guardrail(guardrail),),
        fidelity=FidelityOutcome(mean_pct=78, floor_pct=60, n_teams=8, status="reached"),
        loop=shown_loop(arms, withheld=withheld_practice) if full else (),
        promise=shown_promise() if full else None,
        biases=shown_biases(design) if full else (),
        scale_sheets=(
            ShownSheet(
                wave_id="endline",
                n_people_at_least=140,
                icc_1=0.08,
                icc_2=0.51,
                fitness="fit",
                reasons=(),
                item_texts={},
            ),
        )
        if full
        else (),
    )
    return unsigned.model_copy(update={"sha256": unsigned.fingerprint})


@pytest.fixture(scope="session")
def make_release() -> ReleaseMaker:
    return build_release


@pytest.fixture(scope="session")
def say_finding() -> Callable[..., Finding]:
    return finding


@pytest.fixture
def release_file(tmp_path: Path) -> Callable[[Release], Path]:
    def write(release: Release) -> Path:
        path = tmp_path / f"release-{release.number:04d}.json"
        path.write_text(release.model_dump_json(indent=1), "utf-8")
        return path

    return write
