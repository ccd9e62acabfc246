"""Published release to pictures: each with its finding as a sentence, a text alternative and its table."""

from pilot.figures.dots import dots_picture
from pilot.figures.effect import effect_picture
from pilot.figures.fidelity import fidelity_picture
from pilot.figures.flow import flow_picture
from pilot.figures.intervals import intervals_picture
from pilot.figures.ledger import ledger_picture
from pilot.figures.lines import lines_picture
from pilot.figures.mechanisms import hours_picture, loop_picture
from pilot.figures.picture import CONFIG, Picture

__all__ = [
    "CONFIG",
    "Picture",
    "dots_picture",
    "effect_picture",
    "fidelity_picture",
    "flow_picture",
    "hours_picture",
    "intervals_picture",
    "ledger_picture",
    "lines_picture",
    "loop_picture",
]
