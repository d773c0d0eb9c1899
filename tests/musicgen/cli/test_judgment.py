"""A published export gives everybody the same leaderboard."""

import json

import numpy as np
import pytest

from musicgen.cli.program import main
from musicgen.statistics.judgment.board import make_board
from musicgen.statistics.judgment.export import records_of
from musicgen.statistics.judgment.simulation import Crowd, simulate

SYSTEMS = {
    "real": {"label": "Real music", "network": "real", "dataset": "real", "representation": "real"},
    "random": {"label": "Random notes", "network": "random", "dataset": "random", "representation": "random"},
    "checkpoint:a": {"label": "A", "network": "lstm", "dataset": "x", "representation": "chords"},
    "checkpoint:b": {"label": "B", "network": "lstm", "dataset": "y", "representation": "chords"},
}
SAID = ("left", "right", "tie", "both_bad")


@pytest.fixture(scope="module")
def export():
    keys = sorted(SYSTEMS)
    verdicts = simulate(
        Crowd(np.array([0, 0.5, -2, 1.5])), listeners=30, each=40, random=np.random.default_rng(1)
    )
    comparisons = [
        {
            "id": k,
            "listener": verdicts.listeners[verdicts.listener[k]],
            "left_system": keys[verdicts.left[k]],
            "right_system": keys[verdicts.right[k]],
            "left_song": int(verdicts.left[k]),
            "right_song": int(verdicts.right[k]),
            "outcome": SAID[verdicts.outcome[k]],
            "weight": 1.0,
            "check": "",
            "repeats": None,
        }
        for k in range(len(verdicts))
    ]
    again = {**comparisons[0], "id": len(verdicts), "check": "repeat", "repeats": 0}
    content = {
        "version": 1,
        "systems": {key: {**facts, "checkpoint": key} for key, facts in SYSTEMS.items()},
        "listeners": [
            {"listener": name, "excluded": place == 0, "anonymous": place % 2 == 0}
            for place, name in enumerate(verdicts.listeners)
        ],
        "comparisons": [*comparisons, again],
        "guesses": [
            {"listener": verdicts.listeners[1], "system": system, "said_human": human, "knew_it": knew}
            for system, human, knew in (
                ("real", True, False),
                ("real", True, False),
                ("checkpoint:a", False, False),
                ("checkpoint:a", True, True),
            )
        ],
        "ratings": [{"listener": verdicts.listeners[2], "system": "checkpoint:b", "stars": 5}],
    }
    chosen = records_of(content).selected(with_excluded=False, with_anonymous=True)
    board = make_board(chosen, "checkpoint", resamples=60)
    return {**content, "boards": {"checkpoint/standard": board.to_json()}}


def test_it_makes_the_same_figures(export, tmp_path, capsys):
    path = tmp_path / "export.json"
    path.write_text(json.dumps(export))
    assert main(["judgment", "recompute", str(path)]) == 0
    said = capsys.readouterr().out
    assert "the same figures" in said
    assert said.index("A  ") < said.index("Random notes")


def test_it_notices_another_figure(export, tmp_path, capsys):
    changed = json.loads(json.dumps(export))
    changed["boards"]["checkpoint/standard"]["rows"][0]["elo"] += 1
    path = tmp_path / "export.json"
    path.write_text(json.dumps(changed))
    assert main(["judgment", "recompute", str(path)]) == 1
    assert "board.rows[0].elo" in capsys.readouterr().out


def test_it_groups_networks_and_keeps_the_anchors(export):
    board = make_board(records_of(export), "network", resamples=20)
    assert {row.key for row in board.rows} == {"lstm", "real", "random"}
    by_key = {row.key: row for row in make_board(records_of(export), "checkpoint", resamples=20).rows}
    assert by_key["checkpoint:a"].guesses == 1  # a piece that was known does not count
    assert by_key["real"].human == 1
    assert by_key["checkpoint:b"].shrunken == 5.0


def test_it_leaves_out_whom_it_is_told_to(export):
    records = records_of(export)
    everybody = make_board(records, "checkpoint", resamples=5)
    assert everybody.listeners == len(export["listeners"])
    assert everybody.verdicts == len(export["comparisons"]) - 1
    chosen = records.selected(with_excluded=False, with_anonymous=False)
    assert make_board(chosen, "checkpoint", resamples=5).listeners == len(export["listeners"]) // 2


@pytest.mark.parametrize("text", ["no json", "[]", '{"version": 9, "comparisons": [], "systems": {}}'])
def test_it_refuses_what_is_no_export(text, tmp_path, capsys):
    path = tmp_path / "other.json"
    path.write_text(text)
    assert main(["judgment", "recompute", str(path)]) == 2
    assert "export" in capsys.readouterr().err
