"""Archives: the one table inside is read, whatever leads outside or grows without end is refused."""

import pytest

from etl import archives
from etl.archives import Archive
from etl.containers import Part, opened
from etl.errors import Refused
from tests.etl.archive_files import DEALS, gzipped, zip_encrypted, zip_lying, zip_with_link, zipped


def reason(data: bytes, part: Part | None = None) -> str:
    with pytest.raises(Refused) as refused:
        opened(data, part or Part())
    return refused.value.reason


@pytest.mark.parametrize(
    "data",
    [
        DEALS,
        gzipped(DEALS),
        gzipped(DEALS[:20]) + gzipped(DEALS[20:]),
        zipped({"deals.csv": DEALS}),
        zipped({"export/deals.csv": DEALS, "__MACOSX/export/._deals.csv": b"x", "export/.DS_Store": b"x"}),
        zipped({"deals.csv": DEALS, "schema.xml": b"<x/>"}),
    ],
)
def test_the_one_table_of_an_archive_is_read(data: bytes) -> None:
    assert opened(data, Part()) == DEALS


@pytest.mark.parametrize("name", ["../deals.csv", "/deals.csv", "a/../../b.csv", "C:deals.csv", "a\\b.csv", "a\0.csv"])
def test_a_path_that_leads_outside_is_refused(name: str) -> None:
    data = zipped({"x" * len(name): DEALS}).replace(b"x" * len(name), name.encode())
    assert reason(data) == "ARCHIVE_UNSAFE"


def test_links_repeated_names_and_archives_in_archives_are_refused() -> None:
    assert reason(zip_with_link()) == "ARCHIVE_UNSAFE"
    assert reason(zipped({"a.csv": DEALS, "b.csv": DEALS}).replace(b"b.csv", b"a.csv")) == "ARCHIVE_UNSAFE"
    for inner in (zipped({"deals.csv": DEALS}), gzipped(DEALS), zipped({})):
        assert reason(zipped({"deals.csv": inner})) == "ARCHIVE_UNSAFE"
        assert reason(gzipped(inner)) == "ARCHIVE_UNSAFE"


def test_encrypted_members_are_refused() -> None:
    assert reason(zip_encrypted()) == "ENCRYPTED"


def test_what_an_archive_declares_is_not_believed() -> None:
    """20 MB of zeros that are declared as 10 bytes; the limits count what is read."""
    lying = zip_lying(b"0" * (20 << 20), 10)
    assert reason(lying) in ("ARCHIVE_BOMB", "TRUNCATED")


def test_unpacking_stops_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 1 << 20)
    grown = b"".join(b"%d,Open,1\n" % row for row in range(200_000))
    assert reason(zipped({"deals.csv": grown})) == "ARCHIVE_BOMB"
    assert reason(gzipped(grown)) == "ARCHIVE_BOMB"
    assert opened(gzipped(grown[: 1 << 20]), Part()) == grown[: 1 << 20]


def test_what_unpacks_to_a_thousand_times_its_size_is_refused() -> None:
    zeros = b"0" * (33 << 20)
    assert reason(zipped({"deals.csv": zeros})) == "ARCHIVE_BOMB"
    assert reason(gzipped(zeros)) == "ARCHIVE_BOMB"
    assert reason(zipped({f"{n}.csv": DEALS for n in range(101)})) == "ARCHIVE_BOMB"


def test_a_cut_archive_is_truncated() -> None:
    whole = zipped({"deals.csv": DEALS})
    assert reason(whole[:40]) == "TRUNCATED"
    assert reason(gzipped(DEALS)[:-6]) == "TRUNCATED"
    assert reason(whole.replace(whole[40:50], b"0123456789")) == "TRUNCATED"


class TestMembers:
    two = zipped({"Opportunity.csv": DEALS, "Lead.csv": b"leads", "manifest.txt": b"two"})

    def test_several_tables_need_a_name(self) -> None:
        assert reason(self.two) == "AMBIGUOUS_MEMBER"

    def test_the_profiles_pattern_decides(self) -> None:
        assert opened(self.two, Part("lead*.csv", "Opportunity.csv")) == b"leads"
        assert opened(zipped({"a/x.csv": b"1", "b/x.csv": b"2"}), Part("b/*")) == b"2"
        assert reason(zipped({"a/x.csv": b"1", "b/x.csv": b"2"}), Part("x.csv")) == "AMBIGUOUS_MEMBER"
        assert reason(zipped({"deals.csv": DEALS}), Part("lead*.csv")) == "MISSING_PART"

    def test_else_the_systems_own_name_for_the_table(self) -> None:
        assert opened(self.two, Part(usual="Opportunity.csv", others=("Lead.csv",))) == DEALS
        assert reason(self.two, Part(usual="Account.csv")) == "MISSING_PART"

    def test_a_single_file_is_read_unless_it_is_another_table(self) -> None:
        assert opened(zipped({"report1.csv": DEALS}), Part(usual="Opportunity.csv", others=("Lead.csv",))) == DEALS
        assert (
            reason(zipped({"Lead.csv": DEALS}), Part(usual="Opportunity.csv", others=("Lead.csv",))) == "MISSING_PART"
        )

    def test_an_archive_of_nothing_is_empty(self) -> None:
        assert reason(zipped({})) == "EMPTY_FILE"


@pytest.mark.parametrize(
    ("start", "says"),
    [
        (b"%PDF-1.7", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old binary"),
        (b"\n\n<html><body>", "web page"),
        (b"<!-- x --><!DOCTYPE html>", "web page"),
        (b'<html><form><input type="password">', "login page"),
        ("\ufeff<html>".encode("utf-16-le"), "web page"),
        (b'<?xml version="1.0"?><Workbook/>', "XML"),
        (b"\x89PNG\r\n", "picture"),
        (zipped({"mimetype": b"x"}), "OpenDocument"),
        (zipped({"[Content_Types].xml": b"", "word/document.xml": b""}), "Word"),
        (zipped({"[Content_Types].xml": b"", "xl/workbook.bin": b""}), "xlsb"),
    ],
)
def test_what_is_no_table_is_named(start: bytes, says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        opened(start, Part())
    assert refused.value.reason == "WRONG_TYPE"


def test_an_encrypted_workbook_is_named() -> None:
    assert (
        reason(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")) == "ENCRYPTED"
    )


@pytest.mark.parametrize("text", [b"MZ,Id\n", b"<none>,Id\n", b"Rar,Id\n", b"BZh,PAR1\n"])
def test_a_text_that_only_begins_like_another_type_is_text(text: bytes) -> None:
    assert opened(text, Part()) == text


def test_a_workbook_is_an_archive_that_is_a_document() -> None:
    assert isinstance(opened(zipped({"[Content_Types].xml": b"", "xl/workbook.xml": b""}), Part()), Archive)
