"""What the programs of tests/programs/leaks state of leaks, checked in a profile: tests/programs/run imports this."""
import collections
import re

LOST = ("definite", "indirect", "possible")


class Wrong(Exception):
    pass


def last_scans(profile, which):
    """(process, number of its last scan) of the processes of that kind which were scanned."""
    ids = profile.process_ids(which)
    return profile.db.execute("SELECT process, max(number) FROM leak_scan %s GROUP BY process" %
                              ("" if ids is None else "WHERE process IN (%s)" % ",".join(map(str, ids)))).fetchall()


def classes_of(word):
    return ("definite", "indirect") if word == "lost" else (word,)


def clause(words, column):
    return "%s IN (%s)" % (column, ",".join("'%s'" % w if isinstance(w, str) else str(w) for w in words))


def sums(profile, classes, stacks, roots, scans):
    """(blocks, bytes) of these rows; stacks None: all."""
    where = [clause(classes, "class"), "(process, scan) IN (VALUES %s)" % ",".join("(%d, %d)" % scan for scan in scans)]
    if stacks is not None:
        where.append(clause(stacks, "stack"))
    if roots is not None:
        where.append(clause(roots, "root"))
    return profile.db.execute("SELECT coalesce(sum(blocks), 0), coalesce(sum(bytes), 0) FROM leak WHERE " + " AND ".join(where)).fetchone()


def stated(words):
    """(place, process kind, class, root place or None, [(key, relation, value)]) of the words behind `leak`."""
    place, which, words = words[0], "main", words[1:]
    if words[:1] == ["in"]:
        which, words = words[1], words[2:]
    keys = dict(word.split("=", 1) for word in words if word.startswith(("class=", "root=")))
    return place, which, keys["class"], keys.get("root"), [word for word in words if not word.startswith(("class=", "root="))]


def check_leak(profile, words, conditions, holds):
    place, which, kind, root, values = stated(words)
    scans = last_scans(profile, which)
    if not scans:
        raise Wrong("got no scan of such a process")
    got = dict(zip(("blocks", "bytes"), sums(profile, classes_of(kind), profile.stacks_of(place), root and profile.stacks_of(root), scans)))
    for key, relation, wanted in conditions(values):
        if not holds(got[key], relation, wanted):
            elsewhere = profile.db.execute("SELECT class, sum(blocks), sum(bytes) FROM leak WHERE %s AND (process, scan) IN (VALUES %s) GROUP BY 1" % (
                clause(profile.stacks_of(place) or [], "stack"), ",".join("(%d, %d)" % scan for scan in scans))).fetchall()
            raise Wrong("got %s=%d of %s" % (key, got[key], ", ".join("%s %d/%d" % row for row in elsewhere) or "nothing"))


def check_others(profile, statements):
    """Nothing is lost but what the program states, in any process."""
    named = collections.defaultdict(set)
    for words in statements:
        place, _, kind, _, _ = stated(words)
        for one in classes_of(kind):
            named[one].update(profile.stacks_of(place))
    scans = last_scans(profile, "all")
    if not scans:
        raise Wrong("got no scan")
    rows = profile.db.execute("SELECT process, class, stack, blocks, bytes FROM leak WHERE %s AND (process, scan) IN (VALUES %s) ORDER BY process, class" % (
        clause(LOST, "class"), ",".join("(%d, %d)" % scan for scan in scans))).fetchall()
    others = ["%s %d/%d in process %d: %s" % (kind, blocks, size, process, " < ".join(f or "?" for f in profile.stack_functions(stack)[:8]))
              for process, kind, stack, blocks, size in rows if stack not in named[kind]]
    if others:
        raise Wrong("got " + "; ".join(others[:4]) + ("; …" if len(others) > 4 else ""))


def check_scan(profile, words, conditions, holds):
    scans = last_scans(profile, words[0])
    if not scans:
        raise Wrong("got no scan of such a process")
    for process, number in scans:
        for key, relation, wanted in conditions(words[1:]):
            got = profile.db.execute("SELECT %s FROM leak_scan WHERE process = ? AND number = ?" % key, (process, number)).fetchone()[0]
            if not holds(got, relation, wanted):
                raise Wrong("got %s=%s in process %d" % (key, got, process))


def check_chain(profile, words):
    """chain PLACE LINK > LINK > …, from the root: KIND, data:SYMBOL, block:PLACE or block:PLACE+OFFSET, cut for any links."""
    place, wanted = words[0], " ".join(words[1:]).split(" > ")
    chains = {}
    stacks = profile.stacks_of(place)
    for row in profile.db.execute("SELECT stack, kind, symbol, block_stack, offset FROM leak_link WHERE %s ORDER BY stack, position" % clause(stacks or [], "stack")):
        chains.setdefault(row[0], []).append(row[1:])
    if not any(chain_is(profile, chain, wanted) for chain in chains.values()):
        raise Wrong("got " + ("; ".join(" > ".join(link_words(profile, *link) for link in chain) for chain in chains.values()) or "no chain"))


def link_words(profile, kind, symbol, stack, offset):
    function = next((f for f in profile.stack_functions(stack) if f), "?") if kind == "block" else symbol
    return kind + (":" + function if function else "") + ("+%d" % offset if offset else "")


def chain_is(profile, chain, wanted):
    if not chain or not wanted:
        return not chain and not wanted
    kind, _, what = wanted[0].partition(":")
    if kind == "cut":
        return any(link[0] == "cut" for link in chain) and any(chain_is(profile, chain[at:], wanted[1:]) for at in range(1, len(chain)))
    got, symbol, stack, offset = chain[0]
    place, _, at = what.partition("+")
    # A static variable of a function is `name.0` to the linker.
    if got != kind or kind == "data" and what != re.sub(r"\.\d+$", "", symbol or ""):
        return False
    if kind == "block" and (stack not in profile.stacks_of(place) or int(at or 0) != (offset or 0)):
        return False
    return chain_is(profile, chain[1:], wanted[1:])


def totals(profile):
    """(lost blocks, bytes, possibly lost blocks, bytes) by the last scan of the program that was started, or became another."""
    scans = last_scans(profile, "exec") or last_scans(profile, "main")
    if not scans:
        return None
    return sums(profile, ("definite", "indirect"), None, None, scans[-1:]) + sums(profile, ("possible",), None, None, scans[-1:])
