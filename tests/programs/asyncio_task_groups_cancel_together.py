# python: >=3.11
"""TaskGroup, timeout(), Runner and a keyboard interrupt inside the loop."""

import asyncio
import os
import signal

ended = []


async def cancelled(name):
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        ended.append(name)
        raise


async def fail():
    raise ValueError("one fails")


async def group_of_three():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(cancelled("a"))
            group.create_task(cancelled("b"))
            await asyncio.sleep(0)
            group.create_task(fail())
    except* ValueError as errors:
        print(errors.exceptions, sorted(ended))  # a group keeps its tasks in a set


async def timeout():
    try:
        async with asyncio.timeout(0.01):
            await cancelled("timeout")
    except TimeoutError:
        print("timed out")


async def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
    await cancelled("interrupted main")


with asyncio.Runner() as runner:
    runner.run(group_of_three())
    runner.run(timeout())
    try:
        runner.run(interrupt())
    except KeyboardInterrupt:
        print("KeyboardInterrupt", ended[2:])
