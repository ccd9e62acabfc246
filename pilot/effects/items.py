"""Whether an effect shows in all items of the scale, or in some only: a screen for a response shift.

Where the practice changes how people feel, every item moves. Where it changes what some words mean to them, those
items move and the others stay. A shift of all items alike cannot be seen in the scale by any screen.

For every item the difference between the arms in the mean change is taken; the items are sorted by it, and the
stronger half is compared with the weaker half (of an odd number the middle one is left out). The gap is the difference
between the arms in the people's own gap, with CR2 by team. Since the halves are chosen by looking, its z is larger
than that of a contrast chosen before: the rule's threshold is set by simulation, not taken from a table.

The measurement model behind it is invariance of the items' intercepts over time (Oort 2005, Quality of Life Research
14, 587-598); `pilot.psychometrics` has the model itself, this screen is fast enough for thousands of pilots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pilot.effects.team_model import TeamSums, fit_contrast
from pilot.scores import FloatArray, Panel

FEWEST_ITEMS = 4  # with fewer a half is one item, and no pattern


@dataclass(frozen=True)
class ItemCheck:
    """Effects item by item; NaN where there are fewer than four items or nobody is compared.

    Attributes:
        effects: Difference between the arms in the mean change of each item, points, shape (replicates, items).
        weak_points: Mean effect on the weaker half, shape (replicates,).
        gap_points: Mean effect on the stronger half less that, shape (replicates,).
        gap_z: The gap over its standard error, shape (replicates,).
    """

    effects: FloatArray
    weak_points: FloatArray
    gap_points: FloatArray
    gap_z: FloatArray


def item_check(panel: Panel, baseline: Sequence[str], outcome: Sequence[str]) -> ItemCheck:
    """Compare the items of the primary scale.

    Args:
        panel: With the answers to each item.
        baseline: Waves whose mean is the start.
        outcome: Waves whose mean is the end.
    """
    n_replicates, n_items = len(panel.roster.treated), len(panel.items)
    if n_items < FEWEST_ITEMS:
        nothing = np.full(n_replicates, np.nan)
        return ItemCheck(np.full((n_replicates, n_items), np.nan), nothing, nothing, nothing)
    ends = (panel.means_of(item, tuple(baseline), tuple(outcome)) for item in panel.items)
    changes = [end - start for start, end in ends]
    effects = np.stack([_difference(TeamSums.of(change, panel.roster), panel.roster.treated) for change in changes], 1)
    order, half = effects.argsort(axis=1), n_items // 2
    weights = np.zeros_like(effects)
    np.put_along_axis(weights, order[:, :half], -1.0 / half, axis=1)
    np.put_along_axis(weights, order[:, -half:], 1.0 / half, axis=1)
    gaps = np.zeros_like(changes[0])
    for item, change in enumerate(changes):
        gaps += weights[:, item, None] * change
    gap = fit_contrast("change", TeamSums.of(gaps, panel.roster), panel.roster.treated, [0.0, 1.0], confidence_pct=95)
    with np.errstate(invalid="ignore", divide="ignore"):
        gap_z = gap.estimate / gap.se
    weak = np.take_along_axis(effects, order[:, :half], axis=1).mean(axis=1)
    return ItemCheck(effects=effects, weak_points=weak, gap_points=gap.estimate, gap_z=gap_z)


def _difference(sums: TeamSums, treated: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> FloatArray:
    """Difference between the arms' means over people; NaN where an arm is empty."""
    with np.errstate(invalid="ignore", divide="ignore"):
        pilot, comparison = (
            np.where(arm, sums.y, 0.0).sum(axis=1) / np.where(arm, sums.weight, 0.0).sum(axis=1)
            for arm in (treated, ~treated)
        )
    return np.asarray(pilot - comparison, dtype=np.float64)
