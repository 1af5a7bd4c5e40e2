"""The foreign servers, each a process of its own, started once."""

from collections.abc import Iterator

import pytest

from tests.foreign import stacks
from tests.foreign.stacks import Stack


@pytest.fixture(scope="session")
def php(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stacks.php(tmp_path_factory.mktemp("php")) as stack:
        yield stack


@pytest.fixture(scope="session")
def npm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stacks.npm(tmp_path_factory.mktemp("npm")) as stack:
        yield stack


@pytest.fixture(scope="session")
def spyne(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stacks.spyne(tmp_path_factory.mktemp("spyne")) as stack:
        yield stack
