#!/usr/bin/python3
"""Writes docs/compatibility.md from the services' operation tables and docs/differences.md.

`--check` writes nothing and fails when the file is out of date.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "compatibility.md"
TITLES = {
    "s3": "S3", "lambda": "Lambda", "states": "Step Functions", "rekognition": "Rekognition", "logs": "CloudWatch Logs",
    "iam": "IAM", "sts": "STS", "sqs": "SQS", "ecr": "ECR", "cloudwatch": "CloudWatch metrics", "cloudformation": "CloudFormation", "ssm": "Systems Manager",
}
ROW = re.compile(r'\boperation\(\s*"([A-Za-z0-9]+)"')


def sections(text):
    """'## name' -> its text, of docs/differences.md."""
    parts = re.split(r"^## +(.+)$", text, flags=re.M)
    return parts[0].strip(), {parts[i].strip(): parts[i + 1].strip() for i in range(1, len(parts), 2)}


def render():
    intro, differences = sections((ROOT / "docs" / "differences.md").read_text(encoding="utf-8"))
    out = ["# Compatibility with AWS", "",
           "<!-- Made by scripts/make_compatibility.py from the operation tables and docs/differences.md: edit those. -->", "",
           re.sub(r"^# .*\n+", "", intro), ""]
    for folder in sorted((ROOT / "src" / "services").iterdir()):
        names = sorted({name for table in folder.glob("*.cpp") if not table.name.endswith("_test.cpp")
                        for name in ROW.findall(table.read_text(encoding="utf-8"))})
        if not names:
            continue
        title = TITLES.get(folder.name, folder.name)
        out += [f"## {title}", "", f"{len(names)} operations: " + ", ".join(f"`{name}`" for name in names) + ".", ""]
        if title in differences:
            out += [differences.pop(title), ""]
    for title, text in differences.items():
        out += [f"## {title}", "", text, ""]
    return "\n".join(out)


def main():
    text = render()
    if "--check" in sys.argv[1:]:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
            print("docs/compatibility.md is out of date: run scripts/make_compatibility.py")
            return 1
        return 0
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
