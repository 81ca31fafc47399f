# What was seen on hosts: one line each, saying what it is, what it means, and what to do.

## Preflight: what is wrong with the hosts before anything is changed on them

note-preflight-not-root = logged in as { $user } without root's rights: nothing can be installed or configured; add `sudo` under `ssh` in the cluster file, or log in as root
note-preflight-no-systemd = systemd is not the host's init: services cannot be started or kept running; use a host that boots with systemd
note-preflight-os-untested = { $os } { $version } is not among the tested systems (Debian 12 or newer, Ubuntu 22.04 or newer): packages may be missing or behave differently; try it on a spare host first
note-preflight-disk-full = { $free } MiB are free under /var/lib, etcd and the database need at least { $need } MiB: they would stop when it is full; free or add space
note-preflight-disk-tight = { $free } MiB are free under /var/lib: enough to start, but a database copy or etcd's history may fill it; have { $want } MiB or more
note-preflight-memory-short = { $memory } MiB of memory, etcd and the database need at least { $need } MiB: the kernel would kill them; give the host more memory
note-preflight-memory-tight = { $memory } MiB of memory: enough for trials, but the database may be killed under load; have { $want } MiB or more
note-preflight-hostname = the host calls itself { $hostname }: logs and prompts on it will show that name; set the file's name with `hostnamectl set-hostname`, or use the host's name in the file
note-preflight-same-machine = { $hosts } are one and the same machine: losing it would lose all of them at once; correct their addresses in the cluster file
note-preflight-same-hostname = { $hosts } all call themselves { $value }: their logs and alerts cannot be told apart; give each its own name with `hostnamectl set-hostname`
note-preflight-same-machine-id = { $hosts } share the machine-id { $value }, as copies of one disk do: DHCP may give them one address; on all but one remove /etc/machine-id, run `systemd-machine-id-setup` and reboot
note-preflight-same-address = { $hosts } all carry the address { $value }: connections reach now one, now the other; remove it from all hosts but its owner
note-preflight-clocks-apart = clocks are { $apart } ms apart ({ $clocks } against the middle one): certificates and etcd need clocks that agree within half a second; run chrony or systemd-timesyncd on every host
note-preflight-clock-behind = the host's clock is { $seconds } s behind this machine's: it would refuse new certificates as not yet valid; set the clocks of both by NTP
note-preflight-vip-taken = { $mac } already answers for { $vip } (endpoint { $endpoint }): two machines would share the address and clients would reach either; give the endpoint an idle address, or switch that machine off
note-preflight-vip-on-host = { $interface } already carries { $vip } (endpoint { $endpoint }), and not by Quorate: it would stay here when the address moves; remove it from the interface and from its configuration
note-preflight-vrid-taken = others on the network { $network } already use VRRP router { $vrid } (endpoint { $endpoint }): the two groups would take each other's addresses down; write `vrid: { $free }` at the endpoint, which is free
note-preflight-port-taken = port { $port } is taken by { $process }: the component that needs it could not start; stop and disable that process, or move it to another port
note-preflight-engine-runs = { $process } already runs on port { $ports }, not set up by Quorate: applying takes it over and replaces its configuration; if it holds data that you need, move them away first
note-preflight-foreign-data = the database server holds data of its own ({ $schemas }): as a member of this database it would lose them; save them (mariadb-dump) and remove them from the server first
note-preflight-no-interface = no interface carries { $address }, the host's address in the cluster file (found: { $found }): engines could not listen on it; correct the file, or add the address to the host
note-preflight-selinux = SELinux is enforcing: it may deny engines their ports and directories, and Quorate installs no policies; watch `ausearch -m avc` after applying, or set it to permissive
note-preflight-firewall = { $firewalls } is active, and Quorate does not change it: between the hosts it must let through TCP { $ports }
note-preflight-firewall-vrrp = { $firewalls } is active, and Quorate does not change it: between the hosts it must let through TCP { $ports } and VRRP (IP protocol 112), or several hosts take the virtual IP at once
note-preflight-other-cluster = the host belongs to the cluster { $cluster }: applying would tear it out of there; run `quorate destroy` for it with that cluster's file, or correct the address here
note-preflight-external-unreachable = the database { $database } cannot be reached from here ({ $error }): the platform on this host would not work; look at the name, the port, and the network and firewalls in between
note-preflight-external-denied = the database { $database } does not let `{ $user }` in ({ $error }): the name or the password is wrong; correct user and passwordFrom in the cluster file
note-preflight-external-not-from-here = the database { $database } lets nobody in from this host ({ $error }): its keeper must allow `{ $user }` from this address, or run `FLUSH HOSTS` if it was blocked for errors
note-preflight-external-refuses = the database { $database } refuses `{ $user }`: { $error }
note-preflight-external-far = the database { $database } is { $took } ms away from this host, more than { $limit } ms: a page that asks it a hundred times takes seconds; use a database in the same local network
note-preflight-external-distant = the database { $database } is { $took } ms away from this host, more than { $limit } ms: the platform will feel slow; a database in the same local network is better
note-preflight-external-plain = the database { $database } offers no encryption: its data cross the network readable (the password does not); have its keeper turn TLS on, or keep the network private
note-preflight-external-read-only = the database { $database } takes no writes (read_only is on): it is a replica, or a failover is under way; point the cluster file to the primary
note-preflight-external-version = the database { $database } is version { $version }, and { $platform } { $platform-version } works only with { $named }; use such a server, or correct platform.version in the cluster file
note-preflight-external-unnamed = the database { $database } is version { $version }; the documents of { $platform } { $platform-version } name only { $named }: it may work, and nobody promises it
note-preflight-external-depends = the database { $database } is version { $version }, which fits some versions of { $platform } and not others; write platform.version into the cluster file, such as 5.1 or 5.17
note-preflight-external-unknown = the database { $database } tells a version that says nothing: { $version }; make sure by hand that { $platform } { $platform-version } works with it
note-preflight-external-schema-created = the database { $database } has no schema { $schema }; it will be made with the character set { $charset }
note-preflight-external-schema-missing = the database { $database } has no schema { $schema } that `{ $user }` sees, and the account may not make it; have its keeper run: CREATE DATABASE IF NOT EXISTS `{ $schema }` CHARACTER SET { $charset }{ $collate }; GRANT ALL PRIVILEGES ON `{ $schema }`.* TO '{ $user }'@'%';
note-preflight-external-schema-denied = in the database { $database }, `{ $user }` may not create tables and write in { $schema }; have its keeper run: GRANT ALL PRIVILEGES ON `{ $schema }`.* TO '{ $user }'@'%';
note-preflight-external-charset = in the database { $database }, { $schema } has the character set { $found } ({ $collation }) and not { $charset }: text would be refused or lost; while it is empty, have its keeper run ALTER DATABASE `{ $schema }` CHARACTER SET { $charset }{ $collate }; or write under schemas what it has
note-external-silent = the database { $database } does not answer this host ({ $error }): the platform cannot store anything; ask its keeper, and look at the network in between
note-external-denied = the database { $database } no longer lets `{ $user }` in from this host ({ $error }): the password was changed or the account taken away; correct passwordFrom and run `quorate apply`
note-external-refuses = the database { $database } refuses this host: { $error }
note-external-read-only = the database { $database } takes no writes (read_only is on): a failover of its keeper's is under way, or the address leads to a replica
note-external-no-password = the password for the database { $database } cannot be read from { $path } ({ $error }); run `quorate apply`
note-outside-lost = { $what }: no host that needs it can use it

## Probes and verdicts: what does not work on a host

note-probe-hangs = it did not answer within 1.5 s: the host is overloaded or the program hangs; look at its load and at the program's log
note-unit-not-active = { $unit } is { $state }: it does not run; see `journalctl -u { $unit }` and run `quorate apply`
note-unit-unknown = the state of { $unit } could not be asked ({ $error }): systemd hangs or is overloaded; log in and look at `systemctl status`
note-addresses-unknown = the host's addresses could not be listed ({ $error }): whether it holds the virtual IP is not known; run it again
note-http-silent = { $url } does not answer ({ $error }): no application is reached through this gateway; see `journalctl -u nginx` and run `quorate apply`
note-http-status = { $url } answers with status { $status } and not 200: the gateway does not serve as configured; run `quorate plan` to see what differs
note-http-stranger = { $url } answers, but not as “{ $expected }”: another server has the port, or the configuration was changed; run `quorate plan` to see what differs
note-agent-silent = the agent at { $address } does not answer ({ $error }): HAProxy will not let this host's database be written; see `journalctl -u quorate-agent` and run `quorate apply`
note-agent-status = the agent at { $address } answers with status { $status }: another program has its port; stop it and run `quorate apply`
note-agent-socket-silent = the agent on the host cannot be asked about the database ({ $error }): see `journalctl -u quorate-agent` there, and run `quorate apply` if it is not running
note-agent-silent-here = the agent on this host does not answer: without it nobody knows whether this database may be written; see `journalctl -u quorate-agent`
note-agent-configuration = { $error }
note-agent-starting = the agent has just started and not looked yet: wait a second
note-agent-stale = the agent's last look is { $age } ms old, so the answer is no: what it looks at hangs; see `journalctl -u quorate-agent` and the host's load
note-agent-not-here = this host has no { $verdict }: nothing to serve here; ask another host
note-agent-other-writes = { $host } is the writer: this host's database is a standby, as it should be
note-agent-no-writer = no host is the writer at the moment: one claims it within seconds; if this lasts, see `journalctl -u quorate-agent` on the database hosts
note-database-not-primary = { $host } is not the open primary: give the order to the host that is
note-database-leads = { $host } leads, or is about to: this order is for a host that does not
note-agent-question = the agent does not understand the question: { $error }; the program that asks and the agent are of different versions
note-agent-unconfirmed = this host is named the writer, but its last write was not acknowledged in time: the group is slow or settles after a change; if this lasts, look at the database's load and the network between its members
note-database-silent = the database does not answer ({ $error }): it is stopped or hangs; see `journalctl -u mariadb` and run `quorate apply`
note-database-no-account = the database does not know the account { $account } yet: nothing can be asked of it; run `quorate apply`
note-database-no-table = the table quorate.writer is missing: the hosts cannot agree on a writer; run `quorate apply`
note-database-read-only = the database takes no writes (read_only is on): somebody switched it; run `SET GLOBAL read_only = 0` if that is right
note-database-refuses = the database refused a question: { $error }; see `journalctl -u mariadb`
note-galera-not-primary = this member has no quorum: it takes no writes until it reaches most of the others; check the network between the database hosts, and after a full outage run `quorate apply`
note-galera-joining = this member has not all data yet ({ $state }): it serves once it is synced; wait, or see `journalctl -u mariadb` if this lasts
note-galera-disk-full = there is no room left under { $path }: this member refuses what clients write, and writes go to another one; free or add space
note-galera-not-ready = this member takes no statements yet: it starts or lost its group; see `journalctl -u mariadb` if this lasts
note-galera-donor = this member gives its data to another one and serves meanwhile: redundancy comes back when that is done
note-galera-cluster-small = { $size } of { $members } members are in the group: redundancy is lost; bring the missing ones back or run `quorate apply`
note-arbitrator-not-counted = the arbitrator runs, and the database members do not count its vote: the next loss of a member ends the database. Check port 4567 between it and the database hosts; see `journalctl -u quorate-arbitrator` there
note-arbitrator-no-group = the arbitrator runs, and no database member is heard of as part of a group, so its vote counts nowhere: see the members
note-galera-other-cluster = this member belongs to another Galera cluster than { $others }: their data drift apart. Stop writing and decide which one stays
note-galera-other-view = this member sees another view of the group than { $others }: the group is changing, or two groups take writes; look again, and if this lasts stop the writers
note-galera-canary-behind = this member is { $beats } writes of the writer's sign of life behind: what is written does not arrive here in time; see its receive queue and `journalctl -u mariadb`
note-galera-cluster-large = { $size } members are in the group, the cluster file names { $members }: a foreign member holds the data; stop it, or add it to the file
note-replication-agent-silent = the agent does not tell how the database stands ({ $error }): nobody fails it over on this host; see `journalctl -u quorate-agent` and run `quorate apply`
note-replication-primary-shut = this host has the lead and takes no writes yet; see `journalctl -u quorate-agent` if this lasts
note-replication-asynchronous = no replica confirms writes: what is written now is on this host alone (with `onReplicaLoss: block` it waits), and only this host may be the primary; bring the other database hosts back
note-replication-no-etcd = etcd does not answer this agent: without its quorum the primary stops taking writes before its lease ends; see `quorate status` for etcd
note-replication-changes = the lead is changing hands ({ $why }): this takes a moment; see `journalctl -u quorate-agent` if it lasts
note-replication-fenced = this host has shut its database off ({ $why }) so that nobody writes in two places; it comes back by itself
note-replication-not-founded = the database was not founded yet; run `quorate apply` while all database hosts can be reached
note-replication-no-primary = no host has the lead (the last one was { $last }): one takes it once it is sure to have every acknowledged write
note-replication-server-down = the database server does not run or does not answer ({ $why }); the agent starts it in its role, see `journalctl -u quorate-agent -u mariadb`
note-replication-wrong-source = this replica receives from { $source }, the primary is { $leader }: it changes over by itself
note-replication-not-following = this server does not follow the primary { $leader }: redundancy is lost; the agent sees to it, see `journalctl -u quorate-agent`
note-replication-not-receiving = this replica receives nothing from the primary { $leader }: redundancy is lost; check the network between them, and `SHOW SLAVE STATUS`
note-replication-not-applying = this replica receives from { $leader } and applies nothing: it cannot take over; see `SHOW SLAVE STATUS` for the reason
note-replication-not-synchronous = no replica confirms writes yet: this host may not become the primary
note-replication-lags = this replica is { $lag } ms behind, so it could not soon take over. It catches up by itself; if the figure goes on growing, look at the room on its disk (`df /var/lib/mysql`) and at its load
note-replication-several-primaries = { $hosts } say that they are the primary: all but the newest must have shut their doors already; if this is seen again, stop MariaDB on those without the virtual IP
note-replication-not-primary-here = the primary has changed meanwhile (now: { $leader }): run apply again
note-sql-silent = no database greets at { $address } ({ $error }): clients cannot connect there; look at the load balancer and the databases behind it
note-sql-refuses = the database at { $address } turns clients away: { $error }
note-sql-stranger = what answers at { $address } is no MariaDB: another program has the port; stop it and run `quorate apply`
note-haproxy-silent = HAProxy does not answer on { $socket } ({ $error }): no client reaches the database through this host; see `journalctl -u haproxy` and run `quorate apply`
note-haproxy-no-backend = HAProxy runs without “{ $backend }”: its configuration was changed or not taken up; run `quorate apply`
note-haproxy-no-writer = HAProxy sees no server of “{ $backend }” that may be written: clients cannot connect; look at the agents and databases
note-haproxy-no-reader = HAProxy sees no server of “{ $backend }” that may be read: clients cannot connect; look at the agents and databases
note-haproxy-no-replica = no replica is near enough, so reads go to the primary; see `quorate db status`
note-haproxy-several-writers = HAProxy sends clients to several databases ({ $servers }): after a failover this passes within a second; if it lasts, see `journalctl -u quorate-agent` on them
note-etcd-silent = etcd at { $address } does not answer ({ $error }): it is stopped or hangs; see `journalctl -u etcd` and run `quorate apply`
note-etcd-refuses = etcd at { $address } refused: { $error }; see `journalctl -u etcd`
note-etcd-certificate = the certificate for asking etcd is of no use ({ $error }): run `quorate apply`, which makes a new one
note-etcd-no-leader = etcd has no leader: it takes no writes; bring most of its members back and check the network between them
note-etcd-no-quorum = etcd did not confirm a read in time: it has lost its quorum or is overloaded; bring most of its members back and look at their disks' load
note-etcd-members-differ = etcd's members are not those of the cluster file (missing: { $missing }; extra: { $extra }): run `quorate apply`

## The cluster file and this machine

note-file-unreadable = { $path } cannot be read: { $error }; name the cluster file, or make one with `quorate init`
note-file-not-written = { $path } cannot be written: { $error }; an existing file is never replaced
note-key-is-public = { $path } is a public key, and logging in to { $host } needs the private one: write its path without `.pub`
note-bastion-address = { $host }: the bastion's address { $address } is not an IP address; write the address
note-secret-env-missing = the environment variable { $name }, which should hold a password, is not set; set it and run again
note-secret-file-unreadable = { $path }, which should hold a password, cannot be read: { $error }
note-secret-prompt-failed = no answer to `{ $question }`: { $error }; run at a terminal, or take the password from env or file
note-secret-unknown = there is no account { $name }; known are: { $known }
note-plan-unreadable = { $path } is not a saved plan: { $error }; make one with `quorate plan -o`
note-plan-outdated = the hosts or the file have moved on since the plan was saved; nothing was done: look at `quorate plan` and save it again
note-apply-declined = nothing was done: the plan was not confirmed (use --yes where nobody can answer)
note-not-deployable-yet = the file asks for what this version cannot deploy yet: { $what }. `apply` changes nothing as long as it does; `survive` already reckons with it. Take it out of the file, or wait for the release that brings it
note-destroy-declined = nothing was done: to take { $cluster } down, type its name, or give it as --yes { $cluster }
note-selection-unknown = `{ $name }` is no component, host, step or step number of this cluster; components in the order of their numbers: { $components }; hosts: { $hosts }
note-host-keys-unknown = these hosts are seen for the first time and nobody can be asked: { $keys }; compare the fingerprints and run at a terminal, or use --accept-new-host-keys
note-host-keys-declined = nothing was done: the host keys were not confirmed

## Which cluster this is

note-file-stale = the cluster has moved on to generation { $generation }, this file was derived from { $known }; nothing was done. Take over what changed (shown above), then run again with --from-generation { $generation }
note-host-of-other-cluster = { $host } belongs to the cluster { $cluster }; nothing was done: correct its address here, or destroy that cluster first
note-state-missing = { $host } belongs to this cluster, but no reachable control host has the cluster's state (file, certificates, passwords): bring the other control hosts back first; nothing was done
note-state-newer = this host already keeps generation { $generation } of { $cluster }: another run was quicker; look at `quorate plan`
note-state-no-majority = only { $stored } of { $keepers } control hosts could keep the new state; nothing was built on it: bring a majority back, then run again
note-state-none = no reachable control host keeps a cluster yet; run `quorate apply` first

## The run and its lock

note-lock-held = another run holds the lock: { $holder }, since { $since } (seen on { $host }); it ends by itself { $left } s after that run stops answering. Nothing was done
note-lock-no-majority = only { $granted } of { $keepers } control hosts granted the run lock (not: { $missing }): a majority must be reachable; nothing was done
note-lock-lost = refused: this run's lock (token { $token }) has passed to a later run (token { $seen }, { $holder }); nothing was changed by this step
note-run-lock-lost = not begun: this run has lost its lock, because a majority of the control hosts no longer grants it; run again
note-run-stopped = not begun: stopped by the operator; the next apply goes on from here
note-journal-failed = the journal on this machine cannot be written, so nothing more is begun: { $error }

## Hosts and steps

note-host-unreachable = cannot be reached: { $error }. What does not need it goes on; when it is back, run apply again
note-host-lost = { $host } went away in the middle: { $error }. When it is back, run apply again
note-host-silent = { $host } has not answered for { $seconds } s; look at its load and its disk, then run apply again
note-host-absent = { $host } is not reachable
note-host-answer = { $host } answered something unexpected: its helper is of another version; run again
note-host-error = { $error }
note-certificate-not-issued = the certificate could not be issued: { $error }
note-step-timeout = not done within { $seconds } s; it was waiting for { $doing }
note-step-cancelled = given up: the step's time was over
note-package-failed = the package { $package } could not be installed. Look at the host's package sources (/etc/apt) and whether it reaches them; a host without any source gets its packages beforehand: { $error }
note-unit-failed = { $unit } did not { $verb }: { $log }
note-withdraw-other-cluster = this host belongs to the cluster { $cluster }, not to { $asked }; nothing was taken back
note-guard-refused = { $component } on { $host } is left alone: while it restarts, { $capability } would be lost (already down: { $down }). Bring that back, then run apply again

## How groups come and go

note-etcd-bootstrap-needs-all = a new etcd cluster is founded only when every member is reachable, for an unreachable one may hold the old: { $absent } must come back first
note-etcd-member-lost-data = { $host } was a member of etcd and has lost its data: with its old vote it could undo what was acknowledged. Remove it (`etcdctl member remove`) and add it again
note-etcd-data-gone = etcd has run on { $host }, and its data ({ $path }) are not there: perhaps a filesystem is not mounted. Bring them back and run apply again; a new cluster is not founded beside data that may return. If every member's data are lost for good, `quorate destroy` and then apply make a new cluster
note-etcd-quorum-first = { $host } has no etcd data and nobody can say yet whether it ever voted: the others must form their quorum first; run apply again
note-galera-bootstrap-needs-all = no database member runs as part of a primary group, and a new start needs all of them, for an unreachable one may hold the latest data: { $absent } must come back first
note-galera-already-formed = the database on { $host } already belongs to a cluster: it is not seeded anew; run apply again
note-galera-foreign-data = the database server on { $hosts } already holds data of its own ({ $schemas }): founding a cluster would not carry them over. Save them (mariadb-dump), remove them from the server, run apply, and load them again
note-galera-position-unknown = the database members on { $hosts } cannot say how far they got, so nobody can lead safely: look at `mariadbd --wsrep-recover` there
note-galera-several-clusters = the database members belong to several clusters ({ $uuids }): one of them has data that the others lack. Decide which one stays, and move the data directory of the others away
note-galera-member-empty = the database directory on { $hosts } has no data of the cluster, though that host has been a member: its disk was replaced, or is not mounted and holds the latest writes. Bring the disk back; or, if it is lost, name the member whose data shall count: `quorate apply --recover-with HOST`
note-galera-recovery-needs-all = all database members are down, and { $absent } is not heard of: it may hold the latest writes. Bring it back; or, if it is lost for good, name the member whose data shall count: `quorate apply --recover-with HOST`
note-galera-recovery-latest-stopped = all database members are down, and { $hosts }, which has the latest writes, was stopped by hand: start it there with `systemctl start mariadb`
note-galera-recovery-under-way = all database members were down; they are being brought back with the latest writes (leader: { $leader })
note-galera-recovery-no-etcd = the database members cannot agree who leads, for etcd does not answer ({ $error }): bring etcd back, or run `quorate apply`
note-galera-recovery-failed = this database member could not be stopped or started for the recovery: { $error }; it is tried again
note-galera-recover-with-unfit = { $host } cannot lead the database: it was not reached, or its directory holds no data of the cluster; name another member with `--recover-with`
note-galera-recovery-follows = waits until the stuck members have been stopped; the member with the latest data then leads
note-replication-founding-needs-all = the database is founded only when every database host was reached, for an unreachable one may hold it already: { $absent } must come back first
note-replication-foreign-data = the database server on { $hosts } already holds data of its own ({ $schemas }): as a member of this database it would lose them. Save them (mariadb-dump), remove them from the server, run apply, and load them again through the primary
note-replication-no-record = { $hosts } hold data of a replicated database, and etcd knows of none: nobody can tell which host has every acknowledged write. Restore etcd; or choose the host with `quorate db failover --force`, after comparing them with `quorate db status`; or move the data directories away and start anew
note-replication-handover-refused = the lead does not leave { $host } for the restart of its server: { $why }. The database goes on with the old configuration; run apply again when another database host can take over
note-replication-handover-late = the lead did not leave { $host } within { $seconds } s, so its server was not restarted; see `quorate status` and run apply again

## What users of the platform notice

note-vip-no-holder = no host holds the virtual IP of { $endpoint }: a failover is under way, or keepalived runs nowhere
note-vip-several-holders = { $hosts } all hold the virtual IP of { $endpoint }: do they see each other (VRRP, IP protocol 112)?
note-endpoint-silent = { $holder } holds the virtual IP of { $endpoint }, but nothing answers there: a failover is under way, or what stands behind it is down

## Drills: faults that a host refuses, and what one left

note-fault-bad-id = `{ $id }` cannot name a fault: use 1 to 64 letters, digits and hyphens
note-fault-other-cluster = this host belongs to the cluster { $cluster }, not to { $asked }; nothing was broken
note-fault-exists = a fault { $id } is on this host already: undo it first, or wait until its timer does
note-fault-unit-refused = { $unit } is not broken by a drill: only services are, and never one that the host is reached or healed through
note-fault-unit-not-running = { $unit } is { $state }: there is nothing to break; run `quorate apply` first
note-fault-no-effect = the processes of { $unit } did not end or stand still within 10 s, perhaps waiting for the disk; what was begun has been undone
note-fault-fill-shared = { $directory } is on the filesystem { $mount }, which the host itself needs: filling it would break more than the drill means, and its undo; give the directory a filesystem of its own
note-fault-fill-large = { $free } MiB are free on { $mount }, the filesystem of { $directory }: at most { $most } MiB are filled; try the drill on a host with a smaller filesystem
note-fault-no-nft = the host has no nftables, which packets are dropped with; install the package nftables
note-fault-no-program = neither this helper nor { $path } is there any more, so the host could not undo the fault by itself; nothing was broken
note-fault-timer-not-armed = systemd does not hold { $timer } ready ({ $state }), so the host could not undo the fault by itself; nothing was broken
note-fault-half-way = the fault “{ $fault }” could not be injected ({ $error }), and what was begun is not undone ({ $undo }); the host's timer goes on trying
note-fault-not-undone = { $what } is not as before: the fault is not undone yet; the host's timer goes on trying, see `systemctl list-units 'quorate-drill-*'`
note-residue-record = the fault “{ $fault }” ({ $id }) is not undone: its timer does it, or `systemctl start quorate-drill-{ $id }` on the host
note-residue-table = the nftables table { $table } of a drill drops packets; remove it with `nft delete table { $table }`
note-residue-unit = { $unit } of a drill is left; stop the unit with `systemctl stop`, or remove the file
note-residue-file = { $path } of a drill fills its filesystem; remove it
note-residue-frozen = processes of { $unit } stand still (pid { $pids }); let them go on with `systemctl kill --signal=CONT { $unit }`
note-unknown-host = there is no host { $host } in the file; there are { $hosts }
note-file-unwritable = { $path } cannot be written: { $error }

## Drills: why one does not begin, or ends

note-drill-nothing = there is nothing to try: every fault is predicted to end a capability, and is made only with --expect-loss
note-drill-declined = the drill was not agreed to; nothing was broken
note-drill-expects-loss = a capability is predicted to be lost: made only with --expect-loss
note-drill-stopped = stopped by the operator
note-drill-ended-early = the drill ended before: the cluster was not whole
note-drill-no-hosts = the hosts cannot be reached: { $error }
note-drill-no-clients = the clients that would use the cluster cannot start: { $error }
note-drill-not-steady = the cluster is not whole, so nothing was broken: { $what }. See `quorate status`
note-drill-not-served = the drill's clients are not served by { $capability }, so nothing was broken
note-drill-no-lab = only test hosts can be killed or paused from outside; name their lab with --lab
note-drill-not-broken = the fault could not be made: { $error }
note-drill-half-broken = the fault could not be made ({ $error }), and what was begun of it is not undone: { $left }. Its timer or supervisor goes on trying within { $seconds } s; look at `quorate status`, and begin no other drill before all is well

note-db-fate-takes-over = { $heir } takes over within seconds, nothing is lost
note-db-fate-down = the database stops until { $host } is back: no other host must have everything
note-db-fate-replaced = { $other } takes its place as synchronous, after a pause of writes
note-db-fate-alone = writes pause, then { $primary } goes on alone
note-db-fate-waits = writes wait until a replica is back
note-db-fate-nothing = nothing changes for clients
note-db-fate-unknown = nobody has read the record of the database: unknown
note-db-no-primary = no host is primary now: see `quorate db status`; agents make one as soon as nothing can be lost
note-db-no-synchronous = no host is synchronous now, so none is sure to have everything: bring a replica back first (`quorate db status`)
note-db-already-primary = { $host } is primary already
note-db-does-not-follow = { $host } does not follow { $primary } closely: bring it back first (`quorate db status` says what it waits for), or copy it anew with `quorate db reinit { $host }`
note-db-has-primary = { $host } is primary and healthy, so there is nothing to force: `quorate db switchover` hands the lead over without loss
note-db-host-silent = the agent of { $host } does not answer, so it cannot be made primary: start the host, or see `journalctl -u quorate-agent` there
note-db-force-no-etcd = the agent of { $host } cannot read etcd, and without etcd nobody can be made primary. Start hosts of etcd until more than half of them are there; if etcd is lost for good, its members have to be replaced first
note-db-reinit-primary = { $host } is the primary: its data are the ones that count. Hand the lead over first with `quorate db switchover`
note-db-no-such-host = { $host } is no database host; there are: { $hosts }
note-db-failover-needs-force = a failover by hand can lose acknowledged writes: agents fail over by themselves whenever nothing can be lost. If you accept that, say --force; to move the lead without loss, use `quorate db switchover`
note-db-declined = nothing was done
note-db-order-not-done = the order was accepted and is not done after { $seconds } s; { $host } goes on trying or has given up: see `quorate db status`
note-db-not-replicated = this database is not replicated by Quorate (`database: replication`): `quorate status` says how it is
note-host-odd-answer = { $host } answered another question: its agent is of another version; run `quorate apply`

note-backup-not-here = this host was not told about backups yet: run `quorate apply`
note-backup-not-asked-for = the file asks for no backups: write `backup` under `database`, and apply
note-backup-busy = this host is making or restoring a backup already: wait until it has ended (`systemctl status quorate-backup`)
note-backup-load-elsewhere = the backups are at { $host }, whose server does not take writes now; nothing was restored. Hand the lead over to it first: quorate db switchover --to { $host }
note-backup-no-host = none of { $hosts } can do it: the server there does not serve, is not the one that takes writes, or the host was not reached ({ $error })
note-backup-no-key = the control hosts keep no key for backups: run `quorate apply`, or give the key with --key
note-backup-no-credentials = this host has no keys for the store: run `quorate apply`
note-backup-unknown = there is no backup { $backup } at { $target }
note-backup-none-such = there is no backup { $backup } before that moment: see `quorate db backup --list`
note-backup-target-failed = { $target } failed: { $error }. Nothing half done is left there. The database is not affected, but there is no new backup until it works: check that it is reachable from this host and takes writes
note-backup-tampered = { $object } at { $target } is not what a host of this cluster wrote under that name, or it was made with another key: it is damaged or somebody changed it. Nothing of it was used. Restore an older backup, and look at who can write to the target
note-backup-identity = what was given is no key for backups: it must hold a line that begins with AGE-SECRET-KEY-
note-backup-recipient = the public key for backups on this host is damaged: run `quorate apply`
note-backup-no-room = restoring needs { $needed } MiB in { $directory }, and { $free } MiB are free there
note-backup-not-started = the restored data are no working database: { $error }
note-backup-canary-missing = { $backup } lacks the row that was written before it: it is not as of its time. Do not rely on it, and make another
note-backup-table-damaged = { $table } is damaged in the restored backup: { $error }
note-backup-before = { $backup } ended at { $ended }, after that moment: choose an older one, or `latest`
note-backup-no-binlogs = no binary logs go on from { $backup }: only the backup itself can be restored, without --until
note-backup-gap = the binary logs that go on from { $backup } end at { $end }: a later moment cannot be reached. They are brought over every few minutes; see `systemctl status quorate-binlogs` on the database hosts
note-backup-no-binlog = { $path } is no binary log
note-backup-load-not-writable = the server on this host takes no writes, so nothing can be loaded through it
note-backup-load-occupied = the live database has tables in { $schema }: load it under another name with --as, or give that schema up with --replace
note-backup-load-no-schema = there is no schema { $schema } in the backup at that moment
note-backup-load-failed = loading { $schema } failed half way: { $error }. What was there before is in the backup { $saved } (`-`: there was nothing). Repeat it with --replace
note-backup-bad-moment = { $value } is no moment: write a time in UTC such as 2026-11-20 14:05:00, a GTID such as 0-1-1234, or latest
note-backup-bad-schema = { $value } is no name of an application's schema
note-backup-stale = the latest backup that was restored for a trial ended { $hours } hours ago ({ $at }), twice the schedule is the limit; last trouble: { $error }. See `journalctl -u quorate-backup`, or make one with `quorate db backup`
note-backup-never-verified = no backup has been restored for a trial since { $since } (latest made: { $made }; last trouble: { $error }): there is none to rely on. Make one with `quorate db backup`
note-backup-status-unreadable = what the host noted about backups cannot be read: { $error }
note-restore-declined = nothing was done: loading into the live database needs a yes, or --yes
