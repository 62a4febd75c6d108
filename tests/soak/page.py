"""The page docs/results/soak.md."""

import statistics

import programs
from suite.page import machine  # of bench/

__all__ = ["facts", "machine", "page"]

PARTS = 10

HOW_TO_READ = """\
One image, launched again and again, {at_a_time} launches at a time. The programs take turns:
{kinds}.
Each prints what only its own number leads to, and every output and status was compared; nothing
may come on standard error. Every fourth round executes the image itself, the others use
`pysnap-run --image`. The time of a launch is what the runner sees: from before it starts the
process until it has read all output and reaped it, with the other launches beside it. The memory of
the machine is that of everything on it, whatever else was running.
"""


def _pace(times: list[tuple[float, float]], begin: float) -> str:
    """How fast each tenth of the launches went."""
    lines = ["| launches | per second | median ms | 99 % within ms | slowest ms |",
             "|---|---:|---:|---:|---:|"]
    ordered = sorted(times)
    before = begin
    for part in range(PARTS):
        first, last = (len(ordered) * index // PARTS for index in (part, part + 1))
        if first == last:
            continue
        end = ordered[last - 1][0]
        costs = sorted(1000 * cost for _, cost in ordered[first:last])
        within = costs[min(len(costs) - 1, len(costs) * 99 // 100)]
        lines.append(f"| {first + 1} to {last} | {(last - first) / (end - before):.0f} | "
                     f"{statistics.median(costs):.1f} | {within:.1f} | {costs[-1]:.1f} |")
        before = end
    return "\n".join(lines)


def _resources(before, after) -> str:
    rows = (("open descriptors of the runner", "descriptors", ""),
            ("files in the launches' temporary directory", "temporary_files", ""),
            ("files in /dev/shm, of all programs", "shared_memory_files", ""),
            ("processes left behind", "children", ""),
            ("memory of the runner", "rss_kib", " KiB"),
            ("available memory of the machine", "available_kib", " KiB"),
            ("shared memory of the machine", "shmem_kib", " KiB"),
            ("memory of the kernel's own structures", "kernel_kib", " KiB"))
    lines = ["| | before | after |", "|---|---:|---:|"]
    lines += [f"| {what} | {getattr(before, name)}{unit} | {getattr(after, name)}{unit} |"
              for what, name, unit in rows]
    return "\n".join(lines)


def facts(times, begin: float, before, after, failures: int, others: list[str]) -> str:
    """What the run has shown."""
    piled_up = "; ".join(others) or "Nothing has piled up, and the image is unchanged."
    return (f"{failures} of {len(times)} launches were wrong.\n{piled_up}"
            f"\n\n{_pace(times, begin)}\n\n{_resources(before, after)}")


def page(command: str, where: str, seconds: float, shown: str) -> str:
    """The whole page."""
    text = HOW_TO_READ.format(at_a_time=4, kinds=", ".join(programs.KINDS))
    return (f"# Soak\n\nWritten by `{command}`, in {seconds:.0f} seconds.\n\n{where}\n{text}\n"
            f"## Results\n\n{shown}\n")
