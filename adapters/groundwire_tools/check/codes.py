"""The codes of findings: one line each, and what the hundreds mean."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """One kind of finding.

    Attributes:
        number: ``GW301``; its first digit says what becomes of the program.
        title: Some words.
        about: When it is found, and what follows.
        lightning: Of one that runs with another meaning: what happens under Lightning, or where the code came from.
        here: What happens here.
        why: The reason.
        instead: What to do.
    """

    number: str
    title: str
    about: str
    lightning: str = ""
    here: str = ""
    why: str = ""
    instead: str = ""


CODES = {
    code.number: code
    for code in (
        Code("GW001", "unreadable", "The file is no Python, notebook or YAML that can be parsed. Nothing in it counts."),
        Code("GW101", "stand-in", "An object of ours answers for a part of Lightning's own trainer that is built otherwise here."),
        Code("GW102", "mapped argument", "An argument of the Trainer is done by something of ours, Accelerate mostly."),
        Code("GW103", "another branch", "A name that is not here is asked for under a `try` whose `except` goes on without it, or for type checkers alone."),
        Code("GW104", "otherwise on purpose", "The call does what it does in Lightning, but for a case in which that would be lost work, a wrong number or code of a stranger."),
        Code("GW105", "name of Lightning 1", "Lightning 2 dropped this name, or this value. The program runs as it did under Lightning 1, and says once how it is written today."),
        Code("GW106", "hook of Lightning 1", "Lightning 2 dropped this hook, or calls it with other arguments. It is called where and as Lightning 1 called it, and the run says once how it is written today."),
        Code("GW201", "never called", "Lightning 2 dropped this hook. The program runs, and the method does not.",
             lightning="Lightning 1 calls it, Lightning 2 does not", here="it is not called; `explain()` and `groundwire run` say so",
             why="what Lightning 2 runs is what runs here", instead="move its code to the hook that took its place"),
        Code("GW202", "unknown hook", "No hook has this name, and nothing calls the method. It may be misspelt.",
             lightning="it is not called, in silence", here="it is not called, and a warning names the hook that may be meant",
             why="a hook that never runs is seldom meant", instead="put the name right, or give it one that does not begin with `on_`"),
        Code("GW203", "started by a launcher", "Several machines are asked for. The Trainer starts processes on its own machine alone: a launcher does on all.",
             lightning="started by hand on each machine, the Trainer starts the processes there", here="the Trainer refuses to run, unless the processes of all machines are there",
             why="a launcher knows which machines there are, and ends all processes together", instead="`torchrun --nnodes N` on each of them"),
        Code("GW211", "another meaning than in pytorch-accelerated", "The name is there and does something else, or gives another number.",
             lightning="no name of Lightning; [what pytorch-accelerated does](moving-from-pytorch-accelerated.md)", here="as that page tells, name by name",
             why="the old behaviour was wrong", instead="look at the numbers that depend on it"),
        Code("GW221", "still Lightning's", "`groundwire fix` left a name of Lightning: in a string that may be no path, or in an import that is bound to one that has to stay.",
             lightning="the name is what it was", here="under `groundwire run` it is answered; else the real Lightning is imported",
             why="a guess might break the program", instead="write the name by hand, or say `# groundwire: ignore`"),
        Code("GW301", "no such module", "The module path has no counterpart. Its import fails."),
        Code("GW302", "no such name", "The module has no such name. Its import, or its first use, fails."),
        Code("GW303", "no such argument", "The call names an argument that is not taken. It raises a `TypeError`."),
        Code("GW304", "refused value", "The argument is taken, and not this value. The Trainer refuses it before any data is read."),
        Code("GW305", "refused hook", "Leaving this method out would change numbers, and nothing here can call it. A run with it is refused before any data is read."),
        Code("GW306", "hook with another signature", "The method cannot be called with what its hook gives. A run with it is refused before any data is read."),
        Code("GW307", "no such attribute", "Objects of this class have no such attribute or method."),
        Code("GW308", "refused", "The class or method is there to be imported. Making or calling it is refused, and says what to do instead."),
    )
}  # fmt: skip
"""Number to code."""

MEANINGS = {
    "GW0": "cannot be judged",
    "GW1": "runs, through something of ours",
    "GW2": "runs, with another meaning",
    "GW3": "cannot run",
}
"""How numbers begin, and what becomes of the program."""
