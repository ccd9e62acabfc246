"""Degrees of freedom of an estimate that is put together of several models in which the same people stand.

With one error u_i of equal variance for each person, the same in all waves, team j's part in the error of
theta = sum_k omega_k theta_k is, in the letters of `team_model` (x_ik = B_kj z_ik the row of person i in model k),

    psi_j = sum_k omega_k (sum_{i in j} e_kj'z_ik u_i - f_kj' sum_i x_ik u_i),    f_kj = M_k B_kj G_kj e_kj.

With C_klj = sum of z_ik z_il' over the people of team j in both models, w_kj = B_kj sum_l omega_l C_klj e_lj,
Q_kl = sum_j B_kj C_klj B_lj', and F, W the matrices with rows (omega_k f_kj)_k and (w_kj)_k,

    P = cov(psi) = diag(p) - F W' - W F' + F Q F',    p_j = sum_kl omega_k omega_l e_kj'C_klj e_lj,

and df = (trace P)^2 / sum of squares of P (Satterthwaite). One error for all waves is on the safe side: teams that
wait then carry as much as they possibly can. With a single model it is `cluster_robust`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pilot.effects.cluster_robust import sum_by_cluster
from pilot.effects.linked import Weighting
from pilot.effects.team_model import Solved, TeamSums
from pilot.scores import BoolArray, FloatArray, Roster


@dataclass(frozen=True)
class FittedBlock:
    """One of the models.

    Attributes:
        solved: Its fit.
        weight: omega_k up to a constant, shape (replicates,); 0: nobody was asked.
        rows: What it was fitted to.
        people: z of each person in it, 0 for all others, shape (2, replicates, people).
    """

    solved: Solved
    weight: FloatArray
    rows: TeamSums
    people: FloatArray

    @property
    def is_asked(self) -> BoolArray:
        """Whether anybody of the cohort answered, shape (replicates,)."""
        asked: BoolArray = self.weight > 0
        return asked

    @property
    def basis_of_teams(self) -> FloatArray:
        """B, shape (replicates, teams, columns, 2)."""
        of_teams: FloatArray = np.einsum("apk,arj->rjpk", self.solved.basis, self.solved.arms)
        return of_teams


def staggered_df(blocks: Sequence[FittedBlock], roster: Roster, weighting: Weighting) -> FloatArray:
    """Satterthwaite's degrees of freedom, shape (replicates,).

    Args:
        blocks: The models.
        roster: People and teams.
        weighting: Whether each person or each team is a row.
    """
    e = [np.where(each.is_asked[:, None], each.weight[:, None] * each.solved.e, 0.0) for each in blocks]  # omega e
    bases = [each.basis_of_teams for each in blocks]
    n_columns, n_all = bases[0].shape[2], bases[0].shape[2] * len(blocks)
    shape = e[0].shape[1:]
    p, f, w = np.zeros(shape), np.zeros((*shape, n_all)), np.zeros((*shape, n_all))
    q = np.zeros((shape[0], n_all, n_all))
    for k, (block, basis) in enumerate(zip(blocks, bases, strict=True)):
        own = slice(k * n_columns, (k + 1) * n_columns)
        leverage = np.einsum("rjpk,klrj,lrj->rjp", basis, block.solved.gram, e[k], optimize=True)
        f[..., own] = leverage @ block.solved.inverse
        for other, (beside, its_basis) in enumerate(zip(blocks, bases, strict=True)):
            shared = _shared(block, beside, roster, weighting)
            reached = np.einsum("klrj,lrj->krj", shared, e[other])
            p += (e[k] * reached).sum(axis=0)
            w[..., own] += np.einsum("rjpk,krj->rjp", basis, reached)
            its = slice(other * n_columns, (other + 1) * n_columns)
            q[:, own, its] = np.einsum("rjpk,klrj,rjql->rpq", basis, shared, its_basis, optimize=True)
    return _df(p, f, w, q)


def _shared(block: FittedBlock, other: FittedBlock, roster: Roster, weighting: Weighting) -> FloatArray:
    """C, shape (2, 2, replicates, teams)."""
    if block is other:
        return block.rows.gram
    if weighting == "team":
        own, its = (np.array([each.rows.weight, each.rows.b]) for each in (block, other))
        of_means: FloatArray = own[:, None] * its
        return of_means
    n_teams = len(roster.team_ids)
    shared = [[sum_by_cluster(own * its, roster.team, n_teams) for its in other.people] for own in block.people]
    return np.array(shared)


def _df(p: FloatArray, f: FloatArray, w: FloatArray, q: FloatArray) -> FloatArray:
    """(trace P)^2 / sum of squares of P = diag(p) + [F W] S [F W]', S = (Q, -I; -I, 0)."""
    identity = np.broadcast_to(np.eye(q.shape[-1]), q.shape)
    middle = np.block([[q, -identity], [-identity, np.zeros_like(q)]])
    sides = np.concatenate([f, w], axis=-1)
    reached = sides @ middle
    diagonal = (reached * sides).sum(axis=-1)
    product = middle @ (np.swapaxes(sides, -1, -2) @ sides)
    squares = (p**2 + 2 * p * diagonal).sum(axis=-1) + np.einsum("rab,rba->r", product, product)
    with np.errstate(invalid="ignore", divide="ignore"):
        df: FloatArray = (p + diagonal).sum(axis=-1) ** 2 / squares
    return df
