"""Careless answering as a row of the bias ledger: the effect with everybody and without who shows two signs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from pilot.analysis.ground import Ground
from pilot.analysis.single import number
from pilot.effects import Estimates, deciding_effect
from pilot.plan import Protocol
from pilot.psychometrics import CarelessFlags, CarelessLimits, careless_flags
from pilot.result import Bias
from pilot.scores import FloatArray, Panel, Questionnaires

LOOKED_AT_ITEMS = 6  # fewer answers than these in a row are no straight line
NO_VARIABILITY_POINTS = 0.01


def careless_row(
    panel: Panel, questionnaires: Questionnaires, estimates: Estimates, protocol: Protocol, ground: Ground
) -> Iterator[Bias]:
    """How much larger the effect is with questionnaires that show two signs of not having been read.

    Signs: a straight line, an unusual pattern (Mahalanobis), too few seconds an item, an instructed item missed.
    """
    plan = protocol.plan
    scale = plan.outcomes.primary.scale
    scores, n_excluded = panel.scores[scale].copy(), 0
    for wave in range(len(panel.wave_ids)):
        flags = flags_of_wave(questionnaires.answers[:, :, wave], questionnaires.seconds[:, :, wave], protocol)
        if flags is not None:
            scores[:, :, wave][flags.excluded] = np.nan
            n_excluded += int(flags.n_excluded.sum())
    everybody = np.ones((1, len(panel.roster.team)), dtype=np.bool_)
    without = number(deciding_effect(replace(panel, scores={scale: scores}), plan, everybody).estimate)
    if without is not None:
        effect = float(estimates.primary.estimate[0])
        yield Bias(
            code="careless",
            looks_like=effect - without,
            overturns_at=ground.slack,
            values={"n_questionnaires": float(n_excluded), "with_points": effect, "without_points": without},
        )


def flags_of_wave(answers: FloatArray, seconds: FloatArray, protocol: Protocol) -> CarelessFlags | None:
    """Who shows which sign in one wave; None where too few items were asked to tell.

    Args:
        answers: As ticked, NaN where missing, shape (1, people, items of the questionnaires).
        seconds: How long answering took, shape (1, people).
        protocol: The plan and its questionnaires.
    """
    items = tuple(protocol.instruments.items.values())
    is_check = np.array([protocol.instruments.scales[item.scale].kind == "check" for item in items], dtype=np.bool_)
    expected = np.array([np.nan if item.instructed is None else item.instructed for item in items], dtype=np.float64)
    instructed = is_check & ~np.isnan(expected)
    asked = ~np.isnan(answers).all(axis=(0, 1)) & ~is_check
    if asked.sum() < LOOKED_AT_ITEMS:
        return None
    return careless_flags(
        answers[..., asked],
        CarelessLimits(longest_run=int(asked.sum()), least_variability=NO_VARIABILITY_POINTS),
        seconds=seconds,
        instructed=answers[..., instructed],
        expected=expected[instructed],
    )
