import pytest
from textual.widgets import OptionList, Static

from tests.widgets.host import Host, screen
from widgets.dialogs import Choice, ConfirmDialog
from widgets.help_screen import HelpGroup, HelpRow, HelpScreen

QUIT = (Choice("w", "wait [/b]"), Choice("a", "abort"), Choice("s", "stay"))


async def answered(dialog, *keys, size=(60, 12)):
    """What the dialog returns after those keys, and the texts it showed."""
    answers = []
    app = Host(Static())
    async with app.run_test(size=size) as pilot:
        app.push_screen(dialog, answers.append)
        await pilot.pause()
        shown = screen(app)
        await pilot.press(*keys)
    return answers, shown


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        ("w", "w"),
        ("a", "a"),
        ("escape", "s"),
        ("enter", "s"),
        ("up,enter", "a"),
        ("k,k,k,enter", "w"),
        ("left,right,enter", "s"),
    ],
)
async def test_a_choice_is_made_by_its_key_or_by_selecting_it(keys, answer):
    answers, _ = await answered(ConfirmDialog("Leave?", "6 jobs are running", QUIT), *keys.split(","))
    assert answers == [answer]


async def test_a_choice_is_made_by_mouse():
    answers = []
    app = Host(Static())
    async with app.run_test(size=(60, 12)) as pilot:
        app.push_screen(ConfirmDialog("Leave?", "6 jobs are running", QUIT), answers.append)
        await pilot.pause()
        await pilot.click(OptionList, offset=(3, 1))
    assert answers == ["a"]


async def test_what_is_no_longer_offered_is_not_taken_for_what_is():
    answers = []
    app = Host(Static())
    async with app.run_test(size=(60, 12)) as pilot:
        dialog = ConfirmDialog("Leave?", "6 jobs are running", QUIT)
        app.push_screen(dialog, answers.append)
        await pilot.pause()
        options = dialog.query_one(OptionList)
        options.highlighted = 1
        options.action_select()  # its message is on its way
        dialog.offer((Choice("q", "leave"), Choice("s", "stay")))
        await pilot.press("w", "a")
        assert answers == []
        await pilot.press("q")
    assert answers == ["q"]


async def test_the_dialog_shows_its_words_as_they_are_and_the_keys():
    dialog = ConfirmDialog("Leave [/x]?", "[red]6[/] jobs are running", QUIT)
    _, shown = await answered(dialog, "escape")
    assert [line.strip("│ ") for line in shown[1:-1]] == [
        "Leave [/x]?",
        "",
        "[red]6[/] jobs are running",
        "",
        "w  wait [/b]",
        "a  abort",
        "s  stay",
    ]


async def test_the_dialog_fits_a_small_screen():
    _, shown = await answered(ConfirmDialog("Leave?", "word " * 20, QUIT), "escape", size=(40, 12))
    assert [line.strip("│ ") for line in shown][-4:-1] == ["w  wait [/b]", "a  abort", "s  stay"]


async def test_help_lists_the_keys_and_why_one_is_refused():
    groups = [
        HelpGroup("Run", (HelpRow("s", "sync"), HelpRow("+ =", "one more slot", "at the limit [/b]"))),
        HelpGroup("Move", (HelpRow("j k", "down, up"),)),
    ]
    answers, shown = await answered(HelpScreen("Keys [/x]", groups), "question_mark", size=(60, 20))
    assert answers == [None]
    assert "Keys [/x] · esc closes" in shown[0]
    assert [line.strip("│ ") for line in shown[1:-1]] == [
        "Run",
        "s  sync",
        "+ =  one more slot  (at the limit [/b])",
        "",
        "Move",
        "j k  down, up",
    ]


async def test_a_click_beside_the_help_closes_it_and_one_on_it_does_not():
    answers = []
    app = Host(Static())
    async with app.run_test(size=(60, 20)) as pilot:
        page = HelpScreen("Keys", [HelpGroup("Run", (HelpRow("s", "sync"),))])
        app.push_screen(page, answers.append)
        await pilot.pause()
        await pilot.click("HelpScreen Static")
        await pilot.click("HelpScreen > VerticalScroll", offset=(0, 0))
        assert app.screen is page
        await pilot.click(offset=(0, 0))
        assert app.screen is not page
    assert answers == [None]


async def test_a_long_help_scrolls():
    groups = [HelpGroup("Run", tuple(HelpRow(f"k{number:02}", "does it") for number in range(50)))]
    app = Host(Static())
    async with app.run_test(size=(40, 12)) as pilot:
        app.push_screen(HelpScreen("Keys", groups))
        await pilot.pause()
        await pilot.press("G")
        await pilot.pause()
        assert screen(app)[-2].split()[1:4] == ["k49", "does", "it"]
