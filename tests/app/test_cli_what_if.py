"""`whatif` on the command line: a recorded run beside another one, and refusals in words."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from app.cli import run_command_line
from app.cli_what_if import LABEL, WhatIfOptions, make_what_if
from engine.errors import BadInputError
from engine.events import RunStarted
from engine.setup import Budget, VerifierChoice
from engine.trace.fold import fold
from engine.trace.reader import TraceReader
from engine.trace.store import write_trace
from engine.trace.summary import summary
from engine.what_if.pool import WhatIfPool
from tests.simulated_runs import make_setup, simulated_events

Output = pytest.CaptureFixture[str]
SETUP = make_setup("best-of-n", budget=Budget(tokens=5000), n=6)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "run.tsrun"
    write_trace(path, simulated_events(SETUP))
    return path


def found(capsys: Output, *arguments: str) -> dict[str, Any]:
    assert run_command_line(["whatif", *arguments, "--json"]) == 0
    out: dict[str, Any] = json.loads(capsys.readouterr().out)
    return out


def test_the_recorded_run_stands_beside_the_what_if_and_both_are_labelled(recording: Path, capsys: Output) -> None:
    assert run_command_line(["whatif", str(recording), "--strategy", "self-consistency", "--n", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line for line in lines if line}
    state = fold(TraceReader(recording))
    outlook = WhatIfPool(state).ask(make_what_if(WhatIfPool(state), WhatIfOptions("self-consistency", n=3)))
    assert lines[0] == LABEL == "WHAT-IF: no new tokens were generated"
    assert any("SIMULATED" in line for line in lines)
    assert any("recorded" in line and "what-if" in line for line in lines)
    assert "best-of-n (n 6)" in rows["Strategy"]
    assert "self-consistency (n 3)" in rows["Strategy"]
    assert f"{state.answer.answer if state.answer else None} (" in rows["Answer"]
    assert f"{outlook.answer} (" in rows["Answer"]
    assert re.split(r"\s{2,}", rows["Candidates"]) == ["Candidates 6, 6 to their end", "3, 3 to their end"]
    assert rows["Tokens"].split()[1:] == [f"{state.ledger.completion_tokens:,}", f"{outlook.completion_tokens:,}"]
    assert f"{outlook.seconds_estimate:.2f} s (estimate)" in rows["Time"]
    assert rows["Energy"].split() == ["Energy", "not", "known", "not", "known"]  # a simulated run uses none
    assert rows["Cost"].split() == ["Cost", "not", "known", "not", "known"]
    assert outlook.reason in rows["Why"]


def test_as_json_it_is_one_line_with_both_runs(recording: Path, capsys: Output) -> None:
    out = found(capsys, str(recording))
    assert (out["kind"], out["label"]) == ("what_if", LABEL)
    assert out["recorded"] == json.loads(json.dumps(summary(fold(TraceReader(recording)))))
    assert out["what_if"]["answer"] == out["recorded"]["answer"]
    assert out["what_if"]["reason"] == out["recorded"]["pick_reason"]
    assert out["what_if"]["completion_tokens"] == out["recorded"]["completion_tokens"]
    assert out["what_if"]["seconds_estimate"] == out["recorded"]["wall_seconds"]


def test_what_is_given_replaces_what_was_recorded_and_the_rest_stays(recording: Path, capsys: Output) -> None:
    arguments = ("-v", "mean-logprob:0.5", "--set", "choose=weighted-vote", "--budget-seconds", "60")
    asked = found(capsys, str(recording), *arguments)["what_if"]["what_if"]
    assert asked["strategy"] == {"name": "best-of-n", "settings": {"n": 6, "choose": "weighted-vote"}}
    assert asked["verifiers"] == [{"name": "mean-logprob", "weight": 0.5, "settings": {}}]
    assert {unit: bound for unit, bound in asked["budget"].items() if bound} == {"tokens": 5000, "seconds": 60.0}


def test_a_budget_cuts_the_run(recording: Path, capsys: Output) -> None:
    out = found(capsys, str(recording), "--budget-tokens", "40")["what_if"]
    assert (out["outcome"], out["completion_tokens"]) == ("budget", 40)
    assert found(capsys, str(recording), "--budget-candidates", "2")["what_if"]["candidates"] == 2


def test_every_bound_of_the_recorded_budget_stays_and_each_can_be_given() -> None:
    budget = Budget(tokens=5000, all_tokens=9000, joules=50.0, price=1.0)
    pool = WhatIfPool(fold(simulated_events(make_setup("best-of-n", budget=budget, n=2))))
    assert make_what_if(pool, WhatIfOptions(budget_tokens=40)).budget == replace(budget, tokens=40)
    options = WhatIfOptions(budget_all_tokens=1, budget_joules=2.0, budget_price=3.0)
    assert make_what_if(pool, options).budget == Budget(tokens=5000, all_tokens=1, joules=2.0, price=3.0)


def test_what_could_not_be_known_is_noted(tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "stopped.tsrun"
    write_trace(path, simulated_events(SETUP, steps=5))
    assert run_command_line(["whatif", str(path), "-s", "self-consistency"]) == 0
    assert "Note       6 candidates were stopped before their end" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--strategy", "magic"], "no strategy “magic”"),
        (["--strategy", "direct"], "cannot be answered from this run"),
        (["--strategy", "chain-of-thought", "--n", "3"], "has no number of candidates"),
        (["--n", "7"], "6 candidates are recorded"),
        (["--n", "0"], "cannot be 0"),
        (["--n", "many"], "--n"),
        (["--set", "n"], "not a setting"),
        (["--set", "frob=1"], "no setting “frob”"),
        (["--set", "mean-logprob.depth=1"], "judges nothing"),
        (["--verifier", "magic"], "no verifier “magic”"),
        (["--verifier", "majority:heavy"], "not a weight"),
        (["--verifier", "majority:nan"], "weight of the verifier"),
        (["--budget-tokens", "0"], "budget"),
        (["--budget-seconds", "nan"], "budget"),
        (["--frobnicate"], "No such option"),
    ],
)
def test_what_cannot_be_answered_is_one_message_and_status_2(
    recording: Path, arguments: list[str], words: str, capsys: Output
) -> None:
    assert run_command_line(["whatif", str(recording), *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert words in err
    assert "Traceback" not in err


def test_of_a_search_the_texts_that_it_found_are_chosen_from_and_that_is_said(tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "search.tsrun"
    write_trace(path, simulated_events(make_setup("mcts", budget=Budget(simulations=14))))
    assert run_command_line(["whatif", str(path), "-s", "self-consistency"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"Texts +\d+ finished, to choose from", said)
    assert "only a choice among the" in said
    less = found(capsys, str(path), "--budget-simulations", "4")["what_if"]
    assert (less["outcome"], less["budget_spent"]["unit"]) == ("budget", "simulations")


def test_what_is_no_recording_is_refused_in_words(tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "text").write_text("hello")
    for path in ("text", "missing", "."):
        assert run_command_line(["whatif", str(tmp_path / path)]) == 2
        assert capsys.readouterr().err.startswith("error: ")


def test_a_recording_that_is_cut_short_is_used_as_far_as_it_goes(recording: Path, capsys: Output) -> None:
    recording.write_bytes(recording.read_bytes()[:-3])
    status = run_command_line(["whatif", str(recording)])
    assert "cut short" in capsys.readouterr().err
    assert status in (0, 2)


def test_nothing_of_a_recording_drives_the_terminal(tmp_path: Path, capsys: Output) -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\x9b31m"
    events = [
        replace(e, model=replace(e.model, name=hostile),
                setup=replace(e.setup, problem=replace(e.setup.problem, question=f"What? {hostile}")))
        if isinstance(e, RunStarted) else e
        for e in simulated_events(SETUP)
    ]  # fmt: skip
    write_trace(tmp_path / "run.tsrun", events)
    assert run_command_line(["whatif", str(tmp_path / "run.tsrun"), "-v", "majority"]) == 0
    out = capsys.readouterr().out
    assert not any(char in out for char in "\x1b\x07\x9b")


def test_options_become_a_what_if_on_top_of_the_recorded_run() -> None:
    pool = WhatIfPool(fold(simulated_events(SETUP)))
    assert make_what_if(pool, WhatIfOptions()) == pool.recorded
    other = make_what_if(pool, WhatIfOptions(verifiers=("majority", "arithmetic:2")))
    assert other.verifiers == (VerifierChoice("majority"), VerifierChoice("arithmetic", 2.0))
    with pytest.raises(BadInputError):
        make_what_if(pool, WhatIfOptions(strategy="magic"))


def test_a_number_of_candidates_for_a_search_is_refused_with_what_can_be_asked_instead(
    tmp_path: Path, capsys: Output
) -> None:
    search = tmp_path / "search.tsrun"
    write_trace(search, simulated_events(make_setup("mcts", simulations=12)))
    assert run_command_line(["whatif", str(search), "--n", "2"]) == 2
    refusal = capsys.readouterr().err
    assert "“MCTS” has no number of candidates that --n could change." in refusal
    assert "--strategy best-of-n --n N" in refusal
    assert found(capsys, str(search), "--strategy", "best-of-n", "--n", "2")["what_if"]["chosen_among"] == 2
