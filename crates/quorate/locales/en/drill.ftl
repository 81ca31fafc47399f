# `quorate drill` on a terminal; what it shares with the page is in page.ftl.

drill-planned = To be tried: { $count }
drill-all-serve = everything is predicted to serve
drill-loses = predicted to be lost: { $capabilities }
drill-open = may be lost, as it depends on who leads just then: { $capabilities }
drill-loses-held = { $capability } is predicted to be lost if { $address } is held by { $hosts }
drill-question = This breaks the running cluster, one fault after another, and mends it again. Begin? [y/N]
drill-stopping = Stopping: the fault under way is undone first. Ctrl-C again leaves at once; the hosts then undo it by themselves.
drill-begins = { $number }/{ $of }  { $name }
drill-steady = everything serves; breaking it
drill-broken = broken; watching
drill-undone = undone; waiting until everything is whole
drill-whole = whole again
drill-as-predicted = as predicted
drill-not-as-predicted = not as predicted
drill-failed = Not everything was as predicted
drill-columns = predicted / observed (time without service)
drill-late-reads = reads that went back in time: { $count }; with this database that was to be expected
drill-gaps = { $capability }: time without service p50 { $p50 }, max { $max } over { $trials } trials in which it was promised to serve
column-fault = FAULT
column-whole-after = WHOLE AFTER
