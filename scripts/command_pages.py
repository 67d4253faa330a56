#!/usr/bin/python3
"""The commands' pages, made from their help.

    scripts/command_pages.py PROGRAM markdown            prints docs/commands.md
    scripts/command_pages.py PROGRAM man FOLDER          writes cumulet.1, cumulet-up.1, ... into FOLDER
"""
import os
import pathlib
import re
import subprocess
import sys

# The help names folders of the one who asks.
NEUTRAL = {"PATH": os.environ["PATH"], "HOME": "~", "TERM": "dumb"}


def help_of(program, *command):
    done = subprocess.run([program, "help", *command], capture_output=True, text=True, check=True, env=NEUTRAL)
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def commands_of(program):
    """[(name, description)] in the order of the help."""
    told = help_of(program).split("Subcommands:\n", 1)[1]
    found = []
    for line in told.splitlines():
        if match := re.match(r"  (\S+)\s+(\S.*)$", line):
            found.append([match.group(1), match.group(2)])
        elif line.startswith("   ") and found:
            found[-1][1] += " " + line.strip()
        elif not line.strip():
            break
    return found


def markdown(program):
    out = ["# The commands", "", "Made from their help by `scripts/command_pages.py`; `cumulet help COMMAND` says the same.", ""]
    commands = commands_of(program)
    out += ["| command | |", "|---|---|"] + [f"| [{name}](#{name}) | {text} |" for name, text in commands] + [""]
    for name, _ in commands:
        out += [f"## {name}", "", "```text", help_of(program, name), "```", ""]
    return "\n".join(out).rstrip() + "\n"


def roff(text):
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in text.replace("\\", "\\e").replace("-", "\\-").splitlines())


def page(name, description, told, see_also):
    return "\n".join([f'.TH {name.upper()} 1 "" "Cumulet" "User Commands"', ".SH NAME", f"{name} \\- {roff(description)}", ".SH SYNOPSIS AND OPTIONS", ".nf",
                      roff(told), ".fi", ".SH SEE ALSO", see_also, ""])


def man(program, folder):
    folder.mkdir(parents=True, exist_ok=True)
    commands = commands_of(program)
    every = ", ".join(f"cumulet\\-{name}(1)" for name, _ in commands)
    (folder / "cumulet.1").write_text(page("cumulet", "a small serverless cloud in one program", help_of(program), every))
    for name, description in commands:
        (folder / f"cumulet-{name}.1").write_text(page(f"cumulet-{name}", description, help_of(program, name), "cumulet(1)"))


def main():
    program, form, *rest = sys.argv[1:]
    if form == "markdown":
        sys.stdout.write(markdown(program))
    else:
        man(program, pathlib.Path(rest[0]))


if __name__ == "__main__":
    main()
