"""A Debian of its own, booted by systemd-nspawn: made with debootstrap once, copied for each run."""

import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Self

from deb import CHECKOUT
from installed import COMMAND_SECONDS, LOOK_SECONDS, MachineError

RELEASES = {"bookworm", "trixie"}
"""Debian 12 and 13; Raspberry Pi OS has the same names."""
PROGRAMS = ("debootstrap", "systemd-nspawn", "nsenter", "apt-get")
INIT = ("systemd", "systemd-sysv", "dbus", "udev", "python3")
"""What makes a root that boots, and what the package takes for granted."""
BOOT_SECONDS = 90.0
POWER_OFF_SECONDS = 30.0
MEMORY_KIB = 3 * 2**20
"""What has to be free: a root of 0.7 GB, the package's 0.6, and what runs."""
PREPARE = """
mount -t tmpfs -o mode=755 tmpfs "$2" # in a namespace of its own, and gone with its last process
cp -a "$1/." "$2"
rm -f "$2/etc/resolv.conf"            # the host's business
shift 2
exec "$@"
"""


def caches() -> Path:
    """Where roots and packages are kept between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "voiced" / "debian"


def obstacle() -> str | None:
    """Why no such machine can be had here, or None."""
    if os.geteuid() != 0:
        return "systemd-nspawn needs root"
    if absent := [program for program in PROGRAMS if shutil.which(program) is None]:
        return f"{', '.join(absent)} missing; ./scripts/test --system installs what it needs, on Debian"
    available = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(encoding="ascii"))
    if available is not None and int(available[1]) < MEMORY_KIB:
        return f"a machine in memory needs {MEMORY_KIB >> 20} GiB that are free"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "usr").mkdir()
        binds = [f"--bind-ro={path}" for path in ("/usr", "/lib", "/lib64") if Path(path).exists()]
        tried = subprocess.run(
            [*nspawn(Path(folder)), *binds, "/usr/bin/true"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    return f"systemd-nspawn can't run here: {tried.stderr.strip()}" if tried.returncode else None


def nspawn(root: Path) -> list[str]:
    """The command that runs something in a root, without machined, which minimal systems don't have."""
    command = ["systemd-nspawn", "--quiet", f"--directory={root}", "--register=no", "--resolv-conf=off"]
    return command if Path("/run/systemd/system").is_dir() else [*command, "--keep-unit"]


def made_root(release: str) -> Path:
    """A bare Debian with all that the package depends on, made where it isn't there."""
    needs = _run("bash", "-c", f". {CHECKOUT}/scripts/packaging/layout.sh; system_needs").split()
    wanted = ",".join([*INIT, *needs])
    recipe = sha256(wanted.encode()).hexdigest()[:12]
    root = caches() / f"{release}-{platform.machine()}-{recipe}"
    if not root.exists():
        root.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=root.parent))
        making.chmod(0o755)
        try:
            _run("debootstrap", "--variant=minbase", f"--include={wanted}", release, str(making), _mirror())
            shutil.rmtree(making / "var/cache/apt/archives", ignore_errors=True)
            for old in root.parent.glob(f"{release}-{platform.machine()}-*"):  # of other needs
                shutil.rmtree(old)
            making.rename(root)
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise
    return root


class Container:
    """A machine for the length of a context, of a copy of a root in memory; nothing is left of it however it ends."""

    def __init__(self, base: Path, binds: Mapping[Path, str]) -> None:
        self._base = base
        self._binds = binds
        self._place = tempfile.TemporaryDirectory(prefix="voiced-machine-")
        self._console = Path(self._place.name) / "console"
        self._process: subprocess.Popen[bytes] | None = None
        self._enter: list[str] = []
        self._init = ""

    def __enter__(self) -> Self:
        try:
            self._boot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()  # which has it power off in order
            try:
                self._process.wait(POWER_OFF_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._place.cleanup()

    @property
    def root(self) -> Path:
        """Its files, as the host may read and write them."""
        return Path(f"/proc/{self._init}/root")

    def run(self, *command: str, check: bool = True, seconds: float = COMMAND_SECONDS) -> str:
        """What a command wrote. Raises `MachineError` where it fails, with `check`, or takes longer."""
        try:
            done = subprocess.run(
                [*self._enter, *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise MachineError(f"still running after {seconds:g} s: {command}") from error
        if check and done.returncode:
            raise MachineError(f"status {done.returncode}: {' '.join(command)}\n{done.stdout}")
        return done.stdout

    def start(self, output: Path, *command: str) -> subprocess.Popen[bytes]:
        """Start a command that writes into a file of the host."""
        with output.open("wb") as file:
            return subprocess.Popen([*self._enter, *command], stdin=subprocess.DEVNULL, stdout=file, stderr=file)

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Put root's file where it belongs in the machine."""
        there = self.root / path.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(text, encoding="utf-8")
        there.chmod(mode)

    def files(self) -> set[str]:
        """Every path in the machine's root; nothing of what is mounted into it."""
        return set(self.run("find", "/", "-xdev").splitlines())

    def _boot(self) -> None:
        root = Path(self._place.name) / "root"
        root.mkdir()
        binds = [f"--bind={source}:{target}" for source, target in self._binds.items()]
        with self._console.open("wb") as console:
            self._process = subprocess.Popen(
                [
                    *("setpriv", "--pdeathsig", "TERM", "unshare", "--mount", "--propagation", "private"),
                    *("sh", "-euc", PREPARE, "sh", str(self._base), str(root)),
                    *(*nspawn(root), "--machine=voiced-test", "--boot", *binds),
                ],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )
        deadline = time.monotonic() + BOOT_SECONDS
        state = ""
        while state not in ("running", "degraded"):
            if self._process.poll() is not None or time.monotonic() > deadline:
                console_text = self._console.read_text(encoding="utf-8", errors="replace")
                raise MachineError(f"the machine did not boot ({state}):\n{console_text}")
            time.sleep(LOOK_SECONDS)
            if Path(f"/proc/{self._process.pid}/comm").read_text(encoding="ascii").strip() == "systemd-nspawn" and (
                children := _children(self._process.pid)
            ):
                self._init = children[0]
                namespaces = ("--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd")
                environment = ("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8")
                self._enter = ["nsenter", f"--target={self._init}", *namespaces, *environment]
                state = self.run("systemctl", "is-system-running", check=False).strip()


def _children(pid: int) -> Sequence[str]:
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:  # it has ended
        return ()


def _mirror() -> str:
    """The Debian mirror that this machine's apt was told to use."""
    for line in _run("apt-get", "indextargets", "--format", "$(LABEL)|$(REPO_URI)").splitlines():
        label, _, uri = line.partition("|")
        if label == "Debian":
            return uri
    raise MachineError("apt on this machine knows no Debian mirror")


def _run(*command: str) -> str:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise MachineError(f"status {done.returncode}: {' '.join(command)}\n{done.stdout[-4000:]}")
    return done.stdout
