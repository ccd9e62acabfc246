"""People answer: who is there, who responds, in what state, with how much care.

Everything works on a block of replicates. Draws are single precision, which halves their cost and is far finer
than a five-point answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from pilot.simulate.correlation import HALF_YEAR_WEEKS, root_of
from pilot.simulate.latent import FloatArray
from pilot.simulate.layout import N_UNITS, BoolArray
from pilot.simulate.normals import coarse_normals
from pilot.simulate.selection import SingleArray, pick_lowest, picked_groups, star_teams
from pilot.simulate.world import ScaleWorld, World


@dataclass(frozen=True)
class Arms:
    """What the teams get, in one block of replicates.

    Attributes:
        start_week: Week in which each team starts, infinite for teams that do not, shape (replicates, teams).
        dose: Share of the full effect that a pilot team gets, same shape; None: all of it.
    """

    start_week: FloatArray
    dose: FloatArray | None

    @property
    def treated(self) -> BoolArray:
        """Pilot teams, shape (replicates, teams)."""
        treated: BoolArray = np.isfinite(self.start_week)
        return treated


@dataclass(frozen=True)
class TeamLuck:
    """What befalls the teams; the same for all scales.

    Attributes:
        effect: Where a team lies among the effects, standard normal, shape (replicates, teams).
        stars: Star teams, same shape; None: there is none in this world.
        shocks: Of the units, standard normal, shape (replicates, units, waves); None: likewise.
    """

    effect: SingleArray
    stars: BoolArray | None
    shocks: SingleArray | None


def draw_presence(world: World, rng: np.random.Generator, n_replicates: int) -> tuple[SingleArray, SingleArray]:
    """Week of joining (-inf: before the first wave) and week of leaving, both of shape (replicates, people)."""
    layout, stays = world.layout, world.scenario.stays_on_roster
    joined = np.full((n_replicates, layout.n_people), -np.inf, dtype=np.float32)
    n_joiners = int(layout.joins_later.sum())
    joined[:, layout.joins_later] = rng.uniform(layout.weeks[0], layout.weeks[-1], (n_replicates, n_joiners))
    if stays == 1:
        return joined, np.full_like(joined, np.inf)
    stay = rng.standard_exponential(joined.shape, dtype=np.float32)
    stay *= float(-HALF_YEAR_WEEKS / np.log(stays))
    return joined, np.maximum(joined, float(layout.weeks[0])) + stay


def on_roster(joined_week: SingleArray, left_week: SingleArray, weeks: FloatArray) -> BoolArray:
    """Who was there when a wave opened, shape (replicates, people, waves)."""
    weeks = weeks.astype(np.float32)
    present: BoolArray = (joined_week[..., None] <= weeks) & (weeks < left_week[..., None])
    return present


def answer_block(
    world: World, arms: Arms, present: BoolArray, rng: np.random.Generator, stored: SingleArray
) -> BoolArray:
    """Let one block of replicates answer.

    Args:
        world: The solved scenario.
        arms: What the teams get.
        present: Who is on the roster, shape (replicates, people, waves).
        rng: Source of every random number.
        stored: Filled with the answers, shape (items, replicates, people, waves).

    Returns:
        Who answered without reading, shape (replicates, people, waves).
    """
    weeks, start_week, n = world.layout.weeks, arms.start_week, len(arms.start_week)
    state = _draw_state(world, weeks, rng, n)
    shocks = _draw_shocks(world, rng, n) if world.scenario.unit_shocks else None
    bad_luck = _pick(world, state, shocks, rng)
    answered = present & _responds(world, start_week, state, rng)
    effect_luck = rng.standard_normal(start_week.shape, dtype=np.float32)
    # One uniform a questionnaire says whether it is careless, in which way, and where a straight line runs.
    luck = rng.random(answered.shape, dtype=np.float32)
    team_luck = TeamLuck(effect_luck, star_teams(arms.treated, rng) if world.scenario.star else None, shocks)
    for scale in world.scales:
        asked = scale.layout.asked
        waves = slice(None) if asked.all() else asked.nonzero()[0]
        own = state[..., waves]
        if scale.correlation < 1:
            other = _draw_state(world, weeks[asked], rng, n)
            own = scale.correlation * own + float(np.sqrt(1 - scale.correlation**2)) * other
        trait = scale.model.trait_sd * own
        trait += world.layout.of_people(_team_shift(world, scale, arms, team_luck)[..., waves], weeks[asked])
        if bad_luck is not None and scale.correlation == 1:
            trait[..., world.picked_in] += scale.model.trait_sd * bad_luck
        answers = _tick(world, scale, trait, start_week, rng)
        _spoil(world, scale, answers, answered[..., waves], luck[..., waves], rng)
        missing = np.where(answered[..., waves], np.float32(0), np.float32(np.nan))
        for place, codes in zip(scale.layout.items, answers, strict=True):
            stored[place][..., waves] = codes + missing
    return answered & (luck < world.scenario.careless.share)


def _draw_shocks(world: World, rng: np.random.Generator, n_replicates: int) -> SingleArray:
    """Standard normal shocks of the pilot's unit and the other one, shape (replicates, units, waves)."""
    drawn = rng.standard_normal((n_replicates, N_UNITS, len(world.layout.weeks)), dtype=np.float32)
    return drawn @ root_of(world.shock_correlation).astype(np.float32)


def _pick(world: World, state: SingleArray, shocks: SingleArray | None, rng: np.random.Generator) -> SingleArray | None:
    """See `pick_lowest`; None where nobody was picked."""
    picked = world.scenario.picked
    groups = picked_groups(world.layout, whole_unit=picked.what == "unit") if picked else None
    return pick_lowest(world, groups, state, shocks, rng) if groups else None


def _draw_state(world: World, weeks: FloatArray, rng: np.random.Generator, n_replicates: int) -> SingleArray:
    """Standard normal states of people in their teams, shape (replicates, people, waves)."""
    layout, correlations, n_waves = world.layout, world.correlations, len(weeks)
    own = coarse_normals(rng, (n_replicates * layout.n_people, n_waves))
    shared = rng.standard_normal((n_replicates * len(layout.team_ids), n_waves), dtype=np.float32)
    # One flat product: a stack of tiny ones, one a replicate, would be far slower.
    own = own @ correlations.person_mixing(weeks).astype(np.float32)
    shared = shared @ correlations.team_mixing(weeks).astype(np.float32)
    state = own.reshape(n_replicates, layout.n_people, n_waves)
    state += layout.of_people(shared.reshape(n_replicates, len(layout.team_ids), n_waves), weeks)
    return state


def _responds(world: World, start_week: FloatArray, state: SingleArray, rng: np.random.Generator) -> BoolArray:
    """Who answers a wave if invited: a person's lasting propensity and the luck of the day fall below a threshold.

    Where the unhappy leave, the propensity after the launch also hangs on the state of that wave. The state is
    standard normal, so the rate of response stays as stated; only who answers changes.
    """
    response, lasting = world.scenario.response, world.answer_correlation
    silence = coarse_normals(rng, state.shape)
    silence *= (1 - lasting) ** 0.5
    silence += lasting**0.5 * rng.standard_normal((*state.shape[:2], 1), dtype=np.float32)
    if response.unhappy_leave != "none":
        after = world.layout.weeks > 0
        where = _runs_the_loop(world, start_week, world.layout.weeks) if response.unhappy_leave == "pilot" else after
        pull = response.unhappy_correlation
        silence = np.where(where, (1 - pull**2) ** 0.5 * silence - pull * state, silence)
    responds: BoolArray = silence < float(special.ndtri(response.rate))
    return responds


def _runs_the_loop(world: World, start_week: FloatArray, weeks: FloatArray) -> BoolArray:
    """Who is in a pilot team after its start, shape (replicates, people, weeks)."""
    return world.layout.of_people(weeks > start_week[..., None], weeks)


def _team_shift(world: World, scale: ScaleWorld, arms: Arms, luck: TeamLuck) -> SingleArray:
    """By how much the trait of each team is shifted, points, shape (replicates, teams, waves)."""
    course, layout, shocks = scale.course, world.layout, world.scenario.unit_shocks
    cohort = np.minimum(np.searchsorted(layout.starts, arms.start_week), len(layout.starts) - 1)

    def own(of_courses: list[FloatArray]) -> FloatArray:
        """What holds for each team from its start on; where all start at once there is nothing to look up."""
        return of_courses[0] if len(of_courses) == 1 else np.stack(of_courses)[cohort]

    effect = own([each.effect for each in scale.courses])
    effect = effect if arms.dose is None else effect * arms.dose[..., None]
    pilot = own([each.pilot for each in scale.courses]) + effect
    pilot = pilot + own([each.effect_sd for each in scale.courses]) * luck.effect[..., None]
    shift = np.where(arms.treated[..., None], pilot, course.comparison)
    if layout.chosen is not None:
        shift += course.volunteering * layout.chosen[:, None]
    if luck.stars is not None:
        shift += own([each.star for each in scale.courses]) * luck.stars[..., None]
    if shocks and luck.shocks is not None:
        hit = (layout.unit == 0) | (shocks.hits == "every_unit")
        shift += (course.shock_sd * luck.shocks[:, layout.unit] + course.shock_level) * hit[:, None]
    single: SingleArray = shift.astype(np.float32)
    return single


def _tick(
    world: World, scale: ScaleWorld, trait: SingleArray, start_week: FloatArray, rng: np.random.Generator
) -> SingleArray:
    """The option nearest to each latent answer, as ticked, shape (items, replicates, people, waves).

    A reverse-keyed item is the mirror image around the middle of the options: the noise is symmetric.
    """
    model, options, mirrored = scale.model, scale.model.options, scale.layout.reverse_keyed
    sign = np.where(mirrored, -1.0, 1.0)
    offsets = np.where(mirrored, options.lowest + options.highest - model.offsets, model.offsets)
    # In steps above the lowest option, so that rounding to whole numbers is choosing an option.
    slope = _column(sign * model.loadings / options.step)
    level = _column((offsets - options.lowest) / options.step)
    answers = coarse_normals(rng, (len(offsets), *trait.shape))
    answers *= model.noise_sd / options.step
    answers += slope * trait
    answers += level
    shift = world.scenario.response_shift
    if shift:
        # Thresholds that move down are latent answers that move up.
        moved = moved_items(len(offsets), shift.items_share)
        running = _runs_the_loop(world, start_week, world.layout.weeks[scale.layout.asked])
        up = _column(sign * moved * (shift.points * options.points / options.step))
        answers[moved] += up[moved] * running
    np.rint(answers, out=answers)
    np.clip(answers, 0, options.n_steps, out=answers)
    return _to_codes(scale, answers)


def moved_items(n_items: int, share: float) -> BoolArray:
    """Which items of a scale change their meaning, spread over the whole of it, shape (items,)."""
    n_moved = max(1, round(share * n_items))
    moved: BoolArray = np.diff(np.arange(n_items + 1) * n_moved // n_items) > 0
    return moved


def _spoil(
    world: World,
    scale: ScaleWorld,
    answers: SingleArray,
    answered: BoolArray,
    luck: SingleArray,
    rng: np.random.Generator,
) -> None:
    """Overwrite the answers of careless questionnaires: a straight line, or ticks at random."""
    careless, n_options = world.scenario.careless, scale.model.options.n_steps + 1
    line_share = careless.share * careless.straight_line_share
    line = answered & (luck < line_share)
    if line_share > 0:
        answers[:, line] = _to_codes(scale, np.floor(luck[line] * (n_options / line_share)).clip(0, n_options - 1))
    ticks = answered & (luck >= line_share) & (luck < careless.share)
    drawn = np.floor(n_options * rng.random((len(answers), int(ticks.sum())), dtype=np.float32))
    answers[:, ticks] = _to_codes(scale, drawn)


def _to_codes(scale: ScaleWorld, steps: SingleArray) -> SingleArray:
    options = scale.model.options
    if options.step != 1:
        steps *= options.step
    steps += options.lowest
    return steps


def _column(values: FloatArray) -> SingleArray:
    """One value an item, to spread over (items, replicates, people, waves)."""
    return values.astype(np.float32)[:, None, None, None]
