"""What a run has used: tokens by kind, seconds, FLOPs, energy, money. Folded from events, never measured apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from engine.events import (
    CandidateFinished,
    CandidateScored,
    CandidateStarted,
    EnergyRead,
    EnergySource,
    Event,
    ModelReport,
    RunStarted,
    TokensDecoded,
)
from engine.setup import Tariff

JOULES_PER_KWH = 3.6e6


@dataclass(slots=True)
class Ledger:
    """Totals so far. Counts are tokens; `energy_joules` is None until something was read or estimated.

    `prompt_tokens` were computed for candidates' prompts, `cached_tokens` of them were found in the KV cache instead.
    `completion_tokens` were sampled for candidates, `verifier_tokens` for model judges, whose prompts are counted apart
    (`verifier_prompt_tokens` computed, `verifier_cached_tokens` found in the cache). `recomputed_tokens` were
    computed a second time because a full cache had lost them. `looked_at` is the sum, over all computed tokens, of
    the tokens that each attended to, itself included. `other_tokens` are those of model judges that another model
    computed, and `other_weight` is the sum of that model's parameters over them. `verifier_seconds` counts moments in
    which several candidates were before model judges once.
    """

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    verifier_tokens: int = 0
    verifier_prompt_tokens: int = 0
    verifier_cached_tokens: int = 0
    recomputed_tokens: int = 0
    looked_at: int = 0
    other_tokens: int = 0
    other_weight: int = 0
    verifier_seconds: float = 0.0
    decode_seconds: float = 0.0
    step_seconds: float = 0.0
    steps: int = 0
    first_token_at: float | None = None
    energy_joules: float | None = None
    energy_source: EnergySource | None = None
    tariff: Tariff = field(default_factory=Tariff)
    model: ModelReport | None = None
    _context: dict[int, int] = field(default_factory=dict)
    _heard_until: float = 0.0

    @property
    def computed_tokens(self) -> int:
        """All tokens that a model was run for."""
        candidates = self.prompt_tokens + self.completion_tokens + self.recomputed_tokens
        return candidates + self.verifier_tokens + self.verifier_prompt_tokens

    @property
    def recomputed_share(self) -> float:
        """The share of all tokens computed for candidates that had been computed before; 0 before the first."""
        computed = self.prompt_tokens + self.completion_tokens + self.recomputed_tokens
        return self.recomputed_tokens / computed if computed else 0.0

    @property
    def flops(self) -> float:
        """About 2 x parameters a token, and 2 x layers x width for each token looked at (Kaplan et al. 2020).

        0 before the model is known. What a model judge looked at is never known and is left out.
        """
        if self.model is None:
            return 0.0
        attention = self.model.n_layers * self.model.n_embd * self.looked_at
        own = self.model.parameters * (self.computed_tokens - self.other_tokens)
        return float(2 * (own + self.other_weight + attention))

    @property
    def cost(self) -> float | None:
        """The price of the energy, in the tariff's currency; an estimate whenever the energy is one."""
        if self.energy_joules is None:
            return None
        return self.energy_joules / JOULES_PER_KWH * self.tariff.price_per_kwh

    @property
    def estimated(self) -> bool:
        """Whether energy and cost are estimates rather than read from a counter."""
        return self.energy_source == "estimate"

    def copy(self) -> Ledger:
        """A ledger that goes its own way from here."""
        return replace(self, _context=dict(self._context))

    def apply(self, event: Event) -> None:
        """Takes one event into account; the kinds that cost nothing are passed over."""
        match event:
            case TokensDecoded():
                self.apply_steps((event,))
            case EnergyRead():
                self.energy_joules, self.energy_source = event.joules, event.source
            case CandidateStarted():
                self._start(event)
            case CandidateFinished():
                self._finish(event)
            case CandidateScored():
                self._score(event)
            case RunStarted():
                self.tariff, self.model = event.setup.tariff, event.model
            case _:
                pass

    def apply_steps(self, steps: Sequence[TokensDecoded]) -> None:
        """Takes decode steps into account: the same as `apply` of each, in half the time."""
        contexts, looked_at, completion_tokens = self._context, self.looked_at, self.completion_tokens
        decode_seconds, step_seconds = self.decode_seconds, self.step_seconds
        if self.first_token_at is None:
            self.first_token_at = next((step.t for step in steps if step.tokens), None)
        for step in steps:
            completion_tokens += len(step.tokens)
            decode_seconds += step.decode_seconds
            step_seconds += step.step_seconds
            for token in step.tokens:
                context = contexts.get(token.candidate, 0) + 1
                contexts[token.candidate] = context
                looked_at += context
        self.steps += len(steps)
        self.looked_at, self.completion_tokens = looked_at, completion_tokens
        self.decode_seconds, self.step_seconds = decode_seconds, step_seconds

    def add_candidate(self, cached_tokens: int, computed_tokens: int, completion_tokens: int) -> None:
        """Takes a whole candidate into account at once, as its events would: its prompt, and what it wrote."""
        self.cached_tokens += cached_tokens
        self.prompt_tokens += computed_tokens
        self.completion_tokens += completion_tokens
        self.looked_at += _looked_at(cached_tokens, computed_tokens)
        self.looked_at += _looked_at(cached_tokens + computed_tokens, completion_tokens)

    def _start(self, event: CandidateStarted) -> None:
        self.prompt_tokens += event.computed_tokens
        self.cached_tokens += event.cached_tokens
        self._context[event.candidate] = event.cached_tokens + event.computed_tokens
        self.looked_at += _looked_at(event.cached_tokens, event.computed_tokens)

    def _score(self, event: CandidateScored) -> None:
        self.verifier_tokens += event.tokens
        self.verifier_prompt_tokens += event.prompt_tokens
        self.verifier_cached_tokens += event.cached_tokens
        if event.parameters:
            self.other_tokens += event.tokens + event.prompt_tokens
            self.other_weight += event.parameters * (event.tokens + event.prompt_tokens)
        seconds = event.seconds
        if event.prompt_tokens + event.cached_tokens:
            seconds = min(seconds, event.t - self._heard_until)
            self._heard_until = event.t
        self.verifier_seconds += seconds

    def _finish(self, event: CandidateFinished) -> None:
        self._context.pop(event.candidate, None)
        # Where the cache was lost is not recorded: the cheapest place, the beginning of the text, is taken.
        self.recomputed_tokens += event.recomputed_tokens
        self.looked_at += _looked_at(0, event.recomputed_tokens)


def _looked_at(before: int, computed: int) -> int:
    """What `computed` tokens attend to after `before` others: before + 1, before + 2, ... summed."""
    return before * computed + computed * (computed + 1) // 2
