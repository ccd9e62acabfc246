"""Scale sheets, made safe: for the analyst's page no small cell, for a release ratios only.

A release tells how well the primary scale measured, and of the linked panel only. It holds no mean and no count of an
item: those are figures about groups that differ by a few people from groups that are published, and could be
subtracted. Reliabilities and fit indices cannot: they are ratios of what a whole group answered. The number of people
is rounded down to tens, and a wave whose mean is withheld in any arm has no sheet.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from pilot.publication.disclosure import in_tens
from pilot.publication.release import ShownSheet, ShownWave
from pilot.result.sheets import Bin, Bounded, ItemLine, Reason, ScaleSheet

DISTRIBUTION_MINIMUM = 10
DECIMALS = 2
EXACT_COUNTS = ("n",)


def safe_sheets(sheets: Iterable[ScaleSheet], waves: Iterable[ShownWave], minimum: int) -> tuple[ShownSheet, ...]:
    """What a release says of the scale.

    Args:
        sheets: All that were made; those of the linked panel are taken.
        waves: The means that the release shows.
        minimum: Smallest number of people in any figure.
    """
    hidden = {wave.wave_id: wave.score.withheld for wave in waves if wave.score.withheld}
    shown = []
    for sheet in sheets:
        if sheet.group != "linked":
            continue
        reason = hidden.get(sheet.wave_id)
        if sheet.n_scored < max(minimum, DISTRIBUTION_MINIMUM):
            reason = "too_few_people"
        shown.append(
            ShownSheet(wave_id=sheet.wave_id, n_people_at_least=None, withheld=reason) if reason else _shown(sheet)
        )
    return tuple(shown)


def _shown(sheet: ScaleSheet) -> ShownSheet:
    reliability, fit = sheet.omega or sheet.alpha, sheet.factor
    baseline, arms = sheet.against("waves"), sheet.against("arms")
    return ShownSheet(
        wave_id=sheet.wave_id,
        n_people_at_least=in_tens(sheet.n_scored),
        reliability=_rounded(reliability) if reliability else None,
        coefficient="omega" if sheet.omega else "alpha",
        cfi=_round(fit.cfi) if fit else None,
        rmsea=_round(fit.rmsea) if fit else None,
        srmr=_round(fit.srmr) if fit else None,
        icc_1=_icc(sheet.agreement.icc_1) if sheet.agreement else None,
        icc_2=_icc(sheet.agreement.icc_2) if sheet.agreement else None,
        as_at_baseline=baseline.step if baseline else None,
        in_both_arms=arms.step if arms else None,
        fitness=sheet.fitness,
        reasons=tuple(map(_without_exact_counts, sheet.reasons)),
        item_texts={line.item: line.text for line in sheet.items if line.item in _items_named(sheet)},
    )


def _items_named(sheet: ScaleSheet) -> set[str]:
    values = (value for reason in sheet.reasons for value in reason.values.values())
    return {item for value in values if isinstance(value, tuple) for item in value}


def _without_exact_counts(reason: Reason) -> Reason:
    """Counts in tens, shares in whole percent, ratios with two decimals."""
    values = dict(reason.values)
    for name, value in values.items():
        if name in EXACT_COUNTS and isinstance(value, int):
            values[name] = in_tens(value)
        elif isinstance(value, float):
            values[name] = round(value) if name.endswith("_pct") else round(value, DECIMALS)
    return reason.model_copy(update={"values": values})


def _rounded(bounded: Bounded) -> Bounded:
    return Bounded(estimate=round(bounded.estimate, DECIMALS), lower=_round(bounded.lower), upper=_round(bounded.upper))


def _icc(bounded: Bounded | None) -> float | None:
    """The estimate alone: like a reliability a ratio of what the whole group answered."""
    return _round(bounded.estimate) if bounded else None


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)


def without_small_cells(sheet: ScaleSheet, minimum: int) -> ScaleSheet | None:
    """The sheet for the analyst's own page: None where too few answered; else with no small cell in it.

    Bins of the distribution are put together until each has enough people; shares that stand for a few people, or for
    all but a few, are left out.
    """
    if sheet.n_answered < minimum:
        return None
    enough = sheet.n_scored >= max(minimum, DISTRIBUTION_MINIMUM)
    return sheet.model_copy(
        update={
            "bins": together(sheet.bins, minimum) if enough else (),
            "mean": sheet.mean if sheet.n_scored >= minimum else None,
            "sd": sheet.sd if sheet.n_scored >= minimum else None,
            "floor_pct": _safe_share(sheet.floor_pct, sheet.n_scored, minimum),
            "ceiling_pct": _safe_share(sheet.ceiling_pct, sheet.n_scored, minimum),
            "items": tuple(_safe_line(line, sheet.n_answered, minimum) for line in sheet.items),
        }
    )


def together(bins: tuple[Bin, ...], minimum: int) -> tuple[Bin, ...]:
    """Neighbouring bins put together until each holds enough people; one bin where all of them hold too few."""
    merged: list[Bin] = []
    for each in bins:
        if merged and merged[-1].n < minimum:
            merged[-1] = Bin(lower=merged[-1].lower, upper=each.upper, n=merged[-1].n + each.n)
        else:
            merged.append(each)
    if len(merged) > 1 and merged[-1].n < minimum:
        last = merged.pop()
        merged[-1] = Bin(lower=merged[-1].lower, upper=last.upper, n=merged[-1].n + last.n)
    return tuple(merged)


def _safe_line(line: ItemLine, n_answered: int, minimum: int) -> ItemLine:
    if line.n < minimum:
        keys = ("missing_pct", "mean", "sd", "corrected_item_total", "loading", "floor_pct", "ceiling_pct")
        return line.model_copy(update=dict.fromkeys(keys))
    return line.model_copy(
        update={
            "missing_pct": _safe_share(line.missing_pct, n_answered, minimum),
            "floor_pct": _safe_share(line.floor_pct, line.n, minimum),
            "ceiling_pct": _safe_share(line.ceiling_pct, line.n, minimum),
        }
    )


def _safe_share(share_pct: float | None, n: int, minimum: int) -> float | None:
    """None where the share stands for somebody but for a few, or for all but a few."""
    if share_pct is None:
        return None
    part = math.floor(share_pct * n / 100 + 0.5)
    return None if 0 < part < minimum or 0 < n - part < minimum else share_pct
