"""The decision rule, word by word."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from pilot.verdict import WORDS, DecisionRule, Evidence, decide

RULE = DecisionRule(
    sesoi_points=0.15,
    minimum_df=5,
    fidelity_floor_pct=60,
    has_follow_up=True,
    before_after_only=False,
    is_comparison=False,
    comparison_needs_waves=False,
    margins={"hours": 0.5},
    harm_must_be_ruled_out=False,
    weak_items_points=0.1,
    items_gap_z=2.3,
    weak_items_share=0.65,
    lasting_share=0.5,
)
CLEAR = {
    "estimate": 0.3,
    "lower": 0.1,
    "upper": 0.5,
    "df": 12.0,
    "lasting": 0.25,
    "lasting_lower": 0.05,
    "inflating_bias": 0.0,
    "hiding_bias": 0.0,
    "placebo_p": 0.5,
    "weak_items": 0.25,
    "items_gap_z": 1.5,
    "worsening": 0.2,
    "worst_worsening": 0.45,
    "fidelity_pct": 75.0,
    "linked_estimate": 0.3,
    "poorly_linked": False,
}


def evidence(**changes: float | bool) -> Evidence:
    """Clear evidence with some numbers changed; only linked people decide unless something else is said of them."""
    changes = {"linked_estimate": changes.get("estimate", CLEAR["estimate"])} | changes
    values = {name: np.array([value]) for name, value in {**CLEAR, **changes}.items()}
    return Evidence(**values | {name: {"hours": values[name]} for name in ("worsening", "worst_worsening")})


def word(rule: DecisionRule = RULE, **changes: float | bool) -> str:
    return WORDS[int(decide(evidence(**changes), rule).word[0])]


def test_clear_effect():
    assert word() == "scale"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"estimate": 0.14}, "inconclusive"),  # above zero, but not worthwhile
        ({"lower": -0.01}, "inconclusive"),
        ({"estimate": 0.05, "lower": -0.04, "upper": 0.14}, "stop"),
        ({"estimate": -0.3, "lower": -0.5, "upper": -0.1}, "stop"),
        ({"estimate": 0.05, "lower": -0.04, "upper": 0.15}, "inconclusive"),  # at the SESOI is not below it
        ({"worsening": 0.51}, "adjust"),
        ({"worsening": 0.5}, "scale"),  # at the margin is still acceptable
        ({"fidelity_pct": 59.9}, "adjust"),
        ({"worsening": 0.51, "estimate": 0.05, "lower": -0.04, "upper": 0.14}, "stop"),
    ],
)
def test_words(changes, expected):
    assert word(**changes) == expected


@pytest.mark.parametrize(
    ("worst", "expected", "ruled_out"),
    [(0.45, "scale", True), (0.5, "scale", True), (0.51, "adjust", False), (np.nan, "inconclusive", False)],
)
def test_a_guardrail_that_must_be_proven(worst, expected, ruled_out):
    strict = replace(RULE, harm_must_be_ruled_out=True)
    changes = {"worst_worsening": worst, "worsening": 0.2 if worst > 0 else np.nan}
    decision = decide(evidence(**changes), strict)
    assert WORDS[int(decision.word[0])] == expected
    assert bool(decision.harm_ruled_out["hours"][0]) == ruled_out
    if expected != "inconclusive":  # where not seeing harm is enough, the same is "scale"
        assert word(**changes) == "scale"


def test_follow_up_and_items_are_measured_against_linked_people_where_both_must_stand():
    """All answers show a smaller effect: that must not make half of it easier to reach."""
    assert word(estimate=0.2, linked_estimate=0.5, lasting=0.2) == "inconclusive"
    assert word(estimate=0.2, linked_estimate=0.35, lasting=0.2) == "scale"
    shifted = {"items_gap_z": 2.5, "weak_items": 0.2, "lasting": 0.3}
    assert word(estimate=0.2, linked_estimate=0.5, **shifted) == "inconclusive"
    assert word(estimate=0.2, linked_estimate=0.3, **shifted) == "scale"


def test_where_nobody_could_be_linked_scale_is_not_said_but_stop_is():
    assert word(poorly_linked=True) == "inconclusive"
    assert word(poorly_linked=True, estimate=0.05, lower=-0.04, upper=0.14) == "stop"


@pytest.mark.parametrize(
    ("cap", "changes"),
    [
        ("refused", {"lower": np.nan}),
        ("few_clusters", {"df": 4.9}),
        ("fades", {"lasting_lower": 0.0}),
        ("fades", {"lasting_lower": np.nan}),
        ("fades", {"lasting": 0.149}),  # half of the effect is .15
        ("shifted_items", {"weak_items": 0.099}),
        ("shifted_items", {"weak_items": 0.19, "items_gap_z": 2.3}),  # 65 % of the effect is .195
        ("unequal_attrition", {"inflating_bias": 0.1}),
        ("guardrail_not_measured", {"worsening": np.nan}),
        ("fidelity_not_measured", {"fidelity_pct": np.nan}),
    ],
)
def test_caps_end_in_inconclusive_even_with_a_breached_guardrail(cap, changes):
    assert decide(evidence(**changes), RULE).caps[cap][0]
    assert word(**changes) == "inconclusive"
    if cap != "guardrail_not_measured":
        assert word(**{**changes, "worsening": 0.51}) == "inconclusive"


@pytest.mark.parametrize("field", ["before_after_only", "comparison_needs_waves"])
def test_designs_that_never_scale_may_stop(field):
    rule = replace(RULE, **{field: True})
    assert word(rule) == "inconclusive"
    assert word(rule, estimate=0.05, lower=-0.04, upper=0.14) == "stop"


def test_without_a_follow_up_nothing_is_scaled():
    assert word(replace(RULE, has_follow_up=False)) == "inconclusive"


def test_items_in_between_are_no_shift():
    assert word(weak_items=0.1, items_gap_z=2.29) == "scale"
    assert word(weak_items=0.2, items_gap_z=9.0) == "scale"
    assert word(weak_items=np.nan, items_gap_z=np.nan) == "scale"  # a short scale has no pattern to look at


def test_attrition_can_undo_a_stop_too():
    changes = {"estimate": 0.05, "lower": -0.04, "upper": 0.14}
    assert word(**changes, hiding_bias=0.005) == "stop"
    assert word(**changes, hiding_bias=0.02) == "inconclusive"
    assert word(**changes, inflating_bias=0.02) == "stop"  # what inflates an effect cannot hide one


# Around the thresholds, so that each of them decides in many examples and *scale* is said in some.
@given(
    estimate=st.floats(0.1, 0.6),
    reach=st.floats(0.01, 0.4),
    df=st.just(12.0) | st.floats(4, 6),
    lasting=st.floats(0.05, 0.5),
    lasting_reach=st.floats(0, 0.2),
    weak_items=st.just(np.nan) | st.floats(0.05, 0.5),
    items_gap_z=st.just(1.0) | st.floats(2, 3),
    bias=st.just(0.0) | st.floats(0, 0.3),
    worsening=st.just(0.2) | st.floats(0.4, 0.6) | st.just(np.nan),
    fidelity=st.just(75.0) | st.floats(55, 65),
)
@settings(max_examples=500)
def test_scale_needs_everything(
    estimate, reach, df, lasting, lasting_reach, weak_items, items_gap_z, bias, worsening, fidelity
):
    said = word(
        estimate=estimate,
        lower=estimate - reach,
        upper=estimate + reach,
        df=df,
        lasting=lasting,
        lasting_lower=lasting - lasting_reach,
        weak_items=weak_items,
        items_gap_z=items_gap_z,
        inflating_bias=bias,
        worsening=worsening,
        fidelity_pct=fidelity,
    )
    everything = (
        estimate - reach > 0
        and estimate >= 0.15
        and df >= 5
        and lasting - lasting_reach > 0
        and lasting >= 0.5 * estimate
        and not weak_items < 0.1
        and not (items_gap_z >= 2.3 and weak_items < 0.65 * estimate)
        and (bias == 0 or estimate - reach - bias > 0)
        and worsening <= 0.5
        and fidelity >= 60
    )
    event(said)
    assert (said == "scale") == everything


def test_a_trend_before_the_launch_bears_on_both_words():
    comparison = replace(RULE, is_comparison=True)
    nothing = {"estimate": 0.05, "lower": -0.04, "upper": 0.14}
    assert word(comparison, placebo_p=0.04) == "inconclusive"  # it rose before: the effect may be that
    assert word(comparison, placebo_p=0.96) == "scale"
    assert word(comparison, **nothing, placebo_p=0.96) == "inconclusive"  # it fell before: that may hide one
    assert word(comparison, **nothing, placebo_p=0.04) == "stop"
    assert word(comparison, placebo_p=np.nan) == "inconclusive"


def test_replicates_are_judged_like_one():
    values = {name: np.array([value, value]) for name, value in CLEAR.items()}
    worse = {name: {"hours": np.array([0.2, 0.6])} for name in ("worsening", "worst_worsening")}
    both = Evidence(**values | worse)
    assert [WORDS[code] for code in decide(both, RULE).word] == ["scale", "adjust"]


def test_an_interval_without_width_carries_no_verdict():
    assert word(lower=0.3, upper=0.3) == "inconclusive"


@pytest.mark.parametrize("placebo_p", [0.04, np.nan])
def test_units_that_moved_apart_before_the_launch_are_not_scaled(placebo_p):
    comparison = replace(RULE, is_comparison=True)
    assert word(comparison) == "scale"
    assert word(comparison, placebo_p=placebo_p) == "inconclusive"
    assert word(RULE, placebo_p=placebo_p) == "scale"  # a draw needs no placebo


@pytest.mark.parametrize(
    ("changes", "slack"),
    [
        ({}, 0.05),  # the lasting bound is the nearest
        ({"lasting_lower": 0.4}, 0.1),
        ({"lasting_lower": 0.4, "lower": 0.2}, 0.15),
        ({"lasting_lower": 0.4, "inflating_bias": 0.04}, 0.06),
        ({"estimate": 0.05, "lower": -0.04, "upper": 0.1, "hiding_bias": 0.01}, 0.04),
        ({"lower": -0.1}, 0.0),
    ],
)
def test_slack_is_the_distance_of_the_nearest_bound(changes, slack):
    decision = decide(evidence(**changes), RULE)
    assert decision.slack_points[0] == pytest.approx(slack)
