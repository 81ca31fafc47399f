# 终端上的 `quorate drill`；与页面共用的文字在 page.ftl。

drill-planned = 将要演练：{ $count } 项
drill-all-serve = 预测全部可用
drill-loses = 预测不可用：{ $capabilities }
drill-open = 可能中断，取决于当时由谁主导：{ $capabilities }
drill-loses-held = 若 { $address } 由 { $hosts } 持有，预测 { $capability } 不可用
drill-question = 这将逐个破坏正在运行的集群并恢复。开始吗？[y/N]
drill-stopping = 正在停止：先撤销当前故障。再按一次 Ctrl-C 立即退出；主机会自行撤销故障。
drill-begins = { $number }/{ $of }  { $name }
drill-steady = 一切可用；开始破坏
drill-broken = 已破坏；观察中
drill-undone = 已撤销；等待恢复完整
drill-whole = 已恢复完整
drill-as-predicted = 与预测一致
drill-not-as-predicted = 与预测不一致
drill-failed = 并非一切都与预测一致
drill-columns = 预测 / 观察(无服务时间)
drill-late-reads = 读到旧数据的次数：{ $count }；对这种数据库这在预期之内
drill-gaps = { $capability }：在预测可用的 { $trials } 次演练中，无服务时间 p50 { $p50 }，最大 { $max }
column-fault = 故障
column-whole-after = 恢复用时
