"""Find and read the instruments that a plan names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pilot.documents import read_page
from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.instruments.model import Instrument, Instruments
from pilot.resources import shipped_pages


def read_instruments(names: Iterable[str], folder: Path) -> Instruments:
    """Read instruments by name: a shipped one (`engagement`), or a page beside the plan (`own.yaml`).

    Raises:
        PilotError: an instrument is not found or faulty, or two of them use the same item or scale id.
    """
    shipped = shipped_pages("surveys")
    headline = message("The questionnaires cannot be used.")
    faults: list[Fault] = []
    by_id: dict[str, Instrument] = {}
    for name in names:
        path = folder / name if name.endswith((".yaml", ".yml")) else shipped.get(name)
        if path is None:
            faults.append(
                Fault(
                    "plan.yaml instruments",
                    message("there is no questionnaire “{name}”.", name=name),
                    message("Write one of {choices}, or a file name beside the plan.", choices=sorted(shipped)),
                )
            )
            continue
        try:
            instrument, _ = read_page(path, Instrument, headline)
        except PilotError as error:
            faults.extend(error.faults)
            continue
        faults.extend(_shared_ids(path.name, instrument, by_id))
        by_id[instrument.id] = instrument
    if faults:
        raise PilotError(headline, faults)
    return Instruments(by_id)


def _shared_ids(name: str, instrument: Instrument, known: dict[str, Instrument]) -> Iterable[Fault]:
    taken = {item.id for other in known.values() for item in other.items}
    taken |= {scale.id for other in known.values() for scale in other.scales}
    own = [item.id for item in instrument.items] + [scale.id for scale in instrument.scales]
    for identifier in own:
        if identifier in taken:
            yield Fault(
                name,
                message("the id “{id}” is used by another questionnaire too.", id=identifier),
                message("Give it another id; answers are told apart by it."),
            )
