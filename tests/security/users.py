"""Whose engine is attacked: root's (as in CI and in containers) and an ordinary user's."""
import os
import pathlib
import shutil
import tempfile

import pytest

from conftest import PROGRAM, Engine
from e2e.check_output import engine_model

ORDINARY_UID = 12345  # need not be in /etc/passwd, and is not: a user that nothing was set up for


class User:
    """Runs engines as one user. `uid` None: whoever runs the tests. `folder` belongs to the user and goes at the end."""

    def __init__(self, name, uid=None):
        self.name, self.uid = name, uid
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"cumulet-{name}-"))
        self.command = [PROGRAM]
        self.environment = {"TMPDIR": str(self.make_folder("tmp"))}
        if uid is not None:
            self._become()

    def _become(self):
        # The clone may lie under a home of mode 0700, so the programs are copied to where everybody may read them.
        setpriv = shutil.which("setpriv")
        if not setpriv:
            pytest.skip("setpriv (package util-linux) is not installed: the engine of an ordinary user was not attacked")
        programs = self.folder / "programs"
        programs.mkdir(mode=0o755)
        for program in pathlib.Path(PROGRAM).resolve().parent.glob("cumulet*"):  # cumulet finds cumulet-vision beside itself
            shutil.copyfile(program, programs / program.name)
            (programs / program.name).chmod(0o755)
        model = programs / "face-model"  # likewise
        shutil.copyfile(engine_model(), model)
        model.chmod(0o644)
        self.folder.chmod(0o755)
        home = self.make_folder("home")
        own = {"XDG_DATA_HOME": ".local/share", "XDG_CONFIG_HOME": ".config", "XDG_CACHE_HOME": ".cache", "XDG_RUNTIME_DIR": ".run"}
        self.environment |= {"CUMULET_FACE_MODEL": str(model), "HOME": str(home), "USER": "", "LOGNAME": "", **{name: str(home / path) for name, path in own.items()}}
        self.command = [setpriv, f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups", str(programs / pathlib.Path(PROGRAM).name)]

    def make_folder(self, name=None):
        """A folder of the user's own, mode 0700."""
        path = self.folder / name if name else pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        path.mkdir(mode=0o700, exist_ok=True)
        if self.uid is not None:
            os.chown(path, self.uid, self.uid)
        return path

    def engine(self, data=None, arguments=(), environment=None):
        """An Engine (tests/conftest.py) that is not started yet."""
        return Engine(data, arguments, {**self.environment, **(environment or {})}, self.command, self.folder)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def make(name):
    """"root" or "ordinary"; what cannot be had here is a skip that says so."""
    if os.geteuid() == 0:
        return User(name, None if name == "root" else ORDINARY_UID)
    if name == "root":
        pytest.skip("the tests run as an ordinary user: the engine of root was not attacked")
    return User(name)
