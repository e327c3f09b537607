"""The command line: help, bad input in words, replay and models, without loading a model."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.cli import STRATEGY_NAMES, VERIFIER_NAMES, run_command_line
from app.cli_setup import RunOptions, make_setup, parse_settings, parse_value
from app.setup_file import write_setup
from engine.errors import BadInputError
from engine.events import AnswerPicked, CandidateScored, RunStarted
from engine.models.library import default_model_path
from engine.setup import LoadOptions, VerifierChoice
from engine.strategies.registry import STRATEGIES
from engine.trace.store import write_trace
from engine.verifiers.registry import VERIFIERS
from tests import sample_run
from tests.gguf_files import LLAMA, gguf

Output = pytest.CaptureFixture[str]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "sample.tsrun"
    write_trace(path, sample_run.events(4))
    return path


def refused(capsys: Output, *arguments: str) -> str:
    """Runs a command that must be refused, and returns what it said."""
    assert run_command_line(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize(
    "command", [[], ["run"], ["replay"], ["whatif"], ["spread"], ["models"], ["bench"], ["doctor"], ["bench", "ui"]]
)
def test_every_command_has_help(command: list[str], capsys: Output) -> None:
    assert run_command_line([*command, "--help"]) == 0
    assert "Usage: main.py" in capsys.readouterr().out


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What windows were opened with, in place of windows."""
    opened: list[tuple[object, ...]] = []
    monkeypatch.setattr("app.cli_window.open_window", lambda *given: opened.append(given) or 0)
    return opened


def test_the_window_takes_a_model_by_the_names_that_run_takes(
    windows: list[tuple[object, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default = default_model_path()
    monkeypatch.chdir(tmp_path)
    Path("small.gguf").write_bytes(gguf())
    for name in ("simulated", default.stem, str(default), "small.gguf"):
        assert run_command_line(["--model", name]) == 0
    assert windows == [(None, name) for name in ("simulated", str(default), str(default), str(tmp_path / "small.gguf"))]


def test_the_window_opens_a_file_that_is_named(windows: list[tuple[object, ...]], recording: Path) -> None:
    assert run_command_line(["--open", str(recording), "-m", "simulated"]) == 0
    assert run_command_line(["replay", str(recording), "--window"]) == 0
    assert windows == [(recording, "simulated"), (recording,)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", "no-such-name"], "There is no model"),
        (["--model", "/no/such/file.gguf"], "There is no file"),
        (["--open", "/no/such/file.tsrun"], "There is no file"),
        (["--frobnicate"], "No such option"),
        (["--model", "simulated", "models", "list"], "stands before `models`"),
    ],
)
def test_what_a_window_cannot_be_opened_with_is_said_before_it_opens(
    windows: list[tuple[object, ...]], arguments: list[str], words: str, capsys: Output
) -> None:
    assert words in refused(capsys, *arguments)
    assert windows == []


def test_without_a_display_the_window_says_so_and_fails(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert run_command_line(["--model", "simulated"]) == 3
    assert "no screen to open it on" in capsys.readouterr().err


def test_the_help_of_run_shows_examples(capsys: Output) -> None:
    run_command_line(["run", "--help"])
    assert 'main.py run "What is 47 + 35?"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["frobnicate"], "No such command"),
        (["run", "hello", "--frobnicate"], "No such option"),
        (["run"], "There is no prompt"),
        (["run", ""], "empty"),
        (["run", " \n\t "], "empty"),
        (["run", "hello", "--strategy", "magic"], "no strategy “magic”"),
        (["run", "hello", "--verifier", "magic"], "no verifier “magic”"),
        (["run", "hello", "--verifier", "majority:heavy"], "not a weight"),
        (["run", "hello", "--verifier", "majority:true"], "not a weight"),
        (["run", "hello", "--verifier", "majority:nan"], "weight of the verifier"),
        (["run", "hello", "--set", "n"], "not a setting"),
        (["run", "hello", "--set", "frob=1"], "no setting “frob”"),
        (["run", "hello", "--strategy", "best-of-n", "--set", "n=0"], "cannot be 0"),
        (["run", "hello", "--strategy", "best-of-n", "--set", "n=10000"], "cannot be 10000"),
        (["run", "hello", "--strategy", "best-of-n", "--set", "n=true"], "Candidates cannot be"),
        (["run", "hello", "--budget-tokens", "9" * 400], "budget"),
        (["run", "hello", "--seed", "9" * 40], "seed"),
        (["run", "hello", "--threads", "100000"], "threads cannot be 100,000"),
        (["run", "hello", "--temperature", "-1"], "temperature"),
        (["run", "hello", "--budget-tokens", "0"], "budget"),
        (["run", "hello", "--budget-seconds", "0"], "budget"),
        (["run", "hello", "--budget-tokens", "many"], "--budget-tokens"),
        (["run", "hello", "--max-tokens", "0"], "token"),
        (["run", "hello", "--model", "/no/such/file.gguf"], "There is no file"),
        (["run", "hello", "--model", "no-such-name"], "There is no model"),
        (["run", "hello", "--model", "~nobody-of-that-name/model.gguf"], "There is no file"),
        (["run", "hello", "--model", "https://example.org/a.gguf"], "web address"),
        (["run", "hello", "--setup", "/no/such/file"], "could not be opened"),
        (["replay", "/no/such/file"], "There is no file"),
        (["models", "info", "/no/such/file.gguf"], "There is no file"),
        (["bench", "throughput", "--candidates", "1,x"], "not a list"),
        (["bench", "throughput", "--candidates", "0"], "not a list"),
    ],
)
def test_bad_input_is_one_message_and_status_2(arguments: list[str], words: str, capsys: Output) -> None:
    assert words in refused(capsys, *arguments)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\x93NUMPY" + b"\0" * 99, "not a GGUF file"),
        (gguf()[:-10], "cut short"),
        (gguf({**LLAMA, "general.architecture": "bert"}), "embedding model"),
        (gguf({**LLAMA, "general.architecture": "frobnicator"}), "does not know the architecture"),
    ],
)
def test_a_wrong_model_file_is_refused_before_anything_is_loaded(
    tmp_path: Path, content: bytes, words: str, capsys: Output
) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    assert words in refused(capsys, "run", "hello", "--model", str(path))


def test_a_folder_is_no_model_and_no_recording(tmp_path: Path, capsys: Output) -> None:
    assert "is a folder" in refused(capsys, "run", "hello", "--model", str(tmp_path))
    assert "is a folder" in refused(capsys, "replay", str(tmp_path))


def test_a_recording_never_overwrites_a_file(tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "precious"
    path.write_text("precious")
    assert "is there already" in refused(capsys, "run", "hello", "--events", str(path))
    assert path.read_text() == "precious"


def test_a_recording_where_nothing_can_be_written_is_refused_before_the_run(tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "file").touch()
    assert "error: " in refused(capsys, "run", "hello", "--events", str(tmp_path / "file" / "run.tsrun"))


def test_a_name_that_leads_nowhere_is_there_already(tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "dangling.tsrun"
    try:
        path.symlink_to(tmp_path / "nowhere")
    except OSError:
        pytest.skip("no links here")
    assert "is there already" in refused(capsys, "run", "hello", "--events", str(path))


def test_an_error_of_the_programs_own_is_said_in_words_and_written_down(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Output
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise ZeroDivisionError("by hand")

    monkeypatch.setattr("app.cli_models.list_models", fail)
    assert run_command_line(["models", "list"]) == 3
    err = capsys.readouterr().err
    assert "ZeroDivisionError: by hand" in err
    assert "Traceback" not in err
    log = tmp_path / "data" / "errors.log"
    assert str(log) in err
    assert "Traceback" in log.read_text()


def test_an_output_that_is_full_is_said_in_words(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    def fail(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.cli_models.list_models", fail)
    assert run_command_line(["models", "list"]) != 0
    assert "The output cannot be written" in capsys.readouterr().err


def test_a_nul_on_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\0b")))
    assert "NUL" in refused(capsys, "run", "-")


def test_bytes_on_standard_input_that_are_no_text_are_refused(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\xffb")))
    assert "UTF-8" in refused(capsys, "run", "-")


def test_a_replay_as_json_is_every_event_and_a_summary(recording: Path, capsys: Output) -> None:
    assert run_command_line(["replay", str(recording), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == len(sample_run.events(4)) + 1
    assert [line["kind"] for line in lines][:2] == ["RunStarted", "PhaseEntered"]
    assert lines[-1]["kind"] == "summary"
    assert lines[-1]["candidates"] == 4


def test_a_replay_in_a_pipe_is_plain_lines_without_waiting(recording: Path, capsys: Output) -> None:
    assert run_command_line(["replay", str(recording), "--speed", "0.01"]) == 0
    out = capsys.readouterr().out
    assert "SIMULATED" in out
    assert "candidate 4 ends (stop" in out
    assert "Answer  82 (right)" in out
    assert "(estimate)" in out
    assert "\x1b" not in out


def test_a_cut_recording_shows_what_is_whole_and_says_so(recording: Path, capsys: Output) -> None:
    recording.write_bytes(recording.read_bytes()[:-7])
    status = run_command_line(["replay", str(recording), "--json"])
    out, err = capsys.readouterr()
    assert "cut short" in err
    assert "Traceback" not in err
    assert status in (0, 2)
    assert status == 2 or json.loads(out.splitlines()[-1])["kind"] == "summary"


def test_the_models_are_listed_as_json(capsys: Output) -> None:
    assert run_command_line(["models", "list", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)[0]
    assert first["path"] == str(default_model_path())
    assert (first["architecture"], first["problem"]) == ("llama", None)


def test_model_info_shows_the_arithmetic_of_the_memory_estimate(capsys: Output) -> None:
    assert run_command_line(["models", "info"]) == 0
    out = capsys.readouterr().out
    assert "KV cache: 4,096 tokens × 23,040 bytes" in out
    assert "134,515,008" in out


def test_settings_are_read_as_what_they_look_like() -> None:
    assert parse_settings(["n=16", "t=0.5", "on=true", "name=a=b"]) == {"n": 16, "t": 0.5, "on": True, "name": "a=b"}
    assert parse_value("1e3") == 1000.0
    with pytest.raises(BadInputError):
        parse_settings(["=1"])


def test_options_become_a_setup_and_the_known_answer_is_found() -> None:
    setup = make_setup(RunOptions(prompt="What is 47 + 35?", verifiers=("arithmetic:0.8", "majority"), seed=7))
    assert setup.problem.answer == "82"
    assert setup.verifiers == (VerifierChoice("arithmetic", 0.8), VerifierChoice("majority"))
    assert (setup.strategy.name, setup.seed, setup.load.path) == ("direct", 7, str(default_model_path()))
    assert make_setup(RunOptions(prompt="What is 47 + 35?", answer="83")).problem.answer == "83"


def test_a_setup_file_is_the_base_that_options_change(tmp_path: Path) -> None:
    path = tmp_path / "setup.thinkscope"
    base = sample_run.setup()
    write_setup(path, sample_run.setup())
    setup = make_setup(RunOptions(setup=path, model=str(default_model_path()), settings=("n=4",), budget_seconds=3.0))
    assert setup.problem == base.problem
    assert setup.strategy.settings == {"n": 4}
    assert (setup.budget.tokens, setup.budget.seconds) == (base.budget.tokens, 3.0)
    assert setup.load == LoadOptions(str(default_model_path()))


HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m"


def test_nothing_reaches_the_terminal_that_could_drive_it(tmp_path: Path, capsys: Output) -> None:
    events = [
        replace(e, model=replace(e.model, name=HOSTILE)) if isinstance(e, RunStarted)
        else replace(e, answer=HOSTILE, reason=HOSTILE) if isinstance(e, AnswerPicked)
        else replace(e, detail=HOSTILE) if isinstance(e, CandidateScored)
        else e
        for e in sample_run.events(2)
    ]  # fmt: skip
    write_trace(tmp_path / "run.tsrun", events)
    assert run_command_line(["replay", str(tmp_path / "run.tsrun")]) == 0
    assert run_command_line(["run", "hello", "--model", f"/tmp/{HOSTILE}.gguf"]) == 2
    assert run_command_line(["run", "hello", "--strategy", HOSTILE]) == 2
    for text in capsys.readouterr():
        assert text
        assert not any(char in text for char in "\x1b\x07\x9b")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path, capsys: Output) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    os.mkfifo(tmp_path / "pipe")
    assert "not a file" in refused(capsys, "replay", str(tmp_path / "pipe"))
    assert "not a file" in refused(capsys, "run", "--setup", str(tmp_path / "pipe"))


def test_the_help_names_every_strategy_and_every_verifier_that_there_is() -> None:
    assert STRATEGY_NAMES.rstrip(".").split(", ") == list(STRATEGIES)
    assert sorted(VERIFIER_NAMES.rstrip(".").split(", ")) == sorted(VERIFIERS)
