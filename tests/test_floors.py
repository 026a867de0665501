"""The floors at run time: what the headless side loads, and that every import contract is kept."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent


def loaded(module: str) -> set[str]:
    """Top-level modules that are there after importing this one in a fresh interpreter."""
    code = f"import sys, json, {module}; print(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=TOP)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "module",
    [
        "tui.headless.run",
        "tui.headless",
        "tui.headless.doctor",
        "tui.cli.runs",
        "tui.cli.reports",
        "tui.cli.memory",
        "tui.view.board",
        "tui.demo.workspace",
    ],
)
def test_the_headless_side_loads_no_screen(module: str) -> None:
    assert loaded(module) & {"textual", "rich", "widgets"} == set()


def test_only_an_import_reads_yaml() -> None:
    assert "yaml" not in loaded("tui.cli")
    assert "yaml" in loaded("tui.store.foreign")


def test_the_widgets_load_nothing_of_the_program() -> None:
    modules = [f"widgets.{file.stem}" for file in (TOP / "widgets").glob("[a-z]*.py")]
    assert modules
    assert "tui" not in loaded(", ".join(modules))


def test_the_import_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(linter), "--no-cache"], capture_output=True, text=True, check=False, cwd=TOP)
    assert done.returncode == 0, done.stdout


def test_the_top_level_holds_only_its_fixed_names() -> None:
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True, cwd=TOP).stdout
    tops = {line.split("/")[0] for line in tracked.splitlines()}
    fixed = {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "tui",
        "widgets",
        "tests",
        "screenshots",
    }
    assert {name for name in tops if not name.startswith(".")} <= fixed
