"""Worlds at the edge: repeatable, degenerate, random; and pages that are refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from pilot.documents.page import PageSource, validate_page
from pilot.errors import PilotError
from pilot.i18n import message
from pilot.resources import shipped_pages
from pilot.simulate import Scenario, draw_pilots, layout_of, read_scenario
from pilot.simulate.latent import AnswerOptions


def test_the_same_seed_gives_the_same_pilots(make_layout):
    first, again, other = (
        draw_pilots(read_scenario("works"), make_layout(), np.random.default_rng(seed), 30) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.answers, again.answers)
    np.testing.assert_array_equal(first.start_week, again.start_week)
    assert not np.array_equal(first.answers, other.answers, equal_nan=True)


def test_half_of_the_teams_are_drawn_anew_in_each_replicate(make_layout):
    treated = draw_pilots(read_scenario("nothing"), make_layout(n_teams=5), np.random.default_rng(1), 500).treated
    assert (treated.sum(axis=1) == 3).all()  # the spare one starts now
    assert treated.mean(axis=0) == pytest.approx(0.6, abs=5 * np.sqrt(0.24 / 500))


@pytest.mark.parametrize(("n_teams", "n_people"), [(1, 12), (1, 1), (4, 0), (3, 1)])
@pytest.mark.parametrize("n_replicates", [0, 1, 3])
def test_tiny_pilots_are_valid(n_teams, n_people, n_replicates, make_layout):
    layout = make_layout(n_teams=n_teams, n_people=n_people, n_secondary_items=1, weeks=[0.0, 24.0, 36.0])
    pilots = draw_pilots(read_scenario("works"), layout, np.random.default_rng(1), n_replicates)
    assert pilots.answers.shape == (n_replicates, n_teams * n_people, 3, 7)


def test_nobody_answers(changed, make_layout):
    scenario = changed(read_scenario("works"), response={"rate": 0.0, "retention": 0.0})
    assert np.isnan(draw_pilots(scenario, make_layout(), np.random.default_rng(1), 10).answers).all()


def test_a_single_item_keeps_mean_and_spread(everybody_answers, make_layout):
    pilots = draw_pilots(
        everybody_answers(read_scenario("nothing")), make_layout(n_items=1), np.random.default_rng(1), 500
    )
    keyed = 6 - pilots.answers  # the only item is the reverse-keyed one
    assert keyed.mean() == pytest.approx(3.6, abs=0.02)
    assert keyed.std() == pytest.approx(0.75, abs=0.02)


@pytest.mark.parametrize("design", ["waitlist", "comparison", "before_after"])
def test_teams_that_the_plan_lists_keep_their_arm(design, protocol_of):
    more = {"comparison_teams": tuple("UVWXYZ")} if design == "comparison" else {}
    layout = layout_of(protocol_of(8, design=design, **more), {"Team 00": 3, "X": 2})
    treated = draw_pilots(read_scenario("works"), layout, np.random.default_rng(1), 4).treated
    assert layout.n_people == (5 if design == "comparison" else 3)
    if design == "waitlist":
        assert (treated.sum(axis=1) == 4).all()
    else:
        assert (treated == [team.startswith("Team") for team in layout.team_ids]).all()


def test_options_that_cannot_hold_the_scores_give_a_sentence(make_layout, changed):
    with pytest.raises(PilotError, match="no answers have mean"):
        draw_pilots(read_scenario("works"), make_layout(options=AnswerOptions(1, 1, 1)), np.random.default_rng(1), 2)
    huge = changed(read_scenario("works"), effect={"points": 3.0})
    with pytest.raises(PilotError, match="beyond the answer options"):
        draw_pilots(huge, make_layout(), np.random.default_rng(1), 2)


# --- pages ---------------------------------------------------------------------------------------------------------


def page_with(tmp_path, old, new):
    text = shipped_pages("simulations")["works"].read_text("utf-8")
    assert text.count(old) == 1
    path = tmp_path / "own.yaml"
    path.write_text(text.replace(old, new), "utf-8")
    return path


@pytest.mark.parametrize("name", shipped_pages("simulations"))
def test_every_shipped_page_is_read_in_both_languages(name):
    scenario = read_scenario(name)
    assert scenario.id == name
    for text in (scenario.title, scenario.teaches):
        assert any("一" <= letter <= "鿿" for letter in text.zh)
        assert not any("一" <= letter <= "鿿" for letter in text.en)


@pytest.mark.parametrize("name", shipped_pages("simulations"))
def test_every_number_of_a_shipped_page_says_where_it_is_from(name):
    """Above each block of numbers stands a comment; both languages."""
    lines = shipped_pages("simulations")[name].read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.startswith("  ") and line.rsplit(": ", 1)[-1].replace(".", "").lstrip("-").isdigit():
            above = next(text for text in reversed(lines[:number]) if ": " not in text or "#" in text)
            assert above.lstrip().startswith("#"), line


REFUSED = {
    "unknown key": ("  ramp_weeks: 8", "  ramp_week: 8", "Did you mean"),
    "not a number": ("  rate: 0.70", "  rate: most", "Write a number"),
    "nan": ("  rate: 0.70", "  rate: nan", "rate"),
    "share above one": ("  rate: 0.70", "  rate: 70", "at most 1"),
    "zero variance": ("  sd_points: 0.75", "  sd_points: 0", "above 0"),
    "retention below the rate": ("  retention: 0.75", "  retention: 0.40", "retention lies between"),
    "silence without strength": ("  unhappy_leave: none", "  unhappy_leave: pilot", "do not go together"),
    "fading backwards": ("  fades_until_week: 36", "  fades_until_week: 12", "before it begins"),
    "fading before the ramp": ("  ramp_weeks: 8", "  ramp_weeks: 30", "before it is fully there"),
    "negative hours": ("  noise_sd: 0.15", "  noise_sd: 2", "below zero"),
    "impossible spread": ("  sd_points: 0.75", "  sd_points: 1.99", "no answers have mean"),
    "retest above reliability": ("  retest_correlation: 0.65", "  retest_correlation: 0.95", "cannot correlate"),
    "retest without room": ("  retest_correlation: 0.65", "  retest_correlation: 0.20", "does not go with"),
    "occasion backwards": (
        "careless:",
        "occasion: {points: 0.3, from_week: 24, until_week: 20, arms: both}\ncareless:",
        "the occasion would end before it begins",
    ),
    "occasion for nobody": (
        "careless:",
        "occasion: {points: 0.3, from_week: 24, until_week: 24, arms: none}\ncareless:",
        "Write one of",
    ),
    "volunteers backwards": (
        "careless:",
        "volunteers: {points_per_half_year: 0.1, from_week: 0, until_week: -12}\ncareless:",
        "the rise would end before it begins",
    ),
    "picked with an effect": (
        "careless:",
        "picked: {what: unit, candidates_per_place: 4, in_week: 0}\ncareless:",
        "would not be the true one",
    ),
    "star with an effect": ("careless:", "star: {points: 1}\ncareless:", "would not be the true one"),
    "picked from nobody": (
        "careless:",
        "picked: {what: teams, candidates_per_place: 1, in_week: 0}\ncareless:",
        "at least 2",
    ),
    "picked what": (
        "careless:",
        "picked: {what: people, candidates_per_place: 3, in_week: 0}\ncareless:",
        "Write one of",
    ),
    "shock without a week": (
        "careless:",
        "unit_shocks: {sd_points: 0.1, lasting_share: 0, hits: pilot_unit}\ncareless:",
        "from_week",
    ),
    "shock of a negative size": (
        "careless:",
        "unit_shocks: {sd_points: -0.1, lasting_share: 0, from_week: 0, hits: pilot_unit}\ncareless:",
        "at least 0",
    ),
    "shift of no item": ("careless:", "response_shift: {items_share: 0, points: 0.4}\ncareless:", "above 0"),
    "full effect at no dose": ("careless:", "dose: {full_effect_pct: 0}\ncareless:", "above 0"),
    "unknown key of a threat": ("careless:", "star: {points: 1, team: A}\ncareless:", "team"),
    "scales alike": ("  correlation: 0.50", "  correlation: 0.99", "cannot correlate"),
}


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("spillover: {share: 0.4}", "no effect that could spill over"),
        ("dose: {full_effect_pct: 100}", "no effect that could follow the dose"),
    ],
)
def test_what_hangs_on_an_effect_needs_one(part, said, tmp_path):
    page = tmp_path / "mine.yaml"
    text = shipped_pages("simulations")["nothing"].read_text("utf-8")
    page.write_text(f"{text}\n{part}\n", "utf-8")
    with pytest.raises(PilotError, match=said):
        read_scenario(page)


@pytest.mark.parametrize(("old", "new", "said"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_page_is_refused_with_a_sentence(old, new, said, tmp_path):
    with pytest.raises(PilotError) as refused:
        read_scenario(page_with(tmp_path, old, new))
    assert said in str(refused.value)
    assert "own.yaml:" in refused.value.faults[0].place
    assert refused.value.faults[0].remedy.text("en")


def test_an_unknown_scenario_is_answered_with_the_known_ones():
    with pytest.raises(PilotError, match="hawthorne"):
        read_scenario("utopia")
    with pytest.raises(PilotError):
        read_scenario("utopia.yaml")


# --- random worlds -------------------------------------------------------------------------------------------------


def number(low, high):
    return st.floats(low, high, allow_nan=False).map(lambda value: round(value, 3))


@st.composite
def contents(draw):
    """The content of a page with random numbers, most of them possible."""
    base = read_scenario("works").model_dump()
    base["engagement"] |= {
        "mean_points": draw(number(2.3, 4.0)),
        "sd_points": draw(number(0.5, 1.0)),
        "icc_1": draw(number(0, 0.2)),
        "retest_correlation": draw(number(0.45, 0.7)),
        "reliability": draw(number(0.7, 0.95)),
    }
    base["stability"] |= {
        "team_wave_share": draw(number(0, 1)),
        "one_wave_share": draw(number(0, 0.2)),
        "drift_half_life_weeks": 12.0,
    }
    base["secondary"] |= {"correlation": draw(number(0, 0.6))}
    base["effect"] |= {
        "points": draw(number(-1, 1)),
        "between_team_sd_points": draw(number(0, 0.5)),
        "lasting_share": draw(number(0, 1)),
    }
    base["attention"] = draw(st.none() | st.just({"points": 0.2, "fades_from_week": 20, "fades_until_week": 20}))
    base["trend"] = draw(st.none() | st.fixed_dictionaries({"points_per_half_year": number(-0.5, 0.5)}))
    leave = draw(st.sampled_from(["none", "both", "pilot"]))
    rate = draw(number(0, 1))
    base["response"] |= {
        "rate": rate,
        "retention": round(0.95 * (rate + draw(number(0, 1)) * (1 - rate)), 6),
        "unhappy_leave": leave,
        "unhappy_correlation": 0 if leave == "none" else draw(number(0.05, 0.95)),
    }
    base["volunteers"] = draw(st.none() | st.just({"points_per_half_year": 0.1, "from_week": -24, "until_week": 24}))
    base["unit_shocks"] = draw(
        st.none()
        | st.fixed_dictionaries(
            {
                "sd_points": number(0, 0.5),
                "lasting_share": number(0, 1),
                "from_week": number(-12, 40),
                "hits": st.sampled_from(["pilot_unit", "every_unit"]),
            }
        )
    )
    base["response_shift"] = draw(
        st.none() | st.fixed_dictionaries({"items_share": number(0.01, 1), "points": number(-1, 1)})
    )
    what = draw(st.sampled_from([None, "unit", "teams"]))
    if what:
        base["effect"] = None
        base["picked"] = {
            "what": what,
            "candidates_per_place": draw(st.integers(2, 10)),
            "in_week": draw(number(-30, 40)),
        }
        base["star"] = draw(st.none() | st.fixed_dictionaries({"points": number(-0.5, 0.5)}))
    base["careless"] |= {"share": draw(number(0, 0.9)), "straight_line_share": draw(number(0, 1))}
    return base


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=contents(),
    seed=st.integers(0, 2**32),
    n_items=st.integers(1, 7),
    n_teams=st.integers(1, 4),
    listed=st.booleans(),
)
def test_a_random_world_is_simulated_or_refused_with_a_sentence(content, seed, n_items, n_teams, listed, make_layout):
    layout = make_layout(n_teams=n_teams, n_people=3, n_items=n_items, n_secondary_items=2, weeks=[0.0, 24.0, 36.0])
    if listed:
        chosen = np.arange(n_teams) % 2 == 0
        layout = replace(layout, chosen=chosen, start_week=np.where(chosen, 0.0, np.inf))
    try:
        scenario = validate_page(PageSource("random.yaml", content), Scenario, message("Refused."))
        pilots = draw_pilots(scenario, layout, np.random.default_rng(seed), 3)
    except PilotError as refused:
        event(refused.headline.text("en"))
        return
    answered = pilots.answers[~np.isnan(pilots.answers)]
    assert np.isin(answered, [1, 2, 3, 4, 5]).all()
    assert np.isfinite(list(pilots.truth.values())).all()
    assert pilots.truth["primary_outcome_points"] == pytest.approx(
        scenario.effect.points if scenario.effect else 0, abs=1e-5
    )
    without = draw_pilots(
        scenario, replace(layout, start_week=np.full(n_teams, np.inf)), np.random.default_rng(seed), 3
    )
    assert np.isfinite(without.team_measures).all()
