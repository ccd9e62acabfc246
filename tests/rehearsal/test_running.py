"""Replicates in parts: the same figures however they are run, and a run that was broken off goes on."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import date

import pytest
from distributed import LocalCluster

from pilot.errors import PilotError
from pilot.plan import PilotFolder, PlanAnswers, read_plan, write_plan
from pilot.rehearsal import Cell, Run, rehearse, running
from pilot.rehearsal.running import run_part
from pilot.rehearsal.tally import Tally
from pilot.simulate import read_scenario


@pytest.fixture(scope="module")
def protocol(tmp_path_factory):
    folder = PilotFolder(tmp_path_factory.mktemp("rehearsal") / "unit")
    write_plan(folder, PlanAnswers("R&D", date(2027, 3, 1), teams=tuple(f"T{number}" for number in range(8))))
    return read_plan(folder)


@pytest.fixture(scope="module")
def cells():
    return tuple(Cell(name, "scenario", read_scenario(name)) for name in ("nothing", "works"))


@pytest.fixture
def small_parts(monkeypatch):
    """Parts of 40, so that a few hundred replicates are several."""
    monkeypatch.setattr(running, "PART_REPLICATES", 40)


RUN = Run(n_replicates=100, seed=5)


@pytest.mark.usefixtures("small_parts")
def test_parts_add_up_to_what_is_asked():
    assert Run(100, 1).parts == (40, 40, 20)
    assert Run(80, 1).parts == (40, 40)
    assert Run(10, 1).parts == (10,)


@pytest.mark.usefixtures("small_parts")
def test_the_seed_decides_and_nothing_else(protocol, cells):
    one = rehearse(protocol, cells, RUN, n_jobs=1)
    again = rehearse(protocol, reversed(cells), RUN, n_jobs=1)
    assert one == again
    assert rehearse(protocol, cells, replace(RUN, seed=6), n_jobs=1) != one
    assert all(tally.n == 100 for tally in one.values())
    by_hand = Tally()
    for part in range(3):
        by_hand += run_part(protocol, cells[1], part, RUN)
    assert one["works"] == by_hand


def test_two_processes_and_a_cluster_of_two_give_the_same_figures(protocol, cells):
    """Parts of the real size: other processes do not see a patched one."""
    run, cells = Run(n_replicates=1010, seed=7, with_customary_tests=False), cells[:1]
    one = rehearse(protocol, cells, run, n_jobs=1)
    assert rehearse(protocol, cells, run, n_jobs=2) == one
    # A port of its own: another run of the tests may have taken the usual one.
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        assert rehearse(protocol, cells, run, cluster=cluster.scheduler_address) == one


@pytest.mark.usefixtures("small_parts")
def test_a_run_that_was_broken_off_goes_on(protocol, cells, tmp_path, monkeypatch):
    whole = rehearse(protocol, cells, RUN, n_jobs=1)
    kept = tmp_path / "unfinished.jsonl"
    judge, calls = running.judge, []

    def breaks(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return judge(*arguments)

    monkeypatch.setattr(running, "judge", breaks)
    with pytest.raises(KeyboardInterrupt):
        rehearse(protocol, cells, RUN, n_jobs=1, unfinished=kept)
    assert len(kept.read_text().splitlines()) == 2
    with kept.open("a") as file:
        file.write('{"key": "half a li')  # the disk was full, the plug was pulled
    calls.clear()
    calls.extend([()] * 3)
    assert rehearse(protocol, cells, RUN, n_jobs=1, unfinished=kept) == whole
    assert len(calls) - 3 == 4


@pytest.mark.usefixtures("small_parts")
def test_parts_of_another_plan_or_seed_are_not_taken(protocol, cells, tmp_path):
    kept = tmp_path / "unfinished.jsonl"
    rehearse(protocol, cells, RUN, n_jobs=1, unfinished=kept)
    forged = [json.loads(line) for line in kept.read_text().splitlines()]
    for line in forged:
        line["tally"]["n"] = 10**6
    kept.write_text("".join(json.dumps(line) + "\n" for line in forged))
    assert rehearse(protocol, cells, RUN, n_jobs=1, unfinished=kept)["works"].n == 3 * 10**6  # they are taken here ...
    for other in (replace(RUN, seed=6), replace(RUN, team_sizes={"T1": 9})):
        assert rehearse(protocol, cells, other, n_jobs=1, unfinished=kept)["works"].n == 100  # ... and not here
    outcomes = protocol.plan.outcomes
    stricter = outcomes.model_copy(update={"primary": outcomes.primary.model_copy(update={"sesoi_points": 0.2})})
    changed = replace(protocol, plan=protocol.plan.model_copy(update={"outcomes": stricter}))
    assert rehearse(changed, cells, RUN, n_jobs=1, unfinished=kept)["works"].n == 100


def test_the_roster_s_sizes_are_those_of_the_teams(protocol, cells, monkeypatch):
    seen = []
    draw = running.draw_layout

    def watched(*arguments, **options):
        seen.append(draw(*arguments, **options))
        return seen[-1]

    monkeypatch.setattr(running, "draw_layout", watched)
    sizes = {f"T{number}": 3 + number for number in range(8)}
    run_part(protocol, cells[0], 0, Run(10, 1, team_sizes=sizes))
    (layout,) = seen
    first = {
        team: int((~layout.joins_later & (layout.team == place)).sum()) for place, team in enumerate(layout.team_ids)
    }
    assert first == sizes


def test_no_scheduler_is_a_sentence(protocol, cells, monkeypatch):
    monkeypatch.setattr(running, "PATIENCE_SECONDS", 0.5)
    with pytest.raises(PilotError, match="no scheduler answers"):
        rehearse(protocol, cells, RUN, cluster="tcp://127.0.0.1:1")


def test_a_scheduler_without_workers_is_a_sentence(protocol, cells, monkeypatch):
    monkeypatch.setattr(running, "PATIENCE_SECONDS", 2)
    with (
        LocalCluster(n_workers=0, dashboard_address=":0") as cluster,
        pytest.raises(PilotError, match="has no workers"),
    ):
        rehearse(protocol, cells, RUN, cluster=cluster.scheduler_address)


def test_a_single_worker_does_the_work_and_not_this_process(protocol, cells):
    """Nothing can be judged in this process; the worker is another one."""
    run = Run(n_replicates=10, seed=7)
    one = rehearse(protocol, cells[:1], run, n_jobs=1)
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(running, "judge", None)
        assert rehearse(protocol, cells[:1], run, cluster=cluster.scheduler_address) == one


def test_a_tally_survives_the_file():
    tally = Tally(n=3, words={"scale": 1}, sum_truth=0.1 + 0.2)
    assert Tally(**json.loads(json.dumps(asdict(tally)))) == tally
