"""What the rehearsal promised before the launch, beside what came out: the verdict's own error rate.

A rehearsal knows of no answer: nothing in it is about people, and nothing needs to be withheld.
"""

from __future__ import annotations

from typing import Literal

from pilot.documents import BilingualText
from pilot.rehearsal import Rehearsal
from pilot.result import Part, Result

OutlookCode = Literal["nothing", "sesoi", "literature", "large"]


class Outlook(Part):
    """What is said of pilots like this one when the practice does so much.

    Attributes:
        code: Which effect.
        points: The effect, points.
        scale: Share of pilots that say *scale*, 0 to 1.
        adjust: That say *adjust*.
        stop: That say *stop*.
        inconclusive: That could not tell.
    """

    code: OutlookCode
    points: float
    scale: float
    adjust: float
    stop: float
    inconclusive: float


class ShownPromise(Part):
    """The rehearsal in a few numbers.

    Attributes:
        n_pilots: Simulated pilots behind each share.
        before_launch: Whether it was made before the launch; later nobody is warned by it any more.
        of_plan_in_force: Whether it rehearsed the plan as it stands now, before and after any deviation.
        interval_mde: Effect that 80 of 100 such intervals find, points.
        verdict_mde: Effect from which 80 of 100 such pilots say *scale*, points; None: none that was tried.
        outlooks: If nothing works, and at three effects.
        worst_null: The world without a lasting effect in which *scale* is said most often; None: fewer than
            two were rehearsed.
        worst_false_scale: How often, 0 to 1.
    """

    n_pilots: int
    before_launch: bool
    of_plan_in_force: bool
    interval_mde: float
    verdict_mde: float | None
    outlooks: tuple[Outlook, ...]
    worst_null: BilingualText | None
    worst_false_scale: float | None


def shown_promise(rehearsal: Rehearsal, result: Result) -> ShownPromise:
    """Take out of a rehearsal what a reader of the result wants to know."""
    promise = rehearsal.promise
    n_null = sum(cell.kind == "scenario" and cell.tally.scale_is_wrong for cell in rehearsal.cells)
    # The worst of one says nothing about the others.
    worst = next((cell for cell in rehearsal.cells if cell.id == promise.worst_null and n_null > 1), None)
    effects: dict[OutlookCode, float] = {
        "nothing": 0.0,
        "sesoi": rehearsal.sesoi_points,
        "literature": rehearsal.literature_points,
        "large": rehearsal.large_points,
    }
    return ShownPromise(
        n_pilots=rehearsal.n_replicates,
        before_launch=rehearsal.made_at.date().isoformat() <= result.pilot.launch_on,
        of_plan_in_force=rehearsal.protocol_sha256 == result.protocol_sha256,
        interval_mde=promise.interval_mde,
        verdict_mde=promise.verdict_mde,
        outlooks=tuple(_outlook(code, points, rehearsal) for code, points in effects.items()),
        worst_null=worst.title if worst else None,
        worst_false_scale=promise.worst_false_scale.share if worst else None,
    )


def _outlook(code: OutlookCode, points: float, rehearsal: Rehearsal) -> Outlook:
    tally = rehearsal.at(points).tally
    return Outlook(
        code=code,
        points=tally.truth,
        scale=tally.said("scale").share,
        adjust=tally.said("adjust").share,
        stop=tally.said("stop").share,
        inconclusive=tally.said("inconclusive").share,
    )
