#!/usr/bin/env python3
"""Time and memory of a run against the number of cases, and of a standard run against the number of its shards, as
tables and as a plot (docs/scale.svg).

Two targets: the reference server as it is, and the same with faults that show in thousands of answers. Needs cargo only.

    python3 benches/scale.py [--cases 10000 30000 100000 300000 1000000] [--shards 1 8 64]
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

from common import ROOT, TOOL, Server, build, machine

PLOT = ROOT / "docs" / "scale.svg"
# One defect in every error, one in every channel, one in every success of an operation that others need.
FAULTS = ["ignore:CreateChannel.input.name.pattern", "retype:GetChannel.output.channel.name", "status:CreateChannel=201"]
TARGETS = {"conforming target": [], "target with faults": FAULTS}
COLOURS = {"conforming target": "#0b7285", "target with faults": "#c2255c"}


def finished(*words):
    """Seconds, processor seconds, peak memory in MB and exit code of a call of the program."""
    started = time.monotonic()
    run = subprocess.Popen([TOOL, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(run.pid, 0)
    seconds = time.monotonic() - started
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


def server(faults):
    """A server of its own; its memory does not count."""
    return Server(TOOL, "serve", "--auth", "none", *(word for fault in faults for word in ("--fault", fault)))


def arguments_of_run(url, report):
    return ["run", "--endpoint", url, "--auth", "none", "--broadcast", "/_reference/broadcast", "--report", f"json={report}"]


def measure(cases, faults, folder):
    """Seconds, peak memory in MB and findings of one run."""
    report = Path(folder) / "report.json"
    with server(faults) as target:
        seconds, _, megabytes, code = finished(*arguments_of_run(target.url, report), "--cases", str(cases))
    if code != (1 if faults else 0):
        sys.exit(f"a run of {cases} cases ended with {code}")
    summary = json.loads(report.read_text())["summary"]
    return {
        "cases": cases, "seconds": seconds, "megabytes": megabytes,
        "requests": summary["requests"], "findings": summary["findings"]["total"],
    }


def measure_shards(number, faults, folder):
    """A standard run in shards, one after the other, and their merge."""
    files = [Path(folder) / f"shard-{index}.json" for index in range(1, number + 1)]
    shards = []
    with server(faults) as target:
        for index, file in enumerate(files, 1):
            shards.append(finished(*arguments_of_run(target.url, file), "--shard", f"{index}/{number}"))
    merged = Path(folder) / "merged.json"
    merging, _, merge_megabytes, code = finished("merge", *files, "--report", f"json={merged}")
    if code != (1 if faults else 0):
        sys.exit(f"the merge of {number} shards ended with {code}")
    report = json.loads(merged.read_text())
    return {
        "shards": number, "requests": report["summary"]["requests"],
        "seconds": sum(seconds for seconds, *_ in shards) / number,
        "processor": sum(processor for _, processor, *_ in shards),
        "megabytes": max(megabytes for _, _, megabytes, _ in shards),
        "merging": merging, "merge_megabytes": merge_megabytes,
        "found": [(cause["id"], cause["title"]) for cause in report["causes"]],
        "verdicts": [(clause["id"], clause["verdict"]) for clause in report["clauses"]],
    }


def plot(series, names, value, title, unit, left, across="cases"):
    """One panel: logarithmic numbers to the right, linear values upwards from 0."""
    width, height, top = 360, 220, 50
    points = [row for rows in series.values() for row in rows]
    low, high = (math.log10(limit(row[across] for row in points)) for limit in (min, max))
    most = max(value(row) for row in points) * 1.15
    x = lambda row: left + width * (math.log10(row[across]) - low) / max(high - low, 1e-9)
    y = lambda number: top + height * (1 - number / most)
    parts = [f'<text x="{left}" y="{top - 16}" font-weight="bold">{title}</text>']
    for step in range(5):
        number = most * step / 4
        parts.append(f'<path d="M{left} {y(number):.1f}h{width}" stroke="#adb5bd" stroke-width=".5"/>')
        parts.append(f'<text x="{left - 6}" y="{y(number) + 4:.1f}" text-anchor="end">{number:,.0f}{unit}</text>')
    for row in series[names[0]]:
        parts.append(f'<text x="{x(row):.1f}" y="{top + height + 18}" text-anchor="middle">{row[across]:,}</text>')
    for name in names:
        line = " ".join(f"{x(row):.1f},{y(value(row)):.1f}" for row in series[name])
        parts.append(f'<polyline points="{line}" fill="none" stroke="{COLOURS[name]}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(row):.1f}" cy="{y(value(row)):.1f}" r="3" fill="{COLOURS[name]}"/>' for row in series[name]]
    return parts


def draw(series, sharded):
    names = list(series)
    parts = plot(series, names, lambda row: 1e6 * row["seconds"] / row["cases"], "time per case", " µs", 80)
    parts += plot(series, names, lambda row: row["megabytes"], "peak memory", " MB", 540)
    parts += plot(sharded, names, lambda row: row["processor"], "processor time of all shards", " s", 1000, "shards")
    for number, name in enumerate(names):
        parts.append(f'<text x="{80 + 200 * number}" y="318" fill="{COLOURS[name]}">● {name}</text>')
    PLOT.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1400 330" font-family="sans-serif" font-size="12">'
        '<rect width="1400" height="330" fill="#fff"/>' + "".join(parts) + "</svg>\n"
    )


def table(head, numbers, measured, cells):
    """One row for each target and number, printed as it is measured."""
    series = {}
    print(f"\n| target | {head} |")
    print("| --- |" + " ---: |" * (head.count("|") + 1))
    for name, faults in TARGETS.items():
        series[name] = []
        for number in numbers:
            row = measured(number, faults)
            series[name].append(row)
            print(f"| {name} | {number:,} | {cells(row)} |", flush=True)
    return series


def table_of_cases(numbers, folder):
    cells = lambda row: (
        f"{row['requests']:,} | {row['seconds']:.1f} | {1e6 * row['seconds'] / row['cases']:.0f} "
        f"| {row['megabytes']:.0f} MB | {row['findings']}"
    )
    head = "cases | requests | seconds | µs per case | peak memory | findings"
    return table(head, numbers, lambda cases, faults: measure(cases, faults, folder), cells)


def table_of_shards(numbers, folder):
    cells = lambda row: (
        f"{row['requests']:,} | {row['seconds']:.2f} | {row['processor']:.1f} s "
        f"| {row['megabytes']:.0f} MB | {row['merging']:.2f} s | {row['merge_megabytes']:.0f} MB"
    )
    head = "shards | requests | seconds per shard | processor time of all | peak memory | merge | its peak memory"
    first = {}

    def measured(number, faults):
        row = measure_shards(number, faults, folder)
        shown = first.setdefault(str(faults), row)
        for what in ("found", "verdicts"):
            if row[what] != shown[what]:
                sys.exit(f"{number} shards say something else than {numbers[0]}: {what}")
        return row

    return table(head, numbers, measured, cells)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--cases", type=int, nargs="+", default=[10_000, 30_000, 100_000, 300_000, 1_000_000])
    arguments.add_argument("--shards", type=int, nargs="+", default=[1, 8, 64])
    arguments = arguments.parse_args()
    build()
    with tempfile.TemporaryDirectory() as folder:
        series = table_of_cases(arguments.cases, folder)
        sharded = table_of_shards(arguments.shards, folder)
    draw(series, sharded)
    print(f"\nplot: {PLOT.relative_to(ROOT)}")
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
