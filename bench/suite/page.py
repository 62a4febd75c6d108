"""The pages under docs/results/."""

import datetime
import os
import platform

HOW_TO_READ = """\
## How to read the tables

All commands of this page ran in turns, one of each and then the next round, so that a slow
minute of the machine met all of them. Before that came {warm_ups} rounds that do not count: files
are in the page cache and compiled modules are on disk. Each command had a clean environment
(`PATH`, `HOME`, `LANG`), its input from `/dev/null` and its output in a pipe.

- **min**, **median**: from just before the spawn until the process was reaped, over {runs} runs.
  On a machine that does other things too, the minimum is the number that comes back; a median far
  above it says how noisy this run was.
- **first output**: the fastest time from the spawn to the first byte in the pipe; empty when a
  command prints nothing.
- **CPU**: median of user and system time as the kernel accounts it. For the shortest processes
  its resolution is coarse.
- **faults**: median of minor page faults, the best predictor of the time of a short process.
- **mappings**, **dirty**: lines of `/proc/PID/maps` and private written memory of a variant of
  the command that waits at its end. That variant does slightly more than the measured one.
- **peak**: largest resident set; "≤" where it cannot be told from that of the measuring program.
- **times faster**: the minimum of the baseline divided by the minimum of this row. The baseline
  is `{baseline}`; in the tables of a package it is the plain row of the same table.

Compare rows of this page with each other, not with a page from another day or machine.
"""


def _cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _distribution():
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        return "Linux"


def machine():
    """What a reader must know about where the numbers come from."""
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return (f"- date: {datetime.date.today().isoformat()}\n"
            f"- processor: {_cpu_model()}, {os.cpu_count()} cores\n"
            f"- kernel: {platform.release()}\n"
            f"- system: {_distribution()}, {' '.join(platform.libc_ver())}\n"
            f"- load before the run (1, 5, 15 minutes): {load}\n")


def _not_measured(reasons):
    if not reasons:
        return ""
    return "\n## Not measured\n\n" + "".join(f"- {reason}\n" for reason in reasons)


def launch_page(command, where, tables, reasons, settings):
    """docs/results/launch.md: whole processes."""
    return (f"# What a launch costs\n\nWritten by `{command}`.\n\n{where}\n"
            f"{HOW_TO_READ.format(**settings)}\n## Results\n\n{tables}{_not_measured(reasons)}")


def _nanoseconds(entry):
    scale = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    return entry["real_time"] * scale[entry["time_unit"]]


def _part_row(entry):
    per_page = f"{entry['per_page'] * 1e6:.2f}" if "per_page" in entry else ""
    rate = f"{entry['bytes_per_second'] / 1e9:.1f}" if "bytes_per_second" in entry else ""
    return f"| {entry['name']} | {_nanoseconds(entry) / 1e3:.2f} | {per_page} | {rate} |\n"


def parts_page(command, where, entries):
    """docs/results/parts.md: the prices from which the budget of a launch is made."""
    rows = "".join(_part_row(entry) for entry in entries)
    return (f"# What the parts of a launch cost\n\nWritten by `{command}`.\n\n{where}\n"
            "Each row is one benchmark of `bench/parts.cpp`, with the number of bytes, mappings\n"
            "or pages after its name; the price of a page includes giving it back. The time is\n"
            "elapsed time, the price is made from processor time. Files are in the page cache.\n\n"
            "| part | µs | µs per page or mapping | GB/s |\n|---|---:|---:|---:|\n" + rows)
