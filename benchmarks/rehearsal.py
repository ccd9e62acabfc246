"""How fast pilots are drawn, estimated and judged, on one core.

    python benchmarks/rehearsal.py [--quick]

- score level: 16 teams of 12 people, two waves, 20 % missing: drawing the scores and the estimate with CR2 and
  Satterthwaite degrees of freedom; beside it, in the same run, statsmodels' ordinary least squares with CR1 in a loop
  (which has neither), as the yardstick that every machine has;
- pipeline: item level, with nonresponse, carelessness, all checks and the verdict, for two waves and for the calendar
  that `pilot init` proposes (nine waves and a second follow-up).

To keep: 50,000, 4,000 and 2,000 pilots a second. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import statsmodels.api as sm

from pilot.effects import effect_between_arms
from pilot.plan import PilotFolder, PlanAnswers, Protocol, read_plan, write_plan
from pilot.rehearsal.judging import judge
from pilot.scores import Roster
from pilot.simulate import draw_layout, read_scenario
from pilot.simulate.pilots import draw_from_world
from pilot.simulate.world import solve_world

N_TEAMS, N_PEOPLE, SHARE_MISSING = 16, 12, 0.2
BLOCK, SCORE_BLOCK = 100, 500
TARGETS = {"score_level": 50_000, "two_waves": 4_000, "default_calendar": 2_000}


def rate(work: Callable[[], object], n_pilots: int, n_rounds: int) -> float:
    """Pilots a second, the median of the rounds."""
    work()
    seconds = []
    for _ in range(n_rounds):
        start = perf_counter()
        work()
        seconds.append(perf_counter() - start)
    return n_pilots / median(seconds)


def scores(rng: np.random.Generator, n: int) -> tuple[Roster, np.ndarray, np.ndarray]:
    """Scores of so many pilots before and after, some missing."""
    team = np.repeat(np.arange(N_TEAMS), N_PEOPLE)
    treated = np.broadcast_to(np.arange(N_TEAMS) < N_TEAMS // 2, (n, N_TEAMS))
    roster = Roster.of_arms(np.arange(len(team)).astype(object), team, tuple(map(str, range(N_TEAMS))), treated)
    shape = (n, len(team))
    shared = 0.2 * rng.standard_normal((n, N_TEAMS), dtype=np.float32)[:, team]
    before = rng.standard_normal(shape, dtype=np.float32)
    after = 0.65 * before + 0.75 * rng.standard_normal(shape, dtype=np.float32) + shared
    after[rng.random(shape, dtype=np.float32) < SHARE_MISSING] = np.nan
    return roster, before.astype(np.float64), after.astype(np.float64)


def estimate_scores(rng: np.random.Generator) -> None:
    """One block, drawn and estimated."""
    roster, before, after = scores(rng, SCORE_BLOCK)
    effect_between_arms(before, after, roster, estimator="change", weighting="person", confidence_pct=95)


def yardstick(rng: np.random.Generator, n: int) -> None:
    """The same estimate by statsmodels, one pilot after the other, with the variance CR1."""
    roster, before, after = scores(rng, n)
    for place in range(n):
        change = after[place] - before[place]
        there = ~np.isnan(change)
        x = np.column_stack([np.ones(there.sum()), roster.person_treated[place][there]])
        sm.OLS(change[there], x).fit(cov_type="cluster", cov_kwds={"groups": roster.team[there]})


def protocol_of(folder: Path, *, short: bool) -> Protocol:
    """The plan that `pilot init` proposes; the short one with a baseline and an endline."""
    teams = tuple(f"T{number:02d}" for number in range(N_TEAMS))
    where = PilotFolder(folder / ("short" if short else "full"))
    write_plan(where, PlanAnswers("R&D", date(2027, 3, 1), teams=teams, calendar="short" if short else "full"))
    return read_plan(where)


def pipeline(protocol: Protocol, rng: np.random.Generator) -> Callable[[], object]:
    """Draw and judge one block of pilots; the world is solved before."""
    scenario = read_scenario("works")
    world = solve_world(scenario, draw_layout(scenario, protocol, rng))

    def work() -> object:
        layout = draw_layout(scenario, protocol, rng)
        return judge(draw_from_world(replace(world, layout=layout), rng, BLOCK), protocol)

    return work


def main() -> None:
    """Print the table and the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    n_rounds = 5 if parser.parse_args().quick else 25
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        plans = {
            "two_waves": protocol_of(Path(folder), short=True),
            "default_calendar": protocol_of(Path(folder), short=False),
        }
    figures = {"score_level": rate(lambda: estimate_scores(rng), SCORE_BLOCK, n_rounds)}
    figures |= {name: rate(pipeline(plan, rng), BLOCK, n_rounds) for name, plan in plans.items()}
    loop = rate(lambda: yardstick(rng, 20), 20, n_rounds)
    print(f"{'what':20} {'pilots/s':>10} {'to keep':>10} {'x statsmodels':>14}")
    for name, each in figures.items():
        print(f"{name:20} {each:10,.0f} {TARGETS[name]:10,} {each / loop:14.0f}")
    print(f"{'statsmodels OLS CR1':20} {loop:10,.0f}")
    print(
        json.dumps(
            {"benchmark": "rehearsal", "statsmodels": round(loop), **{name: round(v) for name, v in figures.items()}}
        )
    )


if __name__ == "__main__":
    main()
