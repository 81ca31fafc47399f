#!/usr/bin/env python3
"""How long a client of a replicated database waits while the primary changes: its server killed, its host switched off,
the lead handed over. One client writes a row, waits for the acknowledgement, writes the next, through the virtual IP; an
interruption is the time between two acknowledgements. At the end every acknowledged row is looked for on every host."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

from measure import environment
from measure.cluster import DATABASE_VIP, cluster_file
from measure.lab import Lab
from measure.process import Failed

HERE = Path(__file__).resolve().parent
PROGRAM = HERE.parent / "target/x86_64-unknown-linux-gnu/release/quorate"
RESULTS = HERE / "results"
AIMS = {"server killed": 1500, "host killed": {"safe": 6000, "fast": 3000}, "switchover": 500}
"""Milliseconds."""
PATIENCE = 90.0
LED = 4
"""In one of so many rounds the primary's host is killed once more, as etcd's leader too."""
CONNECT, ANSWER = 0.25, 1.0
"""Seconds in which the client expects a connection and an answer before it tries anew. What is sent to a host that is gone
nobody refuses, so these add to what is measured: a library's usual second for the first would be most of it."""


class Writer(threading.Thread):
    """Writes until told to stop; remembers what was acknowledged, and when."""

    def __init__(self, address: str, password: str):
        super().__init__(daemon=True)
        self.address, self.password = address, password
        self.acknowledged: list[int] = []
        self.longest = 0.0
        self.last = time.monotonic()
        self.stopped = threading.Event()

    def connect(self):
        import pymysql
        return pymysql.connect(host=self.address, user="platform", password=self.password, database="platform",
                               connect_timeout=CONNECT, read_timeout=ANSWER, write_timeout=ANSWER, autocommit=True)

    def run(self):
        import pymysql
        connection, value = None, 0
        while not self.stopped.is_set():
            value += 1
            try:
                connection = connection or self.connect()
                with connection.cursor() as cursor:
                    cursor.execute("INSERT INTO bench (v) VALUES (%s)", (value,))
            except (pymysql.MySQLError, OSError):
                if connection:
                    try:
                        connection.close()
                    except (pymysql.MySQLError, OSError):
                        pass
                connection = None
                time.sleep(0.01)
                continue
            now = time.monotonic()
            self.longest = max(self.longest, now - self.last)
            self.last = now
            self.acknowledged.append(value)

    def interruption(self) -> float:
        """The longest since it was last asked, in milliseconds; waits until it writes again."""
        asked, deadline = time.monotonic(), time.monotonic() + PATIENCE
        while self.last < asked or len(self.acknowledged) == 0:
            if time.monotonic() > deadline:
                raise Failed("the client was not served again")
            time.sleep(0.02)
        longest, self.longest = self.longest, 0.0
        return longest * 1000


class Database:
    def __init__(self, program: str, file: Path, folder: Path, lab: Lab):
        self.program, self.file, self.lab = program, file, lab
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "QUORATE_LAB_STATE") if name in os.environ}
        self.environment = {**kept, "LANG": "C", "XDG_STATE_HOME": str(folder / "state")}

    def call(self, *words: str, fine=(0,)) -> str:
        done = subprocess.run([self.program, *words, str(self.file)], env=self.environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False, timeout=300)
        if done.returncode not in fine:
            raise Failed(f"{' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def whole(self) -> tuple[str, str]:
        """Waits for a primary and a synchronous host, and everything else well; which they are."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            status = json.loads(self.call("db", "status", "--json", fine=(0, 3, 4)))
            sync = (status.get("record") or {}).get("sync") or []
            if status.get("primary") and sync and json.loads(self.call("status", "--json", fine=(0, 3, 4)))["state"] == "healthy":
                return status["primary"], sync[0]
            time.sleep(0.3)
        raise Failed("the database did not become whole again")

    def etcdctl(self, host: str, *words: str) -> str:
        at = ("ETCDCTL_API=3 etcdctl --cacert /etc/quorate/etcd/ca.crt --cert /etc/quorate/etcd/member.crt "
              "--key /etc/quorate/etcd/member.key --endpoints https://127.0.0.1:2379 ")
        return self.lab.run(host, "sh", "-c", at + " ".join(words)).stdout

    def etcd_leads(self, host: str) -> bool:
        return ", true, " in self.etcdctl(host, "endpoint status")

    def etcd_elsewhere(self, host: str) -> None:
        """Waits until etcd's leader has left a host, as it does soon after that became the primary's."""
        deadline, moved = time.monotonic() + PATIENCE, False
        while self.etcd_leads(host):
            if time.monotonic() > deadline:
                raise Failed(f"etcd's leader stays on {host}")
            moved = True
            time.sleep(0.3)
        if moved:
            # A new leader of etcd gives every lease a second more, until it is renewed.
            time.sleep(2)

    def etcd_here(self, host: str) -> None:
        """Hands etcd's lead to a host."""
        member = self.etcdctl(host, "endpoint status").split(", ")[1]
        for other in self.lab.hosts:
            if not self.etcd_leads(host):
                self.etcdctl(other, "move-leader", member)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--timing", choices=["safe", "fast"], default="safe")
    parser.add_argument("--quorate", default=str(PROGRAM), metavar="PATH")
    chosen = parser.parse_args()
    environment.enter()
    program = str(Path(chosen.quorate).absolute())
    seen: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as made, Lab(Path(program), "bench-replication", 3) as lab:
        folder = Path(made)
        file = folder / "cluster.yaml"
        file.write_text(cluster_file(lab, {"replication": {"timing": chosen.timing}}))
        database = Database(program, file, folder, lab)
        database.call("apply", "--yes", "--accept-new-host-keys")
        password = database.call("secret", "show", "platform").strip()
        primary, _ = database.whole()
        lab.run(primary, "mariadb", "platform", "-e", "CREATE TABLE bench (v BIGINT PRIMARY KEY)")
        writer = Writer(lab.address(DATABASE_VIP), password)
        writer.start()
        time.sleep(1)
        writer.interruption()

        def note(what: str, host: str):
            ms = writer.interruption()
            seen.setdefault(what, []).append(ms)
            print(f"{len(seen[what]):>3}  {what:<44} {host}  {ms:.0f} ms", flush=True)
            if ms > median(seen[what]) * 1.1:
                told(lab, f"{chosen.timing}-{what.replace(' ', '-').replace(',', '')}-{len(seen[what])}")

        def kill_host(with_etcd: bool):
            primary, _ = database.whole()
            (database.etcd_here if with_etcd else database.etcd_elsewhere)(primary)
            writer.interruption()
            subprocess.run([program, "lab", "kill", "--name", lab.name, primary], check=True, capture_output=True)
            time.sleep(1)
            note("host killed, which led etcd" if with_etcd else "host killed", primary)
            subprocess.run([program, "lab", "start", "--name", lab.name, primary], check=True, capture_output=True)

        for number in range(chosen.rounds):
            primary, _ = database.whole()
            writer.interruption()
            database.call("db", "switchover")
            note("switchover", primary)
            primary, _ = database.whole()
            writer.interruption()
            lab.run(primary, "sh", "-c", "kill -9 $(pidof mariadbd)")
            time.sleep(0.5)
            note("server killed", primary)
            kill_host(with_etcd=False)
            if number % LED == 0:
                kill_host(with_etcd=True)
        database.whole()
        writer.stopped.set()
        writer.join()
        lost = missing(lab, writer.acknowledged)
        agents = {host: agent(lab, host) for host in lab.hosts}
    print("\n| what | rounds | p50 | max | aim |\n|---|--:|--:|--:|--:|")
    for what, found in sorted(seen.items()):
        aim = AIMS[what.split(",")[0]]
        aim = aim[chosen.timing] if isinstance(aim, dict) else aim
        print(f"| {what} | {len(found)} | {median(found):.0f} ms | {max(found):.0f} ms | {aim} ms |")
    print(f"\n{len(writer.acknowledged)} acknowledged writes, missing: {lost}")
    for host, (mib, percent) in agents.items():
        print(f"agent on {host}, idle: {mib:.1f} MiB resident, {percent:.2f} % of a core")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"replication-{chosen.timing}.json").write_text(json.dumps(seen, indent=2) + "\n")
    return 1 if any(lost.values()) else 0


def agent(lab: Lab, host: str, seconds: float = 20.0) -> tuple[float, float]:
    """MiB resident and percent of a core, by itself and what it has run, while nobody uses the database."""
    pid = lab.run(host, "systemctl", "show", "-p", "MainPID", "--value", "quorate-agent").stdout.strip()

    def cpu() -> float:
        ticks = lab.run(host, "cat", f"/proc/{pid}/stat").stdout.rsplit(")", 1)[1].split()
        # utime, stime, and those of children that have ended.
        return sum(map(int, ticks[11:15])) / os.sysconf("SC_CLK_TCK")

    before, since = cpu(), time.monotonic()
    time.sleep(seconds)
    used = (cpu() - before) / (time.monotonic() - since) * 100
    status = lab.run(host, "cat", f"/proc/{pid}/status").stdout
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return resident / 1024, used


def told(lab: Lab, name: str) -> None:
    """Keeps what the agents said of the last seconds: for a round that took longer than others."""
    logs = RESULTS / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    for host in lab.hosts:
        said = lab.run(host, "journalctl", "-u", "quorate-agent", "-o", "short-precise", "--since", "-15s").stdout
        (logs / f"replication-{name}-{host}.log").write_text(said)


def missing(lab: Lab, acknowledged: list[int]) -> dict[str, int]:
    """Host → how many acknowledged rows it does not have."""
    found = {}
    for host in lab.hosts:
        deadline = time.monotonic() + 10
        while True:
            rows = set(map(int, lab.run(host, "mariadb", "-NBe", "SELECT v FROM platform.bench").stdout.split()))
            found[host] = len(set(acknowledged) - rows)
            if found[host] == 0 or time.monotonic() > deadline:
                break
            time.sleep(0.5)
    return found


if __name__ == "__main__":
    sys.exit(main())
