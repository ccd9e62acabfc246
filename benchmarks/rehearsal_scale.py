"""How a rehearsal grows: a million pilots in bounded memory, and what a second Dask worker brings.

    python benchmarks/rehearsal_scale.py [--quick]

- memory: a million pilots (quick: 20,000) of the plan with two waves, item level, with all checks, the verdict and the
  customary tests, on all cores; the largest resident memory of this process and its workers together, looked at ten
  times a second (pages that they share count more than once);
- cluster: the same pilots through a Dask scheduler on this machine with one worker and with two, in turns, each after
  a run that warms it up. On a machine with fewer than three cores scheduler and client take from the workers; what
  else runs there shows in the spread.

To keep: less than 1 GB, at least 1.6 times. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from threading import Event, Thread
from time import perf_counter

import psutil
from distributed import LocalCluster
from rehearsal import protocol_of

from pilot.plan import Protocol
from pilot.rehearsal import Cell, Run, rehearse
from pilot.rehearsal.running import PART_REPLICATES
from pilot.simulate import read_scenario

AT_MOST_BYTES, AT_LEAST_TIMES = 1_000_000_000, 1.6
LOOK_SECONDS = 0.1


class Memory:
    """The largest resident memory of this process and its children together, while it is open.

    Attributes:
        peak: Bytes.
    """

    def __init__(self) -> None:
        self.peak = 0
        self._over, self._watch = Event(), Thread(target=self._look, daemon=True)

    def __enter__(self) -> Memory:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()

    def _look(self) -> None:
        this = psutil.Process()
        while not self._over.wait(LOOK_SECONDS):
            total = 0
            for process in (this, *this.children(recursive=True)):
                try:
                    total += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            self.peak = max(self.peak, total)


def cells() -> tuple[Cell, ...]:
    """One world."""
    return (Cell("works", "scenario", read_scenario("works")),)


def million(protocol: Protocol, n: int) -> dict[str, float]:
    """Seconds, pilots a second and memory of one large run on all cores."""
    start = perf_counter()
    with Memory() as memory:
        (tally,) = rehearse(protocol, cells(), Run(n, seed=1)).values()
    seconds = perf_counter() - start
    if tally.n != n:
        raise RuntimeError(f"{tally.n} of {n} pilots were counted")
    return {
        "pilots": n,
        "seconds": round(seconds, 1),
        "pilots_per_second": round(n / seconds),
        "peak_bytes": memory.peak,
    }


def cluster(protocol: Protocol, n: int, n_rounds: int) -> dict[str, list[float]]:
    """Seconds with one worker and with two, in turns."""
    seconds: dict[str, list[float]] = {"one": [], "two": []}
    with ExitStack() as stack:
        clusters = {
            name: stack.enter_context(
                LocalCluster(n_workers=n_workers, threads_per_worker=1, dashboard_address=":0", memory_limit=0)
            )
            for name, n_workers in (("one", 1), ("two", 2))
        }
        for each in clusters.values():
            rehearse(protocol, cells(), Run(4 * PART_REPLICATES, seed=1), cluster=each.scheduler_address)
        for turn in range(n_rounds):
            for name, each in clusters.items():
                start = perf_counter()
                rehearse(protocol, cells(), Run(n, seed=2 + turn), cluster=each.scheduler_address)
                seconds[name].append(round(perf_counter() - start, 2))
    return seconds


def main() -> None:
    """Print the table and the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer pilots and rounds")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        protocol = protocol_of(Path(folder), short=True)
        seconds = cluster(protocol, *((8_000, 3) if quick else (24_000, 7)))
        large = million(protocol, 20_000 if quick else 1_000_000)
    times = [one / two for one, two in zip(seconds["one"], seconds["two"], strict=True)]
    peak_mb = large["peak_bytes"] / 1e6
    print(f"cores {os.cpu_count()}, load of the last minute {os.getloadavg()[0]:.1f}")
    print(f"{large['pilots']:,.0f} pilots: {large['seconds']} s, {large['pilots_per_second']:,.0f}/s, {peak_mb:.0f} MB")
    print(f"one worker {median(seconds['one']):.1f} s, two {median(seconds['two']):.1f} s")
    print(f"two workers are {median(times):.2f} times one, {min(times):.2f} to {max(times):.2f} in {len(times)} rounds")
    kept = {"memory": large["peak_bytes"] < AT_MOST_BYTES, "cluster": median(times) >= AT_LEAST_TIMES}
    print(f"to keep: less than {AT_MOST_BYTES / 1e6:.0f} MB, at least {AT_LEAST_TIMES} times: {kept}")
    times_rounded = [round(each, 2) for each in times]
    print(json.dumps({"benchmark": "rehearsal_scale", "quick": quick, **large, "times": times_rounded, "kept": kept}))


if __name__ == "__main__":
    main()
