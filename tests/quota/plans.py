"""Callers of chance, for tests of the limit: they come, call and end as they may."""

from hypothesis import strategies as st

from bot.quota.slots import LATEST_ARRIVAL, WARM_UP
from bot.tickets import Lane
from tests.quota.world import Fate, Plan, World

PROCESSES = 3

moments = st.floats(0, 6)
latencies = st.sampled_from([0.0, 0.02, 0.3, 12.0]) | st.floats(0, 2)


@st.composite
def plans(draw: st.DrawFn, *, latency: st.SearchStrategy[float] = latencies) -> Plan:
    fate = draw(st.sampled_from([Fate.ANSWERED, Fate.ANSWERED, Fate.REFUSED, Fate.LOST, Fate.CANCELLED]))
    there = draw(latency)
    given_up = fate in (Fate.LOST, Fate.CANCELLED)
    return Plan(
        comes=draw(moments),
        # Nobody can know when a request that was given up arrives; that it does so soon is what we assume.
        connects=draw(st.sampled_from([0.0, 0.0, 0.2, 1.4, 1.6, 5.0])),
        there=min(there, LATEST_ARRIVAL) if given_up else there,
        back=draw(latency),
        fate=fate,
        gives_up_after=draw(st.floats(0, 8)),
        process=draw(st.integers(0, PROCESSES - 1)),
        agent=draw(st.sampled_from(["ana", "ben", "cleo"])),
        lane=draw(st.sampled_from(Lane)),
    )


async def play(world: World, each: list[Plan], deaths: dict[int, float]) -> None:
    """Let all of it happen. Everybody who waits is served, unless their process dies."""
    endings = await world.play(each, deaths=deaths)
    for number, (plan, ending) in enumerate(zip(each, endings, strict=True)):
        is_waited_for = plan.fate is not Fate.CANCELLED and plan.process not in deaths
        assert not is_waited_for or number in world.served, f"{plan} waited for ever: {ending!r}"


def above_floor(each: list[Plan], floor: tuple[float, float], *, limit: int) -> list[Plan]:
    """First some that show the floor, so that the credit is taken from it; after them no leg is faster."""
    there, back = floor
    first = [Plan(there=there, back=back, process=PROCESSES - 1) for _ in range(WARM_UP)]
    after = (WARM_UP / limit + 1) * (1 + there + back)
    return first + [_slower(plan, there=there, back=back, after=after) for plan in each]


def _slower(plan: Plan, *, there: float, back: float, after: float) -> Plan:
    return Plan(
        comes=plan.comes + after,
        there=plan.there + there,
        back=plan.back + back,
        fate=plan.fate if plan.fate in (Fate.ANSWERED, Fate.REFUSED) else Fate.ANSWERED,
        process=plan.process,
        agent=plan.agent,
        lane=plan.lane,
    )
