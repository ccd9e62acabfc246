"""Disclosure control: nothing about a few people, and nothing that could be computed by subtraction."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.publication.disclosure import safe_flow, safe_waves, too_close
from pilot.result import ArmFlow, PilotFacts, WaveMean

MINIMUM = 5
counts = st.integers(0, 40)


def flow_of(n_linked: int, n_leavers: int, n_joiners: int, n_silent: int = 10) -> ArmFlow:
    return ArmFlow(
        arm="pilot",
        n_teams=4,
        n_invited=n_linked + n_leavers + n_joiners + n_silent,
        n_baseline=n_linked + n_leavers,
        n_outcome=n_linked + n_joiners,
        n_linked=n_linked,
        n_leavers=n_leavers,
        n_joiners=n_joiners,
    )


@given(counts, counts, counts)
def test_a_few_leavers_cannot_be_counted_from_the_flow(n_linked, n_leavers, n_joiners):
    shown = safe_flow(flow_of(n_linked, n_leavers, n_joiners), MINIMUM)
    for part, whole, true in (
        (shown.n_leavers, shown.n_baseline, n_leavers),
        (shown.n_joiners, shown.n_outcome, n_joiners),
    ):
        by_subtraction = None if whole.n is None or shown.n_linked.n is None else whole.n - shown.n_linked.n
        for known in (part.n, by_subtraction):
            assert known in (None, true)
            assert known is None or known == 0 or known >= MINIMUM
        assert (part.n is None) == (part.withheld is not None)


@given(counts, counts)
def test_nested_groups(larger, smaller):
    larger, smaller = max(larger, smaller), min(larger, smaller)
    assert too_close(larger, smaller, MINIMUM) == (larger - smaller in range(1, MINIMUM))


@pytest.fixture(scope="module")
def facts() -> PilotFacts:
    name = {"zh": "某单位", "en": "A unit"}
    return PilotFacts.model_validate(
        {
            "title": name,
            "unit": name,
            "chosen_because": "representative",
            "design": "waitlist",
            "launch_on": "2027-03-01",
            "sealed_at": datetime(2027, 1, 4, tzinfo=UTC),
            "seal_sha256": "0" * 64,
            "waves": {"baseline_1": -12, "baseline_2": 0, "pulse_1": 4, "endline": 24},
            "primary_scale": "engagement",
            "primary_name": name,
            "primary_range": (1, 5),
            "sesoi_points": 0.15,
            "confidence_pct": 95,
            "drift_allowance_points": 0,
            "minimum_cell_n": MINIMUM,
            "baseline_waves": ("baseline_1", "baseline_2"),
            "outcome_waves": ("endline",),
            "lasting_waves": (),
        }
    )


@given(n_linked=st.integers(5, 40), data=st.data())
def test_means_about_a_few_or_nearly_everybody_are_withheld(facts, n_linked, data):
    waves = [
        WaveMean(
            arm="pilot",
            wave_id=wave_id,
            week=week,
            n_people=data.draw(st.integers(1, n_linked)),
            mean=3.5,
            lower=3.4,
            upper=3.6,
        )
        for wave_id, week in facts.waves.items()
    ]
    for wave, shown in zip(waves, safe_waves(waves, [flow_of(n_linked, 9, 9)], facts, MINIMUM), strict=True):
        in_effect = wave.wave_id != "pulse_1"
        must_hide = wave.n_people < MINIMUM or (in_effect and 0 < n_linked - wave.n_people < MINIMUM)
        assert (shown.score.mean is None) == must_hide
        assert (shown.people.n is None) == must_hide
        assert (shown.score.withheld is not None) == must_hide
        assert shown.score.lower is None or not must_hide
