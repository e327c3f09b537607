"""The worker process, for real: loading, running, stopping, and dying at every moment."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
import psutil
import pytest

from engine.acts import AddSimulations, TakeToken
from engine.events import AnyEvent, RunFailed, RunFinished, RunPaused, RunStarted, TokensDecoded
from engine.setup import DEFAULT_SAMPLING, Budget, LoadOptions, RunSetup, StrategyChoice, VerifierChoice
from engine.trace.fold import fold
from engine.types import Problem
from engine.worker.client import WorkerClient
from engine.worker.messages import (
    AnyReply,
    Died,
    Emitted,
    Ended,
    Intervene,
    Load,
    Loaded,
    LoadFailed,
    Loading,
    Pause,
    Refused,
    Resume,
    Start,
    Step,
    Stop,
)
from engine.worker.process import CRASH_VARIABLE
from engine.worker.safe_mode import SafeModeMemory
from tests.reward_files import write_qwen3

Kind = TypeVar("Kind")
PATIENCE = 60.0
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")


class Company:
    """A client, and everything it has said."""

    def __init__(self, model: str, folder: Path, hung_seconds: float) -> None:
        self.replies: queue.Queue[AnyReply] = queue.Queue()
        self.events: list[AnyEvent] = []
        self.load = LoadOptions(model)
        self.client = WorkerClient(self.replies.put, folder, hung_seconds)
        self.client.start()

    def next(self) -> AnyReply:
        reply = self.replies.get(timeout=PATIENCE)
        if isinstance(reply, Emitted):
            self.events += reply.events
        return reply

    def until(self, kind: type[Kind], accept: Callable[[Kind], bool] = lambda _: True) -> Kind:
        while True:
            reply = self.next()
            if isinstance(reply, kind) and accept(reply):
                return reply

    def until_event(self, accept: Callable[[AnyEvent], bool]) -> None:
        self.until(Emitted, lambda reply: any(accept(event) for event in reply.events))

    def setup(self, n: int = 4, question: str = "What is 47 + 35?", **changes: object) -> RunSetup:
        setup = RunSetup(
            problem=Problem(question, "82", "addition"),
            strategy=StrategyChoice("best-of-n", {"n": n}),
            verifiers=(VerifierChoice("arithmetic"), VerifierChoice("majority", 0.2)),
            sampling=msgspec.structs.replace(DEFAULT_SAMPLING, max_tokens=32),
            budget=Budget(),
            load=self.load,
            seed=1,
        )
        return msgspec.structs.replace(setup, **changes)

    def start(self, **options: object) -> None:
        self.events.clear()
        self.client.send(Start("run", self.setup(**options)))  # type: ignore[arg-type]

    def run(self, **options: object) -> list[AnyEvent]:
        self.start(**options)
        self.until(Ended)
        return list(self.events)


@pytest.fixture
def company(default_model: str, tmp_path: Path) -> Iterator[Company]:
    before = set(threading.enumerate())
    company = Company(default_model, tmp_path, hung_seconds=1.0)
    yield company
    company.client.close()
    assert set(threading.enumerate()) <= before
    assert company.client.pid is None


@pytest.fixture
def loaded(company: Company) -> Company:
    company.client.send(Load(company.load))
    company.until(Loaded)
    return company


def test_a_run_on_the_default_model_is_complete_and_counts_its_prompt_once(loaded: Company) -> None:
    state = fold(loaded.run(n=16))
    assert state.status == "finished"
    assert len(state.candidates) == 16
    assert all(c.status == "finished" and c.scores for c in state.candidates.values())
    prompt = next(iter(state.prompts.values()))
    assert state.ledger.prompt_tokens == prompt.tokens
    assert state.ledger.cached_tokens == 15 * prompt.tokens
    assert state.ledger.completion_tokens == sum(len(c.tokens) for c in state.candidates.values())
    assert state.answer is not None
    assert state.answer.answer is not None


def test_what_was_run_before_changes_neither_the_texts_nor_the_cost(loaded: Company) -> None:
    first = fold(loaded.run(n=4))
    loaded.run(n=7, seed=99)
    again = fold(loaded.run(n=4))
    assert again.ledger.prompt_tokens == first.ledger.prompt_tokens > 0
    assert [c.text for c in again.candidates.values()] == [c.text for c in first.candidates.values()]


def test_the_same_set_up_gives_the_same_texts_again(loaded: Company) -> None:
    first, second = fold(loaded.run()), fold(loaded.run())
    assert [c.text for c in first.candidates.values()] == [c.text for c in second.candidates.values()]
    loose = msgspec.structs.replace(DEFAULT_SAMPLING, temperature=1.5, top_k=0, top_p=1.0, min_p=0.0, max_tokens=12)
    first, another = fold(loaded.run(sampling=loose)), fold(loaded.run(sampling=loose, seed=2))
    assert [c.text for c in another.candidates.values()] != [c.text for c in first.candidates.values()]


def test_the_probabilities_of_a_token_and_its_alternatives_agree(loaded: Company) -> None:
    events = loaded.run(n=2)
    tokens = [token for event in events if isinstance(event, TokensDecoded) for token in event.tokens]
    for token in tokens:
        assert token.logprob <= 0
        assert len(token.alternatives) == DEFAULT_SAMPLING.alternatives
        assert [a.logprob for a in token.alternatives] == sorted((a.logprob for a in token.alternatives), reverse=True)
        for alternative in token.alternatives:
            if alternative.id == token.id:
                assert alternative.logprob == pytest.approx(token.logprob, abs=1e-3)


def test_stop_takes_effect_inside_a_decode_and_keeps_what_there_is(loaded: Company) -> None:
    """The prompt takes several decodes of a second or so: a stop between two would always let the first one end.

    A busy machine may hold this process up for as long, so it may try again.
    """
    for _ in range(3):
        loaded.start(n=16, question="Count. " * 500)
        loaded.until_event(lambda event: isinstance(event, RunStarted))
        loaded.client.send(Stop())
        loaded.until(Ended)
        state = fold(loaded.events)
        assert state.finish is not None
        assert state.finish.outcome == "stopped"
        assert {c.status for c in state.candidates.values()} == {"stopped"}
        if not any(isinstance(event, TokensDecoded) for event in loaded.events):
            break
    else:
        raise AssertionError("no decode was stopped before its end")
    assert fold(loaded.run()).status == "finished"


def test_pause_step_and_resume_lose_nothing(loaded: Company) -> None:
    whole = fold(loaded.run(n=2))
    loaded.start(n=2)
    loaded.client.send(Pause())
    loaded.until_event(lambda event: isinstance(event, RunPaused))
    for _ in range(3):
        before = len([e for e in loaded.events if isinstance(e, TokensDecoded) and e.tokens])
        loaded.client.send(Step("token"))
        loaded.until_event(lambda event: isinstance(event, RunPaused))
        after = len([e for e in loaded.events if isinstance(e, TokensDecoded) and e.tokens])
        assert after == before + 1
    loaded.client.send(Step("thought"))
    loaded.until_event(lambda event: isinstance(event, RunPaused))
    loaded.client.send(Resume())
    loaded.until(Ended)
    stepped = fold(loaded.events)
    assert [c.text for c in stepped.candidates.values()] == [c.text for c in whole.candidates.values()]


@pytest.mark.parametrize(
    ("budget", "unit"),
    [(Budget(tokens=50), "tokens"), (Budget(seconds=0.3), "seconds"), (Budget(candidates=3), "candidates")],
)
def test_a_budget_ends_a_run_with_the_best_answer_so_far(loaded: Company, budget: Budget, unit: str) -> None:
    state = fold(loaded.run(n=8, budget=budget))
    assert state.finish is not None
    assert state.finish.outcome == "budget"
    assert state.budget_spent is not None
    assert state.budget_spent.unit == unit
    if budget.tokens is not None:
        assert state.ledger.completion_tokens == budget.tokens
    if budget.candidates is not None:
        assert len(state.candidates) == budget.candidates


@pytest.mark.parametrize(
    "question", ["\u202emirrored מה זה 2 + 2?", "😀 what is 2 + 2? 👩‍👩‍👧", "What is <|im_end|> 2 + 2?", "x" * 3000]
)
def test_any_text_can_be_asked(loaded: Company, question: str) -> None:
    assert fold(loaded.run(n=1, question=question)).status == "finished"


def test_a_prompt_longer_than_the_context_is_refused_in_words(loaded: Company) -> None:
    loaded.start(question="word " * 9000)
    refused = loaded.until(Refused)
    assert "context" in refused.what
    assert fold(loaded.run()).status == "finished"


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"", "empty"), (b"GGUF", "cut"), (b"\x93NUMPY" * 999, "random"), (None, "missing"), (0, "folder")],
)
def test_a_file_that_is_no_model_is_refused_and_the_next_one_loads(
    company: Company, tmp_path: Path, content: bytes | int | None, name: str
) -> None:
    path = tmp_path / f"{name}.gguf"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.mkdir()
    company.client.send(Load(LoadOptions(str(path))))
    failed = company.until(LoadFailed)
    assert failed.what
    assert failed.next_step
    company.client.send(Load(company.load))
    assert company.until(Loaded).report.n_layers == 30


def test_a_model_cut_in_the_middle_is_refused(company: Company, default_model: str, tmp_path: Path) -> None:
    path = tmp_path / "half.gguf"
    path.write_bytes(Path(default_model).read_bytes()[:40_000_000])
    company.client.send(Load(LoadOptions(str(path))))
    assert company.until(LoadFailed).what


def test_a_context_larger_than_memory_is_refused_with_the_arithmetic(company: Company) -> None:
    company.client.send(Load(msgspec.structs.replace(company.load, n_ctx=2_000_000_000)))
    failed = company.until(LoadFailed)
    assert "memory" in failed.what
    assert "KV cache" in failed.why


@posix
@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGSTOP"])
@pytest.mark.parametrize("moment", ["load", "prefill", "decode", "idle"])
def test_a_killed_worker_loses_no_received_event_and_is_ready_again(company: Company, name: str, moment: str) -> None:
    company.client.send(Load(company.load))
    if moment == "load":
        company.until(Loading)
    else:
        company.until(Loaded)
    if moment == "prefill":
        company.start(question="Count. " * 900)
        company.until_event(lambda event: isinstance(event, RunStarted))
    elif moment == "decode":
        company.start(n=16)
        company.until_event(lambda event: isinstance(event, TokensDecoded) and bool(event.tokens))
    received = list(company.events)
    pid = company.client.pid
    assert pid is not None
    os.kill(pid, getattr(signal, name))
    died = company.until(Died)
    assert died.why
    assert died.during == {"load": "load", "idle": "idle"}.get(moment, "run")
    assert company.events[: len(received)] == received
    if moment in ("prefill", "decode"):
        assert isinstance(company.events[-1], RunFailed)
        assert fold(company.events).failure is not None
    company.until(Loaded)
    assert isinstance(fold(company.run()).finish, RunFinished)


@posix
def test_a_killed_worker_is_ready_again_soon(loaded: Company) -> None:
    pid = loaded.client.pid
    assert pid is not None
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    loaded.until(Loaded)
    assert time.monotonic() - began < 15  # the bound of 3 s is measured by `bench recovery`; this catches hangs


@posix
def test_a_build_that_crashes_in_the_probe_is_loaded_in_safe_mode_and_remembered(
    default_model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CRASH_VARIABLE, "1")
    company = Company(default_model, tmp_path, hung_seconds=4.0)
    company.client.send(Load(company.load))
    died = company.until(Died)
    report = company.until(Loaded).report
    assert "safe mode" in died.next_step
    assert report.safe_mode
    assert report.safe_mode_reason
    assert fold(company.run()).status == "finished"
    company.client.close()
    again = Company(default_model, tmp_path, hung_seconds=4.0)
    again.client.send(Load(again.load))
    assert again.until(Loaded).report.safe_mode
    assert not any(isinstance(reply, Died) for reply in list(again.replies.queue))
    again.client.close()


@posix
def test_a_run_that_waits_for_a_load_that_crashes_begins_in_safe_mode_and_keeps_its_step(
    default_model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CRASH_VARIABLE, "1")
    company = Company(default_model, tmp_path, hung_seconds=4.0)
    company.start()  # which loads its model
    company.client.send(Step("token"))
    died = company.until(Died)
    assert (died.during, died.restarting) == ("load", True)
    company.until_event(lambda event: isinstance(event, RunPaused))
    company.client.send(Resume())
    company.until(Ended)
    assert fold(company.events).status == "finished"
    company.client.close()


@posix
def test_a_run_with_another_model_finds_it_in_safe_mode_where_that_is_needed(
    default_model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CRASH_VARIABLE, "1")
    SafeModeMemory(tmp_path).remember("It crashed.")
    (tmp_path / "other.gguf").symlink_to(default_model)
    company = Company(default_model, tmp_path, hung_seconds=4.0)
    company.client.send(Load(company.load))
    company.until(Loaded)
    company.load = LoadOptions(str(tmp_path / "other.gguf"))
    assert fold(company.run()).status == "finished"
    assert company.events[0].setup.load.path == str(tmp_path / "other.gguf")
    company.client.close()


@posix
def test_a_worker_that_dies_at_every_load_is_given_up_in_words(company: Company) -> None:
    company.client.send(Load(company.load))
    for _ in range(3):
        company.until(Loading)
        pid = company.client.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        died = company.until(Died)
    assert not died.restarting
    company.client.send(Load(company.load))
    assert company.until(Loaded)


@posix
def test_a_worker_that_reads_nothing_holds_nobody_up_and_is_ended(loaded: Company) -> None:
    assert loaded.client.pid is not None
    os.kill(loaded.client.pid, signal.SIGSTOP)
    began = time.monotonic()
    loaded.start(question="x" * 1_000_000)  # far more than a pipe holds
    assert time.monotonic() - began < 0.5
    assert "did not answer" in loaded.until(Died).why
    loaded.until(Loaded)


@posix
def test_only_a_crash_in_the_probe_is_remembered_as_one(company: Company, tmp_path: Path) -> None:
    company.client.send(Load(company.load))
    company.until(Loading, lambda reply: reply.probing)
    pid = company.client.pid
    if pid is not None:  # on a machine whose kernels do crash it may be gone already
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    company.until(Loaded)
    assert "killed from outside" not in SafeModeMemory(tmp_path).reason()


def test_safe_mode_can_be_forgotten(tmp_path: Path) -> None:
    memory = SafeModeMemory(tmp_path)
    memory.remember("It crashed.")
    assert memory.reason() == "It crashed."
    memory.forget()
    assert memory.reason() == ""
    (tmp_path / "safe-mode.json").write_text("[" * 100_000)
    assert memory.reason() == ""


def judged_by(path: str) -> tuple[VerifierChoice, ...]:
    return (VerifierChoice("model-judge", 1.0, {"model": path}),)


def test_another_model_file_judges_in_the_same_worker_and_the_runs_own_stays_ready(
    loaded: Company, default_model: str, tmp_path: Path
) -> None:
    other = shutil.copy(default_model, tmp_path / "judge.gguf")
    state = fold(loaded.run(n=2, verifiers=judged_by(str(other))))
    assert state.finish is not None
    assert state.finish.outcome == "answered"
    assert all(0 < (c.scores["model-judge"].value or 0) < 1 for c in state.candidates.values())
    assert state.ledger.other_tokens == state.ledger.verifier_tokens + state.ledger.verifier_prompt_tokens > 300
    assert any(notice.text.startswith("Another model judges: ") for notice in state.notices)
    alone = fold(loaded.run(n=2, verifiers=judged_by(default_model)))  # the same file: nothing is loaded for it
    assert alone.ledger.other_tokens == 0
    assert not any("judges" in notice.text for notice in alone.notices)


def test_a_judges_model_that_is_not_there_is_refused_in_words_and_the_next_run_goes_on(loaded: Company) -> None:
    loaded.start(n=1, verifiers=judged_by("/nowhere/judge.gguf"))
    refused = loaded.until(Refused)
    assert "judge.gguf" in refused.what + refused.why
    assert fold(loaded.run(n=1)).status == "finished"


def test_a_reward_model_is_loaded_beside_the_runs_own_and_a_file_without_a_head_is_refused(
    loaded: Company, default_model: str, tmp_path: Path
) -> None:
    write_qwen3(tmp_path / "reward.gguf", context=2048)
    chosen = (VerifierChoice("reward-model", 1.0, {"model": str(tmp_path / "reward.gguf")}),)
    state = fold(loaded.run(n=2, verifiers=chosen))
    assert all(0 < (c.scores["reward-model"].value or 0) < 1 for c in state.candidates.values())
    assert state.ledger.other_tokens == state.ledger.verifier_prompt_tokens > 0
    loaded.start(n=1, verifiers=(VerifierChoice("reward-model", 1.0, {"model": default_model}),))
    refused = loaded.until(Refused)
    assert "is no reward model" in refused.what
    assert "no head" in refused.why
    assert "Qwen3" in refused.next_step


def endless_function() -> tuple[VerifierChoice, ...]:
    function = "def score(problem, answer, text):\n    while True: pass\n    return 1"
    return (VerifierChoice("user-function", 1.0, {"function": function, "seconds": 30.0}),)


def await_program(engine: psutil.Process) -> psutil.Process:
    """The process in which a verifier's program has begun to work."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        for child in engine.children():
            if child.cpu_times().user > 0.1:
                return child
        threading.Event().wait(0.01)
    raise AssertionError("no program has begun")


def test_a_stop_reaches_into_a_program_that_a_verifier_runs(loaded: Company) -> None:
    loaded.start(n=4, verifiers=endless_function(), sampling=msgspec.structs.replace(DEFAULT_SAMPLING, max_tokens=4))
    await_program(psutil.Process(loaded.client.pid))
    began = time.monotonic()
    loaded.client.send(Stop())
    loaded.until(Ended)
    assert time.monotonic() - began < 10  # one program alone may take 30 s
    details = {c.scores["user-function"].detail for c in fold(loaded.events).candidates.values() if c.scores}
    assert details == {"stopped from outside"}
    again = fold(loaded.run(n=2, verifiers=(VerifierChoice("user-function"),)))
    assert all("user-function" in c.scores for c in again.candidates.values())
    assert all("stopped" not in c.scores["user-function"].detail for c in again.candidates.values())


def test_an_engine_that_ends_leaves_no_program_behind(default_model: str, tmp_path: Path) -> None:
    company = Company(default_model, tmp_path, hung_seconds=1.0)
    company.client.send(Load(company.load))
    company.until(Loaded)
    company.start(n=2, verifiers=endless_function(), sampling=msgspec.structs.replace(DEFAULT_SAMPLING, max_tokens=4))
    program = await_program(psutil.Process(company.client.pid))
    company.client.close()
    assert not program.is_running()


@posix
def test_an_engine_killed_while_a_program_runs_is_noticed_at_once(loaded: Company) -> None:
    loaded.start(n=2, verifiers=endless_function(), sampling=msgspec.structs.replace(DEFAULT_SAMPLING, max_tokens=4))
    pid = loaded.client.pid
    assert pid is not None
    program = await_program(psutil.Process(pid))
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    loaded.until(Ended)
    loaded.until(Died)
    assert time.monotonic() - began < 5  # its program is still running, and holds nothing that is waited for
    program.kill()


def test_a_finished_search_on_the_default_model_is_taken_up_again_and_a_branch_grows_from_a_token(
    loaded: Company,
) -> None:
    search = StrategyChoice("mcts", {"simulations": 4, "children": 2, "prompt": "step-by-step"})
    first = fold(loaded.run(strategy=search))
    assert first.simulations == 4
    loaded.client.send(Intervene("run", AddSimulations(3)))
    loaded.until(Ended)
    more = fold(loaded.events)
    assert more.simulations == 7 or more.moves[-1].move.__class__.__name__ == "LoopEnded"
    assert list(more.candidates)[: len(first.candidates)] == list(first.candidates)

    source = next(c for c in more.candidates.values() if c.token_count >= 3)
    other = next(a for a in source.tokens[1].alternatives if a.id != source.tokens[1].id)
    loaded.client.send(Intervene("run", TakeToken(source.id, 1, other.id)))
    loaded.until(Ended)
    state = fold(loaded.events)
    branch = next(c for c in state.candidates.values() if c.purpose == "branch")
    assert state.whole_text(branch.id).startswith(state.whole_text(source.id)[: len(source.tokens[0].text)])
    assert branch.prefix == other.text
    assert state.status == "finished"


def test_an_act_without_a_run_changes_nothing(loaded: Company) -> None:
    loaded.client.send(Intervene("run", AddSimulations(3)))
    refused = loaded.until(Refused)
    assert refused.what == "The run cannot be taken up again."
    assert fold(loaded.run(n=1)).status == "finished"
