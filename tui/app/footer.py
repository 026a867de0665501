"""What the footer offers of the actions, by where the person is."""

from collections.abc import Mapping, Sequence

from tui.app.actions import BY_NAME
from tui.app.keymap import Keymap
from tui.app.refusals import Situation
from widgets.hint_bar import Hint
from widgets.log_pane import LogPane

_FOOTER = {
    "start_all": "start all",
    "sync": "sync",
    "cancel": "cancel",
    "finish_last_run": "do the rest",
    "open_detail": "detail",
    "next_pane": "panes",
    "login": "log in",
    "retry": "retry",
    "pause": "pause",
    "lower_limit": "fewer",
    "retry_all": "retry all",
    "raise_limit": "more jobs",
    "filter": "filter",
    "pick": "run now",
    "zoom": "zoom",
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
    "sync": "sync",
    "cancel": "cancel",
    "retry": "retry",
    "pause": "pause",
    "zoom": "zoom",
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
    "zoom": "zoom",
}
"""As above, in a replay."""


_FOOTER_OF_DETAIL = {
    "cancel": "cancel",
    "sync": "sync",
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
_AFTER_TROUBLE = ("login", "shell", "retry", "retry_all")
"""What comes next where all has ended and something needs a person."""
_OF_TAB = {"repos": {"sort": "sort"}, "arrived": {"export_digest": "write to a file"}}
"""What one list alone knows."""
_CLEAR = {"clear": "clear"}
"""Before all else while a filter or a search stands."""
_SAVE_VIEW = {"save_view": "save view"}
"""After that where it is a filter."""
_LAST = {"quit": "quit", "help": "more"}
"""What a person needs in every footer."""
_FOR_WHAT_IS_IN_THE_WAY = ("shell", "lazygit", "editor")

UNDER_A_DIALOG = (Hint("esc", "back"),)
"""A dialog has its own keys in its frame, and takes those of the screen below it."""


def labels(name: str) -> list[str]:
    """What the footers call that action."""
    footers = (
        _FOOTER,
        _FOOTER_OF_LOG,
        _FOOTER_OF_REPLAY,
        _FOOTER_OF_DETAIL,
        *_OF_TAB.values(),
        _CLEAR,
        _SAVE_VIEW,
        _LAST,
    )
    return [footer[name] for footer in footers if name in footer]


def hints(
    now: Situation, log: LogPane | None = None, *, tab: str = "", sought: bool = False, zoomed: bool = False
) -> list[Hint]:
    """What the footer shows: the actions that would do something now.

    `log` or `tab` where that has the focus; `sought`: a filter or a search stands; `zoomed`: a pane fills the screen.
    """
    labels = _of_log(log) if log else dict(_FOOTER_OF_REPLAY if now.player else _FOOTER)
    if now.targets and (of_tab := _OF_TAB.get(tab)):
        labels = _ahead_of("filter", list(of_tab), of_tab | labels)
    if sought:
        labels = _CLEAR | (_SAVE_VIEW if tab else {}) | labels
    if zoomed:
        del labels["zoom"]
        labels = {"zoom": "zoom out", **labels}
    if now.player.paused if now.player else now.board.paused:
        del labels["pause"]
        labels = {"pause": "resume", **labels}  # first: a narrow footer does not leave out how it goes on
    if now.heading:
        fold = "fold" if now.heading == "open" else "unfold"
        labels |= {"retry": "retry these", "mark": "mark these", "open_detail": fold}
    elif now.note and not now.targets:
        labels |= {"open_detail": "read"}
    if len(now.targets) == 1 and (trouble := now.targets[0].trouble) and trouble.is_local:
        labels |= {"shell": "shell"}
    if now.board.troubled and not now.board.active and "retry_all" in labels:
        labels = _ahead_of("next_pane", _AFTER_TROUBLE, labels)
    return _hints(now, labels)


def _ahead_of(other: str, names: Sequence[str], labels: Mapping[str, str]) -> dict[str, str]:
    rest = [name for name in labels if name not in names]
    at = rest.index(other)
    return {name: labels[name] for name in (*rest[:at], *names, *rest[at:]) if name in labels}


def _of_log(log: LogPane) -> dict[str, str]:
    labels = {name: label for name, label in _FOOTER_OF_LOG.items() if name not in _without_use(log)}
    if log.only_interesting:
        labels["changed_only"] = "all lines"
    return labels


def _without_use(log: LogPane) -> set[str]:
    matches = set() if log.found else {"next_match", "previous_match"}
    return matches | {"follow"} if log.follow else matches


def detail_hints(now: Situation, *, in_the_way: bool) -> list[Hint]:
    """As `hints`, in the detail of a repo; `in_the_way`: the person has something to do in its folder."""
    labels = dict(_FOOTER_OF_DETAIL)
    if not in_the_way:
        for name in _FOR_WHAT_IS_IN_THE_WAY:
            del labels[name]
    return _hints(now, labels)


def last_hints(keys: Keymap) -> list[Hint]:
    return [Hint(keys.shown(name)[0], label) for name, label in _LAST.items()]


def _hints(now: Situation, labels: Mapping[str, str]) -> list[Hint]:
    return [
        Hint(now.keys.shown(name)[0], label)
        for name, label in labels.items()
        if name != _twin(now) and now.keys.by_action[name] and BY_NAME[name].refuse(now) is None
    ]


def _twin(now: Situation) -> str:
    """The one of sync and retry that is left out: of one that has ended both do the same."""
    if not now.targets:
        return ""
    needy = [row.needs_person for row in now.targets]
    return "sync" if all(needy) else "" if any(needy) else "retry"
