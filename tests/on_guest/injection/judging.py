# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with what a hindered run has left and said, and with what the next runs made of it."""

import re

__all__ = ("problems_of_next", "problems_of_run")

# How a message says that a part is not as it was; a file that is not has to be named, too.
_CONFESSIONS = {
    "file": r"could not be put back|was not put back|cannot be removed|kept|in place",
    "kernel rules": r"could not be put back|still needs|are left|is left|may be left|in place",
    "kernel order": r"could not be put back|still needs|are left|is left|may be left|in place",
    "kernel settings": r"could not be put back|until the next boot|still needs|in place",
    "daemon": r"does not run|is not running|has not said|has not ended|not known|is left stopped|is running now",
    "boot": r"is not (en|dis)abled|start at boot",
}
_AS_BEFORE = {
    "file": r"no file has changed|everything is as it was|the old files are back",
    "kernel rules": r"the kernel is as it was|everything is as it was",
    "kernel order": r"the kernel is as it was|everything is as it was",
    "kernel settings": r"the kernel is as it was|everything is as it was",
    "daemon": r"runs again as before|is not running, as before",
}
_BACKUP = re.compile(r"\.before-[^/]*")


def problems_of_run(result, old, now, new):
    """What is wrong after a hindered run, whose result is None if it was killed."""
    problems = _torn(old, now, new)
    if result is None:
        # The next trace or trial deletes the rules of one that was killed.
        return _without_temporary(problems)
    if result.get("traceback"):
        return [*problems, result["traceback"].strip()]
    if result.get("failed"):
        if re.search("rules of this (trace|trial) may be left", result["msg"]):
            return _without_temporary(problems)
        return problems + _untrue_failure(result["msg"], old, now)
    return problems + _untrue_success(result, old, now, new)


def _without_temporary(problems):
    return [problem for problem in problems if not re.search("key=linux-audit-(trace|trial)", problem)]


def problems_of_next(result, again, now, new, drafts, acts):
    """What is wrong after the next run, which nothing hindered, and the one after that."""
    problems = []
    if result.get("failed"):
        problems.append(f"the next run fails: {result.get('traceback') or result['msg']}")
    now, new = _settled(now), _settled(new)
    problems += [
        f"{part} is not what the next run should make it: {now.get(part)} instead of {new.get(part)}"
        for part in _differing(now, new)
    ]
    if (again.get("changed") and not acts) or again.get("failed"):
        problems.append(f"the run after the next one is not content: {again.get('msg') or again}")
    return [*problems, *(f"{draft} is left" for draft in drafts)]


def _torn(old, now, new):
    """Files that are neither old nor new, rules that neither or both should have."""
    problems = []
    for part, value in now.items():
        if part == "kernel rules":
            # A rule that moves is there twice for a while.
            held, before, after = (set(state[part]) for state in (now, old, new))
            problems += [f"the kernel lacks {rule}" for rule in (before & after) - held]
            problems += [f"nobody has asked for {rule}" for rule in held - (before | after)]
        elif part == "kernel settings":
            problems += [
                f"{name} is {setting}"
                for name, setting in value.items()
                if setting not in (old[part][name], new[part][name])
            ]
        elif part.startswith("file ") and not _is_copy(part) and value not in (old.get(part), new.get(part)):
            problems.append(f"{part} is neither old nor new")
    problems += [f"{part} is gone" for part in old if part not in now and part in new]
    return problems


def _untrue_failure(message, old, now):
    """What a failure does not say."""
    problems = []
    for part in _differing(old, now):
        if _is_copy(part):
            continue
        kind = part.partition(" ")[0] if part.startswith("file ") else part
        named = not part.startswith("file ") or part.partition(" ")[2] in message
        if not named or not re.search(_CONFESSIONS[kind], message):
            problems.append(f"{part} was {old.get(part)} and is {now.get(part)}, but the error is: {message}")
        elif kind in _AS_BEFORE and re.search(_AS_BEFORE[kind], message):
            problems.append(f"{part} has changed, and the error says both: {message}")
    if "Traceback" in message or re.search(r"\bNone\b", message) or not message:
        problems.append(f"not a sentence: {message!r}")
    return problems


def _untrue_success(result, old, now, new):
    """What is not as a run that ended well has said."""
    problems = [
        f"{part} is not what was asked for, but the run ends well: {_short(result)}"
        for part in _differing(_settled(now), _settled(new))
        if part != "daemon" or not re.search("has not said|not known whether", str(result.get("warnings")))
    ]
    if not result["changed"] and _settled(old) != _settled(now):
        problems.append("something has changed, but the run says that nothing has")
    return problems


def _differing(one, other):
    return sorted(part for part in {**one, **other} if one.get(part) != other.get(part))


def _settled(state):
    """Without copies, whose names have the time in them."""
    return {part: value for part, value in state.items() if not _is_copy(part)}


def _is_copy(part):
    return part.startswith("file ") and bool(_BACKUP.search(part))


def _short(result):
    return {name: value for name, value in result.items() if name in ("changed", "action", "confirmed", "warnings")}
