"""What the onboarding page remembers and asks: uploads, answers, and requests that the loader executes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from organisation import Workspace
from organisation.requests import Answer, answer_of, ask
from ui.escape import plain, text
from ui.formats import counted
from ui.onboarding_blocks import certainty

_KEPT = "onboarding"
FEW = 5  # options that are shown at once; more are a list to choose from
PATIENCE = 30  # seconds after which the page says that no loader answers
NAMED = 8  # unused columns that are named before anybody looks at them
NOT_USED = "-"
Found = Mapping[str, Any]


@dataclass
class Joining:
    """One region on its way: files, answers so far, what is asked of the loader and what it answered."""

    files: dict[str, bytes] = field(default_factory=dict)
    region: str = ""
    who: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    waiting: str | None = None
    waiting_for: str = "rehearse"
    looked: int = 0
    found: dict[str, Any] | None = None
    problem: str | None = None
    accepted: tuple[str, dict[str, Any]] | None = None

    @property
    def step(self) -> int:
        """The step of the way that it stands at, from 0."""
        if self.accepted:
            return 5
        if self.found is None:
            return 0
        if any(question["open"] for question in self.found["questions"]):
            return 1
        if not self.found["rehearsal"]:
            return 2
        return 4 if self.found["acceptable"] else 3

    def ask_for(self, what: str, workspace: Workspace) -> None:
        """Hand the files and answers to the loader."""
        arguments = {"as": self.region, "answers": json.dumps(self.answers, ensure_ascii=False)}
        if what == "accept" and self.found and self.found["rehearsal"]:
            arguments["fingerprint"] = self.found["rehearsal"]["fingerprint"]
        request = ask(workspace, what, who=self.who, arguments=arguments, files=self.files)
        self.waiting, self.waiting_for, self.looked, self.problem = request.id, what, 0, None

    def take(self, given: Answer) -> None:
        """Take the loader's answer."""
        self.waiting = None
        if not given.done:
            self.problem = given.message
        elif self.waiting_for == "accept":
            self.accepted = (given.message, dict(given.result))
        else:
            self.found = dict(given.result)


def joining_of_session() -> Joining:
    """Give what this reader's session remembers."""
    kept = st.session_state.setdefault(_KEPT, Joining())
    assert isinstance(kept, Joining)  # noqa: S101 - nothing else is kept there
    return kept


def start_again() -> None:
    """Forget files and answers; nothing was stored."""
    st.session_state[_KEPT] = Joining()
    st.session_state["onboarding_round"] = st.session_state.get("onboarding_round", 0) + 1


def upload_form(joining: Joining, workspace: Workspace) -> None:
    """Draw the form that takes the exports, the region's short name and the reader's role."""
    turn = st.session_state.get("onboarding_round", 0)
    with st.form(f"upload_{turn}", border=False):
        files = st.file_uploader(
            "The region's exports, as the CRM writes them", accept_multiple_files=True, key=f"files_{turn}"
        )
        left, right = st.columns(2)
        region = left.text_input("Short name of the region", placeholder="brazil", help="Small letters, digits and _.")
        who = right.text_input("Your role", placeholder="sales operations", help="It is written into the profile.")
        sent = st.form_submit_button("Rehearse", type="primary")
    if sent and files and region.strip() and who.strip():
        joining.files = {file.name: file.getvalue() for file in files}
        joining.region, joining.who = region.strip().lower(), who.strip()
        joining.ask_for("rehearse", workspace)
        st.rerun()
    elif sent:
        st.warning("An export, a short name and your role are needed.")


def wait_for_loader(joining: Joining, workspace: Workspace) -> None:
    """Draw the progress of what was asked, and draw the page again when it is answered."""
    _look(joining, workspace)


@st.fragment(run_every=0.5)
def _look(joining: Joining, workspace: Workspace) -> None:
    given = answer_of(workspace, joining.waiting) if joining.waiting else None
    if given is not None:
        joining.take(given)
        st.rerun()
    if joining.waiting is None:
        return
    joining.looked += 1
    seconds = joining.looked // 2
    doing = (
        "The loader writes the profiles and loads" if joining.waiting_for == "accept" else "The loader reads the files"
    )
    st.progress(1 - 0.93**seconds, text=f"{doing} … {seconds} s")
    if seconds > PATIENCE:
        st.warning(
            "No loader has answered yet. Is **denominator run** or **denominator watch** running? The request waits."
        )


def answer_form(joining: Joining, workspace: Workspace) -> None:
    """Draw the questions, the proposed columns and words and the months to reconcile; sends them all at once."""
    found = joining.found
    if found is None:
        return
    key = str(abs(hash(json.dumps(found, sort_keys=True, default=str))))
    with st.form(f"answers_{key}", border=False):
        asked = [each for each in found["questions"] if each["open"] or (each["assumed"] and not each["answer"])]
        said = _questions(asked, key, "Questions", opened=True)
        said |= _columns(found, key)
        said |= _words(found, key)
        said |= _months(found, key, joining.answers)
        said |= _questions([each for each in found["questions"] if each not in asked], key, "Answered", opened=False)
        first = not joining.found or not found["acceptable"]
        sent = st.form_submit_button("Rehearse again", type="primary" if first else "secondary")
    if sent:
        joining.answers = {key: value for key, value in (joining.answers | said).items() if value}
        joining.ask_for("rehearse", workspace)
        st.rerun()


def is_hopeless(found: Found) -> bool:
    """Whether no answer can help: a file cannot be read, and nothing is asked about it."""
    refused = [file["file"] for file in found["files"] if file["refused"]]
    asked = [question["id"] for question in found["questions"] if question["open"]]
    return any(not any(each.startswith(f"{file}/") for each in asked) for file in refused)


def accept_button(joining: Joining, workspace: Workspace) -> None:
    """Draw the button that lets the region join, and what is still in its way."""
    found = joining.found
    if found is None or not found["rehearsal"]:
        return
    if st.button(f"Accept: {joining.region} joins", type="primary", disabled=not found["acceptable"]):
        joining.ask_for("accept", workspace)
        st.rerun()
    if not found["acceptable"]:
        why = found["rehearsal"]["not_reconciled"] if not found["open"] else f"{found['open']} questions are open."
        st.caption(plain(why or "A file would not load."))


def profile_texts(texts: Mapping[str, str], title: str) -> None:
    """Draw the text of profile files, folded."""
    with st.expander(title):
        for name, content in texts.items():
            st.caption(plain(name))
            st.code(content, language="yaml")


def _title(words: str, note: str = "") -> None:
    small = f"<small>{text(note)}</small>" if note else ""
    st.html(f'<h2 class="chart-title">{text(words)}{small}</h2>')


def _questions(questions: Sequence[Found], key: str, title: str, *, opened: bool) -> dict[str, str]:
    if not questions:
        return {}
    said: dict[str, str] = {}
    holder = st.container() if opened else st.expander(f"{title} ({len(questions)})")
    with holder:
        if opened:
            waiting = sum(bool(question["open"]) for question in questions)
            assumed = f"{len(questions) - waiting} more to confirm or change" if len(questions) > waiting else ""
            _title(f"{counted(waiting, 'question')} that no file answers" if waiting else "To confirm", assumed)
        for start in range(0, len(questions), 2):
            for place, question in zip(st.columns(2), questions[start : start + 2], strict=False):
                with place:
                    said[question["id"]] = _question(question, f"{key}_{question['id']}")
    return said


def _question(question: Found, key: str) -> str:
    options = {option["value"]: option for option in question["options"]}
    value = question["answer"] or question["suggested"]
    words = plain(question["text"])
    if not options:
        why = plain(question["why"])
        return str(st.text_input(words, value=value, key=key, placeholder=question["why"], help=why))
    names = list(options)
    index = names.index(value) if value in names else None
    labels = {name: plain(option["label"]) for name, option in options.items()}
    if len(names) <= FEW:
        captions = [plain(option["example"]) for option in options.values()]
        chosen = st.radio(
            words, names, index=index, key=key, format_func=labels.__getitem__, help=plain(question["why"]),
            captions=captions if any(captions) else None,
        )  # fmt: skip
    else:
        chosen = st.selectbox(
            words, names, index=index, key=key, format_func=labels.__getitem__, help=plain(question["why"]),
            placeholder="Choose",
        )  # fmt: skip
    return str(chosen) if chosen else ""


def _columns(found: Found, key: str) -> dict[str, str]:
    said: dict[str, str] = {}
    for file in found["files"]:
        if not file["columns"]:
            continue
        used = [each for each in file["columns"] if each["column"]]
        unused = [each for each in file["columns"] if not each["column"]]
        unsure = sum(not each["certain"] for each in used)
        note = f"{len(used)} of {len(file['columns'])} are taken; {unsure} of them are likely, not certain"
        _title(f"Columns of {file['file']}", note)
        options = {NOT_USED: "not used", **found["columns"][file["table"]]}
        for each in used:
            said |= _column(file["file"], each, options, key)
        if unused:
            names = ", ".join(plain(each["header"]) for each in unused[:NAMED])
            more = f" and {len(unused) - NAMED} more" if len(unused) > NAMED else ""
            with st.expander(f"Not used ({len(unused)}): {names}{more}"):
                for each in unused[:80]:
                    said |= _column(file["file"], each, options, key)
    return said


def _column(file: str, column: Found, options: Mapping[str, str], key: str) -> dict[str, str]:
    proposed = column["column"] or NOT_USED
    names, choice, why = st.columns([3, 3, 4], vertical_alignment="center")
    examples = " · ".join(plain(example) for example in column["examples"])
    names.markdown(f"**{plain(column['header'])}**  \n:gray[{examples or 'empty'}]")
    chosen = choice.selectbox(
        f"Meaning of {plain(column['header'])}",
        list(options),
        index=list(options).index(proposed) if proposed in options else 0,
        key=f"{key}_{file}_{column['header']}",
        format_func=options.__getitem__,
        label_visibility="collapsed",
    )
    why.caption(f"{certainty(column)}: {plain(column['reason'])}")
    was_said = column["decided"]
    return {f"{file}/column/{column['header']}": str(chosen)} if chosen != proposed or was_said else {}


def _words(found: Found, key: str) -> dict[str, str]:
    said: dict[str, str] = {}
    kinds: dict[str, list[Found]] = {}
    for word in found["words"]:
        kinds.setdefault(word["kind"], []).append(word)
    for kind, words in kinds.items():
        unknown = sum(not word["meaning"] for word in words)
        title = f"{words[0]['kind_label']}: {len(words)} words" + (f", {unknown} not mapped" if unknown else "")
        with st.expander(title, expanded=kind in ("stages", "outcomes", "statuses")):
            for word in words:
                said |= _word(word, [NOT_USED, *found["common"][kind]], key)
    return said


def _word(word: Found, options: Sequence[str], key: str) -> dict[str, str]:
    proposed = word["meaning"] or NOT_USED
    names, choice, why = st.columns([3, 3, 4], vertical_alignment="center")
    worth = f", {word['value']}" if word["value"] else ""
    names.markdown(f"**{plain(word['word'])}**  \n:gray[{counted(word['rows'], 'row')}{worth}]")
    chosen = choice.selectbox(
        f"Meaning of {plain(word['word'])}",
        options if proposed in options else [*options, proposed],
        index=options.index(proposed) if proposed in options else len(options),
        key=f"{key}_{word['kind']}_{word['word']}",
        format_func=lambda name: "not mapped" if name == NOT_USED else name,
        label_visibility="collapsed",
    )
    why.caption(plain(word["reason"]))
    is_new = chosen != proposed or word["decided"]
    return {f"words/{word['kind']}/{word['word']}": str(chosen)} if is_new else {}


def _nothing_won(rehearsal: Found, key: str, answers: Mapping[str, str]) -> dict[str, str]:
    """Have it said that nothing was won, where deals show nothing."""
    is_said = answers.get("won_none") == "yes"
    if not rehearsal["not_reconciled"] and not is_said:
        return {}
    _title("What the CRM's own report says was won", "these files show nothing")
    said = st.checkbox("Nothing was won in the CRM either", value=is_said, key=f"{key}_won_none")
    return {"won_none": "yes" if said else ""}


def _months(found: Found, key: str, answers: Mapping[str, str]) -> dict[str, str]:
    rehearsal = found["rehearsal"]
    if not rehearsal:
        return {}
    if not rehearsal["won"]:
        return _nothing_won(rehearsal, key, answers)
    _title("What the CRM's own report says was won", "one month at least, to the cent")
    said: dict[str, str] = {}
    months = rehearsal["won"][:6]
    several = len({month["currency"] for month in rehearsal["won"]}) > 1
    for place, month in zip(st.columns(3) * 2, months, strict=False):
        name = f"won/{month['month']}/{month['currency']}" if several else f"won/{month['month']}"
        said[name] = place.text_input(
            f"{month['month']} in {month['currency']}",
            value=answers.get(name, ""),
            key=f"{key}_{name}",
            placeholder="1234.50",
        )
    if rehearsal["not_reconciled"] or answers.get("won_differs"):
        said["won_differs"] = st.text_input(
            "Why it differs, if it does", value=answers.get("won_differs", ""), key=f"{key}_differs"
        )
    return said
