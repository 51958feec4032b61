"""Which CRM wrote a file and which table it is, by its headers: every system's module and every table is tried."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from etl.contract import keys_of
from etl.crm import crm_module, crm_names
from etl.propose.labels import folded, tokens

GENERIC = "generic"
ENOUGH = 4  # headers of a system that make it recognised
CLEARLY = 1.25  # times as many as the next system's
TABLE_WORDS: Mapping[str, Sequence[str]] = {
    "opportunity": (
        "opportunity opportunities opportunit deal deals pipeline sales sale chance chancen verkaufschancen affaires "
        "affaire oportunidades oportunidad negocios negocio opportunita trattative verkoopkansen affar affarer "
        "salgsmuligheder szanse szansa sprzedaz prilezitosti obchody lehetosegek firsat firsatlar сделки сделка угоди "
        "oportunitati ευκαιριες myynti kaupat 商談 案件 商机 영업기회 딜"
    ).split(),
    "lead": "lead leads prospects prospekty kontakty adaylar лиды ліди リード 线索 리드 leady piste pistes".split(),
    "account": (
        "account accounts company companies customer customers organization organizations organisation organisations "
        "kunden firmen clients client clientes empresas klienci firmy zakaznici kunder foretag musteriler компании "
        "клиенты 取引先 客户 고객 klanten bedrijven"
    ).split(),
    "activity": (
        "activity activities task tasks event events call calls meetings aktivitaten aufgaben activites actividades "
        "tareas atividades tarefas aktiviteter uppgifter zadania aktywnosci aktivity aktiviteler задачи 活動 任务 활동"
    ).split(),
    "person": (
        "person persons user users employee employees coworker coworkers owners agents team teams mitarbeiter benutzer "
        "utilisateurs usuarios anvandare medarbetare uzytkownicy pracownicy kullanicilar "
        "пользователи ユーザー 用户 사용자"
    ).split(),
    "opportunity_change": (
        "history histories stagehistory fieldhistory propertyhistory changes changelog verlauf historie historik "
        "historique historial historico historia geschiedenis история 履歴 历史"
    ).split(),
    "pipeline_stage": (
        "stage stages stagetable pipelinestages dealstages phasen stufen etapes etapas etapy fasen faser stadier "
        "стадии этапы ステージ 阶段"
    ).split(),
}  # fmt: skip
TABLES = tuple(TABLE_WORDS)
OF_DEALS = ("opportunity_change", "pipeline_stage")  # their files are named after the deals, too
NEEDED = {"opportunity_change": ("opportunity_id", "changed_at"), "pipeline_stage": ("stage_id", "label")}
"""Columns without which a file is never taken for the table: most of what else it has, a list of deals has too."""


@dataclass(frozen=True)
class Match:
    """How well a system's headers of one table cover a file's: known of its headers, in these languages."""

    crm: str
    table: str
    known: tuple[str, ...]
    languages: tuple[str, ...]
    has_key: bool


def matches(header: Sequence[str], masked: Collection[str] = ()) -> list[Match]:
    """Give every system and table that knows a header of the file, the best first; masked systems are left out."""
    found = []
    for name in crm_names():
        if name == GENERIC or name in masked:
            continue
        module = crm_module(name)
        for table in module.headers:
            if table in TABLES:
                match = _match(name, table, module.headers[table], header)
                if match.known:
                    found.append(match)
    return sorted(found, key=lambda match: (-len(match.known), not match.has_key, match.crm, match.table))


def recognised(found: Sequence[Match], width: int) -> tuple[str, ...]:
    """Give the systems that the file can come from: one where it is clear, several where it is not, else none."""
    best: dict[str, int] = {}
    for match in found:
        best[match.crm] = max(best.get(match.crm, 0), len(match.known))
    most = max(best.values(), default=0)
    if most < min(ENOUGH, width) or most < width * 0.3:
        return ()
    return tuple(crm for crm, known in best.items() if known * CLEARLY > most)


def table_of_name(file: str) -> str | None:
    """Give the one table that a file's name speaks of."""
    words = set(tokens(PurePath(file).stem)) | {folded(PurePath(file).stem)}
    found = {
        table
        for table, names in TABLE_WORDS.items()
        if any(name in words or (not name.isascii() and any(name in word for word in words)) for name in names)
    }
    said = [table for table in OF_DEALS if table in found]
    if said:
        return said[0]  # a history of stages tells changes
    return found.pop() if len(found) == 1 else None


def _match(crm: str, table: str, headers: Mapping[str, Mapping[str, tuple[str, ...]]], header: Sequence[str]) -> Match:
    names = {name.strip() for name in header}
    known: dict[str, None] = {}
    languages: dict[str, int] = {}
    for language, columns in headers.items():
        for labels in columns.values():
            for label in labels:
                if label in names:
                    known[label] = None
                    languages[language] = languages.get(language, 0) + 1
    keys = _keys(crm, table)
    return Match(crm, table, tuple(known), _most(languages), any(key in names for key in keys))


def _keys(crm: str, table: str) -> tuple[str, ...]:
    headers = crm_module(crm).headers_of(table)
    return tuple(label for key in keys_of(table) for label in headers.get(key, ()))


def _most(languages: Mapping[str, int]) -> tuple[str, ...]:
    most = max(languages.values(), default=0)
    return tuple(language for language, count in languages.items() if count == most)
