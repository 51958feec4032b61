"""The parts of the onboarding page: what was found, what would load, what it does to the common KPIs."""

from collections.abc import Mapping, Sequence
from typing import Any

from kpi.reject_reasons import sentence
from ui.escape import shortened, text
from ui.formats import counted, grouped
from ui.headline import notice, section

Found = Mapping[str, Any]
TABLE_WORDS = {
    "opportunity": "deals",
    "lead": "leads",
    "activity": "activities",
    "account": "accounts",
    "person": "persons",
    "opportunity_change": "changes of deals",
    "pipeline_stage": "stages of deals",
}
FINDING_WORDS = {
    "container": "The file is",
    "encoding": "Letters",
    "delimiter": "Columns are cut by",
    "header": "The header stands in",
    "table": "It lists",
    "decimal": "Numbers have",
    "dates": "Dates are written",
    "two_digit_years": "Years of two digits",
}
VALUE_WORDS = {
    ",": "comma",
    ";": "semicolon",
    "\t": "tab",
    "|": "bar",
    "dmy": "day, month, year",
    "mdy": "month, day, year",
    "ymd": "year, month, day",
    "excel_serial": "as Excel's day numbers",
}
SHOWN_MONTHS = 18


def steps_block(step: int) -> str:
    """The way of a region in five steps, the present one marked."""
    names = ("Drop its exports", "Answer what no file says", "Check columns and words", "Reconcile", "Accept")
    parts = "".join(
        f'<li class="{"done" if place < step else "now" if place == step else ""}"'
        f"{' aria-current=step' if place == step else ''}><span>{place + 1}</span>{name}</li>"
        for place, name in enumerate(names)
    )
    return f'<ol class="steps">{parts}</ol>'


def found_block(found: Found) -> str:
    """What each file is: container, letters, header, dates, numbers, table, and the CRM that wrote it."""
    crm = found["crm"]
    name = "No CRM recognised" if crm["value"] == "generic" else crm["value"].replace("_", " ").title()
    note = section("What was found", f"{name}: {crm['reason']}")
    return note + "".join(_file(file) for file in found["files"])


def loads_block(found: Found) -> str:
    """What would load: the balance of each file, and what the common denominator gains or loses by it."""
    rehearsal = found["rehearsal"]
    heads = "".join(f'<th scope="col" class="num">{head}</th>' for head in ("Rows in", "loaded", "rejected", "ignored"))
    rows = "".join(_balance_row(result) for result in rehearsal["results"])
    return (
        section("What would load", "every row accounted for; nothing is stored yet")
        + f'<table class="ledger balance"><thead><tr><th scope="col">Export</th>{heads}</tr></thead>'
        + f"<tbody>{rows}</tbody></table>"
        + _effect(rehearsal["effect"])
    )


def rejects_block(rehearsal: Found) -> str:
    """The rows that would be rejected, with line, column, reason and raw text, and what is worth a look."""
    total = rehearsal["rejected"]
    rows = "".join(
        f"<li><span>{text(row['file'])}:{row['line']}{' · ' + text(row['column_name']) if row['column_name'] else ''}"
        f"</span><code>{text(row['sentence'])} {text(shortened(row['raw'], 200))}</code></li>"
        for row in rehearsal["rejects"]
    )
    if total:
        note = f"{counted(total, 'record')}; correct them in the CRM, or change an answer. Persons are masked."
        shown = section("What would be rejected", note) + f'<ol class="raw">{rows}</ol>'
    else:
        shown = section("What would be rejected") + notice("Nothing", "Every record can be read.")
    return shown + _warnings(rehearsal["warnings"])


def won_block(rehearsal: Found) -> str:
    """The won value of each month beside the CRM's own, to the cent."""
    if not rehearsal["won"]:
        why = rehearsal["not_reconciled"] or "There is no sum to compare."
        return section("Won value to reconcile") + notice("Nothing was won in these files", why)
    rows = "".join(
        f'<tr><th scope="row">{text(month["month"])}</th><td class="num">{grouped(month["deals"])}</td>'
        f'<td class="num">{_cents(month["value"])} {text(month["currency"])}</td>'
        f'<td class="num">{_cents(month["own"]) if month["own"] else "–"}</td>'
        f'<td class="num">{_difference(month)}</td></tr>'
        for month in rehearsal["won"][:SHOWN_MONTHS]
    )
    heads = "".join(
        f'<th scope="col" class="num">{head}</th>'
        for head in ("Deals", "These files", "CRM's own report", "Difference")
    )
    why = rehearsal["not_reconciled"]
    return (
        section("Won value to reconcile", "each month as the CRM's own report has it, to the cent")
        + f'<table class="ledger balance"><thead><tr><th scope="col">Won in</th>{heads}</tr></thead>'
        + f"<tbody>{rows}</tbody></table>"
        + (notice("Not reconciled yet", why) if why else "")
    )


def accepted_block(message: str, result: Found) -> str:
    """What was written and loaded, whether it equals the rehearsal, and how it is taken back."""
    kind = "note" if result.get("equal") else "fault"
    return (
        notice(message, "The region is on every page from now on.", kind=kind)
        + section("If it was a mistake")
        + f"<p>{text(result.get('back', ''))}</p>"
    )


def certainty(column: Found) -> str:
    """How sure a proposed column is, as a word."""
    if column["decided"]:
        return "as you said"
    if column["column"] is None:
        return "not used"
    return "certain" if column["certain"] else "likely, please check"


def _file(file: Found) -> str:
    if file["refused"]:
        reason, message = file["refused"]
        return notice(f"{file['file']} cannot be read", f"{message[:1].upper()}{message[1:]} ({reason})", kind="fault")
    facts = "".join(
        f"<div><dt>{FINDING_WORDS.get(name, name)} <b>{text(_value(name, finding['value']))}</b>"
        f"<small>{text(finding['reason'])}</small></dt></div>"
        for name, finding in file["findings"].items()
    )
    rows = f"{counted(file['rows'], 'record')}" if file["rows"] else "not read yet"
    return f'<h3 class="file">{text(file["file"])}<small>{rows}</small></h3><dl class="facts found">{facts}</dl>'


def _value(name: str, value: str) -> str:
    if name == "table":
        return TABLE_WORDS.get(value, value)
    if name == "decimal":
        return "a decimal comma" if value == "," else "a decimal point"
    if name == "two_digit_years":
        return f"from {value} on are 19xx"
    return VALUE_WORDS.get(value, value)


def _balance_row(result: Found) -> str:
    figures = "".join(
        f'<td class="num {name}">{grouped(result[name])}</td>' for name in ("rows_in", "loaded", "rejected", "ignored")
    )
    message = f"<small>{text(result['message'])}</small>" if result["message"] else ""
    return f'<tr><th scope="row">{text(result["file"])}{message}</th>{figures}</tr>'


def _effect(effect: Found | None) -> str:
    if effect is None:
        return notice("The effect on the common KPIs is not known", "A file would not load; its reason stands above.")
    lost, kept = _by_reason(effect["lost"]), _by_reason(effect["reservations"])
    gains = "".join(_gain(gain) for gain in effect["gains"])
    parts = [f'<p class="effect">{text(effect["sentence"])}</p>']
    for title, items in (("No longer common", lost), ("What would bring them back", gains), ("With reservation", kept)):
        if items:
            parts.append(f'<div class="part"><h3>{title}</h3><ul>{items}</ul></div>')
    return section("Effect on the common denominator") + f'<div class="effects">{"".join(parts)}</div>'


def _by_reason(kpis: Mapping[str, str]) -> str:
    """KPIs with the same reason in one line."""
    by_reason: dict[str, list[str]] = {}
    for kpi, why in kpis.items():
        by_reason.setdefault(why, []).append(kpi)
    return "".join(f"<li><b>{text(', '.join(names))}</b>: {text(why)}</li>" for why, names in by_reason.items())


def _gain(gain: Found) -> str:
    what = f"{gain['do'].capitalize()} {' and '.join(gain['fields'])}"
    return f"<li>{text(what)}: <b>{text(', '.join(gain['kpis']))}</b></li>"


def _warnings(warnings: Sequence[Found]) -> str:
    if not warnings:
        return ""
    rows = "".join(
        f"<li><span>{counted(warning['rows'], 'row')}</span><code>{text(_said(warning))}</code></li>"
        for warning in warnings[:30]
    )
    return section("Worth a look", "these rows load") + f'<ol class="raw">{rows}</ol>'


def _said(warning: Found) -> str:
    about = warning["word"] or warning["column_name"] or ""
    return f"{sentence(warning['code'])} {about}".strip()


def _cents(value: str) -> str:
    whole, _, cents = value.partition(".")
    return f"{int(whole):,}.{cents}" if whole not in ("", "-") else value


def _difference(month: Found) -> str:
    if month["difference"] is None:
        return "–"
    if float(month["difference"]) == 0:
        return "equal"
    return f'<b class="worse">{text(_cents(month["difference"]))}</b>'
