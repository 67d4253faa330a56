"""Attacks on an engine. A test that takes `engine`, `own_engine` or `intruder` runs twice: against root's engine and against an
ordinary user's. What does not depend on the user makes its engine from tests/conftest.py's Engine, once."""
import os

import pytest

from conftest import PROGRAM
from security import users
from security.intruder import Intruder


@pytest.fixture(scope="session", params=["root", "ordinary"])
def user(request):
    """Whose engine it is: runs programs (`command`, `environment`), makes folders and engines of that user."""
    if not os.access(PROGRAM, os.X_OK):
        pytest.exit(f"{PROGRAM} is not built: run scripts/setup.sh", returncode=1)
    made = users.make(request.param)
    yield made
    made.remove()


@pytest.fixture(scope="session")
def engine(user):
    """The engine that the attacks of one user share, ephemeral: use names of your own in it, and leave it standing."""
    running = user.engine().start()
    yield running
    try:
        assert running.stop() == 0
    finally:
        running.discard()


@pytest.fixture
def own_engine(user):
    """Makes engines with a data folder of their own: own_engine() starts one; kill() and start() it at will."""
    made = []

    def make(arguments=(), environment=None, port=0):
        made.append(user.engine(user.make_folder() / "data", arguments, environment))
        return made[-1].start(port)

    yield make
    for one in made:
        one.discard()


@pytest.fixture
def intruder(engine):
    """A hostile function in the shared engine: intruder.python(code), .sh(code), .c(code)."""
    with Intruder(engine) as one:
        yield one
