"""Children with pipes, their statuses, and a signal handler in the loop."""

import asyncio
import os
import signal
import sys


async def main():
    code = "import sys; data = sys.stdin.read(); print(data[::-1]); sys.exit(len(data))"
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    out, _ = await child.communicate(b"abc")
    print(out, child.returncode)
    children = [await asyncio.create_subprocess_shell(f"exit {n}") for n in range(5)]
    print(await asyncio.gather(*(child.wait() for child in children)))
    sleeping = await asyncio.create_subprocess_exec("sleep", "60")
    sleeping.kill()
    print(await sleeping.wait())
    arrived = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, arrived.set)
    os.kill(os.getpid(), signal.SIGUSR1)
    print(await asyncio.wait_for(arrived.wait(), 30))


asyncio.run(main())
