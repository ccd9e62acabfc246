"""The decision rule, word by word."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.verdict import WORDS, DecisionRule, Evidence, decide

RULE = DecisionRule(
    sesoi_points=0.15,
    minimum_df=5,
    fidelity_floor_pct=60,
    has_follow_up=True,
    before_after_only=False,
    comparison_needs_waves=False,
)
CLEAR = {
    "estimate": 0.3,
    "lower": 0.1,
    "upper": 0.5,
    "df": 12.0,
    "lasting_lower": 0.05,
    "attrition_bias": 0.0,
    "guardrail_breached": False,
    "guardrail_missing": False,
    "fidelity_pct": 75.0,
}


def evidence(**changes: float | bool) -> Evidence:
    return Evidence(**{name: np.array([value]) for name, value in {**CLEAR, **changes}.items()})


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
        ({"guardrail_breached": True}, "adjust"),
        ({"fidelity_pct": 59.9}, "adjust"),
        ({"guardrail_breached": True, "estimate": 0.05, "lower": -0.04, "upper": 0.14}, "stop"),
    ],
)
def test_words(changes, expected):
    assert word(**changes) == expected


@pytest.mark.parametrize(
    ("cap", "changes"),
    [
        ("refused", {"lower": np.nan}),
        ("few_clusters", {"df": 4.9}),
        ("fades", {"lasting_lower": 0.0}),
        ("fades", {"lasting_lower": np.nan}),
        ("unequal_attrition", {"attrition_bias": 0.1}),
        ("guardrail_not_measured", {"guardrail_missing": True}),
        ("fidelity_not_measured", {"fidelity_pct": np.nan}),
    ],
)
def test_caps_end_in_inconclusive_even_with_a_breached_guardrail(cap, changes):
    assert decide(evidence(**changes), RULE).caps[cap][0]
    assert word(**changes) == "inconclusive"
    if cap != "guardrail_not_measured":
        assert word(**changes, guardrail_breached=True) == "inconclusive"


@pytest.mark.parametrize("field", ["before_after_only", "comparison_needs_waves"])
def test_designs_that_never_scale_may_stop(field):
    rule = replace(RULE, **{field: True})
    assert word(rule) == "inconclusive"
    assert word(rule, estimate=0.05, lower=-0.04, upper=0.14) == "stop"


def test_without_a_follow_up_nothing_is_scaled():
    assert word(replace(RULE, has_follow_up=False)) == "inconclusive"


def test_attrition_can_undo_a_stop_too():
    changes = {"estimate": 0.05, "lower": -0.04, "upper": 0.14}
    assert word(**changes, attrition_bias=0.005) == "stop"
    assert word(**changes, attrition_bias=0.02) == "inconclusive"


finite = st.floats(-1, 1)


@given(
    estimate=finite,
    reach=st.floats(0.01, 1),
    df=st.floats(1, 40),
    lasting=finite,
    bias=st.floats(0, 0.5),
    breached=st.booleans(),
    missing=st.booleans(),
    fidelity=st.floats(0, 100),
)
def test_scale_needs_everything(estimate, reach, df, lasting, bias, breached, missing, fidelity):
    said = word(
        estimate=estimate,
        lower=estimate - reach,
        upper=estimate + reach,
        df=df,
        lasting_lower=lasting,
        attrition_bias=bias,
        guardrail_breached=breached,
        guardrail_missing=missing,
        fidelity_pct=fidelity,
    )
    everything = (
        estimate - reach > 0
        and estimate >= 0.15
        and df >= 5
        and lasting > 0
        and (bias == 0 or estimate - reach - bias > 0)
        and not breached
        and not missing
        and fidelity >= 60
    )
    assert (said == "scale") == everything


def test_replicates_are_judged_like_one():
    both = Evidence(**{name: np.array([value, value]) for name, value in {**CLEAR, "guardrail_breached": True}.items()})
    both = replace(both, guardrail_breached=np.array([False, True]))
    assert [WORDS[code] for code in decide(both, RULE).word] == ["scale", "adjust"]
