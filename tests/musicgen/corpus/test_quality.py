"""The report on a dataset counts what was put into it."""

import json

import pytest

from musicgen.corpus.prepare import prepare
from musicgen.corpus.quality import FINDINGS
from musicgen.corpus.quality_picture import draw_quality
from musicgen.midi import write_midi
from musicgen.score import Note, Notes, Part, Score, TempoChange, TimeSignature
from musicgen.statistics import MEASURES
from musicgen.statistics.keys import key_estimate
from tests.musicgen.corpus.pieces import midi, piece


def even(seed, velocities=(60, 90), length=960, **changes):
    """A tune of half a minute at even tempo and meter, so that nothing is odd in it."""
    notes = [
        Note(480 * step, 60 + (step * (seed + 2)) % 23, length, velocities[step % 2]) for step in range(64)
    ]
    settings = {"tempos": (TempoChange(0, 100.0),), "time_signatures": (TimeSignature(0, 3, 4),)}
    return Score((Part(Notes.of(notes), program=40),), **{**settings, **changes})


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    source = tmp_path_factory.mktemp("dataset") / "source"
    source.mkdir()
    files = {f"even {seed}.mid": write_midi(even(seed)) for seed in range(8)}
    files["flat.mid"] = write_midi(even(20, velocities=(64, 64)))
    files["untimed.mid"] = write_midi(even(21, tempos=(), time_signatures=()))
    files["short.mid"] = write_midi(Score((Part(Notes.of([Note(0, 60, 480, 50), Note(480, 64, 480, 70)])),)))
    files["stuck.mid"] = write_midi(even(22, length=480 * 2 * 100))
    copy = even(3)
    files["copy.mid"] = write_midi(copy)
    moved = copy.parts[0].notes
    files["moved.mid"] = write_midi(
        Score((Part(Notes(moved.start_ticks, moved.pitch + 2, moved.duration_ticks, moved.velocity)),))
    )
    files["silent.mid"] = write_midi(Score())
    files["drums.mid"] = write_midi(Score((Part(Notes.of([Note(0, 36, 10)]), is_drum=True),)))
    files["broken.mid"] = b"not music"
    for name, content in files.items():
        (source / name).write_bytes(content)
    prepare(source, source.parent / "corpus")
    return json.loads((source.parent / "corpus" / "quality.json").read_text())


def test_it_counts_verdicts_and_their_kinds(report):
    assert (report["files"], report["taken"]) == (17, 12)
    duplicates = report["duplicates"]
    assert (duplicates["equal_files"], duplicates["equal_notes"]) == (1, 1)
    assert report["refused"]["kinds"] == [["drums only", 1], ["empty", 1], ["unreadable", 1]]
    assert {row["name"] for row in report["refused"]["listed"]} == {"silent.mid", "drums.mid", "broken.mid"}
    assert all(row["reason"] for row in report["refused"]["listed"])


@pytest.mark.parametrize(
    ("finding", "names"),
    [
        ("a note lasts longer than a minute", ["stuck.mid"]),
        ("notes were never ended", []),
        ("all notes are equally loud", ["flat.mid"]),
        ("the tempo is never set", ["short.mid", "untimed.mid"]),
        ("the meter is never set", ["short.mid", "untimed.mid"]),
        ("shorter than 10 seconds", ["short.mid"]),
        ("longer than 30 minutes", []),
    ],
)
def test_it_finds_what_is_odd(report, finding, names):
    assert finding in FINDINGS
    assert report["findings"][finding] == {"count": len(names), "listed": names}


def test_it_sums_up_what_is_in_it(report):
    assert report["totals"]["notes"] == 11 * 64 + 2
    assert sum(split["pieces"] for split in report["splits"].values()) == 12
    assert report["meters"] == [["3/4", 10], ["4/4", 2]]
    assert report["programs"] == [["40", 11], ["0", 1]]
    assert sum(count for _, count in report["keys"]) == 12
    assert report["licences"] == [["not stated", 12]]
    assert set(report["measures"]) == {row.name for row in MEASURES}
    span = report["measures"]["tone_span"]
    assert span["count"] == 12
    assert sum(span["histogram"]["counts"]) == 12
    assert span["percentiles"]["5"] <= span["percentiles"]["50"] <= span["percentiles"]["95"]


def test_it_draws_the_report(report):
    assert draw_quality(report, "svg") == draw_quality(report, "svg")
    assert draw_quality(report, "png").startswith(b"\x89PNG")
    report = {**report, "composers": [["A$AP $ (x)", 3], ["", 1]]}
    assert draw_quality(report, "svg").startswith(b"<?xml")


def test_it_writes_the_same_report_of_the_same_files(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for seed in range(6):
        (source / f"{seed}.mid").write_bytes(midi(seed))
    first, second = (prepare(source, tmp_path / name).quality for name in ("one", "two"))
    assert first == second


def test_it_estimates_keys():
    def of(pitches):
        return Score((Part(Notes.of(Note(480 * i, p, 480) for i, p in enumerate(pitches))),))

    assert key_estimate(of([67, 69, 71, 72, 74, 76, 78, 79, 74, 71, 67])) == "G major"
    assert key_estimate(of([69, 71, 72, 74, 76, 77, 80, 81, 76, 72, 69])) == "A minor"
    assert key_estimate(of(range(60, 72))) is None
    assert key_estimate(Score()) is None
    assert key_estimate(piece(1)) is not None
