"""How a watch is, for people and for programs."""

from tui.git.holder import SILENCE, span, what_helps
from tui.store.watches import Watching
from tui.view.lines import duration, stamp
from tui.view.ndjson import SCHEMA_VERSION, Document, rfc3339


def lines(workspace: str, watch: Watching | None, now: float) -> list[str]:
    if watch is None:
        return [f"{workspace} is not watched"]
    silence = now - watch.beat_at
    if not watch.alive:
        return [f"{workspace} is not watched: {watch} ended {duration(silence * 1000)} ago without a word"]
    goes_on = f"pass {watch.passes} goes on"
    waits = watch.next_start and f"{watch.passes} done, the next one begins at {stamp(watch.next_start)}"
    said = [
        f"{workspace} is watched by {watch}, since {stamp(watch.started_at)}",
        f"passes: {waits or goes_on}, every {duration(watch.every * 1000)}",
    ]
    if silence > SILENCE:
        said.append(f"no sign of life for {span(silence)}: {what_helps(watch.pid, watch.host)}")
    else:
        said.append(f"last sign of life: {duration(max(0.0, silence) * 1000)} ago")
    return said


def document(workspace: str, watch: Watching | None, now: float) -> Document:
    """`watch` null: none runs, and the last one ended in order."""
    return {
        "schema_version": SCHEMA_VERSION,
        "generated_at": rfc3339(now),
        "workspace": workspace,
        "watch": watch
        and {
            "alive": watch.alive,
            "pid": watch.pid,
            "host": watch.host,
            "started_at": rfc3339(watch.started_at),
            "every_seconds": watch.every,
            "passes": watch.passes,
            "next_start": rfc3339(watch.next_start),
            "beat_at": rfc3339(watch.beat_at),
        },
    }
