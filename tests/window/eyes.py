"""Runs `main.py`, and says on its output what is to be seen where. It never touches anything.

A line on the input is a Python expression about the window; its value goes out as a line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import traceback

import psutil
from PySide6.QtCore import QObject, QPoint, QSocketNotifier
from PySide6.QtWidgets import QApplication, QMenu, QWidget

import main as program
from app import application
from app.main_window import MainWindow
from engine.trace.fold import CandidateState

Place = tuple[int, int]


class Eyes(QObject):
    """Answers questions about a window.

    Args:
        window: The window.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window = window
        self._rest = b""
        self._ear = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, self)
        self._ear.activated.connect(self._on_ear_activated)

    def _on_ear_activated(self) -> None:
        heard = os.read(sys.stdin.fileno(), 65536)
        self._ear.setEnabled(bool(heard))
        *lines, self._rest = (self._rest + heard).split(b"\n")
        for line in lines:
            print(json.dumps(self._answer(line.decode())), flush=True)

    def _answer(self, question: str) -> object:
        names = {name: getattr(self, name) for name in dir(self) if not name.startswith("_")}
        try:
            return {"value": eval(question, {**names, "app": QApplication})}
        except Exception:
            return {"error": traceback.format_exc()}

    # --- where things are, in pixels of the screen ---------------------------------------------------------------

    def middle(self, widget: QWidget) -> Place | None:
        """The middle of a widget; None while a click there would not reach it."""
        return _place(widget, widget.rect().center())

    def entry(self, words: str) -> Place | None:
        """An entry of the menu that is open, if it can be chosen."""
        menu = QApplication.activePopupWidget()
        actions = menu.actions() if isinstance(menu, QMenu) else []
        found = (a for a in actions if a.text().startswith(words) and a.isEnabled() and a.isVisible())
        return next((_place(menu, menu.actionGeometry(action).center()) for action in found), None)

    def token(self, wanted: str) -> Place | None:
        """The first token on the ladder with that text and with alternatives."""
        ladder = self.window.stage.ladder.ladder
        port = ladder.viewport()
        for y in range(4, port.height(), 6):
            for x in range(4, port.width(), 4):
                place = ladder.token_place(QPoint(x, y))
                if place is not None and place.token.alternatives and wanted in place.token.text:
                    return _place(port, place.rect.center())
        return None

    def node(self, candidate: int) -> Place | None:
        """The node of a thought in the tree, once it has come to rest."""
        view = self.window.stage.tree.view
        point = None if view._timer.isActive() else view.place_in_view(candidate)
        return None if point is None else _place(view, point.toPoint())

    # --- what is so ----------------------------------------------------------------------------------------------

    @property
    def activity(self) -> str:
        """What the engine does."""
        return self.window.controller.activity

    @property
    def candidates(self) -> dict[int, CandidateState]:
        """The candidates of the run on the stage."""
        return self.window.stage.state.candidates

    @property
    def nodes(self) -> list[int]:
        """The thoughts that have a node of their own in the tree, the first one first."""
        return [id for id in self.candidates if self.window.stage.tree.view.place_in_view(id) is not None]

    @property
    def children(self) -> list[int]:
        """The processes that the program has started."""
        return [child.pid for child in psutil.Process().children(recursive=True)]

    @property
    def dialog(self) -> QWidget | None:
        """The dialogue that is open."""
        return QApplication.activeModalWidget()


def _place(widget: QWidget, point: QPoint) -> Place | None:
    """A point of a widget, if a click on it goes to the widget or into it."""
    place = widget.mapToGlobal(point)
    hit = QApplication.widgetAt(place) if widget.isVisible() else None
    return place.toTuple() if hit is not None and (hit is widget or widget.isAncestorOf(hit)) else None


def main() -> int:
    """Runs the program with eyes."""
    make = application.make_window

    def make_seen(*parts: object) -> MainWindow:
        window = make(*parts)
        Eyes(window)
        return window

    application.make_window = make_seen
    return program.main()


if __name__ == "__main__":
    sys.exit(main())
