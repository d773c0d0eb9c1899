"""A real synthesizer in its own process, and what becomes of pieces that it must not finish."""

import shutil
import struct
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from musicgen.audio import (
    RenderError,
    RenderLimitError,
    RenderLimits,
    SilentAudioError,
    SoundfontError,
    installed_synthesizer,
    render,
    render_wav,
)
from musicgen.audio.loudness import SILENCE_PEAK
from musicgen.audio.soundfonts import GENERAL, GRAND_PIANO, PLAIN_PIANO, soundfont_for
from musicgen.midi import MidiError
from musicgen.score import Note, Notes, Part, Score
from tests.musicgen.audio.pieces import midi_of, scale

SYNTHESIZERS = ["midirenderer"] + (["fluidsynth"] if shutil.which("fluidsynth") else [])


@pytest.fixture(params=SYNTHESIZERS)
def synthesizer(request, monkeypatch, tmp_path):
    if request.param == "midirenderer":
        hide_fluidsynth(monkeypatch, tmp_path)
    assert installed_synthesizer() == request.param
    return request.param


def hide_fluidsynth(monkeypatch, tmp_path):
    empty = tmp_path / "no-programs"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))


def raw_midi(events, division=480):
    """A file of one track, from bytes of events, for what no writer would write."""
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, division)
    return header + b"MTrk" + struct.pack(">I", len(events)) + events


def samples_of(path):
    return soundfile.read(str(path), dtype="float32")[0]


def pitch_of(samples, rate):
    """Frequency of the strongest partial, Hz."""
    spectrum = np.abs(np.fft.rfft(samples[:, 0] * np.hanning(len(samples))))
    return np.fft.rfftfreq(len(samples), 1 / rate)[int(spectrum.argmax())]


def fundamental_of(samples, rate, near):
    """Frequency of the partial within a semitone of `near`, to a fraction of a cent, Hz."""
    size = 16 * len(samples)  # filled up with silence: the spectrum becomes finer
    spectrum = np.abs(np.fft.rfft(samples[:, 0] * np.hanning(len(samples)), size))
    frequencies = np.fft.rfftfreq(size, 1 / rate)
    around = (frequencies > near / 2 ** (1 / 12)) & (frequencies < near * 2 ** (1 / 12))
    return frequencies[around][int(spectrum[around].argmax())]


def test_it_plays_the_notes_at_their_time_and_pitch(synthesizer, tmp_path):
    out = tmp_path / "out.wav"
    rendered = render_wav(midi_of(scale()), out, soundfont=GENERAL)
    assert (rendered.synthesizer, rendered.sample_rate, rendered.score_seconds) == (synthesizer, 48_000, 2.0)
    assert soundfile.info(str(out)).subtype == "FLOAT"
    samples = samples_of(out)
    assert samples.shape[1] == 2
    assert len(samples) / 48_000 == pytest.approx(rendered.seconds)
    assert 2.0 < rendered.seconds < 10.0
    assert np.abs(samples[:96_000]).max() > 0.01
    for index, pitch in enumerate((60, 62, 64, 66)):
        heard = pitch_of(samples[index * 24_000 + 4_800 : (index + 1) * 24_000], 48_000)
        octaves = np.log2(heard / (440 * 2 ** ((pitch - 69) / 12)))
        assert octaves == pytest.approx(round(octaves), abs=0.02)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_it_makes_the_same_samples_each_time(synthesizer, tmp_path):
    for name in ("a.wav", "b.wav"):
        render_wav(midi_of(scale()), tmp_path / name)
    assert np.array_equal(samples_of(tmp_path / "a.wav"), samples_of(tmp_path / "b.wav"))


def test_its_piano_is_not_muffled(synthesizer, tmp_path):
    render_wav(midi_of(scale(program=0)), tmp_path / "out.wav")
    samples = samples_of(tmp_path / "out.wav").mean(axis=1)
    power = np.abs(np.fft.rfft(samples)) ** 2
    overtones = np.fft.rfftfreq(len(samples), 1 / 48_000) > 1_000
    assert np.abs(samples).max() > 0.01
    assert power[overtones].sum() / power.sum() > 0.005


def test_it_plays_the_piano_where_the_soundfont_lacks_the_instrument(synthesizer, tmp_path):
    for program in (0, 77):
        render_wav(midi_of(scale(program=program)), tmp_path / f"{program}.wav", soundfont=GENERAL)
    assert np.array_equal(samples_of(tmp_path / "0.wav"), samples_of(tmp_path / "77.wav"))


def test_it_plays_drums(synthesizer, tmp_path):
    drums = Score((Part(Notes.of([Note(0, 38, 240, 100), Note(480, 36, 240, 100)]), is_drum=True),))
    render_wav(midi_of(drums), tmp_path / "out.wav")
    assert np.abs(samples_of(tmp_path / "out.wav")).max() > 0.01


def test_it_leaves_drums_silent_where_the_soundfont_has_none(synthesizer, tmp_path):
    drums = Score((Part(Notes.of([Note(0, 60, 480, 100)]), is_drum=True),))
    render_wav(midi_of(drums), tmp_path / "out.wav", soundfont=PLAIN_PIANO)
    assert np.abs(samples_of(tmp_path / "out.wav")).max() < SILENCE_PEAK


def test_it_lets_the_last_note_die_away(synthesizer, tmp_path):
    render_wav(midi_of(scale(program=0)), tmp_path / "out.wav")
    after = np.abs(samples_of(tmp_path / "out.wav")[96_000:]).max(axis=1)
    assert after[:2_400].max() > 1e-3
    assert after[-4_800:].max() < 1e-3


def test_it_never_cuts_loud_pieces_off(synthesizer, tmp_path):
    cluster = Notes.of(Note(0, 30 + i, 960, 127) for i in range(60))
    render_wav(midi_of(Score((Part(cluster),))), tmp_path / "out.wav", soundfont=PLAIN_PIANO)
    samples = samples_of(tmp_path / "out.wav")
    # Cut off, the highest value would come many times.
    assert (np.abs(samples) == np.abs(samples).max()).sum() < 4


def test_it_plays_soft_notes_in_proportion(synthesizer, tmp_path):
    for velocity in (20, 40):
        render_wav(midi_of(scale(velocity=velocity)), tmp_path / f"{velocity}.wav", soundfont=GENERAL)
    soft, louder = (samples_of(tmp_path / f"{velocity}.wav").std() for velocity in (20, 40))
    assert 3 < 20 * np.log10(louder / soft) < 20
    assert soft > 1e-4


def test_it_reports_a_soundfont_that_is_damaged(monkeypatch, tmp_path):
    hide_fluidsynth(monkeypatch, tmp_path)
    damaged = tmp_path / "cut.sf3"
    damaged.write_bytes(PLAIN_PIANO.read_bytes()[:50_000])
    with pytest.raises(RenderError, match="midirenderer could not play the piece: The soundfont breaks off"):
        render_wav(midi_of(scale()), tmp_path / "out.wav", soundfont=damaged)
    data = bytearray(PLAIN_PIANO.read_bytes())
    data[data.index(b"phdr") : data.index(b"phdr") + 4] = b"what"
    damaged.write_bytes(data)
    with pytest.raises(RenderError, match=r"midirenderer could not play the piece: .*phdr"):
        render_wav(midi_of(scale()), tmp_path / "out.wav", soundfont=damaged)
    assert not (tmp_path / "out.wav").exists()


@pytest.mark.parametrize("name", ["rmid", "unknown chunk", "no end of track"])
def test_it_plays_whatever_our_reader_reads(name, synthesizer, tmp_path):
    note = b"\x00\x90\x45\x60" + b"\x83\x60\x80\x45\x40"
    plain = raw_midi(note + b"\x00\xff\x2f\x00")
    data = {
        "rmid": b"RIFF" + struct.pack("<I4s4sI", len(plain) + 12, b"RMID", b"data", len(plain)) + plain,
        "unknown chunk": plain[:14] + b"XFIH\0\0\0\x02ab" + plain[14:],
        "no end of track": raw_midi(note),
    }[name]
    rendered = render_wav(data, tmp_path / "out.wav", soundfont=GENERAL)
    assert rendered.score_seconds == pytest.approx(0.5)
    assert np.abs(samples_of(tmp_path / "out.wav")).max() > 0.01


def test_it_chooses_the_piano_for_piano_music_only():
    piano, violin, drums = (
        Part(scale().parts[0].notes, program=p, is_drum=d) for p, d in ((0, 0), (40, 0), (0, 1))
    )
    assert soundfont_for(Score((piano,)), "fluidsynth") == GRAND_PIANO
    assert soundfont_for(Score((piano,)), "midirenderer") == PLAIN_PIANO
    assert (
        soundfont_for(Score((piano, Part(program=40))), "fluidsynth") == GRAND_PIANO
    )  # the violin is silent
    for synthesizer in ("fluidsynth", "midirenderer"):
        assert soundfont_for(Score((piano, violin)), synthesizer) == GENERAL
        assert soundfont_for(Score((piano, drums)), synthesizer) == GENERAL


def test_it_kills_a_synthesizer_that_takes_too_long(synthesizer, tmp_path):
    long_piece = midi_of(scale(bars=200))
    before = time.monotonic()
    with pytest.raises(RenderLimitError, match=r"more than 0\.3 s"):
        render_wav(long_piece, tmp_path / "out.wav", limits=RenderLimits(max_wall_seconds=0.3))
    assert time.monotonic() - before < 5
    assert list(tmp_path.glob("out.wav")) + list(tmp_path.glob(".render-*")) == []
    assert _running_workers(tmp_path) == []


def _running_workers(folder):
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = process.read_bytes()
        except OSError:
            continue  # it ended while we looked
        if str(folder).encode() in words:
            found.append(words)
    return found


def test_it_stops_silence_after_the_last_note_by_size(synthesizer, tmp_path):
    note = b"\x00\x90\x3c\x40" + b"\x83\x60\x80\x3c\x40"  # half a second
    last = b"\x82\xdd\x00\xb0\x07\x40" + b"\x00\xff\x2f\x00"  # a controller, 44,672 ticks later, at 47 s
    with pytest.raises(RenderLimitError, match="long after its last note"):
        render_wav(raw_midi(note + last), tmp_path / "out.wav", limits=RenderLimits(max_audio_seconds=10.0))


def test_it_refuses_what_is_too_long_before_any_synthesizer_sees_it(tmp_path, monkeypatch):
    monkeypatch.setattr(render, "_run_worker", lambda *_: pytest.fail("a synthesizer was started"))
    with pytest.raises(RenderLimitError, match=r"lasts 20 s.*at most 5 s"):
        render_wav(midi_of(scale(bars=10)), tmp_path / "out.wav", limits=RenderLimits(max_audio_seconds=5.0))
    days = b"\x00\x90\x3c\x40" + b"\xff\xff\xff\x7f\x80\x3c\x40" + b"\x00\xff\x2f\x00"
    for hostile in (raw_midi(days), raw_midi(days, division=0), b"RIFF0000WAVE", b""):
        with pytest.raises(MidiError):
            render_wav(hostile, tmp_path / "out.wav")


def test_it_says_that_a_piece_without_notes_is_silent(tmp_path):
    with pytest.raises(SilentAudioError, match="no notes"):
        render_wav(midi_of(Score()), tmp_path / "out.wav")


def test_it_reads_files_that_count_film_frames(synthesizer, tmp_path):
    # 25 frames of 40 ticks: a tick is a millisecond; the note starts at 0.5 s.
    data = raw_midi(b"\x83\x74\x90\x45\x60\x83\x74\x80\x45\x40\x00\xff\x2f\x00", division=0xE728)
    rendered = render_wav(data, tmp_path / "out.wav", soundfont=GENERAL)
    samples = samples_of(tmp_path / "out.wav")
    assert rendered.score_seconds == pytest.approx(1.0)
    assert np.flatnonzero(np.abs(samples).max(axis=1) > 0.001)[0] / 48_000 == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("content", [None, b"", b"RIFF\0\0\0\0WAVE and more"])
def test_it_refuses_a_soundfont_that_is_none(content, tmp_path):
    soundfont = tmp_path / "font.sf3"
    if content is not None:
        soundfont.write_bytes(content)
    with pytest.raises(SoundfontError, match=r"font\.sf3"):
        render_wav(midi_of(scale()), tmp_path / "out.wav", soundfont=soundfont)


def test_it_reports_a_synthesizer_that_fails(tmp_path, monkeypatch):
    broken = tmp_path / "bin" / "fluidsynth"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho it broke >&2\nexit 7\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{broken.parent}:/usr/bin:/bin")
    with pytest.raises(RenderError, match="7: it broke"):
        render_wav(midi_of(scale()), tmp_path / "out.wav")
    broken.write_text("#!/bin/sh\nexit 0\n")
    with pytest.raises(RenderError, match="no readable sound"):
        render_wav(midi_of(scale()), tmp_path / "out.wav")


def test_it_notices_a_synthesizer_that_stops_early(tmp_path, monkeypatch):
    short = tmp_path / "short.wav"
    soundfile.write(str(short), np.zeros((48_000, 2), np.float32), 48_000, subtype="FLOAT")
    fake = tmp_path / "bin" / "fluidsynth"
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\nwhile [ "$1" != -F ]; do shift; done\ncp {short} "$2"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:/usr/bin:/bin")
    with pytest.raises(RenderError, match=r"stopped after 1\.0 s of a piece of 20\.0 s"):
        render_wav(midi_of(scale(bars=10)), tmp_path / "out.wav")
    assert not (tmp_path / "out.wav").exists()


NYLON_GUITAR = 24  # in tune in the general soundfont, its flute is not


@pytest.mark.parametrize("cents", [0.0, 50.0, -50.0, 350.0])
def test_it_plays_quarter_tones_where_they_belong(synthesizer, tmp_path, cents):
    notes = [Note(0, 69, 1920, 90, cents), Note(0, 76, 1920, 90)]  # a chord: the other is not bent
    score = Score((Part(Notes.of(notes), program=NYLON_GUITAR),))
    rendered = render_wav(midi_of(score), tmp_path / "a.wav")
    samples = samples_of(rendered.path)[rendered.sample_rate // 4 : 3 * rendered.sample_rate // 2]
    for expected in (440 * 2 ** (cents / 1200), 440 * 2 ** (7 / 12)):
        heard = fundamental_of(samples, rendered.sample_rate, expected)
        assert abs(1200 * np.log2(heard / expected)) < 5
