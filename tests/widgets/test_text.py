import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from widgets.text import at_slashes, cut_end, cut_middle, fit
from widgets.tone import TONE_CLASSES, Tone


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        ("pallets/flask", 13, "pallets/flask"),
        ("pallets/flask", 9, "pall…lask"),
        ("pallets/flask", 8, "pall…ask"),
        ("pallets/flask", 2, "p…"),
        ("pallets/flask", 1, "…"),
        ("pallets/flask", 0, ""),
        ("日本語リポジトリ", 9, "日本…トリ"),
        ("日本語リポジトリ", 8, "日本…リ"),
        ("a b c d e f", 5, "a…f"),
        ("aaaaaae\u0301b", 4, "aa…b"),
    ],
)
def test_cut_middle_keeps_head_and_tail(text, width, cut):
    assert cut_middle(text, width) == cut


def test_cut_end_leaves_no_blank_before_the_dots():
    assert cut_end("remote: counting", 9) == "remote…"
    assert cut_end("日本語", 4) == "日…"
    assert cut_end("short", 5) == "short"


def test_cut_end_cuts_no_word_but_a_very_long_one_and_no_number_from_what_it_counts():
    assert cut_end("not found: Repository gone", 20) == "not found…"
    assert cut_end("3 commits  3f2c1d0..9ab8c7f", 20) == "3 commits…"
    assert [cut_end("cloned main, 812 commits", width) for width in range(16, 24)] == ["cloned main…"] * 8
    assert cut_end("at /" + "long" * 7, 12) == "at /longlon…"
    assert cut_end("auth: could not read", 14) == "auth: could…"
    assert cut_end("auth: could not read", 12) == "auth: could…"
    assert cut_end("it withstandsallofthis", 14) == "it withstands…"


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        ("fatal: repository 'http://127.0.0.1:8080/ada/flask.git/' not found", 30, "fatal: repository…"),
        (
            "fatal: repository 'http://127.0.0.1:8080/ada/flask.git/' not found",
            44,
            "fatal: repository 'http://127.0.0.1:8080/ad…",
        ),
        ("failed: auth at https://git.example.org", 30, "failed: auth at…"),
        ("failed: auth at https://git.example.org", 39, "failed: auth at https://git.example.org"),
        ("to https://git.example.org/ada/a-repo-with-a-name", 20, "to…"),
        ("https://git.example.org/ada", 20, "…"),
        ("https://git.example.org/ada/a-repo-with-a-name", 26, "https://git.example.org/a…"),
        ("from file:///srv/git/a-repo-with-a-name.git", 16, "from file:///sr…"),
    ],
)
def test_cut_end_leaves_a_host_whole_or_out(text, width, cut):
    assert cut_end(text, width) == cut


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("written to ~/work", 5, ["written to ~/", "work"]),
        ("no path is long enough", 22, ["no path is long enough"]),
        ("in ~/work/python/flask; gone", 12, ["in ~/work/", "python/", "flask; gone"]),
        ("https://git.example.org/ada/flask", 20, ["https://", "git.example.org/ada/", "flask"]),
        ("日本/日本/日本", 10, ["日本/日本/", "日本"]),
        ("averyverylongword", 6, ["averyverylongword"]),
    ],
)
def test_a_path_breaks_behind_its_slashes(text, width, lines):
    assert at_slashes(text, width).splitlines() == lines


def test_fit_aligns():
    assert [fit("ab", 5, align) for align in ("left", "right", "center")] == ["ab   ", "   ab", " ab  "]


@given(st.text(st.characters(exclude_categories=["C"])), st.integers(0, 40))
def test_fitted_text_has_exactly_its_width(text, width):
    assert cell_len(fit(text, width)) == width
    assert cell_len(fit(cut_middle(text, width), width)) == width


def test_each_tone_reads_without_colour():
    assert [cell_len(tone.glyph) for tone in Tone] == [1] * len(Tone)
    assert len({tone.glyph for tone in Tone}) == len(Tone)
    assert [tone.word for tone in Tone if len(tone.word) > 10] == []
    assert Tone.UP_TO_DATE.word == "up to date"


def test_each_tone_has_a_class_of_its_own():
    assert len(TONE_CLASSES) == len(Tone)
    assert Tone.TIMED_OUT.css_class == "tone--timed-out"
