"""What came of a set of problems, for people: a table, and the summary below it."""

from __future__ import annotations

from collections.abc import Sequence

from engine.events import ModelReport
from engine.lab.problem_set_outcome import ProblemOutcome, ProblemSetOutcome
from engine.plain_text import printable

WIDEST_ANSWER, WIDEST_QUESTION = 18, 60
HEADINGS = ("#", "samples", "answer", "", "lead", "settled", "problem")
SIGNS = {True: "right", False: "wrong", None: ""}


def heading(report: ModelReport, *, simulated: bool, problems: int, seed: int) -> str:
    """What was asked, in one line; what is simulated says so."""
    label = "SIMULATED · " if simulated else ""
    safe = " · safe mode" if report.safe_mode else ""
    model = f"{report.name} · {report.device}" if not simulated else report.name
    return printable(f"{label}{model}{safe} · {problems} problems · seed {seed}")


def table(outcome: ProblemSetOutcome) -> list[str]:
    """A line for each problem."""
    rows = [HEADINGS, *(_row(number, one) for number, one in enumerate(outcome.problems, 1))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return [_line(row, widths) for row in rows]


def _row(number: int, one: ProblemOutcome) -> tuple[str, ...]:
    return (
        str(number),
        str(one.samples),
        _short(one.answer, WIDEST_ANSWER) if one.answer is not None else "none",
        SIGNS[one.correct],
        "" if one.lead is None else f"{one.lead:.2f}",
        "yes" if one.is_settled else "no",
        _short(one.question, WIDEST_QUESTION),
    )


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        text.rjust(width) if column in (0, 1, 4) else text.ljust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def summary_lines(outcome: ProblemSetOutcome) -> list[str]:
    """Used, settled and right; what is not known is not said."""
    lines = [
        f"Used      {outcome.samples:,} samples, {outcome.completion_tokens:,} tokens written,"
        f" {outcome.prompt_tokens:,} of prompts computed, {outcome.cached_tokens:,} shared",
        f"Settled   {outcome.settled} of {len(outcome.problems)} problems",
    ]
    if outcome.accuracy is not None and outcome.bounds is not None:
        low, high = outcome.bounds.low, outcome.bounds.high
        lines.append(
            f"Right     {outcome.right} of {outcome.known} whose answer is known: {outcome.accuracy:.0%}"
            f" ({low:.0%} to {high:.0%} with 95 % confidence)"
        )
    if outcome.stopped:
        lines.append("Note      It was stopped before its end: this is what was there.")
    return lines


def saved_lines(outcome: ProblemSetOutcome, budget: int, most: int) -> list[str]:
    """What the budget was not needed for, and where it was not allowed to go; nothing before the end.

    What unsettled problems did not get because of `most` is left of the budget, but it is not saved.
    """
    if outcome.saved_samples is None:
        return []
    capped = [one for one in outcome.problems if one.samples >= most and not one.is_settled]
    even = budget // max(1, len(outcome.problems))
    kept_back = min(outcome.saved_samples, sum(max(0, even - one.samples) for one in capped))
    saved = outcome.saved_samples - kept_back
    tokens = round((outcome.saved_tokens_estimate or 0) * saved / max(1, outcome.saved_samples))
    words = f"{saved:,} samples, about {tokens:,} tokens (estimate: saved samples × mean length)"
    lines = [f"Saved     {words if saved else 'nothing'}, against an even split of {budget:,} samples"]
    if capped:
        note = f"Note      {len(capped)} unsettled problems had the {most:,} samples that one may get (--most)"
        lines.append(f"{note}: {kept_back:,} samples fewer, which is no saving." if kept_back else f"{note}.")
    return lines


def comparison_lines(adaptive: ProblemSetOutcome, even: ProblemSetOutcome) -> list[str]:
    """The one beside the other: measured, as both were drawn."""
    samples = even.samples - adaptive.samples
    tokens = even.completion_tokens - adaptive.completion_tokens
    lines = [
        f"Measured  {_fewer(samples, 'samples')} and {_fewer(tokens, 'tokens')} than the even split took.",
        "          Both were drawn: a problem's first samples are the same ones in both.",
    ]
    if adaptive.accuracy is not None and even.accuracy is not None:
        lines.append(f"Right     {adaptive.right} of {adaptive.known} allotted by difficulty, {even.right} evenly")
    return lines


def _fewer(difference: int, unit: str) -> str:
    return f"{abs(difference):,} {'fewer' if difference >= 0 else 'more'} {unit}"


def _short(text: str, width: int) -> str:
    line = " ".join(printable(text).split())
    return line if len(line) <= width else f"{line[: width - 1]}…"
