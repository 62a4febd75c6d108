#!/usr/bin/env python3
"""Results as JSON for programs and as a page for people.

    tests/cpython/report.py RESULTS.json... > PAGE.md      a page from several runs

Of a module that ran more than once in one environment, the last file counts.
"""

import datetime
import json
import os
import platform
import re
import shlex
import sys
from pathlib import Path

HEAD = """# CPython's own tests

Each module of CPython's regression suite ran under plain Python and under `pysnap-run`, from an
image with the standard library prepared, and the outcome of each test was compared
(`tests/cpython/README.md` says how). `make test-cpython` runs everything and writes this page.

The rows with `/children` are the runs in which what the tests start as `sys.executable` comes from
the image, too. *Once* counts tests that differed in one of three runs, *unstable* those that vary
under plain Python; neither fails a run. Times are sums over all runs; modules with a difference ran
more than once.
"""

MOST_MODULES_SHOWN = 8

COLUMNS = ("| environment | Python | modules | tests | equal | known differences | other differences "
           "| once | unstable | plain | image |\n|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n")


def equal_tests(session) -> int:
    """Tests that had the same outcome on both sides."""
    return sum(c.tests - len({f.test for f in c.findings} - {c.module})
               for c in session.comparisons)


def machine() -> str:
    """One line about where the results come from."""
    model = next((line.partition(":")[2].strip() for line in
                  Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "?")
    return f"{model}, {len(os.sched_getaffinity(0))} cores, Linux {platform.release()}"


def as_data(session) -> dict:
    """One environment's results."""
    def finding_data(finding) -> dict:
        entry = session.known_as(finding)
        known = {"cause": entry.cause.strip(), "harmless": entry.harmless.strip()} if entry else None
        return {**vars(finding), "known": known}

    modules = [{"module": c.module, "tests": c.tests, "kinds": c.kinds,
                "seconds": [round(s, 2) for s in c.seconds],
                "findings": [finding_data(finding) for finding in c.findings]}
               for c in session.comparisons]
    return {"environment": session.name, "machine": machine(),
            "python": ".".join(map(str, session.environment.version)),
            "command": shlex.join(["tests/cpython/run.py", *sys.argv[1:]]),
            "date": datetime.date.today().isoformat(), "equal": equal_tests(session),
            "modules": modules, "outdated": session.outdated()}


def findings(result: dict, verdict: str) -> list[dict]:
    """All findings of a verdict."""
    return [finding for module in result["modules"] for finding in module["findings"]
            if finding["verdict"] == verdict]


def table_row(result: dict) -> str:
    """One environment in the table."""
    differences = findings(result, "differs")
    known = [finding for finding in differences if finding["known"]]
    seconds = [sum(module["seconds"][side] for module in result["modules"]) for side in (0, 1)]
    cells = [result["environment"], result["python"], len(result["modules"]),
             sum(module["tests"] for module in result["modules"]), result["equal"], len(known),
             len(differences) - len(known), len(findings(result, "once")),
             len(findings(result, "unstable")), f"{seconds[0]:.0f} s", f"{seconds[1]:.0f} s"]
    return "| " + " | ".join(map(str, cells)) + " |\n"


def in_cell(text: str) -> str:
    """A text that does not end its table cell."""
    return " ".join(text.split()).replace("|", "\\|")


def finding_table(results: list[dict], verdict: str) -> str:
    """A table of findings that are not known differences."""
    rows = [f"| {result['environment']} | `{finding['test']}` | {in_cell(finding['plain'])} "
            f"| {in_cell(finding['image'])} |\n"
            for result in results for finding in findings(result, verdict)
            if not (verdict == "differs" and finding["known"])]
    head = "| environment | test | plain | image |\n|---|---|---|---|\n"
    return head + "".join(rows) if rows else "None.\n"


def known_section(results: list[dict]) -> str:
    """Each known difference that was met, with its tests, cause and reason."""
    met: dict[tuple[str, str], dict[str, list[str]]] = {}
    for result in results:
        for finding in findings(result, "differs"):
            if finding["known"]:
                key = (finding["known"]["cause"], finding["known"]["harmless"])
                tests = met.setdefault(key, {})
                tests.setdefault(finding["test"], []).append(result["environment"])
    parts = ["".join(f"- `{test}` ({', '.join(names)})\n" for test, names in tests.items())
             + f"\n  *Cause*: {' '.join(cause.split())}\n\n"
               f"  *For programs*: {' '.join(harmless.split())}\n"
             for (cause, harmless), tests in met.items()]
    return "\n".join(parts) or "None.\n"


def shortened(command: str) -> str:
    """A command without its outputs, whose list of modules is only counted where it is long."""
    command = re.sub(r" --(json|markdown) \S+", "", command)
    words = command.split()
    modules = [word for word in words if word.startswith("test_") or word.startswith("test.")]
    if len(modules) <= MOST_MODULES_SHOWN:
        return command
    return " ".join([word for word in words if word not in modules] + [f"({len(modules)} modules)"])


def runs_section(results: list[dict]) -> str:
    """Which commands made the results, where and when."""
    runs = dict.fromkeys(f"- `{shortened(command)}`: {r['machine']}, {r['date']}\n"
                         for r in results for command in r["command"].split("\n"))
    return "".join(runs)


def merged(results: list[dict]) -> list[dict]:
    """One result for each environment."""
    found: dict[str, dict] = {}
    for result in results:
        known = found.setdefault(result["environment"], {**result, "modules": [], "command": ""})
        modules = {m["module"]: m for m in known["modules"] + result["modules"]}
        known["modules"] = [modules[name] for name in sorted(modules)]
        known["command"] = (known["command"] + "\n" + result["command"]).strip("\n")
        known["date"] = result["date"]
        known["equal"] = sum(m["tests"] - len({f["test"] for f in m["findings"]} - {m["module"]})
                             for m in known["modules"])
    return list(found.values())


def page(results: list[dict]) -> str:
    """The page."""
    return (f"{HEAD}\n{COLUMNS}{''.join(map(table_row, results))}\nThe runs:\n\n"
            f"{runs_section(results)}\n## Known differences\n\n{known_section(results)}\n"
            f"## Other differences\n\n{finding_table(results, 'differs')}\n"
            f"## Different once\n\n{finding_table(results, 'once')}\n"
            f"## Unstable\n\n{finding_table(results, 'unstable')}")


def write(sessions: list, data: Path | None, markdown: Path | None) -> None:
    """Writes what was asked for."""
    results = [as_data(session) for session in sessions]
    if data:
        data.write_text(json.dumps(results, indent=1) + "\n")
    if markdown:
        markdown.write_text(page(results))


if __name__ == "__main__":
    print(page(merged([result for name in sys.argv[1:]
                       for result in json.loads(Path(name).read_text())])), end="")
