# `quorate db backup` 与 `quorate db restore`。

backup-column-name = 备份
backup-column-age = 距今
backup-column-size = 大小
backup-column-verified = 试恢复
backup-verified-at = { $at }，{ $rows } 行
backup-verified-never = 从未
backup-list-empty = 还没有备份。`quorate db backup` 可立即制作一个。
backup-binlogs = { $host } 的二进制日志从 { $from } 到 { $to } 连续无缺
backup-taken = { $backup } 已在 { $host } 上制作，用时 { $seconds } 秒：存储占用 { $size }，恢复后 { $raw }
backup-verified = 试恢复完成，用时 { $seconds } 秒：{ $tables } 张表共 { $rows } 行，全部完好
backup-removed = { $backup } 已删除：该时段由更新的备份代表
backup-unverified = { $backup } 未做试恢复：还没有人知道它能否恢复。`quorate db restore { $backup }` 可以验证。

backup-stage-copy = 复制中
backup-stage-ship = 传送二进制日志
backup-stage-unpack = 取回并解密
backup-stage-prepare = 准备数据
backup-stage-replay = 应用二进制日志
backup-stage-check = 检查各表
backup-stage-load = 载入
backup-stage-remove = 清理
backup-stage- = 开始

age-minutes = { $value } 分钟
age-hours = { $value } 小时
age-days = { $value } 天

restore-column-schema = 库
restore-column-tables = 表
restore-column-rows = 行
restore-as-backed-up = 即备份时的状态
restore-done = { $backup } 已在 { $host } 上恢复，用时 { $seconds } 秒，{ $tables } 张表完好，临时实例已清除；最后的事务：{ $gtid }
restore-replayed = 应用了 { $of } 的 { $binlogs } 个二进制日志；最后的事务时间为 { $at }
restore-saved = 在此之前的全部数据保存在 { $backup }
restore-loaded = 已以 { $schema } 之名载入在用数据库
restore-load-warning =
    { $backup } 将恢复到在用数据库旁边（{ $until }），其中的库 { $schema } 以 { $under } 之名载入在用数据库，该名下不得已有表。现有内容不受影响。
restore-replace-warning =
    { $backup } 将恢复到在用数据库旁边（{ $until }）。随后对全部在用数据重新备份一次，**删除**在用的库 { $under }，再载入所恢复备份中的 { $schema }。
    在此期间应用会发现没有表或只有部分表：请先停止应用。之后，自那一刻以来写入 { $under } 的内容只存在于那次新备份中。
restore-question = 继续吗？(yes/no)
