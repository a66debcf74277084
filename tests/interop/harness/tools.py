"""Installs what the suites need, once, into the cache folder.

Everything comes from a package registry by its name and pinned version. What
needs the system's package manager is installed only when this runs as root or
`sudo` asks for no password; otherwise the error names the missing packages.
"""

import hashlib
import os
import shutil
import site
import subprocess
import sys
from pathlib import Path

INTEROP = Path(__file__).resolve().parent.parent
REPOSITORY = INTEROP.parent.parent


class Missing(Exception):
    """Something that is needed is not here and could not be installed."""


def cache() -> Path:
    """The folder of everything downloaded: `TERMINRAUM_INTEROP_CACHE`, or `.cache` here."""
    folder = Path(os.environ.get("TERMINRAUM_INTEROP_CACHE", INTEROP / ".cache")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def call(*command, log: Path | None = None, **options) -> None:
    """Runs an installing command quietly; shows what it said only when it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        **options,
    )
    if log:
        log.write_text(done.stdout)
    if done.returncode:
        sys.stdout.write(done.stdout[-4000:])
        raise Missing(f"{' '.join(map(str, command))}: exit {done.returncode}")


def apt(packages: dict[str, str], preset: str = "") -> None:
    """Makes sure of programs by their Debian packages: `{file (with wildcards) or command: package}`.

    `preset`: answers to what the packages ask when they are installed, as debconf reads them.
    """
    absent = sorted(
        {
            package
            for program, package in packages.items()
            if not (any(Path("/").glob(program[1:])) if "/" in program else shutil.which(program))
        }
    )
    if not absent:
        return
    print(f"-- apt-get install {' '.join(absent)}", flush=True)
    before = []
    if os.geteuid() != 0:
        if not shutil.which("sudo") or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode:
            raise Missing(f"please install: apt-get install {' '.join(absent)}")
        before = ["sudo", "-n"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    if preset:
        subprocess.run([*before, "debconf-set-selections"], input=preset, text=True, check=True)
    install = [*before, "apt-get", "install", "-y", "-q", "--no-install-recommends", *absent]
    if subprocess.run(install, capture_output=True, env=environment, stdin=subprocess.DEVNULL).returncode:
        call(*before, "apt-get", "update", "-q", env=environment)
        call(*install, env=environment)


def python() -> Path:
    """The interpreter of a virtual environment that holds requirements.txt."""
    wanted = INTEROP / "requirements.txt"
    home = cache() / "venv"
    interpreter = home / "bin" / "python"
    stamp = home / "requirements.sha256"
    digest = hashlib.sha256(wanted.read_bytes()).hexdigest()
    if interpreter.exists() and stamp.exists() and stamp.read_text() == digest:
        return interpreter
    print("-- pip install -r tests/interop/requirements.txt", flush=True)
    if not interpreter.exists():
        if subprocess.run([sys.executable, "-m", "ensurepip", "--version"], capture_output=True).returncode:
            apt({"/usr/share/python-wheels/.": "python3-venv"})
        call(sys.executable, "-m", "venv", "--clear", home)
    call(interpreter, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", wanted)
    stamp.write_text(digest)
    return interpreter


def packages() -> None:
    """Lets this process import what requirements.txt lists."""
    interpreter = python()
    folder = subprocess.run(
        [interpreter, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    site.addsitedir(folder.stdout.strip())


def source(name: str, version: str) -> Path:
    """The unpacked source distribution of a Python package; its tests are only there."""
    folder = cache() / "sdist" / f"{name}-{version}"
    if (folder / "pyproject.toml").exists():
        return folder
    print(f"-- pip download {name}=={version} (source)", flush=True)
    store = folder.parent
    store.mkdir(parents=True, exist_ok=True)
    call(
        python(), "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps",
        "--no-binary", name, "-d", store, f"{name}=={version}",
    )  # fmt: skip
    shutil.unpack_archive(store / f"{name}-{version}.tar.gz", store)
    return folder


def node(folder: Path) -> Path:
    """Installs the locked npm packages of `folder` into the cache; returns where they are."""
    if not shutil.which("node") or not shutil.which("npm"):
        apt({"node": "nodejs", "npm": "npm"})
    home = cache() / folder.name
    lock = (folder / "package-lock.json").read_bytes()
    stamp = home / "package-lock.sha256"
    digest = hashlib.sha256(lock).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return home
    print(f"-- npm ci ({folder.name})", flush=True)
    home.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(folder / name, home / name)
    call("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=home)
    stamp.write_text(digest)
    return home
