#!/usr/bin/env python3
"""What a database that loses nothing costs: transactions per second of sysbench's oltp_write_only through the database's
virtual IP, for semi-synchronous replication and for Galera behind HAProxy as Quorate deploys them, and for asynchronous
replication beside them, which it does not deploy.

Asynchronous means here: the same servers with the same files, whose primary has been told not to wait for the replica's
acknowledgement (`SET GLOBAL rpl_semi_sync_master_enabled = 0`). The agents would switch it on again, so they are ended for
this part, with their gate and their address: the client then talks to the primary's own address on the same host. So that
this changes nothing but the wait, the semi-synchronous database is measured in this way too; and once more with replicas
that do not flush what they receive (`sync_relay_log = 0`), which says how much of the cost that is."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from measure.cluster import DATABASE_VIP, cluster_file
from measure.lab import Lab
from measure.process import Failed, measured

HERE = Path(__file__).resolve().parent
PROGRAM = HERE.parent / "target/x86_64-unknown-linux-gnu/release/quorate"
RESULTS = HERE / "results"
SEMI, ALONE, LAX, ASYNC, GALERA = (
    "semi-synchronous, as deployed", "semi-synchronous, agents ended", "semi-synchronous, replicas do not flush",
    "asynchronous", "Galera, as deployed")
TABLES, ROWS = 4, 10_000


@dataclass
class Round:
    per_second: float
    p95_ms: float
    busy: float
    """Of this machine's processors, while it ran."""
    waiting: float
    """Of the same: idle, with somebody waiting for the disk."""


class Client:
    """sysbench on the operator's machine."""

    def __init__(self, folder: Path, address: str, password: str, seconds: int):
        # A file, for arguments are seen by everybody.
        self.secret, self.address, self.seconds = folder / "sysbench.cnf", address, seconds
        with open(os.open(self.secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(f"mysql-password={password}\n")

    def call(self, word: str, *options: str) -> str:
        command = ["sysbench", f"--config-file={self.secret}", f"--mysql-host={self.address}", "--mysql-user=platform",
                   "--mysql-db=platform", f"--tables={TABLES}", f"--table-size={ROWS}", *options, "oltp_write_only", word]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=self.seconds + 120)
        if done.returncode != 0:
            raise Failed(f"sysbench {word}: {done.stdout[-2000:]}{done.stderr}")
        return done.stdout

    def round(self, threads: int) -> Round:
        before = processors()
        told = self.call("run", f"--threads={threads}", f"--time={self.seconds}")
        used = [after - first for first, after in zip(before, processors())]
        rate = re.search(r"transactions:\s+\d+\s+\(([\d.]+) per sec", told)
        late = re.search(r"95th percentile:\s+([\d.]+)", told)
        if not rate or not late:
            raise Failed(f"sysbench said something else: {told}")
        # user nice system idle iowait irq softirq …
        total = sum(used[:8])
        return Round(float(rate[1]), float(late[1]), 1 - (used[3] + used[4]) / total, used[4] / total)


def processors() -> list[int]:
    return [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]


class Deployed:
    """A fresh lab with the database in it."""

    def __init__(self, program: str, folder: Path, lab: Lab, database: dict):
        self.program, self.folder, self.lab = program, folder, lab
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "QUORATE_LAB_STATE") if name in os.environ}
        self.environment = {**kept, "LANG": "C", "XDG_STATE_HOME": str(folder / "state")}
        self.file = folder / "cluster.yaml"
        self.file.write_text(cluster_file(lab, database))
        self.call("apply", "--yes", "--accept-new-host-keys")
        self.password = self.call("secret", "show", "platform").strip()
        self.settle()

    def call(self, *words: str, fine=(0,)) -> str:
        run = measured([self.program, *words, str(self.file)], env=self.environment, cwd=self.folder,
                       log=self.folder / f"{words[0]}.log", limit=300)
        return run.out if run.code in fine else run.expect_success().out

    def settle(self):
        deadline = time.monotonic() + 90
        while json.loads(self.call("status", "--json", fine=(0, 3, 4)))["state"] != "healthy":
            if time.monotonic() > deadline:
                raise Failed("the database did not become whole")
            time.sleep(0.5)

    def primary(self) -> str:
        return json.loads(self.call("db", "status", "--json", fine=(0, 3, 4)))["primary"]

    def sql(self, host: str, statement: str) -> str:
        done = self.lab.run(host, "mariadb", "-NBe", statement)
        if done.returncode != 0:
            raise Failed(f"{host}: {statement}: {done.stderr}")
        return done.stdout.strip()

    def waited(self, primary: str) -> tuple[int, int]:
        """How many commits a replica has confirmed, and how many nobody waited for."""
        told = dict(line.split("\t") for line in self.sql(primary, "SHOW STATUS LIKE 'Rpl_semi_sync_master%tx'").splitlines())
        return int(told["Rpl_semi_sync_master_yes_tx"]), int(told["Rpl_semi_sync_master_no_tx"])

    def end_agents(self):
        """The servers go on as they are: by their files the agents' end is not theirs."""
        for host in self.lab.hosts:
            done = self.lab.run(
                host, "sh", "-ec",
                "mkdir -p /run/systemd/system/quorate-agent.service.d; cd /run/systemd/system/quorate-agent.service.d;"
                "printf '[Service]\\nRestart=no\\n' > bench.conf; systemctl daemon-reload;"
                "systemctl kill --signal=KILL quorate-agent; nft flush ruleset")
            if done.returncode != 0:
                raise Failed(f"{host}: {done.stderr}")


def replication(program: str, chosen, folder: Path, lab: Lab, note):
    database = Deployed(program, folder, lab, {"replication": {}})
    client = Client(folder, lab.address(DATABASE_VIP), database.password, chosen.seconds)
    client.call("prepare")
    database.settle()
    client.round(max(chosen.threads))
    for _ in range(chosen.rounds):
        for threads in chosen.threads:
            note(SEMI, threads, client.round(threads))
    database.settle()
    primary = database.primary()
    database.end_agents()
    client.address = lab.hosts[primary]
    replicas = [host for host in lab.hosts if host != primary]
    # Asynchronous last: it leaves replicas that are behind, for whom a commit that waits would have to wait first.
    for name, on, flushed in [(ALONE, 1, 1), (LAX, 1, 0), (ASYNC, 0, 1)]:
        database.sql(primary, f"SET GLOBAL rpl_semi_sync_master_enabled = {on}")
        for host in replicas:
            database.sql(host, f"SET GLOBAL sync_relay_log = {flushed}")
        before = database.waited(primary)
        for _ in range(chosen.rounds):
            for threads in chosen.threads:
                note(name, threads, client.round(threads))
        confirmed, unconfirmed = (now - then for now, then in zip(database.waited(primary), before))
        if confirmed == 0 if on else confirmed:
            raise Failed(f"{name}: {confirmed} commits were confirmed by a replica, {unconfirmed} were not")
        print(f"{name}: {confirmed} commits were confirmed by a replica, {unconfirmed} were not", flush=True)
    written = database.sql(primary, "SELECT @@gtid_binlog_pos")
    for host in replicas:
        if database.sql(host, "SHOW STATUS LIKE 'Slave_running'").split()[-1] != "ON":
            raise Failed(f"{host} does not follow")
        behind = int(written.rsplit("-", 1)[1]) - int(database.sql(host, "SELECT @@gtid_slave_pos").rsplit("-", 1)[1])
        print(f"{ASYNC}: {host} was {behind} transactions behind at the end", flush=True)


def galera(program: str, chosen, folder: Path, lab: Lab, note):
    database = Deployed(program, folder, lab, {"galera": {}})
    client = Client(folder, lab.address(DATABASE_VIP), database.password, chosen.seconds)
    client.call("prepare")
    client.round(max(chosen.threads))
    for _ in range(chosen.rounds):
        for threads in chosen.threads:
            note(GALERA, threads, client.round(threads))


def flush_ms(folder: Path) -> float:
    """How long this machine's disk takes to make 4 KiB last, in the middle."""
    took = []
    with open(folder / "flush", "wb", buffering=0) as file:
        for _ in range(200):
            begun = time.monotonic()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            took.append(time.monotonic() - begun)
    return median(took) * 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=20, help="of each round")
    parser.add_argument("--threads", type=lambda text: [int(t) for t in text.split(",")], default=[1, 16],
                        help="clients at a time, such as 1,16")
    parser.add_argument("--quorate", default=str(PROGRAM), metavar="PATH")
    chosen = parser.parse_args()
    program = str(Path(chosen.quorate).absolute())
    seen: dict[tuple[str, int], list[Round]] = {}

    def note(mode: str, threads: int, found: Round):
        seen.setdefault((mode, threads), []).append(found)
        print(f"{mode:<40} {threads:>3} clients  {found.per_second:>7.1f}/s  p95 {found.p95_ms:.1f} ms  "
              f"busy {found.busy:.0%}, waiting {found.waiting:.0%}", flush=True)

    load = os.getloadavg()
    for name, measure in (("bench-safety-r", replication), ("bench-safety-g", galera)):
        with tempfile.TemporaryDirectory(dir="/var/tmp") as made, Lab(Path(program), name, 3) as lab:
            flush = flush_ms(Path(made))
            measure(program, chosen, Path(made), lab, note)
    print("\n| | clients | transactions/s | beside asynchronous | p95 | processors busy |\n|---|--:|--:|--:|--:|--:|")
    for mode in (ASYNC, LAX, ALONE, SEMI, GALERA):
        for threads in chosen.threads:
            rounds = seen[mode, threads]
            rate = median(r.per_second for r in rounds)
            ratio = rate / median(r.per_second for r in seen[ASYNC, threads])
            late, busy = median(r.p95_ms for r in rounds), median(r.busy for r in rounds)
            print(f"| {mode} | {threads} | {rate:.0f} | {ratio:.2f} | {late:.1f} ms | {busy:.0%} |")
    print(f"\nmedians of {chosen.rounds} rounds of {chosen.seconds} s; a flush of this machine's disk took {flush:.2f} ms; "
          f"load before: {load[0]:.1f}; {os.cpu_count()} processors carry client, hosts and all three servers")
    RESULTS.mkdir(exist_ok=True)
    kept = [{"mode": mode, "clients": threads, "rounds": [asdict(r) for r in rounds]} for (mode, threads), rounds in seen.items()]
    (RESULTS / "safety.json").write_text(json.dumps({"flushMs": flush, "load": load, "seen": kept}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
