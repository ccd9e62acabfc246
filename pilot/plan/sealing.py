"""Sealing: the plan, the wording and the assignment of teams are frozen before the first answer.

The seal's hash is printed when it is made; kept elsewhere (an e-mail is enough), it proves later what was planned.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from pilot.documents import write_whole
from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.instruments import Instrument, Instruments
from pilot.instruments.wording import rewordings
from pilot.plan.changes import Change, changes_between
from pilot.plan.folder import PilotFolder
from pilot.plan.model import Arm, Plan
from pilot.plan.protocol import Protocol, digest, read_plan
from pilot.plan.staggering import cohort_sizes

FROZEN_FOR_GOOD = ("plan.design", "plan.teams", "plan.calendar.starts")
PRIVACY_THRESHOLD = "plan.privacy.minimum_cell_n"


class SealPart(BaseModel):
    """Base of what the seal file holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Deviation(SealPart):
    """A logged departure from the sealed plan.

    Attributes:
        recorded_at: When it was recorded.
        reason: Why, in the words of the one who recorded it.
        changes: What was changed.
        protocol: The whole protocol from then on.
        sha256: Of all the above and of what came before: the chain cannot be cut or rewritten unnoticed.
    """

    recorded_at: datetime
    reason: str
    changes: tuple[Change, ...]
    protocol: dict[str, Any]
    sha256: str

    def fingerprint(self, previous_sha256: str) -> str:
        """The hash that this deviation should have behind the one before it (or behind the seal)."""
        return digest([previous_sha256, self.model_dump(mode="json", exclude={"sha256"})])


class Seal(SealPart):
    """The sealed protocol.

    Attributes:
        format: Of this file.
        sealed_at: When it was sealed.
        seed: Of the draw that assigned the teams; the draw can be repeated from it.
        assignment: Arm of each team, frozen.
        starts: Weeks after the launch in which each pilot team starts, frozen.
        protocol: The whole protocol as sealed.
        sha256: Of all the above; what was agreed has this fingerprint.
        deviations: What was changed since.
    """

    format: Literal[1] = 1
    sealed_at: datetime
    seed: int
    assignment: dict[str, Arm]
    starts: dict[str, int]
    protocol: dict[str, Any]
    sha256: str
    deviations: tuple[Deviation, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The hash that the sealed content should have."""
        return digest(self.model_dump(mode="json", exclude={"sha256", "deviations"}))

    @property
    def last_sha256(self) -> str:
        """Hash of the last deviation, or of the seal."""
        return self.deviations[-1].sha256 if self.deviations else self.sha256

    @property
    def is_intact(self) -> bool:
        """Whether content, draw and every deviation are what their hashes and each other say."""
        plan = Plan.model_validate(self.protocol["plan"])
        drawn = (assign_teams(plan, self.seed), draw_starts(plan, self.seed))
        if self.sha256 != self.fingerprint or (self.assignment, self.starts) != drawn:
            return False
        previous_sha256, before = self.sha256, self.protocol
        for deviation in self.deviations:
            changed = changes_between(before, deviation.protocol)
            if deviation.sha256 != deviation.fingerprint(previous_sha256) or deviation.changes != changed:
                return False
            if any(change.path.startswith(FROZEN_FOR_GOOD) for change in changed):
                return False
            previous_sha256, before = deviation.sha256, deviation.protocol
        return True

    @property
    def current_protocol(self) -> dict[str, Any]:
        """The protocol in force: as sealed, or as last recorded."""
        return self.deviations[-1].protocol if self.deviations else self.protocol


def assign_teams(plan: Plan, seed: int) -> dict[str, Arm]:
    """Arm of each team: as the plan lists it, or drawn; pilot teams are those that start within the study."""
    starts = draw_starts(plan, seed)
    return {team: "pilot" if team in starts else "comparison" for team in sorted(plan.teams.all)}


def draw_starts(plan: Plan, seed: int) -> dict[str, int]:
    """Weeks after the launch in which each pilot team starts: at the launch as the plan lists it, or drawn.

    Of a waitlist half of the teams start, the spare one too; of a staggered start the cohorts are as even as can be.
    """
    drawn = np.random.default_rng(seed).permutation(np.array(plan.teams.randomise, dtype=object))
    sizes = cohort_sizes(len(drawn), len(plan.starts))[:-1]
    weeks = np.repeat(plan.starts, sizes).tolist()
    starts = dict.fromkeys(plan.teams.pilot, 0) | dict(zip(drawn, weeks, strict=False))
    return dict(sorted(starts.items()))


def seal_plan(folder: PilotFolder, sealed_at: datetime, seed: int) -> Seal:
    """Freeze the plan of a folder.

    Raises:
        PilotError: the plan is faulty, or sealed already.
    """
    if folder.seal.exists():
        raise PilotError(
            message("The plan is sealed already."),
            [
                Fault(
                    folder.seal.name,
                    message("a seal is made once."),
                    message("Record a change with `pilot deviate`, or begin a new folder with `pilot init`."),
                )
            ],
        )
    protocol = read_plan(folder)
    content: dict[str, Any] = {
        "sealed_at": sealed_at,
        "seed": seed,
        "assignment": assign_teams(protocol.plan, seed),
        "starts": draw_starts(protocol.plan, seed),
        "protocol": protocol.content,
    }
    unsigned = Seal(**content, sha256="")
    seal = unsigned.model_copy(update={"sha256": unsigned.fingerprint})
    _write(folder, seal)
    return seal


def sealed_protocol(folder: PilotFolder) -> tuple[Protocol, Seal]:
    """The protocol in force and its seal.

    Raises:
        PilotError: not sealed; the seal was tampered with; or `plan.yaml` differs from what is in force.
    """
    seal = _read(folder)
    protocol = protocol_in_force(seal)
    changes = changes_between(protocol.content, read_plan(folder).content)
    if changes:
        found = message("differs from the sealed plan.")
        remedy = message('Put back what was sealed, or record it: `pilot deviate --reason "…"`.')
        raise PilotError(
            message("The plan was changed after it was sealed."),
            [Fault(f"{change.path} ({change.before} → {change.after})", found, remedy) for change in changes],
        )
    return protocol, seal


def protocol_in_force(seal: Seal) -> Protocol:
    """The protocol that a seal holds, with the deviations recorded since."""
    content = seal.current_protocol
    return Protocol(Plan.model_validate(content["plan"]), _instruments_of(content))


def _instruments_of(protocol: dict[str, Any]) -> Instruments:
    pages = protocol["instruments"].items()
    return Instruments({name: Instrument.model_validate(page) for name, page in pages})


def record_deviation(folder: PilotFolder, reason: str, recorded_at: datetime) -> Deviation:
    """Accept the changes in `plan.yaml` (or a questionnaire) as a deviation.

    Raises:
        PilotError: nothing was changed, no reason is given, the change touches the design or the teams, or a question
            became another one under its old id.
    """
    seal = _read(folder)
    protocol = read_plan(folder)
    changes = changes_between(seal.current_protocol, protocol.content)
    faults = [*_refused_changes(changes), *_other_questions(seal, protocol.instruments)]
    if not changes:
        found = message("nothing differs from the plan in force.")
        faults.append(Fault(folder.plan.name, found, message("Change the plan first, then record it.")))
    if not reason.strip():
        found = message("a deviation needs its reason.")
        faults.append(Fault("--reason", found, message("Say in a sentence why the plan had to change.")))
    if faults:
        raise PilotError(message("The deviation was not recorded."), faults)
    unsigned = Deviation(
        recorded_at=recorded_at, reason=reason.strip(), changes=changes, protocol=protocol.content, sha256=""
    )
    deviation = unsigned.model_copy(update={"sha256": unsigned.fingerprint(seal.last_sha256)})
    _write(folder, seal.model_copy(update={"deviations": (*seal.deviations, deviation)}))
    return deviation


def _refused_changes(changes: tuple[Change, ...]) -> Iterator[Fault]:
    for change in changes:
        if change.path.startswith(FROZEN_FOR_GOOD):
            found = message("the design and the teams stay as sealed.")
            yield Fault(change.path, found, message("Put it back, or begin a new pilot."))
        if change.path == PRIVACY_THRESHOLD and int(change.after or 0) < int(change.before or 0):
            found = message("the threshold was promised to those who answered.")
            yield Fault(change.path, found, message("It can be raised, not lowered; put it back."))


def _other_questions(seal: Seal, instruments: Instruments) -> Iterator[Fault]:
    """Ids that once stood for another question: waves would be compared across it."""
    for past in (seal.protocol, *(deviation.protocol for deviation in seal.deviations)):
        for changed in rewordings(_instruments_of(past), instruments):
            yield Fault(
                f"instruments.{changed.instrument_id} {changed.id}",
                message("{what} differs from what was sealed.", what=changed.what),
                message("Give it a new id: answers to two wordings are not compared. Or put the old one back."),
            )


def _read(folder: PilotFolder) -> Seal:
    headline = message("The plan is not sealed.")
    if not folder.seal.exists():
        read_plan(folder)  # where there is no plan either, that is what is said
        found = message("there is no seal yet.")
        remedy = message("Seal the plan with `pilot seal` before the first answer is collected.")
        raise PilotError(headline, [Fault(folder.seal.name, found, remedy)])
    remedy = message("Restore the file from your backup; a seal cannot be repaired.")
    try:
        seal = Seal.model_validate_json(folder.seal.read_text("utf-8"))
    except (ValidationError, UnicodeDecodeError, KeyError):
        raise PilotError(headline, [Fault(folder.seal.name, message("the seal cannot be read."), remedy)]) from None
    if not seal.is_intact:
        found = message("the content does not match its fingerprint: it was changed by hand.")
        raise PilotError(headline, [Fault(folder.seal.name, found, remedy)])
    return seal


def _write(folder: PilotFolder, seal: Seal) -> None:
    """Replace the seal file as a whole, so that a crash leaves the old one or the new one."""
    write_whole(folder.seal, json.dumps(seal.model_dump(mode="json"), ensure_ascii=False, indent=1))
