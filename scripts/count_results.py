#!/usr/bin/python3
"""Sums the JUnit reports of a folder: names the slowest tests, what failed and what was skipped, and ends with the counts."""
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

SLOWEST = 20


def main():
    passed = failed = skipped = 0
    times, messages = [], []
    for report in sorted(pathlib.Path(sys.argv[1]).glob("*.xml")):
        try:
            root = ElementTree.parse(report).getroot()
        except ElementTree.ParseError as error:
            messages.append(f"FAILED  {report.name}: unreadable report ({error})")
            failed += 1
            continue
        for case in root.iter("testcase"):
            name = f"{report.stem}: {case.get('classname', '')}.{case.get('name', '')}"
            skip = case.find("skipped")
            times.append((float(case.get("time") or 0), name))
            if case.find("failure") is not None or case.find("error") is not None:
                failed += 1
                messages.append(f"FAILED  {name}")
            elif skip is not None or case.get("result") in ("skipped", "suppressed") or case.get("status") == "notrun":
                skipped += 1
                reason = (skip.get("message") or skip.text or "").strip() if skip is not None else ""
                messages.append(f"skipped {name}: {reason[:300]}")
            else:
                passed += 1
    print(f"\n== the {SLOWEST} slowest tests")
    for seconds, name in sorted(times, reverse=True)[:SLOWEST]:
        print(f"{seconds:6.1f} s  {name}")
    print("\n" + "\n".join(messages))
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
