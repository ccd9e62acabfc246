"""The mixed model against R, statsmodels and the matrices of all people, and against simulated truth."""

from __future__ import annotations

import json
import warnings
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.effects.mixed import (
    MixedEstimate,
    MixedFit,
    fit_mixed,
    mixed_contrast,
    mixed_effect_between_arms,
    mixed_mean,
)
from pilot.scores import Roster, mean_of_available

REFERENCE = Path(__file__).parent / "reference"
SMALL_SAMPLES = ("kenward_roger", "satterthwaite")

# R 4.2.2, lme4 1.1-31, lmerTest 3.1-3, pbkrtest 0.5.2: d = complete cases of tests/reference/uneven_teams.csv,
# u = univbct, w = Sherif's first and last wave, REML, optimiser bobyqa with rhoend = 1e-10;
# coef(summary(m, ddf = "Kenward-Roger")), coef(summary(m, ddf = "Satterthwaite")), VarCorr(m). Each: estimate; SE, df
# and p by Kenward-Roger; the same by Satterthwaite; team variance and residual variance.
# `lifted` is after + 0.8 in teams T2 and T5, so that teams differ.
FROM_R = {
    # lmer(after ~ arm + (1 | team), d), arm
    "after": (
        0.3266553192,
        (0.23812477496, 5.4145274195, 0.22424793434),
        (0.22736331885, 6.1511204035, 0.1996505639),
        (0.012624640276, 0.52489267178),
    ),
    # lmer(after - before ~ arm + (1 | team), d), arm: singular
    "change": (
        0.18992717087,
        (0.20230197504, 5.1337417371, 0.38985585797),
        (0.19091132784, 57.0, 0.32401632649),
        (0.0, 0.44107210949),
    ),
    # lmer(lifted ~ 1 + (1 | team), d)
    "lifted mean": (
        3.7990710121,
        (0.17973348162, 6.6503669671, 2.3956979216e-07),
        (0.17807901729, 6.0946065434, 5.8632605322e-07),
        (0.1664662119, 0.53750254638),
    ),
    # lmer(lifted - before ~ arm + (1 | team), d), arm
    "lifted change": (
        0.23542803983,
        (0.34940414778, 6.1708720652, 0.52486126034),
        (0.34437801549, 5.7748325211, 0.52067724632),
        (0.13269372499, 0.47973385514),
    ),
    # lmer(lifted ~ arm + before + (1 | team), d), arm and before
    "lifted ancova": (
        0.29337583523,
        (0.36049952729, 6.1919057431, 0.44591723677),
        (0.35706461979, 5.8398306232, 0.44352823236),
        (0.16451319387, 0.38452548216),
    ),
    "lifted slope": (
        0.56484583596,
        (0.12086432392, 52.290092616, 2.1161496995e-05),
        (0.11979422965, 52.0563318139, 1.8465938558e-05),
        (0.16451319387, 0.38452548216),
    ),
    # lmer(y.2 - y.0 ~ condition + (1 | group), w), lmer(y.2 ~ condition + y.0 + (1 | group), w), condition
    "sherif change": (
        0.41666666667,
        (1.0224109136, 6.0, 0.69775810499),
        (1.0224109136, 6.0, 0.69775810503),
        (1.9810648192, 0.32874999975),
    ),
    "sherif ancova": (
        -0.36523108343,
        (0.97977308058, 6.0084790064, 0.72211497909),
        (0.9797484007, 6.0244074689, 0.72207555002),
        (1.904558868, 0.026132234334),
    ),
    # lmer(COMMIT3 - COMMIT1 ~ PILOT + (1 | TEAM), u), lmer(READY3 ~ PILOT + READY1 + (1 | TEAM), u), PILOT
    "commitment change": (
        0.16443110091,
        (0.09718550062, 14.3602190313, 0.11223619036),
        (0.096557978722, 13.3974089556, 0.11165542457),
        (0.010974790993, 0.61046486882),
    ),
    "readiness ancova": (
        0.14753970316,
        (0.10064742107, 15.2375000378, 0.16300508298),
        (0.10017891937, 9.8819917479, 0.17193679862),
        (0.017584278469, 0.52151112266),
    ),
}


def roster_of(team: pd.Series, arm: pd.Series) -> Roster:
    team_ids = tuple(sorted(team.unique()))
    treated = [[bool(arm[team == each].iloc[0]) for each in team_ids]]
    index = np.searchsorted(np.array(team_ids, dtype=object), team.to_numpy(dtype=object))
    return Roster.of_arms(np.arange(len(team)).astype(object), index, team_ids, np.array(treated))


def both(estimate, *arguments, **options) -> tuple[MixedEstimate, MixedEstimate]:
    kenward_roger, satterthwaite = (
        estimate(*arguments, **options, confidence_pct=95, small_sample=small_sample) for small_sample in SMALL_SAMPLES
    )
    return kenward_roger, satterthwaite


def assert_agrees(ours: tuple[MixedEstimate, MixedEstimate], name: str) -> None:
    estimate, kenward_roger, satterthwaite, (team_variance, residual_variance) = FROM_R[name]
    for each, (se, df, p) in zip(ours, (kenward_roger, satterthwaite), strict=True):
        assert each.estimate[0] == pytest.approx(estimate, rel=1e-6)
        assert each.se[0] == pytest.approx(se, rel=1e-6)
        assert each.df[0] == pytest.approx(df, rel=1e-6)
        assert each.p[0] == pytest.approx(p, rel=1e-6)
        assert each.team_variance[0] == pytest.approx(team_variance, rel=1e-6, abs=1e-12)
        assert each.residual_variance[0] == pytest.approx(residual_variance, rel=1e-6)
        assert each.icc[0] == pytest.approx(team_variance / (team_variance + residual_variance), rel=1e-6, abs=1e-12)


@pytest.fixture(scope="module")
def uneven() -> pd.DataFrame:
    """Nine teams of 1 to 17 people, three of them pilot, with gaps."""
    people = pd.read_csv(REFERENCE / "uneven_teams.csv").sort_values("team", ignore_index=True)
    return people.assign(lifted=people["after"] + 0.8 * people["team"].isin(["T2", "T5"]))


@pytest.mark.parametrize(
    ("estimator", "outcome", "name"),
    [
        ("change", "after", "change"),
        ("change", "lifted", "lifted change"),
        ("ancova", "lifted", "lifted ancova"),
    ],
)
def test_agrees_with_r(uneven, estimator, outcome, name):
    roster = roster_of(uneven["team"], uneven["arm"])
    before, after = uneven["before"].to_numpy()[None], uneven[outcome].to_numpy()[None]
    assert_agrees(both(mixed_effect_between_arms, before, after, roster, estimator=estimator), name)


def test_other_designs_agree_with_r(uneven):
    people = uneven.dropna()
    roster = roster_of(people["team"], people["arm"])
    everybody = np.ones_like(roster.treated)
    assert_agrees(both(mixed_mean, people["lifted"].to_numpy()[None], roster, teams=everybody), "lifted mean")

    def model(outcome: str, *columns: str) -> MixedFit:
        x = np.column_stack([np.ones(len(people)), *(people[column] for column in columns)])[None]
        return fit_mixed(x, people[outcome].to_numpy()[None], roster.team, len(roster.team_ids))

    after = model("after", "arm")
    assert_agrees(both(mixed_contrast, after, [0, 1], roster.treated), "after")
    ancova = model("lifted", "arm", "before")
    assert_agrees(both(mixed_contrast, ancova, [0, 0, 1], roster.treated), "lifted slope")


@pytest.fixture(scope="module")
def soldiers(real_data):
    return pd.read_csv(real_data / "univbct_wide.csv").sort_values("TEAM", ignore_index=True)


@pytest.fixture(scope="module")
def sherif(real_data):
    people = pd.read_csv(real_data / "sherifdat.csv")
    wide = people.pivot_table(index=["group", "person", "condition"], columns="time", values="y").reset_index()
    return wide.sort_values("group", ignore_index=True)


@pytest.fixture(scope="module")
def stored(r_values):
    files = [json.loads((r_values / f"{name}.json").read_text()) for name in ("change_did", "other_designs")]
    return {entry["id"]: entry["values"] for file in files for entry in file["entries"]}


def assert_stored(ours: tuple[MixedEstimate, MixedEstimate], values: dict, name: str) -> None:
    for each, method in zip(ours, SMALL_SAMPLES, strict=True):
        reference = values[method][name]
        assert each.estimate[0] == pytest.approx(reference["Estimate"], rel=1e-9)
        assert each.se[0] == pytest.approx(reference["Std. Error"], rel=1e-7)
        assert each.df[0] == pytest.approx(reference["df"], rel=1e-8)
        assert each.p[0] == pytest.approx(reference["Pr(>|t|)"], rel=1e-7)
        assert each.n_people[0] == values["nobs"]
        assert each.n_teams[0] == values["ngrps"]["TEAM"]
        assert each.residual_variance[0] == pytest.approx(values["varcomp"]["Residual|NA|NA"], rel=1e-8)
        assert each.team_variance[0] == pytest.approx(values["varcomp"]["TEAM|(Intercept)|NA"], abs=1e-12)
    assert [ours[0].lower[0], ours[0].upper[0]] == pytest.approx(values["kr_ci95"][name], rel=1e-6)


def test_real_mean_change(soldiers, stored):
    roster = roster_of(soldiers["TEAM"], soldiers["PILOT"])
    change = (soldiers["JOBSAT3"] - soldiers["JOBSAT1"]).to_numpy()[None]
    ours = both(mixed_mean, change, roster, teams=np.ones_like(roster.treated))
    assert_stored(ours, stored["chg_diff_intercept_lmer"], "(Intercept)")


@pytest.mark.parametrize(
    ("columns", "entry"),
    [(["arm"], "did_btn3066_diff_lmer"), (["JOBSAT1", "arm"], "did_btn3066_ancova_lmer")],
)
def test_every_real_coefficient(soldiers, stored, columns, entry):
    roster = roster_of(soldiers["TEAM"], soldiers["PILOT"])
    people = soldiers.assign(arm=soldiers["PILOT"], change=soldiers["JOBSAT3"] - soldiers["JOBSAT1"])
    x = np.column_stack([np.ones(len(people)), people[columns]])[None]
    y = people["change" if columns == ["arm"] else "JOBSAT3"].to_numpy()[None]
    model = fit_mixed(x, y, roster.team, len(roster.team_ids))
    for weights, name in zip(np.eye(1 + len(columns)), ["(Intercept)", *columns], strict=True):
        assert_stored(both(mixed_contrast, model, weights, roster.treated), stored[entry], name)


@pytest.mark.parametrize(
    ("estimator", "entry"), [("change", "did_btn3066_diff_lmer"), ("ancova", "did_btn3066_ancova_lmer")]
)
def test_real_difference_between_arms(soldiers, stored, estimator, entry):
    roster = roster_of(soldiers["TEAM"], soldiers["PILOT"])
    before, after = (soldiers[column].to_numpy()[None] for column in ("JOBSAT1", "JOBSAT3"))
    ours = both(mixed_effect_between_arms, before, after, roster, estimator=estimator)
    assert_stored(ours, stored[entry], "arm")
    assert ours[0].n_treated[0] == 131


@pytest.mark.parametrize(
    ("estimator", "scale", "name"),
    [("change", "COMMIT", "commitment change"), ("ancova", "READY", "readiness ancova")],
)
def test_real_teams_that_differ(soldiers, estimator, scale, name):
    roster = roster_of(soldiers["TEAM"], soldiers["PILOT"])
    before, after = (soldiers[f"{scale}{wave}"].to_numpy()[None] for wave in (1, 3))
    assert_agrees(both(mixed_effect_between_arms, before, after, roster, estimator=estimator), name)


@pytest.mark.parametrize("estimator", ["change", "ancova"])
def test_smallest_real_design(sherif, estimator):
    roster = roster_of(sherif["group"], sherif["condition"])
    before, after = (sherif[wave].to_numpy()[None] for wave in (0, 2))
    assert_agrees(both(mixed_effect_between_arms, before, after, roster, estimator=estimator), f"sherif {estimator}")


def test_even_teams_are_a_t_test_of_team_means(sherif, stored):
    roster = roster_of(sherif["group"], sherif["condition"])
    before, after = (sherif[wave].to_numpy()[None] for wave in (0, 2))
    ours, _ = both(mixed_effect_between_arms, before, after, roster, estimator="change")
    reference = stored["sherif_teammean"]
    assert ours.estimate[0] == pytest.approx(reference["diff"], rel=1e-9)
    assert ours.estimate[0] / ours.se[0] == pytest.approx(reference["t"], rel=1e-9)
    assert ours.df[0] == pytest.approx(reference["df"], rel=1e-9)
    assert ours.p[0] == pytest.approx(reference["p"], rel=1e-9)
    # The model of single waves without a team-by-wave variance promises less than half of that standard error.
    single_waves = stored["sherif_did_lmer"]["kenward_roger"]["condition:post"]
    assert single_waves["Estimate"] == pytest.approx(ours.estimate[0], rel=1e-9)
    assert single_waves["Std. Error"] < ours.se[0] / 2


def by_matrices(x: np.ndarray, y: np.ndarray, team: np.ndarray, c: np.ndarray, variances: np.ndarray):
    """Kenward & Roger from the matrices of all people, in the two variances, as they print it."""
    together = (team[:, None] == team).astype(float)
    parts = [together, np.eye(len(y))]
    v = np.linalg.inv(variances[0] * parts[0] + variances[1] * parts[1])
    phi = np.linalg.inv(x.T @ v @ x)
    residual_maker = v - v @ x @ phi @ x.T @ v
    information = np.array([[np.trace(residual_maker @ r @ residual_maker @ s) / 2 for s in parts] for r in parts])
    w = np.linalg.inv(information)
    p = [-x.T @ v @ r @ v @ x for r in parts]
    inner = sum(
        w[i, j] * (x.T @ v @ parts[i] @ v @ parts[j] @ v @ x - p[i] @ phi @ p[j]) for i in range(2) for j in range(2)
    )
    se = np.sqrt(c @ (phi + 2 * phi @ inner @ phi) @ c)
    slopes = np.array([c @ phi @ each @ phi @ c for each in p])
    return phi @ x.T @ v @ y @ c, se, 2 * (c @ phi @ c) ** 2 / (slopes @ w @ slopes)


def restricted_deviance(x: np.ndarray, y: np.ndarray, team: np.ndarray, ratio: float) -> float:
    v = ratio * (team[:, None] == team) + np.eye(len(y))
    information = x.T @ np.linalg.solve(v, x)
    residual = y - x @ np.linalg.solve(information, x.T @ np.linalg.solve(v, y))
    squares = residual @ np.linalg.solve(v, residual)
    return (len(y) - x.shape[1]) * np.log(squares) + np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]


@st.composite
def small_models(draw):
    """Uneven teams, two arms, a covariate that differs by team and by person, any team variance."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    sizes = np.array(draw(st.lists(st.integers(1, 9), min_size=6, max_size=9)))
    sizes[:2] += 1
    team = np.repeat(np.arange(len(sizes)), sizes)
    arm = (np.arange(len(sizes)) % 2)[team]
    covariate = rng.normal(size=len(team)) + rng.normal(size=len(sizes))[team]
    x = np.column_stack([np.ones(len(team)), arm, covariate])
    spread = draw(st.sampled_from([0.0, 0.2, 0.5, 1.0, 3.0]))
    y = 2 + 0.3 * arm + 0.5 * covariate + rng.normal(size=len(team)) + spread * rng.normal(size=len(sizes))[team]
    return x, y, team


@settings(max_examples=60, deadline=None)
@given(small_models())
def test_agrees_with_the_matrices_of_all_people(model):
    x, y, team = model
    treated = np.zeros((1, team.max() + 1), dtype=bool)
    fitted = fit_mixed(x[None], y[None], team, team.max() + 1)
    residual_variance = fitted.residual_variance[0]
    variances = np.array([fitted.variance_ratio[0] * residual_variance, residual_variance])
    for c in np.eye(3):
        ours = mixed_contrast(fitted, c, treated, confidence_pct=95)
        expected = by_matrices(x, y, team, c, variances)
        assert [ours.estimate[0], ours.se[0], ours.df[0]] == pytest.approx(expected, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(small_models())
def test_no_other_ratio_is_more_likely(model):
    x, y, team = model
    ratio = fit_mixed(x[None], y[None], team, team.max() + 1).variance_ratio[0]
    best = restricted_deviance(x, y, team, ratio)
    others = [restricted_deviance(x, y, team, other) for other in (0.0, *np.geomspace(1e-4, 1e4, 81))]
    assert best <= min(others) + 1e-9
    nearby = [restricted_deviance(x, y, team, ratio * (1 + step) + abs(step) * 1e-2) for step in (-1e-2, 1e-2)]
    assert best <= min(nearby) + 1e-9


def simulated(
    seed: int,
    n_replicates: int,
    *,
    team_variance: float,
    effect: float = 0.0,
    sizes: tuple[int, ...] = (3, 5, 6, 8, 10, 12, 15, 22),
    n_treated: int = 3,
    missing: float = 0.1,
) -> tuple[Roster, np.ndarray, np.ndarray]:
    """Changes with variance 1 within teams, arms drawn at random."""
    rng = np.random.default_rng(seed)
    n_teams = len(sizes)
    team = np.repeat(np.arange(n_teams), sizes)
    treated = rng.permuted(np.tile(np.arange(n_teams) < n_treated, (n_replicates, 1)), axis=1)
    roster = Roster.of_arms(np.arange(len(team)).astype(object), team, tuple(map(str, range(n_teams))), treated)
    before = 3 + rng.normal(size=(n_replicates, len(team)))
    shock = np.sqrt(team_variance) * rng.normal(size=(n_replicates, n_teams))
    after = before + (shock + effect * treated)[:, team] + rng.normal(size=before.shape)
    after[rng.random(after.shape) < missing] = np.nan
    return roster, before, after


@pytest.mark.parametrize("estimator", ["change", "ancova"])
def test_recovers_the_truth(estimator):
    roster, before, after = simulated(7, 2000, team_variance=0.4, effect=0.25)
    ours, _ = both(mixed_effect_between_arms, before, after, roster, estimator=estimator)
    covered = np.mean((ours.lower <= 0.25) & (ours.upper >= 0.25))
    assert abs(covered - 0.95) < 3.3 * np.sqrt(0.95 * 0.05 / 2000)
    assert abs(ours.estimate.mean() - 0.25) < 4 * ours.estimate.std() / np.sqrt(2000)
    assert abs(ours.team_variance.mean() - 0.4) < 4 * ours.team_variance.std() / np.sqrt(2000)
    assert abs(ours.residual_variance.mean() - 1) < 4 * ours.residual_variance.std() / np.sqrt(2000)


@pytest.mark.parametrize("team_variance", [0.0, 0.05])
def test_covers_at_least_as_promised_where_teams_hardly_differ(team_variance):
    roster, before, after = simulated(8, 2000, team_variance=team_variance)
    ours, _ = both(mixed_effect_between_arms, before, after, roster, estimator="change")
    assert (ours.team_variance == 0).mean() > 0.2
    assert np.mean((ours.lower <= 0) & (ours.upper >= 0)) > 0.935


def test_means_of_several_waves_hold_what_moves_a_team_between_them():
    rng = np.random.default_rng(9)
    roster, _, _ = simulated(9, 2000, team_variance=0.0, sizes=(8,) * 12, n_treated=6)
    people = rng.normal(size=(2000, 96, 1)) + rng.normal(size=(2000, 96, 5))
    shocks = 0.5 * rng.normal(size=(2000, 12, 2))[:, roster.team][:, :, [0, 0, 1, 1, 1]]  # by period of time
    scores = people + shocks
    scores[rng.random(scores.shape) < 0.15] = np.nan
    before, after = mean_of_available(scores[..., :2]), mean_of_available(scores[..., 2:])
    ours, _ = both(mixed_effect_between_arms, before, after, roster, estimator="change")
    assert abs(np.mean((ours.lower <= 0) & (ours.upper >= 0)) - 0.95) < 0.02
    assert ours.team_variance.mean() == pytest.approx(2 * 0.25, rel=0.05)


@pytest.mark.parametrize("estimator", ["change", "ancova"])
def test_agrees_with_statsmodels(estimator):
    roster, before, after = simulated(10, 12, team_variance=0.5)
    _, ours = both(mixed_effect_between_arms, before, after, roster, estimator=estimator)
    n_compared = 0
    for replicate in range(12):
        linked = ~np.isnan(after[replicate])
        columns = [np.ones(linked.sum()), roster.person_treated[replicate, linked]]
        outcome = (after - before)[replicate, linked]
        if estimator == "ancova":
            columns.append(before[replicate, linked])
            outcome = after[replicate, linked]
        model = sm.MixedLM(outcome, np.column_stack(columns).astype(float), groups=roster.team[linked])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says so when it stops at the boundary or too early
            theirs = model.fit(reml=True, method="powell", xtol=1e-10, ftol=1e-14)
        if not theirs.converged or theirs.cov_re[0, 0] < 1e-3:
            continue
        n_compared += 1
        assert ours.estimate[replicate] == pytest.approx(theirs.fe_params[1], rel=1e-5)
        assert ours.team_variance[replicate] == pytest.approx(theirs.cov_re[0, 0], rel=1e-5)
        assert ours.residual_variance[replicate] == pytest.approx(theirs.scale, rel=1e-5)
        # Theirs is from the joint Hessian of coefficients and variances, ours as R's from the coefficients alone.
        assert ours.se[replicate] == pytest.approx(theirs.bse_fe[1], rel=2e-2)
    assert n_compared >= 6


def assert_same(left: MixedEstimate, right: MixedEstimate, rel: float) -> None:
    for field in fields(MixedEstimate):
        ours, theirs = getattr(left, field.name), getattr(right, field.name)
        assert ours == pytest.approx(theirs, rel=rel, nan_ok=True), field.name


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    team_variance=st.sampled_from([0.0, 0.1, 1.0, 50.0]),
    estimator=st.sampled_from(["change", "ancova"]),
    small_sample=st.sampled_from(SMALL_SAMPLES),
)
def test_batch_equals_one_at_a_time(seed, team_variance, estimator, small_sample):
    roster, before, after = simulated(seed, 6, team_variance=team_variance)
    before[4] = np.nan  # nobody is linked
    options = {"estimator": estimator, "confidence_pct": 90, "small_sample": small_sample}
    batch = mixed_effect_between_arms(before, after, roster, **options)
    for index in range(6):
        one = replace(roster, start_week=roster.start_week[[index]])
        alone = mixed_effect_between_arms(before[[index]], after[[index]], one, **options)
        of_batch = MixedEstimate(**{field.name: getattr(batch, field.name)[[index]] for field in fields(batch)})
        assert_same(alone, of_batch, rel=1e-8)


def test_unit_and_origin_do_not_matter():
    roster, before, after = simulated(12, 20, team_variance=0.3)
    plain, _ = both(mixed_effect_between_arms, before, after, roster, estimator="ancova")
    moved, _ = both(mixed_effect_between_arms, 10 * before - 40, 10 * after + 70, roster, estimator="ancova")
    for field, factor in {"estimate": 10, "se": 10, "df": 1, "p": 1, "team_variance": 100, "icc": 1}.items():
        assert getattr(moved, field) == pytest.approx(factor * getattr(plain, field), rel=1e-7), field


def test_a_team_without_answers_changes_nothing():
    roster, before, after = simulated(13, 1, team_variance=0.5)
    after[:, roster.team == 5] = np.nan
    with_empty, _ = both(mixed_effect_between_arms, before, after, roster, estimator="change")
    kept = roster.team != 5
    team = np.searchsorted(np.unique(roster.team[kept]), roster.team[kept])
    smaller = Roster.of_arms(roster.person_ids[kept], team, tuple("abcdefg"), np.delete(roster.treated, 5, axis=1))
    without, _ = both(mixed_effect_between_arms, before[:, kept], after[:, kept], smaller, estimator="change")
    assert_same(with_empty, without, rel=1e-12)
    assert with_empty.n_teams[0] == 7


def test_inputs_are_left_alone():
    roster, before, after = simulated(14, 3, team_variance=0.5)
    copies = before.copy(), after.copy(), roster.treated.copy()
    both(mixed_effect_between_arms, before, after, roster, estimator="ancova")
    for ours, copy in zip((before, after, roster.treated), copies, strict=True):
        assert np.array_equal(ours, copy, equal_nan=True)


def test_singular_fit():
    roster, before, after = simulated(15, 200, team_variance=0.0)
    kenward_roger, satterthwaite = both(mixed_effect_between_arms, before, after, roster, estimator="change")
    singular = kenward_roger.team_variance == 0
    assert singular.sum() > 50
    assert (satterthwaite.df[singular] == kenward_roger.n_people[singular] - 2).all()
    assert np.median(kenward_roger.df[singular]) < 8
    assert kenward_roger.df[singular].max() < 20
    assert (kenward_roger.se[singular] > satterthwaite.se[singular]).all()


def refused(estimate: MixedEstimate) -> list[bool]:
    numbers = [getattr(estimate, field.name) for field in fields(estimate) if not field.name.startswith("n_")]
    refusals = np.isnan(numbers)
    assert (refusals.all(axis=0) == refusals.any(axis=0)).all()
    return refusals.all(axis=0).tolist()


@pytest.mark.parametrize("small_sample", SMALL_SAMPLES)
@pytest.mark.parametrize("estimator", ["change", "ancova"])
def test_refusals(estimator, small_sample):
    roster, before, after = simulated(16, 8, team_variance=0.5, missing=0.0)
    treated = np.tile(np.arange(8) % 2 == 0, (8, 1))
    treated[1] = np.arange(8) == 6  # one pilot team
    treated[2] = np.arange(8) != 6  # one comparison team
    treated[3] = True  # nobody to compare with: arm and constant are collinear
    after[4] = np.nan  # nobody is linked
    after[5] = before[5] + 1  # nothing varies
    before[6], after[6] = 3.0, 3.0 + np.arange(8.0)[roster.team]  # nothing varies within the teams
    first_of_team = np.searchsorted(roster.team, np.arange(8))
    after[7, ~np.isin(np.arange(len(roster.team)), first_of_team)] = np.nan  # one person a team
    roster = replace(roster, start_week=np.where(treated, 0.0, np.inf))
    ours = mixed_effect_between_arms(
        before, after, roster, estimator=estimator, confidence_pct=95, small_sample=small_sample
    )
    assert refused(ours) == [False] + 7 * [True]
    assert ours.n_people[4] == 0
    assert ours.n_teams[7] == 8


def test_one_pilot_team_that_answered_is_refused():
    roster, before, after = simulated(17, 1, team_variance=0.5, n_treated=2)
    after[:, roster.team == np.flatnonzero(roster.treated[0])[0]] = np.nan
    ours, _ = both(mixed_effect_between_arms, before, after, roster, estimator="change")
    assert refused(ours) == [True]


def test_covariate_without_variation_is_refused():
    roster, before, after = simulated(18, 2, team_variance=0.5)
    before[0] = 4.0
    ours, _ = both(mixed_effect_between_arms, before, after, roster, estimator="ancova")
    assert refused(ours) == [True, False]


def test_mean_of_one_team_is_refused():
    roster, _, after = simulated(19, 2, team_variance=0.5)
    teams = np.array([np.arange(8) < 1, np.arange(8) < 2])
    ours, _ = both(mixed_mean, after, roster, teams=teams)
    assert refused(ours) == [True, False]


def test_rounding_errors_are_no_variation():
    roster, before, _ = simulated(20, 300, team_variance=0.5)
    ours, _ = both(mixed_effect_between_arms, before, before + 0.7, roster, estimator="change")
    assert refused(ours) == 300 * [True]
