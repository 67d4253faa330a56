#!/usr/bin/python3
"""Holds every #include against the ladder of docs/architecture.md.

A folder may include itself, and what its row names, transitively closed as written. And the gateway and the codecs know
no service by its name: what one does unlike the others stands in its descriptor. Prints each breach; exit status 1 when
there is one.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# folder -> folders it may include from (besides itself). Services are found below.
ALLOWED = {
    "src/base": [],
    "src/net": ["src/base"],
    "src/storage": ["src/base"],
    "src/archive": ["src/base"],
    "src/oci": ["src/base", "src/storage", "src/archive"],
    "src/aws/wire": ["src/base"],
    "src/aws/auth": ["src/base"],
    "src/gateway": ["src/base", "src/aws/wire", "src/aws/auth", "src/net"],
    "src/events": ["src/base", "src/storage"],
    "src/readapi": ["src/base", "src/storage", "src/events"],
    "src/process": ["src/base"],
    "src/runtime": ["src/base", "src/net", "src/process"],
    "src/asl": ["src/base"],
    "src/cloudformation": ["src/base"],
    "src/vision/face": ["src/base"],
    "src/vision/media": ["src/base", "src/vision/face"],
    "src/vision/model": ["src/base"],
    "src/vision/detect": ["src/base", "src/vision/face", "src/vision/media", "src/vision/model", "src/vision/testing"],
    "src/vision/track": ["src/base", "src/vision/face", "src/vision/testing"],
    "src/vision/cover": ["src/base", "src/vision/face", "src/vision/media", "src/vision/track", "src/vision/testing"],
    "src/vision/pipeline": ["src/base", "src/vision"],
    "src/vision/testing": ["src/base", "src/vision/face", "src/vision/model"],
    "src/web": ["src/base"],
    "src/chat": ["src/base", "src/net", "src/storage"],
    "src/server": ["src", "console"],
    # process, runtime: doctor asks what a sandbox would find; chat, web, console, net: the chat
    "cmd/cumulet": ["src/server", "src/base", "src/cloudformation", "src/process", "src/runtime", "src/net", "src/chat", "src/web", "console", "sdk", "src/vision/model"],
    "cmd/cumulet-vision": ["src/base", "src/vision/model", "src/vision/track", "src/vision/face", "src/vision/detect", "src/vision/pipeline", "src/vision/media"],
    "sdk": ["src/base", "src/aws/wire", "src/aws/auth"],
    "apps/faceblur": ["src/base", "src/vision/face", "src/vision/media", "src/vision/detect", "src/vision/track", "src/vision/pipeline", "sdk"],
    "apps/polybot": ["src/base", "sdk"],
}
# What every service may use; one that needs an engine of its own names it in its CMakeLists.txt. Never another service.
SERVICE = ["src/base", "src/aws/wire", "src/storage", "src/events"]
ENGINES = {"auth": "src/aws/auth", "archive": "src/archive", "runtime": "src/runtime", "asl": "src/asl", "process": "src/process", "oci": "src/oci", "vision_face": "src/vision/face", "cloudformation": "src/cloudformation"}
for cmake in (ROOT / "src" / "services").glob("*/CMakeLists.txt"):
    used = re.search(r"cumulet_library\(\w+ USES ([^)]*)\)", cmake.read_text(encoding="utf-8")).group(1).split()
    ALLOWED[f"src/services/{cmake.parent.name}"] = SERVICE + [ENGINES[name] for name in used if name in ENGINES]
# Where no service's name may stand as a text of the program.
NAMELESS = ("src/gateway/", "src/aws/wire/")
SERVICES = sorted(folder.name for folder in (ROOT / "src" / "services").iterdir() if folder.is_dir())
NAMED = re.compile(r'"(' + "|".join(SERVICES) + r')"')
COMMENT = re.compile(r"//[^\n]*")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def rung_of(path):
    best = ""
    for folder in ALLOWED:
        if path.startswith(folder + "/") and len(folder) > len(best):
            best = folder
    return best


def main():
    breaches = files = 0
    for top in ("src", "sdk", "cmd", "apps"):
        for path in sorted((ROOT / top).rglob("*.[ch]pp")):
            relative = str(path.relative_to(ROOT))
            rung = rung_of(relative)
            files += 1
            if not rung:
                print(f"{relative}: in no folder of the ladder (scripts/check_layers.py)")
                breaches += 1
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            if relative.startswith(NAMELESS) and not re.search(r"_test(ing)?\.", relative):
                for name in NAMED.findall(COMMENT.sub("", text)):
                    print(f'{relative}: names the service "{name}": its descriptor is to say it (aws/wire/operation.hpp)')
                    breaches += 1
            for included in INCLUDE.findall(text):
                candidates = [path.parent / included, ROOT / "src" / included, ROOT / included]
                target = next((c for c in candidates if c.is_file()), None)
                if target is None:
                    continue  # the compiler says so
                used = str(target.resolve().relative_to(ROOT))
                if rung_of(used) == rung:
                    continue
                allowed = ALLOWED[rung]
                if not any(used.startswith(folder + "/") for folder in allowed):
                    print(f'{relative}: includes "{included}"; {rung} may use only {", ".join(allowed) or "itself"}')
                    breaches += 1
    print(f"{files} files, {breaches} breaches of the ladder")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
