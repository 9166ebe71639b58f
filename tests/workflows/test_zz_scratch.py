import pytest, time
from tests.workflows.scenes import *
async def test_a(server):
    t=time.time()
    async with scene(server) as r:
        print("started",time.time()-t)
        await r.to(Phase.COMPLETED)
        print(await r.types(), time.time()-t)
        print(await r.handle.result(), len(await r.events()), await r.messages())
    print(time.time()-t)
async def test_noflags(server):
    t=time.time()
    async with scene(server, features=[], flags={}, checklists={}) as r:
        await r.to(Phase.COMPLETED)
        print(await r.types(), time.time()-t)
