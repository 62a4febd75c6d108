# everywhere: yes
"""os.fork: memory is copied, pipes connect, statuses return, at-fork hooks run."""

import os
import sys

events = []
os.register_at_fork(before=lambda: events.append("before"),
                    after_in_parent=lambda: events.append("parent"),
                    after_in_child=lambda: events.append("child"))
value = [0]
reader, writer = os.pipe()
sys.stdout.flush()
child = os.fork()
if child == 0:
    os.close(reader)
    value[0] = 42
    grandchild = os.fork()
    if grandchild == 0:
        os.write(writer, f"grandchild {value} {events}\n".encode())
        os._exit(0)
    os.waitpid(grandchild, 0)
    os.write(writer, f"child {value} {events}\n".encode())
    os._exit(7)
os.close(writer)
with os.fdopen(reader) as lines:
    print(lines.read(), end="")
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), value, events)
children = []
for number in range(10):
    child = os.fork()
    if child == 0:
        os._exit(number)
    children.append(child)
print(sorted(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
