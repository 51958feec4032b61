"""EspoCRM: CSV files with attribute names, workbooks with a title, a date and labels in the user's language."""

from etl.crm.dialect import Crm, Headers

# A label a language; - is where the language names no label of its own. A Norwegian amount and its converted twin
# have one label, so that a profile has to say which of the two a workbook holds.
_DEALS = """\
language | name | account_ref | owner_ref | stage_raw | amount | lead_source
en | Name | Account | Assigned User | Stage | Amount | Lead Source
de | - | Firma | Zugewiesener Benutzer | Verkaufsphase | Betrag | Quelle
fr | Nom | Compte | Utilisateur assigné | Etape | Montant | Source du prospect
es | Nombre | Cuenta | Usuario asignado | Etapa de ventas | Ingresos esperados | Toma de contacto del posible cliente
it | Nome | - | Utente Assegnato | - | Importo | Provenienza Lead
pt-BR | Nome | Conta | Usuário Designado | Estágio | Valor | Origem do Lead
nl | Naam | Relatie | Toegewezen gebruiker | Fase | Bedrag | Lead bron
sv | Namn | Konto | Tilldelad användare | Fas | Antal | Lead källa
da | Navn | Konto | Tildelt Bruger | Stadie | Beløb | Leadkilde
no | Navn | Konto | Tildelt bruker | Stadie | - | Ledetrådkilde
pl | Nazwa | Klient | Przypisany użytkownik | Etap | Wartość | Źródło Potencjalnego Kontaktu
ja | 名前 | 取引先 | 割り当てられたユーザー | ステージ | 額 | リードソース
zh-CN | 名称 | 客户 | 已指派用户 | 阶段 | 项目预算 | 客户来源
"""
_DEAL_DATES = """\
language | currency | probability | expected_close_on | created_at | modified_at
en | Amount Currency | Probability, % | Close Date | Created At | Modified At
de | Währungsbetrag | Wahrscheinlichkeit (%) | Abschlussdatum | Erstellt am | Geändert am
fr | - | Probabilité, % | Date de fermeture | Date de création | Modifié à
es | Monto de la Moneda | Probabilidad de ganar (%) | Fecha esperada de cierre | Creado en | Modificado el
it | Valuta dell'importo | Probabilità, % | Data di chiusura | Creato il | Modificato il
pt-BR | Valor em Moeda | Probabilidade, % | Data de Fechamento | Criado em | Modificado em
nl | Bedrag valuta | Scoringskans, % | Datum gesloten | Aangemaakt op | Aangepast op
sv | Beloppsvaluta | Trolighet, % | Stoppdatum | Skapad | Ändrad
da | - | Sandsynlighed, % | Slutdato | Oprettet | Ændret
no | Beløp valuta | Sansynlighet, % | Avslutningsdato | Opprettet den | Endret den
pl | Waluta kwoty | Prawdopodobieństwo, % | Data Zamknięcia | Utworzony | Zmodyfikowany
ja | 金額 通貨 | 確率、% | 締め切り日 | 作成日 | 更新日時
zh-CN | 金额货币 | 概率, % | 关闭日期 | 创建于 | 修改于
"""
_LEADS = """\
language | status_raw | lead_source | converted_at | created_at | modified_at | owner_ref
en | Status | Source | Converted At | Created At | Modified At | Assigned User
de | - | Quelle | Konvertiert am | Erstellt am | Geändert am | Zugewiesener Benutzer
fr | Statut | - | Converti à | Date de création | Modifié à | Utilisateur assigné
es | Estado | Toma de contacto | Convertido en | Creado en | Modificado el | Usuario asignado
it | Stato | Provenienza | Convertito | Creato il | Modificato il | Utente Assegnato
pt-BR | - | Origem | Convertido Em | Criado em | Modificado em | Usuário Designado
nl | - | Bron | Geconverteerd op | Aangemaakt op | Aangepast op | Toegewezen gebruiker
sv | - | Källa | Konverterad | Skapad | Ändrad | Tilldelad användare
da | - | Kilde | - | Oprettet | Ændret | Tildelt Bruger
no | - | Kilde | Konvertert | Opprettet den | Endret den | Tildelt bruker
pl | - | Źródło | Przekonwertowano na | Utworzony | Zmodyfikowany | Przypisany użytkownik
ja | 状態 | ソース | 変換日時 | 作成日 | 更新日時 | 割り当てられたユーザー
zh-CN | 状态 | 客户来源 | - | 创建于 | 修改于 | 已指派用户
"""
_STAGES = {
    "qualify": """\
Prospecting | Prospekt | Identifikation | Prospection | 見込み | Prospectando | Prospección | 预期
Undersøkes | Undersøges | Prospectie | Prospezione | I Spotkanie | Qualification | Kompetens
Qualifikation | 資格 | Qualificação | Calificación | 评价 | Kvalitetskontrolleres | Kvalifikation
Kwalificatie | Qualifica | Kwalifikacja
""",
    "develop": """\
Needs Analysis | Behöver analyseras | Bedarfserhebung | Analyse des besoins | ニーズ分析
Necessita de Análise | Análisis de necesidades | 需求分析 | Trenger analyse | Behovsanalyse
Analyse behoefte | Necessita di analisi | Dodatkowa Analiza | Value Proposition | Föreslaget värde
Richtangebot | Valeur de la proposition | 価値提案 | Proposta de Valor | Propuesta de valor
价值主张 | Verdivurdering | Vejledende Tilbud | Waarde voorstel | Proposta di valore
Oferta Produktowa | Id. Decision Makers | Id. Beslutsfattare | Identifikation der Entscheider
Id. Decisionnaire | 同上意思決定者 | Identificação dos Decisores | Identificar tomador de decisiones
Id决策者 | Ser etter beslutningstagere | Identifikation af Beslutningstagere | Id. Beslissers
Id. responsabile | Oferta przekazna do osoby decyzyjnej | Perception Analysis | Mottaglighetsanalys
Analyse der Wahrnehmung | Analyse de la perception | 認識分析 | Análise da Percepção
Análisis de percepcion | 感性分析 | Undersøker hvordan vi oppfattes | Analyse af Opfattelsen
Perceptie analyse | Percezione dell'Analisi
""",
    "propose": """\
Proposal | Förslag | Angebot | Proposition | 提案 | Proposta | Propuesta | Prisforslag | Forslag
Voorstel | Oferta Cenowa | Proposal/Price Quote | Förslag/prissättning | Angebot/Kostenvoranschlag
Proposition/devis | 提案/見積 | Proposta/Cotação | Propuesta/Presupuesto | 提案/报价
Prisforslag/-nivå foreslått | Tilbud/Pristilbud | Voorstel/Offerte | Proposta / preventivo
""",
    "close": """\
Negotiation | Förhandling | Verhandlung | Négociation | 交渉 | Negociação | Negociación | 协商
Forhandler | Forhandling | Onderhandeling | Negoziazione | Negocjacje | Negotiation/Review
Förhandling/utvärdering | Verhandlung/Überarbeitung | Négociation/évaluation | 交渉/レビュー
Negociação/Revisão | Negociación/Revisión | 协商/审核 | Forhandler/gjennomgår | Forhandler/Gennemgår
Onderhandeling/Beoordeling | Negoziazione/revisione
""",
    "won": """\
Closed Won | Stängda vunna | Gewonnen | Conclusion gagnante | 受注 | Ganha | Cerrado ganado
赢得并结束 | Vunnet og lukket | Vundet og Lukket | Gesloten gewonnen | Chiuso Positivamente
Zakończone Wygrane
""",
    "lost": """\
Closed Lost | Stängda förlorade | Verloren | Conclusion perdante | 失注 | Perdida | Cerrado perdido
失去并结束 | Tapt og lukket | Tabt og Lukket | Gesloten verloren | Chiuso Negativamente
Zakończone Przegrane
""",
}


def _labels(*tables: str) -> dict[str, Headers]:
    """Give language -> column -> label of tables whose first line names the columns and whose first cell a language."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for table in tables:
        top, *lines = (line.split(" | ") for line in table.splitlines())
        for language, *labels in lines:
            named = {column: (label,) for column, label in zip(top[1:], labels, strict=True) if label != "-"}
            found.setdefault(language, {}).update(named)
    return dict(found)


CRM = Crm(
    name="espocrm",
    close_date_is_overwritten=True,
    empty_is_no=True,
    yes_words=("Held", "Completed"),
    no_words=("Planned", "Not Held", "Not Started", "Started", "Canceled", "Deferred"),
    activity_types={"Call": "call", "Meeting": "meeting", "Email": "email", "Task": "task"},
    lead_statuses={
        "New": "open",
        "Assigned": "open",
        "In Process": "open",
        "Converted": "converted",
        "Recycled": "rejected",
        "Dead": "rejected",
    },
    stages={
        word: stage for stage, words in _STAGES.items() for word in words.replace("\n", " | ").split(" | ") if word
    },
    links={"account_ref": "name", "owner_ref": "name", "related_ref": "id"},
    not_exported={
        "opportunity_change": "the changes of a deal stand in its stream and its audit log, which no list holds"
    },
    headers={
        "opportunity": {
            "api": {
                "opportunity_id": ("id",),
                "name": ("name",),
                "account_ref": ("accountName", "accountId"),
                "owner_ref": ("assignedUserName", "assignedUserId"),
                "stage_raw": ("stage",),
                "amount": ("amount",),
                "currency": ("amountCurrency",),
                "probability": ("probability",),
                "expected_close_on": ("closeDate",),
                "created_at": ("createdAt",),
                "modified_at": ("modifiedAt",),
                "lead_source": ("leadSource",),
            },
            **_labels(_DEALS, _DEAL_DATES),
        },
        "lead": {
            "api": {
                "lead_id": ("id",),
                "created_at": ("createdAt",),
                "status_raw": ("status",),
                "owner_ref": ("assignedUserName", "assignedUserId"),
                "lead_source": ("source",),
                "modified_at": ("modifiedAt",),
                "converted_at": ("convertedAt",),
                "opportunity_id": ("createdOpportunityId",),
                "country": ("addressCountry",),
            },
            **_labels(_LEADS),
        },
        "activity": {
            "api": {
                "activity_id": ("id",),
                "owner_ref": ("assignedUserName", "assignedUserId"),
                "at": ("dateStart",),
                "related_ref": ("parentId",),
                "is_done": ("status",),
            },
        },
        "account": {
            "api": {
                "account_id": ("id",),
                "name": ("name",),
                "country": ("billingAddressCountry",),
                "owner_ref": ("assignedUserName", "assignedUserId"),
                "domain": ("website",),
            },
        },
        "person": {
            "api": {
                "person_ref": ("userName",),
                "name": ("name",),
                "is_active": ("isActive",),
                "team": ("defaultTeamName",),
            },
        },
    },
)
