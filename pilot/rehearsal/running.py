"""Replicates in parts: on all cores or a cluster, with progress, resumable, the same figures everywhere.

Every part of a cell draws from its own child of the seed, so that neither the number of workers nor the order in which
they finish changes a figure.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import joblib
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pilot import __version__
from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.plan import Protocol
from pilot.plan.protocol import digest
from pilot.rehearsal.customary import customary_claims
from pilot.rehearsal.judging import judge
from pilot.rehearsal.tally import Tally
from pilot.rehearsal.worlds import Cell
from pilot.simulate import draw_layout
from pilot.simulate.pilots import draw_from_world
from pilot.simulate.world import solve_world

if TYPE_CHECKING:
    from distributed import Client

FinishedParts = Generator[tuple[str, int, Tally]]

PART_REPLICATES = 1000  # of one task; a world is solved once in it
PATIENCE_SECONDS = 10  # with a scheduler
BLOCK_REPLICATES = 100  # drawn at a time, with team sizes of their own; what fits into the processor's cache


@dataclass(frozen=True)
class Run:
    """How a rehearsal is run.

    Attributes:
        n_replicates: Pilots a cell.
        seed: Source of every random number.
        team_sizes: People of each team, as on the roster; None: drawn as each page says.
        with_customary_tests: Whether to count also what customary tests would claim.
    """

    n_replicates: int
    seed: int
    team_sizes: Mapping[str, int] | None = None
    with_customary_tests: bool = True

    @property
    def parts(self) -> tuple[int, ...]:
        """Replicates of each part of a cell."""
        whole, rest = divmod(self.n_replicates, PART_REPLICATES)
        return (PART_REPLICATES,) * whole + ((rest,) if rest else ())


def rehearse(
    protocol: Protocol,
    cells: Iterable[Cell],
    run: Run,
    *,
    n_jobs: int = -1,
    cluster: str | None = None,
    unfinished: Path | None = None,
    console: Console | None = None,
) -> dict[str, Tally]:
    """Rehearse a plan in all cells.

    Args:
        protocol: The plan and its questionnaires.
        cells: The worlds.
        run: How many, and from which seed.
        n_jobs: Processes; -1: one a core.
        cluster: Address of a Dask scheduler; None: this machine.
        unfinished: File in which finished parts are kept; a run that was broken off goes on from it.
        console: Where a progress bar is drawn; None: nowhere.

    Returns:
        What was counted, by cell.

    Raises:
        PilotError: a world cannot be had with the plan's questionnaires, or the cluster does not answer.
    """
    tasks = [(cell, part) for cell in cells for part in range(len(run.parts))]
    keys = {cell.id: _key(protocol, cell, run) for cell, _ in tasks}
    done = dict(_finished(unfinished))
    waiting = [(cell, part) for cell, part in tasks if (keys[cell.id], part) not in done]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    parts = _by_cluster(protocol, waiting, run, cluster) if cluster else _by_processes(protocol, waiting, run, n_jobs)
    with closing(parts), Progress(*columns, console=console, disable=console is None) as progress:
        for cell_id, part, tally in progress.track(parts, total=len(waiting), description=""):
            done[keys[cell_id], part] = tally
            _keep(unfinished, keys[cell_id], part, tally)
    # Added up in order, so that rounding is the same in every run.
    totals: dict[str, Tally] = {}
    for cell, part in tasks:
        totals[cell.id] = totals.get(cell.id, Tally()) + done[keys[cell.id], part]
    return totals


def run_part(protocol: Protocol, cell: Cell, part: int, run: Run) -> Tally:
    """Draw, judge and count one part of a cell."""
    rng = np.random.default_rng(np.random.SeedSequence([run.seed, zlib.crc32(cell.id.encode()), part]))
    tally, world, plan = Tally(), None, protocol.plan
    n_left = run.parts[part]
    while n_left:
        n = min(BLOCK_REPLICATES, n_left)
        layout = draw_layout(cell.scenario, protocol, rng, team_sizes=run.team_sizes)
        world = replace(world, layout=layout) if world else solve_world(cell.scenario, layout)
        judged = judge(draw_from_world(world, rng, n), protocol)
        claims = dict(customary_claims(judged.panel, plan)) if run.with_customary_tests else {}
        tally += Tally.of(judged, claims, confidence_pct=plan.rule.confidence_pct)
        n_left -= n
    return tally


def _part(protocol: Protocol, cell: Cell, part: int, run: Run) -> tuple[str, int, Tally]:
    return cell.id, part, run_part(protocol, cell, part, run)


def _by_processes(protocol: Protocol, waiting: Sequence[tuple[Cell, int]], run: Run, n_jobs: int) -> FinishedParts:
    """The parts, in the order in which processes of this machine finish them.

    Each process keeps to one thread of linear algebra: the parts are the parallel work.
    """
    calls = (joblib.delayed(_part)(protocol, cell, part, run) for cell, part in waiting)
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        yield from joblib.Parallel(n_jobs=n_jobs, return_as="generator_unordered")(calls)


def _by_cluster(protocol: Protocol, waiting: Sequence[tuple[Cell, int]], run: Run, address: str) -> FinishedParts:
    """The same by the workers of a Dask scheduler, also by those that join later.

    Not through joblib, which counts the workers once and does the work here where it finds a single one.
    """
    with _client(address) as client:
        from distributed import as_completed

        futures = [client.submit(_part, protocol, cell, part, run, pure=False) for cell, part in waiting]
        for _, finished in as_completed(futures, with_results=True):
            yield finished


@contextmanager
def _client(address: str) -> Iterator[Client]:
    """A connection to a Dask scheduler that has somebody to do the work."""
    headline = message("The rehearsal did not start.")
    try:
        from distributed import Client
    except ImportError:
        found = message("the extra for clusters is not installed.")
        raise PilotError(headline, [Fault("--cluster", found, message('pip install "pilot-loop[cluster]"'))]) from None
    try:
        client = Client(address, timeout=PATIENCE_SECONDS)
    except (OSError, ValueError):
        found = message("no scheduler answers at “{address}”.", address=address)
        raise PilotError(headline, [Fault("--cluster", found, message("Write it like tcp://host:8786."))]) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
        except TimeoutError:
            found = message("the scheduler at “{address}” has no workers.", address=address)
            remedy = message("Start some: dask worker {address}", address=address)
            raise PilotError(headline, [Fault("--cluster", found, remedy)]) from None
        yield client


def _key(protocol: Protocol, cell: Cell, run: Run) -> str:
    """Hash of all that a part's figures hang on."""
    sizes = dict(sorted(run.team_sizes.items())) if run.team_sizes else None
    rest = [__version__, run.seed, run.n_replicates, sizes, run.with_customary_tests, PART_REPLICATES, BLOCK_REPLICATES]
    return digest([protocol.content, cell.id, cell.sha256, rest])


def _finished(path: Path | None) -> Iterator[tuple[tuple[str, int], Tally]]:
    if path is None or not path.exists():
        return
    for line in path.read_text("utf-8").splitlines():
        try:
            kept = json.loads(line)
            yield (kept["key"], kept["part"]), Tally(**kept["tally"])
        except (json.JSONDecodeError, KeyError, TypeError):
            continue  # the line on which a run was broken off: that part is run again


def _keep(path: Path | None, key: str, part: int, tally: Tally) -> None:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, "part": part, "tally": asdict(tally)}) + "\n")
