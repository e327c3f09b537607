"""The repository keeps the shape that its documents promise."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("app", "widgets", "engine")


def tracked() -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_no_lock_file_and_no_build_output_is_tracked() -> None:
    assert not [p for p in tracked() if p == "uv.lock" or "__pycache__" in p or p.startswith(".venv/")]


def test_the_top_level_is_the_one_that_was_decided() -> None:
    folders = {path.split("/")[0] for path in tracked() if "/" in path}
    assert folders <= {"app", "widgets", "engine", "resources", "tests", "docs", ".ci"}


def test_imports_keep_to_their_layers() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_imports_the_entry_point() -> None:
    importers = [
        path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and any(name.name == "main" for name in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "main")
    ]
    assert importers == []


def test_the_entry_point_and_the_command_line_import_no_qt_and_no_model_library() -> None:
    code = (
        "import sys, main, app.cli, app.cli_run, app.cli_live, app.cli_models, app.cli_what_if, app.doctor;"
        "print([m for m in sys.modules if m.split('.')[0] in ('PySide6', 'llama_cpp', 'pyqtgraph')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_every_link_in_the_documents_leads_somewhere() -> None:
    documents = [ROOT / path for path in tracked() if path.endswith(".md")]
    broken = [
        f"{document.name}: {target}"
        for document in documents
        for target in re.findall(r"\]\(([^)#:\s]+)\)", document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]
    assert broken == []
