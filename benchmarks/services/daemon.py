"""What the services share: a folder of their own, free ports, a process to wait for, and the file of variables."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from semclear.errors import SemclearError
from semclear.files import whole_file

ADDRESS = "127.0.0.1"
PATIENCE = 600  # seconds until a service must answer
ENDING = 20  # seconds that it has to end


def free_port() -> int:
    """Return a port that nobody listens on; below 32768, as SeaweedFS adds 10,000 for its second one."""
    generator = secrets.SystemRandom()
    for port in (generator.randrange(15000, 32000) for _ in range(100)):
        with socket.socket() as one, socket.socket() as other:
            try:
                one.bind((ADDRESS, port))
                other.bind((ADDRESS, port + 10000))
                return port
            except OSError:
                continue
    raise SemclearError(f"{ADDRESS}: got no free port in a hundred tries; end what listens there")


def program(name: str, *folders: str, needs: str) -> str:
    """Return a program's path.

    Parameters
    ----------
    name : str
        The program.
    *folders : str
        Looked at besides the PATH.
    needs : str
        What brings it, for the message.

    Raises
    ------
    SemclearError
        Where it is not found.
    """
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        raise SemclearError(f"{name}: not found; install {needs}")
    return found


def kept(file: Path, make: Callable[[], Mapping[str, str]]) -> dict[str, str]:
    """Return keys and ports of an earlier start; made and kept for the owner alone where there was none."""
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(file) as scratch:
            scratch.write_text(json.dumps(dict(make())), encoding="utf-8")
        file.chmod(0o600)
    return json.loads(file.read_text(encoding="utf-8"))


def export(file: Path, variables: Mapping[str, str]) -> None:
    """Write variables as lines that a shell reads (``. FILE``), for the owner alone."""
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()]
    with whole_file(file) as scratch:
        scratch.write_text("".join(lines), encoding="utf-8")
    file.chmod(0o600)


@contextmanager
def running(
    words: list[str],
    log: Path,
    port: int,
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
    end: signal.Signals = signal.SIGTERM,
) -> Iterator[None]:
    """Run a server until the block ends; it listens on `port` when the block begins.

    Parameters
    ----------
    words : list of str
        Its command, which stays in the foreground.
    log : Path
        Of what it prints.
    port : int
        On `ADDRESS`.
    environment : mapping, optional
        Instead of this process's own.
    user : str, optional
        Whom it runs as.
    end : signal.Signals
        What ends it in good order.

    Raises
    ------
    SemclearError
        Where it ends or does not answer; names the log.
    """
    with log.open("ab") as stream:
        process = subprocess.Popen(
            words, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True, env=environment, user=user
        )
    try:
        until(lambda: _answers(port), process, log)
        yield
    finally:
        if process.poll() is None:
            process.send_signal(end)
            with suppress(subprocess.TimeoutExpired):
                process.wait(ENDING)
        with suppress(ProcessLookupError):  # its workers, too
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex((ADDRESS, port)) == 0


def until(there: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until `there`.

    Raises
    ------
    SemclearError
        Where the process ends first, or after `PATIENCE`.
    """
    begun = time.monotonic()
    while not there():
        if process.poll() is not None or time.monotonic() - begun > PATIENCE:
            state = (
                "does not answer" if process.poll() is None else f"ended with exit code {process.returncode}"
            )
            words = log.read_text(encoding="utf-8", errors="replace").splitlines()
            raise SemclearError(
                f"{log}: {process.args[0]} {state}: {words[-1] if words else 'it said nothing'}"
            )
        time.sleep(0.2)


def serve(
    start: Callable[[Path], AbstractContextManager[Mapping[str, str]]], name: str, about: str | None
) -> int:
    """Be the command of one service: start it, write ``HOME/NAME.sh``, and stay until Ctrl-C.

    Parameters
    ----------
    start : callable
        Takes the service's home, and yields the variables by which it is chosen.
    name : str
        Of the service.
    about : str or None
        The module's text.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--home", type=Path, required=True, help="folder of the services' data, keys and logs"
    )
    home = parser.parse_args().home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with start(home) as variables:
            export(home / f"{name}.sh", variables)
            print(
                f"{name} is up; choose it in another terminal by: . {home / name}.sh (end with Ctrl-C)",
                flush=True,
            )
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except SemclearError as error:
        print(f"error: {error}", flush=True)
        return 1
    return 0
