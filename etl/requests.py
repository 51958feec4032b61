"""What people ask of the loader, done under its lock and answered: release, refuse, withdraw, replay and so on."""

import logging
from collections.abc import Callable, Mapping

from etl.agreed_leads import agree_lead
from etl.errors import EtlError
from etl.holds import refuse_held, release_held
from etl.ledger import CORRECTS
from etl.load import load_one
from etl.loading import Loading, export_of
from etl.replay import TAKEN_BACK, replay_source, source_of, take_back_load
from etl.results import Done, LoadResult
from etl.stated_forecasts import state_forecast
from organisation import ConfigurationError
from organisation.requests import Answer, Request, answer, answer_of, file_of, take, waiting_requests
from warehouse.errors import DiskTrouble, StoreBusy, StoreError

LOG = logging.getLogger(__name__)

Handler = Callable[[Loading, Request], Done | None]  # None: it is being done beside the loader, and is looked at again
OnLoad = Callable[[LoadResult], None]


def execute_requests(loading: Loading, handlers: Mapping[str, Handler], on_load: OnLoad) -> list[Answer]:
    """Do what was asked and not answered yet, in the order of asking; gives the answers.

    A handler may be called again for a request that a kill left unanswered: it has to recognise its own effect. What
    takes long is done beside the loader: its handler gives None until it is there, and is called at each look.
    Raises StoreBusy and DiskTrouble; the request then waits until the trouble is over. Everything else that goes
    wrong is the answer.
    """
    workspace = loading.organisation.workspace
    given = []
    for request in waiting_requests(workspace):
        done = _done(loading, handlers, request)
        if done is None:
            continue  # another loader was faster, or it is still being done
        if isinstance(done, Done):
            given.append(Answer(request.id, True, done.message, done.result))
            for load in done.loads:
                on_load(load)
        else:
            given.append(Answer(request.id, False, done))
        answer(workspace, given[-1])
    return given


def _done(loading: Loading, handlers: Mapping[str, Handler], request: Request) -> Done | str | None:
    """Give what came of a request, or the sentence that says why nothing did."""
    handler = handlers.get(request.what)
    if handler is None:
        return f'The loader knows no "{request.what}"; it knows {", ".join(sorted(handlers))}.'
    if not request.who.strip():
        return "The request does not say who asks; name your role and ask again."
    try:
        with loading.store.exclusive():
            if answer_of(loading.organisation.workspace, request.id):
                return None
            done = handler(loading, request)
            if done is None:
                take(loading.organisation.workspace, request)
            return done
    except (StoreBusy, DiskTrouble):
        raise
    except (EtlError, StoreError, ConfigurationError) as error:
        return str(error)
    except Exception as error:  # a fault of the program is this request's answer, never the end of the loader
        LOG.exception("%s asked by %s failed", request.what, request.who)
        return f"The loader failed at this ({type(error).__name__}: {error}); nothing was changed. Its log says where."


def argument(request: Request, name: str) -> str:
    """Give an argument of a request; raises EtlError where it is missing."""
    if not request.arguments.get(name):
        raise EtlError(f'The request "{request.what}" lacks "{name}"; nothing was changed.')
    return request.arguments[name]


def _release(loading: Loading, request: Request) -> Done:
    return release_held(loading, argument(request, "load_id"), who=request.who)


def _refuse(loading: Loading, request: Request) -> Done:
    return refuse_held(loading, argument(request, "load_id"), who=request.who)


def _withdraw(loading: Loading, request: Request) -> Done:
    load_id = argument(request, "load_id")
    found = loading.store.query("SELECT source, file, status, message FROM load WHERE load_id = ?", [load_id])
    if found.is_empty():
        raise EtlError(f'There is no load "{load_id}".')
    row = found.row(0, named=True)
    if row["status"] == "withdrawn":
        return Done(f"{row['file']} is withdrawn already. {row['message']}")
    why = request.arguments.get("why", "")
    load = replay_source(loading, row["source"], without=load_id, who=request.who, why=why)
    return Done(f"{row['file']} is withdrawn: its rows are in no table any more.", (load,), {"load_id": load_id})


def _take_back(loading: Loading, request: Request) -> Done:
    """Put a withdrawn load into force again."""
    load_id = argument(request, "load_id")
    found = loading.store.query("SELECT source, file, status, message FROM load WHERE load_id = ?", [load_id])
    if found.is_empty():
        raise EtlError(f'There is no load "{load_id}".')
    row = found.row(0, named=True)
    if row["status"] == "loaded" and str(row["message"] or "").startswith(TAKEN_BACK):
        return Done(f"{row['file']} is in force again already. {row['message']}")
    why = request.arguments.get("why", "")
    load = take_back_load(loading, row["source"], load_id, who=request.who, why=why)
    return Done(f"{row['file']} is in force again: its rows count as before.", (load,), {"load_id": load_id})


def _replay(loading: Loading, request: Request) -> Done:
    source = argument(request, "source")
    load = replay_source(loading, source, without=None, who=request.who)
    return Done(f"{len(load.files):,} exports of {source} were read again with today's profile.", (load,))


def _resend(loading: Loading, request: Request) -> Done:
    """Load corrected rows of a load; rows that are still wrong stay rejected."""
    load_id = argument(request, "load_id")
    found = loading.store.query("SELECT source, table_name, export FROM load WHERE load_id = ?", [load_id])
    if found.is_empty():
        raise EtlError(f'There is no load "{load_id}".')
    source = source_of(loading.organisation, found["source"][0])
    files = [file_of(loading.organisation.workspace, request, name) for name in request.files]
    there = [file for file in files if file.is_file()]
    if not there and _was_corrected(loading, load_id, request.files):
        return Done(f"{request.files[0]} was loaded already.")
    if not there:
        raise EtlError("No corrected file came with the request; send it again.")
    load = load_one(loading, there[0], source, export_of(source, *found.row(0)[1:]), who=request.who)
    (result,) = load.files
    if result.status == "refused":
        raise EtlError(f"{result.file.name} is refused ({result.reason}): {result.message}")
    if result.status == "held":
        return Done(f"{result.file.name} waits for a person: {result.message}", (load,))
    if result.status == "known":
        return Done(f"{result.file.name} was loaded already; nothing was changed.", (load,))
    still = f"; {result.rejected:,} are still rejected" if result.rejected else ""
    return Done(f"{result.loaded:,} corrected rows are loaded{still}.", (load,), {"load_id": load_id})


def _was_corrected(loading: Loading, load_id: str, names: tuple[str, ...]) -> bool:
    loaded = "SELECT load_id FROM load WHERE covers = ? AND list_contains(?, file) AND status = 'loaded'"
    return bool(names) and not loading.store.query(loaded, [CORRECTS + load_id, list(names)]).is_empty()


HANDLERS: Mapping[str, Handler] = {
    "release": _release,
    "refuse": _refuse,
    "withdraw": _withdraw,
    "take_back": _take_back,
    "replay": _replay,
    "resend": _resend,
    "state_forecast": state_forecast,
    "agree_lead": agree_lead,
}
