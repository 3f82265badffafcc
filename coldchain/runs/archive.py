"""A run in one file: inputs, tables, versions and the referee's report, with a fingerprint over all of them.

The file is a zip that any program opens. Its fingerprint is the SHA-256 over the names and hashes of its parts, so that
it does not depend on how they were packed; the same run gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from coldchain.errors import BadInputError, Fault
from coldchain.inputs import check_archive, reading
from coldchain.language import _
from coldchain.leftovers import temporary_folder
from coldchain.runs.folder import write_in_place
from coldchain.runs.record import plain_values
from coldchain.runs.run import Run
from coldchain.scenario.amend import files_of
from coldchain.schemas import schema_fault

SCHEMA = "coldchain.archive/1"
MANIFEST, REPORT, RUN, SCENARIO = "archive.json", "verify.json", "run", "scenario"
SUFFIX = ".zip"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of every part: the earliest a zip can state."""
MODE = 0o644 << 16
MOST_BYTES = 2**31


@dataclass(frozen=True)
class Archive:
    """An archive, unpacked.

    Attributes
    ----------
    path : of the file; folder, scenario : where its run and its inputs lie, until this process ends
    fingerprint : SHA-256 over the names and hashes of its parts
    report : the referee's report, as ``coldchain verify --json`` gave it when the archive was made
    versions : of coldchain and its packages that planned the run
    """

    path: Path
    folder: Path
    scenario: Path | None
    fingerprint: str
    report: Mapping[str, Any]
    versions: Mapping[str, str]
    held: TemporaryDirectory[str] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class RunLocation:
    """Where a run lies, and its scenario where that is known; ``archive`` when both came out of one."""

    folder: Path
    scenario: Path | None = None
    archive: Archive | None = None


def place_of(path: Path | str, scenario: Path | None = None) -> RunLocation:
    """Return where the run at a path lies: a folder as it is, an archive unpacked.

    Raises
    ------
    BadInputError
        When it is an archive that was changed, cut, or written by a newer version.
    """
    given = Path(path)
    if given.suffix.lower() != SUFFIX or not given.is_file():
        return RunLocation(given, scenario)
    about = given.stat()
    archive = _opened(given, about.st_mtime_ns, about.st_size)
    return RunLocation(archive.folder, scenario or archive.scenario, archive)


def output_folder(path: Path) -> Path:
    """Return the folder that files about a run go to: its own; of an archive one beside it.

    Examples
    --------
    >>> output_folder(Path("runs/2026")).as_posix(), output_folder(Path("runs/2026.zip")).as_posix()
    ('runs/2026', 'runs/2026-opened')
    """
    archived = path.suffix.lower() == SUFFIX and not path.is_dir()
    return path.with_name(f"{path.stem}-opened") if archived else path


def write_archive(run: Run, report: Mapping[str, Any], target: Path) -> str:
    """Write the archive of a run folder; return its fingerprint.

    Parameters
    ----------
    report : of the referee, plain values
    target : file to write; an earlier one is replaced

    Raises
    ------
    BadInputError
        When the scenario is no longer the one that was planned: an archive holds the inputs of its run.
    UsageError
        When the file cannot be written.
    """
    parts = dict(_parts(run, report))
    listed = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(parts.items())}
    mark = fingerprint_of(listed)
    manifest = {"schema": SCHEMA, "fingerprint": mark, "versions": run.information["versions"], "files": listed}
    content = {MANIFEST: _json(manifest), **{name: parts[name] for name in listed}}
    write_in_place(target, lambda path: _pack(content, path))
    return mark


def fingerprint_of(listed: Mapping[str, str]) -> str:
    """Return the fingerprint of parts: SHA-256 over a line ``HASH  NAME`` for each, sorted, as ``sha256sum`` has them.

    Examples
    --------
    >>> fingerprint_of({"b": "22", "a": "11"})[:16], hashlib.sha256(b"11  a%c22  b%c" % (10, 10)).hexdigest()[:16]
    ('416ccbb108242872', '416ccbb108242872')
    """
    lines = "".join(f"{value}  {name}\n" for name, value in sorted(listed.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _parts(run: Run, report: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    folder = run.folder
    if folder is None or not run.unchanged:
        message = _("the scenario has changed since this plan was made; an archive holds the inputs it was made from")
        raise BadInputError([Fault(str(folder), None, "scenario", "", message, "scenario-changed")])
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield f"{RUN}/{name.as_posix()}", path.read_bytes()
    if not run.inputs.path.resolve().is_relative_to(folder.resolve()):
        for file, path in files_of(run.inputs.path).items():
            yield f"{SCENARIO}/{file}", path.read_bytes()
    yield REPORT, _json(report)


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(plain_values(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _pack(content: Mapping[str, bytes], path: Path) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in content.items():
            part = zipfile.ZipInfo(name, EPOCH)
            part.compress_type, part.create_system, part.external_attr = zipfile.ZIP_DEFLATED, 3, MODE
            packed.writestr(part, data, compresslevel=9)


@lru_cache(maxsize=4)
def _opened(path: Path, _changed: int, _size: int) -> Archive:
    check_archive(path, MOST_BYTES)
    with reading(path.name), zipfile.ZipFile(path) as packed:
        names = [part.filename for part in packed.infolist()]
        if MANIFEST not in names:
            raise BadInputError([_fault(path, "", _("is no archive of a run: it lacks {name}").format(name=MANIFEST))])
        manifest = json.loads(packed.read(MANIFEST))
        _check_manifest(path, manifest)
        parts = {name: packed.read(name) for name in dict.fromkeys(names) if name != MANIFEST}
    _check_parts(path, manifest, parts)
    held = temporary_folder("archive")
    root = Path(held.name)
    for name, content in parts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    inputs = root / SCENARIO if (root / SCENARIO).is_dir() else None
    report = json.loads(parts[REPORT])
    return Archive(path, root / RUN, inputs, manifest["fingerprint"], report, manifest["versions"], held)


def _check_manifest(path: Path, manifest: Any) -> None:
    """Refuse a list of parts that is garbled or of a newer version."""
    right = isinstance(manifest, dict) and isinstance(manifest.get("files"), dict)
    right = right and isinstance(manifest.get("versions"), dict) and isinstance(manifest.get("fingerprint"), str)
    if not right:
        raise BadInputError([_fault(path, MANIFEST, _("must hold schema, fingerprint, versions and files"))])
    stated = str(manifest.get("schema", ""))
    if (message := schema_fault(stated, SCHEMA)) is not None:
        raise BadInputError([Fault(str(path), None, f"{MANIFEST} schema", stated, message, "bad-schema")])


def _check_parts(path: Path, manifest: Mapping[str, Any], parts: Mapping[str, bytes]) -> None:
    """Hold every part against its hash, and the fingerprint against all; names may not lead out of the folder."""
    listed = {str(name): str(value) for name, value in manifest["files"].items()}
    faults = []
    for name in sorted({*listed, *parts}):
        if name not in parts:
            faults.append(_fault(path, name, _("is missing from the archive")))
        elif name not in listed or not _within(name):
            faults.append(_fault(path, name, _("does not belong to the archive")))
        elif hashlib.sha256(parts[name]).hexdigest() != listed[name]:
            faults.append(_fault(path, name, _("was changed after the archive was made")))
    if not faults and (fingerprint_of(listed) != manifest["fingerprint"] or REPORT not in parts):
        faults.append(_fault(path, MANIFEST, _("was changed after the archive was made")))
    if faults:
        raise BadInputError(faults)


def _within(name: str) -> bool:
    r"""Tell whether a part stays in its folder on any system.

    Examples
    --------
    >>> [_within(name) for name in ("run/run.json", "../x", "/etc/x", "run/../../x", "C:/x", "run\\x", "run/")]
    [True, False, False, False, False, False, False]
    """
    parts = PurePosixPath(name).parts
    odd = any(part in ("..", "/") or ":" in part for part in parts) or "\\" in name or name.endswith("/")
    return bool(parts) and not odd and parts[0] in (RUN, SCENARIO, REPORT)


def _fault(path: Path, name: str, message: str) -> Fault:
    return Fault(str(path), None, name, "", message, "bad-archive")
