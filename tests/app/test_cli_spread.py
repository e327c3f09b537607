"""`spread`: a table and a summary, JSON, the even split beside it, Ctrl+C, and refusals in words."""

from __future__ import annotations

import json
import signal
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from app.cli import run_command_line
from engine.errors import EngineError
from engine.inference.simulated_backend import SimulatedBackend, SimulatedDecoder
from engine.lab.problem_set_run import ProblemSetRun

Output = pytest.CaptureFixture[str]
TWO_SETS = ["spread", "one-digit-sums,two-digit-sums", "--model", "simulated"]


def lines(capsys: Output, *arguments: str, status: int = 0) -> list[dict[str, Any]]:
    assert run_command_line([*arguments, "--json"]) == status
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def refused(capsys: Output, *arguments: str) -> str:
    assert run_command_line(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert "Traceback" not in err
    return err


def test_each_problem_has_a_line_and_a_simulated_model_is_labelled(capsys: Output) -> None:
    assert run_command_line([*TWO_SETS, "--budget", "100"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("SIMULATED · ")
    assert "\x1b" not in out
    rows = [line for line in out.splitlines() if line.rstrip().endswith("?")]
    assert len(rows) == 20
    assert sum(int(row.split()[1]) for row in rows) == 100
    assert "Used      100 samples" in out
    assert "of 20 whose answer is known" in out


def test_what_is_saved_is_labelled_as_an_estimate_and_a_cap_is_said(capsys: Output) -> None:
    assert run_command_line([*TWO_SETS, "--budget", "400", "--most", "6"]) == 0
    out = capsys.readouterr().out
    assert "tokens (estimate: saved samples × mean length), against an even split of 400 samples" in out
    assert "unsettled problems had the 6 samples that one may get (--most)" in out


def test_json_is_every_sample_then_every_problem_then_a_summary(capsys: Output) -> None:
    found = lines(capsys, *TWO_SETS, "--budget", "100")
    assert Counter(line["kind"] for line in found) == {"sample": 100, "problem": 20, "summary": 1}
    samples = [line for line in found if line["kind"] == "sample"]
    summary = found[-1]
    assert (summary["kind"], summary["samples"], summary["problems"], summary["even"]) == ("summary", 100, 20, None)
    assert (summary["backend"], summary["budget"], summary["error"]) == ("simulated", 100, None)
    assert summary["completion_tokens"] == sum(sample["completion_tokens"] for sample in samples)
    assert lines(capsys, *TWO_SETS, "--budget", "100")[:-1] == found[:-1]


def test_the_even_split_takes_over_the_samples_that_are_there(capsys: Output) -> None:
    found = lines(capsys, *TWO_SETS, "--budget", "160", "--even")
    places = [(line["problem"], line["turn"]) for line in found if line["kind"] == "sample"]
    assert len(places) == len(set(places)) < 320
    assert found[-1]["even"]["samples"] == 160
    evenly = [line["samples"] for line in found if line["kind"] == "problem" and line["split"] == "even"]
    assert evenly == [8] * 20
    assert run_command_line([*TWO_SETS, "--budget", "160", "--even"]) == 0
    out = capsys.readouterr().out
    assert "than the even split took" in out
    assert "allotted by difficulty" in out


def test_problems_come_from_a_file_too_and_unknown_answers_are_not_counted(tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text('{"question": "Why is the sky blue?"}\n', "utf-8")
    found = lines(capsys, "spread", str(path), "--budget", "5", "--model", "simulated")
    assert (found[-1]["known"], found[-1]["accuracy"]) == (0, None)
    assert run_command_line(["spread", str(path), "--budget", "5", "--model", "simulated"]) == 0
    assert "known" not in capsys.readouterr().out


def press_after(monkeypatch: pytest.MonkeyPatch, samples: int) -> None:
    """Presses Ctrl+C, as a terminal does, once so many samples are there."""
    step = ProblemSetRun.step

    def watched(run: ProblemSetRun) -> None:
        step(run)
        if len(run.samples) >= samples and not pressed.is_set():
            pressed.set()
            signal.raise_signal(signal.SIGINT)
            interrupted.wait(10)

    def interrupt(run: ProblemSetRun) -> None:
        real_interrupt(run)
        interrupted.set()

    pressed, interrupted, real_interrupt = threading.Event(), threading.Event(), ProblemSetRun.interrupt
    monkeypatch.setattr(ProblemSetRun, "step", watched)
    monkeypatch.setattr(ProblemSetRun, "interrupt", interrupt)


def test_what_a_limit_for_each_problem_kept_back_is_not_said_to_be_saved(capsys: Output) -> None:
    few = ["spread", "one-digit-sums", "--model", "simulated", "--budget", "40", "--probe", "50", "--most", "3"]
    assert run_command_line(few) == 0
    out = capsys.readouterr().out
    assert "Settled   0 of 10 problems" in out
    assert "Saved     nothing, against an even split of 40 samples" in out
    assert "samples that one may get (--most): 10 samples fewer, which is no saving." in out


def test_ctrl_c_ends_it_with_what_is_there(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    press_after(monkeypatch, 10)
    found = lines(capsys, *TWO_SETS, "--budget", "160", "--even", status=130)
    assert found[-1]["stopped"]
    assert 10 <= found[-1]["samples"] < 160
    assert (found[-1]["even"], found[-1]["saved_samples"]) == (None, None)
    press_after(monkeypatch, 10)
    assert run_command_line([*TWO_SETS, "--budget", "160"]) == 130
    out = capsys.readouterr().out
    assert "It was stopped before its end" in out
    assert "Saved" not in out


def test_an_engine_that_fails_is_said_in_words_below_what_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    decode = SimulatedDecoder.decode

    def fail(decoder: SimulatedDecoder, items: Any) -> Any:
        if decoder.steps > 100:
            raise EngineError("The model could not be computed.", "The memory is broken.", "Buy some.")
        return decode(decoder, items)

    monkeypatch.setattr(SimulatedDecoder, "decode", fail)
    assert run_command_line([*TWO_SETS, "--budget", "160", "--even"]) == 3
    out, err = capsys.readouterr()
    assert "By difficulty" in out
    assert "Even split" not in out
    assert err.splitlines()[0] == "error: The model could not be computed."


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["spread"], "problems"),
        (["spread", "ladder"], "--budget"),
        (["spread", "frobnicate", "--budget", "10"], "neither a built-in set"),
        (["spread", "ladder", "--budget", "99"], "too small for 100 problems"),
        (["spread", "ladder", "--budget", "0"], "--budget"),
        (["spread", "ladder", "--budget", "many"], "--budget"),
        (["spread", "ladder", "--budget", "400", "--most", "0"], "--most"),
        (["spread", "ladder", "--budget", "400", "--probe", "0"], "--probe"),
        (["spread", "ladder", "--budget", "400", "--confidence", "0.3"], "--confidence"),
        (["spread", "ladder", "--budget", "400", "--confidence", "nan"], "--confidence"),
        (["spread", "ladder", "--budget", "400", "--seed", "9" * 40], "seed"),
        (["spread", "ladder", "--budget", "400", "--threads", "100000"], "threads cannot be 100,000"),
        (["spread", "ladder", "--budget", "400", "--max-tokens", "0"], "token"),
        (["spread", "ladder", "--budget", "400", "--model", "no-such-name"], "There is no model"),
        (["spread", "ladder", "--budget", "400", "--model", "/no/such/file.gguf"], "There is no file"),
    ],
)
def test_bad_input_is_one_message_and_status_2(arguments: list[str], words: str, capsys: Output) -> None:
    assert words in refused(capsys, *arguments)


def test_a_question_that_cannot_be_asked_is_refused_by_its_number(tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text('{"question": "What is 2 + 5?"}\n{"question": " "}\n', "utf-8")
    assert "Problem 2: The question is empty" in refused(
        capsys, "spread", str(path), "--budget", "8", "--model", "simulated"
    )


def test_the_models_memory_is_freed_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []
    monkeypatch.setattr(SimulatedBackend, "close", lambda backend: closed.append(backend))
    run_command_line([*TWO_SETS, "--budget", "20"])
    assert len(closed) == 1


def test_the_default_model_spreads_a_small_budget_over_sums(capsys: Output) -> None:
    options = ["--budget", "40", "--max-tokens", "40", "--threads", "1"]
    found = lines(capsys, "spread", "one-digit-sums", *options)
    summary = found[-1]
    assert (summary["kind"], summary["backend"], summary["problems"]) == ("summary", "llama.cpp", 10)
    assert summary["samples"] + summary["saved_samples"] == 40
    assert summary["right"] >= 7
    assert all(0 < line["completion_tokens"] <= 40 for line in found if line["kind"] == "sample")
