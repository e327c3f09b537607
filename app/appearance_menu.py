"""The menu of the theme button: dark, light, high contrast, and how large type is."""

from __future__ import annotations

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from app.appearance import TEXT_SIZES, Appearance
from app.preferences import ThemeChoice
from widgets.translation import later, tr

THEME_WORDS: dict[ThemeChoice, tuple[str, str]] = {
    "dark": (later("Dark"), later("Light text on dark grounds, for a dim room.")),
    "light": (later("Light"), later("Dark text on light grounds, for a bright room or a projector.")),
    "contrast": (later("High contrast"), later("White on black with strong lines, for eyes that need it.")),
    "system": (later("As the system"), later("Goes along with the desktop, also when that changes at night.")),
}


class AppearanceMenu(QMenu):
    """Choices with a tick at the one that holds."""

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._appearance = appearance
        group = QActionGroup(self)
        self.setToolTipsVisible(True)
        self.themes = {choice: self.addAction(tr(words)) for choice, (words, _) in THEME_WORDS.items()}
        for choice, action in self.themes.items():
            action.setToolTip(tr(THEME_WORDS[choice][1]))
            action.setCheckable(True)
            group.addAction(action)
            action.triggered.connect(lambda _=False, choice=choice: appearance.choose_theme(choice))
        self.addSeparator()
        self.larger = self.addAction(tr("Larger text"))
        self.larger.setToolTip(tr("Makes all text of the window one size larger."))
        self.larger.setShortcuts(["Ctrl++", "Ctrl+="])  # the plus of many keyboards needs Shift
        self.smaller = self.addAction(tr("Smaller text"))
        self.smaller.setToolTip(tr("Makes all text of the window one size smaller."))
        self.smaller.setShortcut("Ctrl+-")
        self.normal = self.addAction(tr("Normal text"))
        self.normal.setToolTip(tr("Brings text back to the size it had first."))
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
