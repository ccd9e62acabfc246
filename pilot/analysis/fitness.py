"""May a decision rest on a scale: the verdict of a sheet, with its reasons.

Whether both arms read a scale alike is shown and does not judge: a second test with as few people would raise the
alarm twice as often where nothing is wrong, and the shift that matters, that of the pilot arm since the launch, has its
place in the bias ledger.

No limit is a law; each is where the literature begins to worry. What is *not fit* misleads whatever the result; what is
to be read *with care* needs the reason beside it.

| limit | source |
|---|---|
| 30 people: below, nothing is said | Yurdugül 2008, Hacettepe University Journal of Education 35, 397-405 |
| 100 people: below, the sample is small | Boomsma 1985, Psychometrika 50, 229-242; MacCallum, Widaman, Zhang & Hong |
| | 1999, Psychological Methods 4, 84-99: fewer do where items share most of their variance |
| reliability .70 | Nunnally & Bernstein 1994, Psychometric Theory, 264-265: enough to compare groups |
| CFI .90, SRMR .08 | Bentler & Bonett 1980; Hu & Bentler 1999. RMSEA is shown and does not judge: with few degrees of |
| | freedom it rejects models that hold (Kenny, Kaniskan & McCoach 2015, Sociological Methods & Research 44, 486-507) |
| 15 % at an end of the scale | Terwee et al. 2007, Journal of Clinical Epidemiology 60, 34-42 |
| 10 % gaps | Bennett 2001, Australian and New Zealand Journal of Public Health 25, 464-469 |
"""

from __future__ import annotations

from collections.abc import Iterator

from pilot.analysis.invariance import LEAST_CFI
from pilot.result.sheets import Fitness, Reason, ReasonCode, ScaleSheet

FEWEST_PEOPLE = 30
SMALL_SAMPLE = 100
LEAST_RELIABILITY = 0.70
LARGEST_SRMR = 0.08
MOST_AT_AN_END_PCT = 15.0
MOST_GAPS_PCT = 10.0

Values = dict[str, float | int | str | tuple[str, ...]]

UNFIT: frozenset[ReasonCode] = frozenset({"too_few_people", "does_not_vary", "unreliable", "item_against_the_rest"})


def judged(sheet: ScaleSheet) -> ScaleSheet:
    """The sheet with its verdict."""
    reasons = tuple(_reasons(sheet))
    fitness: Fitness = "with_care" if reasons else "fit"
    if any(reason.code in UNFIT for reason in reasons):
        fitness = "not_fit"
    if not reasons:
        reasons = (_holds_together(sheet),)
    return sheet.model_copy(update={"fitness": fitness, "reasons": reasons})


def _holds_together(sheet: ScaleSheet) -> Reason:
    """A reflective scale of several items with nothing against it; all others have a reason."""
    reliability, waves = sheet.omega or sheet.alpha, sheet.against("waves")
    values: Values = {"reliability": reliability.estimate} if reliability else {}
    if waves:
        values["baseline"] = waves.blocks[0]
    return Reason(code="holds_together", values=values)


def _reasons(sheet: ScaleSheet) -> Iterator[Reason]:
    """What speaks against it, the weightiest first; where it is not fit, the rest need not be said."""
    n = sheet.n_complete if sheet.kind == "reflective" else sheet.n_scored
    if n < FEWEST_PEOPLE:
        yield Reason(code="too_few_people", values={"n": n, "fewest": FEWEST_PEOPLE})
        return
    if not sheet.sd:
        yield Reason(code="does_not_vary")
        return
    if sheet.kind == "formative":
        yield Reason(code="formative")
    elif sheet.kind == "single" or len(sheet.items) == 1:
        yield Reason(code="single_item")
    else:
        yield from _structure(sheet)
    if n < SMALL_SAMPLE:
        yield Reason(code="small_sample", values={"n": n, "enough": SMALL_SAMPLE})
    at_an_end = max(sheet.floor_pct or 0, sheet.ceiling_pct or 0)
    if at_an_end > MOST_AT_AN_END_PCT:
        yield Reason(code="piled_up_at_an_end", values={"share_pct": at_an_end})
    if (sheet.missing_pct or 0) > MOST_GAPS_PCT:
        yield Reason(code="many_gaps", values={"share_pct": sheet.missing_pct or 0})


def _structure(sheet: ScaleSheet) -> Iterator[Reason]:
    """Of a reflective scale of several items."""
    against = tuple(line.item for line in sheet.items if (line.corrected_item_total or 0) < 0)
    if against:
        yield Reason(code="item_against_the_rest", values={"items": against})
    yield from _reliability(sheet)
    yield from _factor(sheet)
    waves = sheet.against("waves")
    if waves is None:
        return
    if waves.step == "not_fitted":
        yield Reason(code="invariance_not_fitted")
    elif waves.step in ("none", "configural"):
        yield Reason(code="read_differently", values={"baseline": waves.blocks[0]})
    elif waves.step in ("metric", "partial"):
        yield Reason(code="some_items_read_differently", values={"baseline": waves.blocks[0], "items": waves.shifted})


def _reliability(sheet: ScaleSheet) -> Iterator[Reason]:
    reliability = sheet.omega or sheet.alpha
    if reliability is None:  # two items of which one never varies
        yield Reason(code="no_factor_found")
        return
    values: Values = {
        "reliability": reliability.estimate,
        "least": LEAST_RELIABILITY,
    }
    if (reliability.upper or 0) < LEAST_RELIABILITY:
        yield Reason(code="unreliable", values=values)
    elif reliability.estimate < LEAST_RELIABILITY:
        yield Reason(code="weak_reliability", values=values)
    elif (reliability.lower or 0) < LEAST_RELIABILITY:
        yield Reason(code="reliability_unproven", values=values)


def _factor(sheet: ScaleSheet) -> Iterator[Reason]:
    fit = sheet.factor
    if fit is None:
        return
    if not fit.converged or not fit.proper:
        yield Reason(code="no_factor_found")
    elif fit.df > 0 and ((fit.cfi or 0) < LEAST_CFI or (fit.srmr or 0) > LARGEST_SRMR):
        yield Reason(code="poor_factor", values={"cfi": fit.cfi or 0, "srmr": fit.srmr or 0})
