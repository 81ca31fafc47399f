"""The cluster file for Quorate: the foundation on the first three hosts, compute on all others."""

import json

from .lab import Lab

FOUNDATION = 3
PLATFORM_VIP = 100
DATABASE_VIP = 101
"""Last parts of addresses in the lab's network, out of reach of hosts 1 to 80."""


def cluster_file(lab: Lab, database: dict | None = None) -> str:
    hosts = [
        {
            "name": name,
            "address": address,
            "roles": ["control", "gateway", "database"] if index < FOUNDATION else ["compute"],
        }
        for index, (name, address) in enumerate(lab.hosts.items())
    ]
    document = {
        "apiVersion": "quorate.dev/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": "bench"},
        "spec": {
            "ssh": {"user": "root", "keyFile": str(lab.key)},
            "networks": [{"name": "lan", "cidr": lab.subnet}],
            "hosts": hosts,
            "endpoints": [
                {"name": "platform", "vip": lab.address(PLATFORM_VIP), "names": ["platform.example.com"]},
                {"name": "database", "vip": lab.address(DATABASE_VIP)},
            ],
            # The schema's account is what lets a client in: without one, MariaDB greets nobody.
            "database": {**(database or {"galera": {}}), "schemas": [{"name": "platform"}]},
        },
    }
    # JSON is YAML: no dependency for the sake of looks.
    return json.dumps(document, indent=2)
