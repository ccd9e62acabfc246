"""Scale sheets: what they count, what they judge, what they hide."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.analysis import analyse
from pilot.analysis.careless import flags_of_wave
from pilot.analysis.fitness import judged
from pilot.analysis.invariance import ends_of_pilot_arm, steps_of
from pilot.analysis.scale_sheets import languages_of, linked_sheets, scale_sheets
from pilot.documents import BilingualText
from pilot.i18n import LANGUAGES
from pilot.instruments import Instruments
from pilot.plan import PilotFolder, PlanAnswers, seal_plan, sealed_protocol, write_plan
from pilot.psychometrics import cronbach_alpha, invariance_across_waves
from pilot.publication import Mean, ShownWave, publish
from pilot.publication.sheets import safe_sheets, together, without_small_cells
from pilot.report import render_report
from pilot.report.sheets import render_sheets
from pilot.result.sheets import Bin, InvarianceStep, Reason, ReasonCode
from pilot.scores import panel_from_tables, questionnaires_of
from pilot.simulate import read_scenario, simulate_tables
from pilot.wording import Voice
from pilot.wording.sheets import REASONS, published_sentences, quality_table, reason_sentence, step_name

NOW = datetime(2028, 1, 10, tzinfo=UTC)
MINIMUM = 5


@pytest.fixture(scope="module")
def pilot(tmp_path_factory):
    """Folder, protocol, seal and tables of a simulated pilot."""
    folder = PilotFolder(tmp_path_factory.mktemp("sheets") / "unit")
    teams = tuple(f"T{number:02d}" for number in range(16))
    write_plan(folder, PlanAnswers("R&D", date(2027, 3, 1), teams=teams))
    seal_plan(folder, NOW, seed=2)
    protocol, seal = sealed_protocol(folder)
    tables = simulate_tables(read_scenario("works"), protocol, seal.assignment, np.random.default_rng(4)).tables
    return folder, protocol, seal, tables


def sheets_of(pilot, *, responses=None, submissions=None, protocol=None):
    """All sheets, with other answers or another questionnaire."""
    _, sealed, seal, tables = pilot
    protocol = protocol or sealed
    tables = replace(
        tables,
        responses=tables.responses if responses is None else responses,
        submissions=tables.submissions if submissions is None else submissions,
    )
    panel = panel_from_tables(tables, protocol, seal.assignment)
    questionnaires = questionnaires_of(tables, panel, protocol)
    found = scale_sheets(questionnaires, languages_of(tables, panel), panel, protocol)
    return {(sheet.scale, sheet.wave_id): sheet for sheet in found}


def with_kind(protocol, scale_id, kind):
    """The protocol in which a scale is of another kind."""
    by_id = {}
    for name, page in protocol.instruments.by_id.items():
        scales = tuple(each.model_copy(update={"kind": kind}) if each.id == scale_id else each for each in page.scales)
        by_id[name] = page.model_copy(update={"scales": scales})
    return replace(protocol, instruments=Instruments(by_id))


def test_figures_are_those_of_the_answers(pilot):
    _, protocol, _, tables = pilot
    sheet = sheets_of(pilot)["engagement", "endline"]
    items = [item.id for item in protocol.instruments.items_of("engagement")]
    asked = tables.responses[(tables.responses["wave_id"] == "endline") & tables.responses["item_id"].isin(items)]
    wide = asked.pivot(index="person_id", columns="item_id", values="value")[items]
    wide["eng_drained"] = 6 - wide["eng_drained"]
    assert sheet.n_answered == len(wide)
    assert sheet.n_complete == len(wide.dropna())
    assert [line.mean for line in sheet.items] == pytest.approx(wide.mean().tolist())
    assert [line.sd for line in sheet.items] == pytest.approx(wide.std().tolist())
    assert sheet.alpha.estimate == pytest.approx(cronbach_alpha(wide.dropna().cov().to_numpy()))
    assert sheet.alpha.lower < sheet.alpha.estimate < sheet.alpha.upper
    assert sheet.omega.lower < sheet.omega.estimate < sheet.omega.upper
    assert sum(each.n for each in sheet.bins) == sheet.n_scored
    assert sheet.against("waves").blocks == ("baseline_2", "endline")
    assert sheet.against("arms").blocks == ("pilot", "comparison")


def test_a_wave_that_did_not_ask_a_scale_has_no_sheet(pilot):
    asked = sheets_of(pilot)
    assert ("engagement", "pulse_1") in asked
    assert ("development_binding", "pulse_1") not in asked


def test_an_item_that_was_turned_twice_is_named(pilot):
    responses = pilot[3].responses.copy()
    twice = responses["item_id"] == "eng_drained"
    responses.loc[twice, "value"] = 6 - responses.loc[twice, "value"]
    sheet = sheets_of(pilot, responses=responses)["engagement", "baseline_1"]
    assert sheet.fitness == "not_fit"
    assert sheet.reasons[0] == Reason(code="item_against_the_rest", values={"items": ("eng_drained",)})


@pytest.mark.parametrize("kind", ["formative", "single"])
def test_lists_and_single_questions_have_no_reliability(pilot, kind):
    sheet = sheets_of(pilot, protocol=with_kind(pilot[1], "engagement", kind))["engagement", "endline"]
    assert (sheet.alpha, sheet.omega, sheet.factor, sheet.invariance) == (None, None, None, ())
    assert {line.loading for line in sheet.items} == {line.corrected_item_total for line in sheet.items} == {None}
    assert sheet.fitness == "with_care"
    assert sheet.reasons[0].code == ("formative" if kind == "formative" else "single_item")


def test_checks_have_no_sheet(pilot):
    asked = sheets_of(pilot, protocol=with_kind(pilot[1], "development_binding", "check"))
    assert {scale for scale, _ in asked} == {"engagement"}


def test_a_model_without_solution_is_said(pilot):
    """Two items answered alike leave no covariance matrix to fit."""
    responses = pilot[3].responses.copy()
    values = responses.set_index(["person_id", "wave_id", "item_id"])["value"]
    twins = responses["item_id"] == "eng_pride"
    keys = [(person, wave, "eng_meaning") for person, wave in responses.loc[twins, ["person_id", "wave_id"]].to_numpy()]
    responses.loc[twins, "value"] = values.reindex(keys).to_numpy()
    sheet = sheets_of(pilot, responses=responses)["engagement", "endline"]
    assert not sheet.factor.converged
    assert sheet.omega is None
    assert {"no_factor_found", "invariance_not_fitted"} <= {reason.code for reason in sheet.reasons}
    assert sheet.fitness == "with_care"


@pytest.mark.parametrize(
    ("n", "code", "fitness"), [(20, "too_few_people", "not_fit"), (60, "small_sample", "with_care")]
)
def test_small_samples_are_said_to_be_small(pilot, n, code, fitness):
    people = sorted(pilot[3].responses.query("wave_id == 'endline'")["person_id"].unique())[:n]
    responses = pilot[3].responses[pilot[3].responses["person_id"].isin(people)]
    sheet = sheets_of(pilot, responses=responses)["engagement", "endline"]
    assert sheet.n_answered == n
    assert code in {reason.code for reason in sheet.reasons}
    assert sheet.fitness == fitness


def test_languages_are_compared_where_both_have_enough_people(pilot):
    submissions = pilot[3].submissions.copy()
    codes = submissions["person_id"].rank(method="dense").astype(int) % 2
    submissions["language"] = np.where(codes == 0, "zh", "en")
    found = sheets_of(pilot, submissions=submissions)["engagement", "endline"].against("languages")
    assert found.blocks == ("zh", "en")
    assert min(found.n) >= 50
    submissions["language"] = "zh"
    assert sheets_of(pilot, submissions=submissions)["engagement", "endline"].against("languages") is None


def test_judging_again_changes_nothing(pilot):
    for sheet in sheets_of(pilot).values():
        assert judged(sheet) == sheet


def test_the_pilot_arm_is_compared_with_itself(pilot):
    """Before and after are means over the plan's waves; nobody of the comparison arm is in."""
    _, protocol, seal, tables = pilot
    panel = panel_from_tables(tables, protocol, seal.assignment)
    ends = ends_of_pilot_arm(panel, protocol.plan)
    assert np.isnan(ends[~panel.roster.person_treated]).all()
    places = [panel.wave_ids.index(wave) for wave in protocol.plan.analysis.outcome]
    known = ~np.isnan(ends[0, :, 1, 3])
    by_hand = np.nanmean(panel.items[3][0][:, places][known], axis=1)
    assert ends[0, known, 1, 3] == pytest.approx(by_hand)


def test_steps_in_words_of_the_ladder(two_waves_of_items):
    steady = steps_of(invariance_across_waves(two_waves_of_items(shift=0.0)))
    moved = steps_of(invariance_across_waves(two_waves_of_items(shift=1.0)))
    assert (steady == "scalar").mean() > 0.8
    assert (moved == "partial").mean() > 0.8


@pytest.fixture
def two_waves_of_items():
    """Ten pilots of 400 people who answer six items twice; one of them moves by `shift`."""

    def draw(shift):
        rng = np.random.default_rng(3)
        trait = rng.normal(size=(10, 400, 1, 1)) + 0.5 * rng.normal(size=(10, 400, 2, 1))
        answers = 3 + 0.7 * trait + 0.6 * rng.normal(size=(10, 400, 2, 6))
        answers[:, :, 1, 2] += shift
        return answers

    return draw


def test_a_missed_instruction_is_a_sign(pilot):
    """With another sign it excludes; leaving the item out does not."""
    protocol = pilot[1]
    page = protocol.instruments.by_id["engagement"]
    check = page.scales[0].model_copy(update={"id": "attention", "kind": "check"})
    item = page.items[0].model_copy(update={"id": "tick_four", "scale": "attention", "instructed": 4})
    asking = page.model_copy(update={"scales": (*page.scales, check), "items": (*page.items, item)})
    protocol = replace(protocol, instruments=Instruments({**protocol.instruments.by_id, "engagement": asking}))
    places = {name: place for place, name in enumerate(protocol.instruments.items)}
    answers = np.random.default_rng(1).integers(1, 6, (1, 40, len(places))).astype(float)
    answers[..., places["tick_four"]] = 4
    answers[0, :3, places["tick_four"]] = [2, 2, np.nan]
    seconds = np.full((1, 40), 60.0)
    seconds[0, [0, 2]] = 1
    flags = flags_of_wave(answers, seconds, protocol)
    assert np.flatnonzero(flags.instruction_missed[0]).tolist() == [0, 1]
    assert np.flatnonzero(flags.excluded[0]).tolist() == [0]


bins = st.lists(st.integers(0, 12), min_size=1, max_size=9).map(
    lambda counts: tuple(Bin(lower=place, upper=place + 1, n=n) for place, n in enumerate(counts))
)


@given(bins)
def test_bins_are_put_together_until_none_is_small(found):
    merged = together(found, MINIMUM)
    assert sum(each.n for each in merged) == sum(each.n for each in found)
    assert (merged[0].lower, merged[-1].upper) == (found[0].lower, found[-1].upper)
    assert all(left.upper == right.lower for left, right in pairwise(merged))
    assert len(merged) == 1 or all(each.n >= MINIMUM for each in merged)


def test_the_analysts_page_holds_no_small_cell(pilot):
    for sheet in sheets_of(pilot).values():
        shown = without_small_cells(sheet, MINIMUM)
        assert all(each.n >= MINIMUM for each in shown.bins)
        for line in shown.items:
            for share in (line.floor_pct, line.ceiling_pct):
                people = 0 if share is None else round(share * line.n / 100)
                assert people == 0 or MINIMUM <= people <= line.n - MINIMUM or people == line.n
        few = sheet.model_copy(update={"n_answered": MINIMUM - 1})
        assert without_small_cells(few, MINIMUM) is None
        nine = sheet.model_copy(update={"n_scored": 9})
        assert without_small_cells(nine, MINIMUM).bins == ()


def test_linked_sheets_are_about_the_linked_panel(pilot):
    _, protocol, seal, tables = pilot
    panel = panel_from_tables(tables, protocol, seal.assignment)
    plan, scores = protocol.plan, panel.scores["engagement"][0]
    linked = np.isfinite(
        panel.mean_of("engagement", plan.analysis.baseline) + panel.mean_of("engagement", plan.analysis.outcome)
    )[0]
    found = linked_sheets(questionnaires_of(tables, panel, protocol), panel, protocol)
    assert {sheet.wave_id for sheet in found} == {*plan.analysis.baseline, *plan.analysis.outcome}
    for sheet in found:
        there = linked & np.isfinite(scores[:, panel.wave_ids.index(sheet.wave_id)])
        assert (sheet.group, sheet.n_answered) == ("linked", there.sum())
    # Answers that are held back from the panel are not in its sheets either.
    held = scores.copy()
    held[np.flatnonzero(linked)[:7], panel.wave_ids.index("endline")] = np.nan
    without = replace(panel, scores={**panel.scores, "engagement": held[None]})
    fewer = linked_sheets(questionnaires_of(tables, panel, protocol), without, protocol)
    before, after = (next(each for each in group if each.wave_id == "endline") for group in (found, fewer))
    there = np.isfinite(scores[np.flatnonzero(linked)[:7], panel.wave_ids.index("endline")]).sum()
    assert there > 0
    assert after.n_answered == before.n_answered - there


def shown_wave(wave_id, withheld=None):
    score = Mean(mean=None, withheld=withheld) if withheld else Mean(mean=3.5)
    return ShownWave(arm="pilot", wave_id=wave_id, week=0, people={"n": None if withheld else 60}, score=score)


def test_a_release_holds_ratios_only(pilot):
    folder, protocol, seal, tables = pilot
    result = analyse(protocol, seal, tables, [], NOW)
    release = publish(result, folder.path / "releases", folder.path / "ledger.json", NOW)
    assert len(release.scale_sheets) == len(protocol.plan.analysis.baseline) + len(protocol.plan.analysis.outcome)
    fields = set(type(release.scale_sheets[0]).model_fields)
    assert not fields & {"bins", "items", "mean", "sd", "n_scored", "n_answered", "floor_pct"}
    for sheet in release.scale_sheets:
        assert sheet.n_people_at_least % 10 == 0
        assert sheet.reliability.estimate == round(sheet.reliability.estimate, 2)
        assert all(value % 10 == 0 for reason in sheet.reasons for name, value in reason.values.items() if name == "n")
    html = render_report(release)
    assert "题目测得准不准" in html
    assert "How well the questions measured" in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_published_sentence_names_items_by_their_words(pilot, language, tmp_path):
    _, protocol, seal, tables = pilot
    release = publish(analyse(protocol, seal, tables, [], NOW), tmp_path / "releases", tmp_path / "ledger.json", NOW)
    item = protocol.instruments.items_of("engagement")[0]
    reason = Reason(code="some_items_read_differently", values={"baseline": "baseline_2", "items": (item.id,)})
    told = {"fitness": "with_care", "reasons": (reason,), "item_texts": {item.id: item.text}}
    sheets = (release.scale_sheets[-1].model_copy(update=told),)
    said = published_sentences(release.model_copy(update={"scale_sheets": sheets}), language)
    assert item.text.text(language).rstrip("。.") in said[0]
    assert item.id not in said[0]


def test_a_wave_whose_mean_is_withheld_has_no_sheet(pilot):
    _, protocol, seal, tables = pilot
    panel = panel_from_tables(tables, protocol, seal.assignment)
    found = linked_sheets(questionnaires_of(tables, panel, protocol), panel, protocol)
    waves = [shown_wave(each.wave_id, "could_be_subtracted" if each.wave_id == "endline" else None) for each in found]
    shown = {sheet.wave_id: sheet for sheet in safe_sheets(found, waves, MINIMUM)}
    assert shown["endline"].withheld == "could_be_subtracted"
    assert (shown["endline"].reliability, shown["endline"].n_people_at_least) == (None, None)
    assert shown["baseline_1"].reliability
    everybody = [sheet.model_copy(update={"group": "everybody"}) for sheet in found]
    assert safe_sheets(everybody, waves, MINIMUM) == ()
    few = [sheet.model_copy(update={"n_scored": 9}) for sheet in found]
    assert {sheet.withheld for sheet in safe_sheets(few, [], MINIMUM)} == {"too_few_people"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_step_is_said(language):
    assert set(REASONS) == set(get_args(ReasonCode))
    values = {
        "n": 40,
        "fewest": 30,
        "enough": 100,
        "reliability": 0.61,
        "least": 0.7,
        "cfi": 0.8,
        "srmr": 0.1,
        "share_pct": 21.4,
        "baseline": "baseline_2",
        "items": ("eng_pride",),
    }
    voice = Voice(language)
    for code in get_args(ReasonCode):
        said = reason_sentence(Reason(code=code, values=values), {"eng_pride": "“pride”"}, voice)
        assert "{" not in said
        assert said.endswith(("。", ".", "？")), said
    assert len({voice.say(step_name(step)) for step in (None, *get_args(InvarianceStep))}) == 7


def test_the_page_asks_nobody_and_keeps_text_as_text(pilot):
    nasty = "</script><img src=x onerror=alert(1)>"
    html = render_sheets(tuple(sheets_of(pilot).values()), minimum=MINIMUM, title=BilingualText(zh=nasty, en=nasty))
    assert "<img" not in html
    assert "default-src 'none'" in html
    assert "://" not in html
    assert html.count('class="sheet"') == 2 * len(sheets_of(pilot))
    table = quality_table(sheets_of(pilot).values(), (), "en")
    assert not table.map(lambda cell: "_" in cell or "{" in cell).any(axis=None)


def test_command(command, folder):
    assert command("init", folder.path, "--yes", "--teams", ",".join(f"T{n}" for n in range(8))).code == 0
    assert command("seal", folder.path, "--seed", 1).code == 0
    nobody = command("survey", "quality", folder.path)
    assert nobody.code == 1
    assert "nobody has answered yet" in nobody.err
    assert not folder.scale_sheets.exists()
    assert command("simulate", folder.path, "--seed", 1).code == 0
    simulated = folder.path / "simulated"
    assert command("import", folder.path, simulated / "roster.csv", "--table", "roster").code == 0
    assert command("import", folder.path, simulated / "responses.csv").code == 0
    done = command("survey", "quality", folder.path)
    assert done.code == 0
    assert "Baseline 1" in done.out
    assert "Read with care" in done.out
    assert folder.scale_sheets.exists()
