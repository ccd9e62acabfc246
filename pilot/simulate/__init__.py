"""Business units that never were: worlds with known truth.

| module | what it holds |
|---|---|
| `scenario` | the page that describes a world |
| `parts`, `threats` | its parts; `threats`: those that fool people |
| `latent` | from stated scores to the latent world behind them |
| `correlation` | how states hang together |
| `layout` | teams, waves, questions, assignment |
| `course` | trend, attention and effect over the weeks; the truth |
| `measures` | team measures: hours, other guardrails, fidelity |
| `world` | a scenario solved for a layout |
| `selection` | the lowest of many candidates; the star team |
| `answering` | states, response, carelessness, ticks |
| `pilots` | thousands of pilots as arrays |
| `tables` | one pilot as tables and files |
"""

from pilot.simulate.layout import Layout, ScaleLayout, draw_layout, layout_of
from pilot.simulate.pilots import SimulatedPilots, draw_pilots
from pilot.simulate.scenario import Scenario, read_scenario
from pilot.simulate.tables import SimulatedPilot, simulate_tables, write_simulated_files

__all__ = [
    "Layout",
    "ScaleLayout",
    "Scenario",
    "SimulatedPilot",
    "SimulatedPilots",
    "draw_layout",
    "draw_pilots",
    "layout_of",
    "read_scenario",
    "simulate_tables",
    "write_simulated_files",
]
