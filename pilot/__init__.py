"""Run one business unit as a pilot of self-directed performance development, and decide rightly.

The way through: plan -> tables -> scores -> effects -> verdict -> publication -> views.
`ARCHITECTURE.md` names the room of each step.
"""

from importlib.metadata import version

__version__ = version("pilot-loop")
