"""People answer: who is there, who responds, in what state, with how much care.

Everything works on a block of replicates. Draws are single precision, which halves their cost and is far finer
than a five-point answer. Arrays have their waves first: each wave lies side by side, so that some of many waves are
worked on without a stride. Random numbers are drawn person by person, whatever the arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from pilot.simulate.careless import CarelessAnswers
from pilot.simulate.correlation import HALF_YEAR_WEEKS, Mixing, root_of
from pilot.simulate.latent import FloatArray
from pilot.simulate.layout import N_UNITS, BoolArray
from pilot.simulate.normals import coarse_normals, coarse_places, normals_at
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
    """Who was there when a wave opened, shape (waves, replicates, people)."""
    opened = weeks.astype(np.float32)[:, None, None]
    present: BoolArray = (joined_week <= opened) & (opened < left_week)
    return present


def answer_block(
    world: World, arms: Arms, present: BoolArray, rng: np.random.Generator, stored: SingleArray
) -> BoolArray:
    """Let one block of replicates answer.

    Args:
        world: The solved scenario.
        arms: What the teams get.
        present: Who is on the roster, shape (waves, replicates, people).
        rng: Source of every random number.
        stored: Filled with the answers, shape (items, waves, replicates, people).

    Returns:
        Who answered without reading, shape (waves, replicates, people).
    """
    weeks, start_week, n = world.layout.weeks, arms.start_week, len(arms.start_week)
    state = _draw_state(world, world.mixing, weeks, rng, n)
    shocks = _draw_shocks(world, rng, n) if world.scenario.unit_shocks else None
    bad_luck = _pick(world, state, shocks, rng)
    answered = present & _responds(world, start_week, state, rng)
    effect_luck = rng.standard_normal(start_week.shape, dtype=np.float32)
    careless = CarelessAnswers.among(answered, world.scenario.careless, rng)
    team_luck = TeamLuck(effect_luck, star_teams(arms.treated, rng) if world.scenario.star else None, shocks)
    for scale, mixing in zip(world.scales, world.own_mixings, strict=True):
        waves = scale.layout.asked.nonzero()[0]
        trait = state[waves]
        if scale.correlation < 1:
            trait *= scale.correlation
            trait += float(np.sqrt(1 - scale.correlation**2)) * _draw_state(world, mixing, weeks[waves], rng, n)
        trait *= scale.model.trait_sd
        trait += world.layout.of_people(_team_shift(world, scale, arms, team_luck)[waves], weeks[waves])
        if bad_luck is not None and scale.correlation == 1:
            trait[world.picked_in] += scale.model.trait_sd * bad_luck
        _tick(world, scale, trait, start_week, answered[waves], careless.at(scale.layout.asked), rng, stored)
    return careless.where(answered.shape)


def _draw_shocks(world: World, rng: np.random.Generator, n_replicates: int) -> SingleArray:
    """Standard normal shocks of the pilot's unit and the other one, shape (replicates, units, waves)."""
    drawn = rng.standard_normal((n_replicates, N_UNITS, len(world.layout.weeks)), dtype=np.float32)
    return drawn @ root_of(world.shock_correlation).astype(np.float32)


def _pick(world: World, state: SingleArray, shocks: SingleArray | None, rng: np.random.Generator) -> SingleArray | None:
    """See `pick_lowest`; None where nobody was picked."""
    picked = world.scenario.picked
    groups = picked_groups(world.layout, whole_unit=picked.what == "unit") if picked else None
    return pick_lowest(world, groups, np.moveaxis(state, 0, -1), shocks, rng) if groups else None


def _draw_state(
    world: World, mixing: Mixing, weeks: FloatArray, rng: np.random.Generator, n_replicates: int
) -> SingleArray:
    """Standard normal states of people in their teams, shape (waves, replicates, people)."""
    layout, n_waves = world.layout, len(weeks)
    own = coarse_normals(rng, (n_replicates * layout.n_people, n_waves))
    shared = rng.standard_normal((n_replicates * len(layout.team_ids), n_waves), dtype=np.float32)
    # One flat product: a stack of tiny ones, one a replicate, would be far slower.
    own, shared = mixing.person.T @ own.T, mixing.team.T @ shared.T
    state = own.reshape(n_waves, n_replicates, -1)
    state += layout.of_people(shared.reshape(n_waves, n_replicates, -1), weeks)
    return state


def _responds(world: World, start_week: FloatArray, state: SingleArray, rng: np.random.Generator) -> BoolArray:
    """Who answers a wave if invited: a person's lasting propensity and the luck of the day fall below a threshold.

    Where the unhappy leave, the propensity after the launch also hangs on the state of that wave. The state is
    standard normal, so the rate of response stays as stated; only who answers changes.
    """
    response, lasting = world.scenario.response, world.answer_correlation
    n_waves, *people = state.shape
    silence = normals_at(np.moveaxis(coarse_places(rng, (*people, n_waves)), -1, 0))
    silence *= (1 - lasting) ** 0.5
    silence += lasting**0.5 * rng.standard_normal(people, dtype=np.float32)
    if response.unhappy_leave != "none":
        after = world.layout.weeks[:, None, None] > 0
        where = _runs_the_loop(world, start_week, world.layout.weeks) if response.unhappy_leave == "pilot" else after
        pull = response.unhappy_correlation
        silence = np.where(where, (1 - pull**2) ** 0.5 * silence - pull * state, silence)
    responds: BoolArray = silence < float(special.ndtri(response.rate))
    return responds


def _runs_the_loop(world: World, start_week: FloatArray, weeks: FloatArray) -> BoolArray:
    """Who is in a pilot team after its start, shape (weeks, replicates, people)."""
    return world.layout.of_people(weeks[:, None, None] > start_week, weeks)


def _team_shift(world: World, scale: ScaleWorld, arms: Arms, luck: TeamLuck) -> SingleArray:
    """By how much the trait of each team is shifted, points, shape (waves, replicates, teams)."""
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
    return np.moveaxis(shift, -1, 0).astype(np.float32, order="C")


def _tick(
    world: World,
    scale: ScaleWorld,
    trait: SingleArray,
    start_week: FloatArray,
    answered: BoolArray,
    careless: CarelessAnswers,
    rng: np.random.Generator,
    stored: SingleArray,
) -> None:
    """Store the option nearest to each latent answer, as ticked.

    A reverse-keyed item is the mirror image around the middle of the options: the noise is symmetric.

    Args:
        world: The solved scenario.
        scale: The scale, asked in some waves.
        trait: Points, shape (waves of the scale, replicates, people).
        start_week: Of each team, shape (replicates, teams).
        answered: Who answered, shape as of the trait.
        careless: Who of them did not read.
        rng: Source of every random number.
        stored: Of all scales, shape (items, waves, replicates, people).
    """
    model, options, mirrored = scale.model, scale.model.options, scale.layout.reverse_keyed
    n_waves, *people = trait.shape
    sign = np.where(mirrored, -1.0, 1.0)
    offsets = np.where(mirrored, options.lowest + options.highest - model.offsets, model.offsets)
    # In steps above the lowest option, so that rounding to whole numbers is choosing an option.
    slope, level = sign * model.loadings / options.step, (offsets - options.lowest) / options.step
    noise = np.moveaxis(coarse_places(rng, (len(offsets), *people, n_waves)), -1, 1)
    unread = careless.steps(len(offsets), options.n_steps + 1, rng)
    shift, waves = world.scenario.response_shift, scale.layout.asked.nonzero()[0]
    moved = moved_items(len(offsets), shift.items_share) if shift else np.zeros(len(offsets), dtype=np.bool_)
    running = _runs_the_loop(world, start_week, world.layout.weeks[waves]) if shift else None
    seen = answered.astype(np.float32)
    with np.errstate(invalid="ignore"):
        lowest = np.float32(options.lowest) * (seen / seen)  # 0 / 0 is NaN: not answered
    # Item by item: what is worked on then stays in the processor's cache.
    steps, part = np.empty_like(trait), np.empty_like(trait)
    for item, place in enumerate(scale.layout.items):
        normals_at(noise[item], out=steps)
        steps *= float(model.noise_sd / options.step)
        steps += np.multiply(trait, np.float32(slope[item]), out=part)
        steps += np.float32(level[item])
        if shift and running is not None and moved[item]:
            # Thresholds that move down are latent answers that move up.
            steps += np.float32(sign[item] * (shift.points * options.points / options.step)) * running
        np.rint(steps, out=steps)
        np.clip(steps, 0, options.n_steps, out=steps)
        steps.reshape(n_waves, -1)[careless.wave, careless.person] = unread[item]
        if options.step != 1:
            steps *= options.step
        stored[place][waves] = np.add(steps, lowest, out=part)


def moved_items(n_items: int, share: float) -> BoolArray:
    """Which items of a scale change their meaning, spread over the whole of it, shape (items,)."""
    n_moved = max(1, round(share * n_items))
    moved: BoolArray = np.diff(np.arange(n_items + 1) * n_moved // n_items) > 0
    return moved
