"""The language of the window: that of the system, where there is a translation into it; else English."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from widgets.theme import RESOURCES
from widgets.translation import install

TRANSLATIONS = RESOURCES / "translations"


def install_language(locale: QLocale | None = None, folder: Path = TRANSLATIONS) -> bool:
    """Takes up a translation before the window is made. Whether there was one."""
    wanted = QLocale.system() if locale is None else locale
    translator = QTranslator(QCoreApplication.instance())
    if wanted.uiLanguages()[0].startswith("en") or not translator.load(wanted, "thinkscope", "_", str(folder)):
        return False
    own = QTranslator(QCoreApplication.instance())  # Qt's own dialogs
    if own.load(wanted, "qtbase", "_", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        install(own)
    install(translator)
    return True
