"""The claims of the source document, row by row, what the trials say of them, and how many trials a decision would need.

The document is "Working of RNN in TensorFlow" (JavaTpoint); docs/source-document.md says what the rows S1 to S14 are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from unvanish.reports.statistics.paired import LEVEL, can_be_significant, holm
from unvanish.reports.statistics.power import pairs_needed, trials_needed
from unvanish.reports.statistics.success import ran, success, wilson_interval
from unvanish.reports.tables.conditions import KEY
from unvanish.reports.tables.verdicts import MIN_RESCUE_RATE, NOT_SHOWN, NOT_TESTED, REFUTED, SHOWN, Pairs, Share, of_conditions, with_search, without_cap
from unvanish.suite.experiment.plan_record import PlanRecord
from unvanish.suite.experiment.roles import is_of_control_model
from unvanish.suite.mitigations import MITIGATIONS
from unvanish.suite.models import MODELS

COLUMNS = ["row", "claim", "verdict", "evidence", "n_trials", "n_shown", "low", "high", "n_pairs", "n_gained", "n_lost", "p_holm", "n_needed", "to_decide"]
# causes and diagnoses; S10 is of a weight change that is far too large, which is what a rate that is too high makes
EXPLODING = frozenset({"exploded", "rate_too_high"})
VANISHING = frozenset({"vanished", "weak"})
EVENTS = {"exploding": EXPLODING, "vanishing": VANISHING, "both": EXPLODING | VANISHING}  # that a mitigation is against
SCHEDULE = "exercise_schedule"


@dataclass(frozen=True)
class ShareClaim:
    """A claim on a share of trials.

    trials    those that decide, of all evaluation trials that were run to their end, at the planned lags
    shows     which of them show what the verdict is about
    verdict   of the share
    about     what is counted, as the sentence says it: "<n> of <N> <about>"
    solvable  whether it is decided only by tasks and lags that some trial solved, and refuted only where the trials of conditions whose search for a
              learning rate did not stop at its cap say so too: otherwise training may have been too short, or another rate better
    effect    the true share that the verdict is sought for, by which the trials are counted that a decision needs
    context   what else the evidence says, from those trials and the table of reference predictors
    """

    row: str
    says: str
    trials: Callable[[pd.DataFrame], pd.DataFrame]
    shows: Callable[[pd.DataFrame], pd.Series]
    verdict: Callable[[Share], str]
    about: str
    solvable: bool = True
    effect: float = 0.75
    context: Callable[[pd.DataFrame, pd.DataFrame], str] = lambda trials, references: ""


@dataclass(frozen=True)
class CureClaim:
    """A claim that something helps, decided at the longest lag planned of each task (or at the shortest), where some trial solved it.

    cured, unmitigated   what is compared, as model and mitigation; a model of None is every recurrent one, with itself
    against              causes and diagnoses of the trials it is meant to rescue
    """

    row: str
    says: str
    cured: tuple[str | None, str]
    unmitigated: tuple[str | None, str] = (None, "none")
    against: frozenset[str] = frozenset()
    longest: bool = True


def solved(trials: pd.DataFrame) -> pd.Series:
    """Return which trials solved their task."""
    return trials.diagnosis == "solved"


def disturbed(trials: pd.DataFrame) -> pd.Series:
    """Return which trials had a gradient that exploded, vanished or was weak."""
    return trials.cause.isin(EXPLODING | VANISHING) | trials.diagnosis.isin(EXPLODING | VANISHING)


def control(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the trials of models without a state."""
    return trials[is_of_control_model(trials)]


def plain(trials: pd.DataFrame) -> pd.DataFrame:
    """Recurrent networks under plain backpropagation through time."""
    return trials[~is_of_control_model(trials) & (trials.mitigation == "none")]


def schedule(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the trials of the exercise schedule."""
    return trials[trials.task == SCHEDULE]


def calendar_alone(references: pd.DataFrame) -> str:
    """Return what the document's own feed-forward network reaches, which sees day of the week, month and health."""
    rows = references[(references.task == SCHEDULE) & (references.reference == "calendar only")]
    figures = ", ".join(f"accuracy {row.metric_value:.2f} at lag {row.lag}" for row in rows.itertuples())
    return f"; from day of the week, month and health alone: {figures}" if figures else ""


NETWORK_CLAIMS: tuple[ShareClaim | CureClaim, ...] = (
    ShareClaim("S1", "A feed-forward network cannot use order.", control, solved, Share.none, "feed-forward trials solved the task", False, 0.0),
    CureClaim("S2", "A recurrent network knows the latest input and the past.", ("rnn", "none"), ("feedforward", "none"), longest=False),
    ShareClaim(
        "S3",
        "A feed-forward network predicts the exercise poorly.",
        lambda trials: control(schedule(trials)),
        solved,
        Share.minority,
        "feed-forward trials solved the exercise schedule",
        solvable=False,
        effect=0.25,
        context=lambda trials, references: calendar_alone(references),
    ),
    ShareClaim(
        "S4",
        "A recurrent network predicts today's exercise from yesterday's.",
        lambda trials: plain(schedule(trials[trials.lag_rank.isin(["only", "shortest"])])),
        solved,
        Share.majority,
        "unmitigated recurrent trials solved the exercise schedule at its shortest gap",
    ),
    ShareClaim(
        "S5",
        "It does so too when the last attended day is further back.",
        lambda trials: plain(schedule(trials[trials.lag_rank.isin(["between", "longest"])])),
        solved,
        Share.majority,
        "unmitigated recurrent trials solved the exercise schedule at longer gaps",
    ),
    ShareClaim(
        "S8 - S10",
        "Trained by plain backpropagation through time, the gradient vanishes or explodes.",
        lambda trials: plain(trials)[~solved(plain(trials))],
        disturbed,
        Share.majority,
        "unmitigated recurrent trials that were not solved had a gradient that exploded, vanished or was weak from the start",
        context=lambda trials, references: "; diagnosed: " + ", ".join(f"{count} {word}" for word, count in trials.diagnosis.value_counts().items()),
    ),
)


def source_claims() -> list[ShareClaim | CureClaim]:
    """Return the claims in the order of the document: on networks, then those that a mitigation or a model says rest on it."""
    mitigations = [
        CureClaim(mitigation.source_rows, mitigation.claim, (None, mitigation.name), against=EVENTS.get(mitigation.against, frozenset()))
        for mitigation in MITIGATIONS
        if mitigation.claim
    ]
    models = [CureClaim(model.source_rows, model.claim, (model.name, "none"), ("rnn", "none"), against=VANISHING) for model in MODELS if model.claim]
    return [*NETWORK_CLAIMS, *mitigations, *models]


def claims(plan: PlanRecord, conditions: pd.DataFrame, trials: pd.DataFrame, references: pd.DataFrame) -> pd.DataFrame:
    """A row a claim: its verdict and the figures that decide; `conditions` is the table of `unvanish.reports.tables.conditions`.

    verdict    shown, refuted, not shown here or not tested
    evidence   a sentence with those figures, and with what searches for a learning rate that stopped at their cap leave open
    n_trials, n_shown, low, high   of a claim on a share: trials, those that show it, Wilson's interval; missing for others
    n_pairs, n_gained, n_lost, p_holm   of a claim that something helps: pairs of one seed, those solved with it only and without it only, and
               p by McNemar's exact test, corrected by Holm for the number of such claims, run or not; p is missing where no p could be significant;
               low and high are the exact interval of the share gained of the pairs that differ
    n_needed, to_decide   of a claim that is neither shown nor refuted: trials or pairs that a decision needs, by `unvanish.reports.statistics.power`,
               and a sentence that says so; missing and empty for others

    Of recorded data, and of a lag of 0, at which nothing has to be remembered, the document says nothing: their trials are left out.
    """
    every_claim = source_claims()
    textbook = pd.DataFrame([(entry.task, entry.lag) for entry in plan.tasks if entry.lag > 0 and not entry.parameters.get("facts")], columns=["task", "lag"])
    evaluated = ran(trials[trials.phase == "evaluate"]).merge(textbook, on=["task", "lag"])
    ranked = with_lag_rank(plan, with_search(evaluated, conditions))
    solvable = ranked.merge(ranked[solved(ranked)][["task", "lag"]].drop_duplicates(), on=["task", "lag"])
    paired = {claim: pairs_of(claim, solvable) for claim in every_claim if isinstance(claim, CureClaim)}
    corrected = corrected_p(paired)
    corrected_decisive = corrected_p({claim: pairs.decisive(claim.against) for claim, pairs in paired.items()})
    rows = []
    for claim in every_claim:
        if isinstance(claim, CureClaim):
            rows.append(cure_row(claim, paired[claim], corrected[claim], corrected_decisive[claim], len(paired)))
        else:
            rows.append(share_row(claim, claim.trials(solvable if claim.solvable else ranked), references))
    return pd.DataFrame(rows, columns=COLUMNS).astype({name: "Int64" for name in COLUMNS if name.startswith("n_")})


def corrected_p(paired: dict[CureClaim, Pairs]) -> dict[CureClaim, float | None]:
    """Return p of the pairs of each claim, corrected by Holm's procedure for their number; None where no p could be significant."""
    corrected = holm(pd.Series([pairs.p for pairs in paired.values()]))
    return {claim: p if can_be_significant(len(pairs), len(paired)) else None for (claim, pairs), p in zip(paired.items(), corrected, strict=True)}


def with_lag_rank(plan: PlanRecord, evaluated: pd.DataFrame) -> pd.DataFrame:
    """Return the trials with the rank of their lag among the planned ones above 0 of their task: shortest, between, longest, or only."""
    planned_lags = plan.conditions_table
    lags = planned_lags[planned_lags.lag > 0].groupby("task").lag.unique().map(sorted)

    def rank(task: str, lag: int) -> str:
        planned = lags[task]
        if len(planned) == 1:
            return "only"
        return {planned[0]: "shortest", planned[-1]: "longest"}.get(lag, "between")

    return evaluated.assign(lag_rank=[rank(task, lag) for task, lag in zip(evaluated.task, evaluated.lag, strict=True)])


def pairs_of(claim: CureClaim, ranked: pd.DataFrame) -> Pairs:
    """Return the pairs of trials of one seed that decide a claim, at the longest or shortest lag of each task."""
    here = ranked[ranked.lag_rank.isin(["only", "longest" if claim.longest else "shortest"])]

    def select(model: str | None, mitigation: str) -> pd.DataFrame:
        return here[(here.mitigation == mitigation) & (here.model == model if model else ~is_of_control_model(here))]

    same = ("task", "lag", "model", "seed") if claim.cured[0] is None else ("task", "lag", "seed")
    return Pairs.of(select(*claim.cured), select(*claim.unmitigated), same)


def share_row(claim: ShareClaim, trials: pd.DataFrame, references: pd.DataFrame) -> dict[str, Any]:
    """Return the row of a claim on a share of trials, with its verdict."""
    row: dict[str, Any] = {"row": claim.row, "claim": claim.says, "verdict": NOT_TESTED, "n_trials": len(trials), "to_decide": ""}
    if trials.empty:
        none = "no such trial was run" + (" at a task and lag that some trial solved" if claim.solvable else "")
        return {**row, "evidence": none, **trials_to_decide(claim, 0)}
    share, settled = share_of(claim, trials), without_cap(trials)
    evidence = f"{share.count} of {share.total} {claim.about} [{share.low:.2f}, {share.high:.2f}], at {lags_of(trials)}"
    evidence += claim.context(trials, references)
    verdict = claim.verdict(share)
    if verdict == REFUTED and claim.solvable and len(settled) < len(trials):
        verdict = claim.verdict(share_of(claim, settled)) if len(settled) else NOT_SHOWN
        capped = of_conditions(conditions_of(trials) - conditions_of(settled), conditions_of(trials))
        evidence += f"; the search for a learning rate stopped at its cap in {capped}, "
        evidence += "and the others alone refute it too" if verdict == REFUTED else "so that nothing is refuted: a further rate may be better"
    learning = int((trials.outcome == "learning").sum())
    if verdict == REFUTED and claim.shows is solved and learning:
        as_solved = trials.assign(diagnosis=trials.diagnosis.where(trials.outcome != "learning", "solved"))
        verdict = claim.verdict(share_of(claim, as_solved))
        if verdict != REFUTED:
            verdict = NOT_SHOWN
            evidence += f"; {learning} more were still learning when their steps ended, so that nothing is refuted"
    different = len(trials[["task", "lag", "model", "seed"]].drop_duplicates())
    needed = trials_to_decide(claim, different) if verdict == NOT_SHOWN else {}
    return {**row, "verdict": verdict, "evidence": evidence, "n_shown": share.count, "low": share.low, "high": share.high, **needed}


def trials_to_decide(claim: ShareClaim, different: int) -> dict[str, Any]:
    """Return n_needed and to_decide of a claim on a share that so many different trials leave open."""
    needed = trials_needed(claim.effect)
    show = {0.0: "none shows", 0.25: "one in four show", 0.75: "three in four show"}[claim.effect]
    if different >= needed:
        return {
            "n_needed": needed,
            "to_decide": f"{needed} independent trials would decide it, if {show} it; there {were(different)}, so the share is nearer to one half",
        }
    return {"n_needed": needed, "to_decide": f"{needed} independent trials are needed to decide it, if {show} it; there {were(different)}"}


def were(n: int) -> str:
    """`were 5`, `was 1`, `was none`."""
    return f"were {n}" if n > 1 else "was 1" if n else "was none"


def share_of(claim: ShareClaim, trials: pd.DataFrame) -> Share:
    """Return the share of trials that show what a claim is about."""
    counted = success(trials.assign(diagnosis=claim.shows(trials).map({True: "solved", False: ""})))
    return Share(counted["n_solved"], counted["n_trials"], counted["success_low"], counted["success_high"])


def conditions_of(trials: pd.DataFrame) -> int:
    """Count the conditions of trials."""
    return len(trials[KEY].drop_duplicates())


def cure_row(claim: CureClaim, pairs: Pairs, p: float | None, p_decisive: float | None, n_claims: int) -> dict[str, Any]:
    """Return the row of a claim that a cure helps, with its verdict; p as in `corrected_p`."""
    where = "longest" if claim.longest else "shortest"
    row: dict[str, Any] = {"row": claim.row, "claim": claim.says, "verdict": NOT_TESTED, "n_pairs": len(pairs), "to_decide": ""}
    if not len(pairs):
        return {**row, "evidence": f"not run at the {where} lag of a task that some trial solved", **pairs_to_decide(claim, pairs, n_claims)}
    table = pairs.table
    test = "too few pairs for a test" if p is None else f"p {p:.2g} by McNemar's exact test after Holm's correction"
    evidence = (
        f"of {len(pairs)} pairs of trials of one seed {pairs.gained} were solved only with it and {pairs.lost} only without it, at {lags_of(table)} ({test})"
    )
    if claim.cured[0] is None:
        by_model = {model: Pairs(rows) for model, rows in table.groupby("model", sort=False)}
        evidence += "; " + ", ".join(f"{model} {part.gained} gained, {part.lost} lost of {len(part)}" for model, part in by_model.items())
    meant = pairs.meant(claim.against)
    if len(meant):
        rescued = int(meant.solved.sum())
        low, high = wilson_interval(rescued, len(meant))
        evidence += f"; of {len(meant)} unsolved trials whose gradient {happened(claim)} without it, {rescued} solved with it [{low:.2f}, {high:.2f}]"
    p_all, harm = 1.0 if p is None else p, pairs.lost > pairs.gained
    verdict = pairs.verdict(p_all, 1.0 if p_decisive is None else p_decisive, claim.against)
    if harm and p_all <= LEVEL and verdict != REFUTED and claim.against:
        evidence += f"; over all pairs it does harm, but those where something to cure {'was seen do not show it alone' if len(meant) else 'was seen are none'}"
    low, high = pairs.share_gained
    figures = {"n_gained": pairs.gained, "n_lost": pairs.lost, "low": low, "high": high, "p_holm": p}
    needed = pairs_to_decide(claim, pairs, n_claims) if verdict in (NOT_SHOWN, NOT_TESTED) else {}
    return {**row, **figures, "verdict": verdict, "evidence": evidence + left_open(claim, pairs, verdict), **needed}


def happened(claim: CureClaim) -> str:
    """Return what a cure is against, as `exploded or vanished`."""
    return " or ".join(word for word, events in (("exploded", EXPLODING), ("vanished", VANISHING)) if events <= claim.against)


def pairs_to_decide(claim: CureClaim, pairs: Pairs, n_claims: int) -> dict[str, Any]:
    """Return n_needed and to_decide of a claim that pairs leave open: the pairs that show a cure which rescues one in five of the trials it is meant for.

    As large a share of the trials without it is taken to need it as did here; where none did, all of them, so that there are at least so many needed.
    """
    cases = len(pairs.cases(claim.against))
    needed = pairs_needed(MIN_RESCUE_RATE * (cases / len(pairs) if cases else 1.0), n_claims)
    fails = f"trials whose gradient {happened(claim)} without it" if claim.against else "trials that are unsolved without it"
    if not cases:
        return {"n_needed": needed, "to_decide": f"at least {needed} pairs with {fails} are needed to test it; there was none"}
    if needed is None:
        return {"to_decide": f"{fails} are too rare here to decide it: {cases} of {len(pairs)}"}
    rescue = f"if it rescues one in five of the {fails}"
    return {"n_needed": needed, "to_decide": f"{needed} pairs are needed to show it, {rescue} and loses none; there {were(len(pairs))}"}


def left_open(claim: CureClaim, pairs: Pairs, verdict: str) -> str:
    """Return what searches for a learning rate that stopped at their cap leave open of a verdict, as the end of its evidence; empty where none did."""
    conditions = pairs.table[["task", "lag", "model", "at_cap", "unmitigated_at_cap"]].drop_duplicates()
    stopped = {"with it": int(conditions.at_cap.sum()), "without it": int(conditions.unmitigated_at_cap.sum())}
    if verdict == SHOWN:  # what was shown in spite of its own cap is shown
        del stopped["with it"]
    where = " and in ".join(f"{of_conditions(n, len(conditions))} {side}" for side, n in stopped.items() if n)
    if not where:
        return ""
    consequence = {
        SHOWN: ", where a further rate may help too",
        REFUTED: f", and the {len(pairs.decisive(claim.against))} pairs of the others alone refute it too",
        **dict.fromkeys((NOT_SHOWN, NOT_TESTED), ", so that nothing is refuted by their pairs: a further rate may be better"),
    }
    return f"; the search for a learning rate stopped at its cap in {where}{consequence[verdict]}"


def lags_of(trials: pd.DataFrame) -> str:
    """The tasks and lags of trials, as text."""
    by_task = trials.groupby("task", sort=False).lag.unique()
    return ", ".join(f"{task} lag {' and '.join(str(lag) for lag in sorted(lags))}" for task, lags in by_task.items())
