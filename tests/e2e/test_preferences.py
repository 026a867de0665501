"""Settings and keys of the person, in the real program: two starts, one home."""

import re
import tomllib
from pathlib import Path

from tests.kit.gate import SshStub
from tests.kit.program import SYNCTUI, Workspace, synctui
from tests.kit.pty import Terminal


def app(workspace: Workspace, *args: str) -> Terminal:
    return Terminal.start([SYNCTUI, *args], cwd=workspace.folder)


def close_settings(terminal: Terminal) -> None:
    terminal.press("escape")
    terminal.wait_for(lambda screen: "Settings ·" not in screen)


def leave(terminal: Terminal, code: int = 0) -> None:
    terminal.press("q")
    assert terminal.wait_exit() == code


def test_what_is_set_is_there_at_the_next_start(workspace: Workspace, state: Path) -> None:
    workspace.add("a", "b")
    with app(workspace) as terminal:
        terminal.wait_for("Press ? for the keys, S to start.")
        terminal.press(",")
        terminal.wait_for("Settings · esc closes")
        terminal.press("right", "down", "down", "down", "enter", "backspace", "backspace", "backspace")
        # Of keys in one burst Textual takes characters before backspaces.
        terminal.wait_for(lambda screen: re.search(r"▸ timeout +default", screen) is not None)
        terminal.press("5m", "enter")
        terminal.wait_for(lambda screen: re.search(r"▸ timeout +5m +remembered", screen) is not None)
        terminal.press("end", "right")
        terminal.wait_for("textual-light")
        close_settings(terminal)
        leave(terminal)
    assert tomllib.loads((state / "memory.toml").read_text()) == {
        "greeted": True,
        "jobs": {str(workspace.folder / "synctui.toml"): 3},
        "settings": {"timeout": 300.0, "theme": "textual-light"},
    }
    shown = synctui("config", "--show", cwd=workspace.folder).out
    assert re.search(r"^timeout +300 +remembered, in the app only; else 600$", shown, re.MULTILINE)
    assert re.search(
        r"^theme +textual-light +remembered, in the app only; else textual-dark$", shown, re.MULTILINE
    )
    with app(workspace) as terminal:
        screen = terminal.wait_for("2 repos planned, 3 at a time")
        assert "for the keys" not in screen
        terminal.press(",")
        terminal.wait_for(lambda screen: re.search(r"timeout +5m +remembered", screen) is not None)
        close_settings(terminal)
        leave(terminal)


def test_a_run_without_a_screen_takes_nothing_that_the_app_remembers(
    workspace: Workspace, state: Path
) -> None:
    workspace.add("a")
    state.mkdir(parents=True)
    (state / "memory.toml").write_text("[settings]\nhost_jobs = 7\n")
    started = synctui("sync", "--ndjson", cwd=workspace.folder).events[0]
    assert (started["event"], started["host_jobs"]) == ("run_started", started["jobs"])


def test_a_key_of_the_persons_own_works_and_a_wrong_one_is_a_line(
    workspace: Workspace, sandbox: Path
) -> None:
    workspace.add("a")
    file = sandbox / ".config/synctui/keys.toml"
    file.parent.mkdir(parents=True)
    file.write_text('start_all = "P"\nquit = []\npikc = "T"\n')
    lines = [
        "~/.config/synctui/keys.toml: quit = []: needs a key; it stays q ctrl+q",
        '~/.config/synctui/keys.toml: "pikc" is no action (did you mean "pick"?); `synctui config --keys` lists them',
    ]
    with app(workspace) as terminal:
        terminal.wait_for("Press P to start all")
        terminal.press("S", "P")
        terminal.wait_for("1 repo in")
        leave(terminal)
        told = terminal.raw().decode()
        assert all(told.count(f"synctui: {line}") == 1 for line in lines)
    keys = synctui("config", "--keys", cwd=workspace.folder)
    assert sorted(keys.err.splitlines()) == sorted(f"synctui: {line}" for line in lines)
    printed = tomllib.loads(keys.out)
    assert (printed["start_all"], printed["quit"]) == ("P", ["q", "ctrl+q"])
    file.write_text("start_all = ")
    with app(workspace) as terminal:
        terminal.wait_for("not TOML")
        leave(terminal)


def test_a_mistake_in_the_settings_of_the_workspace_file_is_said_in_the_app(workspace: Workspace) -> None:
    workspace.settings = "jobs = 0"
    workspace.add("a")
    with app(workspace) as terminal:
        terminal.wait_for("ignored:")
        leave(terminal)
        line = f"synctui: {workspace.folder}/synctui.toml: [settings] jobs ignored: 0 is not allowed;"
        assert terminal.raw().decode().count(line) == 1


def test_marks_tab_and_order_are_kept_but_by_a_dry_run(workspace: Workspace, state: Path) -> None:
    workspace.add("a", "b", "c")

    def kept() -> object:
        return tomllib.loads((state / "memory.toml").read_text())["left"]

    with app(workspace) as terminal:
        terminal.wait_for("3 repos planned")
        terminal.press("space", "o", "2")
        terminal.wait_for("nothing needs attention")
        leave(terminal)
    left = {"tab": "attention", "sort": "repo", "descending": False, "marks": ["co/a"]}
    assert kept() == {str(workspace.folder / "synctui.toml"): left}
    with app(workspace, "-n", "b", "c") as terminal:
        terminal.wait_for("nothing needs attention")
        terminal.press("3", "a")
        terminal.wait_for("2 marked · by repo ▲")
        leave(terminal)
    assert kept() == {str(workspace.folder / "synctui.toml"): left}
    file = workspace.folder / "synctui.toml"
    file.write_text("".join(line for line in file.read_text().splitlines(True) if '"a"' not in line))
    with app(workspace) as terminal:
        terminal.wait_for("nothing needs attention")
        assert "marked" not in terminal.screen()
        terminal.press("3")
        leave(terminal)
    assert kept() == {str(workspace.folder / "synctui.toml"): left | {"tab": "repos", "marks": []}}


def test_a_mistake_in_what_is_remembered_is_said_in_the_app_and_overwritten_by_nothing(
    workspace: Workspace, state: Path
) -> None:
    workspace.add("a")
    state.mkdir(parents=True)
    mistaken = '[settings]\nretry = 1\ntheme = nord"\n'
    (state / "memory.toml").write_text(mistaken)
    with app(workspace) as terminal:
        terminal.wait_for("damaged,")
        terminal.press("+")
        terminal.wait_for("2 at a time")
        leave(terminal)
        line = f"synctui: {state}/memory.toml: damaged, so nothing is remembered;"
        assert terminal.raw().decode().count(line) == 1
    assert (state / "memory.toml.damaged").read_text() == mistaken
    assert tomllib.loads((state / "memory.toml").read_text()) == {
        "jobs": {str(workspace.folder / "synctui.toml"): 2}
    }


def test_a_limit_of_time_that_is_set_counts_for_the_next_job(workspace: Workspace, ssh_stub: SshStub) -> None:
    workspace.add("a", stub=ssh_stub)
    ssh_stub.hold("a")
    with app(workspace) as terminal:
        terminal.wait_for("1 repo planned")
        terminal.press(",", "down", "down", "enter", "backspace", "backspace")
        terminal.wait_for(lambda screen: re.search(r"▸ stall timeout +default", screen) is not None)
        terminal.press("1s", "enter")
        terminal.wait_for(lambda screen: re.search(r"stall timeout +1s +remembered", screen) is not None)
        terminal.press("down", "down", "left", "left")
        terminal.wait_for(lambda screen: re.search(r"retry +0 +remembered", screen) is not None)
        close_settings(terminal)
        terminal.press("S")
        terminal.wait_for("stalled: no byte moved")
        leave(terminal, 1)
