# `quorate db backup` and `quorate db restore`.

backup-column-name = BACKUP
backup-column-age = AGE
backup-column-size = SIZE
backup-column-verified = RESTORED FOR A TRIAL
backup-verified-at = { $at }, { $rows } rows
backup-verified-never = never
backup-list-empty = There is no backup yet. `quorate db backup` makes one now.
backup-binlogs = binary logs of { $host } without a gap from { $from } to { $to }
backup-taken = { $backup } was made on { $host } in { $seconds } s: { $size } at the target, { $raw } when restored
backup-verified = restored for a trial in { $seconds } s: { $tables } tables with { $rows } rows are whole
backup-removed = { $backup } was removed: newer ones stand for its time
backup-unverified = { $backup } was not restored for a trial: nobody knows yet whether it can be. `quorate db restore { $backup }` finds out.

backup-stage-copy = copying
backup-stage-ship = bringing binary logs over
backup-stage-unpack = fetching and opening
backup-stage-prepare = preparing
backup-stage-replay = applying binary logs
backup-stage-check = checking tables
backup-stage-load = loading
backup-stage-remove = cleaning up
backup-stage- = beginning

age-minutes = { $value } min
age-hours = { $value } h
age-days = { $value } days

restore-column-schema = SCHEMA
restore-column-tables = TABLES
restore-column-rows = ROWS
restore-as-backed-up = as it was backed up
restore-done = { $backup } was restored on { $host } in { $seconds } s, { $tables } tables are whole, and the scratch instance is gone; last transaction: { $gtid }
restore-replayed = { $binlogs } binary logs of { $of } were applied; the last transaction is of { $at }
restore-saved = everything as it was until now is in { $backup }
restore-loaded = loaded into the live database as { $schema }
restore-load-warning =
    { $backup } is restored beside the live database ({ $until }), and its schema { $schema } is loaded into the live database as { $under }, where no table may be yet. Nothing that is there is changed.
restore-replace-warning =
    { $backup } is restored beside the live database ({ $until }). Then everything live is backed up afresh, the live schema { $under } is DROPPED, and { $schema } of the restored backup is loaded in its place.
    Until that has ended, applications find no tables or some of them: stop them first. What was written to { $under } since is then only in that fresh backup.
restore-question = Go on? (yes/no)
