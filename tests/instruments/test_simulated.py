"""A plan that names any of the shipped questionnaires can be simulated, scored and rehearsed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from pilot.plan import PilotFolder, PlanAnswers, Protocol, read_plan, write_plan
from pilot.resources import shipped_pages
from pilot.scores import Roster, panel_of_answers
from pilot.simulate import draw_pilots, layout_of, read_scenario


@pytest.fixture
def protocol(folder: PilotFolder) -> Protocol:
    """A plan that names every shipped questionnaire."""
    write_plan(folder, PlanAnswers("R&D", date(2027, 3, 1), teams=tuple(f"T{number}" for number in range(10))))
    named = "".join(f"  - {name}\n" for name in shipped_pages("surveys"))
    text = folder.plan.read_text("utf-8")
    folder.plan.write_text(text.replace("  - engagement\n  - development\n", named), "utf-8")
    return read_plan(folder)


@pytest.fixture
def items(protocol: Protocol) -> Callable[[str], list[int]]:
    """Places of a scale's items on the last axis of the answers."""
    ids = list(protocol.instruments.items)
    return lambda scale: [ids.index(item.id) for item in protocol.instruments.items_of(scale)]


@pytest.mark.parametrize("scenario", ["works", "careless_crowd", "response_shift", "works_where_managers_coach"])
def test_every_answer_is_one_of_the_options(scenario: str, protocol: Protocol) -> None:
    answers = draw_pilots(read_scenario(scenario), layout_of(protocol, 8), np.random.default_rng(1), 5).answers
    for place, item_id in enumerate(protocol.instruments.items):
        options = protocol.instruments.answers_of(item_id)
        given = answers[..., place][~np.isnan(answers[..., place])]
        assert len(given)
        assert options.lowest <= given.min()
        assert given.max() <= options.highest
        if options.whole_numbers:
            assert (given == np.rint(given)).all()


def test_who_reads_ticks_what_is_asked_for(protocol: Protocol, items: Callable[[str], list[int]]) -> None:
    shares = {}
    for scenario in ("works", "careless_crowd"):
        page = read_scenario(scenario)
        answers = draw_pilots(page, layout_of(protocol, 20), np.random.default_rng(1), 20).answers
        ticked = answers[..., items("attention")]
        missed = (ticked[~np.isnan(ticked)] != 4).mean()
        shares[scenario] = missed / page.careless.share
    # Of those who do not read, four of five miss it by chance.
    assert shares["works"] == pytest.approx(0.8, abs=0.08)
    assert shares["careless_crowd"] == pytest.approx(0.8, abs=0.05)


def test_the_practice_does_not_move_a_marker(protocol: Protocol) -> None:
    truth = draw_pilots(read_scenario("works"), layout_of(protocol, 5), np.random.default_rng(1), 2).truth
    assert np.all(truth["commute_outcome_points"] == 0)
    assert np.all(
        truth["ownership_outcome_points" if "ownership_outcome_points" in truth else "control_outcome_points"]
    )
    assert "attention_outcome_points" not in truth


def test_yes_and_no_move_with_the_practice(protocol: Protocol, items: Callable[[str], list[int]]) -> None:
    pilots = draw_pilots(read_scenario("works"), layout_of(protocol, 30), np.random.default_rng(1), 60)
    endline = protocol.plan.calendar.wave_ids.index("endline")
    scores = pilots.answers[:, :, endline, items("development_plan")].mean(axis=-1)
    treated = pilots.treated[:, np.repeat(np.arange(10), 30)]
    gap = np.nanmean(scores[treated]) - np.nanmean(scores[~treated])
    assert gap == pytest.approx(pilots.truth["development_plan_outcome_points"].mean(), abs=0.03)


def test_a_check_has_no_score(protocol: Protocol) -> None:
    pilots = draw_pilots(read_scenario("works"), layout_of(protocol, 5), np.random.default_rng(1), 2)
    n_people, n_waves = pilots.answers.shape[1:3]
    roster = Roster.of_arms(
        np.arange(n_people).astype(object), np.repeat(np.arange(10), 5), tuple("ABCDEFGHIJ"), pilots.treated
    )
    panel = panel_of_answers(
        pilots.answers, protocol, roster=roster, invited=np.ones((n_people, n_waves), bool), measures={}
    )
    scored = {scale.id for scale in protocol.instruments.scales.values() if scale.kind != "check"}
    assert set(panel.scores) == scored
    assert "attention" in protocol.instruments.scales
