"""How long requests and answers are on the way: profiles to choose from. Pure: they serve in virtual time, too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A network. Each way is drawn by itself: requests overtake each other, as they do on separate connections."""

    one_way: Callable[[Random], float]
    """Seconds, drawn anew at each call."""
    floor: float
    """Seconds that no way is faster than."""

    def there(self, chance: Random) -> float:
        """Seconds that a request spends on its way."""
        return self.one_way(chance)

    def back(self, chance: Random) -> float:
        """Seconds that an answer spends on its way."""
        return self.one_way(chance)


def _uniform(low: float, high: float) -> Profile:
    return Profile(one_way=lambda chance: chance.uniform(low, high), floor=low)


def _with_jitter(base: float, *, median: float, sigma: float) -> Profile:
    """``base`` seconds at least, and on top a jitter that is mostly small and sometimes many times its ``median``."""

    def one_way(chance: Random) -> float:
        return base + median * chance.lognormvariate(0.0, sigma)

    return Profile(one_way=one_way, floor=base)


PROFILES: Mapping[str, Profile] = {
    "calm": Profile(one_way=lambda _chance: 0.001, floor=0.001),
    "local": _uniform(0.010, 0.060),
    # Half a round trip between continents, with a jitter calibrated by what others make of it: over such a path
    # pyrate-limiter, aiolimiter and limits were reported to be throttled 6, 46 and 72 times in 400 calls. In runs of
    # the benchmarks a median of 5 ms gave 3, 45 and 71 times, one of 10 ms 6, 46 and 78; sigma 0.8 throttled limits too
    # rarely, sigma 1.4 pyrate-limiter too often. Our own quota had no part in the choice.
    "wide-area": _with_jitter(0.060, median=0.006, sigma=1.0),
    "heavy": _uniform(0.020, 0.300),
}
"""By name, the kindest first."""
