"""Files left open and not flushed have their content when the program is over: the runner
compares what is left in the directory, a child that outlives the program reads it back."""

import os
import sys

left_open = open("left_open.txt", "w")  # noqa: SIM115
left_open.write("a line that nobody flushed\n" * 100)
binary = open("left_open.bin", "wb")  # noqa: SIM115
binary.write(bytes(range(256)) * 10)
reader, writer = os.pipe()
sys.stdout.flush()
if os.fork() == 0:
    os.close(writer)
    os.read(reader, 1)  # returns when the parent has ended
    print(os.path.getsize("left_open.txt"), os.path.getsize("left_open.bin"), flush=True)
    os._exit(0)
os.close(reader)
