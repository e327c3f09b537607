"""The set-up of a run: one small file that can be sent to somebody and gives the same run."""

from __future__ import annotations

from typing import Literal, get_args

from msgspec import Struct
from msgspec.structs import replace

from engine.types import Problem, Sampling

SIMULATED = "simulated"  # in place of the path of a model: none at all, but texts whose odds are known
Value = int | float | str | bool
SplitMode = Literal["layer", "row", "none"]
FlashAttention = Literal["auto", "on", "off"]
FLASH_ATTENTION: dict[FlashAttention, bool | None] = {"auto": None, "on": True, "off": False}
SPLIT_MODES: tuple[SplitMode, ...] = get_args(SplitMode)


class LoadOptions(Struct, frozen=True):
    """How a model is loaded. `n_gpu_layers` -1 means all; `n_ctx`, `n_threads` 0 mean chosen by the engine.

    With several GPUs, `split_mode` says what is split: whole layers, rows of layers, or nothing (all on `main_gpu`);
    `tensor_split` gives each its share, empty by their free memory. `flash_attention` None is chosen by the run's
    shape. `safe_mode` goes without llama.cpp's extra kernels; `load_anyway` overrules the memory estimate.
    """

    path: str
    n_gpu_layers: int = -1
    main_gpu: int = 0
    split_mode: SplitMode = "layer"
    tensor_split: tuple[float, ...] = ()
    offload_kqv: bool = True
    n_ctx: int = 0
    n_threads: int = 0
    flash_attention: bool | None = None
    safe_mode: bool = False
    load_anyway: bool = False

    def is_same_model(self, other: LoadOptions | None) -> bool:
        """Whether nothing has to be loaded anew. Safe mode is decided by the machine: it makes no other model of it."""
        return other is not None and replace(self, safe_mode=False) == replace(other, safe_mode=False)


class StrategyChoice(Struct, frozen=True):
    """A strategy by its registered name, with the settings that differ from its defaults."""

    name: str
    settings: dict[str, Value] = {}


class VerifierChoice(Struct, frozen=True):
    """A verifier by its registered name, and its weight in the mix (> 0)."""

    name: str
    weight: float = 1.0
    settings: dict[str, Value] = {}


class Budget(Struct, frozen=True):
    """Upper bounds; None is unbounded. They mean the same in every strategy.

    `tokens` are generated tokens, a verifier's included; `all_tokens` are those and all that were computed of prompts.
    `seconds` exclude pauses. `candidates` are texts that were begun, `simulations` those of a tree search. `joules` and
    `price` (in the tariff's currency) are estimates wherever no counter can be read.
    """

    tokens: int | None = None
    seconds: float | None = None
    candidates: int | None = None
    all_tokens: int | None = None
    simulations: int | None = None
    joules: float | None = None
    price: float | None = None


BUDGET_UNITS = {
    "tokens": "tokens",
    "all_tokens": "tokens, those of prompts included",
    "seconds": "seconds",
    "candidates": "candidates",
    "simulations": "simulations",
    "joules": "joules",
    "price": "in price",
}


class Tariff(Struct, frozen=True):
    """What compute costs. `watts` is used only where no energy counter can be read, and the result is an estimate."""

    watts: float = 45.0
    price_per_kwh: float = 0.30
    currency: str = "EUR"


class RunSetup(Struct, frozen=True):
    """Everything that decides a run. Same set-up, same machine, same build: same run."""

    problem: Problem
    strategy: StrategyChoice
    verifiers: tuple[VerifierChoice, ...]
    sampling: Sampling
    budget: Budget
    load: LoadOptions
    seed: int
    tariff: Tariff = Tariff()


DEFAULT_SAMPLING = Sampling(
    temperature=0.7, top_k=40, top_p=0.95, min_p=0.05, repeat_penalty=1.0, max_tokens=160, stop=(), alternatives=5
)
