"""A real SLURM with two nodes on one machine: munge, slurmctld and two slurmd, on the loopback, without systemd.

Needs root and the Debian packages slurmctld, slurmd, slurm-client and munge:
Debian's slurmd may run several times on one host. It writes
/etc/slurm/slurm.conf, which must not be there before, and removes it again.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CONF = Path("/etc/slurm/slurm.conf")
NODES = ("n1", "n2")
PATIENCE = 60  # seconds until the nodes must be up

TEXT = """\
ClusterName=semclear
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={home}/munge.socket
CryptoType=crypto/munge
StateSaveLocation={home}/state
SlurmdSpoolDir={home}/spool.%n
SlurmctldPidFile={home}/slurmctld.pid
SlurmdPidFile={home}/slurmd.%n.pid
SlurmctldLogFile={home}/slurmctld.log
SlurmdLogFile={home}/slurmd.%n.log
SlurmctldPort=16817
SlurmdTimeout=10
InactiveLimit=0
MinJobAge=300
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=1
JobRequeue=1
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port=16818 CPUs=2 RealMemory=8000 Gres=gpu:1 State=UNKNOWN
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port=16819 CPUs=2 RealMemory=8000 Gres=gpu:1 State=UNKNOWN
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
"""
#: A device that is there and is none: SLURM hands it out, nothing computes on it.
GRES = "NodeName=n[1-2] Name=gpu File=/dev/null\n"


class Cluster:
    """The daemons of the cluster, by name; see `started`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.daemons: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *words: str) -> None:
        """Start a daemon that stays in the foreground."""
        with (self.home / f"{name}.out").open("wb") as log:
            self.daemons[name] = subprocess.Popen(
                words, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def lose(self, node: str) -> None:
        """Kill a node's daemon and every job step that it looks after, as a power cut would."""
        own = self.daemons[node]
        steps = _descendants_of_node(node)
        own.kill()
        own.wait()
        for number in steps:
            with suppress(ProcessLookupError):
                os.kill(number, 9)

    def states(self) -> dict[str, str]:
        """Return each node's state as SLURM sees it."""
        done = subprocess.run(["sinfo", "-N", "-h", "-o", "%N %T"], capture_output=True, text=True)
        return dict(line.split() for line in done.stdout.splitlines() if len(line.split()) == 2)

    def stop(self) -> None:
        """End all daemons, the nodes first."""
        for name in reversed(self.daemons):
            if self.daemons[name].poll() is None:
                self.daemons[name].terminate()
        for process in self.daemons.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _descendants_of_node(node: str) -> list[int]:
    """Return the processes whose environment says that they run on the node, their step daemons included."""
    import psutil

    found: set[int] = set()
    for process in psutil.process_iter(["pid", "name"]):
        try:
            if process.environ().get("SLURMD_NODENAME") == node:
                found.add(process.pid)
                found |= {parent.pid for parent in process.parents() if parent.name() == "slurmstepd"}
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return sorted(found)


@contextmanager
def started(home: Path) -> Iterator[Cluster]:
    """Yield a cluster whose two nodes are idle; end it and remove its settings in the end.

    Raises
    ------
    RuntimeError
        Where there is a SLURM already, or the nodes do not come up.
    """
    if CONF.exists():
        raise RuntimeError(f"{CONF}: there is a cluster already; this would replace its settings")
    home.mkdir(parents=True, exist_ok=True)
    for name in ("state", *(f"spool.{node}" for node in NODES)):
        (home / name).mkdir(exist_ok=True)
    key = home / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    home.chmod(0o755)
    CONF.parent.mkdir(parents=True, exist_ok=True)
    host = socket.gethostname().partition(".")[0]
    CONF.write_text(TEXT.format(host=host, home=home), encoding="utf-8")
    CONF.with_name("gres.conf").write_text(GRES, encoding="utf-8")
    cluster = Cluster(home)
    try:
        files = {
            "key-file": key, "socket": home / "munge.socket", "pid-file": home / "munge.pid",
            "log-file": home / "munge.log", "seed-file": home / "munge.seed",
        }  # fmt: skip
        munged = shutil.which("munged") or "/usr/sbin/munged"
        cluster.start("munge", munged, "--foreground", "--force", *(f"--{n}={v}" for n, v in files.items()))
        _until(lambda: (home / "munge.socket").exists(), "munge")
        cluster.start("slurmctld", shutil.which("slurmctld") or "/usr/sbin/slurmctld", "-D", "-c")
        for node in NODES:
            cluster.start(node, shutil.which("slurmd") or "/usr/sbin/slurmd", "-D", "-c", "-N", node)
        _until(lambda: set(cluster.states().values()) == {"idle"}, "the nodes")
        yield cluster
    finally:
        cluster.stop()
        CONF.unlink(missing_ok=True)
        CONF.with_name("gres.conf").unlink(missing_ok=True)


def _until(there, what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not there():
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not up within {PATIENCE} s; see the logs beside slurmctld.log")
        time.sleep(0.5)
