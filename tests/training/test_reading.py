"""Strangers' files are read at a distance."""

import os
import signal
import time

import pytest

from musicgen.corpus.examining import Examined
from tests.training.pieces import midi_bytes
from training.jobs.reading import GuardedReader, ReaderUnavailableError, read


def crash(data):
    if data == b"crash":
        os.kill(os.getpid(), signal.SIGKILL)
    return Examined("", "", notes=len(data))


def stall(data):
    if data == b"stall":
        time.sleep(60)
    return Examined("", "", notes=len(data))


def swell(data):
    if data == b"swell":
        bytearray(8 * 1024**3)
    return Examined("", "", notes=len(data))


def test_it_tells_what_a_file_holds():
    with GuardedReader() as reader:
        found = reader.read(midi_bytes(1, notes=40))
    assert found == read(midi_bytes(1, notes=40))
    assert (found.refusal, found.notes) == ("", 40)
    assert 20 < found.seconds < 40


def test_it_says_why_a_file_is_refused():
    with GuardedReader() as reader:
        assert "not a MIDI file" in reader.read(b"<html>").refusal


def test_it_survives_a_file_that_crashes_the_reader():
    with GuardedReader(read_file=crash) as reader:
        assert "crashed the reader" in reader.read(b"crash").refusal
        assert reader.read(b"fine") == Examined("", "", notes=4)


def test_it_gives_up_on_a_file_that_stalls_the_reader():
    with GuardedReader(file_seconds=0.5, read_file=stall) as reader:
        assert "longer than 0.5 seconds" in reader.read(b"stall").refusal
        assert reader.read(b"fine") == Examined("", "", notes=4)


def test_it_refuses_a_file_that_takes_too_much_memory():
    with GuardedReader(read_file=swell) as reader:
        assert "more memory" in reader.read(b"swell").refusal
        assert reader.read(b"fine") == Examined("", "", notes=4)


def test_it_blames_no_file_when_there_is_no_reader(monkeypatch):
    monkeypatch.setattr("training.jobs.reading._serve", print)  # a process that ends at once
    with GuardedReader() as reader, pytest.raises(ReaderUnavailableError):
        reader.read(midi_bytes(1))
