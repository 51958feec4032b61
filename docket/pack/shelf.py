"""The shelf of frozen packs: each written whole or not at all, each part with its SHA-256, and read only if all agree.

data/packs/<id>/ holds manifest.json and the parts that it names: head.json, figures.json and so on, the definitions
and profiles as the texts they were. Nothing of it is ever written again.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp

from docket.errors import NoSuchPack, PackDamaged, PackError
from docket.pack.content import FORMAT, Content
from docket.pack.json_form import Json, from_json, to_json
from organisation import nearest
from organisation.durable import sync_folder, write_new

MANIFEST = "manifest.json"
DEFINITIONS = "definitions.yaml"
PROFILES = "profiles/"
TEXTS = ("definitions", "profiles")  # parts that are kept as the texts they were
UNFINISHED = ".new-"
MOST_A_DAY = 99


@dataclass(frozen=True)
class Shelf:
    """The packs of a workspace, in its folder data/packs."""

    folder: Path

    def ids(self) -> tuple[str, ...]:
        """Give the ids of the packs, the oldest first."""
        if not self.folder.is_dir():
            return ()
        found = [each.name for each in self.folder.iterdir() if (each / MANIFEST).is_file()]
        return tuple(sorted((name for name in found if not name.startswith(".")), key=_order))

    def put(self, content: Content) -> Content:
        """Store a pack, durable when this returns; gives it with its id, which names the second of a day apart.

        A request has one pack: where it has one already, that one is given and nothing is stored.
        Raises PackError where it cannot be written; nothing of it is there then.
        """
        with _disk_words(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            for place in range(1, MOST_A_DAY):
                name = content.head.id if place == 1 else f"{content.head.id}-{place}"
                named = replace(content, head=replace(content.head, id=name))
                if not (self.folder / name).exists() and _put_down(self.folder, name, parts_of(named), named):
                    return named
                if content.head.request and self.made_for(content.head.request, content.head.id) == name:
                    return self.get(name)
        raise PackError(f"{content.head.id} has been frozen {MOST_A_DAY} times already; no more are kept of one day.")

    def made_for(self, request: str, day: str) -> str | None:
        """Give the id of the pack that a request made for a day (ISO); None where it made none."""
        for name in self.ids():
            try:
                if name.startswith(day) and self.get(name).head.request == request:
                    return name
            except PackError:
                continue  # a damaged pack says so where it is read
        return None

    def get(self, name: str) -> Content:
        """Give a pack, every part compared with its SHA-256.

        Raises NoSuchPack, PackDamaged which names what is damaged, PackError for a form that this version cannot read.
        """
        place = self.folder / name
        if name not in self.ids():
            near = nearest(name, self.ids())
            hint = f'Did you mean "{near}"?' if near else f"There are: {', '.join(self.ids()) or 'none'}."
            raise NoSuchPack(f'There is no pack "{name}" in {self.folder}. {hint}')
        try:
            return _content(name, _read_parts(place))
        except ValueError as error:
            raise PackDamaged(f"The pack {name} cannot be read, though its parts are as written: {error}.") from error

    def newest(self, *, before: str | None = None) -> Content | None:
        """Give the newest pack, or the newest of an earlier day than a pack's; None where there is none."""
        days = [name for name in self.ids() if before is None or _order(name)[0] < _order(before)[0]]
        return self.get(days[-1]) if days else None


def parts_of(content: Content) -> dict[str, str]:
    """Give the files of a pack: their names and texts."""
    found = {
        f"{each.name}.json": _text(to_json(getattr(content, each.name)))
        for each in fields(Content)
        if each.name not in TEXTS
    }
    profiles = {f"{PROFILES}{name}": text for name, text in content.profiles.items()}
    return found | {DEFINITIONS: content.definitions} | profiles


def digest_of(parts: Mapping[str, str]) -> str:
    """Give the SHA-256 of a whole pack: that of the list of its parts' names and digests."""
    return _sha256("".join(f"{name} {_sha256(text)}\n" for name, text in sorted(parts.items())))


def _order(name: str) -> tuple[str, int]:
    """The second pack of a day comes after the first, the tenth after the ninth."""
    day, again = name[:10], name[11:]
    return day, int(again) if again.isdigit() else 1


def _text(told: Json) -> str:
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", errors="surrogateescape")).hexdigest()


def _manifest(parts: Mapping[str, str], content: Content) -> str:
    head = content.head
    digests: dict[str, Json] = {name: _sha256(text) for name, text in sorted(parts.items())}
    told: dict[str, Json] = {
        "format": FORMAT,
        "id": head.id,
        "made_at": to_json(head.made_at),
        "snapshot": head.snapshot,
        "snapshot_at": to_json(head.snapshot_at),
        "parts": digests,
        "sha256": digest_of(parts),
    }
    return _text(told)


def _put_down(folder: Path, name: str, parts: Mapping[str, str], content: Content) -> bool:
    """Write a pack beside its place and move it there whole; False where another one of that name was faster."""
    partial = Path(mkdtemp(prefix=UNFINISHED, dir=folder))
    try:
        for part, text in (*parts.items(), (MANIFEST, _manifest(parts, content))):
            write_new(partial / part, text)
        for each in sorted((each for each in partial.rglob("*") if each.is_dir()), reverse=True):
            sync_folder(each)
        sync_folder(partial)
        partial.chmod(0o755)
        try:
            partial.rename(folder / name)
        except OSError:
            if (folder / name).exists():
                return False
            raise
        sync_folder(folder)
        return True
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _read_parts(place: Path) -> dict[str, str]:
    told = _read_manifest(place)
    stated = told["parts"]
    if not isinstance(stated, dict):
        raise _damaged(place, [f"{MANIFEST} names no parts"])
    parts: dict[str, str] = {}
    wrong: list[str] = []
    for name, digest in stated.items():
        text = _part(place, name)
        if text is None:
            wrong.append(f"{name} is missing")
        elif _sha256(text) != digest:
            wrong.append(f"{name} is not what was written")
        else:
            parts[name] = text
    if not wrong and digest_of(parts) != told.get("sha256"):
        wrong.append(f"{MANIFEST} is not what was written")
    if wrong:
        raise _damaged(place, wrong)
    return parts


def _read_manifest(place: Path) -> dict[str, Json]:
    try:
        told = json.loads((place / MANIFEST).read_bytes().decode("utf-8"))
    except ValueError as error:
        raise _damaged(place, [f"{MANIFEST} is not what was written"]) from error
    if not isinstance(told, dict) or "parts" not in told:
        raise _damaged(place, [f"{MANIFEST} is not what was written"])
    if told.get("format") != FORMAT:
        raise PackError(
            f"The pack {place.name} is written in form {told.get('format')}; this version of Denominator reads form "
            f"{FORMAT}. Read it with the version that wrote it, or a newer one."
        )
    return told


def _part(place: Path, name: str) -> str | None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        return None
    try:
        return (place / path).read_bytes().decode("utf-8", errors="surrogateescape")
    except OSError:
        return None


def _content(name: str, parts: Mapping[str, str]) -> Content:
    texts = {part[: -len(".json")]: json.loads(text) for part, text in parts.items() if part.endswith(".json")}
    profiles = {part[len(PROFILES) :]: text for part, text in parts.items() if part.startswith(PROFILES)}
    if DEFINITIONS not in parts:
        raise ValueError(f"{name} lacks {DEFINITIONS}")
    told: dict[str, Json] = {**texts, "definitions": parts[DEFINITIONS], "profiles": {**profiles}}
    return from_json(Content, told)


def _damaged(place: Path, wrong: list[str]) -> PackDamaged:
    return PackDamaged(f"The pack {place.name} is damaged: {'; '.join(wrong)}. Put {place} back from a backup.")


@contextmanager
def _disk_words(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PackError(f"The pack cannot be written to {folder}: {error.strerror}. Nothing of it is there.") from error
