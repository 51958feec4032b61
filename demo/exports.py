"""The exports of one source at a moment, as frames of texts under the system's own headers."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from demo.changes import changes_before
from demo.company import MARKETS, Person
from demo.formats import FORMATS, Format
from demo.formats.format import Words
from demo.leads import leads_at
from demo.names import persons
from demo.plan import Plan
from demo.states import deals_at
from demo.texts import days, flags, instants, money, words


@dataclass(frozen=True)
class Truth:
    """All that ever happened in one source, and what will: deals, leads, activities, accounts."""

    plan: Plan
    source: str
    deals: pl.DataFrame
    leads: pl.DataFrame
    activities: pl.DataFrame
    accounts: pl.DataFrame

    @property
    def form(self) -> Format:
        """How the source writes its exports."""
        return FORMATS[self.source]

    @cached_property
    def written_deals(self) -> pl.DataFrame:
        """The deals with everything written that never changes."""
        form = self.form
        both = self.deals.with_columns(
            amount_text=money(self.deals["amount"], form),
            amount_first_text=money(self.deals["amount_first"], form),
            recurring_text=money(self.deals["recurring"].fill_null(0), form),
            created_at=_written(self.deals, instants("created", form)),
            step=pl.int_range(pl.len()) % len(form.words.next_steps),
        )
        steps = dict(enumerate(form.words.next_steps))
        return both.with_columns(
            name=_untidy(both),
            account_ref="account",
            owner_ref="owner",
            segment=words("segment", form.words.segments),
            business_type=words("business_type", form.words.business_types),
            lead_source=_filled(words("lead_source", form.words.lead_sources), form.no_lead_source, 3),
            loss_word=words("loss_reason", form.words.loss_reasons),
            country=words("country", form.words.countries),
            trust=(pl.int_range(pl.len()) * 37 % 100) / 100 + 0.25 * (pl.col("outcome") == "won"),
            step=_filled(pl.col("step").replace_strict(steps, return_dtype=pl.String), form.no_next_step, 7),
        )

    @cached_property
    def written_leads(self) -> pl.DataFrame:
        """The leads with everything written that never changes."""
        form = self.form
        return self.leads.with_columns(
            created_at=_written(self.leads, instants("created", form)),
            owner_ref="owner",
            lead_source=words("lead_source", form.words.lead_sources),
            country=words("country", form.words.countries),
            rejection_word=words("rejection_reason", form.words.loss_reasons),
        )


def opportunities(truth: Truth, moment: float) -> pl.DataFrame:
    """Give the full export of deals at a local moment."""
    form, local = truth.form, truth.form.words
    state = deals_at(truth.written_deals, moment)
    stage = pl.col("furthest").replace_strict(dict(enumerate(local.stages)), return_dtype=pl.String)
    stage_now = pl.when(pl.col("pilot_from") <= moment).then(pl.lit(local.pilot)).otherwise(stage)
    if form.outcome_in_stage:
        stage_now = pl.when(pl.col("outcome") == "open").then(stage_now).otherwise(words("outcome", local.outcomes))
    ended = pl.col("outcome") != "open"
    contract = (pl.col("outcome") == "won") & pl.col("term").is_not_null()
    expected = pl.col("expected").cast(pl.Float64)
    if form.close_overwritten:
        expected = pl.when(ended).then("ended").otherwise(expected)
    state = state.with_columns(
        stage_raw=stage_now,
        furthest_stage_raw=stage,
        status_word=words("outcome", local.outcomes),
        amount=pl.when(pl.col("amount_at") <= moment).then("amount_text").otherwise("amount_first_text"),
        expected=expected,
        won=pl.when(pl.col("outcome") == "won").then("ended"),
        lost=pl.when(pl.col("outcome").is_in(["lost", "dropped"])).then("ended"),
        amount_recurring_annual=pl.when(contract).then("recurring_text"),
        term_months=pl.when(contract).then(pl.col("term").cast(pl.String)),
        starts=pl.when(contract).then("starts"),
        loss_reason=pl.when(ended).then("loss_word"),
        next_step=pl.when(~ended).then("step"),
        forecast_category=_forecast_category(local),
        on_hold=pl.when(~ended & pl.col("on_hold")).then(pl.lit(local.yes)).otherwise(pl.lit(local.no)),
    ).with_columns(
        expected_close_on=days("expected", form),
        closed_on=days("ended", form),
        starts_on=days("starts", form),
        won_at=instants("won", form),
        lost_at=instants("lost", form),
        modified_at=instants("modified", form),
        stage_changed_at=instants("stage_changed", form),
        last_activity_at=instants("touched", form) if form.source != "amer_salesforce" else days("touched", form),
    )
    return _under_headers(state, form, "opportunities")


def stage_history(truth: Truth, moment: float) -> pl.DataFrame:
    """Give the history of all deals up to a local moment, one state a line."""
    return _under_headers(changes_before(truth.written_deals, truth.form, moment), truth.form, "stage_history")


def leads(truth: Truth, moment: float) -> pl.DataFrame:
    """Give the full export of leads at a local moment."""
    form = truth.form
    state = leads_at(truth.written_leads, moment).with_columns(
        status_raw=words("status", form.words.lead_statuses),
        rejection_reason=pl.when(pl.col("status") == "rejected").then("rejection_word"),
        score=pl.col("score").cast(pl.String),
        opportunity_id=pl.when(pl.col("converted").is_not_null()).then("opportunity_id"),
    )
    moments = (
        *(
            "handed_over",
            "mql",
            "accepted",
            "first_touch",
            "sql",
            "converted",
            "modified",
            "last_activity",
            "next_step",
        ),
    )
    return _under_headers(state.with_columns(**{f"{n}_at": instants(n, form) for n in moments}), form, "leads")


def activities(truth: Truth, since: float, moment: float) -> pl.DataFrame:
    """Give the activities that were done or planned after one local moment and up to another."""
    form = truth.form
    every = truth.activities
    done = every.filter((pl.col("done") > since) & (pl.col("done") <= moment))
    planned = every.filter((pl.col("planned") > since) & (pl.col("planned") <= moment) & (pl.col("done") > moment))
    state = pl.concat([done, planned.with_columns(done=pl.lit(np.inf))]).sort("at", "activity_id")
    written = state.with_columns(
        owner_ref="owner",
        related_ref="related",
        at=instants("at", form),
        done_at=instants("done", form),
        type_raw=words("type", form.words.activity_types),
        country=words("country", form.words.countries),
    )
    return _under_headers(written, form, "activities")


def accounts(truth: Truth, *, first: bool) -> pl.DataFrame:
    """Give the full export of accounts; the first one does not hold those that were won later."""
    form = truth.form
    known = truth.accounts.filter(pl.int_range(pl.len()) % 17 != 4) if first else truth.accounts
    written = known.with_columns(
        name="account",
        owner_ref="owner",
        segment=words("segment", form.words.segments),
        country=words("country", form.words.countries),
        is_key=flags("is_key", form),
    )
    return _under_headers(written, form, "accounts")


def people(truth: Truth, *, first: bool) -> pl.DataFrame:
    """Give the full export of persons; at the first one nobody had left yet."""
    form = truth.form
    every: list[Person] = [p for m in MARKETS if m.source == truth.source for p in persons(m)]
    frame = pl.DataFrame(
        {
            "person_ref": [p.ref for p in every],
            "name": [p.ref for p in every],
            "active": [p.active or first for p in every],
            "team": [p.team for p in every],
            "started": [p.started_on for p in every],
            "country": [p.country for p in every],
        }
    )
    written = frame.with_columns(
        is_active=flags("active", form),
        started_on=pl.col("started").str.to_date().dt.to_string(form.day),
        country=words("country", form.words.countries),
    )
    return _under_headers(written, form, "persons")


def _under_headers(frame: pl.DataFrame, form: Format, table: str) -> pl.DataFrame:
    return frame.select(pl.col(column).alias(header) for column, header in form.headers[table].items())


def _written(frame: pl.DataFrame, expression: pl.Expr) -> pl.Series:
    return frame.select(expression.alias("written"))["written"]


def _filled(column: pl.Expr, empty: float, salt: int) -> pl.Expr:
    """Leave a share of a column's cells empty, always in the same rows."""
    return pl.when((pl.int_range(pl.len()) * 37 + salt) % 100 >= empty * 100).then(column)


def _forecast_category(local: Words) -> pl.Expr:
    """Give what the seller says of an open deal; of those that are won in the end more was trusted."""
    if not local.forecast_categories:
        return pl.lit(None, dtype=pl.String)
    far, trusted = pl.col("furthest"), pl.col("trust")
    said = (
        pl.when(pl.col("on_hold")).then(pl.lit("omitted"))
        .when((far == 3) & (trusted >= 0.45)).then(pl.lit("commit"))
        .when((far >= 2) & (trusted >= 0.4)).then(pl.lit("best_case"))
        .otherwise(pl.lit("pipeline"))
    )  # fmt: skip
    return pl.when(pl.col("outcome") == "open").then(
        said.replace_strict(local.forecast_categories, default=None, return_dtype=pl.String)
    )


def _untidy(deals: pl.DataFrame) -> pl.Expr:
    """Give deal names as people type them: now and then with a comma, quotation marks or a line break."""
    row = pl.int_range(pl.len())
    return (
        pl.when(row % 97 == 5).then(pl.format("{}, phase 2", "name"))
        .when(row % 149 == 7).then(pl.format('"Line 7" {}', "name"))
        .when(row % 331 == 11).then(pl.format("{}\nsite visit done", "name"))
        .otherwise("name")
    )  # fmt: skip
