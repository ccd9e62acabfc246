"""How fast one large pilot is simulated with all its tables, and how much memory that takes.

`python benchmarks/simulate_tables.py [--quick]` measures two runs, each in a process of its own:

- files: 10,000 people x 8 waves (quick: 1,000), all tables, written as CSV files;
- stream: 100,000 people x 8 waves (quick: 4,000), block by block into a SQLite store.

It prints a table and, as its last line, one JSON object.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from rich.console import Console

from pilot.plan import PilotFolder, PlanAnswers, Protocol, read_plan, write_plan
from pilot.plan.sealing import assign_teams
from pilot.simulate import read_scenario, simulate_tables, write_simulated_files
from pilot.simulate.practice.streaming import stream_tables
from pilot.store import Store

PEOPLE_PER_TEAM = 12
LEFT_OUT = ("pulse_1", "pulse_2")  # of the ten waves of the full calendar


def protocol_for(n_people: int, folder: Path) -> Protocol:
    """The plan that `pilot init` proposes, with eight waves."""
    teams = tuple(f"T{number:05d}" for number in range(1, n_people // PEOPLE_PER_TEAM + 1))
    pilot_folder = PilotFolder(folder / "plan")
    write_plan(pilot_folder, PlanAnswers("R&D", date(2027, 3, 1), teams=teams))
    lines = pilot_folder.plan.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not any(f"{{id: {wave}," in line for wave in LEFT_OUT)]
    pilot_folder.plan.write_text("".join(kept), "utf-8")
    return read_plan(pilot_folder)


def measure_files(n_people: int) -> dict[str, float]:
    """Simulate and write files."""
    with tempfile.TemporaryDirectory() as name:
        protocol = protocol_for(n_people, Path(name))
        started = time.perf_counter()
        assignment = assign_teams(protocol.plan, 1)
        simulated = simulate_tables(read_scenario("works"), protocol, assignment, np.random.default_rng(1))
        write_simulated_files(simulated, Path(name) / "simulated")
        seconds = time.perf_counter() - started
    frames = [*vars(simulated.tables).values(), *vars(simulated.practice).values()]
    return {"seconds": seconds, "people": len(simulated.tables.roster), "rows": sum(map(len, frames))}


def measure_stream(n_people: int) -> dict[str, float]:
    """Simulate into a store."""
    with tempfile.TemporaryDirectory() as name:
        protocol = protocol_for(n_people, Path(name))
        started = time.perf_counter()
        with Store(f"sqlite:///{name}/pilot.sqlite") as store:
            streamed = stream_tables(
                read_scenario("works"),
                protocol,
                assign_teams(protocol.plan, 1),
                np.random.SeedSequence(1),
                store,
                datetime(2027, 3, 1, tzinfo=UTC),
                console=Console(stderr=True),
            )
        seconds = time.perf_counter() - started
    return {"seconds": seconds, "people": streamed.n_people, "rows": sum(streamed.n_rows.values())}


def run(name: str, n_people: int) -> dict[str, float]:
    """One measurement, with the peak memory of this process."""
    figures = {"files": measure_files, "stream": measure_stream}[name](n_people)
    # Kilobytes on Linux, bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return {**figures, "peak_rss_mb": peak}


def main() -> None:
    """Measure both and print."""
    quick = "--quick" in sys.argv[1:]
    sizes = {"files": 1_000, "stream": 4_000} if quick else {"files": 10_000, "stream": 100_000}
    figures = {}
    for name, n_people in sizes.items():
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            figures[name] = pool.apply(run, (name, n_people))
    print(f"{'run':8}{'people':>10}{'rows':>12}{'seconds':>10}{'peak MB':>10}")
    for name, each in figures.items():
        print(f"{name:8}{each['people']:10,.0f}{each['rows']:12,.0f}{each['seconds']:10.1f}{each['peak_rss_mb']:10.0f}")
    print(json.dumps({"quick": quick, **figures}))


if __name__ == "__main__":
    main()
