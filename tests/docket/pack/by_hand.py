"""A pack written by hand: two regions, one of them late; every kind of part once, in round numbers."""

from datetime import UTC, date, datetime
from decimal import Decimal

from docket.pack.agenda_parts import (
    Ahead,
    Bridge,
    Call,
    DealChange,
    Deviation,
    Figure,
    Improvement,
    Past,
    PromiseKept,
    Restated,
    SharedCustomer,
    Step,
)
from docket.pack.content import Content, Head, KpiWords, MissingFeed, PeriodWords, Reader, RegionState

MADE_AT = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
WEEKS = (*tuple(Decimal(value) for value in "80 82 81 85 84 86 88 87 86 84 83 82".split()), None)


def figure(kpi: str, region: str, value: str | None, unit: str = "money", currency: str | None = "EUR") -> Figure:
    known = Decimal(value) if value is not None else None
    return Figure(
        kpi=kpi,
        region=region,
        value=known,
        n=42 if value else 0,
        unit=unit,
        currency=currency if unit == "money" else None,
        comparable="yes" if value else "no",
        reasons=() if value else ("NO_FORECAST_CATEGORY",),
        why="" if value else "The region's CRM has no forecast categories.",
        flag="act" if (kpi, region) == ("pace", "dach") else "none",
        change=Decimal("-0.18") if kpi == "pace" else None,
        favourable=False if kpi == "pace" else None,
        before=known * 2 if known else None,
        series=WEEKS,
        band=(Decimal("82"), Decimal("86")),
    )


def call(region: str, currency: str, times: int) -> Call:
    def amount(kpi: str, value: int | None) -> Figure:
        return figure(kpi, region, str(value * times * 1000) if value else None, currency=currency)

    return Call(
        region=region,
        currency=currency,
        won=amount("won_value", 3540),
        commit=amount("commit", None if region == "japan" else 5200),
        best_case=amount("best_case", None if region == "japan" else 6100),
        landing=amount("landing", 5900),
        target=amount("target", 7000),
        expected=amount("expected_won", 4300),
        pace=figure("pace", region, "0.82", "percent"),
    )


def bridge(region: str, currency: str, times: int) -> Bridge:
    steps = (
        Step("new", "New", Decimal(1_900_000) * times, 12),
        Step("decreased", "Decreased", Decimal(-500_000) * times, 3),
        Step("lost", "Lost", Decimal(-1_200_000) * times, 5),
        Step("won", "Won", Decimal(-1_700_000) * times, 4),
        Step("fx", "Exchange rates", Decimal("-100000.01") * times, 9),
    )
    start = Decimal("24800000.01") * times
    return Bridge(region, currency, start, start + sum((s.amount for s in steps), Decimal(0)), 120, 118, steps)


def deviation(item: int, region: str, kpi: str, money: str | None, quiet: str = "") -> Deviation:
    return Deviation(
        item=item,
        kpi=kpi,
        region=region,
        level="act",
        state="open",
        owner="regional manager DACH" if region == "dach" else None,
        due_on=date(2026, 12, 1) if region == "dach" else None,
        sentence=f"{region.upper()} is 18% behind pace; two thirds of the gap is enterprise: 9 deals pushed.",
        distance="18% behind",
        driver="two thirds of the gap is enterprise",
        unit="percent",
        currency=None,
        value=Decimal("0.82"),
        expected=Decimal(1),
        low=Decimal("0.92"),
        high=None,
        money=Decimal(money) if money else None,
        changeable=Decimal(money) / 2 if money else None,
        opened_at=datetime(2026, 11, 17, 9, tzinfo=UTC),
        version=2,
        quiet_because=quiet,
    )


def change(region: str, account: str, counts: str, **given: object) -> DealChange:
    told: dict[str, object] = {
        "currency": "EUR", "amount_before": Decimal(50_000), "amount_after": Decimal(50_000),
        "closes_before": date(2026, 12, 10), "closes_after": date(2026, 12, 10), "stage_before": "propose",
        "stage_after": "propose", "category_before": "commit", "category_after": "commit", "has_next_step": True,
        "times_pushed": 0, "file": "deals.csv", "line": 7, "kinds": ("amount",),
    }  # fmt: skip
    told |= {"region": region, "account": account, "source": region, "number": account[:3], "counts": Decimal(counts)}
    return DealChange(**(told | given))  # type: ignore[arg-type]


def by_hand() -> Content:
    regions = (
        RegionState("dach", "DACH", "regional manager DACH", "EUR", "Europe/Berlin", MADE_AT, MADE_AT),
        RegionState(
            "japan", "Japan", "regional manager Japan", "JPY", "Asia/Tokyo", MADE_AT,
            datetime(2026, 11, 16, 3, tzinfo=UTC),
            (MissingFeed("japan_crm", "opportunity", MADE_AT, datetime(2026, 11, 16, 3, tzinfo=UTC)),),
        ),
    )  # fmt: skip
    kpis = tuple(
        KpiWords(name, label, heading, "How much?", unit, "higher", "sum(amount)", "Order intake.", True)
        for name, label, heading, unit in (
            ("won_value", "Won value (CRM)", "Result", "money"),
            ("pace", "Pace", "Result", "percent"),
            ("coverage", "Coverage", "Pipeline", "ratio"),
            ("lead_sla", "Leads answered in time", "Leads", "percent"),
        )
    )
    names = [region.id for region in regions] + ["group"]
    head = Head(
        id="2026-11-25",
        made_at=MADE_AT,
        as_of=MADE_AT,
        snapshot=57,
        snapshot_at=datetime(2026, 11, 24, 13, 58, 1, 250000, tzinfo=UTC),
        group="Group",
        currency="EUR",
        timezone="Europe/Berlin",
        period=PeriodWords(
            "2026-Q4", "2026 Q4 (Oct-Dec)", date(2026, 10, 1), date(2026, 12, 31), date(2026, 11, 24), "week 9 of 14"
        ),
        since=date(2026, 11, 17),
        until=date(2026, 11, 24),
        headline="One of two regions needs you: DACH is 18% behind pace.",
        detail="€1.5 M at stake, by regional manager DACH; 3 figures are calm.",
        at_stake=Decimal("1474675.43"),
        changeable=Decimal("737337.71"),
        calm=3,
        definitions_hash="a5247d88f44412a0",
        regions=regions,
        readers=(
            Reader("director", "global sales director", None),
            Reader("dach", "regional manager DACH", ("dach",)),
            Reader("japan", "regional manager Japan", ("japan",)),
        ),
        kpis=kpis,
    )
    shown = [
        (kpi.name, kpi.unit, value) for kpi, value in zip(kpis, ("3540000.10", "0.82", "2.4", "0.712"), strict=True)
    ]
    return Content(
        head=head,
        promises=(
            PromiseKept(
                1, "pace", "dach", "Price approval in two days", "regional manager DACH",
                datetime(2026, 11, 17, 9, tzinfo=UTC), date(2026, 11, 24), "percent", None, Decimal("0.76"),
                Decimal("0.82"), True, "worked", "verified by the data",
                "Kept, and it worked (due 24 Nov 2026). The number moved the right way: 76.0% → 82.0%.",
            ),
        ),
        calls=(call("dach", "EUR", 1), call("japan", "EUR", 2), call("group", "EUR", 3)),
        own_calls=(call("dach", "EUR", 1), call("japan", "JPY", 300)),
        bridges=(bridge("dach", "EUR", 1), bridge("japan", "EUR", 1), bridge("group", "EUR", 2)),
        own_bridges=(bridge("dach", "EUR", 1), bridge("japan", "JPY", 160)),
        changes=(
            change("dach", "Falk & Söhne <AG>", "-12000.50", amount_after=Decimal("37999.50")),
            change("japan", "株式会社ノゾタキ", "-50000", kinds=("period",), closes_after=date(2027, 1, 9)),
            change("japan", "=SUM(A1)", "0", kinds=("stage",), stage_after="close", has_next_step=False),
        ),
        deviations=(deviation(1, "dach", "pace", "1474675.43"), deviation(2, "japan", "coverage", None)),
        suppressed=(deviation(3, "japan", "lead_sla", None, "Put off until 1 Dec 2026."),),
        ahead=tuple(
            Ahead(code, label, tuple(
                figure(kpi, region, value, unit) for kpi, unit, value in (
                    ("target", "money", "8000000"), ("closing_in_period", "money", "9000000"),
                    ("coverage", "ratio", "1.1"), ("coverage_required", "ratio", "2.9"),
                    ("coverage_gap", "ratio", "-1.8"), ("pipeline_needed", "money", "4000000"),
                ) for region in names))
            for code, label in (("2027-Q1", "2027 Q1 (Jan-Mar)"), ("2027-Q2", "2027 Q2 (Apr-Jun)"))
        ),
        pipeline=tuple(
            figure(kpi, region, value, unit) for kpi, unit, value in (
                ("pipeline_created", "money", "2050000"), ("lead_sla", "percent", "0.712"),
            ) for region in names
        ),
        accounts=tuple(
            figure(kpi, region, value, unit) for kpi, unit, value in (
                ("parallel_work", "count", "3"), ("plan_coverage", "percent", "0.5"),
            ) for region in names
        ),
        shared_customers=(
            SharedCustomer("Skagerion", ("dach", "japan"), 3, Decimal("420000.00"), date(2026, 9, 1), None),
        ),
        improvement=Improvement(
            "Japan exports the first contact of its leads.", "none of 1,104 leads has the first contact",
            ("lead_sla",), ("japan",), 3, 4, 4,
        ),
        past=Past(
            datetime(2026, 11, 17, 5, tzinfo=UTC),
            (
                Restated("dach", "Falk", "dach", "F1", (("amount", "10000", "9000"),), "The CRM changed a closed deal.",
                         Decimal("-1000.00"), "deals.csv", 9),
            ),
        ),
        figures=tuple(figure(kpi, region, value, unit) for kpi, unit, value in shown for region in names),
        own_figures=tuple(
            figure(kpi, region.id, value, unit, region.currency) for kpi, unit, value in shown for region in regions
        ),
        definitions="# the KPIs\nversion: 1\n",
        profiles={"regions/dach.yaml": "name: DACH\n", "regions/japan.yaml": "name: Japan\n"},
    )  # fmt: skip
