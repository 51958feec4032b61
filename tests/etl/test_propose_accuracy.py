"""How well unknown exports are proposed: every sample and real file, its own system's headers and labels unknown."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from etl.columns import WantedColumns
from etl.propose import propose_files
from etl.propose.proposal import CERTAIN, FileProposal, Proposal
from etl.propose.systems import ENOUGH, matches
from etl.propose.systems import TABLES as PROPOSED
from organisation import Amount, Export, Organisation, Source
from organisation.source import TABLES as ALL_TABLES
from tests.etl.shop import Shop
from tests.etl.test_crm_samples import SAMPLES

REAL = Path(__file__).parents[3] / "shared" / "exports"
TABLES = {key: table for key, table in ALL_TABLES.items() if table in PROPOSED}
SYNONYM_SYSTEMS = {
    "salesforce": ("salesforce",), "dynamics": ("dynamics",), "pipedrive": ("pipedrive",), "lime": ("lime",),
    "zendesk_sell": ("base_zendesk_sell",), "suitecrm": ("suitecrm", "sugarcrm"),
}  # fmt: skip
TRUTH: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "maven_crm/sales_pipeline.csv": (("maven_dataset",), {
        "opportunity_id": "opportunity_id", "sales_agent": "owner_ref", "product": "product", "account": "account_ref",
        "deal_stage": "stage_raw", "engage_date": "created_at", "close_date": "closed_on", "close_value": "amount",
    }),
    "maven_crm/accounts.csv": (("maven_dataset",), {
        "account": "name", "office_location": "country", "subsidiary_of": "parent_id",
    }),
    "duckflow/deals.csv": ((), {
        "deal_id": "opportunity_id", "stage": "stage_raw", "amount": "amount", "close_date": "expected_close_on",
        "source": "lead_source",
    }),
    "lime_csv/deals.csv": (("lime",), {
        "id": "opportunity_id", "name": "name", "value": "amount", "responsible_id": "owner_ref",
        "customer_id": "account_ref", "status": "status_word",
    }),
    "lime_basecrm/deals.csv": (("base_zendesk_sell", "zendesk_sell"), {
        "id": "opportunity_id", "name": "name", "scope": "amount", "pipeline_name": "pipeline",
        "stage_name": "stage_raw",
        "owner": "owner_ref", "company": "account_ref", "company_id": "account_ref", "created_at": "created_at",
        "added_at": "created_at", "added_on": "created_at", "currency": "currency", "loss_reason": "loss_reason",
        "last_activity_date": "last_activity_at", "last_stage_change_at": "stage_changed_at",
        "source": "lead_source",
        "updated_at": "modified_at",
    }),
    "lime_basecrm/leads.csv": (("base_zendesk_sell", "zendesk_sell"), {
        "id": "lead_id", "owner": "owner_ref", "country": "country", "created_at": "created_at", "status": "status_raw",
        "updated_at": "modified_at",
    }),
    "fivetran_salesforce/sf_opportunity_data.csv": (("salesforce",), {
        "id": "opportunity_id", "name": "name", "account_id": "account_ref", "amount": "amount",
        "owner_id": "owner_ref",
        "close_date": "expected_close_on", "created_date": "created_at", "stage_name": "stage_raw",
        "is_closed": "is_closed", "is_deleted": "is_deleted", "is_won": "is_won", "next_step": "next_step",
        "last_activity_date": "last_activity_at", "lead_source": "lead_source", "probability": "probability",
        "type": "business_type", "forecast_category": "forecast_category",
        "forecast_category_name": "forecast_category",
    }),
    "fivetran_hubspot/deal_data.csv": (("hubspot",), {
        "deal_id": "opportunity_id", "is_deleted": "is_deleted", "deal_pipeline_id": "pipeline",
        "deal_pipeline_stage_id": "stage_raw", "owner_id": "owner_ref", "property_dealname": "name",
        "property_amount": "amount", "property_closedate": "expected_close_on", "property_createdate": "created_at",
    }),
}  # fmt: skip


@dataclass
class Score:
    """Columns of one file: proposed right, right but only likely, wrong, wrong although called certain, not found."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    certain: int = 0
    wrong_certain: tuple[str, ...] = ()

    def add(self, file: FileProposal, truth: dict[str, str]) -> None:
        for each in file.columns:
            wanted = truth.get(each.header)
            if each.column is None:
                self.missed += wanted is not None
            elif each.column == wanted:
                self.right += 1
                self.certain += each.confidence >= CERTAIN
            else:
                self.wrong += 1
                if each.confidence >= CERTAIN:
                    self.wrong_certain += (f"{file.file}: {each.header} is no {each.column} ({each.reason})",)


@pytest.fixture(scope="module")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    return Shop.open(tmp_path_factory.mktemp("shop")).organisation


def proposed(file: Path, table: str, masked: tuple[str, ...], organisation: Organisation) -> Proposal:
    """Propose a file of which no system is known, answering what is asked with the first option."""
    answers = {f"{file.name}/table": table, "crm": "generic"}
    for _ in range(5):
        found = propose_files([file], "stranger", organisation, answers, masked=masked)
        blocking = [each for each in found.open_questions if each.id.startswith(f"{file.name}/") and each.blocks]
        new = {each.id: each.options[0].value for each in blocking if each.options and "/is/" not in each.id}
        if not new:
            return found
        answers |= new
    return found


def samples() -> Iterator[tuple[str, Path, str, tuple[str, ...]]]:
    for sample in SAMPLES:
        if sample.crm != "generic" and sample.table in TABLES:
            masked = (sample.crm, *SYNONYM_SYSTEMS.get(sample.crm, ()))
            yield f"{sample.crm}/{sample.file.name}", sample.file, TABLES[sample.table], masked


def truth_of(file: Path, crm: str, table: str, header: list[str]) -> dict[str, str]:
    source = Source.__new__(Source)
    object.__setattr__(source, "crm", crm)
    object.__setattr__(source, "amount", Amount())
    wanted = WantedColumns(source, Export(key=table, table=table, files="*"))
    return {name: column for column, names in wanted.headers.items() for name in names if name in header}


def test_no_column_of_a_masked_sample_is_wrong_and_called_certain(organisation: Organisation) -> None:
    score = Score()
    files = 0
    for name, path, table, masked in samples():
        found = proposed(path, table, masked, organisation).files[0]
        if not found.columns:
            continue
        files += 1
        truth = truth_of(path, name.partition("/")[0], table, [each.header for each in found.columns])
        score.add(found, truth)
    print(f"{files} samples: {score}")  # noqa: T201 - the figure is looked at with -s
    assert not score.wrong_certain, "\n".join(score.wrong_certain)
    assert files >= 10
    assert score.right > 4 * score.wrong


def test_no_column_of_a_real_file_is_wrong_and_called_certain(organisation: Organisation) -> None:
    if not REAL.is_dir():
        pytest.skip("the real exports are not beside this checkout")
    score = Score()
    for name, (masked, truth) in TRUTH.items():
        path = REAL / name
        table = "account" if "accounts" in name else "lead" if "leads" in name else "opportunity"
        found = proposed(path, table, masked, organisation).files[0]
        assert found.columns, f"{name}: {found.refused}"
        score.add(found, truth)
    print(f"{len(TRUTH)} real files: {score}")  # noqa: T201
    assert not score.wrong_certain, "\n".join(score.wrong_certain)
    assert score.right > 4 * score.wrong


def test_a_sample_is_recognised_as_its_systems_or_asked(organisation: Organisation) -> None:
    wrong = []
    for name, path, _table, _masked in samples():
        found = propose_files([path], "stranger", organisation)
        header = [each.header for each in found.files[0].columns]
        crm = name.partition("/")[0]
        own = max((len(match.known) for match in matches(header) if match.crm == crm), default=0)
        if own < max(ENOUGH, 0.3 * len(header)):  # a list whose columns its users name
            continue
        asked = next((each for each in found.questions if each.id == "crm"), None)
        if found.crm.value != crm and not (asked and crm in {option.value for option in asked.options}):
            wrong.append(f"{name}: taken for {found.crm.value} ({found.crm.reason})")
    assert not wrong, "\n".join(wrong)
