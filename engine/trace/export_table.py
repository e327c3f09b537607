"""A run's numbers as tables: one row a candidate, and one row a total. Unknown is left empty, never filled in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.plain_text import printable
from engine.trace.fold import CandidateState, RunState
from engine.trace.marks import Mark
from engine.trace.run_info import RunInfo
from engine.trace.run_notes import RunNote
from engine.trace.split import split_by_purpose
from engine.trace.summary import summary
from engine.whole_file import write_whole

Cell = str | int | float | bool | None
Table = list[Sequence[Cell]]
BEFORE_SCORES = (
    "number", "label", "purpose", "parent", "status", "finish_reason", "tokens", "prompt_tokens", "cached_tokens",
    "answer", "correct", "mix",
)  # fmt: skip
AFTER_SCORES = ("mean_logprob", "started_seconds", "ended_seconds", "seconds", "picked", "visits", "value", "pruned")
TOTALS = ("group", "name", "value", "unit")
NESTED = ("kind", "votes", "verifiers", "by_purpose")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
SECONDS = ("wall_seconds", "ttft_seconds", "verifier_seconds")
COUNTS = (
    "prompt_tokens", "cached_tokens", "completion_tokens", "verifier_tokens", "verifier_prompt_tokens",
    "verifier_cached_tokens", "recomputed_tokens", "thinking_tokens", "tokens_saved",
)  # fmt: skip


def candidate_table(state: RunState) -> Table:
    """The header and a row for each candidate (in a search: each thought), in the order in which they were asked for.

    Numbers of candidates are those on the screen, from 1. `tokens` were generated; `mix` is the weighted mean of the
    verifiers' scores, which follow, a column each. `seconds` is from the candidate's start to its end on the run clock.
    `value` is the mean of what a tree search has backed up over `visits`.
    """
    verifiers = list(dict.fromkeys(name for c in state.candidates.values() for name in c.scores))
    header = (*BEFORE_SCORES, *(f"score: {name}" for name in verifiers), *AFTER_SCORES)
    return [header, *(_candidate_row(candidate, verifiers) for candidate in state.candidates.values())]


def totals_table(state: RunState) -> Table:
    """The header and a row for each thing the run has used, as the ledger has it: kinds, phases, purposes."""
    start, figures = state.start, summary(state)
    rows: Table = [TOTALS]
    for name in ("run_id", "strategy", "model", "backend", "seed", "outcome", "answer", "correct"):
        rows.append(("run", name, figures[name], ""))
    if start is not None:
        rows.append(("run", "question", start.setup.problem.question, ""))
    rows += [("tokens", name.removesuffix("_tokens"), figures[name], "tokens") for name in COUNTS]
    rows += [("time", name.removesuffix("_seconds"), figures[name], "seconds") for name in SECONDS]
    rows += [("phase", span.phase, (state.t if span.end is None else span.end) - span.start, "seconds")
             for span in state.phases]  # fmt: skip
    for purpose, tally in split_by_purpose(state).items():
        rows.append((f"purpose: {purpose}", "candidates", tally.candidates, ""))
        kinds = ("prompt", "cached", "generated", "recomputed", "judge", "judge_prompt")
        rows += [(f"purpose: {purpose}", kind, getattr(tally, kind), "tokens") for kind in kinds]
    return rows + _price_rows(figures)


def runs_table(runs: Iterable[tuple[str, RunState]]) -> Table:
    """The header and a row for each run: its name, and what `summary` says of it in one number or word each."""
    found = [(name, summary(state)) for name, state in runs]
    keys = [key for key in summary(RunState()) if key not in NESTED]
    return [("name", *keys), *((name, *(figures[key] for key in keys)) for name, figures in found)]


def list_table(runs: Iterable[tuple[RunInfo, RunNote]]) -> Table:
    """The header and a row for each recording of a list: what is known of it without reading all of it."""
    header = ("name", "starred", *(key for key in RunInfo.__struct_fields__ if key != "path"))
    rows = [(note.name, note.starred, *(getattr(info, key) for key in header[2:])) for info, note in runs]
    return [header, *rows]


def marks_table(marks: Iterable[Mark]) -> Table:
    """The header and a row for each mark of a timeline: seconds of the run clock, its kind, and what happened."""
    return [("t", "kind", "words"), *((mark.t, mark.kind, mark.words) for mark in marks)]


def totals_path(path: str | Path) -> Path:
    """Where the totals go that belong to the candidates in `path`."""
    path = Path(path)
    return path.with_name(f"{path.stem}-totals{path.suffix}")


def write_csv(path: str | Path, state: RunState) -> None:
    """Writes the candidates to `path` and the totals beside it (see `totals_path`); both replace what was there.

    Raises:
        ThinkscopeError: The disk does not take them.
    """
    write_whole(path, as_csv(candidate_table(state)))
    write_whole(totals_path(path), as_csv(totals_table(state)))


def as_csv(table: Iterable[Sequence[Cell]]) -> bytes:
    """A table as the bytes of a CSV file: UTF-8 with a mark without which spreadsheets take it for something else."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in table:
        writer.writerow([_safe(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig", errors="replace")


def _safe(cell: Cell) -> str:
    """A cell that no spreadsheet carries out: a model may have written “=HYPERLINK(…)”. Plain numbers stay numbers."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if not isinstance(cell, str):
        return repr(cell)
    text = printable(cell)
    return f"'{text}" if text.startswith(FORMULA_STARTS) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    digits = text.removeprefix("-").removeprefix("+").replace(".", "", 1)
    return digits.isascii() and digits.isdigit()


def _candidate_row(candidate: CandidateState, verifiers: Sequence[str]) -> Sequence[Cell]:
    started, ended = candidate.started_at, candidate.finished_at
    scores = [candidate.scores[name].value if name in candidate.scores else None for name in verifiers]
    return (
        candidate.id + 1,
        candidate.label,
        candidate.purpose,
        None if candidate.parent is None else candidate.parent + 1,
        candidate.status,
        candidate.finish_reason,
        candidate.token_count,
        candidate.computed_tokens,
        candidate.cached_tokens,
        candidate.answer,
        candidate.correct,
        candidate.mix,
        *scores,
        candidate.mean_logprob,
        started,
        ended,
        None if started is None or ended is None else ended - started,
        candidate.picked,
        candidate.visits,
        candidate.value_sum / candidate.visits if candidate.visits else None,
        candidate.pruned,
    )


def _price_rows(figures: dict[str, Cell]) -> Table:
    """Energy and money say whether they were read or estimated."""
    guess = " (estimate)" if figures["energy_is_estimate"] else ""
    return [
        ("price", "flops", figures["flops"], "FLOPs (estimate)"),
        ("price", "energy", figures["energy_joules"], f"joules{guess}"),
        ("price", "cost", figures["cost"], f"{figures['currency'] or ''}{guess}".strip()),
    ]
