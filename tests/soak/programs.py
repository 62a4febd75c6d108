"""The programs of the soak test: each prints what only its number leads to."""

import json
from dataclasses import dataclass

SCRIPT = """\
import json, sys
number = int(sys.argv[1])
table = {str(n): [n * number, n / 3] for n in range(40)}
assert json.loads(json.dumps(table)) == table
print('script', number, sum(row[0] for row in table.values()), sys.argv[0])
"""

COMMAND = """\
import os, re, sys
number = int(sys.argv[1])
print('command', re.sub('[0-9]+', lambda found: str(int(found[0]) + 1), f'x{number}'), os.getcwd())
sys.exit(number % 5)
"""

FROM_INPUT = """\
import collections
counts = collections.Counter('{number}')
print('input', sum(counts.values()), sorted(counts)[0])
"""

SUBPROCESS = """\
import subprocess, sys
number = sys.argv[1]
done = subprocess.run(['/bin/cat'], input='child ' + number, capture_output=True, text=True)
print('subprocess', done.returncode, done.stdout)
"""

THREADS = """\
import queue, sys, threading
number = int(sys.argv[1])
results = queue.Queue()
threads = [threading.Thread(target=lambda n=n: results.put(n * number)) for n in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print('threads', sum(results.get() for _ in threads))
"""

FILES = """\
import os, sys, tempfile
with tempfile.TemporaryDirectory() as directory:
    with open(os.path.join(directory, 'file'), 'w') as file:
        file.write(sys.argv[1])
    with open(file.name) as file:
        print('files', file.read(), len(os.listdir(directory)))
raise SystemExit(3)
"""


@dataclass(frozen=True)
class Launch:
    """The words behind the launcher, the input, and what must come of it."""

    words: list[str]
    status: int
    out: str
    given: str = ""


def launch_of(number: int, script: str, directory: str) -> Launch:
    """The launch of that number; the kinds take turns."""
    text = str(number)
    kind = KINDS[number % len(KINDS)]
    match kind:
        case "script":
            return Launch([script, text], 0, f"script {number} {780 * number} {script}\n")
        case "-m":
            given = json.dumps({"number": number, "half": [number / 2]})
            return Launch(["-m", "json.tool"], 0,
                          json.dumps(json.loads(given), indent=4) + "\n", given)
        case "-c":
            return Launch(["-c", COMMAND, text], number % 5,
                          f"command x{number + 1} {directory}\n")
        case "standard input":
            return Launch([], 0, f"input {len(text)} {min(text)}\n",
                          FROM_INPUT.format(number=number))
        case "subprocess":
            return Launch(["-c", SUBPROCESS, text], 0, f"subprocess 0 child {number}\n")
        case "threads":
            return Launch(["-c", THREADS, text], 0, f"threads {15 * number}\n")
        case _:
            return Launch(["-c", FILES, text], 3, f"files {number} 1\n")


KINDS = ("script", "-m", "-c", "standard input", "subprocess", "threads", "files")
MODULES = ("json", "json.tool", "re", "collections", "subprocess", "queue", "threading", "tempfile",
           "argparse", "runpy")
