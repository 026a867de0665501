"""One job's attempts, told as one: the last end, and all that came."""

from collections.abc import Iterable

from msgspec import structs

from tui.git.outcome import QUIET_STATES, Action, Outcome, RefChange, RefKind, State

_RANK = (Action.NONE, Action.FETCH, Action.FAST_FORWARD, Action.CLONE)


def joined(earlier: Outcome, last: Outcome) -> Outcome:
    """The last outcome with what the attempts before it have changed."""
    last = structs.replace(last, last_fetch=earlier.last_fetch or last.last_fetch)
    if not (earlier.refs or earlier.commits or earlier.new != earlier.old):
        return last
    if last.state in QUIET_STATES:
        last = structs.replace(
            last, state=State.SYNCED, reason=None, message="it came with an earlier attempt"
        )
    if last.old is None and last.new is None:  # it ended before it looked at the repo
        last = structs.replace(
            last, branch=earlier.branch, new=earlier.new, ahead=earlier.ahead, behind=earlier.behind
        )
    return structs.replace(
        last,
        notes=tuple(dict.fromkeys((*earlier.notes, *last.notes))),
        action=max(earlier.action, last.action, key=_RANK.index),
        url=last.url or earlier.url,
        old=earlier.old,
        commits=earlier.commits + last.commits,
        refs=_joined_refs((*earlier.refs, *last.refs)),
    )


def _joined_refs(changes: Iterable[RefChange]) -> tuple[RefChange, ...]:
    """Each ref once, from where it was to where it is."""
    refs: dict[str, RefChange] = {}
    for change in changes:
        before = refs.pop(change.name, None)
        whole = structs.replace(change, old=before.old, kind=_kind(before, change)) if before else change
        if whole.old != whole.new:
            refs[whole.name] = whole
    return tuple(refs.values())


def _kind(before: RefChange, after: RefChange) -> RefKind:
    stays = after.new is not None and before.kind in {RefKind.NEW, RefKind.TAG, RefKind.FORCED}
    return before.kind if stays else after.kind
