"""How well the scales measure: a table on the screen, a page of sheets for the analyst."""

from __future__ import annotations

from pilot.analysis.scale_sheets import languages_of, scale_sheets
from pilot.cli.speaking import Speaker
from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.plan import PilotFolder, sealed_protocol
from pilot.publication.sheets import without_small_cells
from pilot.report.sheets import write_sheets
from pilot.scores import panel_from_tables, questionnaires_of
from pilot.store import Store
from pilot.wording.sheets import quality_table


def judge_scales(folder: PilotFolder, database: str, speaker: Speaker) -> None:
    """Judge every scale in every wave, say it, and write the page.

    Raises:
        PilotError: nobody has answered yet.
    """
    protocol, seal = sealed_protocol(folder)
    with Store(database) as store:
        tables = store.tables()
    if tables.responses.empty:
        found = message("nobody has answered yet.")
        remedy = message("Import answers first: `pilot import DIR FILE`.")
        raise PilotError(message("There is no scale to judge."), [Fault("responses", found, remedy)])
    panel = panel_from_tables(tables, protocol, seal.assignment, seal.starts)
    questionnaires = questionnaires_of(tables, panel, protocol)
    sheets = scale_sheets(questionnaires, languages_of(tables, panel), panel, protocol)
    minimum = protocol.plan.privacy.minimum_cell_n
    safe = [without_small_cells(sheet, minimum) for sheet in sheets]
    hidden = [sheet for sheet, cleaned in zip(sheets, safe, strict=True) if cleaned is None]
    speaker.table(quality_table([cleaned for cleaned in safe if cleaned], hidden, speaker.language))
    write_sheets(sheets, folder.scale_sheets, minimum=minimum, title=protocol.plan.title)
    speaker.done(message("The scale sheets are in {path}; they are for the analyst only.", path=folder.scale_sheets))
