"""A screen without a monitor, the program on it, and hands that move the mouse and press keys as a person's do."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("Xvfb", "xdotool")
Place = tuple[int, int]


def missing_tools() -> list[str]:
    """What has to be installed before a window can be driven here."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


class Screen:
    """An X server of its own, on the first display that is free. Nobody manages windows on it."""

    def __init__(self, size: str = "1440x900x24") -> None:
        answer, asked = os.pipe()
        command = ["Xvfb", "-displayfd", str(asked), "-screen", "0", size, "-nolisten", "tcp", "-noreset"]
        self._server = subprocess.Popen(command, pass_fds=[asked], stderr=subprocess.DEVNULL)
        os.close(asked)
        with os.fdopen(answer) as lines:
            self.display = f":{lines.readline().strip()}"
        assert self.display != ":", "Xvfb did not start."

    def close(self) -> None:
        """Ends the server."""
        _end(self._server)


class Program:
    """The program in a process of its own. Asked with `ask`; touched through the screen only.

    Args:
        screen: Where its window opens.
        data: Its data folder, and its home.
    """

    def __init__(self, screen: Screen, data: Path) -> None:
        self.environment = {
            **os.environ,
            "DISPLAY": screen.display,
            "THINKSCOPE_DATA": str(data),
            "HOME": str(data),
            "PYTHONPATH": str(ROOT),
        }
        self.environment.pop("QT_QPA_PLATFORM", None)  # so that the program looks for its screen, as it does anywhere
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.window.eyes"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    # --- seeing --------------------------------------------------------------------------------------------------

    def ask(self, question: str) -> object:
        """The value of an expression about the window; see `Eyes` for its words."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"The program has ended with {self._process.wait()}."
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def wait(self, question: str, seconds: float = 20.0) -> object:
        """Waits until what is asked is true, and returns it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = self.ask(question)
            if answer:
                return answer
            time.sleep(0.03)
        raise AssertionError(f"not so after {seconds:g} s: {question}")

    def wait_for_end(self, seconds: float = 10.0) -> int:
        """Waits until the program has ended by itself; returns its exit status."""
        return self._process.wait(seconds)

    # --- hands ---------------------------------------------------------------------------------------------------

    def click(self, place: str, button: int = 1) -> None:
        """Moves the mouse to a place (an expression) once it is there, and clicks."""
        x, y = self.wait(place)  # type: ignore[misc]
        self._do("mousemove", str(x), str(y), "click", str(button))

    def keys(self, *keys: str) -> None:
        """Presses keys, as `ctrl+s`, one after the other."""
        self._do("key", *keys)

    def type(self, text: str) -> None:
        """Types a text over what a field holds."""
        self._do("key", "ctrl+a", "type", "--delay", "1", text)

    def name_file(self, path: Path) -> None:
        """Types a name into the dialogue that asks for one."""
        self.wait("dialog is not None")
        self.type(str(path))
        self.keys("Return")
        self.wait("dialog is None")
        self.take_keys()

    def take_keys(self) -> None:
        """Without a window manager nobody gives a new window the keys."""
        self._do("search", "--sync", "--onlyvisible", "--name", "^Thinkscope$", "windowfocus", "--sync")

    def _do(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], env=self.environment, check=True, timeout=20)

    def close(self) -> None:
        """Ends the program if it has not ended by itself."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        _end(self._process)


def _end(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5.0)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
