"""A task whose exception nobody fetches is logged when it is collected."""

import asyncio
import gc


async def fail():
    raise ValueError("forgotten")


async def main():
    task = asyncio.create_task(fail(), name="failing")
    await asyncio.sleep(0.01)
    del task
    gc.collect()
    print("main goes on")


asyncio.run(main())
