# everywhere: yes
"""What a program sets in modules before it imports asyncio leaves its C part and its Python part one."""

import os
import re
import threading

os.answer = 42
re.__file__ = "elsewhere"
threading.Thread = type("Thread", (threading.Thread,), {})
import asyncio  # noqa: E402


async def main():
    task = asyncio.create_task(asyncio.sleep(10))
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("caught")
    future = asyncio.get_running_loop().create_future()
    future.set_exception(asyncio.InvalidStateError("invalid"))
    try:
        await asyncio.wait_for(future, 5)
    except asyncio.InvalidStateError as error:
        print(error)
    print(await asyncio.gather(asyncio.to_thread(max, 1, 2), asyncio.sleep(0, "slept")))


asyncio.run(main())
