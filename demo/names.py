"""Invented names: accounts made of syllables that mean nothing, persons named by their role and a tree."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from demo.company import SEGMENTS, Market, Person, Size
from demo.plan import Plan


@dataclass(frozen=True)
class Language:
    """How names are made in one market."""

    role: str
    trees: tuple[str, ...]
    first: tuple[str, ...]
    second: tuple[str, ...]
    trades: tuple[str, ...]
    forms: tuple[str, ...]
    pattern: str = "{root} {trade} {form}"


_EUROPEAN = ("Vel", "Tar", "Oske", "Brun", "Kal", "Nor", "Mer", "Hol", "Fjel", "Ste", "Gra", "Ulm", "Rav", "Dor", "Eik")
_ENDS = ("vik", "dorn", "mark", "lund", "stad", "rup", "feld", "sund", "brek", "tal", "quist", "hagen", "mond", "ser")

SHARED_ACCOUNT = {"dach": "Skagerion Turbo GmbH", "nordics": "Skagerion Turbo AB"}  # one customer, two CRM systems
SHARED_DOMAIN = "skagerion-turbo.example"  # by which both are known to be one

LANGUAGES = {
    "amer": Language(
        "Rep", ("Alder", "Aspen", "Birch", "Cedar", "Elm", "Hazel", "Hickory", "Juniper", "Larch", "Maple", "Pine"),
        ("Bran", "Cor", "Dex", "Fal", "Gar", "Hol", "Kes", "Lor", "Mar", "Nev", "Pel", "Quin", "Ros", "Tal", "Wex"),
        ("field", "ton", "more", "wick", "dale", "ridge", "port", "gate", "ley", "stone", "brook", "worth", "ham"),
        ("Foods", "Packaging", "Bottling", "Components", "Plastics", "Beverages", "Pharma"),
        ("Inc.", "LLC", "Corp.", "Co."),
    ),
    "dach": Language(
        "Vertrieb", ("Ahorn", "Birke", "Buche", "Eiche", "Erle", "Esche", "Fichte", "Kiefer", "Linde", "Ulme", "Weide"),
        _EUROPEAN, _ENDS,
        ("Maschinenbau", "Verpackung", "Getränke", "Pumpenbau", "Kunststoffe", "Lebensmittel", "Präzision"),
        ("GmbH", "AG", "GmbH & Co. KG"),
    ),
    "benelux": Language(
        "Verkoop", ("Beuk", "Berk", "Eik", "Els", "Es", "Iep", "Linde", "Wilg"),
        ("Van", "Del", "Hoo", "Mee", "Noor", "Oost", "Rij", "Wes"), ("berg", "dam", "hout", "laar", "meer", "veld"),
        ("Verpakking", "Machines", "Dranken", "Voeding"), ("B.V.", "N.V."),
    ),
    "nordics": Language(
        "Säljare", ("Alm", "Asp", "Björk", "Bok", "Ek", "Gran", "Hassel", "Lind", "Lönn", "Rönn", "Tall"),
        _EUROPEAN, _ENDS, ("Maskin", "Pumpar", "Livsmedel", "Papper", "Dryck", "Plast", "Verkstad"),
        ("AB", "AS", "A/S", "Oy"),
    ),
    "latam": Language(
        "Vendedor", ("Ipê", "Jatobá", "Cedro", "Angico", "Peroba", "Mogno", "Araçá", "Embaúba"),
        ("Ara", "Ibi", "Jua", "Mara", "Pira", "Sapu", "Tupa", "Urua"),
        ("caia", "nema", "raba", "tinga", "quara", "mirim"),
        ("Alimentos", "Bebidas", "Embalagens", "Plásticos", "Metalúrgica"), ("Ltda", "S.A."),
    ),
    "japan": Language(
        "営業", ("桜", "松", "杉", "檜", "楓", "欅", "栗", "樫"),
        ("ミナ", "トウ", "サカ", "ハル", "キヨ", "ノゾ", "アサ", "ヒロ", "ナギ"),
        ("セ", "ミネ", "ハラ", "ワ", "シマ", "タキ", "モト"),
        ("工業", "製作所", "食品", "飲料", "包装機械"), ("株式会社",), "{form}{root}{trade}",
    ),
}  # fmt: skip


def persons(market: Market) -> list[Person]:
    """Give everybody who sells in a market; one in twelve has left."""
    language = LANGUAGES[market.region]
    countries = list(market.countries)
    found: list[Person] = []
    for team, members in market.teams.items():
        for _ in range(members):
            place = len(found)
            tree = language.trees[place % len(language.trees)]
            again = place // len(language.trees)
            ref = f"{language.role} {tree}" + (f" {again + 1}" if again else "")
            started = f"{2019 + place % 6}-{1 + place * 5 % 12:02d}-01"
            country = countries[place % len(countries)]
            found.append(Person(ref, team, market.region, country, place % 12 != 11, started))
    return found


def accounts(plan: Plan, market: Market, size: Size) -> pl.DataFrame:
    """Give a market's accounts: account_id, account, country, owner, segment, is_key, domain, organisation_number."""
    rng = plan.rng("accounts", market.region)
    language = LANGUAGES[market.region]
    count = max(40, size.of(len(language.first) * len(language.second) * 2))
    names = _names(language, count, rng)
    if market.region in SHARED_ACCOUNT:
        names[0] = SHARED_ACCOUNT[market.region]
    people = [person for person in persons(market) if person.active]
    segment = rng.choice(SEGMENTS, count, p=market.shares)
    country = rng.choice(list(market.countries), count, p=list(market.countries.values()))
    domains = [f"account{i + 1}.{market.region}.example" for i in range(count)]
    if market.region in SHARED_ACCOUNT:
        domains[0] = SHARED_DOMAIN
    return pl.DataFrame(
        {
            "account_id": plan.ids("account", market.source, count, market.region),
            "account": names,
            "country": country,
            "owner": [people[i].ref for i in rng.integers(0, len(people), count)],
            "segment": segment,
            "is_key": (segment == "enterprise") & (rng.random(count) < 0.4),
            "domain": domains,
            "organisation_number": [f"{n:09d}" for n in rng.integers(10**8, 10**9, count)],
        }
    ).with_columns(region=pl.lit(market.region))


def _names(language: Language, count: int, rng: np.random.Generator) -> list[str]:
    roots = [first + second for first in language.first for second in language.second]
    every: Sequence[tuple[int, int]] = [(i, j) for j in range(len(language.trades)) for i in range(len(roots))]
    chosen = rng.permutation(len(every))[:count]
    forms = rng.choice(language.forms, count)
    return [
        language.pattern.format(root=roots[every[c][0]], trade=language.trades[every[c][1]], form=form)
        for c, form in zip(chosen, forms, strict=False)
    ]
