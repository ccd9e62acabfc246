"""The plan: what is tried, on whom, how it is measured and decided; written before the first answer, then sealed."""

from pilot.plan.changes import Change
from pilot.plan.folder import PilotFolder
from pilot.plan.model import Arm, Design, Guardrail, Plan, Wave
from pilot.plan.protocol import Protocol, read_plan
from pilot.plan.sealing import Deviation, Seal, record_deviation, seal_plan, sealed_protocol
from pilot.plan.template import PlanAnswers, write_plan

__all__ = [
    "Arm",
    "Change",
    "Design",
    "Deviation",
    "Guardrail",
    "PilotFolder",
    "Plan",
    "PlanAnswers",
    "Protocol",
    "Seal",
    "Wave",
    "read_plan",
    "record_deviation",
    "seal_plan",
    "sealed_protocol",
    "write_plan",
]
