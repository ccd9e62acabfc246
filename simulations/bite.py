"""How hard each world bites: what simple tests and the verdict rule say of thousands of pilots in it.

    python simulations/bite.py [--replicates 1000] [--scenario NAME ...]

Prints the table of `simulations/README.md`. Three plans as `pilot init` proposes them, teams of about 12 people:

- W: 16 teams of one unit, 8 of them drawn to start now (waitlist);
- C: 8 pilot teams of one unit against 8 teams of another;
- B: 8 pilot teams, before and after.

*Fooled* is a gain with a two-sided p below .05: t, the t-test of people who know nothing of teams (W and C: endline
scores of the two arms; B: paired, endline against the last baseline); CR2, the change from the last baseline to the
endline with standard errors by team (W and C: difference between the arms). *scale* is the verdict rule's word, B
never gets it. Team sizes are drawn anew in each block of replicates.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from scipy import special

from pilot.effects import Estimate, clustered_mean, effect_between_arms
from pilot.effects.battery import estimate_pilot
from pilot.plan import PilotFolder, PlanAnswers, Protocol, read_plan, write_plan
from pilot.resources import shipped_pages
from pilot.scores import BoolArray, FloatArray, Panel, Roster, scale_scores
from pilot.simulate import Scenario, SimulatedPilots, draw_layout, draw_pilots, read_scenario
from pilot.verdict.rule import WORDS, DecisionRule, Evidence, decide

SEED = 20270301
BLOCK = 50
LETTERS = {"waitlist": "W", "comparison": "C", "before_after": "B"}


@dataclass(frozen=True)
class Bite:
    """What is said of the pilots of one world in one design, one value a replicate.

    Attributes:
        truth: The true effect, points.
        lasting: The true effect at the follow-ups.
        t_test: Whether the t-test of people sees a gain.
        by_team: Whether the change by team sees one.
        word: Index into `WORDS`.
    """

    truth: FloatArray
    lasting: FloatArray
    t_test: BoolArray
    by_team: BoolArray
    word: np.ndarray[tuple[int, ...], np.dtype[np.int8]]


def plan_of(design: str, folder: Path, n_teams: int) -> Protocol:
    """The plan that `pilot init` proposes."""
    first = tuple(f"Team {number:02d}" for number in range(n_teams if design == "waitlist" else n_teams // 2))
    others = tuple(f"Other {number:02d}" for number in range(n_teams // 2)) if design == "comparison" else ()
    where = PilotFolder(folder / f"{design}_{n_teams}")
    answers = PlanAnswers("R&D", date(2027, 3, 1), design=design, teams=first, comparison_teams=others)  # type: ignore[arg-type]
    write_plan(where, answers)
    return read_plan(where)


def panel_of(pilots: SimulatedPilots, protocol: Protocol) -> Panel:
    """What an estimator sees of simulated pilots."""
    layout = pilots.layout
    scores = {
        scale.id: scale_scores(
            pilots.answers[..., scale.items],
            reverse_keyed=scale.reverse_keyed,
            lowest=protocol.instruments.range_of(scale.id)[0],
            highest=protocol.instruments.range_of(scale.id)[1],
        )
        for scale in layout.scales
    }
    return Panel(
        roster=Roster(np.arange(layout.n_people).astype(object), layout.team, layout.team_ids, pilots.treated),
        wave_ids=layout.wave_ids,
        invited=pilots.on_roster.any(axis=0),
        answered=~np.isnan(pilots.answers).all(axis=-1),
        scores=scores,
        measures={name: pilots.team_measures[..., place] for place, name in enumerate(layout.measure_ids)},
    )


def bites(scenario: Scenario, protocol: Protocol, n_replicates: int, seed: int = SEED) -> Bite:
    """What is said of so many pilots."""
    rng = np.random.default_rng(seed)
    blocks = [_bite(scenario, protocol, rng) for _ in range(-(-n_replicates // BLOCK))]
    return Bite(
        *(np.concatenate(parts)[:n_replicates] for parts in zip(*(_fields(block) for block in blocks), strict=True))
    )


def _fields(bite: Bite) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.generic]], ...]:
    return bite.truth, bite.lasting, bite.t_test, bite.by_team, bite.word


def _bite(scenario: Scenario, protocol: Protocol, rng: np.random.Generator) -> Bite:
    plan = protocol.plan
    pilots = draw_pilots(scenario, draw_layout(scenario, protocol, rng), rng, BLOCK)
    panel = panel_of(pilots, protocol)
    before, after = (panel.mean_of(plan.outcomes.primary.scale, (wave,)) for wave in ("baseline_2", "endline"))
    roster = panel.roster
    if plan.design == "before_after":
        t_test = _t_test(after - before, np.ones_like(before, dtype=bool))
        by_team: Estimate = clustered_mean(
            after - before, roster, teams=roster.treated, weighting="person", confidence_pct=95
        )
    else:
        t_test = _t_test(after, roster.person_treated, ~roster.person_treated)
        by_team = effect_between_arms(before, after, roster, estimator="change", weighting="person", confidence_pct=95)
    decision = decide(Evidence.of(estimate_pilot(panel, plan), plan), DecisionRule.of(plan))
    truth = pilots.truth
    return Bite(
        truth=truth["primary_outcome_points"],
        lasting=truth["primary_lasting_points"],
        t_test=t_test,
        by_team=(by_team.p < 0.05) & (by_team.estimate > 0),
        word=decision.word,
    )


def _t_test(values: FloatArray, *groups: BoolArray) -> BoolArray:
    """Whether Student's t-test sees a gain: of one group's mean above 0, or of the first above the second's."""
    counts, means, squares = [], [], []
    for group in groups:
        there = group & ~np.isnan(values)
        count = np.maximum(there.sum(axis=1), 1)
        mean = np.where(there, values, 0).sum(axis=1) / count
        counts.append(count)
        means.append(mean)
        squares.append((np.where(there, values - mean[:, None], 0) ** 2).sum(axis=1))
    df = np.maximum(sum(counts) - len(groups), 1)
    se = np.sqrt(sum(squares) / df * sum(1 / count for count in counts))
    difference = means[0] - (means[1] if len(groups) == 2 else 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        fooled: BoolArray = difference / se > special.stdtrit(df, 0.975)
    return fooled


def _percent(said: BoolArray) -> str:
    return f"{100 * said.mean():.1f}"


def rows(names: list[str], n_replicates: int, n_teams: int) -> Iterator[list[str]]:
    """One row a scenario."""
    with tempfile.TemporaryDirectory() as folder:
        plans = {design: plan_of(design, Path(folder), n_teams) for design in LETTERS}
        for name in names:
            scenario, cells = read_scenario(name), []
            for design, protocol in plans.items():
                bite = bites(scenario, protocol, n_replicates)
                cells += [_percent(bite.t_test), _percent(bite.by_team)]
                if design != "before_after":
                    cells.append(_percent(bite.word == WORDS.index("scale")))
            yield [f"`{name}`", f"{bite.truth[0]:.2f}", f"{bite.lasting[0]:.2f}", *cells]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--teams", type=int, default=16)
    parser.add_argument("--scenario", nargs="*", default=sorted(shipped_pages("simulations")))
    asked = parser.parse_args()
    header = ["scenario", "truth", "lasting", "W t", "W CR2", "W scale", "C t", "C CR2", "C scale", "B t", "B CR2"]
    for cells in (header, ["---"] + ["---:"] * (len(header) - 1)):
        sys.stdout.write(f"| {' | '.join(cells)} |\n")
    for cells in rows(asked.scenario, asked.replicates, asked.teams):
        sys.stdout.write(f"| {' | '.join(cells)} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
