"""Disclosure control: nothing about a few people, and nothing that could be computed by subtraction."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.publication import ShownFlow
from pilot.publication.disclosure import rounded, safe_flow, safe_waves, too_close
from pilot.result import ArmFlow, WaveMean

MINIMUM = 5
ENDS = (1.0, 5.0)
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


def solutions(shown: ShownFlow, largest: int = 60) -> list[dict[str, int]]:
    """All counts of leavers, joiners and silent people that fit what is shown."""
    linked = shown.n_linked.n
    found = []
    for leavers, joiners in product(range(largest), repeat=2):
        fits = [
            (shown.n_leavers.n, leavers),
            (shown.n_joiners.n, joiners),
            (shown.n_baseline.n, linked + leavers),
            (shown.n_outcome.n, linked + joiners),
        ]
        if any(known not in (None, value) for known, value in fits):
            continue
        found += [
            {"leavers": leavers, "joiners": joiners, "silent": silent}
            for silent in range(largest)
            if shown.n_invited.n in (None, linked + leavers + joiners + silent)
        ]
    return found


@settings(max_examples=60, deadline=None)
@given(counts, st.integers(0, 12), st.integers(0, 12), st.integers(0, 12))
def test_no_group_of_a_few_can_be_counted_from_the_flow(n_linked, n_leavers, n_joiners, n_silent):
    """Whatever a reader computes from the shown counts, a part of one to four people stays open."""
    shown = safe_flow(flow_of(n_linked, n_leavers, n_joiners, n_silent), MINIMUM)
    possible = solutions(shown)
    true = {"leavers": n_leavers, "joiners": n_joiners, "silent": n_silent}
    assert true in possible
    for part, n in true.items():
        if 0 < n < MINIMUM:
            assert len({solution[part] for solution in possible}) > MINIMUM, part
    for step in ("n_invited", "n_baseline", "n_outcome", "n_linked", "n_leavers", "n_joiners"):
        count = getattr(shown, step)
        assert (count.n is None) == (count.withheld is not None)


@given(counts, counts)
def test_nested_groups(larger, smaller):
    larger, smaller = max(larger, smaller), min(larger, smaller)
    assert too_close(larger, smaller, MINIMUM) == (larger - smaller in range(1, MINIMUM))


@given(n_linked=st.integers(5, 40), data=st.data())
def test_means_about_a_few_or_nearly_everybody_are_withheld(n_linked, data):
    waves = [
        WaveMean(
            arm="pilot",
            wave_id=wave_id,
            week=week,
            n_people=data.draw(st.integers(1, n_linked)),
            largest_share=1 / n_linked,
            mean=3.5,
            lower=3.4,
            upper=3.6,
        )
        for wave_id, week in {"baseline_1": 0, "pulse_1": 4, "follow_up_1": 36}.items()
    ]
    groups = {("pilot", wave.wave_id): n_linked for wave in waves}
    for wave, shown in zip(waves, safe_waves(waves, groups, MINIMUM, ENDS), strict=True):
        must_hide = wave.n_people < MINIMUM or 0 < n_linked - wave.n_people < MINIMUM
        assert (shown.score.mean is None) == must_hide
        assert (shown.people.n is None) == must_hide
        assert (shown.score.withheld is not None) == must_hide
        assert shown.score.lower is None or not must_hide


@given(n=st.integers(5, 60), near=st.floats(0, 4), top=st.booleans())
def test_a_mean_that_tells_of_each_is_withheld(n, near, top):
    """Nobody can be farther from the end of the scale than all of them together."""
    mean = ENDS[1] - near if top else ENDS[0] + near
    wave = WaveMean(
        arm="pilot", wave_id="endline", week=24, n_people=n, largest_share=1 / n, mean=mean, lower=None, upper=None
    )
    (shown,) = safe_waves([wave], {("pilot", "endline"): n}, MINIMUM, ENDS)
    farthest = n * min(near, 4 - near)
    assert shown.score.withheld == ("all_alike" if shown.score.mean is None else None)
    if shown.score.mean is not None:
        assert farthest >= 2
    if farthest > 2 + n * 0.001:
        assert shown.score.mean is not None


def test_numbers_are_rounded_before_they_are_shown():
    exact = {"estimate": 0.123456, "df": 12.97, "values": {"lower": 0.0004, "n": 7}, "list": [{"df": 5.2}, 1.23456]}
    assert rounded(exact) == {
        "estimate": 0.123,
        "df": 12.0,
        "values": {"lower": 0.0, "n": 7},
        "list": ({"df": 5.0}, 1.235),
    }
