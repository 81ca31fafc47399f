# `quorate survive` on a terminal; what it shares with the page is in page.ftl.

survive-basis = { $hosts } hosts; reckoned from the file, exactly, with the rules by which it is deployed
survive-page = page written to { $path }
survive-ends = { $capability }: lost with { $sets }
survive-no-set = { $capability }: no small set of losses ends it
survive-cut = { $cut } cut off: inside it there is left: { $near }; for everybody else: { $far }
column-any-one = ANY 1 HOST
column-any-two = ANY 2 HOSTS
column-availability = AVAILABILITY
column-minutes = MIN/YEAR DOWN
margin-many = many
margin-and-settled = { $now } at once, { $settled } one by one
open-psa-top = { $tree }, { $gate }: { $total } minimal cut sets (by order: { $orders }); probability { $probability }
open-psa-limited = { $tree }, { $gate }: { $total } minimal cut sets up to the order asked for (by order: { $orders }), there may be larger ones; probability { $probability }
plan-survives = What it survives:
plan-margin = { $capability }: the margin changes from { $before } to { $after }
