"""What a run has used: tokens by kind, seconds, FLOPs, energy, money. Folded from events, never measured apart."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.events import (
    CandidateQueued,
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
    """Totals so far. Counts are tokens; `energy_joules` is None until something was read or estimated."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    verifier_tokens: int = 0
    verifier_seconds: float = 0.0
    decode_seconds: float = 0.0
    step_seconds: float = 0.0
    steps: int = 0
    first_token_at: float | None = None
    flops: float = 0.0
    energy_joules: float | None = None
    energy_source: EnergySource | None = None
    tariff: Tariff = field(default_factory=Tariff)
    model: ModelReport | None = None
    _context: dict[int, int] = field(default_factory=dict)

    @property
    def cost(self) -> float | None:
        """The price of the energy, in the tariff's currency; an estimate whenever the energy is one."""
        if self.energy_joules is None:
            return None
        return self.energy_joules / JOULES_PER_KWH * self.tariff.price_per_kwh

    def apply(self, event: Event) -> None:
        """Takes one event into account; the kinds that cost nothing are passed over."""
        match event:
            case RunStarted():
                self.tariff, self.model = event.setup.tariff, event.model
            case CandidateQueued():
                self._context[event.candidate] = 0
            case CandidateStarted():
                self._start(event)
            case TokensDecoded():
                self._decode(event)
            case CandidateScored():
                self.verifier_tokens += event.tokens
                self.verifier_seconds += event.seconds
            case EnergyRead():
                self.energy_joules, self.energy_source = event.joules, event.source
            case _:
                pass

    def _start(self, event: CandidateStarted) -> None:
        self.prompt_tokens += event.computed_tokens
        self.cached_tokens += event.cached_tokens
        first, count = event.cached_tokens, event.computed_tokens
        self._context[event.candidate] = first + count
        self.flops += self._flops(count, first * count + count * (count + 1) // 2)

    def _decode(self, event: TokensDecoded) -> None:
        if event.tokens and self.first_token_at is None:
            self.first_token_at = event.t
        self.completion_tokens += len(event.tokens)
        self.decode_seconds += event.decode_seconds
        self.step_seconds += event.step_seconds
        self.steps += 1
        looked_at = 0
        for token in event.tokens:
            context = self._context.get(token.candidate, 0) + 1
            self._context[token.candidate] = context
            looked_at += context
        self.flops += self._flops(len(event.tokens), looked_at)

    def _flops(self, tokens: int, looked_at: int) -> float:
        """About 2 x parameters a token, and 2 x layers x width for each token looked at (Kaplan et al. 2020)."""
        if self.model is None:
            return 0.0
        return 2.0 * self.model.parameters * tokens + 2.0 * self.model.n_layers * self.model.n_embd * looked_at
