"""The verdict's own error rate: a plan's whole pipeline on thousands of pilots whose truth is known.

| module | what it holds |
|---|---|
| `judging` | simulated pilots through the code that judges the real one |
| `customary` | what people do today with the same answers |
| `tally` | counts and sums over replicates that can be added up; rates with their Monte Carlo interval |
| `worlds` | which worlds a plan is rehearsed in: scenarios and a curve of effects |
| `running` | replicates in parts, on all cores or a cluster, with progress, resumable |
| `planning` | other sizes, and plans that would tell more |
| `promise` | what the rehearsal says of a plan, and the file it stands in |
"""

from pilot.rehearsal.promise import Promise, Rehearsal, read_rehearsal, write_rehearsal
from pilot.rehearsal.running import Run, rehearse
from pilot.rehearsal.worlds import Cell, cells_of

__all__ = [
    "Cell",
    "Promise",
    "Rehearsal",
    "Run",
    "cells_of",
    "read_rehearsal",
    "rehearse",
    "write_rehearsal",
]
