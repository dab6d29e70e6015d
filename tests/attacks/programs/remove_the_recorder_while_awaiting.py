# expect: ok
# tracer: 1
# stdout: b'[0, 1, 2]\n'
# why: an awaiting comprehension tells no values
import asyncio, sys


async def a():
    for n in range(3):
        yield n


async def main():
    return [sys.settrace(None) or n async for n in a()]


print(asyncio.run(main()))
