# everywhere: yes
"""A package with C code, handed out where something that it imports had to be imported afresh."""

import sys

sys.settrace(lambda *event: None)
import concurrent.futures
sys.settrace(None)

import asyncio


async def main():
    loop = asyncio.get_running_loop()
    pool = concurrent.futures.ThreadPoolExecutor(1)
    first = await loop.run_in_executor(None, len, "four")
    second = await loop.run_in_executor(pool, len, "three")
    return first, second, asyncio.base_events.concurrent is concurrent


print(asyncio.run(main()))
print(type(concurrent.futures).__name__, concurrent.futures is sys.modules["concurrent.futures"])
