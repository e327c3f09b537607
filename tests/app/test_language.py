"""A language is listed for translators, compiled, found and loaded; English needs no file."""

from __future__ import annotations

import sys

from PySide6.QtCore import QLocale

from app import language
from docs import make_translations
from docs.make_translations import wrong_places
from widgets.translation import install, remove, tr, tr_n


def test_a_language_is_listed_translated_compiled_and_loaded(qapp, tmp_path, monkeypatch):
    monkeypatch.setattr(make_translations, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", ["", "de"])
    assert make_translations.main() == 0
    path = tmp_path / "thinkscope_de.ts"
    list_ = path.read_text(encoding="utf-8")
    for source, forms in (("{0} finished", ("{0} fertig",)), ("{0} threads", ("{0} Faden", "{0} Fäden"))):
        before, message, after = list_.partition(f"<source>{source}</source>")
        words = "".join(f"<numerusform>{f}</numerusform>" for f in forms) if len(forms) > 1 else forms[0]
        start, end = after.index("<translation"), after.index("</message>")
        list_ = before + message + after[:start] + f"<translation>{words}</translation>" + after[end:]
    path.write_text(list_, encoding="utf-8")
    assert make_translations.main() == 0
    installed: list = []
    monkeypatch.setattr(language, "install", lambda translator: (installed.append(translator), install(translator)))
    assert language.install_language(QLocale("de_AT"), tmp_path)
    try:
        assert tr("{0} finished", 3) == "3 fertig"
        assert [tr_n("{0} thread", "{0} threads", n) for n in (1, 2)] == ["1 Faden", "2 Fäden"]
        assert tr("not in any list") == "not in any list"
    finally:
        for translator in installed:
            remove(translator)
    assert tr("{0} finished", 3) == "3 finished"
    assert not language.install_language(QLocale("fr_FR"), tmp_path)


def test_english_needs_no_file(qapp):
    assert not language.install_language(QLocale("en_GB"))
    assert [tr_n("{0:,} run", "{0:,} runs", n) for n in (1, 2000)] == ["1 run", "2,000 runs"]


def test_a_translation_with_places_that_its_source_does_not_have_is_refused():
    assert not wrong_places("{0} of {1:,} runs", "{1:,} Läufe, davon {0}")
    assert wrong_places("{0} of {1:,} runs", "{2} Läufe")
    assert wrong_places("{0} runs", "{0 Läufe")


def test_the_translations_that_are_shipped_can_be_shown():
    for path in language.TRANSLATIONS.glob("*.ts"):
        known = make_translations._read(path)
        assert not [text for text, forms in known.items() if any(wrong_places(text, form) for form in forms)]
