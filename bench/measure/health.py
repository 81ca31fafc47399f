"""What "healthy" means, the same for every tool and seen from outside all of them.

etcd and Galera are asked on the hosts, the virtual IP and the platform's page as a client would ask: over the network.
"""

import socket
import time
import urllib.request
from dataclasses import dataclass
from urllib.error import URLError

from .lab import Lab
from .process import Failed

STEP = 0.1
"""Seconds between two looks. A look takes up to a second: so coarse is a time to healthy that the tool did not wait
for itself."""


@dataclass
class Foundation:
    """Where one tool put what all tools deploy."""

    members: list[str]
    """The hosts that run etcd and Galera."""
    etcd_scheme: str
    etcd_options: list[str]
    database: tuple[str, int]
    page: str
    """URL."""


def wait_until_healthy(lab: Lab, foundation: Foundation, limit: float = 120) -> float | None:
    """Returns when everything works: None if it did at the first look, else the time (`time.monotonic`) it did."""
    deadline = time.monotonic() + limit
    wrong = what_is_wrong(lab, foundation)
    if wrong is None:
        return None
    while time.monotonic() < deadline:
        time.sleep(STEP)
        wrong = what_is_wrong(lab, foundation)
        if wrong is None:
            return time.monotonic()
    raise Failed(f"not healthy {limit:.0f} s after the run ended: {wrong}")


def what_is_wrong(lab: Lab, foundation: Foundation) -> str | None:
    for check in (etcd, galera, database, page):
        wrong = check(lab, foundation)
        if wrong is not None:
            return f"{check.__name__}: {wrong}"
    return None


def etcd(lab: Lab, foundation: Foundation) -> str | None:
    members = foundation.members
    endpoints = ",".join(f"{foundation.etcd_scheme}://{lab.hosts[m]}:2379" for m in members)
    # By default it tries a dead endpoint for five seconds: too coarse for a clock.
    limits = ["--dial-timeout=1s", "--command-timeout=1s"]
    etcdctl = ["env", "ETCDCTL_API=3", "etcdctl", *limits, *foundation.etcd_options]
    # Each endpoint reads through the leader: a member that is alone is not healthy.
    health = lab.run(members[0], *etcdctl, f"--endpoints={endpoints}", "endpoint", "health")
    if health.returncode != 0:
        return (health.stderr or health.stdout).strip().splitlines()[-1]
    listed = lab.run(members[0], *etcdctl, f"--endpoints={endpoints.split(',')[0]}", "member", "list").stdout
    started = sum(", started, " in line for line in listed.splitlines())
    return None if started == len(members) else f"{started} of {len(members)} members"


def galera(lab: Lab, foundation: Foundation) -> str | None:
    query = (
        "select variable_value from information_schema.global_status where variable_name in "
        "('wsrep_cluster_size', 'wsrep_cluster_status', 'wsrep_local_state_comment', 'wsrep_ready') "
        "order by variable_name"
    )
    expected = [str(len(foundation.members)), "Primary", "Synced", "ON"]
    for member in foundation.members:
        asked = lab.run(member, "mysql", "-NBe", query)
        if asked.stdout.split() != expected:
            return f"{member}: {asked.stdout.split() or asked.stderr.strip()}"
    return None


def database(_lab: Lab, foundation: Foundation) -> str | None:
    try:
        with socket.create_connection(foundation.database, timeout=1) as connection:
            greeting = connection.recv(5)
    except OSError as error:
        return f"{foundation.database}: {error}"
    # A packet's header of four bytes, then the protocol's version: 10 in a greeting, 255 in a refusal.
    return None if greeting[4:5] == b"\x0a" else f"{foundation.database}: no greeting but {greeting!r}"


def page(_lab: Lab, foundation: Foundation) -> str | None:
    # The lab's network is this machine's own: no proxy stands in between.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(foundation.page, timeout=1) as answer:
            return None if answer.status == 200 else f"status {answer.status}"
    except (URLError, OSError) as error:
        return f"{foundation.page}: {error}"


UNITS = ("etcd", "mariadb", "haproxy", "nginx", "keepalived", "quorate-agent")


def fingerprint(lab: Lab) -> dict[str, str]:
    """What a run that changes nothing must leave alone, per host: files in /etc and when the units started."""
    look = (
        "find /etc -xdev -type f -printf '%p %i %s %T@\\n' | sort; "
        f"systemctl show --property=Id,ActiveEnterTimestampMonotonic,UnitFileState {' '.join(UNITS)}"
    )
    return {host: lab.run(host, "sh", "-c", look).stdout for host in lab.hosts}
