"""The sentence at the head of the onboarding page, for each state that a region's joining can be in."""

from ui.onboarding import Joining


def headline_of(joining: Joining) -> tuple[str, str]:
    """Give the sentence and the detail below it."""
    name = joining.answers.get("region/name") or joining.region.replace("_", " ").title()
    if joining.accepted:
        return f"{name} has joined.", "Its exports are loaded from now on as they arrive in its inbox folder."
    if joining.waiting:
        doing = "joins" if joining.waiting_for == "accept" else "is rehearsed"
        return (
            f"{name} {doing}.",
            "The loader works on it; this page goes on by itself. Nothing is stored before it is accepted.",
        )
    found = joining.found
    if found is None:
        return (
            "A new region joins by a rehearsal.",
            "Drop its exports as they are. What they are is proposed, what they cannot say is asked, and **nothing is "
            "stored until it is accepted**. Files above 25\u202fMB: denominator rehearse.",
        )
    if any(file["refused"] for file in found["files"]):
        return f"{name}: a file cannot be read.", "What is wrong and what to do stands below."
    count = found["open"]
    asked = "1 question is open" if count == 1 else f"{count} questions are open"
    if not found["rehearsal"]:
        below = "It is answered" if count == 1 else "They are answered"
        return (
            f"{name}: {asked}.",
            f"{below} below; then its rows, rejects and sums are shown. Nothing is stored.",
        )
    effect = found["rehearsal"]["effect"]
    if effect is None:
        return f"{name}: a file would not load.", "Its reason stands below; change an answer and rehearse again."
    detail = effect["sentence"]
    if found["acceptable"]:
        return f"{name} is ready to join.", f"{detail} Accept it at the end of the page."
    return f"{name}: {asked if count else 'one sum has to be reconciled'}.", detail
