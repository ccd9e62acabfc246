"""Parts of a scenario page that fool people: who was picked, what else happened, how answers change their meaning.

None of them is an effect of the practice. Every field is explained to its reader in the page itself.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pilot.documents import Page
from pilot.simulate.parts import Points, Share, SpreadPoints

WhatIsPicked = Literal["unit", "teams"]
Hit = Literal["pilot_unit", "every_unit"]
AnyWeek = Annotated[float, Field(ge=-520, le=520, allow_inf_nan=False)]


class Picked(Page):
    """Who became the pilot because of the lowest score in one wave.

    Teams can only be picked where the plan lists its pilot teams; where it draws them, the lot decides.

    Attributes:
        what: The whole unit, or the pilot teams.
        candidates_per_place: How many there were to choose from, for each that was picked.
        in_week: The last wave up to this week decides; where none is so early, the first.
    """

    what: WhatIsPicked
    candidates_per_place: int = Field(ge=2, le=100)
    in_week: AnyWeek


class Volunteers(Page):
    """Teams that were on the rise anyway and asked to be pilot teams. Where the lot decides, there are none.

    Attributes:
        points_per_half_year: How fast their scores rise beside everybody else's.
        from_week: Week in which the rise begins.
        until_week: Week in which it ends; they keep what they have.
    """

    points_per_half_year: Points
    from_week: AnyWeek
    until_week: AnyWeek


class UnitShocks(Page):
    """What happens to a whole unit: a reorganisation, a new head, a good quarter.

    Teams of one unit share it. Pilot and comparison teams are two units where the plan compares units, else one.

    Attributes:
        sd_points: Standard deviation of a unit's mean score, every scale's.
        lasting_share: Share of that variance that stays from wave to wave; the rest comes anew in each wave.
        from_week: First week in which it happens.
        hits: The pilot's unit alone, or every unit on its own.
    """

    sd_points: SpreadPoints
    lasting_share: Share
    from_week: AnyWeek
    hits: Hit


class Star(Page):
    """One pilot team that leaps after the launch for a reason of its own, a new manager for instance.

    Attributes:
        points: Lift of every scale's mean score in that team.
    """

    points: Points


class ResponseShift(Page):
    """The pilot teams come to read some items differently after the launch, and feel as before.

    Attributes:
        items_share: Share of each scale's items whose meaning moves.
        points: By how far their thresholds move down, so that the same feeling is answered higher.
    """

    items_share: float = Field(gt=0, le=1, allow_inf_nan=False)
    points: Points


class Dose(Page):
    """The effect of a team grows with how far its manager runs the loop (the part `fidelity`).

    Attributes:
        full_effect_pct: Percent of the loop at which a team gets the effect that `effect` states; half of it, half.
    """

    full_effect_pct: float = Field(gt=0, le=100, allow_inf_nan=False)
