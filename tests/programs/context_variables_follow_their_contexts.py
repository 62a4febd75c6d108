"""contextvars in functions, threads, callbacks and generators."""

import asyncio
import contextvars
import threading

colour = contextvars.ContextVar("colour", default="grey")
token = colour.set("red")
context = contextvars.copy_context()
print(context.run(lambda: (colour.set("blue"), colour.get())[1]), colour.get(), context[colour])
colour.reset(token)
print(colour.get(), token.old_value is contextvars.Token.MISSING)
seen = []
thread = threading.Thread(target=lambda: seen.append(colour.get()))
colour.set("main's")
thread.start()
thread.join()
print(seen if seen == ["grey"] else "inherited")


async def child(name):
    colour.set(name)
    await asyncio.sleep(0)
    return colour.get()


async def main():
    return await asyncio.gather(*(child(f"task {n}") for n in range(3))), colour.get()


print(asyncio.run(main()), len(contextvars.Context()))
