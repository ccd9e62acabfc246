"""How often the invariance check finds a response shift, and how often it finds one that is not there.

    python simulations/calibration/invariance.py [--replicates 1000]

Pilots of the plan that `pilot init` proposes (`waitlist`, 16 teams of about 12 people) in the world `response_shift`,
with other numbers of shifted items and other sizes of the shift. Writes `invariance.md` beside this file; the table
stands in `simulations/README.md` too.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np

from pilot.analysis.invariance import RULE, ends_of_pilot_arm, steps_of
from pilot.plan import PilotFolder, PlanAnswers, Protocol, read_plan, write_plan
from pilot.psychometrics import Invariance, InvarianceRule, invariance_across_waves
from pilot.rehearsal.judging import panel_of_pilots
from pilot.simulate import Scenario, draw_layout, draw_pilots, read_scenario
from pilot.simulate.threats import ResponseShift

HERE = Path(__file__).parent
SEED = 20270301
N_TEAMS, N_ITEMS = 16, 6
RULES = {
    "every": InvarianceRule(combination="every"),
    "cfi_and_another": InvarianceRule(combination="cfi_and_another"),
    "cfi, p < .05 (ours)": RULE,
}
N_SHIFTED, POINTS = (2, 3, 6), (0.2, 0.4)


def protocol_of_16_teams(folder: Path) -> Protocol:
    """The plan that `pilot init` proposes."""
    where = PilotFolder(folder / "unit")
    teams = tuple(f"T{number:02d}" for number in range(N_TEAMS))
    write_plan(where, PlanAnswers("R&D", date(2027, 3, 1), teams=teams))
    return read_plan(where)


def worlds() -> Iterator[tuple[int, float, float, Scenario]]:
    """Number of shifted items, points, true effect, world."""
    yield 0, 0.0, 0.0, read_scenario("nothing")
    yield 0, 0.0, 0.4, read_scenario("works")
    base = read_scenario("response_shift")
    for n_shifted, points in product(N_SHIFTED, POINTS):
        shift = ResponseShift(items_share=n_shifted / N_ITEMS, points=points)
        yield n_shifted, points, 0.0, base.model_copy(update={"response_shift": shift})


def row_of(invariance: Invariance) -> Mapping[str, float]:
    """Percent of pilots, and mean changes in points."""
    steps = steps_of(invariance)
    found = ~np.isin(steps, ["scalar", "not_fitted"])
    unshifted, every = invariance.unshifted_items, invariance.all_items
    return {
        "not fitted": 100 * float(np.mean(steps == "not_fitted")),
        "form": 100 * float(np.mean(steps == "none")),
        "loadings": 100 * float(np.mean(steps == "configural")),
        "intercepts": 100 * float(np.mean(np.isin(steps, ["metric", "partial"]))),
        "any": 100 * float(np.mean(found)),
        "n": float(np.nanmean(invariance.n[:, 0])),
        "all items": float(np.nanmean(every.latent[:, 0])),
        "without shifted": float(np.nanmean(unshifted.latent[:, 0])),
    }


def row_of_chi2(invariance: Invariance) -> Mapping[str, float]:
    """What the usual test would say: chi2 differences at 5 %; nothing is freed."""
    fitted = invariance.scalar.converged
    loadings, intercepts = (step.p < 0.05 for step in (invariance.metric_step, invariance.scalar_step))
    all_items = float(np.nanmean(invariance.all_items.latent[:, 0]))
    return {
        "not fitted": 100 * float(np.mean(~fitted)),
        "form": np.nan,
        "loadings": 100 * float(np.mean(fitted & loadings)),
        "intercepts": 100 * float(np.mean(fitted & ~loadings & intercepts)),
        "any": 100 * float(np.mean(fitted & (loadings | intercepts))),
        "all items": all_items,
        "without shifted": np.nan,
    }


def main() -> None:
    """Run the study and write its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=1000)
    asked = parser.parse_args()
    header = (
        "items shifted",
        "points",
        "true effect",
        "rule",
        "not fitted",
        "form fails",
        "loadings fail",
        "intercepts fail",
        "any step fails",
        "change, all items",
        "change without the freed items",
    )
    lines = ["| " + " | ".join(header) + " |", "|" + " ---: |" * 3 + " --- |" + " ---: |" * 7]
    with tempfile.TemporaryDirectory() as folder:
        protocol = protocol_of_16_teams(Path(folder))
        for n_shifted, points, effect, scenario in worlds():
            rng = np.random.default_rng(SEED)
            pilots = draw_pilots(scenario, draw_layout(scenario, protocol, rng), rng, asked.replicates)
            ends = ends_of_pilot_arm(panel_of_pilots(pilots, protocol), protocol.plan)
            ladders = {name: invariance_across_waves(ends, rule=rule) for name, rule in RULES.items()}
            rows = {name: row_of(each) for name, each in ladders.items()}
            rows["chi2, p < .05"] = row_of_chi2(ladders["every"])
            for name, row in rows.items():
                shares = [f"{row[part]:.1f}" for part in ("not fitted", "form", "loadings", "intercepts", "any")]
                changes = [f"{row[part]:+.2f}" for part in ("all items", "without shifted")]
                numbers = [cell.replace("+nan", "").replace("nan", "") for cell in (*shares, *changes)]
                cells = [str(n_shifted), f"{points:.1f}", f"{effect:.1f}", name, *numbers]
                lines.append("| " + " | ".join(cells) + " |")
            n = rows["every"]["n"]
            print(n_shifted, points, f"{n:.0f} people", flush=True)  # noqa: T201
    (HERE / "invariance.md").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
