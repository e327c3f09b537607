"""The pool: the candidates of one recorded run, ready for any number of what-ifs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from engine.check import check_setup
from engine.errors import BadInputError
from engine.settings import Setting, resolve
from engine.setup import StrategyChoice, Value, VerifierChoice
from engine.strategies.registry import strategy_spec
from engine.trace.fold import RunState
from engine.verifiers.registry import VERIFIERS, build_verifier
from engine.what_if.outlook import Outlook, make_outlook
from engine.what_if.recorded_run import RecordedRun
from engine.what_if.recorded_verifier import RecordedVerifier
from engine.what_if.rehearsal import Rehearsal
from engine.what_if.request import WhatIf
from engine.what_if.reranking import Reranking
from engine.what_if.spending import Spending


class WhatIfPool:
    """Answers what-ifs over one run. Scores are kept, so that the next what-if costs less than the first.

    Args:
        state: The run at its end. It is read again when a what-if stops a candidate: it must not go on.

    Attributes:
        recorded: The what-if that changes nothing.
        candidates: How many candidates a strategy can ask for.

    Raises:
        BadInputError: There is no run in it, or its strategy is not known here.
    """

    def __init__(self, state: RunState) -> None:
        self._run = RecordedRun(state)
        self._spending = Spending(self._run)
        self._verifiers: dict[tuple[str, tuple[tuple[str, Value], ...]], RecordedVerifier] = {}
        self.recorded = WhatIf.of(self._run.setup)
        self.candidates, self.is_independent = self._run.candidates, self._run.is_independent

    def ask(self, what_if: WhatIf) -> Outlook:
        """What would have come of the run.

        Raises:
            BadInputError: The what-if is no set-up that can be run, or it would need texts that were not recorded.
        """
        setup = what_if.applied_to(self._run.setup)
        check_setup(setup)
        verifiers = [self._verifier(choice) for choice in setup.verifiers]
        if self._run.is_independent:
            ending: Rehearsal | Reranking = Rehearsal(setup, self._run, verifiers)
        else:
            ending = Reranking(setup, self._run, verifiers, self._spending)
        ending.perform()
        return make_outlook(what_if, ending, self._run)

    def curve(self, what_if: WhatIf, counts: Iterable[int] | None = None) -> list[Outlook]:
        """The same what-if for several numbers of candidates, by default for those of `curve_counts`.

        Raises:
            BadInputError: As `ask`; the strategy has no number of candidates.
        """
        counts = curve_counts(self.candidates) if counts is None else counts
        return [self.ask(what_if.with_candidates(n)) for n in counts]

    def prepare(self, verifiers: Iterable[VerifierChoice]) -> Iterator[None]:
        """Works out the scores of candidates that a what-if with these verifiers would have to wait for.

        It does one at a time and yields, so that an idle moment can be used for some of them.

        Raises:
            BadInputError: There is no such verifier.
        """
        for verifier in map(self._verifier, verifiers):
            if verifier.uses_peers:
                continue
            for record in self._run.found:
                for step in self._run.chain(record) if verifier.judges_steps else [record]:
                    verifier.score(self._run.setup.problem, step.candidate, (step.candidate,), ())
                    yield

    def choice(self, name: str | None = None, settings: Mapping[str, Value] | None = None) -> StrategyChoice:
        """A strategy for a what-if: what is not set stays as the run had it, as far as the strategy has the same.

        Args:
            name: Its registered name; None is the run's own.
            settings: What is set.

        Raises:
            BadInputError: There is no such strategy.
        """
        own, given = self._run.setup.strategy, settings or {}
        if name in (None, own.name):
            return StrategyChoice(own.name, {**own.settings, **given})
        spec = strategy_spec(StrategyChoice(name or own.name))
        had = resolve(strategy_spec(own).settings, own.settings)
        kept = {s.name: had[s.name] for s in spec.settings if s.name in had and _takes(s, had[s.name])}
        if any(setting.name == "n" for setting in spec.settings):
            own_n = int(had.get("n", self.candidates)) if self._run.is_independent else self.candidates
            kept["n"] = max(1, min(own_n, self.candidates))
        return StrategyChoice(spec.name, {**kept, **given})

    def _verifier(self, choice: VerifierChoice) -> RecordedVerifier:
        key = choice.name, tuple(sorted(_values(choice).items()))
        if key not in self._verifiers:
            self._verifiers[key] = self._recorded_verifier(choice)
        return self._verifiers[key]

    def _recorded_verifier(self, choice: VerifierChoice) -> RecordedVerifier:
        verifier = build_verifier(choice)
        if not self._had(choice):
            return RecordedVerifier(verifier)
        verdicts = {number: record.verdicts.get(choice.name) for number, record in self._run.records.items()}
        # What came after the budget's end was cut short by it: the judge had not spoken.
        cut = self._run.budget_spent.t if self._run.budget_spent is not None else math.inf
        recorded = {n: verdict for n, verdict in verdicts.items() if verdict is not None and verdict.t < cut}
        short = {n: verdict for n, verdict in verdicts.items() if verdict is not None and verdict.t >= cut}
        return RecordedVerifier(verifier, recorded, short, cut_off=not self._run.in_order)

    def _had(self, choice: VerifierChoice) -> bool:
        """Whether the run had this verifier with the same settings."""
        own = next((own for own in self._run.setup.verifiers if own.name == choice.name), None)
        try:
            return own is not None and _values(own) == _values(choice)
        except BadInputError:  # the run was made by a version with other settings
            return False


def curve_counts(most: int) -> list[int]:
    """The numbers of candidates that a curve is drawn through: all up to 16, then four to each doubling, and the last.

    An eye finds no more on a logarithmic axis, and each point is a what-if of its own.
    """
    quarters = (base * part // 4 for base in (16 << k for k in range(most.bit_length())) for part in range(5, 9))
    return sorted({*range(1, min(16, most) + 1), *(n for n in quarters if n < most), *([most] if most else [])})


def _takes(setting: Setting, value: Value) -> bool:
    """Whether a setting can have the value that another strategy's of that name had, and has it not by itself."""
    try:
        return resolve([setting], {setting.name: value})[setting.name] != setting.default
    except BadInputError:
        return False


def _values(choice: VerifierChoice) -> dict[str, Value]:
    spec = VERIFIERS.get(choice.name)
    return resolve(spec.settings, choice.settings, "verifier") if spec else dict(choice.settings)
