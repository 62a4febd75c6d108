"""posix_spawn with file actions and signal settings."""

import os
import signal

reader, writer = os.pipe()
actions = [(os.POSIX_SPAWN_DUP2, writer, 1), (os.POSIX_SPAWN_CLOSE, reader)]
child = os.posix_spawnp("sh", ["sh", "-c", "echo spawned $X"], {"X": "value", "PATH": "/bin"},
                        file_actions=actions, setsigdef=[signal.SIGPIPE])
os.close(writer)
print(os.read(reader, 100), os.waitpid(child, 0)[1])
