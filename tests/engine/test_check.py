"""A set-up that cannot be carried out is refused in words, before anything is computed."""

from __future__ import annotations

import math

import msgspec
import pytest

from engine.check import check_load, check_setup
from engine.errors import BadInputError
from engine.setup import DEFAULT_SAMPLING, Budget, LoadOptions, RunSetup, StrategyChoice, Tariff, VerifierChoice
from engine.types import Problem

GOOD = RunSetup(
    problem=Problem("What is 47 + 35?", "82"),
    strategy=StrategyChoice("best-of-n", {"n": 16}),
    verifiers=(VerifierChoice("arithmetic", 0.8), VerifierChoice("majority", 0.2)),
    sampling=DEFAULT_SAMPLING,
    budget=Budget(tokens=1200, seconds=20.0),
    load=LoadOptions("model.gguf"),
    seed=1,
)


def test_a_good_set_up_passes() -> None:
    check_setup(GOOD)


@pytest.mark.parametrize("question", ["2 + 2 = 🤔", "كم يساوي ٢ + ٢؟", "日本の首都は？", "<|im_end|>", "a\nb\tc", "?"])
def test_any_script_is_a_question(question: str) -> None:
    check_setup(msgspec.structs.replace(GOOD, problem=Problem(question)))


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("", "is empty"),
        (" \n\t ", "is empty"),
        ("\u200b\u200f", "is empty"),
        ("What\0?", "NUL"),
        ("What \udcff?", "not UTF-8"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(question: str, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        check_setup(msgspec.structs.replace(GOOD, problem=Problem(question)))


def test_a_known_answer_must_say_something() -> None:
    with pytest.raises(BadInputError, match="known answer is empty"):
        check_setup(msgspec.structs.replace(GOOD, problem=Problem("Why?", " ")))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("temperature", -0.1, "temperature cannot be -0.1"),
        ("temperature", math.nan, "temperature cannot be nan"),
        ("temperature", 5.1, "temperature cannot be 5.1"),
        ("top_p", 0.0, "top-p"),
        ("top_p", 1.01, "top-p"),
        ("top_p", math.nan, "top-p"),
        ("top_k", -1, "top-k"),
        ("min_p", 2.0, "min-p"),
        ("repeat_penalty", 0.0, "repetition penalty"),
        ("max_tokens", 0, "token limit of a candidate cannot be 0"),
        ("max_tokens", 2**31, "token limit of a candidate cannot be 2,147,483,648"),
        ("max_tokens", 10**400, "cannot be that large"),
        ("min_tokens", -1, "shortest length of a candidate cannot be -1"),
        ("min_tokens", 161, "shortest length"),
        ("alternatives", 21, "alternatives"),
        ("stop", ("",), "stop text is empty"),
        ("confidence_window", -1, "group of tokens for confidence cannot be -1"),
        ("confidence_floor", math.nan, "lowest confidence of a candidate cannot be nan"),
        ("confidence_floor", 9.0, "without a group of tokens"),
        ("watch", ("Yes", ""), "watched text is empty"),
    ],
)
def test_sampling_out_of_bounds_is_refused(field: str, value: object, words: str) -> None:
    sampling = msgspec.structs.replace(DEFAULT_SAMPLING, **{field: value})
    with pytest.raises(BadInputError, match=words):
        check_setup(msgspec.structs.replace(GOOD, sampling=sampling))


def test_a_lowest_confidence_with_its_group_is_allowed() -> None:
    sampling = msgspec.structs.replace(DEFAULT_SAMPLING, confidence_floor=9.0, confidence_window=16)
    check_setup(msgspec.structs.replace(GOOD, sampling=sampling))


@pytest.mark.parametrize("temperature", [0.0, 5.0])
def test_the_ends_of_the_temperature_scale_are_allowed(temperature: float) -> None:
    check_setup(
        msgspec.structs.replace(GOOD, sampling=msgspec.structs.replace(DEFAULT_SAMPLING, temperature=temperature))
    )


@pytest.mark.parametrize(
    "budget",
    [
        Budget(tokens=0),
        Budget(tokens=-5),
        Budget(seconds=0.0),
        Budget(seconds=math.nan),
        Budget(seconds=math.inf),
        Budget(candidates=0),
        Budget(tokens=10**400),
        Budget(candidates=2**53 + 1),
    ],
)
def test_a_budget_of_nothing_is_refused(budget: Budget) -> None:
    with pytest.raises(BadInputError, match="A budget of"):
        check_setup(msgspec.structs.replace(GOOD, budget=budget))


@pytest.mark.parametrize(
    ("verifiers", "words"),
    [
        ((VerifierChoice("nobody"),), "no verifier “nobody”"),
        ((VerifierChoice("majority", 0.0),), "weight of the verifier “majority” cannot be 0"),
        ((VerifierChoice("majority", math.nan),), "weight"),
        ((VerifierChoice("majority"), VerifierChoice("majority")), "chosen twice"),
    ],
)
def test_verifiers_that_cannot_be_mixed_are_refused(verifiers: tuple[VerifierChoice, ...], words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        check_setup(msgspec.structs.replace(GOOD, verifiers=verifiers))


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        (StrategyChoice("magic"), "no strategy “magic”"),
        (StrategyChoice("best-of-n", {"n": 0}), "Candidates cannot be 0"),
        (StrategyChoice("best-of-n", {"n": 10_000}), "Candidates cannot be 10000"),
        (StrategyChoice("best-of-n", {"beams": 4}), "no setting “beams”"),
        (StrategyChoice("chain-of-thought", {"prompt": "rude"}), "Prompt cannot be “rude”"),
    ],
)
def test_a_strategy_that_cannot_be_built_is_refused(strategy: StrategyChoice, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        check_setup(msgspec.structs.replace(GOOD, strategy=strategy))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (LoadOptions("a\0b"), "path of the model holds a NUL"),
        (LoadOptions("m", n_gpu_layers=-2), "layers on the GPU cannot be -2"),
        (LoadOptions("m", n_gpu_layers=2**40), "layers on the GPU cannot be"),
        (LoadOptions("m", main_gpu=-1), "main GPU cannot be -1"),
        (LoadOptions("m", n_threads=-1), "threads cannot be -1"),
        (LoadOptions("m", n_threads=100_000), "threads cannot be 100,000"),
        (LoadOptions("m", n_ctx=-5), "context cannot be -5"),
        (LoadOptions("m", n_ctx=8), "context cannot be 8"),
        (LoadOptions("m", n_ctx=2**31), "context cannot be"),
        (LoadOptions("m", tensor_split=(1.0, -1.0)), "split over the GPUs"),
        (LoadOptions("m", tensor_split=(math.nan,)), "split over the GPUs"),
        (LoadOptions("m", tensor_split=(1.0,) * 17), "split over the GPUs"),
    ],
)
def test_load_options_that_llama_cpp_would_crash_on_are_refused(options: LoadOptions, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        check_load(options)
    with pytest.raises(BadInputError, match=words):
        check_setup(msgspec.structs.replace(GOOD, load=options))


@pytest.mark.parametrize("n_ctx", [0, 64, 8192])
def test_a_context_that_can_be_is_allowed(n_ctx: int) -> None:
    check_load(LoadOptions("m", n_ctx=n_ctx))


@pytest.mark.parametrize("seed", [2**53 + 1, -(2**53) - 1])
def test_a_seed_that_other_programs_would_round_is_refused(seed: int) -> None:
    with pytest.raises(BadInputError, match="seed cannot be"):
        check_setup(msgspec.structs.replace(GOOD, seed=seed))


@pytest.mark.parametrize("tariff", [Tariff(watts=-1.0), Tariff(watts=math.nan), Tariff(price_per_kwh=-0.1)])
def test_a_tariff_that_makes_no_sense_is_refused(tariff: Tariff) -> None:
    with pytest.raises(BadInputError, match="cannot be"):
        check_setup(msgspec.structs.replace(GOOD, tariff=tariff))


def test_a_refusal_says_what_to_do_next() -> None:
    with pytest.raises(BadInputError) as refusal:
        check_setup(msgspec.structs.replace(GOOD, budget=Budget(tokens=0)))
    assert refusal.value.next_step == "Give a number above 0, or leave this budget out."
