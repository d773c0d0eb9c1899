"""A run is judged from its first checkpoint to its last, beside real music and chance."""

import json

import pytest

from musicgen.corpus.reader import open_corpus
from musicgen.evaluation.references import excerpt_of
from musicgen.evaluation.trend import Trend
from musicgen.score import Note, Notes, Part, Score, TempoChange
from tests.musicgen.sampling.untrained import STEADY, written

STEPS = 4


@pytest.fixture
def run(pieces, command, tmp_path):
    """A corpus of thirty melodies, and a run whose later checkpoints write more like them."""
    assert command("prepare", pieces, tmp_path / "corpus")[0] == 0
    vocabulary = open_corpus(tmp_path / "corpus").vocabulary
    for step in range(STEPS):
        biases = {**STEADY, "tempo 101": 9.0, "pitch 5": 12.0, "chord": -3.0 * step}
        written(tmp_path / "run" / "checkpoints" / f"step-{step:08d}", vocabulary, step=step, **biases)
    return tmp_path


def test_it_judges_a_run_step_by_step(run, command):
    corpus, picture, out = run / "corpus", run / "steps.svg", run / "out.json"
    words = ("evaluate", run / "run", "--corpus", corpus, "--songs", 8, "--seconds", 8)
    code, printed, err = command(*words, "--picture", picture, "--out", out)
    assert code == 0, err
    assert "run, step by step:" in printed
    assert f"{STEPS} checkpoints" in printed
    assert picture.read_bytes().startswith(b"<?xml")
    found = json.loads(out.read_text())
    judged = found["runs"]["run"]["checkpoints"]
    assert [row["step"] for row in judged] == list(range(STEPS))
    for row in judged:
        assert row["songs"] == 8
        assert row["valid_percent"] == 100.0
        assert 0.0 <= row["copying"]["flagged_percent"] <= 100.0
        density = row["comparison"]["measures"]["note_density"]
        assert density["a"]["count"] == found["real"]["songs"]
        assert density["b"]["mean"] != density["chance"]["mean"]
    assert [trend["name"] for trend in found["runs"]["run"]["trends"]][1] == "Fréchet feature distance"
    small = run / "small.json"
    code, again, _ = command(*words, "--json", "--brief", "--out", small)
    assert code == 0
    assert json.loads(again) == found
    assert small.stat().st_size < 0.5 * out.stat().st_size
    kept = json.loads(small.read_text())["runs"]["run"]["checkpoints"]
    for row, whole in zip(kept, judged, strict=True):
        density, known = (one["comparison"]["measures"]["note_density"]["b"] for one in (row, whole))
        assert density["mean"] == pytest.approx(known["mean"], rel=1e-4)


def test_it_says_what_cannot_be_judged(run, command):
    assert command("evaluate", "nobody", "--corpus", run / "corpus")[0] == 2
    code, _, err = command("evaluate", run / "run", "--corpus", run / "corpus", "--seconds", 0)
    assert (code, "above 0" in err) == (2, True)


def test_it_cuts_an_excerpt_from_the_first_note_on():
    notes = [Note(480 * (4 + number), 60 + number, 960) for number in range(20)]
    score = Score((Part(Notes.of(notes)),), tempos=(TempoChange(0, 120.0), TempoChange(480 * 10, 60.0)))
    excerpt = excerpt_of(score, 7.0)
    assert excerpt is not None
    starts = excerpt.all_notes().start_ticks
    assert starts[0] == 0
    # Six quarters of half a second, then four of a whole one.
    assert len(starts) == 10
    assert excerpt.duration_seconds == pytest.approx(7.0, abs=0.01)
    assert excerpt_of(score, 2.0) is None
    assert excerpt_of(Score(), 7.0) is None


def test_it_words_a_trend():
    falling = Trend("distance", (0, 1, 2, 3), (4.0, 3.0, 2.0, 1.0), -1.0, 0.04)
    assert "better and better" in falling.in_words()
    assert "no trend" in Trend("distance", (0, 1, 2, 3), (4.0, 3.0, 5.0, 1.0), -0.3, 0.7).in_words()
    assert "too few" in Trend("distance", (0, 1), (4.0, 3.0), None, None).in_words()
