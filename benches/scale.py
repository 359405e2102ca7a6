#!/usr/bin/env python3
"""Time and memory of a run against the number of cases, as a table and as a plot (docs/scale.svg).

Two targets: the reference server as it is, and the same with faults that show in thousands of answers. Needs cargo only.

    python3 benches/scale.py [--cases 10000 30000 100000 300000 1000000]
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import ROOT, TOOL, build, machine

PLOT = ROOT / "docs" / "scale.svg"
# One defect in every error, one in every channel, one in every success of an operation that others need.
FAULTS = ["ignore:CreateChannel.input.name.pattern", "retype:GetChannel.output.channel.name", "status:CreateChannel=201"]
TARGETS = {"conforming target": [], "target with faults": FAULTS}
COLOURS = {"conforming target": "#0b7285", "target with faults": "#c2255c"}


def measure(cases, faults, folder):
    """Seconds, peak memory in MB and findings of one run; the server's own memory does not count."""
    arguments = [argument for fault in faults for argument in ("--fault", fault)]
    server = subprocess.Popen([TOOL, "serve", "--auth", "none", *arguments], stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().split()[-1]
        report = Path(folder) / "report.json"
        started = time.monotonic()
        run = subprocess.Popen(
            [TOOL, "run", "--endpoint", url, "--auth", "none", "--broadcast", "/_reference/broadcast",
             "--cases", str(cases), "--report", f"json={report}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(run.pid, 0)
        seconds = time.monotonic() - started
        code = os.waitstatus_to_exitcode(status)
        if code != (1 if faults else 0):
            sys.exit(f"a run of {cases} cases ended with {code}")
        summary = json.loads(report.read_text())["summary"]
        return {
            "cases": cases, "seconds": seconds, "megabytes": usage.ru_maxrss / 1024,
            "requests": summary["requests"], "findings": summary["findings"]["total"],
        }
    finally:
        server.terminate()
        server.wait()


def plot(series, names, value, title, unit, left):
    """One panel: logarithmic cases to the right, linear values upwards from 0."""
    width, height, top = 360, 220, 50
    points = [row for rows in series.values() for row in rows]
    low, high = (math.log10(limit(row["cases"] for row in points)) for limit in (min, max))
    most = max(value(row) for row in points) * 1.15
    x = lambda row: left + width * (math.log10(row["cases"]) - low) / max(high - low, 1e-9)
    y = lambda number: top + height * (1 - number / most)
    parts = [f'<text x="{left}" y="{top - 16}" font-weight="bold">{title}</text>']
    for step in range(5):
        number = most * step / 4
        parts.append(f'<path d="M{left} {y(number):.1f}h{width}" stroke="#adb5bd" stroke-width=".5"/>')
        parts.append(f'<text x="{left - 6}" y="{y(number) + 4:.1f}" text-anchor="end">{number:,.0f}{unit}</text>')
    for row in series[names[0]]:
        parts.append(f'<text x="{x(row):.1f}" y="{top + height + 18}" text-anchor="middle">{row["cases"]:,}</text>')
    for name in names:
        line = " ".join(f"{x(row):.1f},{y(value(row)):.1f}" for row in series[name])
        parts.append(f'<polyline points="{line}" fill="none" stroke="{COLOURS[name]}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(row):.1f}" cy="{y(value(row)):.1f}" r="3" fill="{COLOURS[name]}"/>' for row in series[name]]
    return parts


def draw(series):
    names = list(series)
    parts = plot(series, names, lambda row: 1e6 * row["seconds"] / row["cases"], "time per case", " µs", 80)
    parts += plot(series, names, lambda row: row["megabytes"], "peak memory", " MB", 540)
    for number, name in enumerate(names):
        parts.append(f'<text x="{80 + 200 * number}" y="318" fill="{COLOURS[name]}">● {name}</text>')
    PLOT.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 940 330" font-family="sans-serif" font-size="12">'
        '<rect width="940" height="330" fill="#fff"/>' + "".join(parts) + "</svg>\n"
    )


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--cases", type=int, nargs="+", default=[10_000, 30_000, 100_000, 300_000, 1_000_000])
    arguments = arguments.parse_args()
    build()
    series = {}
    print("| target | cases | requests | seconds | µs per case | peak memory | findings |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for name, faults in TARGETS.items():
            series[name] = []
            for cases in arguments.cases:
                row = measure(cases, faults, folder)
                series[name].append(row)
                print(
                    f"| {name} | {cases:,} | {row['requests']:,} | {row['seconds']:.1f} "
                    f"| {1e6 * row['seconds'] / cases:.0f} | {row['megabytes']:.0f} MB | {row['findings']} |",
                    flush=True,
                )
    draw(series)
    print(f"\nplot: {PLOT.relative_to(ROOT)}")
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
