import io
import json
from pathlib import Path

import pytest
from msgspec import structs

from tui.engine.events import JobEnded, JobStopping, Notice, QueuePaused, Record, RunFinished
from tui.git.outcome import Action, Outcome, Reason, RefChange, RefKind, State
from tui.git.repo import Repo
from tui.view import lines, ndjson

OLD, NEW = "a" * 40, "b" * 40
REPO = Repo("web/shop", Path("/w/shop"), "https://me:secret@a.example/shop.git")


def ended(outcome: Outcome, *, repo: Repo = REPO, milliseconds: int = 1234) -> JobEnded:
    return JobEnded(repo, 1, outcome, 0, 10, milliseconds)


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (
            Outcome(State.SYNCED, action=Action.FAST_FORWARD, branch="main", old=OLD, new=NEW, commits=3),
            "✓  web/shop  synced      3 commits  aaaaaaa..bbbbbbb  main  1.2 s",
        ),
        (
            Outcome(State.SYNCED, action=Action.CLONE, branch="main", new=NEW, commits=1),
            "✓  web/shop  synced      cloned main, 1 commit  1.2 s",
        ),
        (
            Outcome(
                State.SYNCED,
                action=Action.FETCH,
                refs=(RefChange("refs/tags/v1", None, NEW, RefKind.TAG),),
                notes=("detached",),
            ),
            "✓  web/shop  synced      1 ref fetched (detached)  1.2 s",
        ),
        (Outcome(State.UP_TO_DATE, ahead=2), "=  web/shop  up_to_date  2 ahead  1.2 s"),
        (Outcome(State.UP_TO_DATE), "=  web/shop  up_to_date  1.2 s"),
        (
            Outcome(State.SKIPPED, Reason.DISABLED, "disabled in the workspace file"),
            "–  web/shop  skipped     disabled in the workspace file  1.2 s",
        ),
        (
            Outcome(State.BLOCKED, Reason.DIVERGED, "2 ahead and 3 behind"),
            "▲  web/shop  blocked     diverged: 2 ahead and 3 behind  1.2 s",
        ),
        (Outcome(State.BUSY, None, "held by pid 7"), "◆  web/shop  busy        held by pid 7  1.2 s"),
        (
            Outcome(State.FAILED, Reason.NOT_FOUND, "no such repository"),
            "✗  web/shop  failed      not found: no such repository  1.2 s",
        ),
        (
            Outcome(State.TIMED_OUT, Reason.STALLED, "no byte for 60 s"),
            "⊗  web/shop  timed_out   stalled: no byte for 60 s  1.2 s",
        ),
        (Outcome(State.CANCELLED, Reason.USER), "⊘  web/shop  cancelled   by hand  1.2 s"),
        (
            Outcome(State.CANCELLED, Reason.USER, "cancelled before it started"),
            "⊘  web/shop  cancelled   before it started  1.2 s",
        ),
    ],
)
def test_every_state_has_its_line(outcome: Outcome, line: str) -> None:
    assert lines.result_lines(ended(outcome)) == [line]


def test_one_long_id_does_not_push_the_others_away() -> None:
    short, long = Repo("a", Path("/w/a")), Repo("n" * 200, Path("/w/n"))
    (line,) = lines.result_lines(ended(Outcome(State.UP_TO_DATE), repo=short), 200)
    assert line == f"=  {'a'.ljust(40)}  up_to_date  1.2 s"
    (line,) = lines.result_lines(ended(Outcome(State.UP_TO_DATE), repo=long), 200)
    assert line == f"=  {'n' * 200}  up_to_date  1.2 s"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0.0 s"),
        (1234, "1.2 s"),
        (99_949, "99.9 s"),
        (125_000, "2 m 05 s"),
        (5_999_000, "99 m 59 s"),
        (7_260_000, "2 h 01 m"),
    ],
)
def test_durations(milliseconds: int, text: str) -> None:
    assert lines.duration(milliseconds) == text


def test_a_time_of_another_day_names_the_day() -> None:
    evening = 1_793_575_500.0  # 2026-11-01 23:25 UTC
    assert lines.clock_time(evening + 300, evening) == "23:30"
    assert lines.clock_time(evening + 3000, evening) == "Nov 2 00:15"


def finished(**counts: int) -> RunFinished:
    every = {state: counts.get(state.value, 0) for state in State}
    return RunFinished(every, sum(every.values()), 18, 12_300, 1, False)


def test_the_counts_name_only_what_there_is() -> None:
    text = lines.counts_line(finished(synced=6, up_to_date=32, failed=2))
    assert text == "40 repos in 12.3 s: 6 synced (18 commits), 32 up to date, 2 failed"
    assert lines.counts_line(finished()) == "0 repos in 12.3 s: nothing to do"


def test_the_summary_ends_with_what_needs_a_person_and_a_command_to_paste() -> None:
    bad = Outcome(State.FAILED, Reason.NOT_FOUND, "gone", "check the URL of web/shop")
    good = ended(Outcome(State.SYNCED), repo=Repo("libs/a b", Path("/w/b")))
    text = lines.summary(finished(synced=1, failed=1), [good, ended(bad)])
    assert text == [
        "✗ web/shop  failed  not found: gone",
        "    check the URL of web/shop",
        "",
        "2 repos in 12.3 s: 1 synced (18 commits), 1 failed",
        "try these again: synctui sync web/shop",
    ]


def test_several_that_failed_are_counted_by_their_reasons() -> None:
    reasons = [Reason.NETWORK, *[Reason.AUTH] * 5, Reason.NETWORK, Reason.NOT_FOUND]
    ends = [ended(Outcome(State.FAILED, reason)) for reason in reasons]
    ends += [ended(Outcome(State.BLOCKED, Reason.DIRTY)), *[ended(Outcome(State.BUSY))] * 2]
    text = lines.summary(finished(failed=8, blocked=1, busy=2), ends)
    assert "11 repos in 12.3 s: 1 blocked, 2 busy, 8 failed (5 auth, 2 network, 1 not found)" in text


def test_on_a_terminal_the_counts_are_folded_between_words_and_what_is_to_be_copied_is_not() -> None:
    bad = Outcome(State.FAILED, Reason.NOT_FOUND, "there is no such repository", "check the URL of web/shop")
    text = lines.summary(finished(synced=6, up_to_date=32, failed=1), [ended(bad)], columns=40)
    assert text == [
        "✗ web/shop  failed  not found: there is no such repository",
        "    check the URL of web/shop",
        "",
        "39 repos in 12.3 s: 6 synced (18",
        "  commits), 32 up to date, 1 failed",
        "try these again: synctui sync web/shop",
    ]


def test_what_is_no_terminal_has_no_columns(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as file:
        assert (lines.columns_of(file), lines.columns_of(io.StringIO())) == (0, 0)


def test_many_failures_are_named_by_their_states() -> None:
    bad = Outcome(State.FAILED, Reason.NOT_FOUND)
    late = Outcome(State.TIMED_OUT, Reason.STALLED)
    attention = [ended(bad, repo=Repo(f"r{n}", Path("/w"))) for n in range(9)] + [ended(late)]
    assert lines.rerun_command(attention) == "synctui sync state:failed; synctui sync state:timed_out"


def test_what_was_cancelled_is_to_be_tried_again() -> None:
    stopped = Outcome(State.CANCELLED, Reason.SIGNAL)
    text = lines.summary(finished(cancelled=1), [ended(stopped)])
    assert text[-1] == "try these again: synctui sync web/shop"
    never_begun = [
        structs.replace(ended(stopped, repo=Repo(f"r{n}", Path("/w"))), slot=None) for n in range(9)
    ]
    assert lines.rerun_command(never_begun) == "synctui sync --resume"


def test_many_of_several_kinds_are_named_and_nothing_else() -> None:
    def ends(count: int, name: str, outcome: Outcome, slot: int | None = 1) -> list[JobEnded]:
        return [
            structs.replace(ended(outcome, repo=Repo(f"{name}{n}", Path("/w"))), slot=slot)
            for n in range(count)
        ]

    bad = ends(5, "b", Outcome(State.BLOCKED, Reason.DIRTY)) + ends(3, "f", Outcome(State.FAILED))
    by_hand = Outcome(State.CANCELLED, Reason.USER)
    states = "synctui sync state:blocked; synctui sync state:failed"
    assert lines.rerun_command([*bad, *ends(1, "c", by_hand, None)]) == f"synctui sync c0; {states}"
    # That of a job that ran is remembered.
    assert lines.rerun_command([*bad, *ends(1, "c", by_hand)]) == f"{states}; synctui sync state:cancelled"
    # What the last run left is to be asked for before there is another last run.
    stopped = ends(6, "q", by_hand, None) + ends(3, "s", Outcome(State.CANCELLED, Reason.SIGNAL))
    assert lines.rerun_command([*bad, *stopped]) == f"synctui sync --resume; {states}"
    unasked = ends(9, "u", Outcome(State.FAILED, Reason.RATE_LIMITED), None)
    assert lines.rerun_command([*bad, *unasked]) == f"synctui sync --resume; {states}"


def test_a_mistake_in_the_workspace_file_is_said_once_and_not_to_be_tried_again() -> None:
    entry = Repo("wrong", Path("/w/wrong"), error="w.toml: entry w/wrong: url is empty")
    wrong = ended(Outcome(State.FAILED, Reason.CONFIG, entry.error, "correct it"), repo=entry)
    assert lines.summary(finished(failed=1), [wrong], logged=True) == [
        "✗ wrong  failed  config",
        "    correct it",
        "",
        "1 repo in 12.3 s: 1 failed",
    ]
    assert lines.summary(finished(failed=1), [wrong])[0] == f"✗ wrong  failed  config: {entry.error}"


def test_what_a_dry_run_cannot_know_is_said_once() -> None:
    doubt = Outcome(State.SYNCED, message="would, unless", notes=("dry_run", "uncertain", "dirty"))
    assert lines.detail(doubt) == "would, unless (dirty)"


def test_a_dry_run_has_nothing_to_try_again() -> None:
    text = lines.summary(finished(failed=1), [ended(Outcome(State.FAILED, Reason.DNS))], dry_run=True)
    assert text[-1].startswith("dry run of 1 repo in ")


def test_for_each_server_the_command_that_logs_in_there() -> None:
    def wants_login(repo_id: str, url: str, reason: Reason = Reason.AUTH) -> JobEnded:
        advice = f"{repo_id}: log in once by hand: git ls-remote {url}"
        return ended(Outcome(State.FAILED, reason, "no login", advice), repo=Repo(repo_id, Path("/w"), url))

    ends = [
        wants_login("a", "https://h.example/a.git"),
        wants_login("b", "https://h.example:443/b.git"),
        wants_login("c", "https://h.example:8443/c.git"),
        wants_login("d", "http://h.example/d.git"),
        wants_login("e", "git@h.example:e.git"),
        wants_login("f", "ssh://git@h.example/f.git"),
        wants_login("g", "ssh://git@h.example/g.git", Reason.HOST_KEY),
    ]
    text = lines.summary(finished(failed=7), ends)
    assert [line for line in text if line.startswith("login at")] == [
        f"login at {server} for {count}: log in once by hand: git ls-remote {url}; then: synctui sync {again}"
        for server, count, url, again in (
            ("https://h.example", "2 repos", "https://h.example/a.git", "a b"),
            ("https://h.example:8443", "1 repo", "https://h.example:8443/c.git", "c"),
            ("http://h.example", "1 repo", "http://h.example/d.git", "d"),
            ("ssh://h.example", "2 repos", "git@h.example:e.git", "e f"),
            ("ssh://h.example", "1 repo", "ssh://git@h.example/g.git", "g"),
        )
    ]
    other = structs.replace(
        ends[1].outcome, advice="b: set a new password at h.example first, then: synctui sync b"
    )
    text = lines.summary(finished(failed=2), [ends[0], structs.replace(ends[1], outcome=other)])
    assert [line.partition(":")[0] for line in text if line.startswith("login at")] == ["login at https"]
    assert f"    {other.advice}" in text
    many = [wants_login(f"r{n}", "https://h.example/x.git") for n in range(9)]
    (line,) = [line for line in lines.summary(finished(failed=9), many) if line.startswith("login at")]
    assert line.endswith("; then: synctui sync host:h.example state:failed")


def test_each_line_of_a_longer_text_carries_its_repo() -> None:
    assert lines.prefixed("a", "one\ntwo\rthree\n") == ["[a] one", "[a] two", "[a] three"]
    assert lines.prefixed("a", "") == []


def test_repo_finished_has_the_keys_of_the_contract_and_no_credentials() -> None:
    ref = RefChange("refs/heads/main", OLD, NEW, RefKind.FORWARD)
    outcome = Outcome(State.SYNCED, action=Action.FAST_FORWARD, branch="main", refs=(ref,))
    document = ndjson.document(Record(1_795_246_485.3973, "run1", ended(outcome)))
    assert document == {
        "schema_version": 1,
        "event": "repo_finished",
        "time": "2026-11-21T07:34:45.397Z",
        "run": "run1",
        "repo": "web/shop",
        "path": "/w/shop",
        "url": "https://a.example/shop.git",
        "host": "a.example",
        "state": "synced",
        "reason": None,
        "message": "",
        "advice": "",
        "notes": [],
        "action": "fast_forward",
        "branch": "main",
        "old": None,
        "new": None,
        "commits": 0,
        "ahead": None,
        "behind": None,
        "refs": [{"name": "refs/heads/main", "old": OLD, "new": NEW, "kind": "forward"}],
        "attempt": 1,
        "queued_ms": 10,
        "duration_ms": 1234,
        "output_tail": [],
    }


@pytest.mark.parametrize(
    ("state", "tail"), [(State.FAILED, ["said"]), (State.BLOCKED, ["said"]), (State.SYNCED, [])]
)
def test_what_git_said_is_in_the_events_of_failures_alone(state: State, tail: list[str]) -> None:
    document = ndjson.document(Record(0, "r", ended(Outcome(state, output_tail=("said",)))))
    assert document is not None
    assert document["output_tail"] == tail


def test_what_the_contract_does_not_name_stays_inside() -> None:
    assert ndjson.document(Record(0, "r", JobStopping(REPO, Reason.USER))) is None
    paused = ndjson.document(Record(0, "r", QueuePaused(True)))
    assert paused is not None
    assert (paused["event"], paused["text"]) == ("notice", "the queue is paused")


def test_a_line_is_one_line_whatever_is_in_it() -> None:
    document = ndjson.document(Record(0, "r", Notice("info", "a\nb\udcff\x1b\u2028")))
    assert document is not None
    line = ndjson.encode(document)
    assert len(line.splitlines()) == 1
    assert line.isascii()
    assert json.loads(line)["text"] == "a\nb\udcff\x1b\u2028"


def test_the_last_end_of_each_repo_is_in_the_document_sorted_by_id() -> None:
    def end(repo: str, attempt: int) -> ndjson.Document:
        return {"repo": repo, "attempt": attempt}

    final = ndjson.final_document({"event": "run_finished"}, [end("b", 1), end("a", 1), end("b", 2)])
    assert final == {"event": "run_finished", "repos": [end("a", 1), end("b", 2)]}


@pytest.mark.parametrize(
    ("number", "text"), [(None, ""), (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (388_100, "388.1 kB")]
)
def test_a_size_is_short(number: int | None, text: str) -> None:
    assert lines.size(number) == text


@pytest.mark.parametrize(
    ("notes", "line"),
    [
        ([], ""),
        ([("detached",)], ""),
        ([("probed",), ("probed", "detached"), ()], "asked 2 without git"),
        ([("not_probed_proxy",)], "asked 1 left to git (proxy 1)"),
        (
            [("probed",), ("not_probed_proxy",), *[("not_probed_refspec", "ahead")] * 2],
            "asked 1 without git, 3 left to git (refspec 2, proxy 1)",
        ),
    ],
)
def test_what_the_probe_has_asked_and_left_is_counted(notes: list[tuple[str, ...]], line: str) -> None:
    assert lines.probes_line(ended(Outcome(State.UP_TO_DATE, notes=each)) for each in notes) == line
