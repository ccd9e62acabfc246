"""The calibration study: every world and design, our verdict beside what people do today.

    python simulations/calibration/calibrate.py [--replicates 10000] [--only waitlist ...] [--tables main others plans]

Writes `main.md`, `others.md` and `plans.md` beside this file, which `simulations/README.md` repeats or names, and
`figures.json` with every count. A run that was broken off goes on where it stopped (`unfinished.jsonl`).

Main table: the plans that `pilot init` proposes for 16 teams of about 12 people (before/after: 16 pilot teams).
Others: worlds and sizes on which no threshold was chosen. Plans: what a plan may say otherwise than `pilot init`
proposes (whose answers decide, proven guardrails, fewer and more items), in every scenario.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from itertools import chain, islice
from pathlib import Path
from typing import Any, get_args

from rich.console import Console

from pilot.plan import Design, PilotFolder, PlanAnswers, Protocol, read_plan, write_plan
from pilot.rehearsal import Cell, Run, rehearse
from pilot.rehearsal.tally import Rate, Tally
from pilot.resources import shipped_pages
from pilot.simulate import Scenario, read_scenario

HERE = Path(__file__).parent
SEED = 20270301
TESTS = ("paired_t", "unpaired_t", "team_means_t", "after_only_t", "did_by_people", "did_cr1_z")
LIMIT_PCT, UPPER_LIMIT_PCT = 5.0, 6.0
INDEFENSIBLE = {"response shift .40, all items": "no screen on the scale sees a shift of all items alike"}


@dataclass(frozen=True)
class Study:
    """One plan in some worlds."""

    name: str
    protocol: Protocol
    cells: tuple[Cell, ...]
    run: Run


def plan_of(design: Design, folder: Path, n_teams: int) -> Protocol:
    """The plan that `pilot init` proposes."""
    first = tuple(f"T{number:02d}" for number in range(n_teams // 2 if design == "comparison" else n_teams))
    others = tuple(f"C{number:02d}" for number in range(n_teams // 2)) if design == "comparison" else ()
    where = PilotFolder(folder / f"{design}_{n_teams}")
    write_plan(where, PlanAnswers("R&D", date(2027, 3, 1), design=design, teams=first, comparison_teams=others))
    return read_plan(where)


def changed(name: str, **parts: Mapping[str, Any]) -> Scenario:
    """A scenario with some numbers changed."""
    scenario = read_scenario(name)
    update = {part: getattr(scenario, part).model_copy(update=dict(numbers)) for part, numbers in parts.items()}
    return scenario.model_copy(update=update)


def main_studies(folder: Path, designs: list[Design], n_replicates: int) -> Iterator[Study]:
    """Every scenario in every design."""
    for design in designs:
        protocol = plan_of(design, folder, 16)
        cells = tuple(Cell(name, "scenario", read_scenario(name)) for name in sorted(shipped_pages("simulations")))
        yield Study(design, protocol, cells, Run(n_replicates, SEED))


def other_studies(folder: Path, designs: list[Design], n_replicates: int) -> Iterator[Study]:
    """Worlds and sizes other than those that the thresholds were chosen on."""
    worlds = {
        "nothing, ICC(1) .20": changed("nothing", engagement={"icc_1": 0.20}),
        "nothing, ICC(1) .03": changed("nothing", engagement={"icc_1": 0.03}),
        "nothing, half answer": changed("nothing", response={"rate": 0.5, "retention": 0.6}),
        "nothing, retest .50": changed("nothing", engagement={"retest_correlation": 0.5}),
        "hawthorne .40": changed("hawthorne", attention={"points": 0.40}),
        "hawthorne .60": changed("hawthorne", attention={"points": 0.60}),
        "response shift .60, half the items": changed("response_shift", response_shift={"points": 0.6}),
        "response shift .60, a third": changed("response_shift", response_shift={"points": 0.6, "items_share": 0.34}),
        "response shift 1.00, half the items": changed("response_shift", response_shift={"points": 1.0}),
        "response shift .40, all items": changed("response_shift", response_shift={"items_share": 1.0}),
        "unhappy leave, stronger": changed("unhappy_leave", response={"unhappy_correlation": 0.7}),
        "star team, half as much again": changed("one_star_team", star={"points": 1.2}),
        "unit shocks, twice the variance": changed("unit_shock", unit_shocks={"sd_points": 0.184}),
        "works, ICC(1) .20": changed("works", engagement={"icc_1": 0.20}),
        "works, half answer": changed("works", response={"rate": 0.5, "retention": 0.6}),
    }
    cells = tuple(Cell(name, "scenario", scenario) for name, scenario in worlds.items())
    run = Run(n_replicates, SEED + 1)
    for design in designs:
        if design != "before_after":  # it never says scale
            for n_teams in (12, 16, 24):
                yield Study(f"{design}, {n_teams} teams", plan_of(design, folder, n_teams), cells, run)


def plan_studies(folder: Path, designs: list[Design], n_replicates: int) -> Iterator[Study]:
    """Choices of a plan on which no threshold was chosen."""
    cells = tuple(Cell(name, "scenario", read_scenario(name)) for name in sorted(shipped_pages("simulations")))
    run = Run(n_replicates, SEED + 2, with_customary_tests=False)
    for design in designs:
        if design not in ("waitlist", "comparison"):  # the choices are for two arms that start at once
            continue
        proposed = plan_of(design, folder, 16)
        analysis, rule = proposed.plan.analysis, proposed.plan.rule
        both = analysis.model_copy(update={"answers": "both"})
        every = analysis.model_copy(update={"answers": "all", "estimator": "change"})
        proven = rule.model_copy(update={"guardrail_proof": "ruled_out"})
        choices: dict[str, Protocol] = {
            "linked and all answers": with_plan(proposed, analysis=both),
            "all answers": with_plan(proposed, analysis=every),
            "guardrails proven": with_plan(proposed, rule=proven),
            "four items": with_items(proposed, 4),
            "ten items": with_items(proposed, 10),
        }
        for name, protocol in choices.items():
            yield Study(f"{design}, {name}", protocol, cells, run)


def with_plan(protocol: Protocol, **changes: object) -> Protocol:
    """The same questionnaires with another plan."""
    return replace(protocol, plan=protocol.plan.model_copy(update=changes))


def with_items(protocol: Protocol, n_items: int) -> Protocol:
    """A primary scale of so many items: the first ones, or copies of them beside."""
    pages = dict(protocol.instruments.by_id)
    page = pages[protocol.plan.outcomes.primary.scale]
    copies = (item.model_copy(update={"id": f"{item.id}_{turn}"}) for turn in range(2, 9) for item in page.items)
    items = tuple(islice(chain(page.items, copies), n_items))
    pages[page.id] = page.model_copy(update={"items": items})
    return replace(protocol, instruments=replace(protocol.instruments, by_id=pages))


def rows_of(study: Study, tallies: Mapping[str, Tally]) -> Iterator[str]:
    """A table in Markdown."""
    tests = [test for test in TESTS if any(test in tally.claims for tally in tallies.values())]
    header = [
        "world",
        "truth",
        "lasting",
        "scale",
        "adjust",
        "stop",
        "inconclusive",
        "interval > 0",
        "coverage",
        *tests,
    ]
    yield f"### {study.name}\n"
    yield "| " + " | ".join(header) + " |"
    yield "|" + " --- |" + " ---: |" * (len(header) - 1)
    for cell in study.cells:
        tally = tallies[cell.id]
        claims = [percent(Rate(tally.claims[test], tally.n)) if test in tally.claims else "" for test in tests]
        low, high = (100 * bound for bound in tally.said("scale").bounds)
        words = [percent(tally.said(word)) for word in ("adjust", "stop", "inconclusive")]
        scale = f"{percent(tally.said('scale'))} [{low:.1f}, {high:.1f}]"
        checks = [percent(tally.detected), percent(tally.covered)]
        numbers = [f"{tally.truth:.2f}", f"{tally.sum_lasting / tally.n:.2f}", scale, *words, *checks, *claims]
        yield f"| {cell.id} | " + " | ".join(numbers) + " |"
    yield ""


def percent(rate: Rate) -> str:
    """Of 100, with a decimal."""
    return f"{100 * rate.share:.1f}"


def too_often(study: Study, tallies: Mapping[str, Tally]) -> Iterator[str]:
    """Null worlds in which *scale* is said more often than promised."""
    for cell in study.cells:
        tally = tallies[cell.id]
        share, upper = 100 * tally.said("scale").share, 100 * tally.said("scale").bounds[1]
        if tally.scale_is_wrong and (share > LIMIT_PCT or upper > UPPER_LIMIT_PCT):
            named = f"; named as indefensible: {INDEFENSIBLE[cell.id]}" if cell.id in INDEFENSIBLE else ""
            yield f"{study.name}: {cell.id}, {share:.1f} % (upper bound {upper:.1f} %{named})"


MAKERS = {"main": main_studies, "others": other_studies, "plans": plan_studies}


def main() -> None:
    """Run the study and write its tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=10_000)
    parser.add_argument("--only", nargs="*", choices=get_args(Design), default=list(get_args(Design)))
    parser.add_argument("--tables", nargs="*", choices=list(MAKERS), default=list(MAKERS))
    asked = parser.parse_args()
    console = Console(stderr=True)
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for table in asked.tables:
            lines: list[str] = []
            faults: list[str] = []
            for study in MAKERS[table](Path(folder), asked.only, asked.replicates):
                console.print(f"{table}: {study.name}")
                kept = HERE / "unfinished.jsonl"
                tallies = rehearse(study.protocol, study.cells, study.run, unfinished=kept, console=console)
                lines += rows_of(study, tallies)
                faults += too_often(study, tallies)
                figures[f"{table}: {study.name}"] = {name: asdict(tally) for name, tally in tallies.items()}
            verdict = "; ".join(faults) or "none"
            lines.append(f"Worlds in which *scale* is wrong, with *scale* in more than {LIMIT_PCT:g} %: {verdict}.\n")
            (HERE / f"{table}.md").write_text("\n".join(lines), "utf-8")
    (HERE / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    (HERE / "unfinished.jsonl").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
