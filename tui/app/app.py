"""The full-screen app: it starts the engine's jobs as workers, draws what comes of it, and leaves in order."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, ClassVar

from msgspec import structs
from textual.await_complete import AwaitComplete
from textual.binding import BindingsMap
from textual.command import Provider
from textual.events import Event, Key
from textual.screen import Screen, ScreenResultType
from textual.theme import Theme

from tui.app.actions import BY_NAME, bindings
from tui.app.bridge import Bridge
from tui.app.commands import Commands
from tui.app.desk import Desk
from tui.app.detail_screen import DetailScreen
from tui.app.fault import CarefulApp
from tui.app.greeting import greet
from tui.app.keyboard import Keyboard
from tui.app.log_lines import log_line, note
from tui.app.lookout import Lookout
from tui.app.pace import TICK, Pace, collecting_by_pace
from tui.app.palette import ActionCommands, Palette
from tui.app.passes import Passes
from tui.app.plan import goes_on_in
from tui.app.player import Player
from tui.app.reader import Reader
from tui.app.refusals import Heading, Situation
from tui.app.run_dialog import RunDialog
from tui.app.run_screen import RunScreen
from tui.app.session import Session
from tui.app.terminal import TerminalDriver, give_tmux, handlers_kept, terminal_is_lost
from tui.app.toasts import ToastingApp
from tui.app.views import Left
from tui.engine.clock import Clock
from tui.engine.events import JobEnded, JobStarted, Notice, Record
from tui.engine.feed import ALL, Inbox
from tui.engine.shutdown import STOP_GRACE, STOP_SIGNALS, Ending
from tui.git.outcome import Reason
from tui.git.repo import Repo
from tui.store.logs import log_of
from tui.store.paths import StateError
from tui.view.board import Board, BoardRow
from tui.view.lines import columns_of, plural, summary
from widgets.log_pane import LogLine

_AT_ONCE = 200
"""Records in one step of the loop, for the end of which a key has to wait."""
_GIVE_UP = 2.7
"""Seconds after which an abort leaves whatever is still alive: by then TERM and KILL have been sent."""


class SynctuiApp(CarefulApp[Ending], ToastingApp[Ending]):
    TITLE = "synctui"
    CSS_PATH: ClassVar[list[str]] = ["run_screen.tcss", "detail_screen.tcss"]  # type: ignore[assignment]  # Textual types it for one class or instance
    COMMANDS: ClassVar[set[type[Provider]]] = {ActionCommands}  # type: ignore[assignment]  # Textual's takes a callable, too

    def __init__(
        self,
        session: Session | Future[Session],
        clock: Clock | None = None,
        player: Player | None = None,
        *,
        on_first_frame: Callable[[], object] | None = None,
    ) -> None:
        """With a player the screens show what it plays, and the engine stands idle.

        `on_first_frame` is called once there is something to see, as to begin the making of a session.

        Raises what kept the session from being made where that is known already; what is known only later
        `run_to_end` raises.
        """
        # Textual makes greys of colours where it does not leave them to the terminal.
        super().__init__(driver_class=TerminalDriver, ansi_color="NO_COLOR" in os.environ or None)
        self._first_theme = self.theme
        self._clock = clock or Clock()
        self.bridge = Bridge(self)
        self._pace = Pace((self.catch_up, self._draw_run, self._draw_lists))
        self.keyboard = Keyboard(self, self._pace)
        self.passes = Passes(self)
        self.main = RunScreen()
        self.asked_to_leave = False
        """A ctrl+c that follows aborts."""
        self._refusal: BaseException | None = None
        """What kept the session from being made; it ends the screen."""
        self._inbox = Inbox()
        self._signal: signal.Signals | None = None
        self._has_terminal = sys.__stdin__ is not None and sys.__stdin__.isatty()
        self._opening: Future[Session] | None = None
        """The session while it is being made, which may take as long as the disks do."""
        self._on_first_frame = on_first_frame
        if isinstance(session, Session):
            self._furnish(session, player)
        elif session.done():
            self._furnish(session.result())
        else:
            self._opening = session
            self.heeds_stderr = True
            self.keyboard.hold()

    def _furnish(self, session: Session, player: Player | None = None) -> None:
        # Textual's own ctrl+q would leave without asking once the person has another key for it.
        self._bindings = BindingsMap(bindings(session.keys))
        self.wear(session.preferences.settings.theme)
        engine = session.engine(self.bridge.spawn)
        board = Board(
            session.repos,
            session.plan.settled,
            limit=engine.snapshot().limit,
            past=session.past,
            cut_off=session.cut_off.left if session.cut_off else (),
        )
        self.desk = Desk(session, engine, board, self._clock, player)
        self.commands = Commands(self)
        self.main.furnish(self.desk)
        self.lookout = Lookout(self, self.desk)
        self.reader = Reader(self, self.desk)

    @property
    def is_opening(self) -> bool:
        """There is neither a desk nor anything on it yet."""
        return self._opening is not None

    def run_to_end(self) -> Ending:
        """Run, and tell on stdout what became of it once the screen is gone; a fault of ours is told on stderr.

        Raises what kept the session from being made or the passes of a watch from beginning: ConfigError,
        SelectionError or StateError, and of a session SystemExit as well.
        """
        ending = None
        if self.console.color_system == "standard":  # 16 colours: the others' fine shades would all be white
            self._first_theme = "ansi-dark"
            self.wear(None if self.is_opening else self.desk.session.preferences.settings.theme)
        try:
            with collecting_by_pace(), handlers_kept():
                ending = self.run()
        except Exception as error:  # noqa: BLE001  whatever it is, what runs is ended and the person told
            self.fault = self.fault or error
        if self._refusal or self.is_opening:
            self.tell()
            if self._refusal:
                raise self._refusal
            return ending or Ending(1, self._signal)
        was_writing = self.bridge.finish_writing(STOP_GRACE)  # which may have begun a run only now
        if was_writing or self.fault or ending is None:  # no job may outlive the screen
            self.desk.engine.cancel_all(Reason.QUIT)
            self.desk.engine.wait_idle(STOP_GRACE)
        if self.fault or ending is None:
            ending = Ending(1, self._signal)
        try:
            self.read(ALL)
            self._tell_summary()
        except Exception as error:  # noqa: BLE001  as above
            self.fault, ending = self.fault or error, Ending(1, self._signal)
        self.tell()
        if self.passes.refusal:
            raise self.passes.refusal
        return ending

    def _tell_summary(self) -> None:
        board, session = self.desk.board, self.desk.session
        finished, ends = board.session()
        dry_run, log = session.dry_run, log_of(board.run_with_trouble)
        # What a demo would advise goes with it.
        told = [] if session.forgetful and not dry_run else ends
        columns = columns_of(sys.stdout)
        lines = summary(finished, told, dry_run=dry_run, log=log, columns=columns) if ends else []
        if alive := len(board.running):
            lines.append(f"{plural(alive, 'job')} did not end in time")
        with contextlib.suppress(OSError):  # the terminal may be what ended us
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            sys.stdout.flush()

    def get_default_screen(self) -> Screen[None]:
        return self.main

    def on_mount(self) -> None:
        self.bridge.attach()
        asyncio.get_running_loop().set_exception_handler(self.fault_of_the_loop)
        for number in STOP_SIGNALS:
            self._heed(number)
        self.app_resume_signal.subscribe(self, lambda _app: self.refresh(layout=True))
        if self._opening:
            if self._on_first_frame:
                self.call_after_refresh(self._on_first_frame)
            self._opening.add_done_callback(lambda _: self.bridge.call_soon(self._move_in_soon))
        else:
            self._begin()

    def _move_in_soon(self) -> None:
        self.call_after_refresh(self.call_later, self._move_in)

    async def _move_in(self) -> None:
        assert self._opening is not None  # noqa: S101  it is what has ended
        try:
            session = self._opening.result()
        except (Exception, SystemExit) as refusal:  # noqa: BLE001  whatever it is, `run_to_end` raises it
            self._refusal = refusal
            self.exit(Ending(2))
            return
        self._furnish(session)
        self._opening, self.heeds_stderr = None, False
        self._begin()
        await self.keyboard.go_on()

    def _begin(self) -> None:
        self._inbox = self.desk.source.subscribe()
        self._inbox.at_end = lambda: self.bridge.call_soon(self.tick)  # which nobody likes to wait for
        self.set_interval(self._pace.every, self._pace.beat)
        self.theme_changed_signal.subscribe(self, self._keep_theme)
        self.lookout.recall_arrivals()
        session = self.desk.session
        self.read(ALL)  # a run that has begun already is older than what is said now
        if session.cut_off and (session.start or session.watch):
            here = len(self.desk.board.left)
            text = goes_on_in(session.cut_off, here, self.desk.clock.now())
            self.keep(text)
            self.say(text)
        greet(self)
        if session.start and self.desk.board.run is None:
            self.commands.start_all()
        # What is here now stays: the collector, which stops everything, need not go through it again and again.
        gc.freeze()
        gc.enable()

    # The theme.

    def wear(self, theme: str | None) -> None:
        """None: the one that Textual begins with."""
        self.theme = theme or self._first_theme

    def _keep_theme(self, theme: Theme) -> None:
        """The one that was picked in the list of themes, too."""
        preferences = self.desk.session.preferences
        if theme.name == (preferences.settings.theme or self._first_theme):
            return
        self.commands.change("theme", theme.name)
        if fixed_by := preferences.fixed_by("theme"):
            self.say(f"a start with {fixed_by} takes that theme again")

    # Drawing.

    def tick(self) -> None:
        """All that the pace does in parts."""
        self.catch_up()
        self._draw_run()
        self._draw_lists()

    def catch_up(self) -> None:
        """With what has happened; what has ended is in the log."""
        if not self.is_running:  # widgets that are being taken down can draw nothing
            return
        self.read()
        self.lookout.take()
        self.reader.take()
        if self.main.shows_arrived:
            self.reader.read_shown(self.main.highlighted())
        self.lookout.look_again(self.main.repos_in_question())
        self.passes.repeat()
        if self._has_terminal and not self.desk.leaving and terminal_is_lost():
            self.abort(signal.SIGHUP, Reason.SIGNAL)

    def _draw_run(self) -> None:
        for screen in self._seen_screens():
            if isinstance(screen, RunScreen):
                screen.paint_run()
            elif isinstance(screen, DetailScreen | RunDialog):
                screen.paint()

    def _draw_lists(self) -> None:
        for screen in self._seen_screens():
            if isinstance(screen, RunScreen):
                screen.paint_lists()

    def _seen_screens(self) -> Iterator[Screen[Any]]:
        """From the top; nothing can be seen of what is below one that fills all."""
        for screen in reversed(self.screen_stack if self.is_running else ()):
            yield screen
            if not screen.is_modal:
                break

    def read(self, most: int = _AT_ONCE) -> None:
        """Fold what has happened into the board and the log: so much of it, the rest after what else waits."""
        lines: list[LogLine] = []
        notices: list[Notice] = []
        records = list(self._inbox.drain(most))
        for record in records:
            self.desk.board.apply(record)
            if line := log_line(record, self.desk.keys):
                lines.append(line)
            self._take(record, notices)
        if self.is_running:
            self.main.append(lines)
            if len(records) == most:
                self.call_later(self.read)
        if notices:
            self.say_last(notices)
        if self.desk.leaving and self.desk.engine.snapshot().idle:
            self.leave()

    def _take(self, record: Record, notices: list[Notice]) -> None:
        match record.event:
            case Notice(about=None) as notice:
                notices.append(notice)
            case JobStarted(repo=repo) if self._is_open(repo):  # its folder may have gone since the last look
                self.lookout.look_now(repo)
            case JobEnded(repo=repo) as ended:
                self.lookout.due[repo.id] = repo
                self.desk.note_end(ended, record.time)
                self.desk.forecast.learn(ended)

    def keep(self, text: str) -> None:
        """In the log, where it can be read after its toast is gone, below all that has happened before it."""
        self.read(ALL)
        self.main.append([note(self.desk.clock.now(), text)])

    def copy_to_clipboard(self, text: str) -> None:
        super().copy_to_clipboard(text)
        if os.environ.get("TMUX"):
            give_tmux(text)

    def open(
        self,
        screen: Screen[ScreenResultType],
        answered: Callable[[ScreenResultType | None], None] | None = None,
    ) -> None:
        self.clear_notifications()  # they would lie on top of it
        self.push_screen(screen, answered)

    def action_command_palette(self) -> None:
        if not self.screen.is_modal:
            self.open(Palette(self.situation()))

    # Actions.

    async def on_event(self, event: Event) -> None:
        if not (isinstance(event, Key) and await self.keyboard.take(event)):
            await super().on_event(event)

    async def on_filter_line_submitted(self) -> None:
        """The filter counts, and its line no longer has the focus."""
        await self.keyboard.go_on()

    on_filter_line_cancelled = on_filter_line_submitted

    def highlighted(self) -> str | None:
        screen = self.screen
        return screen.highlighted() if isinstance(screen, RunScreen | DetailScreen) else None

    def targets(self) -> list[BoardRow]:
        """What an action on repos is about: the marked ones, else the selected one."""
        screen = self.screen
        selected = screen.selected() if isinstance(screen, RunScreen | DetailScreen) else ()
        return self.desk.targets(selected, marked=not isinstance(screen, DetailScreen))

    def on_heading(self) -> Heading:
        """Of a group, where a whole one is selected."""
        return self.main.on_heading() if self.screen is self.main else ""

    def note(self) -> str:
        """The text of the log's line under the cursor, where it is of no repo."""
        return self.main.note() if self.screen is self.main else ""

    def situation(self) -> Situation:
        in_detail = isinstance(self.screen, DetailScreen)
        return self.desk.situation(
            self.targets(),
            heading=self.on_heading(),
            in_detail=in_detail,
            found=self.main.found,
            note=self.note(),
        )

    def action_act(self, name: str) -> None:
        """Do the action of that name, or say why not."""
        if not self.main.is_ready:  # typed before the first frame
            self.set_timer(TICK, self.doer(name))
            return
        action = BY_NAME[name]
        if why := action.refuse(self.situation()):
            self.refuse(why)
            return
        if method := getattr(self.screen, f"do_{name}", None):  # what one screen alone knows, it does itself
            method()
        elif method := getattr(self.commands, name, None):
            method()
            self.read()
            self.main.paint()
        else:
            self.say(f"{action.title}: not on this page")
            return
        self.main.redraw()

    def doer(self, name: str) -> Callable[[], None]:
        """What does the action of that name."""
        return lambda: self.action_act(name)

    def deliver_screenshot(self, *_: object, **__: object) -> None:
        """To where all exports go: not everybody has the folder of downloads that Textual takes."""
        self.commands.export_screenshot()

    def pop_screen(self) -> AwaitComplete:
        if self.screen.is_modal:
            self.keyboard.forget()
        # Of two choices in the list of themes the second would else end the app.
        return super().pop_screen() if len(self.screen_stack) > 1 else AwaitComplete()

    def open_detail(self, repo_id: str) -> None:
        if not isinstance(self.screen, DetailScreen) and repo_id in self.desk.board.rows:
            self.open(DetailScreen(self.desk, repo_id))
            self.lookout.look_now(self.desk.board.rows[repo_id].repo)

    def _is_open(self, repo: Repo) -> bool:
        return any(isinstance(one, DetailScreen) and one.repo_id == repo.id for one in self.screen_stack)

    # Leaving.

    def leave_when_idle(self) -> None:
        self.desk.leaving = "leaves when the run is over"
        self.read()

    def stay(self) -> None:
        self.desk.leaving = ""

    def abort(self, by: signal.Signals | None = None, reason: Reason = Reason.QUIT) -> None:
        """Stop everything and leave as soon as it is gone, or after the last deadline."""
        self._signal = by or self._signal
        if self.is_opening:
            self.exit(Ending(1, by))
            return
        now = self.desk.engine.snapshot()
        self.desk.leaving = f"stopping {plural(now.running + now.picked + now.resting, 'job')}…"
        self.asked_to_leave = True
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.set_timer(_GIVE_UP, self.leave)
        self.desk.engine.cancel_all(reason)
        self.read()

    def leave(self) -> None:
        self.lookout.stop()
        self._keep_how_it_is_left()
        self.desk.leaving = ""
        self.read(ALL)
        finished, _ = self.desk.board.session()
        self.exit(Ending(1 if self.desk.board.running else finished.exit_code, self._signal))

    def _keep_how_it_is_left(self) -> None:
        session, rows = self.desk.session, self.desk.board.rows
        # Of a session of some repos the marks of the others stay.
        elsewhere = {repo_id for repo_id in session.left.marks if repo_id not in rows}
        left = Left(structs.replace(self.main.view, words=""), frozenset(self.desk.marks | elsewhere))
        if left == session.left:
            return
        try:
            session.leave(left.kept)
        except StateError as error:
            self.tell_at_end(f"synctui: {error}")

    def _heed(self, number: signal.Signals) -> None:
        asyncio.get_running_loop().add_signal_handler(number, self.abort, number, Reason.SIGNAL)

    @contextlib.contextmanager
    def deaf_to_interrupts(self) -> Iterator[None]:
        """While another program has the terminal, the ctrl+c that it gets reaches us too and is not for us."""
        loop = asyncio.get_running_loop()
        loop.remove_signal_handler(signal.SIGINT)
        # Not SIG_IGN, which the program would inherit.
        signal.signal(signal.SIGINT, lambda _number, _frame: None)
        try:
            yield
        finally:
            # The loop learns of a signal in its next round; only after that one may it be heeded again.
            loop.call_soon(loop.call_soon, self._heed, signal.SIGINT)
