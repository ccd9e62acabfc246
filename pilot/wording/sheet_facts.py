"""The numbers of one scale sheet in words, and its item table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from pilot.i18n import Message, message
from pilot.result.sheets import InvarianceFinding, ItemLine, ScaleSheet
from pilot.wording.method import Entry
from pilot.wording.names import withheld_reason
from pilot.wording.sheets import bounded_text, signed
from pilot.wording.tables import labelled_table
from pilot.wording.voice import Voice


def sheet_facts(sheet: ScaleSheet, voice: Voice) -> tuple[Entry, ...]:
    """Who answered, how the score lies, how well the items hang together, how alike teams answer."""
    return tuple(Entry(voice.say(label), text) for label, text in _facts(sheet, voice))


def _facts(sheet: ScaleSheet, voice: Voice) -> Iterator[tuple[Message, str]]:
    answered = message(
        "{answered} of {invited} people; {complete} gave all answers, {missing} of the answers are missing.",
        answered=voice.count(sheet.n_answered),
        invited=voice.count(sheet.n_invited),
        complete=voice.count(sheet.n_complete),
        missing=voice.percent(sheet.missing_pct or 0),
    )
    yield message("Who answered"), voice.say(answered)
    yield message("Score"), _score(sheet, voice)
    if sheet.alpha:
        yield message("Cronbach's alpha"), bounded_text(sheet.alpha, voice)
    if sheet.omega:
        yield message("McDonald's omega"), bounded_text(sheet.omega, voice)
    if sheet.factor:
        yield message("One factor"), voice.say(_factor(sheet, voice))
    if sheet.agreement:
        yield message("Within teams"), voice.say(_agreement(sheet, voice))


def _score(sheet: ScaleSheet, voice: Voice) -> str:
    if sheet.mean is None or sheet.sd is None:
        return voice.say(withheld_reason("too_few_people"))
    ends = message(
        "Mean {mean}, standard deviation {sd} on {lowest} to {highest}; at the lower end {floor}, at the upper "
        "{ceiling}.",
        mean=voice.size(sheet.mean),
        sd=voice.size(sheet.sd),
        lowest=voice.amount(sheet.lowest),
        highest=voice.amount(sheet.highest),
        floor=share_text(sheet.floor_pct, voice),
        ceiling=share_text(sheet.ceiling_pct, voice),
    )
    return voice.say(ends)


def _factor(sheet: ScaleSheet, voice: Voice) -> Message:
    fit = sheet.factor
    if fit is None or not fit.converged or fit.cfi is None or fit.rmsea is None or fit.srmr is None:
        return message("The model found no solution.")
    if fit.df == 0:
        return message("Three items always fit one factor: there is nothing to test.")
    shown = message(
        "CFI {cfi}, RMSEA {rmsea} (90% interval {lower} to {upper}), SRMR {srmr}; chi² {chi2} with {df} degrees of "
        "freedom, {n} people.",
        cfi=voice.fraction(fit.cfi),
        rmsea=voice.fraction(fit.rmsea),
        lower=voice.fraction(fit.rmsea_lower or 0),
        upper=voice.fraction(fit.rmsea_upper or 0),
        srmr=voice.fraction(fit.srmr),
        chi2=voice.amount(fit.chi2 or 0),
        df=voice.count(fit.df),
        n=voice.count(fit.n),
    )
    if fit.proper:
        return shown
    return message("{shown} Improper: a residual variance came out negative.", shown=shown)


def _agreement(sheet: ScaleSheet, voice: Voice) -> Message:
    agreement = sheet.agreement
    if agreement is None or agreement.icc_1 is None or agreement.icc_2 is None:
        return message("Too few teams to tell.")
    shown = message(
        "ICC(1) {icc_1}, ICC(2) {icc_2}, {teams} teams.",
        icc_1=bounded_text(agreement.icc_1, voice),
        icc_2=signed(agreement.icc_2.estimate, voice),
        teams=voice.count(agreement.n_teams),
    )
    if agreement.rwg_median is None:
        return shown
    return message("{shown} Median rwg {rwg}.", shown=shown, rwg=voice.size(agreement.rwg_median))


def share_text(share_pct: float | None, voice: Voice) -> str:
    """A share, or that it stands for too few people."""
    return voice.say(withheld_reason("too_few_people")) if share_pct is None else voice.percent(share_pct)


def item_table(sheet: ScaleSheet, voice: Voice) -> pd.DataFrame:
    """Item by item; figures that a scale of this kind does not have have no column."""
    hangs_together = sheet.alpha is not None
    columns = [message("Item"), message("Mean"), message("Standard deviation")]
    if hangs_together:
        columns += [message("With the others"), message("Loading")]
    columns += [message("Lowest answer"), message("Highest answer"), message("Left out")]
    rows = [_item_row(line, voice, hangs_together=hangs_together) for line in sheet.items]
    return labelled_table(columns, rows, voice)


def _item_row(line: ItemLine, voice: Voice, *, hangs_together: bool) -> list[str]:
    text = voice.name(line.text)
    if line.reversed:
        text = voice.say(message("{text} (turned)", text=text))

    def number(value: float | None) -> str:
        return "–" if value is None else signed(value, voice)

    correlations = [number(line.corrected_item_total), number(line.loading)] if hangs_together else []
    shares = [share_text(share, voice) for share in (line.floor_pct, line.ceiling_pct, line.missing_pct)]
    return [text, number(line.mean), number(line.sd), *correlations, *shares]


def ladder_table(finding: InvarianceFinding, voice: Voice) -> pd.DataFrame:
    """What each step of the ladder costs in fit."""
    columns = [message("Step"), message("CFI"), message("RMSEA"), message("SRMR"), message("Holds")]
    names = {
        "metric": message("Equal loadings: change"),
        "scalar": message("Equal intercepts too: change"),
        "partial": message("The same without the moved items: change"),
    }
    rows = []
    form = finding.configural
    if form:
        rows.append([voice.say(message("Same form")), *_fractions((form.cfi, form.rmsea, form.srmr), voice), "–"])
    for step, name in names.items():
        rung = getattr(finding, step)
        if rung:
            holds = voice.say(message("yes") if rung.holds else message("no"))
            rows.append([voice.say(name), *_fractions((rung.cfi, rung.rmsea, rung.srmr), voice), holds])
    return labelled_table(columns, rows, voice)


def _fractions(values: Iterable[float | None], voice: Voice) -> list[str]:
    return ["–" if value is None else voice.fraction(value) for value in values]


def rule_sentence(finding: InvarianceFinding, voice: Voice) -> str:
    """By which rule a step holds."""
    rule = finding.rule
    limits = {
        "cfi": voice.fraction(rule.cfi),
        "rmsea": voice.fraction(rule.rmsea),
        "metric": voice.fraction(rule.srmr_metric),
        "scalar": voice.fraction(rule.srmr_scalar),
    }
    sentences = {
        "every": message(
            "A step is broken when CFI falls by more than {cfi}, RMSEA rises by more than {rmsea}, or SRMR by more "
            "than {metric} (loadings) or {scalar} (intercepts).",
            **limits,
        ),
        "cfi_and_another": message(
            "A step is broken when CFI falls by more than {cfi} and either RMSEA rises by more than {rmsea} or SRMR by "
            "more than {metric} (loadings) or {scalar} (intercepts).",
            **limits,
        ),
        "cfi": message("A step is broken when CFI falls by more than {cfi}.", cfi=limits["cfi"]),
    }
    said = [voice.say(sentences[rule.combination])]
    if rule.p is not None:
        significant = message("It must be significant too (p of the difference in chi² below {p}).", p=rule.p)
        said.append(voice.say(significant))
    return voice.join(*said)
