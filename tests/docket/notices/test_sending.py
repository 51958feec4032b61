"""Who is told what, when and how often; the sentences are those of hand-made readings."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docket.docket import Docket, PlannedEvent
from docket.notices import sending
from docket.notices.outbox import PAUSES, Outbox
from docket.notices.transport import NotDelivered, send_mail
from kpi.deviations.reading import Key
from kpi.scope import Scope
from tests.docket.conftest import DIRECTOR, MANAGER, PACE, on, reading, ref
from tests.docket.notices.conftest import PEOPLE, Company, Hook, Mailbox, company_in, instant, settings_for

JAPAN = replace(PACE, key=Key("pace", "japan", "", "pace"), sentence="Japan is 12% behind pace.")
WATCH = reading(1.1)

PEOPLE_WITH_HOOK = """\
dach:
  {{name: D, role: manager, regions: [dach], email: dach@example.com, webhook: "{hook}", webhook_form: {form}}}
"""


def subjects(mailbox: Mailbox, person: str) -> list[str]:
    return [mail["Subject"] for mail in mailbox.to(f"{person}@example.com")]


def text(mail: object) -> str:
    return str(mail.get_body(("plain",)).get_content())  # type: ignore[attr-defined]


def test_what_is_to_be_acted_on_is_told_at_once_and_once(company: Company, mailbox: Mailbox) -> None:
    company.read("11-24 09:00", PACE)
    for minute in ("01", "02", "03"):
        company.send(f"11-24 09:{minute}")
    company.send("11-25 09:00")
    assert subjects(mailbox, "dach") == ["To act on: DACH is 18% behind pace"]
    assert subjects(mailbox, "boss") == ["To act on: DACH is 18% behind pace"]
    assert subjects(mailbox, "japan") == []


def test_what_is_to_be_watched_waits_for_the_hour_of_each_reader(company: Company, mailbox: Mailbox) -> None:
    """07:00 in Tokyo is 22:00 UTC, in Berlin 06:00 UTC."""
    company.send("11-24 09:00")
    company.read("11-24 09:30", WATCH, replace(JAPAN, level="watch", severity=1.1))
    company.send("11-24 21:59")
    assert mailbox.taken == []
    company.send("11-24 22:01")
    assert [mail["To"] for mail in mailbox.taken] == ["japan@example.com"]
    company.send("11-25 05:59")
    assert len(mailbox.taken) == 1
    company.send("11-25 06:01")
    assert subjects(mailbox, "boss") == ["Deviations: 2 new"]
    assert subjects(mailbox, "dach") == subjects(mailbox, "japan") == ["Deviations: 1 new"]


def test_an_hour_with_nothing_to_tell_does_not_make_the_next_news_come_early(
    company: Company, mailbox: Mailbox
) -> None:
    company.send("11-24 05:00")
    company.send("11-24 06:05")
    company.read("11-24 08:00", WATCH)
    company.send("11-24 08:05")
    assert mailbox.taken == []


def test_an_hour_that_was_slept_through_is_made_up_for(company: Company, mailbox: Mailbox) -> None:
    company.send("11-24 05:00")
    company.read("11-24 05:30", WATCH)
    company.send("11-26 11:00")
    assert subjects(mailbox, "dach") == ["Deviations: 1 new"]


def test_watch_that_becomes_act_is_told_at_once(company: Company, mailbox: Mailbox) -> None:
    company.send("11-24 05:00")
    company.read("11-24 05:30", WATCH)
    company.send("11-24 07:00")
    company.read("11-24 09:00", reading(1.3))
    company.send("11-24 09:01")
    assert subjects(mailbox, "dach") == ["Deviations: 1 new", "To act on: DACH is 18% behind pace"]


def test_recovery_is_told_to_who_was_told_of_the_beginning(company: Company, mailbox: Mailbox) -> None:
    company.read("11-01 09:00", PACE)
    company.send("11-01 09:01")
    company.read("11-03 09:00", reading(0.1))
    company.read("11-18 09:00", reading(0.1))
    company.people(PEOPLE + PEOPLE.splitlines()[0].replace("boss", "newcomer") + "\n")
    for day in ("18", "19", "20"):
        company.send(f"11-{day} 10:00")
    assert subjects(mailbox, "boss") == ["To act on: DACH is 18% behind pace", "Deviations: 1 recovered"]
    assert "Within what was expected since 2026-11-03." in text(mailbox.to("boss@example.com")[1])
    assert subjects(mailbox, "newcomer") == []


def test_what_is_explained_or_put_off_calls_nobody(company: Company, mailbox: Mailbox) -> None:
    docket = Docket(company.database, Scope.everything())
    docket.plan(
        PlannedEvent("price change", on("2026-11-20").day, on("2026-11-25").day, "japan"), DIRECTOR, on("2026-11-19")
    )
    company.read("11-24 09:00", PACE, JAPAN)
    [item] = [item for item in docket.items() if item.region == "dach"]
    docket.snooze(ref(item), MANAGER, on("2026-11-24"), until=on("2026-12-01").day, reason="fair")
    company.send("11-24 09:05")
    assert mailbox.taken == []
    company.read("11-26 09:00", PACE, JAPAN)
    company.send("11-26 09:05")
    assert subjects(mailbox, "japan") == ["Deviations: 1 new"], "its event is over"
    assert subjects(mailbox, "dach") == []


def test_no_more_than_the_alarm_budget_calls(company: Company, mailbox: Mailbox) -> None:
    many = [replace(PACE, key=Key("pace", "dach", f"s{number}", "pace")) for number in range(8)]
    company.read("11-24 09:00", *many)
    company.send("11-24 09:05")
    [mail] = mailbox.to("dach@example.com")
    assert text(mail).count("?item=") == 5
    assert "3 more on the docket call nobody now." in text(mail)
    company.send("11-25 09:05")
    assert len(mailbox.to("dach@example.com")) == 1


def test_a_message_leads_back_names_roles_and_says_how_to_stop(company: Company, mailbox: Mailbox) -> None:
    company.read("11-24 09:00", PACE)
    docket = Docket(company.database, Scope.everything())
    docket.acknowledge(ref(docket.item(1)), MANAGER, on("2026-11-24"), owner="regional manager DACH")
    company.send("11-24 09:05")
    [mail] = mailbox.to("dach@example.com")
    assert text(mail).splitlines() == [
        "DACH: new, act",
        "DACH is 18% behind pace.",
        "€1.2\u202fM at stake, of which €800\u202fk can still be changed.",
        "Owner: regional manager DACH.",
        "https://sales.example.com/deviations?item=1",
        "",
        "All of them: https://sales.example.com/deviations",
        "As of 24 Nov 2026 10:05 (Europe/Berlin), for regional manager DACH; told once for each change.",
        'To stop these messages: "digest: off" for this role in people.yaml, or denominator notices stop.',
    ]
    for name in ("Dan Dach", "Ann Boss", MANAGER.person):
        assert name not in mail.as_string()


def test_markup_in_a_sentence_stays_text(company: Company, mailbox: Mailbox, hook: Hook) -> None:
    company.people(PEOPLE_WITH_HOOK.format(hook=hook.address, form="text"))
    company.read("11-24 09:00", replace(PACE, sentence="<b>Big & bad</b>\r\nBcc: x@example.com"))
    company.send("11-24 09:05")
    [mail] = mailbox.taken
    assert mail["Bcc"] is None
    assert mail["Subject"] == "To act on: <b>Big & bad</b> Bcc: x@example.com"
    page = mail.get_body(("html",))
    assert page is not None
    assert "&lt;b&gt;Big &amp; bad&lt;/b&gt;" in page.get_content()
    assert "<b>" not in page.get_content()
    [posted] = hook.posted
    assert "&lt;b&gt;Big &amp; bad&lt;/b&gt;" in str(posted["text"])
    assert posted["mrkdwn"] is False


def test_teams_gets_a_card_whose_text_is_no_markup(company: Company, mailbox: Mailbox, hook: Hook) -> None:
    company.people(PEOPLE_WITH_HOOK.format(hook=hook.address, form="card"))
    company.read("11-24 09:00", replace(PACE, sentence="**Big** [x](http://y)"))
    company.send("11-24 09:05")
    [posted] = hook.posted
    [attachment] = cast(list[dict[str, Any]], posted["attachments"])
    content = attachment["content"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert {block["type"] for block in content["body"]} == {"RichTextBlock"}
    assert "**Big** [x](http://y)" in [run["text"] for block in content["body"] for run in block["inlines"]]
    assert content["actions"][0]["url"] == "https://sales.example.com/deviations?item=1"
    assert len(mailbox.taken) == 1, "each channel is told once"


def test_a_refused_connection_is_tried_again_with_growing_pauses_until_it_is_taken(
    company: Company, mailbox: Mailbox
) -> None:
    company.people("boss: {name: B, role: director, email: boss@example.com}\n")
    company.notices(settings_for(1))  # nothing listens there
    company.read("11-24 09:00", PACE)
    tried = {minute for minute in range(30) if company.send(f"11-24 09:{minute:02}").troubled}
    assert tried == {0, 1, 6, 21}, "at once, after 1, 5 and 15 minutes"
    [logged] = company.log()
    assert (logged.state, logged.tries) == ("waiting", 4)
    assert "Connection refused" in (logged.trouble or "")
    company.notices(settings_for(mailbox.port))
    assert company.send("11-24 10:22").delivered == 1
    assert [each.state for each in company.log()] == ["delivered"]
    assert "may have had this" not in text(mailbox.taken[0])


def test_after_the_last_pause_it_is_given_up_and_stays_in_the_log(company: Company, hook: Hook) -> None:
    company.people(f'boss: {{name: B, role: director, webhook: "{hook.address}"}}\n')
    company.notices("address: https://sales.example.com\n")
    hook.answers = 500
    company.read("11-01 09:00", PACE)
    now = instant("11-01 09:00")
    for pause in (*PAUSES, PAUSES[-1]):
        assert company.send(f"{now:%m-%d %H:%M}").troubled
        now += pause
    assert [(each.state, each.tries, each.trouble) for each in company.log()] == [
        ("given up", len(PAUSES) + 1, "the webhook answered 500")
    ]
    hook.answers = 200
    company.send("11-28 09:00")
    assert hook.posted == []


def test_a_program_that_dies_while_it_sends_repeats_it_and_says_so(
    company: Company, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.people("boss: {name: B, role: director, email: boss@example.com}\n")
    company.read("11-24 09:00", PACE)
    whole = send_mail

    def dies(*given: object) -> None:
        whole(*given)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sending, "send_mail", dies)
        with pytest.raises(KeyboardInterrupt):
            company.send("11-24 09:01")
    company.send("11-24 09:05")
    assert len(mailbox.taken) == 1, "the claim has not run out"
    company.send("11-24 09:12")
    first, second = mailbox.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert "You may have had this message before" not in text(first)
    assert "You may have had this message before" in text(second)
    company.send("11-24 10:00")
    assert len(mailbox.taken) == 2


def test_a_lost_answer_makes_the_repeat_say_so(
    company: Company, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.people("boss: {name: B, role: director, email: boss@example.com}\n")
    company.read("11-24 09:00", PACE)

    def no_answer(*_: object) -> None:
        raise NotDelivered("no answer", may_have_arrived=True)

    with monkeypatch.context() as patched:
        patched.setattr(sending, "send_mail", no_answer)
        company.send("11-24 09:01")
    company.send("11-24 09:03")
    assert "You may have had this message before" in text(mailbox.taken[0])


def test_two_programs_at_once_send_one_message(company: Company, mailbox: Mailbox) -> None:
    company.read("11-24 09:00", PACE)
    outbox, now = Outbox(company.database), instant("11-24 09:01")
    company.notices(settings_for(1))
    company.send("11-24 09:01")
    [mine, _] = outbox.due(instant("11-24 09:03"))
    claimed = outbox.claim(mine.id, instant("11-24 09:03"))
    assert claimed is not None
    assert outbox.claim(mine.id, instant("11-24 09:03")) is None
    assert not outbox.put((claimed.person, "email"), "at once", claimed.message, [1], now), "told once, by rule"


def test_who_stops_gets_no_more_not_even_what_waits(company: Company, mailbox: Mailbox) -> None:
    mailbox.refuses = "451 later"
    company.read("11-24 09:00", PACE)
    company.send("11-24 09:01")
    assert "SMTPDataError, 451" in (company.log()[0].trouble or "")
    mailbox.refuses = ""
    file = company.workspace.root / "people.yaml"
    file.write_text(file.read_text().replace("email: boss@", "digest: off, email: boss@"), encoding="utf-8")
    company.send("11-24 09:05")
    assert {each.person: each.state for each in company.log()} == {"boss": "withdrawn", "dach": "delivered"}
    assert subjects(mailbox, "boss") == []


COURSES = st.lists(st.tuples(st.sampled_from((0.1, 0.6, 1.1, 1.3)), st.sampled_from((0.1, 1.1, 1.3))), max_size=8)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(COURSES)
def test_however_it_goes_nothing_is_told_twice_or_lost_or_outside_of_the_scope(
    hook: Hook, course: list[tuple[float, float]]
) -> None:
    """Both regions go up and down every other day; the reader sees the one of them alone."""
    hook.posted.clear()
    with TemporaryDirectory() as place:
        company = company_in(Path(place))
        company.people(f'dach: {{name: D, role: manager, regions: [dach], webhook: "{hook.address}"}}\n')
        company.notices("address: https://sales.example.com\n")
        for day, (dach, japan) in enumerate(course, start=1):
            company.read(f"11-{day * 2:02} 09:00", reading(dach), replace(JAPAN, severity=japan))
            for hour in ("05:30", "09:30", "09:31"):
                company.send(f"11-{day * 2:02} {hour}")
        company.send("11-30 09:00")
        told = Outbox(company.database).told("dach", "webhook")
        items = Docket(company.database, Scope.of_regions("dach")).items(ended_since=on("2026-01-01").day)
        company.database.close()
    sent = "".join(str(each["text"]) for each in hook.posted)
    assert "Japan" not in sent
    assert sent.count("?item=") <= sum(len(item.trail) for item in items)
    assert told == {entry.id for item in items for entry in item.trail}
