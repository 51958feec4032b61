"""Proposals for unknown exports: what is found, what is only likely, and what is always asked."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.propose import Proposal, propose_files
from etl.propose.known_words import meanings
from etl.propose.profiles import profile_files
from etl.propose.proposal import CERTAIN, FileProposal, Question
from etl.propose.readings import date_readings, decimal_readings
from etl.propose.systems import table_of_name
from organisation import Organisation
from organisation.workspace import REPOSITORY
from tests.etl.shop import Shop
from tests.etl.strangers import POLISH_ANSWERS, POLISH_NAME, polish_file, turkish_file


@pytest.fixture(scope="module")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    return Shop.open(tmp_path_factory.mktemp("shop")).organisation


def proposed(
    organisation: Organisation, folder: Path, text: str, name: str = "deals.csv", **answers: str
) -> tuple[Proposal, FileProposal]:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    found = propose_files(
        [file], "brazil", organisation, {key.replace("__", "/"): said for key, said in answers.items()}
    )
    return found, found.files[0]


def columns_of(file: FileProposal) -> dict[str, str | None]:
    return {each.header: each.column for each in file.columns}


def question(found: Proposal, key: str) -> Question | None:
    return next((each for each in found.questions if each.id == key), None)


def test_a_polish_sheet_is_read_once_its_letters_are_confirmed(organisation: Organisation, tmp_path: Path) -> None:
    file = polish_file(tmp_path)
    before = propose_files([file], "poland", organisation)
    asked = question(before, f"{POLISH_NAME}/encoding")
    assert asked is not None
    assert asked.blocks
    assert asked.suggested == ""
    assert "cp1250" in {option.value for option in asked.options}
    found = propose_files([file], "poland", organisation, POLISH_ANSWERS).files[0]
    assert found.table == "opportunity"
    assert {name: finding.value for name, finding in found.findings.items()} == {
        "container": "text", "encoding": "cp1250", "delimiter": ";", "header": "line 4", "table": "opportunity",
        "decimal": ",", "dates": "dmy",
    }  # fmt: skip
    assert columns_of(found) == {
        "Nr szansy": "opportunity_id", "Temat": "name", "Kontrahent": "account_ref", "Opiekun": "owner_ref",
        "Etap": "stage_raw", "Wartość netto": "amount", "Waluta": "currency",
        "Planowane zamknięcie": "expected_close_on",
        "Data rozstrzygnięcia": "closed_on", "Data wprowadzenia": "created_at", "Źródło pozyskania": "lead_source",
        "Rodzaj sprzedaży": "business_type", "Osoba kontaktowa": None, "Uwagi": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "scale", "asked"),
    [
        (["0.6", "0.25", "1"], None, True),
        (["0.6", "0.25", "60"], "100", False),
        (["60 %", "0.5%"], None, False),
        (["60 %", "0.5"], None, True),
        (["0", "0"], None, False),
        (["1.000", "0.500"], None, True),  # a thousand or one: not over 1 beyond doubt
    ],
)
def test_what_certainty_is_written_as_is_said_by_a_value_over_1_or_asked(
    organisation: Organisation, tmp_path: Path, values: list[str], scale: str | None, asked: bool
) -> None:
    rows = "".join(f"d{place},Open,100{place},{value}\n" for place, value in enumerate(values))
    is_it = {"deals.csv__is__probability": "Probability"}
    found, _ = proposed(organisation, tmp_path, f"opportunity_id,stage,amount,Probability\n{rows}", **is_it)
    assert (found.probability.value if found.probability else None) == scale
    assert (question(found, "probability/scale") is not None) == asked


def test_the_answer_about_certainty_stands_in_the_profile(organisation: Organisation, tmp_path: Path) -> None:
    text = "opportunity_id,stage,amount,Probability\nd1,Open,100,0.6\n"
    before, _ = proposed(organisation, tmp_path, text)
    asked = question(before, "probability/scale")
    assert asked is not None
    assert asked.is_open
    assert [option.example for option in asked.options] == ["0.6 is 60 %", "0.6 is 0.6 %"]
    found, _ = proposed(organisation, tmp_path, text, probability__scale="1")
    answers = {"probability/scale": "1"}
    assert "probability: {scale: 1}   # as answered" in profile_files(found, organisation, answers, []).source


def test_a_turkish_sheet_is_proposed_whole(organisation: Organisation, tmp_path: Path) -> None:
    found = propose_files([turkish_file(tmp_path)], "turkey", organisation)
    file = found.files[0]
    assert file.table == "opportunity"
    assert columns_of(file) == {
        "Kayıt No": "opportunity_id", "Konu": "name", "Müşteri Adı": "account_ref", "Satış Temsilcisi": "owner_ref",
        "Aşama": "stage_raw", "Tutar": "amount", "Para Birimi": "currency", "Tahmini Kapanış": "expected_close_on",
        "Oluşturma Tarihi": "created_at",
    }  # fmt: skip
    stages = {word.word: word.meaning for word in found.words if word.kind == "stages"}
    assert stages == {"Teklif gönderildi": "propose", "Kazanıldı": "won", "Kaybedildi": "lost", "Pazarlık": "close"}
    assert file.findings["decimal"].value == ","


def test_what_no_file_says_is_asked_and_nothing_is_suggested(organisation: Organisation, tmp_path: Path) -> None:
    found = propose_files([turkish_file(tmp_path)], "turkey", organisation)
    for key in ("amount/means", "amount/tax", "amount/unit", "firsatlar.tsv/covers", "firsatlar.tsv/gone_means"):
        asked = question(found, key)
        assert asked is not None, key
        assert asked.is_open
        assert asked.suggested == ""
    for key in ("timezone", "region_from", "region/country", "region/currency", "region/timezone"):
        asked = question(found, key)
        assert asked is not None, key
        assert asked.is_open


def test_which_amount_a_won_deal_has_is_asked_where_the_file_has_both(organisation: Organisation) -> None:
    samples = Path(__file__).parent.parent / "exports" / "dynamics"
    for name, is_asked in (("opportunities_actual.csv", True), ("opportunities_en.csv", False)):
        found = propose_files([samples / name], "uk", organisation, {"crm": "dynamics"})
        asked = question(found, "amount/won")
        assert (asked is not None) == is_asked
        for said in ("actual", "estimated") if is_asked else ():
            text = profile_files(found, organisation, {"amount/won": said, "crm": "dynamics"}, ()).source
            assert f"amount: {{means: total, tax: excluded, unit: 1, won: {said}}}" in text


def test_currency_is_asked_only_where_a_row_names_none(organisation: Organisation, tmp_path: Path) -> None:
    named, _ = proposed(organisation, tmp_path, "Deal ID,Stage,Amount,Currency\nA,Won,10,EUR\nB,Lost,20,USD\n")
    assert question(named, "currency") is None
    missing, _ = proposed(organisation, tmp_path, "Deal ID,Stage,Amount,Currency\nA,Won,10,EUR\nB,Lost,20,\n")
    assert question(missing, "currency") is not None


def test_persons_are_masked_in_examples_and_options(organisation: Organisation, tmp_path: Path) -> None:
    found = propose_files([polish_file(tmp_path)], "poland", organisation, POLISH_ANSWERS)
    shown = repr(found)
    assert "Kowalski" not in shown
    assert "Ewa Zyg" not in shown


def test_a_status_whose_words_are_stages_is_the_stage(organisation: Organisation, tmp_path: Path) -> None:
    text = "Ref,Value,Status\nA,10,Qualification\nB,20,Proposal\nC,30,Negotiation\nD,5,Won\n"
    _, file = proposed(organisation, tmp_path, text)
    assert columns_of(file)["Status"] == "stage_raw"


def test_a_column_chosen_by_a_person_is_taken(organisation: Organisation, tmp_path: Path) -> None:
    text = "Ref,Whatever,Stage\nA,10,Won\nB,20,Lost\n"
    _, before = proposed(organisation, tmp_path, text)
    assert columns_of(before)["Whatever"] is None
    found, file = proposed(organisation, tmp_path, text, **{"deals.csv__column__Whatever": "amount"})
    assert columns_of(file)["Whatever"] == "amount"
    assert question(found, "deals.csv/is/amount") is None


def test_a_file_without_a_header_is_refused_with_what_to_do(organisation: Organisation, tmp_path: Path) -> None:
    _, file = proposed(organisation, tmp_path, "1,2026-01-01,500\n2,2026-01-02,600\n3,2026-01-03,700\n")
    assert file.refused is not None
    assert "header" in file.refused[1]


def test_two_delimiters_that_both_give_a_table_are_asked(organisation: Organisation, tmp_path: Path) -> None:
    found, file = proposed(organisation, tmp_path, "id;name,stage;value\n1;a,b;c\n2;d,e;f\n3;g,h;i\n")
    asked = question(found, "deals.csv/delimiter")
    assert asked is not None
    assert {option.value for option in asked.options} == {",", ";"}
    assert not found.is_readable
    assert file.columns == ()


TWINS = ("Amount", "Opportunity Amount", "Deal amount", "Value", "Montant", "Betrag", "Kwota", "Tutar", "金額")


@given(first=st.sampled_from(TWINS), second=st.sampled_from(TWINS), order=st.booleans())
def test_of_two_columns_that_fit_none_is_certain(
    organisation: Organisation, tmp_path_factory: pytest.TempPathFactory, first: str, second: str, order: bool
) -> None:
    if first == second:
        return
    names = [first, second] if order else [second, first]
    text = f"Deal ID,Stage,{','.join(names)}\nA,Won,10,20\nB,Lost,30,40\n"
    found, file = proposed(organisation, tmp_path_factory.mktemp("twins"), text)
    taken = [each for each in file.columns if each.column == "amount"]
    assert len(taken) <= 1
    assert all(each.confidence < CERTAIN for each in taken)
    assert question(found, "deals.csv/is/amount") is not None


@given(
    st.lists(st.dates(date(2015, 1, 1), date(2026, 12, 31)), min_size=1, max_size=30),
    st.sampled_from(["%d/%m/%Y", "%m/%d/%Y"]),
)
def test_an_order_of_dates_is_found_only_where_all_other_orders_fail(days: list[date], written: str) -> None:
    texts = [day.strftime(written) for day in days]
    found = date_readings(texts, None)
    is_clear = any(day.day > 12 for day in days)
    is_same = all(day.day == day.month for day in days)
    if is_clear:
        assert found.finding is not None
        assert found.finding.value == ("dmy" if written.startswith("%d") else "mdy")
    elif is_same:
        assert found.finding is not None
    else:
        assert found.finding is None
        assert {option.value for option in found.options} == {"dmy", "mdy"}


@given(st.lists(st.integers(1, 999), min_size=1, max_size=20), st.sampled_from([".", ","]))
def test_numbers_of_three_digits_behind_a_sign_are_asked(numbers: list[int], sign: str) -> None:
    found = decimal_readings([f"{number}{sign}{number:03d}" for number in numbers])
    assert found.finding is None
    assert {option.value for option in found.options} == {".", ","}
    assert all(option.example for option in found.options)


def test_one_number_that_fits_one_sign_only_decides() -> None:
    found = decimal_readings(["1.234", "5,75"])
    assert found.finding is not None
    assert found.finding.value == ","


def test_ambiguous_dates_of_a_file_are_asked_with_what_each_order_makes_of_them(
    organisation: Organisation, tmp_path: Path
) -> None:
    days = [date(2026, 3, 4) + timedelta(days=place) for place in range(5)]
    rows = "".join(f"D{place},Won,10,{day:%d/%m/%Y}\n" for place, day in enumerate(days))
    found, _ = proposed(organisation, tmp_path, f"Deal ID,Stage,Amount,Created At\n{rows}")
    asked = question(found, "deals.csv/dates")
    assert asked is not None
    assert asked.blocks
    assert [option.example.split(",")[0] for option in asked.options] == [
        "04/03/2026 is 4 Mar 2026",
        "04/03/2026 is 3 Apr 2026",
    ]


@pytest.mark.parametrize(
    ("kind", "word", "meaning"),
    [
        ("stages", "3. Oferta wysłana", ("propose",)),
        ("stages", "05 - Closed Won", ("won",)),
        ("stages", "契約交渉", ("close",)),
        ("stages", "Wartet auf den Vorstand", ()),
        ("statuses", "Kontaktad", ("open",)),
        ("segments", "Großkunde", ("enterprise",)),
    ],
)
def test_words_are_known_in_many_languages(kind: str, word: str, meaning: tuple[str, ...]) -> None:
    assert meanings(kind, word)[0] == meaning


@pytest.mark.parametrize(
    ("name", "table"),
    [("Oportunidades_2026.csv", "opportunity"), ("szanse_2026-11-20.csv", "opportunity"), ("リード.csv", "lead"),
     ("Kunden.csv", "account"), ("export.csv", None), ("lead_opportunities.csv", None)],
)  # fmt: skip
def test_a_files_name_speaks_of_a_table_or_of_none(name: str, table: str | None) -> None:
    assert table_of_name(name) == table


HISTORY = """Deal ID,Changed on,To stage
A1,2026-09-01 10:00:00,Talking
A1,2026-10-05 09:30:00,Contract signed
B2,2026-10-07 12:00:00,Talking
"""
STAGE_TABLE = """Stage ID,Stage name,Pipeline,Probability,Is won
s1,Talking,Main,20,no
s2,Contract signed,Main,100,yes
"""


def test_a_history_of_stages_and_a_stage_table_are_proposed_for_what_they_are(
    organisation: Organisation, tmp_path: Path
) -> None:
    history, stages = tmp_path / "verlauf_2026-11-20.csv", tmp_path / "export_7.csv"
    history.write_text(HISTORY, encoding="utf-8")
    stages.write_text(STAGE_TABLE, encoding="utf-8")
    found = propose_files([history, stages], "stranger", organisation, {"crm": "generic"})
    assert [file.table for file in found.files] == ["opportunity_change", "pipeline_stage"]
    changes, table = found.files
    assert {each.column: each.header for each in changes.columns if each.column} == {
        "opportunity_id": "Deal ID",
        "changed_at": "Changed on",
        "stage_raw": "To stage",
    }
    assert table.header_of("stage_id") == "Stage ID"
    assert table.header_of("label") == "Stage name"
    assert table.header_of("is_won") == "Is won"
    assert {word.word for word in found.words if word.kind == "stages"} == {"Talking", "Contract signed"}
    written = profile_files(found, organisation, {}, ()).source
    assert "  stage_history:" in written
    assert "  pipeline_stages:" in written


@pytest.mark.parametrize(
    ("name", "table"), [("stage_history", "opportunity_change"), ("pipeline_stages", "pipeline_stage")]
)
def test_hubspots_property_history_and_stage_table_are_known(
    name: str, table: str, organisation: Organisation, tmp_path: Path
) -> None:
    """Under a name that says nothing."""
    file = tmp_path / "export_1.csv"
    file.write_bytes((REPOSITORY / f"tests/exports/hubspot/{name}.csv").read_bytes())
    found = propose_files([file], "stranger", organisation, {"crm": "hubspot"})
    assert found.files[0].table == table
    assert not [question for question in found.open_questions if "/is/" in question.id]


def test_deals_whose_stages_are_ids_are_proposed_under_the_stages_names(
    organisation: Organisation, tmp_path: Path
) -> None:
    deals, stages = tmp_path / "deals_2026-11-20.csv", tmp_path / "stages_2026-11-20.csv"
    deals.write_text(
        "opportunity_id,name,stage_raw,amount,created_at\nA1,One,s2,100,2026-01-05\nA2,Two,s1,200,2026-01-25\n"
    )
    stages.write_text(STAGE_TABLE, encoding="utf-8")
    found = propose_files([deals, stages], "stranger", organisation, {"crm": "generic"})
    assert [file.table for file in found.files] == ["opportunity", "pipeline_stage"]
    assert {word.word for word in found.words if word.kind == "stages"} == {"Talking", "Contract signed"}
