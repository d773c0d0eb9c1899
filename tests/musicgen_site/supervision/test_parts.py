import pytest

from musicgen_site.supervision.parts import BackOff


@pytest.mark.parametrize(
    ("deaths", "pause"), [(1, 0.5), (2, 1.0), (3, 2.0), (6, 16.0), (7, 30.0), (8, 30.0), (10_000, 30.0)]
)
def test_it_doubles_the_pause_up_to_the_longest(deaths, pause):
    assert BackOff().pause(deaths) == pause
