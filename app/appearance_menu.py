"""The menu of the theme button: dark, light, high contrast, and how large type is."""

from __future__ import annotations

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from app.appearance import TEXT_SIZES, Appearance
from app.preferences import ThemeChoice
from widgets.translation import later, tr

THEME_WORDS: dict[ThemeChoice, str] = {
    "dark": later("Dark"),
    "light": later("Light"),
    "contrast": later("High contrast"),
    "system": later("As the system"),
}


class AppearanceMenu(QMenu):
    """Choices with a tick at the one that holds."""

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._appearance = appearance
        group = QActionGroup(self)
        self.themes = {choice: self.addAction(tr(words)) for choice, words in THEME_WORDS.items()}
        for choice, action in self.themes.items():
            action.setCheckable(True)
            group.addAction(action)
            action.triggered.connect(lambda _=False, choice=choice: appearance.choose_theme(choice))
        self.addSeparator()
        self.larger = self.addAction(tr("Larger text"))
        self.larger.setShortcuts(["Ctrl++", "Ctrl+="])  # the plus of many keyboards needs Shift
        self.smaller = self.addAction(tr("Smaller text"))
        self.smaller.setShortcut("Ctrl+-")
        self.normal = self.addAction(tr("Normal text"))
        self.normal.setShortcut("Ctrl+0")
        self.larger.triggered.connect(appearance.enlarge)
        self.smaller.triggered.connect(appearance.reduce)
        self.normal.triggered.connect(lambda: appearance.set_text_size(1.0))
        appearance.changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        size = self._appearance.text_size
        self.themes[self._appearance.theme].setChecked(True)
        self.larger.setEnabled(size < TEXT_SIZES[-1])
        self.smaller.setEnabled(size > TEXT_SIZES[0])
        self.normal.setText(tr("Normal text") if size == 1 else tr("Normal text (now {0:.0%})", size))
