# expect: ok
# stdout: b'3\n'
# why: not hostile: an event loop wants a pair of sockets, and gets it
import asyncio


async def work():
    await asyncio.sleep(0.001)
    return 3


print(asyncio.run(work()))
