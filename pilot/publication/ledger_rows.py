"""The bias ledger, made safe: only rows that tell nothing that the release does not hold already, or of whole groups.

| row | shown | because |
|---|---|---|
| `drift` | yes | the plan's allowance; what would overturn is computed from the published effect alone |
| `novelty` | with the lasting effect | the difference of two published effects |
| `regression_to_the_mean` | where linked people decide | one product about the whole linked panel |
| `attrition` | no | about leavers: two safe releases may differ by one leaver (six more before, five more linked) |
| `one_team` | no | about one team |
| `careless` | no | about those few whose answers do not look read |
| `pre_trend`, `shifted_items`, `occasion`, `marker` | no | of parts of the linked panel, sizes unknown here |

Nothing of a row's `values` leaves: trimming bounds move with single people. The analyst has the whole ledger.
"""

from __future__ import annotations

from pilot.publication.release import ShownBias, Withheld
from pilot.result import Bias, EstimateOf, Result, Verdict


def safe_biases(result: Result, verdict: Verdict, lasting: EstimateOf | None) -> tuple[ShownBias, ...]:
    """Every row, or that it is not shown.

    Args:
        result: What was found.
        verdict: As the release shows it.
        lasting: The effect at the follow-ups, as the release shows it.
    """
    distance_is_shown = all(point.code != "distance_withheld" for point in verdict.turning_points)
    return tuple(_shown(row, _reason(row, result, lasting), distance_is_shown) for row in result.biases)


def _reason(row: Bias, result: Result, lasting: EstimateOf | None) -> Withheld | None:
    if row.code == "drift":
        return None
    if row.code == "novelty":
        return None if lasting else "could_be_subtracted"
    if row.code == "regression_to_the_mean" and result.primary.answers == "linked":
        return None
    return "too_few_people" if row.code in ("attrition", "one_team", "careless") else "could_be_subtracted"


def _shown(row: Bias, reason: Withheld | None, distance_is_shown: bool) -> ShownBias:
    if reason:
        return ShownBias(code=row.code, looks_like=None, overturns_at=None, withheld=reason, name=row.name)
    # This row is measured against how wrong the estimate may be at all; the others against published effects.
    hidden = row.code == "regression_to_the_mean" and not distance_is_shown
    return ShownBias(
        code=row.code, looks_like=row.looks_like, overturns_at=None if hidden else row.overturns_at, name=row.name
    )
