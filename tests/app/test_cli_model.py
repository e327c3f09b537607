"""The command line with the default model, as a person starts it: a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUMMARY_FIELDS = (
    "answer correct strategy candidates prompt_tokens cached_tokens completion_tokens verifier_tokens wall_seconds "
    "ttft_seconds tokens_per_second cost energy_joules flops seed model backend"
)


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "main.py"), *arguments]


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "THINKSCOPE_DATA": str(folder / "data")}


def test_best_of_n_on_the_default_model_ends_with_a_full_summary_and_can_be_replayed(tmp_path: Path) -> None:
    trace = tmp_path / "run.tsrun"
    options = ["--strategy", "best-of-n", "--set", "n=3", "--verifier", "arithmetic", "--max-tokens", "24"]
    done = subprocess.run(
        command("run", "What is 47 + 35?", *options, "--answer", "82", "--events", str(trace), "--json"),
        env=environment(tmp_path), capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    summary = events[-1]
    assert events[0]["kind"] == "RunStarted"
    assert events[-2]["kind"] == "RunFinished"
    assert summary["kind"] == "summary"
    assert not [field for field in SUMMARY_FIELDS.split() if field not in summary]
    assert (summary["strategy"], summary["candidates"], summary["backend"]) == ("best-of-n", 3, "llama.cpp")
    assert 0 < summary["completion_tokens"] <= 3 * 24

    again = subprocess.run(command("replay", str(trace), "--json"), capture_output=True, text=True, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert again.stdout == done.stdout


@pytest.mark.skipif(os.name == "nt", reason="a signal to one process is POSIX")
def test_ctrl_c_ends_a_long_run_with_its_summary(tmp_path: Path) -> None:
    arguments = command("run", "Tell me a long story.", "--max-tokens", "2000", "--json")
    kinds: list[str] = []
    pressed = False
    with subprocess.Popen(arguments, env=environment(tmp_path), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            kinds.append(json.loads(line)["kind"])
            if not pressed and kinds.count("TokensDecoded") == 3:
                process.send_signal(signal.SIGINT)
                pressed = True
    assert process.returncode == 130
    assert kinds[-2:] == ["RunFinished", "summary"]
    assert kinds.count("TokensDecoded") < 2000


def test_a_prompt_longer_than_the_context_is_refused_in_words(tmp_path: Path) -> None:
    done = subprocess.run(
        command("run", "-", "--context", "256", "--json"),
        input="why " * 4000, env=environment(tmp_path), capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert "context" in done.stderr
    assert "Traceback" not in done.stderr
