"""An export from the inbox to its corrected rows by commands alone: what a person types, and what is said."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from commands.app import app
from tests.etl.shop import HEADER, Shop

WEEKS = {
    "2026-11-03": ("d1,Bakery,Open,10,,", "d2,Mill,Open,twenty,,", "d3,Dairy,Piloting,30,,"),
    "2026-11-10": (),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop.open(tmp_path_factory.mktemp("shop"))
    for day, rows in WEEKS.items():
        shop.drop(f"opportunities_{day}.csv", "\n".join([HEADER, *rows]) + "\n")
    shop.load()
    return shop


def said(shop: Shop, *words: str, status: int = 0) -> str:
    """Give what a command says, in one line; it must end with the status and never with a traceback."""
    done = CliRunner().invoke(app, [*words, "--workspace", str(shop.workspace.root)], env={"COLUMNS": "400"})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == status, done.output
    return re.sub(r"\s+", " ", done.output)


def load_of(shop: Shop, day: str) -> str:
    ((load_id,),) = shop.query(f"SELECT load_id FROM load WHERE file LIKE '%{day}%'")
    return str(load_id)


def test_check_says_each_reason_with_its_line_and_a_sentence(shop: Shop) -> None:
    file = next(shop.workspace.archive.rglob("*2026-11-03*.csv"))
    words = said(shop, "check", str(file), "--source", "shop")
    assert "2 rows read, 1 rejected, 0 ignored." in words
    assert "line 3, amount: TYPE_NUMBER: The cell is no number. It reads: d2,Mill,Open,twenty,," in words
    assert "warning UNMAPPED_STAGE: A stage that the profile does not map" in words


@pytest.mark.parametrize("option", [(), ("--profile", "nowhere.yaml")])
def test_a_file_that_is_not_there_is_a_usage_error(shop: Shop, tmp_path: Path, option: tuple[str, ...]) -> None:
    file = tmp_path / "deals.csv"
    if option:
        file.write_text(HEADER)
    words = said(shop, "check", str(file), *(option or ("--source", "shop")), status=2)
    assert "does not exist" in words


def test_rejected_rows_are_written_corrected_and_sent_again(shop: Shop, tmp_path: Path) -> None:
    out, load = tmp_path / "out", load_of(shop, "11-03")
    assert "1 rows of shop/opportunities_2026-11-03.csv" in said(shop, "rejects", "--out", str(out))
    (file,) = out.iterdir()
    file.write_text(file.read_text(encoding="utf-8").replace("twenty", "20"), encoding="utf-8")
    again = ("resend", str(file), "--load", load, "--who", "sales operations")
    assert "1 corrected rows are loaded." in said(shop, *again)
    assert shop.query("SELECT amount::INTEGER FROM opportunity WHERE opportunity_id = 'd2'") == [(20,)]
    assert shop.query(f"SELECT count(*) FROM rejected_row WHERE load_id = '{load}' AND corrected_by IS NULL") == [(0,)]
    assert "No row stands rejected." in said(shop, "rejects")


def test_a_held_export_is_kept_out_and_let_in_by_command(shop: Shop) -> None:
    held, before = load_of(shop, "11-10"), shop.present()
    assert "is refused; the figures stay as they are" in said(shop, "refuse", held, "--who", "director")
    assert shop.present() == before
    said(shop, "release", held, "--who", "regional manager")
    assert shop.query(f"SELECT status, who FROM load WHERE load_id = '{held}'") == [("loaded", "regional manager")]
    assert len(shop.present()) == 0


def test_the_past_is_compared_between_any_two_snapshots(shop: Shop, tmp_path: Path) -> None:
    own, snapshots = shop.copied(tmp_path / "shop"), []
    for day, amount in (("17", 10), ("18", 20), ("19", 40)):
        rows = (f"d1,Bakery,Won,{amount},2026-10-01,2026-01-05", "d2,Mill,Open,20,,", "d3,Dairy,Open,30,,", "")
        own.drop(f"opportunities_2026-11-{day}.csv", "\n".join([HEADER, *rows]))
        (result,) = own.load_results()
        snapshots.append(str(result.snapshot))
    for until, after in ((snapshots[1], "20.00"), (snapshots[2], "40.00")):
        asked = ("restatements", "--since", snapshots[0], "--until", until, "--json")
        ((deal,),) = [json.loads(said(own, *asked))]
        assert [(each["field"], each["before"], each["after"]) for each in deal["changes"]] == [
            ("amount", "10.00", after)
        ]
    nothing = said(own, "restatements", "--since", snapshots[1], "--until", snapshots[1])
    assert nothing.strip() == "No closed deal of the past has changed."
