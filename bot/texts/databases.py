"""What an administrator reads when a database is migrated, copied, backed up or restored."""

from bot.evidence import Inspection


def migrated(name: str, before: int, after: int, *, is_new: bool) -> str:
    if is_new:
        return f"{name}: it was empty. The tables were created, with schema {after}."
    if before == after:
        return f"{name}: nothing to do. It already has this release's schema, {after}."
    return f"{name}: the schema was migrated from {before} to {after}."


def something_in_the_way(said: str) -> str:
    """``said`` is the server's own sentence."""
    return (
        f"the tables cannot be created or changed, because their names are taken: {said}. Remove what has these names, "
        "or set another database or another ?schema= in DATABASE_URL"
    )


def waiting_for_older(count: int, seconds: float) -> str:
    who = "1 process of an older release is" if count == 1 else f"{count} processes of older releases are"
    return f"{who} still running and accepting no new work. Waiting up to {seconds:.0f} seconds for them to end."


def older_still_there(count: int, name: str) -> str:
    who = "1 process of an older release is" if count == 1 else f"{count} processes of older releases are"
    return (
        f"{name}: nothing was changed. {who} still running, and the change would break their work. Stop them (phoneid "
        "run and phoneid lookup --file of the older release), then run phoneid migrate again."
    )


def waiting_for_readers(seconds: float) -> str:
    return (
        f"Another program, such as phoneid backup, is reading the database. Waiting up to {seconds:.0f} seconds for it "
        "to end."
    )


def tables_in_use(said: str) -> str:
    """``said`` is the server's own sentence."""
    return (
        f"the tables cannot be changed while another program reads them: {said}. Wait until phoneid backup, copy-data, "
        "log and journal verify have ended, close database browsers, then run phoneid migrate again"
    )


def copying(done: int, of: int) -> str:
    return f"{done:,} of {of:,} rows copied …"


def at(name: str, what: str) -> str:
    """An error, and the database that it is about."""
    return f"{name}: {what}"


def copied(source: str, target: str, inspection: Inspection) -> str:
    head = f"{inspection.head.seq}:{inspection.head.hash}"
    entries = "1 entry" if inspection.entries == 1 else f"{inspection.entries:,} entries"
    return f"{source} was copied to {target}. The journal of the copy is intact: {entries}.\nHead: {head}"


def not_whole(name: str, what: str) -> str:
    """``what``: what the check of the copied journal said."""
    return f"Nothing was copied, because {name} is not intact.\n{what}"


def in_use(name: str) -> str:
    return (
        f"{name} is in use. What is recorded there from now on is missing in the copy. Before you start the bot with "
        "the copy, stop it there and copy again into another empty database."
    )


def target_not_empty(name: str) -> str:
    return f"{name} is not empty, or is in use. Records can only be copied into an empty database. Nothing was changed."


def file_is_there(file: str) -> str:
    return f"{file} already exists. Choose another name: a backup does not replace files."


def no_file(file: str) -> str:
    return f"The file {file} does not exist."


def file_unusable(file: str, why: str) -> str:
    return f"Cannot write {file}: {why}."


SAME_DATABASE = "FROM and TO are the same database."

ARGUMENTS_ARE_SEEN = (
    "All users of this machine can read a password in an argument. Put the whole address into an environment variable "
    "and give the variable's name instead, such as: phoneid copy-data DATABASE_URL NEW_DATABASE_URL"
)


def variable_missing(name: str) -> str:
    return f"The environment variable {name}, which should hold the address of a database, is not set."


def address_wrong(which: str, why: str) -> str:
    """``why`` is the end of a sentence about it."""
    return f"{which} {why}."


def unreached(*, is_kept_out: bool) -> str:
    """Where the server's or the driver's own words cannot be shown."""
    if is_kept_out:
        return "the server does not accept the login: check the user, the password and the database's name"
    return "the server cannot be reached: check its host and port, and the network"


NO_DRIVER = "the driver for Postgres is not installed. In a clone of this release, run pip install '.[postgres]'"
