"""Every action of the app, once: the bindings, the footer, the help, the palette and the README read it here."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby

from textual.binding import Binding

from tui.app.keymap import Keymap, load
from tui.app.player import SPEEDS, Player
from tui.app.views import VIEW_NUMBERS, Views
from tui.engine.slots import MAX_JOBS
from tui.store.paths import keys_file
from tui.view.advised import commands, suggestion
from tui.view.board import Board, BoardRow, Stage
from widgets.help_screen import HelpGroup, HelpRow
from widgets.hint_bar import Hint
from widgets.log_pane import LogPane
from widgets.tone import Tone


@dataclass(frozen=True, slots=True)
class Situation:
    """What an action looks at before it is done. `targets` are the marked repos, else the selected one."""

    board: Board
    targets: Sequence[BoardRow]
    keys: Keymap
    player: Player | None = None
    """Of a replay."""
    on_heading: bool = False
    """The targets are a whole group."""
    in_detail: bool = False
    views: Views = field(default_factory=Views)


Refusal = Callable[[Situation], str | None]
"""Why the action does nothing now, as one line for a person; None: it works."""


def _never(_now: Situation) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Action:
    name: str
    keys: tuple[str, ...]
    help: str
    group: str
    refuse: Refusal = _never
    detail: Refusal = _never
    """What the help says beside it now."""

    def told(self, now: Situation) -> str:
        detail = self.detail(now)
        return f"{self.help}: {detail}" if detail else self.help

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").capitalize()


def _live(refuse: Refusal) -> Refusal:
    """For what a replay cannot do."""
    return lambda now: "this is a replay: nothing runs" if now.player else refuse(now)


def _needs_target(now: Situation) -> str | None:
    return None if now.targets else "nothing is selected"


def _one_repo(now: Situation) -> str | None:
    if now.on_heading:
        return f"this is a group: {now.keys.first('open_detail')} folds it; go to one of its repos"
    return _needs_target(now)


def _cannot_run(row: BoardRow) -> str | None:
    if row.repo.error:
        return f"{row.repo.id}: its entry in the workspace file is wrong"
    return None if row.repo.enabled else f"{row.repo.id} is disabled in the workspace file"


def _all_refuse(now: Situation, why: Callable[[BoardRow], str | None]) -> str | None:
    """None as soon as one target would do; several that would not are told as one."""
    reasons = [why(row) for row in now.targets]
    if not reasons or None in reasons:
        return _needs_target(now)
    return reasons[0] if len(reasons) == 1 else f"none of these {len(reasons)}: {reasons[0]}"


def _sync(now: Situation) -> str | None:
    return _all_refuse(now, _cannot_run)


def _retry(now: Situation) -> str | None:
    def why(row: BoardRow) -> str | None:
        if row.active:
            return f"{row.repo.id} is {row.state} and has not ended yet"
        return _cannot_run(row) or (None if row.can_be_retried else f"{row.repo.id} has not run yet")

    return _all_refuse(now, why)


def _cancel(now: Situation) -> str | None:
    return _all_refuse(
        now, lambda row: None if row.active else f"{row.repo.id} is not running: nothing to cancel"
    )


def _move(now: Situation) -> str | None:
    return _all_refuse(
        now,
        lambda row: None if row.state is Stage.QUEUED else f"{row.repo.id} is not queued: no place to move",
    )


def _retry_all(now: Situation) -> str | None:
    some = any(not _cannot_run(row) for row in now.board.troubled.values())
    return None if some else "nothing needs attention"


def _acknowledge(now: Situation) -> str | None:
    return _all_refuse(now, lambda row: None if row.needs_person else f"{row.repo.id} has no open failure")


def _finish_last_run(now: Situation) -> str | None:
    return None if now.board.left else "the run before this session left nothing to do"


def _start_all(now: Situation) -> str | None:
    if now.board.planned or not now.board.active:
        return None
    return "all repos are in this run already"


def _idle(now: Situation) -> str | None:
    return None if now.board.active else "nothing is running"


def _login(now: Situation) -> str | None:
    return _all_refuse(now, lambda row: None if row.needs_login else f"{row.repo.id} needs no login")


def _copy_command(now: Situation) -> str | None:
    return _all_refuse(
        now, lambda row: None if commands(suggestion(row)) else f"no command is suggested for {row.repo.id}"
    )


def _turn(now: Situation) -> str | None:
    return None if now.in_detail else "only in the detail of a repo"


def _pause(now: Situation) -> str | None:
    if now.player:
        return _plays(now)
    return None if now.board.paused else _idle(now)


def _drain(now: Situation) -> str | None:
    return None if now.board.counts[Stage.QUEUED] else "nothing is queued"


def _raise(now: Situation) -> str | None:
    if now.player:
        return f"{SPEEDS[-1]}× is the fastest" if now.player.speed == SPEEDS[-1] else None
    return f"{MAX_JOBS} jobs at a time is the most" if now.board.limit >= MAX_JOBS else None


def _lower(now: Situation) -> str | None:
    pause = now.keys.first("pause")
    if now.player:
        slowest = f"{SPEEDS[0]}× is the slowest; {pause} pauses, {now.keys.first('step')} steps"
        return slowest if now.player.speed == SPEEDS[0] else None
    return f"one job at a time is the least; {pause} pauses" if now.board.limit <= 1 else None


def _empty(now: Situation) -> str | None:
    return None if now.board.rows else "there is nothing to mark"


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


def _replay(now: Situation) -> str | None:
    return None if now.player else "only in a replay"


def _plays(now: Situation) -> str | None:
    if now.player and now.player.over:
        again, back = now.keys.first("restart"), now.keys.first("back")
        return f"the replay is over; {again} plays it again, {back} goes back"
    return _replay(now)


_RUN, _JOBS, _LOOK, _REPO, _APP = "Run", "Jobs", "Look", "The selected repo", "The app"
_REPLAY = "Replay"

ACTIONS: tuple[Action, ...] = (
    Action("start_all", ("S",), "start all", _RUN, _live(_start_all)),
    Action("sync", ("s",), "sync the marked repos, or the selected one", _RUN, _live(_sync)),
    Action("mark", ("space",), "mark or unmark; a group as a whole", _RUN, _live(_needs_target)),
    Action("mark_all", ("a",), "mark all that are shown, or none", _RUN, _live(_empty)),
    Action("cancel", ("x",), "cancel what is queued, abort what runs", _RUN, _live(_cancel)),
    Action("retry", ("r",), "retry the marked repos, or the selected one", _RUN, _live(_retry)),
    Action("pick", ("t",), "run now, above the limit if need be", _RUN, _live(_sync)),
    Action("retry_all", ("R",), "retry all that need attention", _RUN, _live(_retry_all)),
    Action(
        "acknowledge",
        ("A",),
        "acknowledge failures until they happen anew",
        _RUN,
        _live(_acknowledge),
    ),
    Action(
        "finish_last_run", ("u",), "do what the last run was cut off before", _RUN, _live(_finish_last_run)
    ),
    # Shift with the keys that move the cursor: ctrl+j is what a paste sends at the end of a line, and ctrl+arrows
    # do not come through every terminal.
    Action("move_up", ("K",), "queue: one place up", _RUN, _live(_move)),
    Action("move_down", ("J",), "queue: one place down", _RUN, _live(_move)),
    Action("move_to_top", ("T",), "queue: to the top, behind those that go first", _RUN, _live(_move)),
    Action("move_to_bottom", ("B",), "queue: to the bottom", _RUN, _live(_move)),
    Action("cancel_all", ("X",), "cancel everything (asks)", _RUN, _live(_idle)),
    Action(
        "pause",
        ("p",),
        "pause the queue, or resume; running jobs go on; a replay stands still",
        _JOBS,
        _pause,
    ),
    Action("drain", ("d",), "drain: cancel what is queued, running jobs go on", _JOBS, _live(_drain)),
    Action("raise_limit", ("+", "="), "one more job at a time; a replay goes faster", _JOBS, _raise),
    Action("lower_limit", ("-",), "one job fewer; running jobs go on; a replay goes slower", _JOBS, _lower),
    Action("open_detail", ("enter",), "detail of the repo; fold or unfold a group", _LOOK, _needs_target),
    Action("next_repo", ("]",), "detail: next repo of the list", _LOOK, _turn),
    Action("previous_repo", ("[",), "detail: previous repo of the list", _LOOK, _turn),
    Action("filter", ("/",), "filter a list, search the log", _LOOK),
    Action("next_match", ("n",), "next match in the log", _LOOK),
    Action("previous_match", ("N",), "previous match in the log", _LOOK),
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
    Action("login", ("i",), "log in where git can ask, then retry all of that host", _REPO, _live(_login)),
    Action("shell", ("!",), "shell in the repo; the run goes on", _REPO, _live(_one_repo)),
    Action("editor", ("e",), "editor in the repo", _REPO, _live(_one_repo)),
    Action("lazygit", ("L",), "lazygit in the repo", _REPO, _live(_one_repo)),
    Action("copy", ("y",), "copy the selected text, or the repo's path or error", _REPO),
    Action(
        "copy_command",
        ("c",),
        "copy the command that the advice names; again: the next one",
        _REPO,
        _copy_command,
    ),
    Action("step", (".",), "replay: one event, then stand still", _REPLAY, _plays),
    Action("back", ("<",), "replay: ten seconds back", _REPLAY, _replay),
    Action("forward", (">",), "replay: ten seconds on", _REPLAY, _plays),
    Action("restart", ("0",), "replay: from the beginning", _REPLAY, _replay),
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


_FOOTER = {
    "start_all": "start all",
    "sync": "sync",
    "cancel": "cancel",
    "finish_last_run": "finish last run",
    "retry": "retry",
    "login": "log in",
    "open_detail": "detail",
    "next_pane": "panes",
    "pause": "pause",
    "lower_limit": "fewer",
    "retry_all": "retry all",
    "raise_limit": "more jobs",
    "filter": "filter",
    "pick": "run now",
    "mark": "mark",
    "move_up": "up the queue",
    "acknowledge": "acknowledge",
    "drain": "drain",
}
"""What the footer offers, the most important first, and its labels there; `quit` and `help` always follow."""
_FOOTER_OF_LOG = {
    "next_match": "next match",
    "previous_match": "previous",
    "filter": "search",
    "changed_only": "only changes",
    "follow": "follow",
    "open_detail": "detail",
    "next_pane": "panes",
    "export_log": "write to a file",
    "start_all": "start all",
    "cancel": "cancel",
    "retry": "retry",
    "pause": "pause",
}
"""As above, while the log has the focus."""
_FOOTER_OF_REPLAY = {
    "pause": "pause",
    "step": "step",
    "raise_limit": "faster",
    "lower_limit": "slower",
    "back": "back",
    "forward": "on",
    "restart": "restart",
    "open_detail": "detail",
    "next_pane": "panes",
    "filter": "filter",
}
"""As above, in a replay."""


_FOOTER_OF_DETAIL = {
    "cancel": "cancel",
    "retry": "retry",
    "login": "log in",
    "copy_command": "copy command",
    "shell": "shell",
    "lazygit": "lazygit",
    "editor": "editor",
    "pick": "run now",
    "copy": "copy",
    "next_repo": "next",
    "previous_repo": "previous",
}
"""As above, in the detail of a repo."""
_FOR_WHAT_IS_IN_THE_WAY = ("shell", "lazygit", "editor")


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


def hints(now: Situation, log: LogPane | None = None) -> list[Hint]:
    """What the footer shows: the actions that would do something now; `log` where that has the focus."""
    labels = dict(_FOOTER_OF_REPLAY if now.player else _FOOTER)
    if log:
        labels = {name: label for name, label in _FOOTER_OF_LOG.items() if name not in _without_use(log)}
        if log.only_interesting:
            labels["changed_only"] = "all lines"
    if now.player.paused if now.player else now.board.paused:
        del labels["pause"]
        labels = {"pause": "resume", **labels}  # first: a narrow footer does not leave out how it goes on
    if now.on_heading:
        labels |= {"retry": "retry these", "mark": "mark these", "open_detail": "fold"}
    return _hints(now, labels)


def _without_use(log: LogPane) -> set[str]:
    matches = set() if log.found else {"next_match", "previous_match"}
    return matches | {"follow"} if log.follow else matches


def detail_hints(now: Situation, *, in_the_way: bool) -> list[Hint]:
    """As `hints`, in the detail of a repo; `in_the_way`: the person has something to do in its folder."""
    labels = dict(_FOOTER_OF_DETAIL)
    if not in_the_way:
        for name in _FOR_WHAT_IS_IN_THE_WAY:
            del labels[name]
    elif not has_lazygit():
        del labels["lazygit"]
    return _hints(now, labels)


@cache
def has_lazygit() -> bool:
    """Looked up once: the footer is drawn with every tick."""
    return shutil.which("lazygit") is not None


def last_hints(keys: Keymap) -> list[Hint]:
    """What a person needs in every footer."""
    return [Hint(keys.shown(name)[0], label) for name, label in (("quit", "quit"), ("help", "more"))]


def _hints(now: Situation, labels: Mapping[str, str]) -> list[Hint]:
    return [
        Hint(now.keys.shown(name)[0], label)
        for name, label in labels.items()
        if now.keys.by_action[name] and BY_NAME[name].refuse(now) is None
    ]


_MOVES = (
    HelpRow("j k", "down, up; the arrows do it, too"),
    HelpRow("h l", "left, right among the slots"),
    HelpRow("g G", "first, last"),
    HelpRow("ctrl+d ctrl+u", "half a page down, up"),
)


def help_groups(now: Situation) -> list[HelpGroup]:
    """The actions, with why one does nothing now; how to move; what the marks mean."""
    marks = tuple(HelpRow(tone.glyph, tone.word) for tone in Tone if tone is not Tone.NOTE)
    return [*_action_groups(now), HelpGroup("Moving", _MOVES), HelpGroup("Marks", marks)]


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
