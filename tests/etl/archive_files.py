"""Archives for tests, harmless and not."""

import gzip
import io
import stat
import struct
import zipfile
from collections.abc import Mapping

DEALS = b"opportunity_id,stage_raw,amount\n1,Open,5.50\n2,Open,7.25\n"


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Give a zip archive of members, the names as they are."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 23, 6, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def zip_with_link() -> bytes:
    """Give an archive whose member is a symbolic link."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("deals.csv", (2026, 11, 23, 6, 0, 0))
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    return buffer.getvalue()


def zip_encrypted(data: bytes = DEALS) -> bytes:
    """Give an archive whose member is flagged as encrypted."""
    packed = bytearray(zipped({"deals.csv": data}))
    packed[6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


def zip_lying(data: bytes, declared: int) -> bytes:
    """Give an archive that declares another size of its member than it unpacks to."""
    packed = bytearray(zipped({"deals.csv": data}))
    for at in (22, packed.index(b"PK\x01\x02") + 24):
        packed[at : at + 4] = struct.pack("<I", declared)
    return bytes(packed)


def gzipped(data: bytes) -> bytes:
    """Give a gzip file, the same bytes each time."""
    return gzip.compress(data, mtime=0)
