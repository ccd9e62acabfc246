"""Is a scale read alike: across waves, arms and languages, in words that a sheet and the bias ledger use.

The model is `pilot.psychometrics.invariance`. How often its rule errs with as few people as a pilot has stands in
`simulations/README.md`; the rule was chosen there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
from numpy.typing import NDArray

from pilot.analysis.single import finite
from pilot.plan import Plan, Protocol
from pilot.psychometrics import FitIndices, Invariance, InvarianceRule, Step, invariance_across_waves
from pilot.result.sheets import Comparison, FactorFit, FitRule, InvarianceFinding, InvarianceStep, Rung
from pilot.scores import BoolArray, FloatArray, Panel

RULE = InvarianceRule(combination="cfi", p=0.05)
FEWEST_PEOPLE = 50  # in each group or wave; below, the model is not asked
SMALL_SAMPLE = 150  # fewer than in any cell of the studies behind the rule (Chen 2007: 150 to 500 a group)
FEWEST_ITEMS = 3  # two items have no factor
LEAST_CFI = 0.90  # of the same form (Bentler & Bonett 1980, Psychological Bulletin 88, 588-606)
LARGEST_SRMR = 0.10  # Kline 2016, Principles and Practice of SEM; .08 (Hu & Bentler 1999) is for larger samples


def ends_of_pilot_arm(panel: Panel, plan: Plan) -> FloatArray:
    """Answers of the pilot arm before and after: each person's mean over baselines and over own outcome waves, by item.

    Returns:
        Points, NaN for people of the comparison arm and where nothing was answered, shape (replicates, people, 2,
        items).
    """
    by_item = replace(panel, scores={str(place): item.astype(np.float64) for place, item in enumerate(panel.items)})
    ends = [
        np.stack([by_item.mean_of(name, plan.analysis.baseline) for name in by_item.scores], axis=-1),
        np.stack([by_item.own_mean_of(name, plan.analysis.outcome, plan) for name in by_item.scores], axis=-1),
    ]
    in_pilot = panel.roster.person_treated[:, :, None, None]
    return np.where(in_pilot, np.stack(ends, axis=2), np.nan)


def read_as_before(panel: Panel, protocol: Protocol) -> InvarianceFinding | None:
    """Whether the pilot arm reads the primary scale after the launch as before; None with too few items or people."""
    if len(panel.items) < FEWEST_ITEMS:
        return None
    ends = ends_of_pilot_arm(panel, protocol.plan)
    if (~np.isnan(ends).any(axis=(2, 3))).sum() < FEWEST_PEOPLE:
        return None
    items = protocol.instruments.items_of(protocol.plan.outcomes.primary.scale)
    ladder = invariance_across_waves(ends, rule=RULE)
    return finding_of(ladder, 0, "waves", ("baseline", "outcome"), [item.id for item in items])


def steps_of(invariance: Invariance) -> NDArray[np.str_]:
    """The highest step that holds in each replicate: names of `InvarianceStep`, shape (replicates,)."""
    form = (invariance.configural.cfi >= LEAST_CFI) & (invariance.configural.srmr <= LARGEST_SRMR)
    metric, scalar = invariance.metric_step.holds, invariance.scalar_step.holds
    partial = invariance.partial_step.holds & invariance.shifted.any(axis=1)
    conditions: list[BoolArray] = [~invariance.configural.converged, ~form, ~metric, scalar, partial]
    names: list[InvarianceStep] = ["not_fitted", "none", "configural", "scalar", "partial"]
    return np.asarray(np.select(conditions, names, default="metric"), dtype=np.str_)


def finding_of(
    invariance: Invariance, replicate: int, across: Comparison, blocks: Sequence[str], item_ids: Sequence[str]
) -> InvarianceFinding:
    """One replicate of a ladder by `RULE`, as a part of a sheet; the difference is that of the second block."""
    freed = invariance.shifted[replicate]
    return InvarianceFinding(
        across=across,
        blocks=tuple(blocks),
        n=tuple(int(n) for n in invariance.n[replicate]),
        small=bool((invariance.n[replicate] < SMALL_SAMPLE).any()),
        rule=FitRule(**asdict(RULE)),
        step=_step(str(steps_of(invariance)[replicate])),
        configural=fit_of(invariance.configural, replicate),
        metric=_rung(invariance.metric_step, replicate),
        scalar=_rung(invariance.scalar_step, replicate),
        partial=_rung(invariance.partial_step, replicate) if freed.any() else None,
        shifted=tuple(item for item, is_freed in zip(item_ids, freed, strict=True) if is_freed),
        difference_all=finite(invariance.all_items.latent[replicate, 0]),
        difference_unshifted=finite(invariance.unshifted_items.latent[replicate, 0]),
    )


def fit_of(indices: FitIndices, replicate: int) -> FactorFit:
    """One replicate of a model's fit."""
    numbers = ("chi2", "p", "cfi", "rmsea", "rmsea_lower", "rmsea_upper", "srmr")
    return FactorFit(
        converged=bool(indices.converged[replicate]),
        proper=bool(indices.proper[replicate]),
        n=int(indices.n[replicate]),
        df=int(indices.df[replicate]),
        **{name: finite(getattr(indices, name)[replicate]) for name in numbers},
    )


def _rung(step: Step, replicate: int) -> Rung:
    return Rung(
        cfi=finite(step.cfi[replicate]),
        rmsea=finite(step.rmsea[replicate]),
        srmr=finite(step.srmr[replicate]),
        holds=bool(step.holds[replicate]),
    )


def _step(name: str) -> InvarianceStep:
    known: tuple[InvarianceStep, ...] = ("not_fitted", "none", "configural", "metric", "partial", "scalar")
    return next(step for step in known if step == name)
