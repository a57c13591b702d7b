"""`unvanish explain`: the recurrence and its gradient with numbers, in the terminal and as a page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unvanish.suite.cli.options import Json, Output
from unvanish.suite.cli.terminal import narrow_console, print_json, print_table, styled
from unvanish.suite.explain.limits import HIDDEN, LAG, LONG_LAG, SEED, check_limits
from unvanish.suite.output import output_folder, write_page
from unvanish.suite.silence_stderr import silence_stderr

if TYPE_CHECKING:
    from rich.console import Console

    from unvanish.suite.explain.explanation import CaseStudy, Explanation

PAGE = "explain.html"
WIDTH = 80  # longer lines are hard to read


def explain(
    output: Output = Path("results"),
    lag: Annotated[int, typer.Option(help="Days missed in a row in the worked example, 1 to 10.")] = LAG,
    long_lag: Annotated[int, typer.Option(help="Days missed in the vanishing and the exploding case, 10 to 60.")] = LONG_LAG,
    hidden: Annotated[int, typer.Option(help="Hidden units, 2 to 4.")] = HIDDEN,
    seed: Annotated[int, typer.Option(help="Another network.")] = SEED,
    as_json: Json = False,
) -> None:
    """Work a recurrent network through with numbers, forward and back, in the terminal and as explain.html; with --json as data alone."""
    check_limits(lag=lag, long_lag=long_lag, hidden=hidden, seed=seed)
    if as_json:
        from unvanish.suite.explain.explanation import as_data

        return print_json(as_data(work_out(lag, long_lag, hidden, seed)))
    with output_folder(output):
        explanation = work_out(lag, long_lag, hidden, seed)
        from unvanish.reports.pages.explanation import render

        write_page(render(explanation), output / PAGE)
    print_explanation(explanation)
    print(f"\nThe same as a page, with drawings, sliders, what was measured, and exercises with answers: {output / PAGE}")


def work_out(lag: int, long_lag: int, hidden: int, seed: int) -> Explanation:
    """Compute the explanation, without what TensorFlow logs while it is loaded and first used."""
    with silence_stderr():
        from unvanish.suite.explain.explanation import explain

        return explain(lag, long_lag, hidden, seed)


def print_explanation(explanation: Explanation) -> None:
    """Print all parts within 80 columns."""
    terminal = narrow_console(WIDTH)
    print_forward(explanation, terminal)
    print_backward(explanation, terminal)
    for study in explanation.studies:
        print_study(study, terminal)


def print_forward(explanation: Explanation, terminal: Console) -> None:
    """The network, two steps in full, every day in short, and the last day without the state."""
    from unvanish.suite.explain.schedule import ROTATION

    worked = explanation.worked
    example, weights = worked.example, worked.weights
    missed = f"{explanation.lag} days in a row are missed" if explanation.lag > 1 else "one day is missed"
    heading(terminal, "1  Forward: x0 gives h0, h0 gives y0, then on to the next step")
    terminal.print(
        f"A trainer repeats {', '.join(ROTATION)}. The input is yesterday's exercise, the output today's; {missed}, "
        "and the rotation waits. The network was trained in "
        f"{worked.updates} updates; its weights are rounded, so that all can be computed again by hand.\n\n"
        "  h(t) = g_h(W_x x(t) + W_h h(t-1) + b_h),  g_h = tanh,  h(-1) = 0\n  y(t) = g_y(W_y h(t) + b_y),  g_y(z) = z,  the largest output is the answer\n"
    )
    units = range(1, explanation.hidden + 1)
    rows = [
        [f"unit {unit}", vector(weights.W_x[unit - 1]), vector(weights.W_h[unit - 1]), f"{weights.b_h[unit - 1]:5.2f}", vector(weights.W_y[:, unit - 1])]
        for unit in units
    ]
    print_table(["weights", "W_x", "W_h", "b_h", "W_y (to outputs)"], rows, to=terminal)
    terminal.print(f"b_y  {vector(weights.b_y)}\n")
    for t in (0, 1):
        print_table(
            [f"t = {t}", "W_x x(t)", "W_h h(t-1)", "b_h", "sum", "h(t) = tanh(sum)"],
            [
                [f"unit {unit + 1}", *(f"{part:6.3f}" for part in (x, h, b, x + h + b, state))]
                for unit, (x, h, b, state) in enumerate(zip(worked.from_input[t], worked.from_state[t], weights.b_h, worked.h[t], strict=True))
            ],
            to=terminal,
        )
    days = []
    for t in range(example.length):
        answer, due = ROTATION[worked.y[t].argmax()], ROTATION[example.actual[t, 0].argmax()]
        mark = "" if answer == due else f", not {answer}"
        yesterday = ROTATION[example.x[t, 0].argmax()] if example.x[t, 0].any() else "missed"
        days.append([str(t), yesterday, vector(worked.h[t]), vector(worked.y[t]), f"{due}{mark}"])
    print_table(["t", "yesterday", "h(t)", "y(t)", "due"], days, to=terminal)
    terminal.print("The last day, for each rotation, and without the state (h(t-1) = 0):")
    rows = [
        [ROTATION[due], ROTATION[with_state], ROTATION[without]]
        for due, with_state, without in zip(worked.due, worked.answers, worked.answers_without_state, strict=True)
    ]
    print_table(["due", "network", "without its state"], rows, to=terminal)


def print_backward(explanation: Explanation, terminal: Console) -> None:
    """The gradient of the last day's error at every step."""
    worked = explanation.worked
    heading(terminal, "2  Back: backpropagation through time")
    terminal.print(
        f"The error of the last day is E = sum (actual - output)^2 = {worked.error:.3g}. Back by a day, the gradient is multiplied by g' and by W_h:\n\n"
        "  dE/dh(t-1) = W_h^T (g'(t) dE/dh(t))\n"
    )
    rows = []
    for t in reversed(range(len(worked.norms))):
        factor = f"{worked.norms[t] / worked.norms[t + 1]:.3f}" if t + 1 < len(worked.norms) else ""
        rows.append([str(t), vector(worked.state_gradient[t], "8.1e"), f"{worked.norms[t]:.1e}", factor, f"{worked.slope[t].mean():.2f}"])
    print_table(["t", "dE/dh(t)", "norm", "factor", "mean g'"], rows, to=terminal)


def print_study(study: CaseStudy, terminal: Console) -> None:
    """The table of one case with every cure, and a sentence on each."""
    from unvanish.suite.explain.schedule import ROTATION
    from unvanish.suite.models.effect import RATE

    case = study.case
    heading(terminal, f"{'3' if case.kind == 'vanishing' else '4'}  The {case.kind} gradient, and each cure")
    terminal.print(
        f"{case.sequence.lag} days missed; W_h = {case.recurrent_weight:g} I, b_h = {case.weights.b_h[0]:g}. One weight: "
        f"W_x[{case.unit + 1}, {ROTATION[case.exercise]}] = {case.weight:g}, which the error reaches only through all those days. "
        f"One update, w <- w - lr dE/dw with lr = {RATE:g}; then: the error with the new weight.\n"
    )
    print_table(
        ["cure", "error", "gradient", "change", "new weight", "then", "step"],
        [
            [
                cure.title,
                short(effect.error),
                f"{effect.gradient:.1e}",
                f"{effect.change + 0.0:.1e}",
                f"{effect.new_weight:.6g}",
                short(effect.error_after),
                effect.size,
            ]
            for cure, effect, _ in study.rows
        ],
        to=terminal,
    )
    for cure, _, sentence in study.rows:
        terminal.print(styled((cure.title, "bold"), f" ({cure.detail}): {sentence}"))


def heading(terminal: Console, text: str) -> None:
    """Print a heading with an empty line before and after it."""
    terminal.print(styled((f"\n{text}\n", "bold")))


def short(value: float) -> str:
    """Return a number with four decimals, or as a power of ten from 1,000 on."""
    return f"{value:.4f}" if abs(value) < 1000 else f"{value:.1e}"


def vector(values: Iterable[float], form: str = "5.2f") -> str:
    """Return numbers in one format, separated by spaces; there is no negative zero."""
    return " ".join(f"{value + 0.0:{form}}" for value in values)
