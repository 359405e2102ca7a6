#!/usr/bin/env python3
"""Requests of each profile against the share of faults that a full run with it finds, as a table and a plot
(docs/profiles.svg), and where its requests go. Needs cargo only.

    python3 benches/profiles.py [--sample 300] [--seed 11] [--profiles quick standard deep] [--before NAME=REQUESTS,SHARE]
"""

import argparse
import json
import math
import os
import subprocess
import tempfile
from pathlib import Path

from common import ROOT, TOOL, build, machine

PLOT = ROOT / "docs" / "profiles.svg"
NOW, BEFORE = "#0b7285", "#868e96"


def requests(tool, profile, folder):
    """The summary of a run against the embedded server."""
    report = Path(folder) / "report.json"
    subprocess.run([tool, "run", "--profile", profile, "--history=false", "--report", f"json={report}"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return json.loads(report.read_text())["summary"]


def faults(tool, profile, sample, seed, jobs):
    """What full runs against a sample of faulty servers found."""
    command = [tool, "selftest", "--whole", "--profile", profile, "--sample", str(sample), "--seed", str(seed),
               "--jobs", str(jobs), "--format", "json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return json.loads(done.stdout)


def draw(points):
    """Requests to the right, logarithmic; share of faults found upwards."""
    left, top, width, height = 70, 40, 620, 240
    numbers = [point["requests"] for point in points]
    low, high = math.floor(math.log10(min(numbers))), math.ceil(math.log10(max(numbers)))
    least = min(90, math.floor(min(point["share"] for point in points) / 5) * 5)
    x = lambda number: left + width * (math.log10(number) - low) / max(high - low, 1)
    y = lambda share: top + height * (100 - share) / max(100 - least, 1)
    parts = [f'<text x="{left}" y="{top - 16}" font-weight="bold">share of faults found against requests of a run</text>']
    for share in range(least, 101, max(1, (100 - least) // 5)):
        parts.append(f'<path d="M{left} {y(share):.1f}h{width}" stroke="#adb5bd" stroke-width=".5"/>')
        parts.append(f'<text x="{left - 8}" y="{y(share) + 4:.1f}" text-anchor="end">{share} %</text>')
    for power in range(low, high + 1):
        parts.append(f'<text x="{x(10 ** power):.1f}" y="{top + height + 18}" text-anchor="middle">{10 ** power:,}</text>')
    for point in points:
        colour = BEFORE if point["before"] else NOW
        name = f'{point["name"]}{" before" if point["before"] else ""}, {point["requests"]:,}'
        parts.append(f'<circle cx="{x(point["requests"]):.1f}" cy="{y(point["share"]):.1f}" r="4" fill="{colour}"/>')
        parts.append(f'<text x="{x(point["requests"]) + 8:.1f}" y="{y(point["share"]) + (16 if point["before"] else -6):.1f}" '
                     f'fill="{colour}">{name}</text>')
    PLOT.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 320" font-family="sans-serif" font-size="12">'
        '<rect width="800" height="320" fill="#fff"/>' + "".join(parts) + "</svg>\n"
    )


def before(text):
    """`NAME=REQUESTS,SHARE` as a point of the plot."""
    name, numbers = text.split("=")
    number, share = numbers.split(",")
    return {"name": name, "requests": int(number), "share": float(share), "before": True}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--profiles", nargs="+", default=["quick", "standard", "deep"])
    arguments.add_argument("--sample", type=int, default=300)
    arguments.add_argument("--seed", type=int, default=11)
    arguments.add_argument("--jobs", type=int, default=8)
    arguments.add_argument("--before", type=before, action="append", default=[])
    arguments.add_argument("--tool", type=Path, help="a program that is built already")
    arguments = arguments.parse_args()
    if arguments.tool is None:
        build()
    tool = arguments.tool or TOOL
    points = list(arguments.before)
    purposes = {}
    print("| profile | requests | clauses upheld | faults found | requests to the first finding, median |")
    print("| --- | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IVS_CONFORMANCE_STATE_DIR"] = folder
        for profile in arguments.profiles:
            summary = requests(tool, profile, folder)
            purposes[profile] = summary["requests_by_purpose"]
            found = faults(tool, profile, arguments.sample, arguments.seed, arguments.jobs)
            share = 100 * found["found"] / max(found["faults"], 1)
            points.append({"name": profile, "requests": summary["requests"], "share": share, "before": False})
            print(f"| {profile} | {summary['requests']:,} | {summary['clauses']['upheld']:,} "
                  f"| {found['found']} of {found['faults']} ({share:.1f} %) | {found['median_first_finding']:,} |", flush=True)
    names = sorted({name for each in purposes.values() for name in each})
    print("\n| profile | " + " | ".join(names) + " |")
    print("| --- |" + " ---: |" * len(names))
    for profile, each in purposes.items():
        print(f"| {profile} | " + " | ".join(f"{each.get(name, 0):,}" for name in names) + " |")
    draw(points)
    print(f"\nplot: {PLOT.relative_to(ROOT)}\n\n{machine()}")


if __name__ == "__main__":
    main()
