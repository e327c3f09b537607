"""One run on the command line, against a worker that is made up message by message."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable

import pytest

from app.cli_run import CommandLineRun
from app.cli_screens import JsonScreen, PlainScreen, spared_words
from engine.errors import ThinkscopeError
from engine.events import AnyEvent, CandidateFinished, CandidatesSpared, Event, RunFailed
from engine.trace.fold import RunState
from engine.worker.messages import (
    AnyCommand,
    AnyReply,
    Died,
    Emitted,
    Ended,
    Load,
    Loaded,
    LoadFailed,
    Loading,
    Refused,
    Start,
    Stop,
)
from tests import sample_run

EVENTS = sample_run.events(3)
RUN = "run"
Script = dict[type, list[AnyReply]]


class FakeClient:
    """Answers each command with the replies that the script has for it."""

    def __init__(self, on_reply: Callable[[AnyReply], None], script: Script) -> None:
        self.on_reply, self.script = on_reply, script
        self.sent: list[AnyCommand] = []
        self.closed = False

    def start(self) -> None:
        pass

    def send(self, command: AnyCommand) -> None:
        self.sent.append(command)
        for reply in self.script.get(type(command), []):
            self.on_reply(reply)

    def close(self) -> None:
        self.closed = True


class Kept(list[AnyEvent]):
    """A recording in memory."""

    def append(self, events: list[AnyEvent]) -> None:  # type: ignore[override]
        self.extend(events)


def run(script: Script, sink: object = None, screen: object = None) -> tuple[int, FakeClient]:
    clients: list[FakeClient] = []

    def make_client(on_reply: Callable[[AnyReply], None]) -> FakeClient:
        clients.append(FakeClient(on_reply, script))
        return clients[0]

    job = CommandLineRun(sample_run.setup(3), screen or JsonScreen(), make_client, sink, run_id=RUN)  # type: ignore[arg-type]
    status = job.execute()
    assert clients[0].closed
    return status, clients[0]


def whole_run() -> Script:
    half = len(EVENTS) // 2
    return {
        Load: [Loading("reading", 0.5), Loaded(sample_run.REPORT)],
        Start: [Emitted(RUN, EVENTS[:half]), Emitted(RUN, EVENTS[half:]), Ended(RUN)],
    }


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_run_prints_its_events_and_a_summary_and_returns_0(capsys: pytest.CaptureFixture[str]) -> None:
    kept = Kept()
    status, client = run(whole_run(), kept)
    printed = lines(capsys)
    assert status == 0
    assert [type(command) for command in client.sent] == [Load, Start]
    assert len(printed) == len(EVENTS) + 1
    assert printed[-1]["kind"] == "summary"
    assert kept == EVENTS


def test_a_model_that_cannot_be_loaded_returns_2_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    status, _ = run({Load: [LoadFailed("It is too big.", "It needs more memory.", "Choose a smaller one.")]})
    out, err = capsys.readouterr()
    assert (status, json.loads(out)["kind"]) == (2, "summary")
    assert err.splitlines() == ["error: It is too big.", "       It needs more memory.", "       Choose a smaller one."]


def test_a_refused_run_returns_2(capsys: pytest.CaptureFixture[str]) -> None:
    refusal = Refused(RUN, "The prompt is longer than the context.", "", "Shorten it.")
    status, _ = run({Load: [Loaded(sample_run.REPORT)], Start: [refusal]})
    assert status == 2
    assert "longer than the context" in capsys.readouterr().err


def test_a_death_while_loading_is_waited_out_and_the_run_goes_on() -> None:
    script = whole_run()
    script[Load] = [Died("The process died.", "", "", "load", restarting=True), Loaded(sample_run.REPORT)]
    assert run(script)[0] == 0


def test_a_death_without_hope_returns_3(capsys: pytest.CaptureFixture[str]) -> None:
    status, _ = run({Load: [Died("The process died.", "SIGSEGV", "", "load", restarting=False)]})
    assert status == 3
    assert "SIGSEGV" in capsys.readouterr().err


def test_a_death_in_the_run_keeps_what_was_received_and_returns_3(capsys: pytest.CaptureFixture[str]) -> None:
    part = EVENTS[: len(EVENTS) // 2]
    failed = RunFailed(part[-1].t, "The engine died.", "SIGKILL", "Run it once more.")
    died = Died("The engine died.", "SIGKILL", "", "run", restarting=True)
    script: Script = {
        Load: [Loaded(sample_run.REPORT)],
        Start: [Emitted(RUN, part), Emitted(RUN, [failed]), Ended(RUN), died],
    }
    kept = Kept()
    status, _ = run(script, kept)
    out, err = capsys.readouterr()
    assert status == 3
    assert kept == [*part, failed]
    assert json.loads(out.splitlines()[-1])["kind"] == "summary"
    assert "SIGKILL" in err


class InterruptingScreen(JsonScreen):
    """Presses Ctrl+C when the first token arrives."""

    def __init__(self) -> None:
        self.pressed = False

    def take(self, event: Event, state: RunState) -> None:
        super().take(event, state)
        if state.ledger.completion_tokens and not self.pressed:
            self.pressed = True
            signal.raise_signal(signal.SIGINT)


def test_ctrl_c_stops_the_run_and_keeps_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    cut = len(EVENTS) // 2
    script: Script = {
        Load: [Loaded(sample_run.REPORT)],
        Start: [Emitted(RUN, EVENTS[:cut])],
        Stop: [Emitted(RUN, EVENTS[cut:]), Ended(RUN)],
    }
    kept = Kept()
    status, client = run(script, kept, InterruptingScreen())
    assert status == 130
    assert isinstance(client.sent[-1], Stop)
    assert kept == EVENTS
    assert lines(capsys)[-1]["kind"] == "summary"


def test_a_full_disk_costs_the_recording_and_not_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    class FullDisk:
        def append(self, events: list[AnyEvent]) -> None:
            raise ThinkscopeError("The disk is full.")

    status, _ = run(whole_run(), FullDisk())
    out, err = capsys.readouterr()
    assert status == 0
    assert len(out.splitlines()) == len(EVENTS) + 1
    assert err.count("The disk is full.") == 1


def test_a_candidate_that_the_model_was_unsure_of_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    PlainScreen().take(CandidateFinished(1.5, 2, "doubt", "It", None, None, 7, -0.1, None, 0), RunState())
    assert (
        capsys.readouterr().out == "   1.50 s  candidate 3 ends (stopped: the model was unsure, 7 tokens): no answer\n"
    )
    words = "about 120 tokens (estimate), candidates 3 never asked and 2 stopped as the model was unsure"
    assert spared_words(CandidatesSpared(2.0, 3, 0, 120, doubted=2)) == words
