"""Arguments of a call, rewritten by LibCST: one may become several or none, and lines and comments keep their form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from groundwire_tools.fix.spelling import VALUE
from groundwire_tools.fix.trees import rendered

Words = Sequence[tuple[str, str]]
Space = cst.BaseParenthesizableWhitespace


def rewritten_call(source: str, respelled: Mapping[str, Words]) -> str:
    """A call with other arguments.

    Args:
        source: The call.
        respelled: Argument to the arguments that take its place, name and value each.
    """
    call = cst.parse_expression(f"({source})")  # it may go over lines outside of its own parentheses
    assert isinstance(call, cst.Call)
    quote = "'" if source.count("'") > source.count('"') else '"'
    args: list[cst.Arg] = []
    spaces: list[Space] = [call.whitespace_before_args]  # before each argument, and behind the last
    for place, arg in enumerate(call.args):
        words = respelled.get(arg.keyword.value) if arg.keyword else None
        behind = _space_behind(arg)
        if words is None:
            args.append(arg)
            spaces.append(behind)
        elif words:
            args += [_argument(arg, name, text, quote) for name, text in words]
            spaces += [_as_wide(spaces[-1])] * (len(words) - 1) + [behind]
        else:
            spaces[-1] = _joined(spaces[-1], behind, place == len(call.args) - 1)
    has_comma = bool(call.args) and isinstance(call.args[-1].comma, cst.Comma)
    if not args and not _has_comment(spaces[0]):
        spaces = [cst.SimpleWhitespace("")]
    changed = call.with_changes(whitespace_before_args=spaces[0], args=_set_apart(args, spaces[1:], has_comma))
    return rendered(changed, source)[1:-1]


def _space_behind(arg: cst.Arg) -> Space:
    return arg.comma.whitespace_after if isinstance(arg.comma, cst.Comma) else arg.whitespace_after_arg


def _argument(arg: cst.Arg, name: str, text: str, quote: str) -> cst.Arg:
    value = arg.value if text == VALUE else cst.parse_expression(text.replace("'", quote))
    return arg.with_changes(keyword=cst.Name(name), value=value)


def _set_apart(args: Sequence[cst.Arg], behind: Sequence[Space], has_comma: bool) -> list[cst.Arg]:
    """Arguments with commas between them, and one behind the last where there was one."""
    last = len(args) - 1
    nothing = cst.SimpleWhitespace("")
    return [
        arg.with_changes(comma=_comma(arg, space), whitespace_after_arg=nothing)
        if place < last or has_comma
        else arg.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=space)
        for place, (arg, space) in enumerate(zip(args, behind, strict=True))
    ]


def _comma(arg: cst.Arg, space: Space) -> cst.Comma:
    return (arg.comma if isinstance(arg.comma, cst.Comma) else cst.Comma()).with_changes(whitespace_after=space)


def _as_wide(before: Space) -> Space:
    """What stands between the arguments that take the place of one: a line each where that had one."""
    if not isinstance(before, cst.ParenthesizedWhitespace):
        return cst.SimpleWhitespace(" ")
    line = before.first_line.with_changes(comment=None, whitespace=cst.SimpleWhitespace(""))
    return before.with_changes(first_line=line, empty_lines=[])


def _joined(before: Space, behind: Space, is_last: bool) -> Space:
    """What stands in the place of an argument that is left out; its comment has a line of its own then."""
    if not isinstance(before, cst.ParenthesizedWhitespace):
        return behind if is_last or isinstance(behind, cst.ParenthesizedWhitespace) else before
    if not isinstance(behind, cst.ParenthesizedWhitespace):
        return behind if is_last and not _has_comment(before) else before
    comment = behind.first_line.comment
    own = [cst.EmptyLine(indent=True, whitespace=before.last_line, comment=comment)] if comment else []
    lines = [*before.empty_lines, *own, *behind.empty_lines]
    return behind.with_changes(first_line=before.first_line, empty_lines=lines)


def _has_comment(space: Space) -> bool:
    return "#" in rendered(space, "")
