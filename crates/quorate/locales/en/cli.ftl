# The program's own words.

label-error = error:
label-warning = warning:
label-info = info:

file-right = { $cluster }: the file is right, { $hosts } hosts
file-problems = { $path }: { $count } to correct; nothing was done
host-keys-new = These hosts are seen for the first time. Compare the fingerprints with `ssh-keygen -lf` on their consoles:
host-keys-question = Are they right? [y/N]
preflight-summary = { $hosts } hosts: { $errors } errors, { $warnings } warnings

component-names = names in /etc/hosts
component-kernel = kernel settings
component-identity = host certificates
component-etcd = etcd
component-galera = MariaDB Galera
component-mariadb = MariaDB
component-agent = Quorate agent
component-balancer = HAProxy (database)
component-gateway = nginx gateway
component-vip = keepalived (virtual IPs)
component-replication = MariaDB replication
component-backup = backups of the database
component-arbitrator = Galera arbitrator
component-maxscale = MaxScale
component-lvs = LVS (IPVS directors)
component-glusterfs = GlusterFS
component-nfs = NFS server
component-platform = platform (console and API)
component-compute = workloads
component-service = services of other installers
component-outside = what somebody else keeps
component-external = external database

stage-configure = configure
stage-run = run
stage-once = inside the engine

change-create = create
change-change = change
change-start = start
change-stop = stop
change-restart = restart
change-reload = reload
change-enable = start at boot
change-drift = drift: changed by somebody else

plan-empty = nothing to change on { $hosts } hosts
plan-summary = { $steps } steps on { $hosts } hosts, { $blocked } of them blocked
plan-leftovers = { $host } keeps what the file no longer asks for: { $keys }

apply-question = Carry this out? [y/N]
apply-stopping = Stopping: steps under way are finished, no other is begun. Ctrl-C again leaves at once; the next apply goes on from there.
apply-unchanged = nothing changed, { $seconds } s
apply-done = { $done } steps done in { $seconds } s; log in { $directory }
apply-incomplete = { $done } of { $total } steps done in { $seconds } s, the rest waits for what is said above; then run apply again. Log in { $directory }
step-skipped = not begun, because { $needs } did not get done

destroy-question = This takes { $cluster } down on all its hosts. Type the cluster's name to go on:
destroy-host = { $host }: { $removed } taken back, { $kept } left
destroy-kept = left: { $key }

state-healthy = healthy
state-degraded = degraded
state-lost = lost
state-unreachable = unreachable
margin-of = { $now } of { $full }

column-capability = CAPABILITY
column-state = STATE
column-margin = MARGIN
column-message = MESSAGE
column-service = SERVICE
column-healthy = HEALTHY
column-node = NODE
column-address = ADDRESS
column-roles = ROLES

capability-control = control plane
capability-coordination = coordination
capability-database = database
capability-reads = reads
capability-ingress = ingress
capability-artifacts = artifacts
capability-storage = storage
capability-workloads = workloads
hosts-not-ready = Nothing was changed: correct this first. `quorate check --hosts` shows everything, warnings too.

alert-reduced = { $component }: a member is missing, fewer than { $total } of { $total } work; redundancy is reduced
alert-no-margin = { $component }: fewer than { $below } of { $total } work; the next loss takes the service away
alert-lost = { $component }: fewer than { $below } of { $total } work; what rests on it is down

watch-galera-size = the members of the Galera group are not those of the cluster file: redundancy is lost, or a foreign member holds the data; see `quorate status`
watch-galera-not-primary = a Galera member has no quorum: it takes no writes; see `quorate status`
watch-galera-not-ready = a Galera member takes no statements; see `journalctl -u mariadb` there
watch-galera-not-synced = a Galera member is not synced with the group: it does not count as a copy of the data
watch-galera-several-clusters = the Galera members belong to different clusters: their data drift apart. Stop writing, and decide which one stays; see `quorate status`
watch-galera-several-views = Galera members that say they have the quorum are not of the same view: two groups may be taking writes; see `quorate status` at once
watch-galera-paused = flow control holds all writers up for more than a tenth of the time: a member applies too slowly; see the receive queues
watch-galera-receive-queue = a Galera member is behind with applying what the others wrote: it delays writers, and a failover to it takes longer
watch-galera-canary = a Galera member has seen nothing new from the writer for 10 s: there is no writer, or what it writes does not arrive; see `quorate status`
watch-galera-unwatched = the agent of a database host is silent: nobody watches the Galera member there; see `systemctl status quorate-agent`
watch-replication-no-primary = no host has the lead of the replicated database: nothing is written; see `quorate db status`
watch-replication-several-primaries = several hosts say that they are the primary; see `quorate db status` at once
watch-replication-not-synchronous = no replica confirms writes: what is written is on one host alone, or waits; bring the other database hosts back
watch-replication-not-following = a database host does not follow the primary: redundancy is lost; see `quorate db status`
watch-replication-lag = a replica is more than 10 s behind: a failover to it takes that much longer
watch-replication-unwatched = the agent of a database host is silent: nobody fails the database over there; see `systemctl status quorate-agent`

apply-resumed = the run that began { $step } at { $at } was cut off in it; going on from what the hosts are now

db-record = epoch { $epoch }: { $primary } is primary; synchronous: { $sync }
db-record-last = epoch { $epoch }: no host takes writes; the last primary was { $primary }, synchronous: { $sync }
db-nobody = nobody (writes are acknowledged by the primary alone)
db-nobody-waits = nobody (writes wait until a replica confirms them)
db-column-host = HOST
db-column-role = ROLE
db-column-log = LOG
db-column-lag = LAG
db-column-if-lost = IF IT DIED NOW
db-role-primary = primary
db-role-primary-alone = primary, asynchronous
db-role-primary-waits = primary, waits for a replica
db-role-synchronous = synchronous replica
db-role-asynchronous = asynchronous replica
db-role-waiting = waiting ({ $why })
db-role-promoting = being promoted ({ $why })
db-role-handing-over = handing over
db-role-fencing = shutting itself off ({ $why })
db-role-starting = starting
db-role-silent = does not answer
db-role-uncoordinated = (etcd was not read lately)
db-switched = { $host } is primary now ({ $seconds } s)
db-forced = { $host } is primary now, by force ({ $seconds } s). Compare what it has with what your applications expect.
db-reinitialised = { $host } follows again with a copy of the primary's data ({ $seconds } s)
db-failover-warning =
    Agents fail over by themselves whenever nothing can be lost. They have not: the last primary was { $primary }, and whatever was acknowledged is there or on: { $sync }.
    Making { $host } primary (its log ends at { $log }) loses every acknowledged write that it lacks, for good. Hosts that did not answer: { $silent }.
    The other way is to bring { $primary } or a synchronous host back: then nothing is lost and nothing needs to be done.
db-reinit-warning = The data on { $host } are replaced by a copy of the primary's. What it has now is kept beside until the next time, as .quorate-old in the data directory.
db-go-on = Go on? (yes/no)
