"""Makes the pictures of the documents, from a real run in the real window: `uv run python -m docs.make_images`."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QSize, QTimer
from PySide6.QtWidgets import QApplication

from app.application import make_window
from app.main_window import MainWindow
from app.preferences import Preferences
from app.run_controller import RunController
from engine.trace.store import RunLibrary
from engine.worker.client import WorkerClient
from widgets.theme import ThemeName, install_theme, set_theme

FOLDER = Path(__file__).resolve().parent / "images"
SIZES = (QSize(1280, 800), QSize(1920, 1080))
THEMES: tuple[ThemeName, ...] = ("dark", "light")
LONGEST_WAIT_MS = 120_000
SETTLE_MS = 600  # sorted lanes have come to their places, bars to their ends


def main() -> None:
    """Runs what a new window is set up for, and takes its picture in both themes and two sizes."""
    app = QApplication(sys.argv[:1])
    install_theme(app, "dark")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        window = _window(Path(folder))
        _run(window)
        for theme in THEMES:
            set_theme(theme)
            for size in SIZES:
                _take(window, size, FOLDER / f"window-{theme}-{size.width()}.png")
        window.close()


def _take(window: MainWindow, size: QSize, path: Path) -> None:
    loop = QEventLoop()
    window.resize(size)
    QTimer.singleShot(SETTLE_MS, loop.quit)
    loop.exec()
    window.stage.finish_rendering()
    window.grab().save(str(path))


def _window(folder: Path) -> MainWindow:
    library = RunLibrary(folder / "runs")
    controller = RunController(lambda on_reply: WorkerClient(on_reply, folder), library.new_writer)
    window = make_window(controller, library, Preferences(folder / "preferences.ini"))
    window.resize(SIZES[0])
    window.show()
    window.load_plots()
    controller.start()
    return window


def _run(window: MainWindow) -> None:
    controller, loop = window.controller, QEventLoop()
    QTimer.singleShot(LONGEST_WAIT_MS, loop.quit)
    controller.model_changed.connect(lambda: loop.quit() if controller.model.status in ("ready", "failed") else None)
    controller.run_ended.connect(lambda _: QTimer.singleShot(SETTLE_MS, loop.quit))
    controller.load(window.setup_panel.setup().load)
    loop.exec()
    window.run()
    loop.exec()
    if controller.player.state.finish is None:
        raise SystemExit("The run did not come to its end.")


if __name__ == "__main__":
    main()
