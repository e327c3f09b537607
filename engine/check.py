"""What is wrong with a set-up, said before anything is computed."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

from engine.errors import BadInputError
from engine.settings import resolve
from engine.setup import BUDGET_UNITS, Budget, LoadOptions, RunSetup, Tariff, VerifierChoice
from engine.strategies.registry import strategy_spec
from engine.types import Sampling
from engine.verifiers.registry import VERIFIERS, build_verifier

MAX_ALTERNATIVES = 20
MAX_WHOLE = 2**53  # what every program that reads a set-up or a recording can tell from its neighbours
MAX_TOKENS = 2**31 - 1
MIN_CONTEXT = 64
MAX_CONTEXT = 2**31 - 1
MAX_THREADS = 512  # llama.cpp's own limit
MAX_LAYERS = 100_000
MAX_DEVICES = 16


def check_setup(setup: RunSetup) -> None:
    """Refuses a set-up that cannot be carried out as it is.

    Raises:
        BadInputError: What is wrong, why, and what would be right.
    """
    _check_text("question", setup.problem.question)
    check_fields(setup)
    for choice in setup.verifiers:
        _check_complete(choice)


def check_fields(setup: RunSetup) -> None:
    """As `check_setup`, for one that is only shown: its question and what a verifier requires may still be missing.

    Raises:
        BadInputError: What is wrong, and what would be right.
    """
    if setup.problem.question.strip():
        _check_text("question", setup.problem.question)
    if setup.problem.answer is not None:
        _check_text("known answer", setup.problem.answer)
    _check_sampling(setup.sampling)
    _check_range("seed", setup.seed, -MAX_WHOLE, MAX_WHOLE, "The same seed gives the same run.")
    check_budget(setup.budget)
    _check_choices(setup.verifiers)
    _check_tariff(setup.tariff)
    check_load(setup.load)
    resolve(strategy_spec(setup.strategy).settings, setup.strategy.settings)


def check_load(load: LoadOptions) -> None:
    """Refuses load options that llama.cpp would crash on, or could not be sent to it.

    Raises:
        BadInputError: What is wrong, and what would be right.
    """
    _check_text("path of the model", load.path)
    _check_range("number of layers on the GPU", load.n_gpu_layers, -1, MAX_LAYERS, "-1 is all, 0 none.")
    _check_range("number of the main GPU", load.main_gpu, 0, MAX_DEVICES - 1, "0 is the first.")
    _check_range("number of threads", load.n_threads, 0, MAX_THREADS, "0 lets the engine choose.")
    if load.n_ctx:
        _check_range("context", load.n_ctx, MIN_CONTEXT, MAX_CONTEXT, "0 lets the engine choose.")
    if len(load.tensor_split) > MAX_DEVICES or not all(0 <= share < math.inf for share in load.tensor_split):
        raise BadInputError(
            "The split over the GPUs is not right.",
            f"It has up to {MAX_DEVICES} shares, each 0 or more.",
            "Leave it out to let llama.cpp split the model.",
        )


def _check_text(name: str, text: str) -> None:
    if "\0" in text:
        raise BadInputError(f"The {name} holds a NUL character.", "No model can read it.", "Remove it and try again.")
    if any(0xD800 <= ord(char) <= 0xDFFF for char in text):
        raise BadInputError(f"The {name} holds bytes that are not UTF-8 text.", next_step="Save or type it as UTF-8.")
    if not any(_is_visible(char) for char in text):
        raise BadInputError(f"The {name} is empty.", next_step=f"Type a {name.removeprefix('known ')}.")


def _is_visible(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char) not in ("Cc", "Cf")


def _check_sampling(sampling: Sampling) -> None:
    _check_range("temperature", sampling.temperature, 0, 5, "0 always takes the likeliest token, 0.7 is usual.")
    _check_range("min-p", sampling.min_p, 0, 1, "0 switches it off.")
    if not 0 < sampling.top_p <= 1:
        _refuse("top-p", sampling.top_p, "It must be above 0 and at most 1; 1 switches it off.")
    if sampling.top_k < 0:
        _refuse("top-k", sampling.top_k, "It must be 0 or more; 0 switches it off.")
    if not 0 < sampling.repeat_penalty <= 5:
        _refuse("repetition penalty", sampling.repeat_penalty, "It must be above 0 and at most 5; 1 switches it off.")
    if not 1 <= sampling.max_tokens <= MAX_TOKENS:
        advice = f"It goes from 1 to {_shown(MAX_TOKENS)}; 160 is usual."
        _refuse("token limit of a candidate", sampling.max_tokens, advice)
    if not 0 <= sampling.min_tokens <= sampling.max_tokens:
        _refuse("shortest length of a candidate", sampling.min_tokens, "It goes from 0 to the token limit.")
    _check_doubt(sampling)
    _check_range("number of alternatives", sampling.alternatives, 0, MAX_ALTERNATIVES, "5 is usual.")
    if any(not stop for stop in sampling.stop):
        raise BadInputError("A stop text is empty.", "Every candidate would end before it began.", "Leave it out.")
    if any(not text for text in sampling.watch):
        raise BadInputError("A watched text is empty.", "It has no first token.", "Leave it out.")


def _check_doubt(sampling: Sampling) -> None:
    floor, window = sampling.confidence_floor, sampling.confidence_window
    if not 0 <= window <= MAX_TOKENS:
        _refuse("group of tokens for confidence", window, "It must be 0 or more; 0 fits it to the length of the text.")
    if floor is None:
        return
    _check_range("lowest confidence of a candidate", floor, 0, 1e6, "Leave it out to end none for it.")
    if not window:
        why = "Without a number of tokens to take the mean over, there is nothing to compare with it."
        raise BadInputError(
            "A lowest confidence is given without a group of tokens.", why, "Set confidence_window too."
        )


def check_budget(budget: Budget) -> None:
    """Refuses bounds that leave nothing to work with.

    Raises:
        BadInputError: What is wrong, and what would be right.
    """
    for name, unit in BUDGET_UNITS.items():
        bound = getattr(budget, name)
        if bound is not None and not 0 < bound <= MAX_WHOLE:
            raise BadInputError(
                f"A budget of {_shown(bound)} {unit} leaves nothing to work with." if bound <= 0
                else f"A budget of {_shown(bound)} {unit} is not a number to count against.",
                next_step="Give a number above 0, or leave this budget out.",
            )  # fmt: skip


def check_verifiers(verifiers: Sequence[VerifierChoice]) -> None:
    """Refuses verifiers that do not exist, are chosen twice, weigh nothing or lack what they require.

    Raises:
        BadInputError: What is wrong, and what would be right.
    """
    _check_choices(verifiers)
    for choice in verifiers:
        _check_complete(choice)


def _check_choices(verifiers: Sequence[VerifierChoice]) -> None:
    seen: set[str] = set()
    for choice in verifiers:
        build_verifier(choice)
        if not 0 < choice.weight < math.inf:
            weight = f"The weight of the verifier “{choice.name}” cannot be {choice.weight:g}."
            raise BadInputError(weight, "It must be above 0.", "To leave a verifier out, do not choose it.")
        if choice.name in seen:
            raise BadInputError(
                f"The verifier “{choice.name}” is chosen twice.", next_step="Choose it once, with its weight."
            )
        seen.add(choice.name)


def _check_complete(choice: VerifierChoice) -> None:
    spec = VERIFIERS[choice.name]
    for setting in spec.settings:
        if setting.required and not str(choice.settings.get(setting.name, setting.default)).strip():
            raise BadInputError(f"The verifier “{spec.title}” lacks a setting: {setting.title}.", "", setting.help)


def _check_tariff(tariff: Tariff) -> None:
    _check_range("power of the machine", tariff.watts, 0, 1e6, "It is in watts.")
    _check_range("price of a kilowatt-hour", tariff.price_per_kwh, 0, 1e6, "0 leaves the price out.")


def _check_range(name: str, value: float, low: float, high: float, advice: str) -> None:
    if not low <= value <= high:  # a NaN is in no range
        _refuse(name, value, f"It goes from {_shown(low)} to {_shown(high)}. {advice}")


def _refuse(name: str, value: float, advice: str) -> None:
    raise BadInputError(f"The {name} cannot be {_shown(value)}.", next_step=advice)


def _shown(value: float) -> str:
    try:
        return f"{value:,}" if isinstance(value, int) and abs(value) < 10**12 else f"{value:g}"
    except OverflowError:  # a whole number can be larger than any other
        return "that large"
