"""Theme and size of type: what a person has chosen, what the desktop wants, and the larger type of presenting."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from app.preferences import Preferences, ThemeChoice
from widgets.theme import THEMES, set_theme, set_type_scale, system_theme_name

TEXT_SIZES = (1.0, 1.1, 1.25, 1.5, 1.75, 2.0)
LARGE_TYPE = 1.4
LARGEST = 2.2  # presenting multiplies what was chosen, up to where the stage is still a stage


class Appearance(QObject):
    """Applies choices and remembers them.

    Args:
        preferences: Where choices are kept. The size kept there is applied at once; the theme was, with the style.
    """

    changed = Signal()

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._presenting = False
        self._apply_size()
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.styleHints().accessibility().contrastPreferenceChanged.connect(self._on_desktop_changed)

    @property
    def theme(self) -> ThemeChoice:
        """What was chosen."""
        return self._preferences.theme

    @property
    def text_size(self) -> float:
        """The chosen size of type; 1 is normal."""
        return self._preferences.text_size

    def choose_theme(self, choice: ThemeChoice) -> None:
        """Goes over to a theme, or to that of the desktop."""
        self._preferences.theme = choice
        set_theme(system_theme_name() if choice == "system" else choice)
        self.changed.emit()

    def set_text_size(self, size: float) -> None:
        """Makes all type and controls `size` times as large, within what the window can hold."""
        self._preferences.text_size = min(TEXT_SIZES[-1], max(TEXT_SIZES[0], size))
        self._apply_size()
        self.changed.emit()

    def enlarge(self) -> None:
        """The next larger size."""
        self.set_text_size(next((size for size in TEXT_SIZES if size > self.text_size + 0.01), TEXT_SIZES[-1]))

    def reduce(self) -> None:
        """The next smaller size."""
        smaller = (size for size in reversed(TEXT_SIZES) if size < self.text_size - 0.01)
        self.set_text_size(next(smaller, TEXT_SIZES[0]))

    def set_presenting(self, presenting: bool) -> None:
        """Larger type for those in the last row."""
        self._presenting = presenting
        self._apply_size()

    def _apply_size(self) -> None:
        scale = min(LARGEST, self.text_size * LARGE_TYPE) if self._presenting else self.text_size
        if scale != THEMES.scale:
            set_type_scale(scale)

    def _on_desktop_changed(self) -> None:
        if self.theme == "system" and system_theme_name() != THEMES.theme.name:
            self.choose_theme("system")
