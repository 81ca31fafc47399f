# The hosts of the lab that BENCH_LAB describes: written by bench/run.py for every round.
import json
import os

with open(os.environ["BENCH_LAB"]) as file:
    _lab = json.load(file)

_common = {
    "ssh_user": "root",
    "ssh_key": _lab["keyFile"],
    # The lab's hosts have new keys each time.
    "ssh_strict_host_key_checking": "no",
    "ssh_known_hosts_file": _lab["knownHosts"],
    "vip": _lab["vip"],
    "iface": _lab["interface"],
}
nodes = [
    (host["address"], {**_common, "node": host["name"], "prio": 103 - index})
    for index, host in enumerate(_lab["hosts"])
]
