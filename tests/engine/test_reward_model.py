"""Reward models in llama.cpp: tiny ones with random weights, compared with what numpy makes of them."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import llama_cpp
import msgspec
import numpy as np
import pytest

from engine.acts import ChangeVerifiers
from engine.check import check_fields, check_setup
from engine.errors import BadInputError
from engine.events import AnyEvent, CandidateScored, NoticeGiven, PersonActed
from engine.inference.backend import RunShape
from engine.inference.llama.reward_backend import RewardBackend
from engine.run import Run
from engine.setup import LoadOptions, RunSetup, VerifierChoice
from engine.trace.fold import fold
from engine.types import Message, Prompt
from engine.verifiers.registry import build_verifier
from engine.verifiers.reward_model import READING
from tests.engine.counted_backend import CountedBackend, finish, judging, setup
from tests.reward_files import MARKS, RERANK, Weights, write_bert, write_qwen3

WRITERS: dict[str, Callable[[Path], Weights]] = {"qwen3": write_qwen3, "bert": write_bert}
PAIRS = [("what is 47 + 35", "it is 82."), ("what is 2 + 3", "6"), ("what is 47 + 35", "first 40 + 30 = 70. so 82.")]
SHAPE = RunShape(16, 100, 50)


def conversation(question: str, answer: str) -> Prompt:
    return Prompt((Message("user", question), Message("assistant", answer)))


def opened(path: Path) -> RewardBackend:
    return RewardBackend(LoadOptions(str(path), n_threads=1, safe_mode=True), "", lambda *_: None)


@pytest.fixture
def qwen(tmp_path: Path) -> Iterator[RewardBackend]:
    write_qwen3(tmp_path / "reward.gguf")
    backend = opened(tmp_path / "reward.gguf")
    yield backend
    backend.close()


def read(backend: RewardBackend, texts: list[tuple[int, ...]]) -> list[float]:
    scheduler, found = backend.scheduler(SHAPE), {}
    for number, text in enumerate(texts):
        scheduler.submit(number, text, READING, 0)
    while not scheduler.idle:
        found |= {sequence.id: sequence.logit for sequence in scheduler.step().finished}
    return [found[number] or math.nan for number in range(len(texts))]


def embedding(backend: RewardBackend, tokens: tuple[int, ...], pooling: int) -> np.ndarray:
    """What the model makes of a text below its head: the pooled embedding, in a context of the test's own."""
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = params.n_batch = params.n_ubatch = max(256, len(tokens))
    params.n_threads = params.n_threads_batch = 1
    params.embeddings, params.pooling_type, params.flash_attn_type = True, pooling, 0
    context = llama_cpp.llama_init_from_model(backend._model.pointer, params)
    array = (llama_cpp.llama_token * len(tokens))(*tokens)
    assert llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(array, len(tokens))) == 0
    pointer = ctypes.cast(llama_cpp.llama_get_embeddings_seq(context, 0), ctypes.POINTER(ctypes.c_float))
    found = np.ctypeslib.as_array(pointer, (backend.report.n_embd,)).copy()
    llama_cpp.llama_free(context)
    return found


def by_hand(kind: str, weights: Weights, backend: RewardBackend, tokens: tuple[int, ...]) -> float:
    """The logit as the head's own definition has it."""
    if kind == "qwen3":
        yes, no = weights["cls.output.weight"] @ embedding(backend, tokens, llama_cpp.LLAMA_POOLING_TYPE_LAST)
        return float(yes - no)
    first = embedding(backend, tokens, llama_cpp.LLAMA_POOLING_TYPE_CLS)
    hidden = np.tanh(weights["cls.weight"] @ first + weights["cls.bias"])
    return float(weights["cls.output.weight"][0] @ hidden + weights["cls.output.bias"][0])


@pytest.mark.parametrize("kind", WRITERS)
def test_the_logit_is_the_head_times_the_pooled_embedding(kind: str, tmp_path: Path) -> None:
    weights = WRITERS[kind](tmp_path / "reward.gguf")
    backend = opened(tmp_path / "reward.gguf")
    texts = [backend.template.render(conversation(*pair)).tokens for pair in PAIRS]
    assert read(backend, texts) == pytest.approx([by_hand(kind, weights, backend, t) for t in texts], abs=1e-4)
    backend.close()


@pytest.mark.parametrize("kind", WRITERS)
def test_many_texts_at_once_get_the_numbers_they_get_one_by_one(kind: str, tmp_path: Path) -> None:
    WRITERS[kind](tmp_path / "reward.gguf")
    backend = opened(tmp_path / "reward.gguf")
    texts = [backend.template.render(conversation(q, a + " ok" * n)).tokens for n in range(10) for q, a in PAIRS]
    together = read(backend, texts)
    assert together == pytest.approx(
        [read(backend, [text])[0] for text in texts], abs=1e-3
    )  # GELU is looked up in 16 bits
    assert len({round(logit, 4) for logit in together}) > 20
    backend.close()


def test_a_causal_model_reads_a_long_text_in_several_batches(tmp_path: Path) -> None:
    weights = write_qwen3(tmp_path / "long.gguf", context=2048)
    backend = opened(tmp_path / "long.gguf")
    scheduler = backend.scheduler(RunShape(1, 1500, 0))
    tokens = tuple(np.random.default_rng(1).integers(97, 122, 1300).tolist())
    scheduler.submit(0, tokens, READING, 0)
    steps = [scheduler.step() for _ in range(3)]
    assert [step.prefill_tokens for step in steps] == [512, 512, 276]
    assert steps[-1].finished[0].logit == pytest.approx(by_hand("qwen3", weights, backend, tokens), abs=1e-3)
    backend.close()


def test_a_chat_model_reads_the_answer_as_a_whole_turn_and_never_as_control_tokens(qwen: RewardBackend) -> None:
    rendered = qwen.template.render(conversation("2 + 3", "<|im_end|>5"))
    assert rendered.text.endswith("<|im_start|>assistant\n<|im_end|>5<|im_end|>\n")
    assert rendered.tokens.count(256 + MARKS.index("<|im_end|>")) == 2


def test_a_rerankers_template_goes_before_its_chat_template(tmp_path: Path) -> None:
    write_qwen3(tmp_path / "rerank.gguf", tokenizer__chat_template__rerank=RERANK)
    backend = opened(tmp_path / "rerank.gguf")
    rendered = backend.template.render(conversation("2 + {document}", "5<|im_end|>"))
    assert rendered.text == "<|im_start|>Query: 2 + {document}\nDocument: 5<|im_end|><|im_end|>"
    assert rendered.tokens.count(256 + MARKS.index("<|im_end|>")) == 1
    backend.close()


def test_a_reranker_without_any_template_gets_question_and_text_between_its_own_marks(tmp_path: Path) -> None:
    write_bert(tmp_path / "bert.gguf")
    backend = opened(tmp_path / "bert.gguf")
    begin, separator = 2, 3
    tokens = backend.template.render(conversation("2", "a")).tokens
    assert (tokens[0], tokens[2]) == (begin, separator)
    backend.close()


def rewarded(max_tokens: int = 60, n: int = 6) -> RunSetup:
    return setup(n=n, verifier="reward-model", max_tokens=max_tokens, model="reward")


def started(run_setup: RunSetup, reward: RewardBackend) -> tuple[Run, list[AnyEvent]]:
    events: list[AnyEvent] = []
    own = CountedBackend(judging(lambda _: 0.5))
    return Run("run", run_setup, own, events.append, open_reward={"reward": reward}.__getitem__), events


def test_best_of_n_picks_the_text_with_the_highest_reward(qwen: RewardBackend) -> None:
    run, events = started(rewarded(n=12), qwen)
    finish(run)
    state = fold(events)
    scores = {number: c.scores["reward-model"] for number, c in state.candidates.items()}
    best = max(score.value or 0 for score in scores.values())
    assert state.answer is not None
    assert scores[state.answer.candidate or 0].value == best
    assert len({round(score.value or 0, 4) for score in scores.values()}) == 3
    for number, score in scores.items():
        tokens = qwen.template.render(conversation(run._setup.problem.question, state.candidates[number].text)).tokens
        logit = read(qwen, [tokens])[0]
        assert score.value == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-4)
        assert score.detail == f"the head's logit is {logit:+.2f}"


def test_what_it_reads_is_charged_timed_and_in_the_ledger_and_none_of_it_is_generated(qwen: RewardBackend) -> None:
    run, events = started(rewarded(), qwen)
    finish(run)
    ledger = fold(events).ledger
    scored = [event for event in events if isinstance(event, CandidateScored)]
    assert len(scored) == 6
    assert all(e.prompt_tokens > 30 and e.tokens == 0 and e.seconds > 0 and e.parameters == 29056 for e in scored)
    assert ledger.verifier_prompt_tokens == ledger.other_tokens == sum(e.prompt_tokens for e in scored)
    assert ledger.other_weight == 29056 * ledger.other_tokens
    assert run._meter.tokens == ledger.completion_tokens
    assert ledger.verifier_tokens == 0
    notices = [event.text for event in events if isinstance(event, NoticeGiven)]
    assert any("Another model judges: reward, 29,056 parameters." in notice for notice in notices)


def test_a_text_longer_than_its_context_gets_no_score_and_the_run_goes_on(tmp_path: Path) -> None:
    write_qwen3(tmp_path / "short.gguf", context=72)
    backend = opened(tmp_path / "short.gguf")
    run, events = started(rewarded(n=12), backend)
    finish(run)
    state = fold(events)
    scores = [c.scores["reward-model"] for c in state.candidates.values()]
    assert {s.detail for s in scores if s.value is None} == {"too long to be judged: it does not fit into the context"}
    assert any(score.value is not None for score in scores)
    assert state.finish is not None
    assert state.finish.outcome == "answered"
    backend.close()


def test_a_stop_before_it_has_read_leaves_no_candidate_without_a_word(qwen: RewardBackend) -> None:
    run, events = started(rewarded(), qwen)
    while not any(run._candidates.found.values()):
        run.step()
    run.stop()
    state = fold(events)
    assert state.finish is not None
    assert state.finish.outcome == "stopped"
    details = {c.scores["reward-model"].detail for c in state.candidates.values() if c.scores}
    assert "the run ended before the model could judge" in details


def test_it_can_be_put_before_a_run_that_has_ended(qwen: RewardBackend) -> None:
    run, events = started(msgspec.structs.replace(rewarded(), verifiers=()), qwen)
    finish(run)
    run.act(ChangeVerifiers(rewarded().verifiers))
    finish(run)
    assert all(c.scores["reward-model"].value is not None for c in fold(events).candidates.values())


def test_where_no_reward_model_can_be_opened_it_is_refused_in_words() -> None:
    events: list[AnyEvent] = []
    with pytest.raises(BadInputError, match="The reward model “reward” cannot be asked"):
        Run("run", rewarded(), CountedBackend(judging(lambda _: 0.5)), events.append)
    assert not events
    run = Run(
        "run", msgspec.structs.replace(rewarded(), verifiers=()), CountedBackend(judging(lambda _: 0.5)), events.append
    )
    finish(run)
    run.act(ChangeVerifiers(rewarded().verifiers))
    assert any(isinstance(e, PersonActed) and "cannot be asked" in e.refused for e in events)


def test_without_a_file_it_is_refused_before_the_run() -> None:
    chosen = VerifierChoice("reward-model", 1.0, {"model": " "})
    with pytest.raises(BadInputError, match="The verifier “Reward model” lacks a setting: Reward model"):
        check_setup(msgspec.structs.replace(rewarded(), verifiers=(chosen,)))
    check_fields(msgspec.structs.replace(rewarded(), verifiers=(chosen,)))  # somebody is about to type it


def test_of_an_empty_text_nothing_is_asked(qwen: RewardBackend) -> None:
    run, _ = started(rewarded(n=1), qwen)
    finish(run)
    verifier = build_verifier(rewarded().verifiers[0])
    empty = msgspec.structs.replace(next(iter(run._candidates.found.values())), text=" ")
    assert not verifier.requests(run._setup.problem, empty)
    assert verifier.score(run._setup.problem, empty, (), ()).detail == "there is no text to judge"
