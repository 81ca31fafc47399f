# What can be wrong with a cluster file. Each message says what was found, `.reason` why it is refused,
# `.hint` what to write instead. The codes and their arguments are listed in crates/model/src/codes.rs.

## The text of the file

problem-file-too-large = The file has { $size } bytes; at most { $limit } are read.
    .reason = A cluster file is written by hand; a hundred hosts need about 20 KiB.
    .hint = Check that this is the cluster file and not something else.

problem-yaml-empty = The file describes nothing.
    .reason = It is empty, holds only comments, or ends in the middle of a value.
    .hint = Start from an example: quorate init --preset three-node

problem-yaml-documents = The file holds more than one YAML document.
    .reason = One file describes one cluster, so it is not clear which document is meant.
    .hint = Put the second document, from the line `---` on, into a file of its own.

problem-yaml-syntax = This is not valid YAML: { $detail }.
    .reason = The file cannot be read beyond this point.
    .hint = Look for a missing bracket, quote, colon or space, or a tab, here or on the line above.

problem-yaml-limit = The file repeats or nests more than is allowed.
    .reason = Aliases (*name) that multiply, or very deep nesting, would exhaust the memory.
    .hint = Write the values out instead of repeating them by aliases.

problem-yaml-alias = This alias refers to no anchor.
    .reason = An alias *name repeats a value that was marked &name earlier in the file.
    .hint = Mark the value with &name above this line, or quote the text if it really begins with an asterisk.

problem-unknown-key = There is no key `{ $key }` here.
    .reason = A misspelt key would be ignored silently, and the setting would not take effect.
    .hint = { $nearest ->
        [none] Known here: { $expected }.
       *[other] Did you mean `{ $nearest }`? Known here: { $expected }.
    }

problem-duplicate-key = The key `{ $key }` stands here a second time.
    .reason = Only one of the two values could apply.
    .hint = Remove one, or join the two.

problem-missing-key = The key `{ $key }` is missing here.
    .reason = Nothing sensible can be assumed in its place.
    .hint = Add `{ $key }:` here; `quorate schema` describes every key, and `quorate init` writes an example.

problem-wrong-type = { $expected ->
        [mapping] Here belongs a mapping of keys to values.
        [list] Here belongs a list.
        [text] Here belongs a text.
        [number] Here belongs a whole number.
        [boolean] Here belongs true or false.
       *[other] A value of this kind does not belong here.
    }
    .reason = What stands here has another type, so its meaning would be a guess.
    .hint = { $expected ->
        [mapping] Write {"{ key: value }"}, or the keys indented on the lines below.
        [list] Write [one, two], or one entry a line, each after a hyphen.
        [text] Write one value; quote it if it contains : or # or begins with a special character.
        [number] Write digits only, without unit or quotes.
       *[other] Compare with the examples that `quorate init` writes.
    }

## Header, names and plain values

problem-api-version = The format `{ $found }` is not known.
    .reason = This program reads { $expected }; keys of another format may mean something else.
    .hint = Write apiVersion: { $expected }, or use the release of Quorate that the file was written for.

problem-kind = The file describes a `{ $found }`, not a cluster.
    .reason = Quorate reads files of kind { $expected }.
    .hint = Write kind: { $expected }, or check that this is the right file.

problem-bad-name = `{ $name }` cannot be the name of { $what ->
        [cluster] a cluster
        [network] a network
        [host] a host
        [service] a service
       *[endpoint] an endpoint
    }.
    .reason = Names become host names, certificate names and file names, so they must be DNS labels.
    .hint = Use 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end.

problem-bad-dns-name = `{ $name }` is not a DNS name.
    .reason = Every host is to resolve it, and clients are to connect by it.
    .hint = Write lower-case labels with dots between them, such as platform.example.com; not an address.

problem-bad-server = `{ $value }` is neither a DNS name nor an IP address.
    .reason = Something is to connect to it.
    .hint = Write a name such as server.example.com or an address such as 192.0.2.10, without scheme or port.

problem-bad-database-name = `{ $name }` cannot be the name of a database.
    .reason = Only names that need no quoting anywhere are accepted.
    .hint = Use up to 64 letters, digits and underscores, not beginning with a digit.

problem-bad-database-user = `{ $name }` cannot be the name of a database account.
    .reason = Only names that need no quoting anywhere are accepted.
    .hint = Use up to 80 letters, digits and underscores, not beginning with a digit.

problem-reserved-database-name = `{ $name }` belongs to the database server itself.
    .reason = An application that owned it could change other applications' accounts.
    .hint = Choose another name for the schema or its user.

problem-bad-failure-domain = `{ $name }` cannot name a failure domain.
    .reason = Kinds and names of failure domains are compared and shown as they are written.
    .hint = Use 1 to 63 characters without surrounding spaces, such as rack: a.

problem-duplicate-name = The name `{ $name }` is taken by { $what ->
        [network] another network
        [host] another host
        [endpoint] another endpoint
        [schema] another schema
        [service] another service
        [databaseUser] another account or the owner of another schema
       *[dnsName] another endpoint
    }, on line { $line }.
    .reason = Whatever refers to the name could mean either of the two.
    .hint = Rename one of them, or remove the one that was copied by mistake.

problem-out-of-range = { $key } is { $value }; it must be between { $min } and { $max }.
    .reason = The value cannot take effect.
    .hint = Choose a value from { $min } to { $max }, or leave { $key } out for its default.

## Networks

problem-no-networks = There is no network.
    .reason = Hosts and virtual IPs need a network that contains their addresses.
    .hint = Add one, such as {"{ name: lan, cidr: 10.88.0.0/24 }"}.

problem-bad-cidr = `{ $cidr }` is not an address range.
    .reason = Which addresses belong to the network decides where virtual IPs can move.
    .hint = Write the network's address and the prefix length, such as 10.88.0.0/24.

problem-cidr-host-bits = `{ $cidr }` is the address of a host, not of a network.
    .reason = Bits behind the prefix are set; it is not clear whether the address or the prefix is wrong.
    .hint = Write { $network }, or correct the prefix length.

problem-network-overlap = The network { $second } overlaps { $first }.
    .reason = An address in both would belong to two networks.
    .hint = Correct one of the ranges, or write one network that covers both.

## Hosts

problem-no-hosts = There is no host.
    .reason = A cluster needs at least one.
    .hint = Add one, such as {"{ name: node1, address: 10.88.0.11, roles: [control, gateway, database] }"}.

problem-bad-address = `{ $address }` is not an IP address that a host can have.
    .reason = Quorums must not depend on name resolution, so addresses are written as numbers; loopback, multicast and empty addresses reach no host.
    .hint = Write an address such as 10.88.0.11, without prefix length or port.

problem-address-outside-networks = The address { $address } of { $host } is in none of the networks ({ $networks }).
    .reason = Which hosts share a segment decides which virtual IPs they can hold.
    .hint = Correct the address, or add its network under spec.networks. An address that only you use is an externalAddress.

problem-address-reserved = { $address } is the network or broadcast address of { $network }.
    .reason = No machine can have it.
    .hint = Choose an address between the first and the last of the network.

problem-duplicate-address = { $host } has the address { $address } of { $other }.
    .reason = Two machines with one address disturb each other, and a quorum would count one of them twice.
    .hint = Correct the address of one of the two hosts.

problem-duplicate-external-address = { $host } has the external address and SSH port of { $other } ({ $address }).
    .reason = Both names would lead to the same machine, which would be deployed twice.
    .hint = Correct one of the addresses; behind one router, give each host its own ssh.port.

problem-no-roles = { $host } has no role.
    .reason = Nothing would be deployed on it.
    .hint = Give it at least one role, such as [compute], or remove the host.

problem-unknown-role = There is no role `{ $role }`.
    .reason = Roles decide what a host runs.
    .hint = { $nearest ->
        [none] Roles: { $expected }.
       *[other] Did you mean `{ $nearest }`? Roles: { $expected }.
    }

problem-duplicate-role = { $host } has the role { $role } twice.
    .reason = One of the two may have been meant to be another role.
    .hint = Remove it, or correct it.

## Logging in, and secrets

problem-bad-user = This cannot be the name of a login account.
    .reason = It is empty, begins with a hyphen, or contains a space, a colon, a slash or an at sign.
    .hint = Write only the account's name, such as root or admin; the address stands elsewhere.

problem-auth-twice = Both keyFile and passwordFrom are given.
    .reason = It is not clear which of the two opens the door.
    .hint = Keep one of them. The password for sudo stands under sudo: {"{ passwordFrom: … }"}.

problem-public-key = { $path } is a public key; the private key belongs here.
    .reason = The public key is what hosts recognise you by, it proves nothing: with it alone every login fails.
    .hint = Write keyFile: { $private }

problem-key-inline = A key itself stands here, instead of the name of its file.
    .reason = The cluster file is kept on the hosts and in version control, where no private key belongs; and a public key cannot log in.
    .hint = Write the path of the private key, such as keyFile: ~/.ssh/id_ed25519. Replace a private key that was already committed or sent.

problem-key-empty = keyFile is empty.
    .reason = There is no key to log in with.
    .hint = Write the path of the private key, or leave keyFile out for ~/.ssh/id_ed25519.

problem-plain-password = A password in plain text belongs nowhere in this file (`{ $key }`).
    .reason = The file is kept on the hosts, shown in plans and put under version control; whoever reads it would have the password.
    .hint = Say where it comes from: passwordFrom: {"{ env: NAME }"}, {"{ file: PATH }"} or {"{ prompt: TEXT }"}. The password of a schema may be left out: it is then generated. Change a password that was already committed or sent.

problem-secret-source = passwordFrom needs exactly one source, and { $found ->
        [none] none is given
       *[other] several are given ({ $found })
    }.
    .reason = It must be clear where the password comes from.
    .hint = Write one of {"{ env: NAME }"}, {"{ file: PATH }"} and {"{ prompt: TEXT }"}.

problem-secret-env = This is not the name of an environment variable.
    .reason = A name has only letters, digits and underscores; perhaps the password itself was written here.
    .hint = Write the variable's name, such as {"{ env: SSH_PASSWORD }"}, and set the variable in your shell.

problem-secret-empty = The value of `{ $key }` is empty.
    .reason = There is nowhere to take the password from.
    .hint = Write the name of the variable, the path of the file, or the text of the question.

## Quorums and counts

problem-etcd-none = No host is a member of etcd.
    .reason = etcd runs on the hosts with the role etcd, or on the control hosts where none has it; without it nothing is coordinated.
    .hint = Give one, three or five hosts the role control.

problem-etcd-even = { $members } members of etcd are no better than { $fewer }.
    .reason = A majority must agree on every write: { $members } members need { $need } to agree and survive the loss of { $survives }, as { $fewer } do, and there is one more member that can fail.
    .hint = Remove one (take the role control or etcd from a host: { $fewer } members), or add one ({ $more } members survive the loss of { $more-survives }).

problem-etcd-too-many = etcd would have { $members } members; at most 9 are useful.
    .reason = Every write waits for a majority of the members, so more members make it slower, not safer.
    .hint = Give the role etcd to three or five hosts; the other control hosts then use those.

problem-etcd-version = etcd `{ $version }` cannot be deployed yet.
    .reason = Debian 12 has etcd 3.4; another version would have to be brought along.
    .hint = Write "3.4", or leave the version out.

problem-compute-too-few = There is { $count } compute host; a highly available plan needs 2 to 100.
    .reason = With three or more members of etcd the plan promises that workloads survive the loss of a host, but a single compute host leaves them nowhere to go.
    .hint = Add a compute host, give a second host the role compute, or drop to one control host, which promises nothing.

problem-compute-too-many = There are { $count } compute hosts; a plan may have at most 100.
    .reason = Larger clusters are neither tested nor supported by the platforms that run on them.
    .hint = Split the hosts over two clusters.

## The database

problem-database-mode-missing = It is not said what kind of database this is.
    .reason = What is deployed, and what is survived, depends on it.
    .hint = Write one of galera: {"{}"}, replication: {"{}"}, single: {"{}"} and external: {"{ host: …, user: … }"}.

problem-database-mode-several = More than one kind of database is given: { $modes }.
    .reason = The platform uses one database.
    .hint = Keep one of them.

problem-replication-count = Replication needs two or three hosts with the role database; there are { $count }.
    .reason = Every write waits for one synchronous replica; a third host stands by for it. One host has no replica, and more would only follow.
    .hint = Give two or three hosts the role database, or write single: {"{}"} for one.

problem-replication-server-ids = { $host } and { $other } would have the same server ID: the last 32 bits of their addresses are the same.
    .reason = In the replicated log each server is known by that number; two with the same one would skip each other's writes.
    .hint = Give one of them another address.

problem-replication-candidates = The endpoint { $endpoint } leaves out { $missing }.
    .reason = The primary of a replicated database holds the address itself, and each database host may become the primary: where the address could not follow, clients would find nobody.
    .hint = Leave candidates out, or name every database host.

problem-read-needs-replication = `{ $endpoint }` is for replicas, and the database has none.
    .reason = Only with database: {"{ replication: {} }"} are there replicas whose lag Quorate knows.
    .hint = Remove the endpoint, or give it an external address or a DNS name that somebody else keeps.

problem-port-of-server = `{ $endpoint }` cannot use port { $port } on { $host }: the database server has it there.
    .reason = The server of a replicated database listens at all addresses of its host, so HAProxy beside it needs another port.
    .hint = Name one, such as ports: [3308], or let hosts with the role balancer and without the role database hold the address.

problem-unknown-choice = { $key } cannot be { $value }.
    .reason = Expected one of: { $expected }.
    .hint = { $nearest ->
        [none] Write one of them.
       *[other] Did you mean { $nearest }?
    }

problem-single-count = A single database needs exactly one host with the role database; there are { $count }.
    .reason = It runs on one host, and it must be clear on which.
    .hint = Give exactly one host the role database, or write galera: {"{}"} for three or more.

problem-galera-too-few = Galera needs at least 2 hosts with the role database and an arbitrator, or 3; there are { $count }.
    .reason = Only a majority may write, and of fewer than three votes no majority is left after a loss.
    .hint = Give three hosts the role database, or two with galera: {"{ arbitrator: HOST }"}, or write single: {"{}"} for one.

problem-unknown-charset = There is no character set `{ $charset }`.
    .reason = Servers would refuse to make the database, or make it with another one.
    .hint = { $nearest ->
        [none] Character sets: { $expected }.
       *[other] Did you mean `{ $nearest }`? Character sets: { $expected }.
    }

problem-bad-collation = `{ $collation }` is no collation of { $charset }.
    .reason = A collation sorts one character set, whose name it begins with.
    .hint = Write one that begins with { $charset }_, or leave it out for the server's own choice.

problem-bad-account-host = `{ $host }` does not say from where an account may log in.
    .reason = The server compares it with the address or the name of whoever connects.
    .hint = Write "%" for anywhere, an address, a name, or a pattern such as "10.88.0.%".

problem-bad-grant-object = `{ $on }` is not something that privileges can be granted on.
    .reason = Privileges are granted on all tables of a schema, on one table, or on the server.
    .hint = Write schema.*, schema.table or "*.*".

problem-unknown-schema = There is no schema `{ $name }` in this file.
    .reason = The privileges would be of no use, and a slip of the fingers would go unnoticed.
    .hint = { $nearest ->
        [none] Name it under schemas as well. Schemas: { $expected }.
       *[other] Did you mean `{ $nearest }`? Schemas: { $expected }.
    }

problem-privileges-missing = No privileges are given on { $on }.
    .reason = A grant without privileges grants nothing.
    .hint = List them, such as [SELECT], or remove the grant.

problem-unknown-privilege = There is no privilege `{ $privilege }`.
    .reason = The server would refuse it, and the account would be left without.
    .hint = { $nearest ->
        [none] Privileges: { $expected }.
       *[other] Did you mean `{ $nearest }`? Privileges: { $expected }.
    }

problem-privilege-administers = No account of an application may have { $privilege } on the server.
    .reason = It administers the server: with it, an application could write to a replica that is closed to writing, change other accounts, or read the server's keys, and copies would no longer be equal.
    .hint = Grant what is needed on the application's own schemas, such as privileges: [ALL], on: schema.*.

problem-privilege-on-system = { $privilege } on { $on } would change what belongs to the server itself.
    .reason = Whoever changes those tables can take any privilege.
    .hint = Grant SELECT at most, as a monitor needs it.

problem-privilege-level = { $privilege } cannot be granted on { $on }.
    .reason = Privileges of the server as a whole are granted on *.*, and none of those that change data, since they would reach the server's own tables; the others are granted on schemas, and on tables as far as they concern one.
    .hint = Grant it on another object: "*.*" for the server, schema.* for a schema, schema.table for a table.

problem-accounts-external = Accounts of a database that somebody else keeps are not Quorate's to make.
    .reason = Its keeper decides who may log in, and from where.
    .hint = Remove accounts, and have its keeper make them.

problem-galera-even = { $count } database hosts are no better for Galera than { $fewer }.
    .reason = A majority must be left after a loss: { $count } members need { $need } and survive a split that cuts off { $survives }. When they are split into equal halves, both stop, and only one more vote could decide.
    .hint = Give one more host the role database ({ $more }), or a host without it a vote alone: galera: {"{ arbitrator: HOST }"}.

problem-arbitrator-odd = { $count } database hosts and an arbitrator are { $votes } votes, an even number.
    .reason = { $votes } votes need { $need } and survive the loss of { $survives } at once; the { $count } database hosts alone survive { $without } as well, with one host less to lose.
    .hint = Remove the arbitrator, or give one more host the role database.

problem-arbitrator-has-data = { $name } cannot be the arbitrator: it has the role database.
    .reason = A host that is lost would take two votes along, and the other database hosts would lose the majority with it.
    .hint = Name a host without the role database, best in a failure domain of its own.

problem-arbitrator-host = There is no host `{ $name }` that could be the arbitrator.
    .reason = The arbitrator is a host of this file, so that Quorate deploys and watches it.
    .hint = { $nearest ->
        [none] Hosts without the role database: { $expected }.
       *[other] Did you mean `{ $nearest }`? Hosts without the role database: { $expected }.
    }

## Backups of the database

problem-backup-target = Backups go to exactly one place; { $count ->
        [0] none is given.
       *[other] two are given.
    }
    .reason = Where a backup lies must be beyond doubt on the day when it is needed.
    .hint = Write to: {"{ directory: { path: /mnt/backup } }"} or to: {"{ s3: { endpoint: …, bucket: …, accessKeyFrom: …, secretKeyFrom: … } }"}.

problem-backup-schedule = `{ $schedule }` is no schedule.
    .reason = How old the latest backup may be is reckoned from it, so only these forms are known.
    .hint = Write hourly, every 6h (a divisor of 24), daily 02:30 or weekly sun 02:30; times are UTC.

problem-backup-path = Backups cannot be kept in `{ $path }`.
    .reason = The path must be absolute, and must not lie in a directory of MariaDB, Quorate or the system: a backup beside the data is lost with them.
    .hint = Mount another machine's disk, for instance under /mnt/backup, and write that path.

problem-backup-host = `{ $name }` is no host with the role database.
    .reason = The host that has the directory makes the backups, and mariabackup works on a server's own files.
    .hint = { $nearest ->
        [none] Database hosts: { $expected }.
       *[other] Did you mean `{ $nearest }`? Database hosts: { $expected }.
    }

problem-backup-endpoint = `{ $endpoint }` is not where a store could answer.
    .reason = It is asked over HTTP, with signed requests.
    .hint = Write https:// (or http://), a name or address, and the port where it is not the usual one; no path, no user.

problem-backup-bucket = `{ $bucket }` cannot be the name of a bucket.
    .reason = Names of buckets have 3 to 63 lower-case letters, digits, hyphens and dots.
    .hint = Write the bucket's name alone; what comes before the names in it is `prefix`.

problem-backup-prefix = `{ $prefix }` cannot be a prefix.
    .reason = Only letters, digits and the characters - _ . / mean the same to every store.
    .hint = Write something like backups/production, or leave it out.

problem-backup-external = A database that somebody else keeps is not backed up by Quorate.
    .reason = mariabackup works on the files of a server, and Quorate has none on that host.
    .hint = Remove `backup`, and ask whoever keeps the database for its backups.

## Shared storage

problem-storage-kind-missing = It is not said what kind of storage this is.
    .reason = What is deployed, and what is survived, depends on it.
    .hint = Write one of glusterfs: {"{}"}, nfs: {"{}"} and external: {"{ address: … }"}.

problem-storage-kind-several = More than one kind of storage is given: { $kinds }.
    .reason = Shared files are kept in one place.
    .hint = Keep one of them.

problem-glusterfs-too-few = GlusterFS needs at least 2 hosts with the role storage; there are { $count }.
    .reason = Each file is kept on two hosts or more, so that the loss of one is survived.
    .hint = Give two or three hosts the role storage, or write nfs: {"{}"} for one.

problem-glusterfs-replicas = { $count } storage hosts cannot be divided into groups of { $replicas }.
    .reason = Each file is kept on all hosts of one group, so the number of hosts must be a multiple of the replicas.
    .hint = Change the number of hosts with the role storage, or `replicas`; left out, it is 3 where that fits and otherwise 2.

problem-nfs-count = An NFS server runs on exactly one host with the role storage; there are { $count }.
    .reason = It must be clear which host keeps the files.
    .hint = Give exactly one host the role storage, or write glusterfs: {"{}"} for two or more.

## The platform and its services

problem-unknown-platform = There is no platform `{ $kind }`.
    .reason = The platform decides what its control plane needs.
    .hint = { $nearest ->
        [none] Platforms: { $expected }.
       *[other] Did you mean `{ $nearest }`? Platforms: { $expected }.
    }

problem-platform-without-control = No host runs the control plane of { $kind }.
    .reason = Console and API run on the hosts with the role control.
    .hint = Give one host or more the role control, or remove spec.platform.

problem-platform-version = `{ $version }` is not a version of { $kind } that is known here.
    .reason = What the platform asks of its database depends on its version.
    .hint = Write major and minor version, such as { $expected }.

problem-platform-database-alone = { $kind } { $version } on several hosts would rest on a database that is lost with one of them.
    .reason = Its guide for high availability demands a database outside or a highly available one: as it comes, the first manage host carries the only copy, and the management fails with that host.
    .hint = Write galera: {"{}"} or replication: {"{}"} under spec.database, or external: {"{ host: …, user: … }"} for one that exists.

problem-platform-without-database = It is not said where { $kind } keeps its data.
    .reason = Its control plane works only while its database does, so without it no promise could be made.
    .hint = Add spec.database (for a database that exists: {"{ external: { host: …, user: … } }"}). A database that the platform brings itself is one of its services: {"{ name: mysql, hosts: [node1], capability: database }"}.

problem-service-place-missing = It is not said where the service `{ $service }` runs.
    .reason = What is survived depends on the hosts that it runs on.
    .hint = Name them: hosts: [node1, node2]. If none of these hosts runs it, write external: {"{ address: … }"}.

problem-service-place-several = The service `{ $service }` runs on hosts of this cluster and outside it.
    .reason = It must be clear whose loss it survives.
    .hint = Keep either `hosts` or `external`, or write two services.

problem-needs-without-hosts = `needs` has a meaning only for a service on hosts of this cluster, and `{ $service }` is outside it.
    .reason = It says how many of the hosts suffice.
    .hint = Remove `needs`, or name the hosts.

problem-unknown-capability = There is no capability `{ $capability }`.
    .reason = It says what users miss when the service is down.
    .hint = { $nearest ->
        [none] Capabilities: { $expected }.
       *[other] Did you mean `{ $nearest }`? Capabilities: { $expected }.
    }

problem-unknown-host = There is no host `{ $name }`.
    .reason = Only hosts of this file can be named here.
    .hint = { $nearest ->
        [none] Hosts: { $expected }.
       *[other] Did you mean `{ $nearest }`?
    }

problem-duplicate-service-host = `{ $name }` is named twice for the service `{ $service }`.
    .reason = A host that is lost takes both with it, so the second one adds nothing.
    .hint = Remove it, or write the host that was meant.

## Availability

problem-bad-hours = { $key } is { $value }; it must be a number of hours above zero.
    .reason = Nothing can be reckoned with it.
    .hint = Write hours, such as 4380 for half a year or 0.5 for thirty minutes.

problem-repair-too-long = Repair takes { $mttr } hours, but the next failure comes after { $mtbf }.
    .reason = The repair must be shorter than the time between failures; perhaps the two are swapped.
    .hint = Write the longer time as mtbfHours and the shorter as mttrHours.

## Endpoints

problem-endpoint-kind-missing = It is not said where the endpoint `{ $endpoint }` is.
    .reason = Clients need an address or a name.
    .hint = Add one of vip: 10.88.0.100, external: {"{ address: … }"}, dns: {"{ name: … }"} and host: node1.

problem-endpoint-kind-several = The endpoint `{ $endpoint }` is in more than one place: { $kinds }.
    .reason = An endpoint is one place that clients connect to.
    .hint = Keep one of them, or write two endpoints.

problem-only-with-vip = `{ $key }` has a meaning only for a virtual IP, and `{ $endpoint }` is none.
    .reason = Quorate does not decide where an external address or a DNS name leads.
    .hint = Remove `{ $key }`, or give the endpoint a vip.

problem-vip-outside-networks = The virtual IP { $vip } is in none of the networks ({ $networks }).
    .reason = An address outside its segment is not found by its neighbours.
    .hint = Choose an idle address inside one of the networks, or add its network under spec.networks.

problem-vip-outside-its-network = The virtual IP { $vip } is not in the network { $network } ({ $cidr }).
    .reason = An address outside its segment is not found by its neighbours.
    .hint = Choose an idle address of { $cidr }, or correct `network`; left out, it is the network that contains the address.

problem-unknown-network = There is no network `{ $name }`.
    .reason = The virtual IP would be nowhere.
    .hint = { $nearest ->
        [none] Networks: { $expected }. Left out, it is the network that contains the address.
       *[other] Did you mean `{ $nearest }`? Networks: { $expected }. Left out, it is the network that contains the address.
    }

problem-vip-is-host = The virtual IP { $vip } is the address of { $host }.
    .reason = A virtual IP moves between hosts; if it is a host's own address, that host is cut off as soon as another one holds it.
    .hint = Choose an address that no machine has.

problem-duplicate-vip = `{ $endpoint }` has the virtual IP { $vip } of `{ $other }`.
    .reason = Two instances of keepalived would fight for the address.
    .hint = Choose another address, or give one endpoint the names and ports of both.

problem-vrid-range = { $vrid } is not a VRID.
    .reason = VRRP (RFC 5798) numbers its virtual routers from 1 to 255.
    .hint = Choose a number from 1 to 255, or leave vrid out: it is then derived from the address.

problem-duplicate-vrid = `{ $endpoint }` has the VRID { $vrid } of `{ $other }`.
    .reason = Hosts of both would take each other for the same virtual router, and one address would have no holder.
    .hint = Choose another number, or leave vrid out: it is then derived from the address.

problem-vrids-exhausted = No VRID is left for `{ $endpoint }`.
    .reason = VRRP has 255 numbers, and the other endpoints use all of them.
    .hint = Use fewer virtual IPs; one can have many names and ports.

problem-unknown-candidate = There is no host `{ $name }`.
    .reason = A candidate is a host that may hold the virtual IP.
    .hint = { $nearest ->
        [none] Hosts: { $expected }.
       *[other] Did you mean `{ $nearest }`?
    }

problem-duplicate-candidate = `{ $name }` is a candidate of `{ $endpoint }` twice.
    .reason = The order of the candidates is their preference, and a host has one place in it.
    .hint = Remove it, or write the host that was meant.

problem-candidate-lacks-role = { $host } cannot hold the virtual IP of `{ $endpoint }`: it has none of the roles { $roles }.
    .reason = What answers at this address does not run on that host, so connections would fail whenever it holds the address.
    .hint = Give { $host } one of the roles { $roles }, or remove it from the candidates.

problem-candidate-outside-network = { $host } cannot hold the virtual IP of `{ $endpoint }`: it is not in the network { $network }.
    .reason = A virtual IP can only move between hosts of one segment.
    .hint = Name candidates that are in { $network }, or choose an address in the network of { $host }.

problem-candidates-missing = `{ $endpoint }` has no candidates.
    .reason = Only the endpoints platform, database, database-read and control, and those through lvs, have candidates that follow from roles.
    .hint = Name the hosts that may hold the address, most preferred first: candidates: [node1, node2]

problem-no-candidates = No host can hold the virtual IP of `{ $endpoint }`.
    .reason = It needs a host with one of the roles { $roles }.
    .hint = Give at least two hosts one of these roles, so that the address survives the loss of one.

problem-ports-missing = `{ $endpoint }` has no ports.
    .reason = Only the endpoints platform (80), database and database-read (3306) have ports without being told.
    .hint = Name the ports that clients use: ports: [443]

problem-duplicate-port = `{ $endpoint }` has the port { $port } twice.
    .reason = One of the two may have been meant to be another port.
    .hint = Remove it, or correct it.

problem-names-need-address = The names of `{ $endpoint }` have no address that they could stand for.
    .reason = Every host is to resolve these names itself, but the endpoint is given by a name whose address somebody else may change.
    .hint = Remove `names` and let DNS answer for them, or write external: {"{ address: … }"} with an IP address.

problem-name-is-host = `{ $name }` is the name of a host.
    .reason = The hosts would resolve it to the endpoint, and nobody would reach that host by its name.
    .hint = Choose another name for the endpoint.

problem-endpoint-host-lacks-role = { $host } cannot stand for `{ $endpoint }`: it has none of the roles { $roles }.
    .reason = What answers for this endpoint does not run on that host.
    .hint = Give { $host } one of the roles { $roles }, or name another host.

problem-endpoint-host-is-one-of-several = { $host } is one of several hosts that keep the database, and `{ $endpoint }` would lead to it alone.
    .reason = Clients would lose the database with that host, although the others go on.
    .hint = Give the endpoint a vip. One host can stand for it with database: {"{ single: {} }"}, or with through: maxscale in front of Galera.

problem-unknown-through = Connections cannot go through `{ $through }`.
    .reason = It says what stands between the endpoint's address and the servers.
    .hint = { $nearest ->
        [none] Known here: { $expected }.
       *[other] Did you mean `{ $nearest }`? Known here: { $expected }.
    }

problem-through-not-here = `{ $endpoint }` cannot go through { $through }.
    .reason = lvs spreads the connections of a virtual IP over the gateways; maxscale stands on a vip or a host in front of database: {"{ galera: {} }"}; haproxy on the vip of database or database-read.
    .hint = Remove `through`, or write it at the endpoint that it belongs to.

problem-endpoint-without-database = There is an endpoint for the database, but no database.
    .reason = Nothing would answer at this address.
    .hint = Add spec.database, such as database: {"{ galera: {} }"}, or remove the endpoint.

problem-endpoint-external-database = The database is kept by somebody else, at { $host }, and needs no address here.
    .reason = Its failover is not in Quorate's hands, so an address here would only be one more thing that can fail.
    .hint = Remove the endpoint, or write it as external: {"{ address: … }"}.
