"""Published release to pictures: each with its finding as a sentence, a text alternative and its table."""

from pilot.figures.effect import effect_picture
from pilot.figures.flow import flow_picture
from pilot.figures.lines import lines_picture
from pilot.figures.picture import CONFIG, Picture

__all__ = ["CONFIG", "Picture", "effect_picture", "flow_picture", "lines_picture"]
