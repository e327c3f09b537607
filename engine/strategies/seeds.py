"""The seed of each trial: a pure function of the run's seed and the trial's id, the same on every machine."""

from __future__ import annotations

from hashlib import blake2b

_NO_SEED = 0xFFFFFFFF  # llama.cpp reads this one as "choose at random"


def trial_seed(run_seed: int, trial: int) -> int:
    """A seed in [0, 2^32 - 2]. Different trials of a run never share one; neighbouring runs look unrelated.

    The run's seed is hashed to a starting point, the trial counts on from there, and a permutation of the 32-bit
    numbers (the finaliser of MurmurHash3) scatters the result.
    """
    start = int.from_bytes(blake2b(str(run_seed).encode(), digest_size=8).digest(), "little")
    seed = _scatter((start + trial) % _NO_SEED)
    return seed if seed != _NO_SEED else _scatter(seed)


def _scatter(number: int) -> int:
    number ^= number >> 16
    number = number * 0x85EBCA6B & 0xFFFFFFFF
    number ^= number >> 13
    number = number * 0xC2B2AE35 & 0xFFFFFFFF
    return number ^ number >> 16
