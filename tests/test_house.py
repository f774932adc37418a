"""The house keeps its shape: imports run down its rows, pieces stay small, packages' ``__init__`` files stay empty."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
BOT = ROOT / "bot"

ROWS = (
    {"models", "tickets"},
    {"audit"},
    {"errors"},
    {"durations", "evidence", "policy", "states"},
    {"guesses", "progress", "workspaces"},
    {"texts"},
    {"checks", "health", "interfaces", "clock", "network", "logs", "mentioned", "serving"},
    {"environment"},
    {"settings"},
    {
        "entry",
        "export",
        "metrics",
        "repeating",
        "pending_codes",
        "retention",
        "cams",
        "quota",
        "store",
        "timekeeping",
    },
    {"access", "exposure", "lookups", "outbox", "recent"},
    {"requests"},
    {"leavers"},
    {"slack"},
    {"app", "monitoring"},
    {"doctor"},
    {"running", "upkeep"},
    {"sandbox", "cli"},
    {"__main__"},
)
"""Lowest first. A room may use rooms of lower rows, and others of its own row unless they are kept apart."""

KEPT_APART = ({"cams", "quota", "store"},)

SANDBOX_MAY_USE = {"sandbox", "interfaces", "clock", "models", "serving"}
"""A sandbox that checked the bot with the bot's own code would prove nothing."""

MODULES = sorted(BOT.rglob("*.py"))
THE_BOT_ITSELF = [path for path in MODULES if "sandbox" not in path.parts]
"""The sandbox imitates two services; how large their interfaces are is not for us to say."""

EVERYTHING = [*MODULES, *sorted(path for folder in ("tests", "tools") for path in (ROOT / folder).rglob("*.py"))]


FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def walk(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text()))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """All that a module of the bot's is made of."""
    return tuple(walk(path))


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


@cache
def imports_of(path: Path) -> frozenset[str]:
    """The modules of ours that a file imports, wherever in the file it does so."""
    return frozenset(_imports_of(path))


def _imports_of(path: Path) -> Iterator[str]:
    for node in nodes_of(path):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "bot":
            for alias in node.names:
                candidate = ROOT / Path(*node.module.split("."), alias.name)
                is_module = candidate.with_suffix(".py").exists() or candidate.is_dir()
                yield f"{node.module}.{alias.name}" if is_module else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "bot")


def row_of(room: str) -> int:
    return next(index for index, row in enumerate(ROWS) if room in row)


def is_below_or_beside(room: str, imported: str) -> bool:
    """Whether a room may use another one."""
    return row_of(imported) <= row_of(room) and (
        imported == room or not any({imported, room} <= apart for apart in KEPT_APART)
    )


def test_imports_run_down_the_rows() -> None:
    wrong = [
        f"{module_of(path)} imports {imported}"
        for path in MODULES
        if (room := room_of(module_of(path))) != "__init__"
        for imported in imports_of(path)
        if not is_below_or_beside(room, room_of(imported))
    ]
    assert not wrong, wrong


def test_the_sandbox_does_not_check_the_bot_with_the_bots_own_code() -> None:
    wrong = [
        f"{module_of(path)} imports {imported}"
        for path in MODULES
        if "sandbox" in path.parts
        for imported in imports_of(path)
        if room_of(imported) not in SANDBOX_MAY_USE
    ]
    assert not wrong, wrong


def test_every_room_has_its_row() -> None:
    rooms = {room_of(module_of(path)) for path in MODULES} - {"__init__"}
    assert rooms == set().union(*ROWS)


def check_for_circles(graph: Mapping[str, set[str] | frozenset[str]]) -> None:
    without: set[str] = set()

    def reach(name: str, seen: frozenset[str]) -> None:
        assert name not in seen, f"a circle through {name}: {sorted(seen)}"
        if name not in without:
            for imported in graph.get(name, ()):
                reach(imported, seen | {name})
            without.add(name)

    for name in graph:
        reach(name, frozenset())


def test_no_modules_import_each_other_in_a_circle() -> None:
    check_for_circles({module_of(path): imports_of(path) for path in MODULES})


def test_no_rooms_import_each_other_in_a_circle() -> None:
    graph: defaultdict[str, set[str]] = defaultdict(set)
    for path in MODULES:
        room = room_of(module_of(path))
        graph[room] |= set(map(room_of, imports_of(path))) - {room}
    check_for_circles(graph)


def test_package_files_are_empty() -> None:
    packages = [path for path in MODULES if path.name == "__init__.py"]
    assert packages
    assert [module_of(path) for path in packages if path.read_text()] == []


def test_no_function_is_over_50_lines() -> None:
    too_long = [
        f"{module_of(path)}.{node.name}"
        for path in EVERYTHING
        for node in walk(path)
        if isinstance(node, FunctionNode) and (node.end_lineno or 0) - node.lineno >= 50
    ]
    assert not too_long, too_long


def test_no_class_has_over_15_public_methods() -> None:
    counts = {
        f"{module_of(path)}.{node.name}": sum(is_public_method(each) for each in node.body)
        for path in THE_BOT_ITSELF
        for node in nodes_of(path)
        if isinstance(node, ast.ClassDef)
    }
    assert {name: count for name, count in counts.items() if count > 15} == {}


def is_public_method(node: ast.stmt) -> bool:
    return isinstance(node, FunctionNode) and not node.name.startswith("_")


def test_hardly_a_function_has_over_6_parameters() -> None:
    many = [
        f"{module_of(path)}.{node.name}"
        for path in THE_BOT_ITSELF
        for node in nodes_of(path)
        if isinstance(node, FunctionNode) and len(parameters_of(node)) > 6
    ]
    assert len(many) <= 3, many


def parameters_of(node: FunctionNode) -> list[str]:
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [each.arg for each in every if each.arg not in ("self", "cls")]


def test_only_the_command_line_prints() -> None:
    printing = [
        module_of(path)
        for path in MODULES
        if room_of(module_of(path)) not in ("cli", "__main__")
        for node in nodes_of(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not printing, printing


def test_only_the_clock_reads_real_time() -> None:
    readers = {"time.time", "time.monotonic", "datetime.now", "datetime.utcnow"}
    reading = [
        f"{module_of(path)} reads {node.value.id}.{node.attr}"
        for path in MODULES
        if room_of(module_of(path)) not in ("clock", "cli")
        for node in nodes_of(path)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if f"{node.value.id}.{node.attr}" in readers
    ]
    assert not reading, reading
