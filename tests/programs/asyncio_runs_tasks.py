# everywhere: yes
"""Tasks, gathering, timeouts, cancellation, queues, locks and context."""

import asyncio
import contextvars

request = contextvars.ContextVar("request", default="none")


async def worker(name, queue, results):
    request.set(name)
    while True:
        item = await queue.get()
        await asyncio.sleep(0)
        results.append((item, item * item))
        assert request.get() == name
        queue.task_done()


async def main():
    queue, results = asyncio.Queue(), []
    tasks = [asyncio.create_task(worker(f"w{n}", queue, results)) for n in range(3)]
    for item in range(20):
        queue.put_nowait(item)
    await queue.join()
    for task in tasks:
        task.cancel()
    print(await asyncio.gather(*tasks, return_exceptions=True))
    print(sorted(results) == [(n, n * n) for n in range(20)], request.get())
    try:
        await asyncio.wait_for(asyncio.sleep(60), 0.01)
    except asyncio.TimeoutError:
        print("timeout")
    print([task.get_name() for task in tasks], await asyncio.to_thread(sum, range(10)))
    async with asyncio.Lock():
        done, pending = await asyncio.wait([asyncio.create_task(asyncio.sleep(0.01, "slept"))])
        print([task.result() for task in done], pending)
    loop = asyncio.get_running_loop()
    start = loop.time()
    await asyncio.sleep(0.02)
    assert 0.015 < loop.time() - start < 5
    return type(loop).__name__


print(asyncio.run(main()))
