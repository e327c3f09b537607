"""Lists all texts of the window for a translator, and compiles what was translated.

`uv run python -m docs.make_translations de` makes or renews `resources/translations/thinkscope_de.ts`, keeps what is
translated there, and compiles it to the `.qm` file that the program loads.
"""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as Xml

from app.run_controller import Label
from engine.contest.ready import READY_CONTESTS
from engine.lab.problem_sets import load_ladder
from engine.settings import Setting
from engine.setup import BUDGET_UNITS
from engine.strategies.registry import STRATEGIES
from engine.trace.marks import SEARCH_PHASES
from engine.verifiers.registry import VERIFIERS
from widgets.models.caption import RUN_PHASES
from widgets.panels.model_section import FLASH, SPLIT
from widgets.stage.badge import Source
from widgets.translation import CONTEXT

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "resources" / "translations"
MARKERS = ("tr", "tr_n", "later")
LOADING = re.compile(r'progress\("([^"]+)"')  # what the worker says while it loads a model


def main() -> int:
    """Renews the files of the languages that are named. Returns the exit status: 1 where a translation is wrong."""
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    return max(_renew(language) for language in sys.argv[1:])


def texts() -> dict[str, tuple[set[str], bool]]:
    """Every text of the window: the files that use it, and whether it depends on a number."""
    found: dict[str, tuple[set[str], bool]] = {}
    for text, where, counted in [*_marked(), *((text, "engine", False) for text in registered())]:
        if any(letter.isalpha() for letter in text):
            places, was_counted = found.get(text, (set[str](), False))
            found[text] = (places | {where}, was_counted or counted)
    return dict(sorted(found.items()))


def registered() -> Iterator[str]:
    """Titles and help of what the engine offers, which the window shows and translates."""
    for spec in STRATEGIES.values():
        yield from (spec.title, spec.help)
        yield from _of_settings(*spec.settings)
    for verifier in VERIFIERS.values():
        yield from (verifier.title, verifier.help, verifier.costs, verifier.blind_spot)
        yield from _of_settings(*verifier.settings)
    for contest in READY_CONTESTS.values():
        yield from (contest.title, contest.help)
    for rung in load_ladder():
        yield from (rung.title, rung.help)
        yield from (problem.title for problem in rung.problems)
    yield from _of_settings(FLASH, SPLIT)
    yield from (*BUDGET_UNITS.values(), *SEARCH_PHASES, *RUN_PHASES, *get_args(Source), *get_args(Label))
    for path in (ROOT / "engine").rglob("*.py"):
        yield from LOADING.findall(path.read_text(encoding="utf-8"))


def wrong_places(source: str, translation: str) -> bool:
    """Whether a translation has other places for parts, as {0}, than its source: it could not be shown."""
    return bool(translation) and not _places(translation) <= _places(source)


def _of_settings(*settings: Setting) -> Iterator[str]:
    for setting in settings:
        yield from (setting.title, setting.help)
        yield from (choice.replace("_", " ").replace("-", " ") for choice in setting.choices)


def _marked() -> Iterator[tuple[str, str, bool]]:
    """Literals in `tr`, `tr_n` (whose second text is the key) and `later`."""
    for package in ("app", "widgets"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKERS:
                    counted = node.func.id == "tr_n"
                    key = node.args[int(counted)]
                    if isinstance(key, ast.Constant):
                        yield str(key.value), path.relative_to(ROOT).as_posix(), counted


def _places(text: str) -> set[str]:
    try:
        return {name.partition(".")[0] for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        return {"a brace that is not closed"}


def _renew(language: str) -> int:
    path = FOLDER / f"thinkscope_{language}.ts"
    wanted, known = texts(), _read(path)
    root = Xml.Element("TS", version="2.1", language=language, sourcelanguage="en")
    context = Xml.SubElement(root, "context")
    Xml.SubElement(context, "name").text = CONTEXT
    for text, (places, counted) in wanted.items():
        _add(context, text, places, counted, known.get(text, ()))
    Xml.indent(root)
    FOLDER.mkdir(exist_ok=True)
    Xml.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    print(f"{path.name}: {len(wanted.keys() & known.keys())} of {len(wanted)} texts are translated.")
    bad = [text for text in wanted.keys() & known.keys() if any(wrong_places(text, form) for form in known[text])]
    for text in bad:
        print(f"Other places for parts than in the source: {text}")
    return 1 if bad else _compile(path)


def _compile(path: Path) -> int:
    command = [str(Path(sys.executable).parent / "pyside6-lrelease"), "-silent", str(path)]
    return subprocess.run([*command, "-qm", str(path.with_suffix(".qm"))], check=False).returncode


def _read(path: Path) -> dict[str, tuple[str, ...]]:
    """What is translated: one form, or one for each number of things."""
    known = {}
    for message in Xml.parse(path).iter("message") if path.exists() else ():
        translation = message.find("translation")
        if translation is None or translation.get("type") in ("vanished", "obsolete"):
            continue
        forms = [form.text or "" for form in translation.iter("numerusform")] or [translation.text or ""]
        if any(form.strip() for form in forms):
            known[message.findtext("source", "")] = tuple(forms)
    return known


def _add(context: Xml.Element, text: str, places: set[str], counted: bool, forms: tuple[str, ...]) -> None:
    message = Xml.SubElement(context, "message", {"numerus": "yes"} if counted else {})
    Xml.SubElement(message, "source").text = text
    Xml.SubElement(message, "extracomment").text = ", ".join(sorted(places))
    translation = Xml.SubElement(message, "translation", {} if forms else {"type": "unfinished"})
    if not counted:
        translation.text = forms[0] if forms else None
        return
    for form in forms or ("", ""):
        Xml.SubElement(translation, "numerusform").text = form


if __name__ == "__main__":
    sys.exit(main())
