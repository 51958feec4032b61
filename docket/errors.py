"""What can go wrong on the docket: one family of exceptions."""


class DocketError(Exception):
    """The docket cannot do what was asked."""


class Overtaken(DocketError):
    """Somebody else changed the item since it was read; nothing was written."""


class NotPossible(DocketError):
    """The item's state does not allow what was asked."""


class NoSuchItem(DocketError):
    """There is no such item, or the reader may not see its region."""


class PackError(DocketError):
    """A frozen pack cannot be written, read or rendered."""


class NoSuchPack(PackError):
    """There is no pack of that id."""


class PackDamaged(PackError):
    """A part of a frozen pack is not what was written."""
