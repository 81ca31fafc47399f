# `survive --html` 与 `drill --html` 的页面。

page-footer = 由 Quorate { $version } 生成。本页面自成一体，不需要网络。
page-contents = 目录
page-list-separator = 、
page-colon = ：
page-list-more = { $list }，另有 { $count } 项
page-more = 另有 { $count } 项
page-yes = 是
page-no = 否
page-none = 无
page-lost = 已中断

page-loss-host = 主机 { $host }
page-loss-component = { $host } 上的 { $component }
page-loss-domain = 整个 { $kind } { $name }
page-loss-cut = { $kind } { $name } 被隔断
page-loss-outside = { $what }（外部）

## survive：结论

page-survive-title = { $cluster } 能承受什么
page-survive-subtitle = 根据集群文件计算：{ $hosts } 台主机。对已建模的部分结果精确；未建模的部分见文末。
page-verdict-empty = 文件没有给这个集群任何可失去的能力
page-verdict-lost = 已有能力中断
page-verdict-none = 并非每项能力都能承受失去一台主机
page-verdict-other = 失去任意一台主机，每项能力都不中断；但有其他因素会单独导致中断
page-verdict-one = 失去任意一台主机，每项能力都不中断
page-verdict-two = 失去任意两台主机，每项能力都不中断
page-verdict-lost-line = 在已失去的条件下中断：{ $capabilities }
page-verdict-none-line = 存在一台主机，失去它就会中断：{ $capabilities }
page-verdict-one-line = 能承受失去任意一台主机，但不能承受任意两台：{ $capabilities }
page-verdict-two-line = 能承受失去任意两台主机：{ $capabilities }
page-verdict-single = 各类单点故障：{ $count } 个
page-without = 假设：{ $hosts } 已经失去

page-heading-single = 单点故障
page-heading-capabilities = 每项能力能承受什么
page-heading-architecture = 架构
page-heading-losses = 导致能力中断的最小损失
page-heading-cuts = 故障域被隔断时
page-heading-trees = 故障树
page-heading-importance = 影响最大的因素
page-heading-basis = 数字的依据

page-single-none = 没有：任何一台主机、一个组件、一个故障域或一项外部服务都不会单独导致能力中断
page-single-intro = 以下每一项都会单独导致某项能力中断。箭头后是改进办法。
page-single-ends = 失去它会中断{ $capabilities }。
page-single-runs = 只在此处运行且无可替代：{ $components }。
page-remedy-without = 首先恢复已经失去的主机。
page-remedy-host = 让至少另一台主机承担同样的工作。
page-remedy-component = 在更多主机上运行它，或组成失去一个成员仍能工作的组。
page-remedy-domain = 把主机分散到更多的 { $kind } 中，使任何一个都不占多数。
page-remedy-cut = 外部的客户端会失去只在该 { $kind } 中的服务：请分散主机，或给该故障域第二条通路。
page-remedy-outside = Quorate 既不运行也不监视它：请由其维护者说明它能承受什么，或把它纳入集群。
page-remedy-etcd = 让三台主机具有 control（或 etcd）角色：etcd 需要过半数成员，两台并不比一台好。
page-remedy-galera = 让位于三个故障域的三台主机具有 database 角色：Galera 需要过半数成员。
page-remedy-mariadb = 增加数据库主机，并把 single 改为 galera（三台）或 replication（两台）。
page-remedy-replication = 增加第二台数据库主机作为同步副本。
page-remedy-vip = 给虚拟 IP 指定第二个候选主机。
page-remedy-gateway = 让第二台主机具有 gateway 角色。
page-remedy-balancer = 让第二台主机具有 balancer 角色。
page-remedy-maxscale = 在第二台主机上运行 MaxScale，并在前面放置虚拟 IP。
page-remedy-lvs = 给虚拟 IP 指定第二台调度主机。
page-remedy-storage = 把共享文件保存在两台或更多存储主机上。
page-remedy-nfs = 单个 NFS 服务器无可替代：请在两台或更多存储主机上使用 GlusterFS。
page-remedy-glusterfs = 让更多主机具有 storage 角色，并保持两个或更多副本。

## survive：表格

page-capability = 能力
page-margin = 余量（同时）
page-margin-settled = 余量（逐次）
page-any-one = 任意 1 台
page-any-two = 任意 2 台
page-smallest = 导致中断的最小损失
page-availability = 可用性
page-nines = 几个 9
page-minutes = 每年分钟数
page-cut-sets = 最小割集
page-margin-many = 4 或更多
page-order = { $order } 阶
page-capabilities-caption = 逐项能力
page-margin-words = 余量：无论失去哪些主机，能力中断之前最多可失去的台数。同时：在同一时刻失去。逐次：一台接一台，其间有时间稳定下来，Galera 会重新计数成员；etcd 的成员数固定不变。
page-cut-sets-words = 最小割集：一组损失，会使能力中断，而缺少其中任何一项就不会。阶数是其中损失的个数。统计范围：主机、组件、故障域、隔断与外部服务。
page-losses-intro = 主机、故障域与外部服务在同一时刻失去。没有更小的组合会使该能力中断。
page-none-listed = 在所问的阶数内，没有组合会使它中断。
page-cuts-whole = 以整个集群计算，隔断之前没有失去任何主机。
page-cut-off = 被隔断
page-cut-hosts = 其中的主机
page-cuts-caption = 故障域被隔断期间，每项能力在哪一侧可用
page-cuts-intro = 隔断后两侧都在运行。保存状态的能力决不能在两侧同时工作；不保存状态的可以。
page-side-far = 外侧
page-side-near = 仅内侧
page-side-both = 两侧
page-side-none = 都不可用
page-event = 损失
page-fussell-vesely = Fussell-Vesely
page-birnbaum = Birnbaum
page-raw = RAW
page-rrw = RRW
page-importance-intro = Fussell-Vesely：中断中有该损失参与的比例。Birnbaum：有该损失时中断的概率比没有时高多少。RAW：若该损失必然发生，中断增大的倍数。RRW：若该损失永不发生，中断减小的倍数。按第一项排序，每项能力最多十行。

## survive：架构与故障树

page-architecture-title = { $cluster } 的架构
page-architecture-words = { $cluster } 的 { $hosts } 台主机，位于 { $domains } 个故障域，并有连线从每个入口指向可应答的主机。
page-architecture-note = 连线从每个入口指向可为其应答的主机，数字是优先次序。▸ 之后是能力所依赖的组件。
page-architecture-note-large = 每个故障域一个方框，统计其中的内容。连线从每个入口指向可为其应答的主机所在之处，数字是主机台数。▸ 之后是能力所依赖的组件。
page-architecture-without = 未标明 { $kind }
page-architecture-count = 主机：{ $hosts } 台
page-architecture-more = 另有 { $count } 个故障域
page-architecture-outside = 集群主机之外
page-hosts-table = 主机列表
page-host = 主机
page-address = 地址
page-domains = 故障域
page-roles = 角色
page-components = 组件
page-answers = 可应答的入口（次序）

page-trees-intro = 从上往下读：方框中的事件在其下方的门得到满足时发生（IEC 61025）。上下相接的同类门合并画出。
page-tree-title = { $capability }的故障树
page-tree-top = { $capability }中断
page-tree-cut-short = 这棵树太大，无法全部画出（{ $gates } 个门，{ $events } 个基本事件）；未画出的部分仍计入上面的数字。
page-tree-and = 全部输入
page-tree-or = 任一输入
page-tree-vote = 至少其中若干个
page-tree-basic = 基本事件
page-tree-again = 前面出现过的同一事件
page-tree-transfer = 画在别处，T 编号相同
page-tree-undeveloped = 不再展开
page-tree-house = 已知
page-tree-happened = 已经发生
page-tree-impossible = 不会发生
page-tree-below = { $what }（其下基本事件：{ $count } 个）
page-tree-more = 另有 { $count } 个输入
page-tree-host = { $host } 失去
page-tree-component = { $host } 上的 { $component } 停止
page-tree-on-host = { $host } 不可用
page-tree-all-of = { $component }：{ $total } 个全部停止
page-tree-some-of = { $component }：{ $total } 个中停止 { $k } 个以上（含）
page-tree-nowhere = { $total } 台主机中没有一台还能提供 { $components }
page-tree-all = { $total } 个全部失效
page-tree-any = { $total } 个中任一失效
page-tree-some = { $total } 个中失效 { $k } 个以上（含）

## survive：依据

page-rate-of = 什么会失效
page-mtbf = 平均故障间隔（MTBF，小时）
page-mttr = 平均修复时间（MTTR，小时）
page-unavailability = 停止时间占比
page-source = 来源
page-rates-caption = 多久失效一次，持续多久
page-rate-host = 一台主机
page-rate-component = 主机上的一个组件
page-rate-domain = 整个故障域
page-rate-cut = 通往故障域的网络
page-rate-outside = 外部服务
page-source-file = 集群文件
page-source-host = 默认值(假定)：故障间隔 4.3 个月，与大型机群节点的报道同一量级（Ford 等，Availability in Globally Distributed Storage Systems，OSDI 2010）；修复四小时
page-source-component = 默认值，假定：除 systemd 能重启的之外，每年两次，每次半小时
page-source-domain = 默认值(假定)：故障间隔 10.2 年，与机架的报道同一量级（Ford 等，OSDI 2010）；修复四小时
page-source-cut = 默认值，假定：五年一次，每次一小时
page-source-outside = 默认值，假定：99.9 %，每次一小时
page-method = 停止时间占比 = MTTR / (MTBF + MTTR)。可用性在故障树的二元决策图上精确计算，假定各事件相互独立。这些数字用于比较方案；写在文件 availability 中的自有记录比任何平均值都好。
page-not-modelled = 未建模
page-not-modelled-failover = 故障切换所用的几秒钟；由演练测量。
page-not-modelled-data = 有写权限者删除或损坏数据：这需要备份，而不是第二台主机。
page-not-modelled-people = 操作失误、维护与升级。
page-not-modelled-software = 在所有主机上同时使同一软件停止的缺陷。
page-not-modelled-load = 负载：剩余的主机能否承担。
page-not-modelled-links = 同一故障域内主机之间的隔断、丢包、缓慢的网络与磁盘、时钟漂移。
page-not-modelled-correlated = 文件没有写明的共同原因：请给主机标明故障域。

## 演练

page-drill-title = { $cluster } 的演练
page-drill-subtitle = 开始于 { $started }，由 Quorate { $program } 执行。每次故障之前都已保存预测。
page-drill-passed = 一切都如预测
page-drill-failed = 有结果与预测不符
page-drill-incomplete = 什么也没有证明：有试验未能完成
page-drill-counts = 试验：共 { $total } 次，通过 { $passed } 次，未通过 { $failed } 次，未完成 { $notrun } 次
page-drill-not-run = 未完成的试验不算通过。
page-drill-not-tested = 未测试，因此不作任何断言：{ $count } 项
page-drill-writes = 丢失的已确认写入：{ $acknowledged } 次中有 { $lost } 次

page-heading-results = 预测与观察
page-heading-gaps = 无服务时间
page-heading-not-tested = 未测试
page-heading-trials = 逐次试验
page-heading-settings = 版本与设置

page-results-none = 没有进行任何试验。
page-results-caption = 每次试验一行
page-results-note = 预测与观察在故障末尾、切换完成之后比较；此前的间断列在下方。间断：从第一次失败的操作到第一次成功的操作。最多：从此前最后一次成功的操作算起。
page-trial = 试验
page-outcome = 结论
page-round = 第 { $round } 轮
page-data = 数据
page-holders = VIP 持有者
page-whole = 恢复完整用时
page-passed = 通过
page-failed = 未通过
page-not-run = 未完成
page-predicted = 预测：{ $what }
page-serves = 可用
page-is-lost = 中断
page-may-be-lost = 可能中断
page-no-promise = 无
page-observed-served = 可用
page-observed-lost = 中断
page-observed-unsteady = 不稳定
page-observed-not-asked = 未询问
page-gap = 间断 { $gap }
page-gap-most = 最多 { $gap }
page-no-gap = 无间断
page-data-whole = 没有丢失
page-data-acknowledged = 已确认：{ $count }
page-data-lost = 丢失：{ $count }
page-data-invented = 从未发送：{ $count }
page-data-twice = 重复：{ $count }
page-data-promise-late = 可能读到故障之前的数据
page-data-back = 读到旧值：{ $count }
page-data-two-writers = 两个写入者：{ $count }
page-data-unknown = 没有收到答复、可能在也可能不在的写入：在的有 { $written } 次，不在的有 { $missing } 次。两者都不算丢失。
page-holders-not-seen = 未采样
page-holders-one = 从未有两个
page-holders-two = 两个，持续 { $time }
page-holders-apart = 互不可达时两个，持续 { $time }
page-holders-promise-one = 从未有两个
page-holders-promise-two = 可有两个，至彼此可达后 { $time }
page-not-whole = 未按时恢复
page-trial-momentary = 主机自身的服务管理器会立即修复：不应失去任何东西。
page-trial-losses = 代表的损失：{ $losses }。

page-differs-capability = { $capability }：预测{ $predicted }，观察到{ $observed }
page-differs-not-predicted = { $capability }：有观察，但规则没有承诺
page-differs-lost = 已确认但之后不存在的写入：{ $count }
page-differs-invented = 存在但从未发送的写入：{ $count }
page-differs-twice = 出现两次的写入：{ $count }
page-differs-back = 读到旧值，或缺少此前已确认的内容：{ $count }
page-differs-two-writers = 两台主机同时确认写入的次数：{ $count }
page-differs-holders = 两台主机同时持有同一虚拟 IP 达 { $time }；允许 { $allowed }
page-differs-unread = 最终未能读回，因此其内容未知：{ $what }
page-differs-not-whole = 集群未在允许的时间内恢复完整：{ $what }
page-differs-residue = 演练留下了残余，请手工清除：{ $what }

page-timeline-title = { $trial } 的时间线
page-timeline-words = { $capability }：预测{ $predicted }，观察到{ $observed }，最长间断 { $gap }。
page-mark-inject = 故障
page-mark-undo = 撤销
page-mark-whole = 恢复完整
page-legend-good = 操作成功
page-legend-bad = 操作失败
page-legend-none = 未询问

page-gaps-none = 没有观察到任何预测为可用的能力。
page-gaps-caption = 统计所有预测该能力可用的试验；没有间断的试验计为 0
page-gap-trials = 试验次数
page-gap-p50 = 中位数
page-gap-max = 最长
page-not-tested-none = 计划的内容全部试过。文件没有写明的没有试。
page-not-tested-warning = 对以下内容不作任何断言；它们不算通过
page-not-tested-caption = 没有试的内容及原因
page-not-tested-what = 内容
page-not-tested-why = 原因
page-setting-rounds = 轮数
page-setting-hold = 故障持续
page-setting-judged = 判定时段（末尾）
page-setting-patience = 须在此时间内恢复完整
page-setting-undo = 主机自行撤销的时间
page-setting-program = Quorate
page-setting-started = 开始（UTC）
page-versions = 运行
page-versions-caption = 主机上运行的软件
page-too-large = 规模过大，无法精确推算
