# 终端上的 `quorate survive`；与页面共用的文字在 page.ftl。

survive-basis = { $hosts } 台主机；依据文件和部署所用的规则精确推算
survive-page = 页面已写入 { $path }
survive-ends = { $capability }：失去 { $sets } 即不可用
survive-no-set = { $capability }：没有小规模的损失组合能使其不可用
survive-cut = { $cut } 被切断：其内部仍可用：{ $near }；对其余各方仍可用：{ $far }
column-any-one = 任意 1 台
column-any-two = 任意 2 台
column-availability = 可用性
column-minutes = 年停机分钟
margin-many = 多台
margin-and-settled = 同时 { $now }，先后 { $settled }
open-psa-top = { $tree }，{ $gate }：最小割集 { $total } 个(按阶：{ $orders })；概率 { $probability }
open-psa-limited = { $tree }，{ $gate }：所求阶数以内的最小割集 { $total } 个(按阶：{ $orders })，可能还有更大的；概率 { $probability }
plan-survives = 它能承受什么：
plan-margin = { $capability }：余量由 { $before } 变为 { $after }
