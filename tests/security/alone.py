"""own_engine() for what does not depend on whose engine it is: once, as the user that runs the tests."""
import pathlib
import shutil
import tempfile

import pytest

from conftest import Engine


@pytest.fixture
def own_engine():
    made = []

    def make(arguments=(), environment=None, port=0):
        folder = tempfile.mkdtemp(prefix="cumulet-data-")
        made.append((Engine(pathlib.Path(folder) / "data", arguments, environment), folder))
        return made[-1][0].start(port)

    yield make
    for one, folder in made:
        one.discard()
        shutil.rmtree(folder, ignore_errors=True)
