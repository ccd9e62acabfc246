"""How fast pilots are drawn, item by item, on one core.

    OMP_NUM_THREADS=1 python benchmarks/simulate_batch.py [--quick]

16 teams of 12 people, 2 waves, 6 items, with nonresponse, leavers and carelessness. Beside it, in turns in the same
run: drawing as many normals as there are answers with NumPy (double precision, its default), which is the least that
an item-level simulation must do. Each figure is the median of the rounds. To keep: 8,000 pilots a second, at most 3
times the normals.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from time import perf_counter

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from pilot.simulate import Layout, ScaleLayout, draw_pilots, read_scenario
from pilot.simulate.latent import AnswerOptions

N_TEAMS, N_PEOPLE, N_ITEMS, WEEKS = 16, 12, 6, (0.0, 24.0)
# The first is the figure to keep; the others show what the parts of a world cost.
WORLDS = (
    "nothing",
    "works",
    "works_where_managers_coach",
    "worst_teams_picked",
    "worst_unit_picked",
    "unit_shock",
    "response_shift",
)
AT_LEAST_A_SECOND, AT_MOST_TIMES = 8000, 3.0


def layout() -> Layout:
    """A comparison of two units."""
    pilot = np.arange(N_TEAMS) < N_TEAMS // 2
    every_wave = np.ones(len(WEEKS), dtype=bool)
    turned = np.arange(N_ITEMS) == N_ITEMS - 1
    scale = ScaleLayout("engagement", np.arange(N_ITEMS), AnswerOptions(1, 5, 1), turned, every_wave)
    return Layout(
        team_ids=tuple(f"T{number}" for number in range(N_TEAMS)),
        team=np.repeat(np.arange(N_TEAMS), N_PEOPLE),
        joins_later=np.zeros(N_TEAMS * N_PEOPLE, dtype=bool),
        start_week=np.where(pilot, 0.0, np.inf),
        wave_ids=("baseline_1", "endline"),
        weeks=np.array(WEEKS),
        item_ids=tuple(f"item_{number}" for number in range(N_ITEMS)),
        scales=(scale,),
        outcome_waves=np.array([1]),
        lasting_waves=np.array([], dtype=np.intp),
        chosen=pilot,
    )


def seconds(work: Callable[[], object]) -> float:
    """How long it takes once."""
    start = perf_counter()
    work()
    return perf_counter() - start


def measure(n_pilots: int, n_rounds: int) -> dict[str, dict[str, float]]:
    """Pilots a second and the ratio to the normals, by world."""
    chosen, shape = layout(), (n_pilots, N_TEAMS * N_PEOPLE, len(WEEKS), N_ITEMS)
    by_lot = replace(chosen, start_week=None, chosen=None)
    figures = {}
    for place, name in enumerate(WORLDS):
        scenario, rng = read_scenario(name), np.random.default_rng(1)
        outside = by_lot if place == 0 else chosen
        draw_pilots(scenario, outside, rng, 50)  # warm
        pairs = [
            (
                seconds(lambda: draw_pilots(scenario, outside, rng, n_pilots)),  # noqa: B023 (called at once)
                seconds(lambda: rng.standard_normal(shape)),  # noqa: B023
            )
            for _ in range(n_rounds)
        ]
        figures[name] = {
            "pilots_per_second": round(n_pilots / median(drawn for drawn, _ in pairs)),
            "times_normals": round(median(drawn / normals for drawn, normals in pairs), 2),
        }
    return figures


def main() -> None:
    """Print the table and the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer pilots and rounds")
    quick = parser.parse_args().quick
    n_pilots, n_rounds = (1000, 3) if quick else (2000, 9)
    figures = measure(n_pilots, n_rounds)
    print(f"{'world':28} {'pilots/s':>9} {'x normals':>10}")
    for name, each in figures.items():
        print(f"{name:28} {each['pilots_per_second']:9,.0f} {each['times_normals']:10.2f}")
    kept = figures[WORLDS[0]]
    fast_enough = kept["pilots_per_second"] >= AT_LEAST_A_SECOND and kept["times_normals"] <= AT_MOST_TIMES
    print(f"to keep: at least {AT_LEAST_A_SECOND:,} pilots/s, at most {AT_MOST_TIMES} x normals: {fast_enough}")
    print(json.dumps({"benchmark": "simulate_batch", **kept, "worlds": figures}))


if __name__ == "__main__":
    main()
