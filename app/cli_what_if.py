"""What-ifs on the command line: a recorded run beside what would have come of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from app.cli_screens import TEXT_WIDTH, describe_run, shown_answer
from app.cli_setup import choose_verifiers, strategy_settings
from engine.errors import BadInputError
from engine.plain_text import printable
from engine.setup import BUDGET_UNITS, Budget, StrategyChoice, Value, VerifierChoice
from engine.strategies.registry import strategy_spec
from engine.trace.fold import RunState
from engine.trace.reader import TraceReader
from engine.trace.snapshots import apply_recorded
from engine.trace.summary import summary
from engine.what_if.outlook import Outlook
from engine.what_if.pool import WhatIfPool
from engine.what_if.request import WhatIf

LABEL = "WHAT-IF: no new tokens were generated"
WIDEST = 44  # characters of a cell

Row = tuple[str, str, str]


class WhatIfOptions(msgspec.Struct, frozen=True):
    """What was given on the command line; None and empty mean: as it was recorded."""

    strategy: str | None = None
    settings: tuple[str, ...] = ()
    verifiers: tuple[str, ...] = ()
    n: int | None = None
    budget_tokens: int | None = None
    budget_seconds: float | None = None
    budget_candidates: int | None = None
    budget_simulations: int | None = None
    budget_all_tokens: int | None = None
    budget_joules: float | None = None
    budget_price: float | None = None


def what_if(file: Path, options: WhatIfOptions, as_json: bool) -> int:
    """Answers a what-if over a recording, prints it and returns the exit status.

    Raises:
        BadInputError: The recording cannot be used, or the what-if cannot be answered from it.
    """
    state = _read(file)
    pool = WhatIfPool(state)
    outlook = pool.ask(make_what_if(pool, options))
    if as_json:
        found = {"kind": "what_if", "label": LABEL, "recorded": summary(state), "what_if": msgspec.to_builtins(outlook)}
        print(json.dumps(found, ensure_ascii=False))
        return 0
    print("\n".join(printable(line) for line in _report(state, pool.recorded, outlook)))
    return 0


def make_what_if(pool: WhatIfPool, options: WhatIfOptions) -> WhatIf:
    """The what-if that the options describe, on top of what was recorded.

    Raises:
        BadInputError: An option is malformed, or there is no such strategy.
    """
    settings = strategy_settings(options.settings)
    if options.n is not None:
        _check_takes_n(pool.choice(options.strategy))
        settings["n"] = options.n
    return WhatIf(
        strategy=pool.choice(options.strategy, settings),
        verifiers=choose_verifiers(options.verifiers, options.settings, pool.recorded.verifiers),
        budget=_changed(pool.recorded.budget, options),
    )


def _check_takes_n(choice: StrategyChoice) -> None:
    spec = strategy_spec(choice)
    if all(setting.name != "n" for setting in spec.settings):
        raise BadInputError(
            f"“{spec.title}” has no number of candidates that --n could change.",
            next_step="To choose from the first N texts that the run found: --strategy best-of-n --n N.",
        )


def _changed(budget: Budget, options: WhatIfOptions) -> Budget:
    bounds = {
        "tokens": options.budget_tokens,
        "seconds": options.budget_seconds,
        "candidates": options.budget_candidates,
        "simulations": options.budget_simulations,
        "all_tokens": options.budget_all_tokens,
        "joules": options.budget_joules,
        "price": options.budget_price,
    }
    return msgspec.structs.replace(budget, **{unit: bound for unit, bound in bounds.items() if bound is not None})


def _read(file: Path) -> RunState:
    reader = TraceReader(file)
    if reader.truncated:
        print(f"note: “{printable(file.name)}” is cut short; what is whole is used.", file=sys.stderr)
    state = RunState()
    apply_recorded(state, list(reader))
    if state.start is None:
        raise BadInputError(f"“{file.name}” holds no run.", "It was cut before its first event.")
    return state


def _report(state: RunState, recorded: WhatIf, outlook: Outlook) -> list[str]:
    lines = [LABEL, ""]
    if state.start is not None:
        lines += [f"Question   {_short(state.start.setup.problem.question, TEXT_WIDTH)}", describe_run(state.start), ""]
    lines += _table(_rows(state, recorded, outlook))
    lines += ["", f"Why        {outlook.reason}"]
    lines += [f"Note       {note}" for note in outlook.notes]
    return lines


def _rows(state: RunState, recorded: WhatIf, outlook: Outlook) -> list[Row]:
    was, currency = summary(state), outlook.currency
    finished = f"{was['candidates']}, {was['candidates_finished']} to their end"
    judged = [("Judges", f"{was['verifier_tokens']:,} tokens", f"{outlook.verifier_tokens:,} tokens")]
    return [
        ("", "recorded", "what-if"),
        ("Strategy", _strategy(recorded), _strategy(outlook.what_if)),
        ("Verifiers", _verifiers(recorded.verifiers), _verifiers(outlook.what_if.verifiers)),
        ("Budget", _budget(recorded.budget), _budget(outlook.what_if.budget)),
        ("Answer", _answer(was["answer"], was["correct"]), _answer(outlook.answer, outlook.correct)),
        ("Ended", _ended(was["outcome"]), _ended(outlook.outcome)),
        ("Candidates", finished, f"{outlook.candidates}, {outlook.candidates_finished} to their end"),
        *_texts(outlook),
        ("Tokens", f"{was['completion_tokens']:,}", f"{outlook.completion_tokens:,}"),
        ("Prompts", _prompts(was), _prompts(msgspec.to_builtins(outlook))),
        *(judged if was["verifier_tokens"] else []),
        ("Time", f"{was['wall_seconds']:.2f} s", f"{outlook.seconds_estimate:.2f} s (estimate)"),
        ("FLOPs", _figure(was["flops"], ".3g", ""), _figure(outlook.flops, ".3g", "")),
        (
            "Energy",
            _figure(was["energy_joules"], ",.1f", " J", was["energy_is_estimate"]),
            _figure(outlook.energy_joules_estimate, ",.1f", " J", True),
        ),
        (
            "Cost",
            _figure(was["cost"], ".6f", f" {currency}", was["cost_is_estimate"]),
            _figure(outlook.cost_estimate, ".6f", f" {currency}", True),
        ),
    ]


def _texts(outlook: Outlook) -> list[Row]:
    """What a run that was not made again is chosen from."""
    return [] if outlook.chosen_among is None else [("Texts", "", f"{outlook.chosen_among} finished, to choose from")]


def _table(rows: Sequence[Row]) -> list[str]:
    width = max(len(recorded) for _, recorded, _ in rows)
    return [f"{title:<10} {recorded:<{width}}  {then}".rstrip() for title, recorded, then in rows]


def _strategy(what_if: WhatIf) -> str:
    settings = ", ".join(f"{name} {_value(value)}" for name, value in what_if.strategy.settings.items())
    return _short(f"{what_if.strategy.name} ({settings})" if settings else what_if.strategy.name)


def _value(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _verifiers(choices: Sequence[VerifierChoice]) -> str:
    return _short(", ".join(f"{choice.name} {choice.weight:g}" for choice in choices)) or "none"


def _budget(budget: Budget) -> str:
    bounds = {words: getattr(budget, unit) for unit, words in BUDGET_UNITS.items()}
    return ", ".join(f"{bound:,g} {words}" for words, bound in bounds.items() if bound is not None) or "none"


def _answer(answer: str | None, correct: bool | None) -> str:
    return shown_answer(_short(answer) if answer is not None else None, correct)


def _ended(outcome: str | None) -> str:
    words = {"no_answer": "without an answer", "budget": "by the budget", None: "before its end"}
    return words.get(outcome, outcome or "")


def _prompts(figures: dict[str, int]) -> str:
    return f"{figures['prompt_tokens']:,} computed, {figures['cached_tokens']:,} shared"


def _figure(value: float | None, form: str, unit: str, estimated: bool | None = False) -> str:
    if value is None:
        return "not known"
    return f"{value:{form}}{unit}" + (" (estimate)" if estimated else "")


def _short(text: str, width: int = WIDEST) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else f"{text[: width - 1]}…"
