"""What a person asks of the loader from a page: a dialog that asks back, and what became of it."""

import time
from collections.abc import Mapping

import polars as pl
import streamlit as st

from organisation.requests import Answer, answer_of, ask
from ui.choice import parts_of
from ui.disclosure import ask_link
from ui.escape import plain
from ui.headline import notice
from ui.view import View

Answers = Mapping[str, Answer | None]

EVERYWHERE = "global sales director"
SILENT_SECONDS = 10  # from then on it is likelier that no loader runs than that it is at work
LOOK_SECONDS = 0.4  # between two looks for an answer
KEPT = 3
_ASKED = "asked_of_loader"
_WORDS = {
    "release": ("Let this export in?", "Let it in", "The export takes effect at once and every figure follows."),
    "refuse": ("Refuse this export?", "Refuse it", "The figures stay as they are. The file is kept."),
    "withdraw": (
        "Withdraw this load?",
        "Withdraw it",
        "Its rows, and the rows that were corrected in its name, leave every figure of today and of the past: the "
        "history is built again from the other exports.",
    ),
    "take_back": ("Put this load into force again?", "Put it into force", "Its rows count again as if it had stayed."),
    "resend": ("Send corrected rows", "Send them", "What is right now takes the place of the rejected rows."),
}
_UNDO = {
    "release": "It can be taken back: withdraw it under Every row accounted for.",
    "withdraw": "It can be undone: the file is kept, and the load stays listed and can be put into force again.",
    "take_back": "It can be undone: the load can be withdrawn again.",
    "refuse": "It can be undone: a refused export can be let in later.",
    "resend": "What is still wrong stays rejected and is listed again. Hidden names are put back by the loader.",
}
_DOING = {
    "release": "Letting in",
    "refuse": "Refusing",
    "withdraw": "Withdrawing",
    "take_back": "Putting into force again",
    "resend": "Loading corrected rows of",
}
_BACK = {
    "release": ("withdraw", "Withdraw it"),
    "refuse": ("release", "Let it in after all"),
    "withdraw": ("take_back", "Put it into force again"),
    "take_back": ("withdraw", "Withdraw it again"),
}
EXPLAINED = ("withdraw", "take_back")  # what changes the past is written into the ledger with its reason


def decide(address: str | None, view: View, loads: pl.DataFrame) -> bool:
    """Open the dialog that a clicked link asks for; False where the link leads somewhere else."""
    _, query = parts_of(address) if address else ("", {})
    found = loads.filter(pl.col("load_id") == query.get("load", "")).to_dicts()
    if query.get("ask") not in _WORDS or not found:
        return False
    what = query["ask"]
    st.dialog(_WORDS[what][0])(_dialog)(what, view, found[0])
    return True


def roles(view: View) -> list[str]:
    """The roles a person can act in: the group's, then each region's manager."""
    managers = [region.manager for region in view.organisation.regions.values()]
    return list(dict.fromkeys([EVERYWHERE, *managers]))


def answers_to_asked(view: View) -> Answers:
    """Give what became of each thing that was asked from this page, by its id; None where nothing did yet."""
    return {asked["id"]: answer_of(view.organisation.workspace, asked["id"]) for asked in _asked()}


def asked_block(answers: Answers) -> str:
    """What was asked from this page and what became of it, newest first; nothing where nothing was asked."""
    newest_first = reversed(list(enumerate(_asked(), 1)))
    return "".join(
        _answer_notice(asked, answers[asked["id"]], is_last=at == len(_asked())) for at, asked in newest_first
    )


def watch_answers(view: View, shown: Answers) -> None:
    """Draw the page again as soon as something is answered that was `shown` as waiting.

    What was shown counts, not what is known by now: an answer that came while the page was drawn is on no screen yet.
    """
    waiting = frozenset(request for request, answer in shown.items() if answer is None)
    if waiting:
        _wait(view, waiting)


@st.fragment(run_every=LOOK_SECONDS)
def _wait(view: View, waiting: frozenset[str]) -> None:
    waits = [asked for asked in _asked() if asked["id"] in waiting]
    is_answered = any(answer_of(view.organisation.workspace, asked["id"]) is not None for asked in waits)
    if is_answered or any(_is_silent(asked) and not asked["told"] for asked in waits):
        for asked in waits:
            asked["told"] = "yes" if _is_silent(asked) else ""
        st.rerun()


def _dialog(what: str, view: View, load: Mapping[str, object]) -> None:
    _, confirm, effect = _WORDS[what]
    st.markdown(f"**{plain(str(load['source']))} / {plain(str(load['file']))}**")
    if what != "resend" and load["message"]:
        st.markdown(plain(str(load["message"])))
    st.caption(f"{effect} {_UNDO[what]}")
    sent = st.file_uploader("The corrected file", type=["csv"]) if what == "resend" else None
    who = st.selectbox("You act as", roles(view), help="Your role is written into the ledger.")
    why = st.text_input("Why?", max_chars=200, help="It is written into the ledger.") if what in EXPLAINED else ""
    if not st.button(confirm, type="primary", disabled=what == "resend" and sent is None):
        return
    if what in EXPLAINED and not why.strip():
        st.error("Say why in a few words: the ledger keeps it beside the load.")
        return
    arguments = {"load_id": str(load["load_id"])} | ({"why": " ".join(why.split())} if why else {})
    files = {sent.name: sent.getvalue()} if sent else None
    request = ask(view.organisation.workspace, what, who=str(who), arguments=arguments, files=files)
    one = {"id": request.id, "what": what, "file": str(load["file"]), "load": str(load["load_id"])}
    st.session_state[_ASKED] = [*_asked(), one | {"at": str(time.time()), "told": ""}][-KEPT:]
    st.rerun()


def _asked() -> list[dict[str, str]]:
    found: list[dict[str, str]] = st.session_state.get(_ASKED, [])
    return found


def _answer_notice(asked: Mapping[str, str], given: Answer | None, *, is_last: bool) -> str:
    doing = f"{_DOING[asked['what']]} {asked['file']}"
    if given is not None:
        back = _BACK.get(asked["what"]) if given.done and is_last else None
        beside = ask_link(back[0], asked["load"], back[1]) if back else ""
        title = "Done" if given.done else "Not done"
        kind = "note" if given.done else "fault"
        return notice(title, given.message.replace("**", ""), kind=kind, beside=beside)
    if _is_silent(asked):
        words = "The loader has not answered yet. It answers once **denominator run** or **denominator watch** runs."
        return notice(f"{doing} waits", words, kind="fault")
    return notice(f"{doing} …", "The loader is at work; the figures follow by themselves.")


def _is_silent(asked: Mapping[str, str]) -> bool:
    return time.time() - float(asked["at"]) > SILENT_SECONDS
