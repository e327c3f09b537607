"""A simulated model: a known distribution over whole texts, drawn byte by byte. Always labelled as simulated.

It keeps its KV cache like a real one, cell by cell, and refuses what a real one would compute wrongly without a word
(a gap in the positions, a slot used twice), so that tests of scheduling are tests of the bookkeeping as well.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence

import numpy as np

from engine.confidence import TOP
from engine.events import Backend as BackendName
from engine.events import ModelReport
from engine.inference.backend import RunShape
from engine.inference.chat_template import ChatTemplate
from engine.inference.decoder import BatchItem, DecodeStatus, Logits, Sampled, Sampler
from engine.inference.scheduler import Scheduler
from engine.inference.simulated_policy import SumPolicy, Texts
from engine.setup import SIMULATED
from engine.types import Alternative, Sampling

END, TURN = 256, 257  # after the 256 bytes: end of text, and the mark where a turn begins
N_VOCAB = 258
STEP_SECONDS, TOKEN_SECONDS = 0.004, 0.001  # what a simulated decode step takes, and each token in it
REPORT = ModelReport(
    name="Simulated model", path=SIMULATED, file_bytes=0, architecture="simulated", parameters=0, quantization="none",
    n_ctx_train=8192, n_ctx=8192, n_layers=0, n_embd=0, n_vocab=N_VOCAB, has_chat_template=True, layers_asked=0,
    layers_on_gpu=0, layers_total=0, device="simulated", gpu_supported=False, gpu_hint="", flash_attention=False,
    kv_layout="unified", safe_mode=False, safe_mode_reason="", n_threads=1, memory_estimated_bytes=0,
    memory_measured_bytes=0, load_seconds=0.0,
)  # fmt: skip
IMPOSSIBLE = -20.0  # a real model rules nothing out: for its confidence, what cannot follow is this log-probable

Policy = Callable[[str], Texts]


class SimulatedModel:
    """Implements `ChatModel`. `policy` gives, for a prompt, the texts that may follow and their probabilities."""

    adds_bos = False

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.n_vocab = N_VOCAB

    def chat_template(self) -> str | None:
        """A template in the style of many: each turn begins with a control character's name."""
        return "{% for message in messages %}<|turn|>{{ message.role }}: {{ message.content }}\n{% endfor %}<|turn|>"

    def token_text(self, name: str) -> str:
        """There are no such tokens."""
        return ""

    def tokenize(self, text: str, *, special: bool, start: bool) -> list[int]:
        """One token a byte; "<|turn|>" is a control token when `special`."""
        if not special:
            return list(text.encode("utf-8", "replace"))
        parts = text.split("<|turn|>")
        tokens = list(parts[0].encode("utf-8", "replace"))
        for part in parts[1:]:
            tokens += [TURN, *part.encode("utf-8", "replace")]
        return tokens

    def piece(self, token: int) -> bytes:
        """The byte, or nothing for control tokens."""
        return bytes([token]) if token < END else b""

    def is_end(self, token: int) -> bool:
        """Whether the token ends the text."""
        return token == END

    def logits(self, history: Sequence[int]) -> Logits:
        """Log-probabilities of the next byte after `history`, shape (N_VOCAB,)."""
        turn = len(history) - 1 - history[::-1].index(TURN)
        prompt = bytes(token for token in history[:turn] if token < END).decode("utf-8", "replace")
        written = bytes(token for token in history[turn + 1 :] if token < END)
        weights = np.zeros(N_VOCAB)
        for text, probability in self.policy(prompt).items():
            whole = text.encode()
            if whole.startswith(written):
                weights[whole[len(written)] if len(whole) > len(written) else END] += probability
        if not weights.any():
            weights[END] = 1.0
        with np.errstate(divide="ignore"):
            row: Logits = np.log(weights / weights.sum()).astype(np.float32)
        return row


class SimulatedSampler:
    """Draws from a row with a seeded generator; temperature and top-k are applied, the rest is not."""

    def __init__(self, sampling: Sampling, seed: int) -> None:
        self.alternatives = sampling.alternatives
        self._sampling = sampling
        self._chance = random.Random(seed)
        self.closed = False

    def draw(self, row: Logits) -> int:
        """A token id."""
        ranked = np.argsort(-row, kind="stable")[: self._sampling.top_k or len(row)]
        if self._sampling.temperature <= 0:
            return int(ranked[0])
        weights = np.exp((row[ranked] - row[ranked[0]]) / self._sampling.temperature)
        return int(self._chance.choices(ranked.tolist(), weights.tolist())[0])

    def close(self) -> None:
        """Nothing native is held; closing twice is an error of the caller."""
        if self.closed:
            raise AssertionError("a sampler is closed once")
        self.closed = True


class SimulatedDecoder:
    """Implements `Decoder` with a real bookkeeping of cells: a cell is one (position, token) held by some slots."""

    def __init__(
        self,
        model: SimulatedModel,
        *,
        cells: int,
        slots: int,
        shared: bool = True,
        n_batch: int = 512,
        partial: bool = True,
    ) -> None:
        self.model, self.cells, self.slots, self.shared, self.n_batch = model, cells, slots, shared, n_batch
        self.partial = partial
        self.cells_per_slot = cells if shared else cells // slots
        self.decoded_tokens = 0
        self.steps = 0
        self.fail_next: list[DecodeStatus] = []
        self._cells: dict[int, list[object]] = {slot: [] for slot in range(slots)}
        self._tokens: dict[int, list[int]] = {slot: [] for slot in range(slots)}
        self._rows: list[Logits] = []

    @property
    def cells_used(self) -> int:
        """Distinct cells held by any slot."""
        return len(set().union(*self._cells.values()))

    def decode(self, items: Sequence[BatchItem]) -> DecodeStatus:
        """Computes a batch, or refuses it as a full cache does."""
        if len(items) > self.n_batch:
            raise AssertionError("a batch is at most n_batch tokens")
        if self.fail_next:
            return self.fail_next.pop(0)
        if self._is_full(items):
            return "no_slot"
        self._rows = []
        for item in items:
            if item.position != len(self._tokens[item.slot]):
                raise AssertionError(
                    f"slot {item.slot} holds {len(self._tokens[item.slot])}, not {item.position} tokens"
                )
            self._cells[item.slot].append(object())
            self._tokens[item.slot].append(item.token)
            if item.output:
                self._rows.append(self.model.logits(self._tokens[item.slot]))
        self.decoded_tokens += len(items)
        self.steps += 1
        return "ok"

    def _is_full(self, items: Sequence[BatchItem]) -> bool:
        if self.shared:
            return self.cells_used + len(items) > self.cells
        return any(item.position >= self.cells_per_slot for item in items)

    def logits(self) -> Logits:
        """Logits of the last batch's outputs, shape (outputs, N_VOCAB)."""
        return np.stack(self._rows)

    def copy(self, source: int, target: int, length: int) -> None:
        """The first `length` cells of `source` are held by `target` too."""
        if self._tokens[target]:
            raise AssertionError(f"slot {target} is not empty")
        if length > len(self._tokens[source]):
            raise AssertionError(f"slot {source} does not hold {length} tokens")
        if length < len(self._tokens[source]) and not self.partial:
            raise AssertionError("a recurrent state can only be shared whole")
        cells = self._cells[source][:length]
        self._cells[target] = cells if self.shared else [object() for _ in cells]
        self._tokens[target] = self._tokens[source][:length]

    def truncate(self, slot: int, length: int) -> None:
        """Forgets what a slot holds from `length` on."""
        if length and not self.partial:
            raise AssertionError("a recurrent state cannot go back")
        self._cells[slot] = self._cells[slot][:length]
        self._tokens[slot] = self._tokens[slot][:length]

    def new_sampler(self, sampling: Sampling, seed: int) -> SimulatedSampler:
        """A seeded sampler."""
        return SimulatedSampler(sampling, seed)

    def sample(self, logits: Logits, picks: Sequence[tuple[int, Sampler]]) -> list[Sampled]:
        """Draws one token for each (row, sampler)."""
        drawn = []
        for index, sampler in picks:
            if not isinstance(sampler, SimulatedSampler):
                raise TypeError("a simulated decoder draws with its own samplers")
            row = logits[index]
            token = sampler.draw(row)
            best = np.argsort(-row, kind="stable")[: sampler.alternatives]
            others = tuple(Alternative(int(i), chr(i), float(row[i])) for i in best if math.isfinite(row[i]))
            weights = np.exp(row)
            entropy = -float(sum(w * math.log(w) for w in weights if w > 0))
            drawn.append(Sampled(token, float(row[token]), entropy, others, *_confidence(row)))
        return drawn


def _confidence(row: Logits) -> tuple[float, float]:
    """Self-certainty and DeepConf's token confidence of a row of log-probabilities."""
    logprobs = np.sort(np.maximum(row, IMPOSSIBLE))
    return -float(logprobs.mean()) - math.log(len(row)), -float(logprobs[-TOP:].mean())


class SimulatedBackend:
    """Implements `Backend` without any model file: what it writes is drawn from a policy whose odds are known.

    Args:
        policy: The texts it may write, by prompt.
        cells: KV cells; None is enough for any run.
        report: What is said to have been loaded.
        own_clock: Decode steps take the time that `clock` says, so that whole runs are the same everywhere.
    """

    name: BackendName = "simulated"

    def __init__(
        self,
        policy: Policy | None = None,
        cells: int | None = None,
        report: ModelReport = REPORT,
        *,
        own_clock: bool = False,
    ) -> None:
        self.vocabulary = SimulatedModel(policy or SumPolicy())
        self.template = ChatTemplate(self.vocabulary)
        self.report = report
        self.decoder: SimulatedDecoder | None = None
        self._cells, self._own_clock = cells, own_clock
        self._looks = 0

    def scheduler(self, shape: RunShape) -> Scheduler:
        """A new scheduler, with nothing in its cache."""
        slots = 256 if shape.kept_tokens else min(256, max(1, shape.sequences))
        cells = self._cells or shape.cells
        self.decoder = SimulatedDecoder(self.vocabulary, cells=cells, slots=slots, n_batch=max(512, shape.cells))
        return Scheduler(self.decoder, self.vocabulary, self.clock if self._own_clock else time.perf_counter)

    def room(self) -> int:
        """The context that the report names."""
        return self.report.n_ctx_train

    def clock(self) -> float:
        """Seconds that only decoding lets pass: so much a step, and so much a token in it.

        Each look at it takes a nanosecond, so that no two moments are the same, as on a real clock.
        """
        self._looks += 1
        steps, tokens = (self.decoder.steps, self.decoder.decoded_tokens) if self.decoder else (0, 0)
        return steps * STEP_SECONDS + tokens * TOKEN_SECONDS + self._looks * 1e-9

    def abort(self) -> None:
        """Nothing takes long enough to be ended in the middle."""

    def allow(self) -> None:
        """See `abort`."""

    def forget(self) -> None:
        """Every scheduler begins with an empty cache."""

    def close(self) -> None:
        """There is nothing to free."""
