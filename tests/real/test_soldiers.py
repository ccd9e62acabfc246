"""The whole way on 495 real soldiers: no intervention took place, so no effect may be claimed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pilot.plan import PilotFolder
from pilot.publication import latest_release
from pilot.result import EstimateOf, read_result
from pilot.store import Store

HERE = Path(__file__).parent
R_FIELDS = {"estimate": "beta", "se": "SE", "df": "df_Satt", "p": "p_Satt", "lower": "lo", "upper": "hi"}


@pytest.fixture(scope="module")
def from_r(r_values):
    entries = json.loads((r_values / "change_did.json").read_text())["entries"]
    return {entry["id"]: entry["values"] for entry in entries}


def prepare(folder: PilotFolder, plan: str) -> None:
    folder.path.mkdir()
    shutil.copy(HERE / plan, folder.plan)
    shutil.copy(HERE / "soldiers.yaml", folder.path)


def run_all(command, folder: PilotFolder, real_data: Path, layout: str = "wide") -> None:
    wide, answers = real_data / "univbct_wide.csv", real_data / f"univbct_{layout}.csv"
    ways = [
        ("seal", folder.path, "--seed", 1),
        ("import", folder.path, wide, "--mapping", HERE / "roster_mapping.yaml"),
        ("import", folder.path, answers, "--mapping", HERE / f"{layout}_mapping.yaml"),
        ("analyse", folder.path),
        ("publish", folder.path),
        ("report", folder.path),
    ]
    for way in ways:
        run = command(*way)
        assert run.code == 0, (way, run.err)


def assert_agrees(ours: EstimateOf | None, reference: dict[str, float]) -> None:
    assert ours
    for field, name in R_FIELDS.items():
        assert getattr(ours, field) == pytest.approx(reference[name], rel=1e-9), field


@pytest.mark.parametrize("layout", ["wide", "long"])
def test_comparison_of_battalions(command, folder, real_data, from_r, layout):
    prepare(folder, "comparison.yaml")
    run_all(command, folder, real_data, layout)
    result = read_result(folder.result)

    described, linked = from_r["chg_desc"], result.linked
    assert linked
    assert (linked.n_people, linked.n_teams) == (described["n"], described["teams"])
    ours = [linked.mean_before, linked.mean_after, linked.sd_before, linked.sd_after, linked.correlation]
    theirs = [described[name] for name in ("mean1", "mean3", "sd1", "sd3", "r13")]
    assert ours == pytest.approx(theirs, rel=1e-9)
    assert linked.change.estimate == pytest.approx(described["mean_d"], rel=1e-9)
    assert linked.sd_change == pytest.approx(described["sd_d"], rel=1e-9)
    assert sum(arm.n_leavers for arm in result.flow) == described["dropouts_T3"]
    assert_agrees(linked.change, from_r["chg_cr_team"]["CR2"]["(Intercept)"])

    cells = from_r["did_btn3066_cells"]
    pilot, comparison = result.arm_changes
    assert [arm.n_linked for arm in result.flow] == [cells["n"]["1"], cells["n"]["0"]]
    assert [arm.n_teams for arm in result.flow] == list(reversed(cells["teams"]))
    assert [comparison.mean_before, pilot.mean_before] == pytest.approx(cells["pre"], rel=1e-9)
    assert [comparison.mean_after, pilot.mean_after] == pytest.approx(cells["post"], rel=1e-9)
    assert_agrees(result.primary.between_arms, from_r["did_btn3066_cr_diff"]["CR2"]["arm"])

    assert result.primary.with_drift
    assert result.primary.with_drift.upper > result.primary.between_arms.upper
    assert result.verdict.word == "inconclusive"
    codes = {finding.code for finding in result.verdict.findings}
    assert {"interval_holds_zero", "no_follow_up", "comparison_needs_waves"} <= codes
    release = latest_release(folder.releases)
    assert (release.verdict.word, release.verdict.state) == ("inconclusive", "finished")
    assert release.primary.between_arms
    assert release.primary.between_arms.estimate == round(result.primary.between_arms.estimate, 3)
    assert "尚无定论" in (folder.report / "report.html").read_text("utf-8")


def test_before_after_alone_claims_nothing(command, folder, real_data, from_r):
    """The naive reading (p = .045 clustered, .034 by z) is an improvement; nothing had been done."""
    prepare(folder, "before_after.yaml")
    run_all(command, folder, real_data)
    result = read_result(folder.result)
    assert_agrees(result.primary.between_arms, from_r["chg_cr_team"]["CR2"]["(Intercept)"])
    assert result.primary.between_arms.p < 0.05
    assert result.verdict.grade == "D"
    assert result.verdict.word != "scale"


def test_the_same_file_twice_changes_nothing(command, folder, real_data):
    prepare(folder, "comparison.yaml")
    run_all(command, folder, real_data)
    with Store(folder.database_url) as store:
        before = store.tables(), store.imports()
    run = command("import", folder.path, real_data / "univbct_wide.csv", "--mapping", HERE / "wide_mapping.yaml")
    assert run.code == 0
    assert "there already" in run.out
    with Store(folder.database_url) as store:
        after = store.tables(), store.imports()
    assert before[0].responses.equals(after[0].responses)
    assert before[0].roster.equals(after[0].roster)
    assert before[1] == after[1]
