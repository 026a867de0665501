"""Every action of the app, once: the bindings, the footer, the help, the palette and the README read it here."""

from itertools import groupby

from msgspec import Struct
from textual.binding import Binding

from tui.app import outside, refusals
from tui.app.keymap import Keymap, load
from tui.app.refusals import Refusal, Situation, live, never
from tui.app.views import VIEW_NUMBERS
from tui.store.paths import keys_file
from widgets.help_screen import HelpGroup, HelpRow
from widgets.tone import Tone


class Action(Struct, frozen=True):
    name: str
    keys: tuple[str, ...]
    help: str
    group: str
    refuse: Refusal = never
    detail: Refusal = never
    """What the help says beside it now."""

    def told(self, now: Situation) -> str:
        detail = self.detail(now)
        return f"{self.help}: {detail}" if detail else self.help

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").capitalize()


def _show_view(number: int) -> Action:
    def refuse(now: Situation) -> str | None:
        if now.views.get(number):
            return None
        return (
            f"view {number} is empty: filter and sort, then {now.keys.first('save_view')} {number} saves that"
        )

    def detail(now: Situation) -> str | None:
        view = now.views.get(number)
        return view.told if view else None

    return Action(f"show_view_{number}", (str(number),), f"saved view {number}", _LOOK, refuse, detail)


_RUN, _JOBS, _LOOK, _REPO, _APP = "Run", "Jobs", "Look", "The selected repo", "The app"
_REPLAY = "Replay"

ACTIONS: tuple[Action, ...] = (
    Action("start_all", ("S",), "start all", _RUN, live(refusals.start_all)),
    Action("sync", ("s",), "sync the marked repos, or the selected one", _RUN, live(refusals.sync)),
    Action("mark", ("space",), "mark or unmark; a group as a whole", _RUN, live(refusals.needs_target)),
    Action("mark_all", ("a",), "mark all that are shown, or none", _RUN, live(refusals.empty)),
    Action("cancel", ("x",), "cancel what is queued, abort what runs", _RUN, live(refusals.cancel)),
    Action("retry", ("r",), "retry the marked repos, or the selected one", _RUN, live(refusals.retry)),
    Action("pick", ("t",), "run now, above the limit if need be", _RUN, live(refusals.pick)),
    Action("retry_all", ("R",), "retry all that need attention", _RUN, live(refusals.retry_all)),
    Action(
        "acknowledge",
        ("A",),
        "acknowledge failures until they happen anew",
        _RUN,
        live(refusals.acknowledge),
    ),
    Action(
        "finish_last_run",
        ("u",),
        "do what the last run left undone",
        _RUN,
        live(refusals.finish_last_run),
    ),
    # Shift with the keys that move the cursor: ctrl+j is what a paste sends at the end of a line, and ctrl+arrows
    # do not come through every terminal.
    Action("move_up", ("K",), "queue: one place up", _RUN, live(refusals.move)),
    Action("move_down", ("J",), "queue: one place down", _RUN, live(refusals.move)),
    Action("move_to_top", ("T",), "queue: to the top, behind those that go first", _RUN, live(refusals.move)),
    Action("move_to_bottom", ("B",), "queue: to the bottom", _RUN, live(refusals.move)),
    Action("cancel_all", ("X",), "cancel everything (asks)", _RUN, live(refusals.idle)),
    Action(
        "pause",
        ("p",),
        "pause the queue, or resume; running jobs go on; a replay stands still",
        _JOBS,
        refusals.pause,
    ),
    Action(
        "drain",
        ("d",),
        "drain: cancel all that waits; running jobs go on",
        _JOBS,
        live(refusals.drain),
    ),
    Action(
        "raise_limit", ("+", "="), "one more job at a time; a replay goes faster", _JOBS, refusals.raise_limit
    ),
    Action(
        "lower_limit",
        ("-",),
        "one job fewer; running jobs go on; a replay goes slower",
        _JOBS,
        refusals.lower_limit,
    ),
    Action(
        "open_detail",
        ("enter",),
        "detail of the repo; fold a group, read a note",
        _LOOK,
        refusals.open_detail,
    ),
    Action("next_repo", ("]",), "detail: next repo of the list", _LOOK, refusals.turn),
    Action("previous_repo", ("[",), "detail: previous repo of the list", _LOOK, refusals.turn),
    Action("filter", ("/",), "filter a list, search the log", _LOOK),
    Action("next_match", ("n",), "next match in the log", _LOOK, refusals.match),
    Action("previous_match", ("N",), "previous match in the log", _LOOK, refusals.match),
    Action("clear", ("escape",), "clear the filter, then the marks; back", _LOOK),
    Action("changed_only", ("z",), "log: only what changed or needs a person", _LOOK),
    Action("follow", ("f",), "log: follow the end", _LOOK),
    Action("export_log", ("w",), "log: write the lines that are shown to a file", _LOOK),
    Action("sort", ("o",), "Repos: sort by the next column", _LOOK),
    Action("reverse_sort", ("O",), "Repos: sort the other way round", _LOOK),
    Action("show_queue", ("1",), "tab Queue", _LOOK),
    Action("show_attention", ("2",), "tab Attention", _LOOK),
    Action("show_repos", ("3",), "tab Repos", _LOOK),
    Action("show_arrived", ("4",), "tab Arrived", _LOOK),
    *(_show_view(number) for number in VIEW_NUMBERS),
    Action("save_view", ("ctrl+s",), "save filter, tab and sort order as a view", _LOOK),
    Action("export_digest", ("W",), "Arrived: write all of it to a Markdown file", _LOOK),
    Action("next_pane", ("tab",), "next pane", _LOOK),
    Action("zoom", ("Z",), "the pane with the focus fills the screen, or no longer", _LOOK),
    Action(
        "login", ("i",), "log in where git can ask, then retry all of that host", _REPO, live(refusals.login)
    ),
    Action(
        "shell", ("!",), "shell in the repo; the run goes on", _REPO, live(refusals.program(outside.shell))
    ),
    Action("editor", ("e",), "editor in the repo", _REPO, live(refusals.program(outside.editor))),
    Action("lazygit", ("L",), "lazygit in the repo", _REPO, live(refusals.program(outside.lazygit))),
    Action("copy", ("y",), "copy the selected text, or the repo's path or error", _REPO),
    Action(
        "copy_command",
        ("c",),
        "copy the command that the advice names; again: the next one",
        _REPO,
        refusals.copy_command,
    ),
    Action("step", (".",), "replay: to the next event, past progress", _REPLAY, refusals.plays),
    Action("back", ("<",), "replay: ten seconds back", _REPLAY, refusals.replay),
    Action("forward", (">",), "replay: ten seconds on", _REPLAY, refusals.plays),
    Action("restart", ("0",), "replay: from the beginning", _REPLAY, refusals.replay),
    Action("help", ("?", "f1"), "help", _APP),
    Action("settings", (",",), "settings: jobs, limits of time, theme; remembered", _APP),
    Action("palette", ("ctrl+p", ":"), "command palette: every action by name", _APP),
    Action("suspend", ("ctrl+z",), "suspend synctui", _APP),
    Action("quit", ("q", "ctrl+q"), "leave; with jobs running it asks", _APP),
    Action("interrupt", ("ctrl+c",), "leave; the second time aborts what runs", _APP),
)

BY_NAME = {action.name: action for action in ACTIONS}
USUAL_KEYS = Keymap({action.name: action.keys for action in ACTIONS})


def read_keys() -> tuple[Keymap, tuple[str, ...]]:
    """The keys of the person, and a line for each entry of their file that does not count."""
    return load(keys_file(), USUAL_KEYS)


def keys_toml(keys: Keymap) -> str:
    return keys.toml({action.name: action.help for action in ACTIONS})


def offered(now: Situation) -> list[Action]:
    """What the help and the palette list: what a replay alone can do first in a replay, and else not at all."""
    of_replay = [action for action in ACTIONS if action.group == _REPLAY and now.player]
    return of_replay + [action for action in ACTIONS if action.group != _REPLAY]


def bindings(keys: Keymap) -> list[Binding]:
    """For the app; each calls `action_act` with the name of the action."""
    return [
        Binding(
            key,
            f"app.act('{action.name}')",
            action.help,
            show=False,
            priority=key in keys.priority,
            system=True,
        )
        for action in ACTIONS
        for key in keys.bound(action.name)
    ]


_MOVES = (
    HelpRow("j k", "down, up; the arrows do it, too"),
    HelpRow("h l", "left, right among the slots"),
    HelpRow("g G", "first, last"),
    HelpRow("ctrl+d ctrl+u", "half a page down, up"),
)
_OTHER_SIGNS = (
    HelpRow("◐", "at work in its slot"),
    HelpRow("·", "a slot without a job; closed: above the limit"),
    HelpRow("★", "runs now, above the limit"),
    HelpRow("●", "marked"),
    HelpRow("▸", "a group whose repos are folded away"),
    HelpRow("█ ▆ ▂", "in the bar: synced, up to date, skipped"),
    HelpRow("▒ ╌", "in the bar: at work, still to come"),
    HelpRow("2 min (1–4)", "beside the bar: how long it goes on, likely (at least–at most)"),
    HelpRow("…", "something is left out; the detail of the repo has all of it"),
    HelpRow("▼ ▲", "the list goes by this column, greatest or least first"),
)


def help_groups(now: Situation) -> list[HelpGroup]:
    """The actions, with why one does nothing now; how to move; what the signs mean."""
    signs = tuple(HelpRow(tone.glyph, tone.word) for tone in Tone)
    return [*_action_groups(now), HelpGroup("Moving", _MOVES), HelpGroup("Signs", signs + _OTHER_SIGNS)]


def _action_groups(now: Situation) -> list[HelpGroup]:
    return [
        HelpGroup(
            title,
            tuple(
                HelpRow(" ".join(now.keys.shown(action.name)), action.told(now), action.refuse(now) or "")
                for action in members
            ),
        )
        for title, members in groupby(offered(now), key=lambda action: action.group)
    ]


def key_table() -> str:
    """The keys as the README shows them, in Markdown."""
    rows = [
        f"| {' '.join(f'`{key}`' for key in USUAL_KEYS.shown(action.name))} | {action.help} |"
        for action in ACTIONS
    ]
    return "\n".join(["| key | does |", "| --- | --- |", *rows])
