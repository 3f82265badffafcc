"""Nothing that only Unix has stands in the package, save where it is asked for first: by the syntax tree."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path, PureWindowsPath

import pytest
import sources

from coldchain import inputs
from coldchain.cli import manners
from coldchain.reports import printing

MODULES = frozenset(
    {"fcntl", "resource", "pwd", "grp", "termios", "pty", "tty", "syslog", "readline", "crypt", "posix"}
)
OF_OS = frozenset({
    "fork", "forkpty", "kill", "killpg", "getuid", "geteuid", "getgid", "getegid", "getpgid", "setsid", "setpgid",
    "sysconf", "uname", "getloadavg", "nice", "mkfifo", "statvfs", "chown", "wait", "wait3", "wait4", "WNOHANG",
    "sched_getaffinity", "sched_setaffinity", "pipe2", "O_CLOEXEC", "O_DIRECTORY",
})  # fmt: skip
OF_SIGNAL = frozenset({
    "SIGKILL", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD", "SIGPIPE", "SIGQUIT", "SIGSTOP", "alarm",
    "setitimer", "pause", "pthread_kill", "pthread_sigmask", "sigwait",
})  # fmt: skip
PLACES = re.compile(r"^/(tmp|dev|proc|etc|usr|var|home|bin|opt)(/|$)")
ASKED_FIRST = {
    ("leftovers.py", "os.kill"): "only where os.name is posix",
    ("batch/processes.py", "os.kill"): "ends a process on Windows too",
    ("batch/processes.py", "os.sysconf"): "only where /proc is there",
    (
        "telemetry/brokersettings.py",
        "/etc/mosquitto/mosquitto.conf",
    ): "where the broker's settings lie on its own machine",
    ("batch/processes.py", "/proc"): "looked for; without it psutil is asked, and batch says what it cannot see",
}


def unix_alone(nodes: tuple[ast.AST, ...]) -> set[str]:
    """Return what a module uses that Windows does not have: modules, calls, signals, places, ways between drives."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names if one.name.split(".")[0] in MODULES}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in {*MODULES, "os", "signal"}:
            named = {one.name for one in node.names}
            found |= {node.module or ""} & MODULES or named & (OF_OS | OF_SIGNAL)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            known = {"os": OF_OS, "signal": OF_SIGNAL}.get(node.value.id, frozenset())
            found |= {f"{node.value.id}.{node.attr}"} if node.attr in known else set()
        elif isinstance(node, ast.Attribute) and ast.unparse(node) == "os.path.relpath":
            found.add("os.path.relpath")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and PLACES.match(node.value):
            found.add(node.value)
        elif isinstance(node, ast.keyword) and node.arg == "preexec_fn":
            found.add("preexec_fn")
    return found


def test_the_package_runs_without_unix() -> None:
    """Every use of what only Unix has is in the list above, with what makes it harmless; the list has no more."""
    used = {(sources.short_name(path), what) for path in sources.MODULES for what in unix_alone(sources.nodes_of(path))}
    assert used - {("inputs.py", "os.path.relpath")} == set(ASKED_FIRST)


@pytest.mark.parametrize(
    "line",
    ["import fcntl", "from os import fork", "os.getuid()", "signal.SIGKILL", 'open("/home/x")',
     "Popen(x, preexec_fn=f)",
     "os.path.relpath(a, b)", "from resource import getrusage", 'Path("/dev/null")'],
)  # fmt: skip
def test_the_check_sees_every_kind(line: str) -> None:
    """Each is found alone."""
    assert len(unix_alone(tuple(ast.walk(ast.parse(line))))) == 1


def test_a_way_between_drives_is_the_whole_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Windows has no way from one drive to another: ``os.path.relpath`` raises there."""
    assert Path(inputs.way_to(tmp_path / "a", tmp_path / "b")).as_posix() == "../a"

    def apart(path: object, start: object) -> str:
        raise ValueError(path, start)

    monkeypatch.setattr(os.path, "relpath", apart)
    assert inputs.way_to(tmp_path / "a", tmp_path / "b") == str((tmp_path / "a").resolve())


def test_hints_are_quoted_as_windows_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Double quotes; backslashes are no signs of its shells."""
    monkeypatch.setattr(manners, "WINDOWS", True)
    quoted = [manners.quoted(PureWindowsPath(text)) for text in (r"C:\runs\麻阳", r"C:\my runs\2026")]  # type: ignore[arg-type]
    assert quoted == [r"C:\runs\麻阳", r'"C:\my runs\2026"']


def test_browsers_of_windows_are_found_where_they_lie(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Edge lies under the folder of programs and in no PATH."""
    monkeypatch.setenv("PATH", "")
    for name in printing.PROGRAMS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(printing, "INSTALLED", printing.INSTALLED[:1])
    assert printing.browser() is None
    monkeypatch.setenv("PROGRAMFILES(X86)", str(tmp_path))
    edge = tmp_path / "Microsoft" / "Edge" / "Application" / "msedge.exe"
    edge.parent.mkdir(parents=True)
    edge.touch()
    assert printing.browser() == str(edge)
