"""From command line options to a run's set-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from app.setup_file import read_setup
from engine.errors import BadInputError
from engine.lab.problem_sets import make_problem
from engine.models.library import resolve_model
from engine.setup import (
    DEFAULT_SAMPLING,
    FLASH_ATTENTION,
    Budget,
    FlashAttention,
    LoadOptions,
    RunSetup,
    SplitMode,
    StrategyChoice,
    Value,
    VerifierChoice,
)
from engine.types import Problem


class RunOptions(msgspec.Struct, frozen=True):
    """What was given on the command line; None and empty mean: not given."""

    prompt: str | None = None
    strategy: str | None = None
    settings: tuple[str, ...] = ()
    verifiers: tuple[str, ...] = ()
    answer: str | None = None
    model: str | None = None
    seed: int | None = None
    budget_tokens: int | None = None
    budget_seconds: float | None = None
    budget_candidates: int | None = None
    budget_all_tokens: int | None = None
    budget_simulations: int | None = None
    budget_joules: float | None = None
    budget_price: float | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repeat_penalty: float | None = None
    min_tokens: int | None = None
    max_tokens: int | None = None
    gpu_layers: int | None = None
    main_gpu: int | None = None
    split_mode: SplitMode | None = None
    tensor_split: str | None = None
    kv_on_gpu: bool | None = None
    flash_attention: FlashAttention | None = None
    context: int | None = None
    threads: int | None = None
    safe_mode: bool | None = None
    load_anyway: bool | None = None
    setup: Path | None = None


def make_setup(options: RunOptions) -> RunSetup:
    """The set-up that the options describe, on top of a set-up file where one is given.

    Raises:
        BadInputError: Something is missing or malformed.
        ModelError: The model that is named cannot be found.
    """
    base = read_setup(options.setup) if options.setup else None
    if options.prompt is None and base is None:
        raise BadInputError("There is no prompt.", "", 'Write it after `run`, for example: run "What is 47 + 35?"')
    return RunSetup(
        problem=_problem(options, base),
        strategy=_strategy(options, base),
        verifiers=choose_verifiers(options.verifiers, options.settings, base.verifiers if base else ()),
        sampling=msgspec.structs.replace(
            base.sampling if base else DEFAULT_SAMPLING,
            **_given(
                temperature=options.temperature,
                top_k=options.top_k,
                top_p=options.top_p,
                min_p=options.min_p,
                repeat_penalty=options.repeat_penalty,
                min_tokens=options.min_tokens,
                max_tokens=options.max_tokens,
            ),
        ),
        budget=msgspec.structs.replace(
            base.budget if base else Budget(),
            **_given(
                tokens=options.budget_tokens,
                seconds=options.budget_seconds,
                candidates=options.budget_candidates,
                all_tokens=options.budget_all_tokens,
                simulations=options.budget_simulations,
                joules=options.budget_joules,
                price=options.budget_price,
            ),
        ),
        load=_load(options, base),
        seed=options.seed if options.seed is not None else base.seed if base else 1,
        **({"tariff": base.tariff} if base else {}),
    )


def _given(**values: Value | None) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}


def _problem(options: RunOptions, base: RunSetup | None) -> Problem:
    """The prompt, with its answer from --answer, or known because it is one of the built-in problems."""
    question = options.prompt if options.prompt is not None or base is None else base.problem.question
    if base is not None and question == base.problem.question and options.answer is None:
        return base.problem
    return make_problem(question or "", options.answer)


def _strategy(options: RunOptions, base: RunSetup | None) -> StrategyChoice:
    settings = strategy_settings(options.settings)
    if base is not None and options.strategy in (None, base.strategy.name):
        return StrategyChoice(base.strategy.name, {**base.strategy.settings, **settings})
    return StrategyChoice(options.strategy or "direct", settings)


def strategy_settings(pairs: Sequence[str]) -> dict[str, Value]:
    """What `--set KEY=VALUE` says about the strategy.

    Raises:
        BadInputError: As `parse_settings`.
    """
    return {key: value for key, value in parse_settings(pairs).items() if "." not in key}


def parse_settings(pairs: Sequence[str]) -> dict[str, Value]:
    """`key=value` pairs, the values as numbers or words of truth where they look like it, `@FILE` as what is in it.

    Raises:
        BadInputError: A pair has no `=` or no key, or a file cannot be read.
    """
    settings: dict[str, Value] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key.strip():
            raise BadInputError(f"“{pair}” is not a setting.", "", "Write --set key=value, for example --set n=16.")
        value = value.strip()
        settings[key.strip()] = _read_value(value[1:]) if value.startswith("@") else parse_value(value)
    return settings


def _read_value(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except (OSError, ValueError) as error:
        why = f"The system says: {getattr(error, 'strerror', None) or error}."
        raise BadInputError(f"“{path}” could not be read.", why, "Check the path after the @.") from None


def parse_value(text: str) -> Value:
    """A whole number, a number, true or false, or the text as it is."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def choose_verifiers(
    names: Sequence[str], settings: Sequence[str], base: tuple[VerifierChoice, ...] = ()
) -> tuple[VerifierChoice, ...]:
    """The verifiers of `--verifier NAME[:WEIGHT]`, or else those of `base`, with what `--set VERIFIER.KEY=VALUE` says.

    Raises:
        BadInputError: A weight or a setting is malformed, or a setting is given for a verifier that is not chosen.
    """
    return _with_settings(tuple(map(_verifier, names)) or base, parse_settings(settings))


def _with_settings(chosen: tuple[VerifierChoice, ...], settings: Mapping[str, Value]) -> tuple[VerifierChoice, ...]:
    """The verifiers with what `--set VERIFIER.KEY=VALUE` says about them."""
    given: dict[str, dict[str, Value]] = {}
    for key, value in settings.items():
        name, dot, setting = key.partition(".")
        if dot:
            given.setdefault(name, {})[setting] = value
    for name in given:
        if name not in {choice.name for choice in chosen}:
            raise BadInputError(
                f"A setting is given for “{name}”, which judges nothing.", "", f"Choose it as well: --verifier {name}."
            )
    return tuple(
        msgspec.structs.replace(choice, settings={**choice.settings, **given.get(choice.name, {})}) for choice in chosen
    )


def _verifier(text: str) -> VerifierChoice:
    name, colon, weight = text.partition(":")
    if not colon:
        return VerifierChoice(name)
    try:
        return VerifierChoice(name, float(weight))
    except ValueError:
        why = "A verifier is given as NAME or NAME:WEIGHT."
        raise BadInputError(f"“{weight}” is not a weight.", why, "Try arithmetic:0.8.") from None


def _load(options: RunOptions, base: RunSetup | None) -> LoadOptions:
    load = base.load if base else None
    if load is None or options.model is not None or not Path(load.path).is_file():
        # A set-up that somebody sent names the file as it lies on their machine: look for it by its name here.
        name = options.model or (Path(load.path.replace("\\", "/")).stem if load else None)
        path = str(resolve_model(name))
        load = msgspec.structs.replace(load, path=path) if load else LoadOptions(path)
    given = _given(
        n_gpu_layers=options.gpu_layers,
        main_gpu=options.main_gpu,
        split_mode=options.split_mode,
        offload_kqv=options.kv_on_gpu,
        n_ctx=options.context,
        n_threads=options.threads,
        safe_mode=options.safe_mode,
        load_anyway=options.load_anyway,
    )
    if options.flash_attention is not None:
        load = msgspec.structs.replace(load, flash_attention=FLASH_ATTENTION[options.flash_attention])
    if options.tensor_split is not None:
        load = msgspec.structs.replace(load, tensor_split=parse_shares(options.tensor_split))
    return msgspec.structs.replace(load, **given)


def parse_shares(text: str) -> tuple[float, ...]:
    """The shares of several GPUs, as `3,1`.

    Raises:
        BadInputError: They are not numbers.
    """
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        why = "Each GPU has a share, with commas between them."
        raise BadInputError(f"“{text}” is not a split over GPUs.", why, "Try 3,1.") from None
