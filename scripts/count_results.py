#!/usr/bin/python3
"""Sums the JUnit reports of a folder: names what failed and what was skipped, and ends with the counts."""
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def main():
    passed = failed = skipped = 0
    for report in sorted(pathlib.Path(sys.argv[1]).glob("*.xml")):
        try:
            root = ElementTree.parse(report).getroot()
        except ElementTree.ParseError as error:
            print(f"FAILED  {report.name}: unreadable report ({error})")
            failed += 1
            continue
        for case in root.iter("testcase"):
            name = f"{report.stem}: {case.get('classname', '')}.{case.get('name', '')}"
            skip = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                failed += 1
                print(f"FAILED  {name}")
            elif skip is not None or case.get("result") in ("skipped", "suppressed") or case.get("status") == "notrun":
                skipped += 1
                reason = (skip.get("message") or skip.text or "").strip() if skip is not None else ""
                print(f"skipped {name}: {reason[:300]}")
            else:
                passed += 1
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
