"""What one demonstration is made from: its seed, timeline and size; chance and ids come from here, by name."""

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo.company import Market, Size
from demo.timeline import Timeline
from demo.workdays import WorkDays, region_of, work_days

_LETTERS = np.array(list("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
_PREFIX = {"deal": "006", "account": "001", "lead": "00Q", "activity": "00T"}


@dataclass(frozen=True)
class Plan:
    """The seed, the timeline, the size and where the regions' profiles are."""

    seed: int
    time: Timeline
    size: Size
    profiles: Path

    def rng(self, *name: str) -> np.random.Generator:
        """Give the chance that belongs to a name: independent of everything drawn elsewhere."""
        return np.random.default_rng([self.seed, zlib.crc32("/".join(name).encode())])

    def work(self, market: Market) -> WorkDays:
        """Give the working days of a market's region."""
        return work_days(self._profile(market))

    def manager(self, market: Market) -> str:
        """Give the role that speaks for a market's region."""
        return region_of(self._profile(market)).manager

    def _profile(self, market: Market) -> Path:
        return self.profiles / "regions" / f"{market.region}.yaml"

    def ids(self, kind: str, source: str, count: int, name: str) -> list[str]:
        """Give ids as the source's system makes them, unique in the source."""
        rng = self.rng("ids", kind, source, name)
        if source.endswith("salesforce"):
            return _salesforce(_PREFIX[kind], count, rng)
        if source.endswith("dynamics") or (source.endswith("pipedrive") and kind == "lead"):
            return _guids(count, rng)
        return [str(number) for number in 10_000 + np.cumsum(rng.integers(1, 4, count))]


def _salesforce(prefix: str, count: int, rng: np.random.Generator) -> list[str]:
    serial = np.arange(count)
    places = [_LETTERS[(serial * 7 // 62**power) % 62] for power in (3, 2, 1, 0)]
    pod = "".join(rng.choice(_LETTERS, 8))
    return [prefix + pod + "".join(letters) for letters in zip(*places, strict=True)]


def _guids(count: int, rng: np.random.Generator) -> list[str]:
    digits = [rng.bytes(16).hex() for _ in range(count)]
    return [f"{d[:8]}-{d[8:12]}-4{d[13:16]}-a{d[17:20]}-{d[20:]}" for d in digits]
