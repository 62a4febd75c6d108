"""send, throw, close, delegation, async generators, and what is left open at exit."""

import asyncio
import types


def echo():
    received = None
    try:
        while True:
            try:
                received = yield received
            except ValueError as error:
                received = f"handled {error}"
    finally:
        print("echo closed")


def delegate():
    result = yield from echo()
    return result


generator = delegate()
next(generator)
print(generator.send("sent"), generator.throw(ValueError("thrown")), generator.gi_running)
generator.close()


@types.coroutine
def suspend(value):
    return (yield value)


async def coroutine():
    try:
        return await suspend("suspended")
    finally:
        print("coroutine ends")


running = coroutine()
print(running.send(None))
try:
    running.send("answer")
except StopIteration as stop:
    print(stop.value)


async def numbers():
    try:
        for number in range(100):
            yield number
            await asyncio.sleep(0)
    finally:
        print("async generator closed")


async def main():
    async for number in numbers():
        if number == 3:
            break
    return [n async for n in numbers() if n % 25 == 0]


print(asyncio.run(main()))
never_awaited = coroutine()
del never_awaited
left_open = echo()
next(left_open)
print("end")
