# everywhere: yes
"""Children with pipes, statuses, a timeout, an environment, a directory of their own."""

import os
import subprocess
import sys

print(subprocess.run(["tr", "a-z", "A-Z"], input="through a pipe\n", text=True,
                     capture_output=True, check=True).stdout, end="")
code = "import sys, os; print(sys.argv[1:], len(sys.stdin.read())); sys.exit(int(sys.argv[1]))"
child = subprocess.run([sys.executable, "-c", code, "5"], input=b"x" * 300_000,
                       stdout=subprocess.PIPE)
print(child.returncode, child.stdout)
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
child.terminate()
print(child.wait(30))
try:
    subprocess.run(["sleep", "30"], timeout=0.1)
except subprocess.TimeoutExpired as error:
    print("timed out:", error.cmd)
try:
    subprocess.run(["no-such-program-at-all"])
except FileNotFoundError as error:
    print(error)
os.mkdir("elsewhere")
print(subprocess.check_output("pwd; echo $A; ulimit -c", shell=True, env={"A": "b"}, text=True,
                              cwd="elsewhere").splitlines()[1:])
producer = subprocess.Popen(["seq", "100000"], stdout=subprocess.PIPE)
counter = subprocess.run(["wc", "-l"], stdin=producer.stdout, capture_output=True, text=True)
producer.stdout.close()
print(counter.stdout.strip(), producer.wait())
try:
    subprocess.run([sys.executable, "-c", "raise SystemExit(3)"], check=True, stderr=-1)
except subprocess.CalledProcessError as error:
    print(error.returncode)
