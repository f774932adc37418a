"""What an administrator reads when a database is migrated, copied, backed up or restored."""

from bot.evidence import Inspection


def migrated(name: str, before: int, after: int, *, is_new: bool) -> str:
    if is_new:
        return f"{name}: it was empty, and its tables are made. Its schema is {after}."
    if before == after:
        return f"{name}: nothing to do. Its schema is {after}, with which this release works."
    return f"{name}: its schema was {before}, and is {after} now."


def something_in_the_way(said: str) -> str:
    """``said`` is the server's own sentence."""
    return (
        f"the tables cannot be made or changed, for something with such a name is there already: {said}. Remove it, or "
        "name another database or another ?schema= in DATABASE_URL"
    )


def waiting_for_older(count: int, seconds: float) -> str:
    who = "1 process of an older release is" if count == 1 else f"{count} processes of older releases are"
    return f"{who} still at work. They take no new work now; waiting up to {seconds:.0f} seconds for them to end."


def older_still_there(count: int, name: str) -> str:
    who = "1 process of an older release is" if count == 1 else f"{count} processes of older releases are"
    return (
        f"{name}: nothing was changed. {who} still at work, and the change would break what they do. End them "
        "(phoneid run and phoneid lookup --file of the older release), then run phoneid migrate again."
    )


def waiting_for_readers(seconds: float) -> str:
    return f"Somebody reads the database, as phoneid backup does; waiting up to {seconds:.0f} seconds for them to end."


def tables_in_use(said: str) -> str:
    """``said`` is the server's own sentence."""
    return (
        f"the tables cannot be changed while somebody reads them: {said}. Wait for phoneid backup, copy-data, log and "
        "journal verify, and for database browsers, to end, and then run phoneid migrate again"
    )


def copying(done: int, of: int) -> str:
    return f"{done:,} of {of:,} rows copied"


def at(name: str, what: str) -> str:
    """An error, and the database that it is about."""
    return f"{name}: {what}"


def copied(source: str, target: str, inspection: Inspection) -> str:
    head = f"{inspection.head.seq}:{inspection.head.hash}"
    entries = "1 entry" if inspection.entries == 1 else f"{inspection.entries:,} entries"
    return f"{source} is copied to {target}. The journal of the copy is whole: {entries}.\nHead: {head}"


def not_whole(name: str, what: str) -> str:
    """``what``: what the check of the copied journal said."""
    return f"Nothing was copied, because {name} is not whole.\n{what}"


def in_use(name: str) -> str:
    return (
        f"{name} is in use. What is recorded there from now on is not in the copy: before you start the bot on the "
        "copy, stop it there and copy again into another empty database."
    )


def target_not_empty(name: str) -> str:
    return f"{name} is not empty, or is in use: a record is only copied into an empty database. Nothing was changed."


def file_is_there(file: str) -> str:
    return f"{file} exists already. Choose another name: a backup replaces no file."


def no_file(file: str) -> str:
    return f"There is no file {file}."


def file_unusable(file: str, why: str) -> str:
    return f"{file} cannot be written: {why}."


SAME_DATABASE = "FROM and TO are the same database."

ARGUMENTS_ARE_SEEN = (
    "Every user of this machine can read a password in an argument. Put the whole address into an environment "
    "variable and write the variable's name in its place, such as: phoneid copy-data DATABASE_URL NEW_DATABASE_URL"
)


def variable_missing(name: str) -> str:
    return f"There is no environment variable {name} with the address of a database."


def address_wrong(which: str, why: str) -> str:
    """``why`` is the end of a sentence about it."""
    return f"{which} {why}."


def unreached(*, is_kept_out: bool) -> str:
    """Where the server's or the driver's own words cannot be shown."""
    if is_kept_out:
        return "the server does not let this role in: check the user, its password, and the database's name"
    return "there is no connection to the server: check its host and port, and the network"


NO_DRIVER = (
    "the database is Postgres, and its driver is not installed: in a clone of this release, pip install '.[postgres]'"
)
