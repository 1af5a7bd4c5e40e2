"""Each role does its part, several do theirs together, and all does everything."""

import pytest

from hub.app.roles import Roles


@pytest.mark.parametrize(
    ("names", "does"),
    [
        (["all"], (True, True, True)),
        (["api"], (True, False, False)),
        (["worker"], (False, True, False)),
        (["clock"], (False, False, True)),
        (["worker", "clock"], (False, True, True)),
        (["api", "worker", "clock"], (True, True, True)),
    ],
)
def test_a_process_does_what_its_roles_say(names: list[str], does: tuple[bool, bool, bool]) -> None:
    roles = Roles.of(names)
    assert (roles.serves, roles.works, roles.keeps_time) == does


def test_several_roles_read_as_one_word_in_the_log() -> None:
    assert str(Roles.of(["clock", "worker"])) == "worker+clock"


def test_a_role_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="manager"):
        Roles.of(["manager"])
