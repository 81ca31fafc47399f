# The foundation of ../ansible, written for pyinfra: same files, same order, same checks.
import json
import os

from pyinfra import host
from pyinfra.operations import files, server, systemd

with open(os.environ["BENCH_LAB"]) as file:
    nodes = [(h["name"], h["address"]) for h in json.load(file)["hosts"]]
first = host.name == nodes[0][1]

files.block(name="names in /etc/hosts", path="/etc/hosts",
            content="\n".join(f"{a} {n}.cluster" for n, a in nodes) + f"\n{host.data.vip} platform.cluster")
etcd = files.template(name="etcd defaults", src="templates/etcd.j2", dest="/etc/default/etcd", nodes=nodes)
systemd.service(name="etcd runs", service="etcd", running=True, enabled=True)
systemd.service(name="etcd restarts", service="etcd", restarted=True, _if=etcd.did_change)
server.shell(name="etcd is healthy", commands=[
    f"for i in $(seq 30); do ETCDCTL_API=3 etcdctl --endpoints=http://{host.name}:2379 endpoint health && exit 0; sleep 0.3; done; exit 1"])
systemd.service(name="no socket activation for MariaDB", service="mariadb.socket", running=False, enabled=False)
galera = files.template(name="Galera config", src="templates/galera.j2", dest="/etc/mysql/mariadb.conf.d/90-galera.cnf",
                        mode="600", user="mysql", nodes=nodes)
if first:
    server.shell(name="bootstrap the first node", commands=["galera_new_cluster"], _if=galera.did_change)
systemd.service(name="MariaDB runs", service="mariadb", running=True, enabled=True)
server.shell(name="Galera is synced", commands=[
    "for i in $(seq 200); do mysql -NBe \"show status like 'wsrep_local_state_comment'\" | grep -q Synced && exit 0; sleep 0.3; done; exit 1"])
if first:
    server.shell(name="health user", commands=["mysql -e \"CREATE USER IF NOT EXISTS 'haproxy'@'%'\""])
sysctl = files.put(name="bind to an address not here yet", src="templates/90-ha.conf", dest="/etc/sysctl.d/90-ha.conf")
server.shell(name="sysctl applies", commands=["sysctl -p /etc/sysctl.d/90-ha.conf"], _if=sysctl.did_change)
for unit, src, dest in (("haproxy", "haproxy.j2", "/etc/haproxy/haproxy.cfg"),
                        ("nginx", "nginx.j2", "/etc/nginx/conf.d/platform.conf"),
                        ("keepalived", "keepalived.j2", "/etc/keepalived/keepalived.conf")):
    conf = files.template(name=f"{unit} config", src=f"templates/{src}", dest=dest, nodes=nodes)
    systemd.service(name=f"{unit} runs", service=unit, running=True, enabled=True)
    systemd.service(name=f"{unit} restarts", service=unit, restarted=True, _if=conf.did_change)
server.shell(name="the VIP answers SQL", commands=[
    f"for i in $(seq 200); do bash -c '</dev/tcp/{host.data.vip}/3307' 2>/dev/null && exit 0; sleep 0.3; done; exit 1"])
