import io

from musicgen_site.supervision.output import LineBuffer, PrefixedOutput, wants_colour


class Terminal(io.StringIO):
    def isatty(self):
        return True


class ClosedPipe(io.StringIO):
    def write(self, text):
        raise BrokenPipeError


def test_it_keeps_a_fixed_width_for_names():
    stream = io.StringIO()
    output = PrefixedOutput(stream, width=7, colour=False)
    output.line("web", "a")
    output.line("compose", "b", strong=True)
    assert stream.getvalue() == "web     | a\ncompose | b\n"


def test_it_gives_every_name_a_colour_of_its_own():
    stream = io.StringIO()
    output = PrefixedOutput(stream, width=3, colour=True)
    for name in ("web", "up", "web"):
        output.line(name, "text")
    first, second, third = (line.partition("m")[0] for line in stream.getvalue().splitlines())
    assert first == third != second


def test_it_notices_that_nobody_reads():
    output = PrefixedOutput(ClosedPipe(), width=3, colour=False)
    assert not output.lost
    output.line("web", "text")
    assert output.lost


def test_it_colours_for_terminals_only_and_not_where_the_user_objects(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert wants_colour(Terminal())
    assert not wants_colour(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Terminal())


def test_it_cuts_bytes_into_whole_lines():
    lines = LineBuffer()
    assert lines.feed(b"one\ntw") == ["one"]
    assert lines.feed("o\r\nthrée".encode()) == ["two"]
    assert lines.end() == ["thrée"]
    assert lines.end() == []


def test_it_replaces_what_is_not_utf8():
    assert LineBuffer().feed(b"\xff\n") == ["\N{REPLACEMENT CHARACTER}"]


def test_it_does_not_gather_a_line_without_end():
    lines = LineBuffer()
    given = [line for _ in range(100) for line in lines.feed(b"x" * 4096)]
    assert given
    assert len("".join(given + lines.end())) == 100 * 4096
