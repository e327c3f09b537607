"""What is remembered survives, and what is damaged is forgotten."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray

from app.preferences import Preferences
from tests import sample_run


def test_what_was_kept_is_there_again(qapp, tmp_path: Path):
    first = Preferences(tmp_path / "p.ini")
    first.theme, first.reduce_motion, first.setup = "light", True, sample_run.setup(4)
    first.text_size = 1.25
    first.geometry, first.layout = QByteArray(b"abc"), QByteArray(b"def")
    assert first.flush()
    second = Preferences(tmp_path / "p.ini")
    assert (second.theme, second.reduce_motion, second.setup) == ("light", True, sample_run.setup(4))
    assert second.text_size == 1.25
    assert (second.geometry, second.layout) == (QByteArray(b"abc"), QByteArray(b"def"))


def test_nothing_kept_gives_the_defaults(qapp, tmp_path: Path):
    preferences = Preferences(tmp_path / "p.ini")
    assert preferences.theme == "system"
    assert not preferences.reduce_motion
    assert preferences.text_size == 1.0
    assert preferences.setup is None
    assert preferences.layout is None


def test_a_damaged_file_gives_the_defaults(qapp, tmp_path: Path):
    (tmp_path / "p.ini").write_text('[General]\ntheme=plaid\ntext_size=huge\nsetup="{not json"\n[window]\nlayout=7\n')
    preferences = Preferences(tmp_path / "p.ini")
    assert preferences.theme == "system"
    assert preferences.text_size == 1.0
    assert preferences.setup is None
    assert preferences.layout is None
