"""Put a result together: one replicate of everything that the plan asks for, with its facts and its verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

import numpy as np

from pilot import __version__
from pilot.analysis.biases import bias_ledger
from pilot.analysis.findings import LATE_ANSWERS, findings, harm_ruled_out, turning_points
from pilot.analysis.invariance import read_as_before
from pilot.analysis.participants import arm_changes, flow, linked_summary, present_arms, wave_means
from pilot.analysis.scale_sheets import languages_of, linked_sheets, scale_sheets
from pilot.analysis.second_opinions import explore, second_opinions
from pilot.analysis.single import estimate_of, number
from pilot.effects import Estimate, Estimates, estimate_pilot, hedges_g
from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.ledger import Ledger, hold_back_a_few, seen_in
from pilot.loop import loop_indicators
from pilot.plan import Guardrail, Plan, Protocol, Seal
from pilot.plan.protocol import digest
from pilot.result import (
    Attrition,
    DeviationNote,
    Effect,
    FidelityOutcome,
    GuardrailOutcome,
    GuardrailStatus,
    LoopIndicator,
    PilotFacts,
    Result,
    SourceNote,
    Verdict,
)
from pilot.schema.tables import PracticeTables, Tables
from pilot.scores import BoolArray, Panel, panel_from_tables, questionnaires_of
from pilot.store import ImportRecord
from pilot.verdict import WORDS, Decision, DecisionRule, Evidence, Word, chance_worthwhile, decide

SHARE_THAT_IS_IN = 0.5


def analyse(
    protocol: Protocol,
    seal: Seal,
    tables: Tables,
    imports: Iterable[ImportRecord],
    made_at: datetime,
    ledger: Ledger | None = None,
    practice: PracticeTables | None = None,
) -> Result:
    """Analyse a pilot as its sealed plan says.

    Late answers of a few people are left out when a release without them is out already (see `pilot.ledger`).

    Raises:
        PilotError: nobody has answered both before and after the launch yet; or answers were imported under
            another seal than the plan's.
    """
    plan = protocol.plan
    imports = tuple(imports)
    _require_one_seal(imports, seal)
    _require_known_teams(tables, seal)
    ledger = ledger or Ledger()
    panel = panel_from_tables(tables, protocol, seal.assignment, seal.starts)
    ends = protocol.instruments.range_of(plan.outcomes.primary.scale)
    panel, held_back = hold_back_a_few(panel, plan, ledger.last_seen, ledger.salt, ends)
    _require_linked(panel, protocol)
    estimates = estimate_pilot(panel, plan)
    decision = decide(Evidence.of(estimates, plan), DecisionRule.of(plan))
    primary = plan.outcomes.primary.scale
    questionnaires = questionnaires_of(tables, panel, protocol)
    unsigned = Result(
        protocol_sha256=digest(protocol.content),
        made_at=made_at,
        made_with=f"pilot {__version__}",
        pilot=_facts(protocol, seal),
        deviations=tuple(
            DeviationNote(
                recorded_at=deviation.recorded_at,
                reason=deviation.reason,
                changes=deviation.changes,
                sha256=deviation.sha256,
            )
            for deviation in seal.deviations
        ),
        sources=tuple(
            SourceNote(table_name=each.table_name, file_name=each.file_name, sha256=each.sha256) for each in imports
        ),
        flow=flow(panel, estimates, plan),
        linked=linked_summary(panel, estimates, plan),
        arm_changes=arm_changes(panel, estimates, plan),
        waves=wave_means(panel, estimates, plan),
        primary=_effect(primary, estimates.primary, estimates.primary_with_drift, estimates, panel, protocol),
        of_all_answers=estimate_of(estimates.of_all_answers) if estimates.of_all_answers else None,
        lasting=estimate_of(estimates.lasting),
        secondary=_secondary(estimates, panel, protocol),
        attrition=Attrition(
            retention_pilot_pct=_percent(estimates.attrition.retention_pilot),
            retention_comparison_pct=_percent(estimates.attrition.retention_comparison),
            leavers_gap_points=number(estimates.attrition.leavers_gap),
            leavers_p=number(estimates.attrition.leavers_p),
            inflating_points=float(estimates.attrition.inflating_points[0]),
            hiding_points=float(estimates.attrition.hiding_points[0]),
        ),
        guardrails=tuple(_guardrail(each, estimates, decision, plan) for each in plan.outcomes.guardrails),
        fidelity=_fidelity(estimates, protocol),
        biases=bias_ledger(panel, questionnaires, estimates, decision, protocol),
        second_opinions=second_opinions(panel, estimates, plan, seal.seed),
        exploration=explore(panel, estimates, plan),
        read_as_before=read_as_before(panel, protocol),
        scale_sheets=(
            *scale_sheets(questionnaires, languages_of(tables, panel), panel, protocol),
            *linked_sheets(questionnaires, panel, protocol),
        ),
        loop=tuple(
            LoopIndicator(**asdict(each))
            for each in loop_indicators(tables.roster, practice or PracticeTables(), plan, seal.assignment, seal.starts)
        ),
        verdict=_verdict(panel, estimates, decision, seal, protocol, held_back=held_back),
        released=ledger.last_number,
        seen=seen_in(panel, plan, ledger.salt),
    )
    return unsigned.model_copy(update={"sha256": unsigned.fingerprint})


def _require_one_seal(imports: tuple[ImportRecord, ...], seal: Seal) -> None:
    """A plan that is sealed anew after the first answers was not sealed before them."""
    faults = [
        Fault(
            record.file_name,
            message("was imported under another seal ({sha256}…).", sha256=record.seal_sha256[:8]),
            message("Restore that seal.json; a plan is not sealed again after the first answers."),
        )
        for record in imports
        if record.seal_sha256 not in (None, seal.sha256)
    ]
    if faults:
        raise PilotError(message("The answers do not belong to this seal."), faults)


def _require_known_teams(tables: Tables, seal: Seal) -> None:
    """The roster may have come in before the teams of the plan were put right."""
    faults = [
        Fault(
            str(team_id),
            message("{count} people of the roster are in this team, which the sealed plan does not have.", count=count),
            message("Begin a new folder whose plan names the teams of the roster."),
        )
        for team_id, count in tables.roster["team_id"].value_counts().items()
        if team_id not in seal.assignment
    ]
    if faults:
        raise PilotError(message("The roster does not belong to this plan."), faults)


def _require_linked(panel: Panel, protocol: Protocol) -> None:
    plan = protocol.plan
    before = panel.mean_of(plan.outcomes.primary.scale, plan.analysis.baseline)
    after = panel.own_mean_of(plan.outcomes.primary.scale, plan.analysis.outcome, plan)
    unlinked = plan.analysis.answers == "all" and np.isfinite(before).any() and np.isfinite(after).any()
    if unlinked or np.isfinite(before + after).any():
        return
    n_before, n_after = int(np.isfinite(before).sum()), int(np.isfinite(after).sum())
    found = message(
        "with a baseline: {n_before}; with an outcome: {n_after}; with both: 0.",
        n_before=n_before,
        n_after=n_after,
    )
    remedy = message(
        "Import the waves {waves}; check that the same person keeps the same id.",
        waves=[*plan.analysis.baseline, *plan.analysis.outcome],
    )
    raise PilotError(message("There is nothing to analyse yet."), [Fault("responses", found, remedy)])


def _facts(protocol: Protocol, seal: Seal) -> PilotFacts:
    plan = protocol.plan
    primary = plan.outcomes.primary
    return PilotFacts(
        title=plan.title,
        unit=plan.unit.name,
        chosen_because=plan.unit.chosen_because,
        design=plan.design,
        launch_on=plan.calendar.launch_on.isoformat(),
        sealed_at=seal.sealed_at,
        seal_sha256=seal.sha256,
        seed=seal.seed,
        waves={wave.id: wave.week for wave in plan.calendar.waves},
        start_weeks=plan.starts,
        primary_scale=primary.scale,
        primary_name=protocol.instruments.scales[primary.scale].name,
        primary_range=protocol.instruments.range_of(primary.scale),
        sesoi_points=primary.sesoi_points,
        confidence_pct=plan.rule.confidence_pct,
        drift_allowance_points=plan.rule.drift_allowance_points,
        minimum_cell_n=plan.privacy.minimum_cell_n,
        baseline_waves=plan.analysis.baseline,
        outcome_waves=plan.analysis.outcome,
        lasting_waves=plan.analysis.lasting,
    )


def _effect(
    scale: str, estimate: Estimate, drifting: Estimate, estimates: Estimates, panel: Panel, protocol: Protocol
) -> Effect:
    plan = protocol.plan
    before = panel.mean_of(scale, plan.analysis.baseline)
    after = panel.own_mean_of(scale, plan.analysis.outcome, plan)
    # On the linked panel, like every figure about scores.
    linked = np.where(np.isnan(after) | np.isnan(estimates.after - estimates.before), np.nan, before)
    treated = np.broadcast_to(panel.roster.person_treated, before.shape)
    return Effect(
        scale=scale,
        name=protocol.instruments.scales[scale].name,
        answers=plan.analysis.answers,
        estimator="before_after" if plan.design == "before_after" else plan.analysis.estimator,
        weighting=plan.analysis.weighting,
        between_arms=estimate_of(estimate),
        with_drift=estimate_of(drifting),
        hedges_g=number(hedges_g(estimate.estimate, linked, treated)),
    )


def _secondary(estimates: Estimates, panel: Panel, protocol: Protocol) -> tuple[Effect, ...]:
    effects = [
        _effect(scale, estimate, estimate, estimates, panel, protocol)
        for scale, estimate in estimates.secondary.items()
    ]
    from statsmodels.stats.multitest import multipletests  # here, because it doubles the time every command starts in

    tested = [effect for effect in effects if effect.between_arms]
    if not tested:
        return tuple(effects)
    adjusted = multipletests([effect.between_arms.p for effect in tested if effect.between_arms], method="holm")[1]
    by_scale = {effect.scale: float(p) for effect, p in zip(tested, adjusted, strict=True)}
    return tuple(effect.model_copy(update={"p_holm": by_scale.get(effect.scale)}) for effect in effects)


def _guardrail(guardrail: Guardrail, estimates: Estimates, decision: Decision, plan: Plan) -> GuardrailOutcome:
    measured = estimates.guardrails[guardrail.measure]
    is_missing = bool(decision.not_measured[guardrail.measure][0])
    return GuardrailOutcome(
        measure=guardrail.measure,
        name=guardrail.name,
        worse=guardrail.worse,
        margin=guardrail.margin,
        worsening=None if is_missing else estimate_of(measured.estimate),
        mean_before=None if is_missing else number(measured.mean_before),
        mean_after=None if is_missing else number(measured.mean_after),
        n_pilot_teams=int(measured.n_pilot_teams[0]),
        status=_guardrail_status(guardrail.measure, decision, plan),
    )


def _guardrail_status(measure: str, decision: Decision, plan: Plan) -> GuardrailStatus:
    if decision.not_measured[measure][0]:
        return "not_measured"
    if decision.breached[measure][0]:
        return "breached"
    if harm_ruled_out(measure, decision, plan):
        return "ruled_out"
    return "unproven" if decision.troubled[measure][0] else "kept"


def _fidelity(estimates: Estimates, protocol: Protocol) -> FidelityOutcome:
    planned = protocol.plan.outcomes.fidelity
    mean = number(estimates.fidelity_pct)
    if planned is None or mean is None:
        return FidelityOutcome(
            mean_pct=None, floor_pct=planned.floor_pct if planned else None, n_teams=0, status="not_measured"
        )
    return FidelityOutcome(
        mean_pct=mean,
        floor_pct=planned.floor_pct,
        n_teams=int(estimates.fidelity_n_teams[0]),
        status="reached" if mean >= planned.floor_pct else "below_floor",
    )


def _verdict(
    panel: Panel, estimates: Estimates, decision: Decision, seal: Seal, protocol: Protocol, *, held_back: bool
) -> Verdict:
    plan = protocol.plan
    evidence = Evidence.of(estimates, plan)
    awaited = _awaited_waves(panel, estimates, plan)
    word: Word = WORDS[int(decision.word[0])]
    sesoi = plan.outcomes.primary.sesoi_points
    both = (estimates.primary_with_drift, estimates.of_all_answers or estimates.primary_with_drift)
    chance = np.minimum(*(chance_worthwhile(each, sesoi) for each in both))
    return Verdict(
        state="in_evaluation" if awaited else "finished",
        word=None if awaited else word,
        grade=plan.grade,
        chance_worthwhile=number(chance),
        findings=(
            *findings(decision, estimates, evidence, plan, seal, awaited),
            *([LATE_ANSWERS] if held_back else []),
        ),
        turning_points=turning_points(word, decision, estimates, plan, awaited),
    )


def _awaited_waves(panel: Panel, estimates: Estimates, plan: Plan) -> tuple[str, ...]:
    """Outcome and lasting waves in which fewer than half of an arm's linked people have a score: not in yet.

    Where all answers count, half as many as in the fullest baseline must be in.
    """
    linked = np.isfinite(estimates.after - estimates.before)[0]
    scores = panel.scores[plan.outcomes.primary.scale][0]
    arms = [teams[0][panel.roster.team] for teams in present_arms(panel).values()]
    groups = [linked & arm for arm in arms]

    def answered(wave_id: str) -> BoolArray:
        return np.asarray(np.isfinite(scores[:, panel.wave_ids.index(wave_id)]), dtype=np.bool_)

    def is_in(wave_id: str) -> bool:
        scored = answered(wave_id)
        if plan.analysis.answers == "all":
            fullest = [max((answered(wave) & arm).sum() for wave in plan.analysis.baseline) for arm in arms]
            return all((scored & arm).sum() >= SHARE_THAT_IS_IN * n for arm, n in zip(arms, fullest, strict=True))
        return all(scored[group].mean() >= SHARE_THAT_IS_IN for group in groups if group.any())

    planned = plan.waves_of_all_starts((*plan.analysis.outcome, *plan.analysis.lasting))
    return tuple(wave for wave in planned if not is_in(wave))


def _percent(share: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float | None:
    value = number(share)
    return None if value is None else 100 * value
