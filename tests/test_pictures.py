"""The pictures of the documents: they are there, small, described, and can be made again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from docs.make_images import FOLDER, SHOWN, SMALL, take
from docs.picture_runs import Studio
from docs.picture_views import VIEWS

README = (FOLDER.parents[1] / "README.md").read_text(encoding="utf-8")
LARGEST_FILE = 200_000


def test_the_readme_shows_every_picture_with_words_for_who_cannot_see_it() -> None:
    shown = dict(re.findall(r"!\[([^\]]+)\]\(docs/images/([\w-]+)\.png\)", README))
    assert {name for name, _, _ in SHOWN} == set(shown.values())
    assert {path.stem for path in FOLDER.glob("*.png")} == set(shown.values())
    assert all(len(words) > 30 for words in shown)


def test_pictures_are_small_files() -> None:
    assert all(path.stat().st_size < LARGEST_FILE for path in FOLDER.glob("*.png"))


def test_every_view_has_a_name_of_its_own() -> None:
    names = [view.name for view in VIEWS]
    assert len(set(names)) == len(names)
    assert {name for name, _, _ in SHOWN} <= set(names)


@pytest.mark.parametrize("name", ["refine", "failed-run"])
def test_a_view_is_posed_and_taken_on_a_clean_checkout(qtbot: QtBot, tmp_path: Path, name: str) -> None:
    view = next(view for view in VIEWS if view.name == name)
    path = tmp_path / "pictures" / "one.png"
    take(view, Studio(tmp_path / "runs"), [("light", SMALL, path)])
    assert QImage(str(path)).size() == SMALL
