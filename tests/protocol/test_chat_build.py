"""Where there is no Node the program is built all the same, with a page that says what is missing."""
import os
import shutil
import subprocess


def test_without_node_the_page_says_how_to_get_it(tmp_path, root_folder):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "cat", "cmp", "dirname", "mkdir", "mv", "rm", "touch"):
        (tools / name).symlink_to(shutil.which(name))
    unit = tmp_path / "out" / "page_assets.cpp"

    def build():
        return subprocess.run([tools / "bash", root_folder / "console/build.sh", unit], env={"PATH": str(tools)}, capture_output=True, text=True)

    done = build()
    assert done.returncode == 0 and "there is no node" in done.stderr and "WITHOUT console and chat page" in done.stderr
    text = unit.read_text()
    assert "built without its chat page" in text and "scripts/setup.sh" in text
    # Older than what it is made of: the next build tries again; as long as nothing changed, nothing is compiled again.
    assert os.stat(unit).st_mtime < os.stat(root_folder / "console/build.sh").st_mtime
    inode = os.stat(unit).st_ino
    assert build().returncode == 0 and os.stat(unit).st_ino == inode
