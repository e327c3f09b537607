"""The sandbox contains whatever runs in it, says what became of it in words, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from engine.verifiers.outcome import Outcome
from engine.verifiers.sandbox import GRACE_SECONDS, Sandbox, shared_sandbox
from tests.hostile_programs import HOSTILE, LIMITS, WITNESS, Hostile

ROOT = Path(__file__).resolve().parents[2]
SLACK_SECONDS = 8.0  # for a busy machine
PATIENCE = 30.0


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def wait_until(condition: Callable[[], bool]) -> bool:
    ends = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < ends:
        threading.Event().wait(0.01)
    return condition()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    shared_sandbox().close()  # other tests may have left it warm, and it would be counted here
    before = children()
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()
    assert children() <= before


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_a_hostile_program_is_contained_and_what_became_of_it_is_said(hostile: Hostile, sandbox: Sandbox) -> None:
    threads = threading.active_count()
    began = time.monotonic()
    outcome = sandbox.run(hostile.source, hostile.limits)
    took = time.monotonic() - began
    assert (outcome.kind, hostile.words in outcome.words) == (hostile.kind, True), outcome.words
    # no other limit than that of time needs time to be noticed
    assert took < (hostile.limits.seconds + GRACE_SECONDS if hostile.kind == "timeout" else 0) + SLACK_SECONDS
    assert len(outcome.words) < 150
    assert len(outcome.output) <= LIMITS.output
    assert not WITNESS.exists()
    assert threading.active_count() == threads
    assert len([child for child in psutil.Process().children() if child.name().startswith("monty")]) <= 1
    assert sandbox.run("1 + 1", LIMITS).value == 2


def test_the_corpus_is_large_and_each_program_in_it_is_another() -> None:
    assert len({hostile.source for hostile in HOSTILE}) == len({hostile.name for hostile in HOSTILE}) == len(HOSTILE)
    assert len(HOSTILE) >= 45


def test_a_program_that_ends_gives_its_value_and_what_it_printed(sandbox: Sandbox) -> None:
    outcome = sandbox.run("print('so', given)\n6 * 7", LIMITS, {"given": "far"})
    assert outcome == Outcome("ok", "ran to its end", 42, "so far\n")


def test_a_program_finds_nothing_of_the_one_before_it(sandbox: Sandbox) -> None:
    sandbox.run("left = 5", LIMITS)
    assert sandbox.run("left", LIMITS).words == "NameError: name 'left' is not defined"


def test_random_numbers_are_the_same_again(sandbox: Sandbox) -> None:
    draw = "import random\nrandom.random()"
    assert sandbox.run(draw, LIMITS).value == sandbox.run(draw, LIMITS).value


def test_a_failed_assertion_tells_the_values_and_one_inside_a_function_is_an_error_of_it(sandbox: Sandbox) -> None:
    assert sandbox.run("assert 2 + 2 == 5", LIMITS).words == "4 == 5"
    inside = sandbox.run("def f(x):\n    assert x > 5\n    return x\n\nassert f(2) == 2", LIMITS)
    assert (inside.kind, inside.words, inside.outer_line, inside.inner_line) == ("error", "AssertionError: 2 > 5", 5, 2)


def test_half_a_character_in_a_program_or_an_input_is_no_trouble(sandbox: Sandbox) -> None:
    assert sandbox.run("given + '\ud800'", LIMITS, {"given": "a\ud83d\0"}).value == "a?\0?"


@pytest.mark.parametrize(
    ("program", "lacking"),
    [
        ("def f():\n    yield 1", "yield expressions"),
        ("import heapq", "the module heapq"),
        ("from collections import OrderedDict", "collections.OrderedDict"),
        ("import sys\nsys.setrecursionlimit(10**6)", "sys.setrecursionlimit"),
        ("'a'.translate({})", "str.translate"),
        ("int.from_bytes(b'a', 'big')", "int.from_bytes"),
        ("bytearray(3)", "bytearray()"),
        ("class A(Exception): pass", "class inheritance and metaclasses"),
        ("x = [1]\ndel x[0]", "the 'del' statement"),
        ("from math import *", "Wildcard imports"),
        ("raise SystemExit(3)", "something in this program"),
    ],
)
def test_what_only_the_sandbox_lacks_is_no_mistake_of_the_program(program: str, lacking: str, sandbox: Sandbox) -> None:
    outcome = sandbox.run(program, LIMITS)
    assert (outcome.kind, outcome.words) == ("unsupported", f"the sandbox does not support {lacking}")


@pytest.mark.parametrize(
    "program",
    [
        "undefined",
        "import math\nmath.nonsense",
        "from math import nonsense",
        "'a'.nonsense",
        "raise NotImplementedError('negative numbers are not supported')",
        "raise AttributeError(\"module 'antigravity' has no attribute 'sky'\")",
        "raise TimeoutError('slow')",
        "raise MemoryError('full')",
        "'a' < 1",
        "def f(:",
    ],
)
def test_what_python_refuses_too_is_an_error(program: str, sandbox: Sandbox) -> None:
    assert sandbox.run(program, LIMITS).kind == "error"
    assert "antigravity" not in sys.modules


IGNORED = {
    "__lt__": "K() < 1",
    "__le__": "K() <= 1",
    "__gt__": "K() > 1",
    "__ge__": "K() >= 1",
    "__ne__": "assert (K() != 1) == 7",
    "__len__": "len(K())",
    "__bool__": "assert bool(K()) == 7",
    "__complex__": "complex(K())",
    "__bytes__": "bytes(K())",
    "__reversed__": "reversed(K())",
    "__format__": "assert f'{K()}' == 7",
    "__new__": "assert K() == 7",
    "__class_getitem__": "K[1]",
    "__getattr__": "K().missing",
    "__getattribute__": "K().missing",
    "__setattr__": "k = K()\nk.a = 1\nassert not hasattr(k, 'a')",
    "__iadd__": "k = K()\nk += 1",
    "__ior__": "k = K()\nk |= 1",
}


@pytest.mark.parametrize("method", IGNORED)
def test_a_special_method_that_the_sandbox_never_calls_is_a_gap_of_it(method: str, sandbox: Sandbox) -> None:
    program = f"class K:\n    def {method}(self, *others): return 7\n{IGNORED[method]}"
    assert sandbox.run(program, LIMITS).words == f"the sandbox does not support calling {method}"


@pytest.mark.parametrize(("method", "use"), [("__add__", "K() + 1"), ("__eq__", "K() == 1"), ("__getitem__", "K()[0]")])
def test_a_special_method_that_the_sandbox_calls_works(method: str, use: str, sandbox: Sandbox) -> None:
    assert sandbox.run(f"class K:\n    def {method}(self, *others): return 7\n{use}", LIMITS).value == 7


def test_a_worker_killed_from_outside_is_replaced(sandbox: Sandbox) -> None:
    sandbox.run("1", LIMITS)
    for child in psutil.Process().children():
        child.kill()
        psutil.wait_procs([child], timeout=PATIENCE)
    assert sandbox.run("2", LIMITS).value == 2


def test_an_interrupt_stops_the_program_at_once_and_the_next_ones_until_they_are_allowed(sandbox: Sandbox) -> None:
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(sandbox.run("while True: pass", LIMITS)))
    began = time.monotonic()
    thread.start()
    assert wait_until(lambda: any(child.cpu_times().user > 0.05 for child in psutil.Process().children()))
    sandbox.interrupt()
    thread.join(PATIENCE)
    assert [outcome.kind for outcome in outcomes] == ["stopped"]
    assert sandbox.run("1", LIMITS).kind == "stopped"
    assert time.monotonic() - began < LIMITS.seconds
    sandbox.allow()
    assert sandbox.run("1", LIMITS).value == 1


def test_the_last_words_of_a_worker_are_not_mixed_up_with_the_engines(capfd: pytest.CaptureFixture[str]) -> None:
    sandbox = Sandbox()
    try:
        for _ in range(2):  # the second time in a worker that is started in the place of the first
            assert sandbox.run("('a' * 10**5).join(['b'] * 10**5)", LIMITS).kind == "memory"
    finally:
        sandbox.close()
    os.write(2, b"the engine's\n")
    assert capfd.readouterr() == ("", "the engine's\n")


def test_without_a_sandbox_programs_are_not_judged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MONTY_BIN", str(tmp_path / "missing"))
    outcome = Sandbox().run("1", LIMITS)
    assert (outcome.kind, "could not be started" in outcome.words) == ("unavailable", True)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the time limit of the worker itself must do")
def test_a_worker_deep_in_one_operation_does_not_long_outlive_an_engine_that_is_killed() -> None:
    code = (
        "from engine.verifiers.limits import Limits; from engine.verifiers.sandbox import Sandbox;"
        "Sandbox().run('import math\\nmath.gcd(3**4_000_000, 7**3_000_000)', Limits(2.0, 64))"
    )
    engine = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    try:
        parent = psutil.Process(engine.pid)
        assert wait_until(lambda: any(child.cpu_times().user > 0.2 for child in parent.children()))
        [worker] = parent.children()
    finally:
        engine.send_signal(signal.SIGKILL)
        engine.wait()
    assert psutil.wait_procs([worker], timeout=PATIENCE)[1] == []


def test_a_process_that_ends_takes_its_worker_with_it() -> None:
    code = (
        "import psutil; from engine.verifiers.limits import Limits; from engine.verifiers.sandbox import Sandbox;"
        "Sandbox().run('1', Limits(3.0, 64)); print(psutil.Process().children()[0].pid)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (psutil.pid_exists(int(done.stdout)), done.stderr) == (False, "")


def test_a_start_of_the_engine_is_spared_the_import_of_the_interpreter() -> None:
    code = "import sys, engine.worker.process; print('engine.run' in sys.modules, 'pydantic_monty' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
