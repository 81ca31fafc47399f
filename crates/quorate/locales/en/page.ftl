# The pages of `survive --html` and `drill --html`.

page-footer = Produced by Quorate { $version }. This page needs nothing but itself.
page-contents = Contents
page-list-separator = {", "}
page-colon = {": "}
page-list-more = { $list } and { $count } more
page-more = and { $count } more
page-yes = yes
page-no = no
page-none = none
page-lost = down

page-loss-host = host { $host }
page-loss-component = { $component } on { $host }
page-loss-domain = all of { $kind } { $name }
page-loss-cut = { $kind } { $name } cut off
page-loss-outside = { $what } (outside)

## survive: the verdict

page-survive-title = What { $cluster } survives
page-survive-subtitle = Reckoned from the cluster file (hosts: { $hosts }). Exact for what is modelled; what is not is listed at the end.
page-verdict-empty = The file gives this cluster no capability to lose
page-verdict-lost = Something is down already
page-verdict-none = Not every capability survives the loss of a host
page-verdict-other = Every capability survives the loss of any one host, but something else ends one alone
page-verdict-one = Every capability survives the loss of any one host
page-verdict-two = Every capability survives the loss of any two hosts
page-verdict-lost-line = Down with what is lost already: { $capabilities }
page-verdict-none-line = There is a host whose loss alone ends it: { $capabilities }
page-verdict-one-line = Survives any one host, but not any two: { $capabilities }
page-verdict-two-line = Survives any two hosts: { $capabilities }
page-verdict-single = Single points of failure, of every kind: { $count }
page-without = What if: { $hosts } lost already

page-heading-single = Single points of failure
page-heading-capabilities = What every capability survives
page-heading-architecture = Architecture
page-heading-losses = The smallest losses that end a capability
page-heading-cuts = When a failure domain is cut off
page-heading-trees = Fault trees
page-heading-importance = What matters most
page-heading-basis = What the numbers rest on

page-single-none = None: no host, component, failure domain or outside service ends a capability alone
page-single-intro = Each of these ends a capability by itself. An arrow says what would help.
page-single-ends = its loss ends { $capabilities }.
page-single-runs = What runs there and nowhere else that could stand in: { $components }.
page-remedy-without = First of all, bring back what is lost already.
page-remedy-host = Let at least one more host do what this one does.
page-remedy-component = Run it on more hosts, or as a group that survives the loss of a member.
page-remedy-domain = Spread the hosts over more domains of the kind { $kind }, so that no single one holds a majority.
page-remedy-cut = Clients outside lose what only { $kind } holds: spread the hosts, or give the domain a second way in.
page-remedy-outside = Quorate neither runs nor watches it: have its keeper say what it survives, or bring it into the cluster.
page-remedy-etcd = Give the role control (or etcd) to three hosts: etcd needs more than half of its members, so two are no better than one.
page-remedy-galera = Give the role database to three hosts in three failure domains: Galera needs more than half of its members.
page-remedy-mariadb = Add database hosts and write galera (three hosts) or replication (two) instead of single.
page-remedy-replication = Add a second database host as synchronous replica.
page-remedy-vip = Name a second candidate for the virtual IP.
page-remedy-gateway = Give the role gateway to a second host.
page-remedy-balancer = Give the role balancer to a second host.
page-remedy-maxscale = Run MaxScale on a second host, behind a virtual IP.
page-remedy-lvs = Name a second director for the virtual IP.
page-remedy-storage = Keep shared files on two or more storage hosts instead of one.
page-remedy-nfs = One NFS server cannot be stood in for: use GlusterFS on two or more storage hosts.
page-remedy-glusterfs = Give the role storage to more hosts, with two or more replicas.

## survive: tables

page-capability = Capability
page-margin = Margin, at once
page-margin-settled = Margin, settled
page-any-one = Any 1 host
page-any-two = Any 2 hosts
page-smallest = Smallest losses that end it
page-availability = Availability
page-nines = Nines
page-minutes = Minutes a year
page-cut-sets = Minimal cut sets
page-margin-many = 4 or more
page-order = order { $order }
page-capabilities-caption = Capability by capability
page-margin-words = Margin: how many hosts may be lost, whichever they are, before the capability ends. At once: all in one moment. Settled: one after another, with time in between, which lets Galera recount its members; etcd's number stays fixed.
page-cut-sets-words = Minimal cut set: a set of losses that ends the capability, and would not if any one of them were missing. Its order is how many losses it has. Counted over hosts, components, failure domains, cuts and what is outside.
page-losses-intro = Hosts, failure domains and what is outside, lost in the same moment. No smaller set ends the capability.
page-none-listed = No set of the order that was asked for ends it.
page-cuts-whole = For the whole cluster, with nothing lost before the cut.
page-cut-off = Cut off
page-cut-hosts = Hosts inside
page-cuts-caption = Where each capability works while the domain is cut off
page-cuts-intro = A cut leaves both sides running. A capability that keeps state must never work on both; one that keeps none may.
page-side-far = outside
page-side-near = inside only
page-side-both = both sides
page-side-none = nowhere
page-event = Loss
page-fussell-vesely = Fussell-Vesely
page-birnbaum = Birnbaum
page-raw = RAW
page-rrw = RRW
page-importance-intro = Fussell-Vesely: the share of the outage that this loss takes part in. Birnbaum: how much more probable the outage is with the loss than without it. RAW: by what factor the outage grows if the loss is certain. RRW: by what factor it shrinks if the loss can never happen. Sorted by the first, at most ten each.

## survive: architecture and trees

page-architecture-title = Architecture of { $cluster }
page-architecture-words = { $cluster }: hosts { $hosts }, failure domains { $domains }, with lines from every endpoint to the hosts that may answer for it.
page-architecture-note = Lines lead from each endpoint to the hosts that may answer for it; the number is the order of preference. ▸ marks the components that a capability rests on.
page-architecture-note-large = One box for each failure domain, with what is inside counted. Lines lead from each endpoint to where hosts may answer for it; the number is how many. ▸ marks the components that a capability rests on.
page-architecture-without = without { $kind }
page-architecture-count = hosts: { $hosts }
page-architecture-more = and { $count } more domains
page-architecture-outside = Outside the cluster's hosts
page-hosts-table = The hosts as a table
page-host = Host
page-address = Address
page-domains = Failure domains
page-roles = Roles
page-components = Components
page-answers = May answer for (place)

page-trees-intro = Read from the top: what is in a box happens when its gate is satisfied by what stands below (IEC 61025). A gate above another of its kind is drawn as one with it.
page-tree-title = Fault tree of the capability { $capability }
page-tree-top = { $capability } is lost
page-tree-cut-short = The tree is too large to be drawn whole ({ $gates } gates, { $events } basic events); what is left out is counted in the numbers above all the same.
page-tree-and = all inputs
page-tree-or = any input
page-tree-vote = at least so many of so many
page-tree-basic = basic event
page-tree-again = the same event, seen before
page-tree-transfer = drawn elsewhere, under the same T number
page-tree-undeveloped = not drawn further
page-tree-house = known
page-tree-happened = has happened
page-tree-impossible = cannot happen
page-tree-below = { $what } (basic events below: { $count })
page-tree-more = and { $count } more inputs
page-tree-host = { $host } is lost
page-tree-component = { $component } on { $host } is down
page-tree-on-host = not usable on { $host }
page-tree-all-of = { $component }: none of { $total } is left
page-tree-some-of = { $component }: { $k } or more of { $total } are down
page-tree-nowhere = no host of { $total } is left with { $components }
page-tree-all = none of { $total } is left
page-tree-any = one of { $total } fails
page-tree-some = { $k } or more of { $total } fail

## survive: basis

page-rate-of = What fails
page-mtbf = Hours between failures (MTBF)
page-mttr = Hours until repair (MTTR)
page-unavailability = Share of time down
page-source = Source
page-rates-caption = How often things fail, and for how long
page-rate-host = a host
page-rate-component = a component on a host
page-rate-domain = a whole failure domain
page-rate-cut = the way to a failure domain
page-rate-outside = something outside
page-source-file = the cluster file
page-source-host = default, assumed: 4.3 months between failures, of the order reported for nodes of a large fleet (Ford et al., Availability in Globally Distributed Storage Systems, OSDI 2010); four hours of repair
page-source-component = default, an assumption: twice a year for half an hour, beyond what systemd restarts
page-source-domain = default, assumed: 10.2 years between failures, of the order reported for racks (Ford et al., OSDI 2010); four hours of repair
page-source-cut = default, an assumption: once in five years for an hour
page-source-outside = default, an assumption: 99.9 %, an hour at a time
page-method = Share of time down = MTTR / (MTBF + MTTR). Availability is computed exactly on a binary decision diagram of the fault tree, for events that are independent of each other. The figures compare plans; a site's own records, written into the file under availability, are better than anybody's average.
page-not-modelled = Not modelled
page-not-modelled-failover = The seconds that a failover takes; a drill measures them.
page-not-modelled-data = Data that is deleted or damaged by somebody who may write it: that needs a backup, not a second host.
page-not-modelled-people = Mistakes of operators, maintenance and upgrades.
page-not-modelled-software = A defect that stops the same software on all hosts at the same time.
page-not-modelled-load = Load: whether the hosts that are left can carry it.
page-not-modelled-links = Cuts between hosts of the same failure domain, packet loss, slow networks and disks, clocks that drift.
page-not-modelled-correlated = Common causes that the file does not name: give hosts their failure domains.

## drill

page-drill-title = Drill of { $cluster }
page-drill-subtitle = Begun { $started }, by Quorate { $program }. Predictions were saved before each fault.
page-drill-passed = Everything happened as predicted
page-drill-failed = Something did not happen as predicted
page-drill-incomplete = Nothing is proved: trials were not carried through
page-drill-counts = Trials: { $total } — { $passed } passed, { $failed } failed, { $notrun } not carried through
page-drill-not-run = A trial that was not carried through counts as not passed.
page-drill-not-tested = Not tested, and so not claimed: { $count }
page-drill-writes = Acknowledged writes lost: { $lost } of { $acknowledged }

page-heading-results = Predicted and observed
page-heading-gaps = Time without service
page-heading-not-tested = Not tested
page-heading-trials = Trial by trial
page-heading-settings = Versions and settings

page-results-none = No trial was made.
page-results-caption = One row for each trial
page-results-note = Predicted and observed are judged at the end of the fault, once failovers are over; the gap before that is shown below. Gap: from the first failed operation to the first good one. At most: from the last good one before it.
page-trial = Trial
page-outcome = Verdict
page-round = round { $round }
page-data = Data
page-holders = VIP holders
page-whole = Whole again after
page-passed = passed
page-failed = failed
page-not-run = not carried through
page-predicted = predicted: { $what }
page-serves = serves
page-is-lost = lost
page-may-be-lost = may be lost
page-no-promise = nothing
page-observed-served = served
page-observed-lost = lost
page-observed-unsteady = unsteady
page-observed-not-asked = not asked
page-gap = gap { $gap }
page-gap-most = at most { $gap }
page-no-gap = no gap
page-data-whole = nothing lost
page-data-acknowledged = acknowledged: { $count }
page-data-lost = lost: { $count }
page-data-invented = never sent: { $count }
page-data-twice = twice: { $count }
page-data-promise-late = reads may be as of before the fault
page-data-back = reads back in time: { $count }
page-data-two-writers = two writers: { $count }
page-data-unknown = Writes whose answer never came, which may or may not be there: { $written } are, { $missing } are not. Neither is a loss.
page-holders-not-seen = not sampled
page-holders-one = never two
page-holders-two = two for { $time }
page-holders-apart = two for { $time }, out of hearing
page-holders-promise-one = never two
page-holders-promise-two = two until { $time } after they hear each other
page-not-whole = not in time
page-trial-momentary = The host's own service manager repairs this in a moment: nothing is to be lost.
page-trial-losses = Stands for: { $losses }.

page-differs-capability = { $capability }: predicted { $predicted }, observed { $observed }
page-differs-not-predicted = { $capability }: observed, but the rules promise nothing
page-differs-lost = Acknowledged writes that are not there afterwards: { $count }
page-differs-invented = Writes that are there and were never sent: { $count }
page-differs-twice = Writes that are there twice: { $count }
page-differs-back = Reads that went back in time, or missed what was acknowledged before: { $count }
page-differs-two-writers = Times at which two hosts acknowledged writes: { $count }
page-differs-holders = Two hosts held the same virtual IP for { $time }; { $allowed } are allowed
page-differs-unread = Could not be read back in the end, so nothing is known of it: { $what }
page-differs-not-whole = The cluster was not whole again in the time allowed: { $what }
page-differs-residue = The drill left something behind; remove it by hand: { $what }

page-timeline-title = Timeline of { $trial }
page-timeline-words = { $capability }: predicted { $predicted }, observed { $observed }, longest gap { $gap }.
page-mark-inject = fault
page-mark-undo = undone
page-mark-whole = whole again
page-legend-good = operations succeed
page-legend-bad = operations fail
page-legend-none = not asked

page-gaps-none = No capability was observed that was predicted to serve.
page-gaps-caption = Over all trials in which the capability was predicted to serve; a trial without a gap counts as 0
page-gap-trials = Trials
page-gap-p50 = Median
page-gap-max = Longest
page-not-tested-none = Everything that was planned was tried. What the file does not name was not.
page-not-tested-warning = Nothing is claimed about these; they do not count as passed
page-not-tested-caption = What was not tried, and why
page-not-tested-what = What
page-not-tested-why = Why
page-setting-rounds = Rounds
page-setting-hold = A fault lasts
page-setting-judged = Judged over the last
page-setting-patience = To be whole again within
page-setting-undo = Hosts undo by themselves after
page-setting-program = Quorate
page-setting-started = Begun (UTC)
page-versions = Runs
page-versions-caption = What ran on the hosts
page-too-large = too large to reckon exactly
