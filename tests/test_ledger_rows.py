"""What of the bias ledger may leave: nothing that is about a few people, one team, or a part of unknown size."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from pilot.publication.ledger_rows import safe_biases
from pilot.result import Bias, BiasCode, EstimateOf, Finding

CODES = get_args(BiasCode)
SHOWN_OF_LINKED = {"drift", "novelty", "regression_to_the_mean"}


class _Of:
    """As much of a result or of an effect as the rows are judged by."""

    def __init__(self, **parts: Any) -> None:
        self.__dict__.update(parts)


def _rows(answers: str = "linked", lasting: EstimateOf | None = None, points: tuple[Finding, ...] = ()) -> Any:
    biases = tuple(Bias(code=code, looks_like=0.1, overturns_at=0.2, values={"trimmed_lower": 0.3}) for code in CODES)
    result: Any = _Of(biases=biases, primary=_Of(answers=answers))
    verdict: Any = _Of(turning_points=points)
    return {row.code: row for row in safe_biases(result, verdict, lasting)}


@pytest.fixture
def lasting() -> EstimateOf:
    return EstimateOf(estimate=0.2, se=0.1, df=12, p=0.05, lower=0, upper=0.4, n_people=80, n_teams=16, n_treated=40)


def test_only_rows_about_published_figures_or_the_whole_panel_are_shown(lasting: EstimateOf) -> None:
    rows = _rows(lasting=lasting)
    assert set(rows) == set(CODES)
    assert {code for code, row in rows.items() if row.looks_like is not None} == SHOWN_OF_LINKED
    for row in rows.values():
        assert (row.withheld is None) == (row.looks_like is not None)
        assert row.withheld is None or row.overturns_at is None
        assert "trimmed_lower" not in row.model_dump_json()


def test_what_is_withheld_elsewhere_is_withheld_here(lasting: EstimateOf) -> None:
    assert _rows(lasting=None)["novelty"].looks_like is None
    assert _rows(answers="all", lasting=lasting)["regression_to_the_mean"].looks_like is None
    assert _rows(answers="both", lasting=lasting)["regression_to_the_mean"].looks_like is None


def test_a_distance_that_the_verdict_withholds_is_not_told_by_the_ledger(lasting: EstimateOf) -> None:
    withheld = (Finding(code="distance_withheld", role="note"),)
    assert _rows(lasting=lasting)["regression_to_the_mean"].overturns_at == 0.2
    row = _rows(lasting=lasting, points=withheld)["regression_to_the_mean"]
    assert row.looks_like == 0.1
    assert row.overturns_at is None
