"""The tab Compare: puts the race, its page and the set-up together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.model_finder import ModelFinder
from app.race import Race
from app.run_controller import RunController
from app.trace_opener import TraceOpener
from engine.contest.contestant import FEWEST, MOST, Contestant
from engine.contest.ready import READY_CONTESTS
from engine.errors import BadInputError, ThinkscopeError
from engine.setup import RunSetup
from widgets.compare.compare_view import CompareView
from widgets.translation import tr

SetupSource = Callable[[], RunSetup | None]


class CompareTab(QObject):
    """Wires them.

    Args:
        controller: What runs.
        look: Gives the set-up as it stands.
        take: Gives it as well, or None when a field is wrong, which it then points at.
    """

    trouble_raised = Signal(object)  # ThinkscopeError

    def __init__(
        self,
        controller: RunController,
        look: Callable[[], RunSetup],
        take: SetupSource,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.race = Race(controller, self)
        self.view = CompareView([(ready.name, tr(ready.title), tr(ready.help)) for ready in READY_CONTESTS.values()])
        self._look, self._take = look, take
        self._finder, self._opener = ModelFinder(self), TraceOpener(self)
        self._connect()

    def compare_recordings(self, paths: Sequence[Path]) -> None:
        """Holds recorded runs against each other; their budgets may differ, which is then said."""
        if not FEWEST <= len(paths) <= MOST:
            why = tr("{0} were chosen; from {1} to {2} stand side by side.", len(paths), FEWEST, MOST)
            self.trouble_raised.emit(
                BadInputError(tr("These recordings cannot be compared."), why, tr("Choose others."))
            )
        elif self.race.going:
            self.trouble_raised.emit(
                ThinkscopeError(tr("A race goes on."), "", tr("Stop it first, or wait for its end."))
            )
        else:
            self._opener.open_together(paths)

    def show_setup(self) -> None:
        """The set-up has changed: what all would share is said, unless runs are shown that share something else."""
        if self.view.isVisible():
            self._show_terms()

    def close(self) -> None:
        """Comes to rest."""
        self.race.close()
        self._finder.close()
        self._opener.close()

    def _connect(self) -> None:
        view, race = self.view, self.race
        view.race_requested.connect(self._on_view_race_requested)
        view.stop_requested.connect(race.stop)
        view.add_requested.connect(self._on_view_add_requested)
        view.contest_chosen.connect(self._on_view_contest_chosen)
        view.removed.connect(race.remove)
        view.model_chosen.connect(race.set_model)
        view.shown.connect(self._on_view_shown)
        view.clock.play_toggled.connect(race.toggle)
        view.clock.seek_requested.connect(race.seek)
        view.clock.speed_changed.connect(race.set_speed)
        race.entries_changed.connect(self._on_race_entries_changed)
        race.entry_moved.connect(view.refresh)
        race.clock_moved.connect(self._on_race_clock_moved)
        self._finder.found.connect(view.set_models)
        self._opener.opened_together.connect(self._on_opener_opened_together)
        self._opener.failed.connect(self.trouble_raised)

    def _show_terms(self) -> None:
        starts = [entry.state.start for entry in self.race.entries if entry.has_run]
        run = next((start.setup for start in starts if start is not None), None)
        self.view.set_terms(run or self._look())

    def _on_view_shown(self) -> None:
        self._finder.find()
        self._show_terms()

    def _on_view_add_requested(self) -> None:
        setup = self._take()
        if setup is not None:
            self.race.add(Contestant.of(setup))

    def _on_view_contest_chosen(self, name: str) -> None:
        self.race.set_contestants(READY_CONTESTS[name].contestants(self._look()))

    def _on_view_race_requested(self) -> None:
        setup = self._take()
        if setup is not None:
            self.race.start(setup)

    def _on_race_entries_changed(self) -> None:
        self.view.set_entries(self.race.entries, going=self.race.going)
        self._show_terms()
        self._on_race_clock_moved()

    def _on_race_clock_moved(self) -> None:
        race = self.race
        self.view.set_moment(race.position, race.duration, playing=race.playing, enabled=race.can_play)

    def _on_opener_opened_together(self, runs: list) -> None:
        for run in runs:
            if isinstance(run, ThinkscopeError):
                self.trouble_raised.emit(run)
        self.race.set_recordings(runs)
