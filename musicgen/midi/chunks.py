"""The outer structure of a Standard MIDI File: header and track chunks, checked before parsing.

Knows no events. Where a length is wrong but the tracks can still be found, it is put right and
said so. What leaves here is a plain file again whose header and lengths are true, so that the
parser behind it never sees a lie.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from musicgen.midi.errors import DamagedMidiError, MidiLimitError, NotMidiError
from musicgen.midi.limits import MidiLimits
from musicgen.midi.repairs import Repair

END_OF_TRACK: Final = b"\xff\x2f\x00"
_MAC_BINARY_BYTES: Final = 128
_SMPTE_RATES: Final = {24: 24.0, 25: 25.0, 29: 30_000 / 1001, 30: 30.0}  # nominal → true frames a second


@dataclass(frozen=True, slots=True)
class MidiChunks:
    """A file's header and where its tracks are.

    Attributes:
        data: the bytes of the file, out of a RIFF wrapper if there was one.
        ticks_per_quarter: 1 to 32,767; with SMPTE time ticks in a nominal second.
        fixed_tempo_bpm: with SMPTE time the tempo at which such a quarter lasts as it should;
            tempo events then mean nothing. Otherwise None.
        tracks: (start, end) of each track's events in `data`.
        is_sequential: whether the tracks are pieces that follow each other (format 2).
        repairs: what was wrong about the structure.
    """

    data: bytes
    ticks_per_quarter: int
    fixed_tempo_bpm: float | None
    tracks: tuple[tuple[int, int], ...]
    is_sequential: bool
    repairs: tuple[Repair, ...]

    def plain_file(self) -> bytes:
        """The tracks alone behind a true header; for a file in ticks a quarter that is not sequential."""
        kind = 0 if len(self.tracks) == 1 else 1
        header = struct.pack(">4sIHHH", b"MThd", 6, kind, len(self.tracks), self.ticks_per_quarter)
        bodies = (self.data[start:end] for start, end in self.tracks)
        return header + b"".join(struct.pack(">4sI", b"MTrk", len(body)) + body for body in bodies)


def read_chunks(data: bytes, limits: MidiLimits) -> MidiChunks:
    """Check header and chunk lengths.

    Raises:
        NotMidiError, DamagedMidiError, MidiLimitError: see there.
    """
    if len(data) > limits.max_bytes:
        raise MidiLimitError(
            f"The file is larger than the {limits.max_bytes:,} bytes that are read; split or thin it out."
        )
    repairs: list[Repair] = []
    data = _unwrapped(data, repairs)
    if data[:4] != b"MThd":
        raise NotMidiError(_what_it_is(data))
    if len(data) < 14:
        raise DamagedMidiError(f"The file breaks off in its header, after {len(data)} bytes; get it again.")
    header_length, kind, track_count, division = struct.unpack(">IHHH", data[4:14])
    if header_length < 6 or 8 + header_length > len(data):
        repairs.append(
            Repair("header_length", f"The header at byte 4 claims {header_length:,} bytes; 6 were read.")
        )
        header_length = 6
    if kind > 2:
        raise DamagedMidiError(f"Byte 8 says format {kind}; only 0, 1 and 2 exist. Export the file again.")
    if track_count > limits.max_tracks:
        raise MidiLimitError(
            f"The header claims {track_count:,} tracks, at most {limits.max_tracks} are read; merge some."
        )
    ticks_per_quarter, fixed_tempo_bpm = _time_base(division)
    tracks = _find_tracks(data, 8 + header_length, limits, repairs)
    if len(tracks) != track_count:
        repairs.append(
            Repair("track_count", f"The header claims {track_count} tracks; {len(tracks)} are there.")
        )
    is_sequential = kind == 2 and len(tracks) > 1
    if is_sequential:
        repairs.append(
            Repair("sequences", f"The {len(tracks)} pieces of a format 2 file follow one after the other.")
        )
    return MidiChunks(data, ticks_per_quarter, fixed_tempo_bpm, tracks, is_sequential, tuple(repairs))


def _unwrapped(data: bytes, repairs: list[Repair]) -> bytes:
    """The MIDI file inside a RIFF RMID wrapper or behind a MacBinary header; else as it is."""
    if data[_MAC_BINARY_BYTES : _MAC_BINARY_BYTES + 4] == b"MThd" and data[:1] == b"\0":
        repairs.append(Repair("wrapper", "A MacBinary header of 128 bytes before the file was taken off."))
        return data[_MAC_BINARY_BYTES:]
    if data[:4] != b"RIFF" or data[8:12] != b"RMID":
        return data
    position = 12
    while position + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, position)
        position += 8
        if name == b"data":
            return data[position : position + length]
        position += length + length % 2
    raise DamagedMidiError("The RIFF file says it wraps MIDI (RMID) but has no data chunk; get it again.")


def _what_it_is(data: bytes) -> str:
    known = {
        b"PK\x03\x04": "a zip archive; unpack it, or give it where archives are taken",
        b"\x1f\x8b": "gzip data; unpack it first",
        b"ID3": "an MP3 sound file, not notes",
        b"RIFF": "a RIFF file other than RMID, perhaps WAV sound, not notes",
        b"OggS": "an Ogg sound file, not notes",
        b"fLaC": "a FLAC sound file, not notes",
        b"<": "a web page or XML; perhaps a download went wrong",
    }
    if not data:
        return "The file is empty; get it again."
    found = next((text for start, text in known.items() if data.lstrip().startswith(start)), None)
    if found:
        return f"This is not a MIDI file but {found}."
    return f"This is not a MIDI file: it begins with {data[:4]!r}, a MIDI file with b'MThd'."


def _time_base(division: int) -> tuple[int, float | None]:
    """(ticks a quarter, tempo that holds throughout or None) of the header's division field."""
    if division < 0x8000:
        if division == 0:
            raise DamagedMidiError(
                "Bytes 12–13 say 0 ticks a quarter note, so no time would pass; export again."
            )
        return division, None
    frames, ticks_per_frame = 256 - (division >> 8), division & 0xFF
    if frames not in _SMPTE_RATES or ticks_per_frame == 0:
        raise DamagedMidiError(
            f"Bytes 12–13 say {frames} SMPTE frames a second of {ticks_per_frame} ticks, "
            "which does not exist; export with ticks a quarter note."
        )
    # To whole microseconds, as a tempo event would say it, so that it can be written again.
    return frames * ticks_per_frame, 60e6 / round(1e6 * frames / _SMPTE_RATES[frames])


def _find_tracks(
    data: bytes, position: int, limits: MidiLimits, repairs: list[Repair]
) -> tuple[tuple[int, int], ...]:
    tracks: list[tuple[int, int]] = []
    while position + 8 <= len(data):
        name, length = struct.unpack_from(">4sI", data, position)
        start, end = position + 8, position + 8 + length
        if name == b"MTrk":
            if not _ends_there(data, start, end):
                found = data.find(b"MTrk", start)
                true_end = len(data) if found < 0 else found
                if true_end != end:
                    repairs.append(
                        Repair(
                            "track_length",
                            f"Track {len(tracks) + 1} at byte {position:,} claims {length:,} bytes; "
                            f"it was read until byte {true_end:,}.",
                        )
                    )
                end = true_end
            tracks.append((start, end))
            if len(tracks) > limits.max_tracks:
                raise MidiLimitError(f"The file has more than {limits.max_tracks} tracks; merge some.")
        position = end  # the format tells readers to pass over chunks they do not know
    if not tracks:
        raise DamagedMidiError("The file has a header but no track; it was cut off, get it again.")
    return tuple(tracks)


def _ends_there(data: bytes, start: int, end: int) -> bool:
    """Whether a track's claimed length can be believed."""
    if end >= len(data):
        return end == len(data)
    if data.endswith(END_OF_TRACK, start, end):
        return True
    name = data[end : end + 4]
    return len(name) == 4 and name.isascii() and name.isalnum()
