"""What has been published about whom: the confidential memory that keeps releases from being subtracted.

Two releases whose groups differ by a few people reveal those few. So the analysis leaves out late answers of fewer
people than the minimum, until enough have come; what was in is remembered here, by the hash of each person's code and
with the value that stood behind the figure: a score may change although its person does not. The file is confidential
like the answers, stays with them and is never part of a release.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from pilot.documents import write_whole
from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.plan import Plan
from pilot.plan.model import ARMS
from pilot.scores import BoolArray, FloatArray, Panel

Seen = Mapping[str, tuple[str, ...]]
"""For each group that a figure is about (`pilot|engagement|endline`, `pilot|linked` ...): its members, by hash.

Where the group is of people with a value the value stands behind the hash (`3f2a...:3.5`).
"""

Axis = Literal["people", "teams"]
Part = Literal["baseline", "outcome", "lasting"]

PARTS: tuple[Part, ...] = get_args(Part)
LATER_PARTS: tuple[Part, ...] = ("outcome", "lasting")

SALT_BYTES = 16
MISSING = "|missing"  # who of a whole has no score in a wave
DIGITS = 9  # of a value; beyond them lies rounding


class LedgerEntry(BaseModel):
    """One release.

    Attributes:
        number: Of the release.
        seen: What stood behind it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    seen: dict[str, tuple[str, ...]]


class Ledger(BaseModel):
    """All releases of a pilot.

    Attributes:
        salt: Secret behind the hashes.
        entries: Oldest first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    salt: str = ""
    entries: tuple[LedgerEntry, ...] = ()

    @property
    def last_number(self) -> int:
        """Number of the newest release; 0 before the first."""
        return self.entries[-1].number if self.entries else 0

    @property
    def last_seen(self) -> Seen:
        """What stood behind the newest release."""
        return self.entries[-1].seen if self.entries else {}


def read_ledger(path: Path) -> Ledger:
    """Read the ledger; an empty one where nothing was published yet.

    Raises:
        PilotError: the file is damaged.
    """
    if not path.exists():
        return Ledger()
    try:
        return Ledger.model_validate_json(path.read_text("utf-8"))
    except (ValidationError, UnicodeDecodeError):
        found = message("the memory of what was published cannot be read.")
        remedy = message("Restore the file from your backup; without it releases could be subtracted from each other.")
        raise PilotError(message("Nothing was published."), [Fault(path.name, found, remedy)]) from None


def begin_ledger(path: Path) -> Ledger:
    """Read the ledger; begin one with a secret of its own where there is none."""
    if not path.exists():
        write_ledger(path, Ledger(salt=secrets.token_hex(SALT_BYTES)))
    return read_ledger(path)


def write_ledger(path: Path, ledger: Ledger) -> None:
    """Write the ledger as a whole."""
    write_whole(path, ledger.model_dump_json())


def seen_in(panel: Panel, plan: Plan, salt: str) -> dict[str, tuple[str, ...]]:
    """Who stands behind which figure, in the one replicate of a real pilot."""
    hashes = _hashes(panel, salt)
    return {group.name: tuple(sorted(map(str, group.tokens(hashes)))) for group in _groups(panel, plan)}


def hold_back_a_few(
    panel: Panel, plan: Plan, published: Seen, salt: str, ends: tuple[float, float]
) -> tuple[Panel, bool]:
    """Leave out late answers until every published group has changed by nobody or by enough.

    A group (see `_groups`) that gained fewer people (teams) than the minimum gives all of these back: what has come
    in from them since the last release waits. That takes them out of every group that they are new in, so it is
    repeated until no group is left that changed by a few; at the latest when everybody waits. What a group lacks of its
    whole shrinks by late answers, too: then those wait whose answers took them out of it. People who answered nearly
    alike, at an end of the primary scale, wait like a few: the mean of what is new would tell of each of them. Before
    the first release only answers to a wave wait that a few have answered at all. A deviation may have changed what a
    group means, so that waiting does not help: `changed_by_a_few` finds that.

    Args:
        panel: What was seen.
        plan: The plan.
        published: What stood behind the newest release.
        salt: Of the ledger.
        ends: Of the primary scale, points.

    Returns:
        The panel, and whether anything was left out.
    """
    minimum, hashes = plan.privacy.minimum_cell_n, _hashes(panel, salt)
    waiting = {axis: np.zeros(len(codes), dtype=np.bool_) for axis, codes in hashes.items()}
    answered, panel = panel, _without_waves_of_a_few(panel, plan, published)
    kept = panel
    while True:
        more = {axis: np.zeros(len(codes), dtype=np.bool_) for axis, codes in hashes.items()}
        for group in _groups(kept, plan):
            if group.name in published and not group.name.endswith(MISSING):
                known = published[group.name]
                new = group.members.copy()
                new[group.members] = ~np.isin(group.tokens(hashes), known)
                if group.whole is not None:
                    new |= group.whole & ~group.members & np.isin(hashes[group.axis], known)
                few = new.sum() < minimum or group.are_alike(new, ends, plan.outcomes.primary.scale)
                more[group.axis] |= new & few & ~waiting[group.axis]
        if not any(each.any() for each in more.values()):
            return kept, panel is not answered or any(each.any() for each in waiting.values())
        waiting = {axis: waiting[axis] | more[axis] for axis in waiting}
        kept = _as_published(panel, plan.outcomes.primary.scale, published, hashes, waiting)


def changed_by_a_few(now: Seen, published: Seen, minimum: int) -> list[str]:
    """Groups that lost or gained somebody, but fewer than the minimum."""
    names = {name for name in now.keys() & published.keys() if not name.endswith(MISSING)}
    return [name for name in names if differ_by_a_few(now[name], published[name], minimum)]


def differ_by_a_few(these: Iterable[str], those: Iterable[str], minimum: int) -> bool:
    """Whether somebody is in one of two groups only, but fewer people than the minimum."""
    return 0 < len({*these} ^ {*those}) < minimum


@dataclass(frozen=True)
class _Group:
    """People (or teams) of one arm behind a figure.

    Attributes:
        name: `pilot|engagement|endline` for those with a value; `pilot|linked`, `pilot|engagement|endline|linked` ...
            for parts of them.
        axis: What its members are.
        members: Shape (people,) or (teams,).
        values: What each of them has, same shape; None: the group is counted, or its values stand in other groups.
        whole: Of those that a published part lacks: the group that it is a part of, same shape.
        wave: The wave, where the primary effect rests on it and this group's mean is published.
    """

    name: str
    axis: Axis
    members: BoolArray
    values: FloatArray | None = None
    whole: BoolArray | None = None
    wave: str | None = None

    def are_alike(self, some: BoolArray, ends: tuple[float, float], primary: str) -> bool:
        """Whether some members lie so near an end of the primary scale that their mean tells of each of them."""
        if self.values is None or self.name.split("|")[1] != primary:
            return False
        lowest, highest = ends
        from_end = min((self.values[some] - lowest).sum(), (highest - self.values[some]).sum())
        return bool(from_end < (highest - lowest) / 2)

    def tokens(self, hashes: Mapping[Axis, NDArray[np.str_]]) -> NDArray[np.str_]:
        """Hash of each member, with its value."""
        members = hashes[self.axis][self.members]
        if self.values is None:
            return members
        return np.array(
            [f"{code}:{value:.{DIGITS}g}" for code, value in zip(members, self.values[self.members], strict=True)],
            dtype=str,
        )


def _groups(panel: Panel, plan: Plan) -> Iterator[_Group]:
    """Everything that figures of a release are about, in each arm."""
    treated: dict[Axis, BoolArray] = {
        "people": np.asarray(panel.roster.person_treated[0], dtype=np.bool_),
        "teams": panel.roster.treated[0],
    }
    for group in _groups_of_both_arms(panel, plan):
        for arm in ARMS:
            in_arm = treated[group.axis] if arm == "pilot" else ~treated[group.axis]
            yield replace(group, name=f"{arm}|{group.name}", members=group.members & in_arm)


def _groups_of_both_arms(panel: Panel, plan: Plan) -> Iterator[_Group]:
    linked = _answered(panel, plan, plan.outcomes.primary.scale, "baseline")
    linked &= _answered(panel, plan, plan.outcomes.primary.scale, "outcome")
    yield _Group("linked", "people", linked)
    yield from _groups_with_a_score(panel, plan, linked)
    yield from _groups_that_lack_one(panel, plan, linked)
    yield from _groups_of_teams(panel, plan)


def _answered(panel: Panel, plan: Plan, scale: str, part: Part) -> BoolArray:
    """Who has a score in one of the waves of a part of the analysis, shape (people,)."""
    if part == "baseline":
        return np.asarray(~np.isnan(panel.mean_of(scale, plan.analysis.baseline)[0]), dtype=np.bool_)
    waves = plan.analysis.outcome if part == "outcome" else plan.analysis.lasting
    return np.asarray(~np.isnan(panel.own_mean_of(scale, waves, plan)[0]), dtype=np.bool_)


def _groups_with_a_score(panel: Panel, plan: Plan, linked: BoolArray) -> Iterator[_Group]:
    """Who has a value in a wave, alone and within the linked panel; and in the waves of an effect."""
    everybody = plan.analysis.answers == "all"
    parts = (plan.analysis.baseline, plan.analysis.outcome, plan.analysis.lasting)
    decisive = {wave for part in parts for wave in plan.waves_of_all_starts(part)}
    for scale, scores in panel.scores.items():
        for place, wave in enumerate(panel.wave_ids):
            values = scores[0, :, place]
            members = np.asarray(~np.isnan(values), dtype=np.bool_)
            decides = wave if scale == plan.outcomes.primary.scale and wave in decisive else None
            yield _Group(f"{scale}|{wave}", "people", members, values, wave=decides if everybody else None)
            within = members & linked
            yield _Group(f"{scale}|{wave}|linked", "people", within, values, wave=None if everybody else decides)
        start = _answered(panel, plan, scale, "baseline")
        for part in LATER_PARTS:
            yield _Group(f"{scale}|{part}|linked", "people", start & _answered(panel, plan, scale, part) & linked)
        if plan.analysis.answers != "linked":
            for part in PARTS:
                yield _Group(f"{scale}|{part}|any", "people", _answered(panel, plan, scale, part))


def _groups_that_lack_one(panel: Panel, plan: Plan, linked: BoolArray) -> Iterator[_Group]:
    """Who of a whole is missing in its part.

    Where five are missing in one release and seven in the next, two are between them, although whole and part have
    both grown by enough. Nobody waits for who is missing in a wave: its mean is withheld then (see
    `pilot.publication`).
    """
    primary = plan.outcomes.primary.scale
    has_score = {wave: ~np.isnan(panel.scores[primary][0, :, place]) for place, wave in enumerate(panel.wave_ids)}

    def lacking(name: str, whole: BoolArray, part: BoolArray) -> _Group:
        return _Group(f"{name}|lacking", "people", whole & ~part, whole=whole)

    def missing(name: str, whole: BoolArray, part: BoolArray) -> _Group:
        return _Group(f"{name}{MISSING}", "people", whole & ~part)

    yield lacking("lasting|linked", linked, _answered(panel, plan, primary, "lasting"))
    for wave, scored in has_score.items():
        yield missing(f"{wave}|linked", linked, scored)
    waves_of = {"baseline": plan.analysis.baseline, "outcome": plan.analysis.outcome, "lasting": plan.analysis.lasting}
    for part in PARTS:
        whole = _answered(panel, plan, primary, part)
        if plan.analysis.answers == "both":
            yield lacking(f"{part}|any|linked", whole, linked)
        if plan.analysis.answers == "all":
            yield from (missing(f"{wave}|any", whole, has_score[wave]) for wave in waves_of[part])


def _groups_of_teams(panel: Panel, plan: Plan) -> Iterator[_Group]:
    """Which teams were measured in a wave, and which before and after their start."""
    starts = np.where(panel.roster.treated[0], panel.roster.start_week[0], 0.0)
    later = np.array([wave.week for wave in plan.calendar.waves]) > starts[:, None]
    for measure, values in panel.measures.items():
        present = ~np.isnan(values[0])
        for place, wave in enumerate(panel.wave_ids):
            yield _Group(f"{measure}|{wave}", "teams", present[:, place], values[0, :, place])
        yield _Group(f"{measure}|both", "teams", (present & ~later).any(axis=1) & (present & later).any(axis=1))


def _without_waves_of_a_few(panel: Panel, plan: Plan, published: Seen) -> Panel:
    """Without the scores of a wave that only a few of an arm have answered, where nothing of it is published.

    They stand in the mean of each of these people over several waves: the effect, less the means of the other waves,
    would tell of them.
    """
    primary, minimum = plan.outcomes.primary.scale, plan.privacy.minimum_cell_n
    while True:
        fresh = [group for group in _groups(panel, plan) if group.wave and group.name not in published]
        few = [group for group in fresh if 0 < group.members.sum() < minimum]
        if not few:
            return panel
        scores = panel.scores[primary].copy()
        for group in few:
            scores[0, group.members, [panel.wave_ids.index(str(group.wave))]] = np.nan
        items = tuple(np.where(np.isnan(scores), np.nan, item) for item in panel.items)
        panel = replace(panel, scores={**panel.scores, primary: scores}, items=items)


def _as_published(
    panel: Panel,
    primary: str,
    published: Seen,
    hashes: Mapping[Axis, NDArray[np.str_]],
    waiting: Mapping[Axis, BoolArray],
) -> Panel:
    """The panel in which the waiting have only the values that stood behind the last release."""

    def taken_back(values: Mapping[str, FloatArray], axis: Axis) -> dict[str, FloatArray]:
        kept = {name: array.copy() for name, array in values.items()}
        for name, array in kept.items():
            for place, wave in enumerate(panel.wave_ids):
                tokens = (each for arm in ARMS for each in published.get(f"{arm}|{name}|{wave}", ()))
                known = {code: float(value) for code, value in (token.split(":") for token in tokens)}
                array[0, waiting[axis], place] = [known.get(str(code), np.nan) for code in hashes[axis][waiting[axis]]]
        return kept

    scores = taken_back(panel.scores, "people")
    gone = np.isnan(scores[primary])
    items = tuple(np.where(gone, np.nan, item) for item in panel.items)
    return replace(panel, scores=scores, items=items, measures=taken_back(panel.measures, "teams"))


def _hashes(panel: Panel, salt: str) -> dict[Axis, NDArray[np.str_]]:
    """Hash of every person and every team."""

    def hashed(codes: Iterable[object]) -> NDArray[np.str_]:
        return np.array([hashlib.sha256(f"{salt}|{code}".encode()).hexdigest()[:16] for code in codes], dtype=str)

    return {"people": hashed(panel.roster.person_ids), "teams": hashed(panel.roster.team_ids)}
