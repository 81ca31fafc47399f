# 程序自身的文字。

label-error = 错误：
label-warning = 警告：
label-info = 提示：

file-right = { $cluster }：文件正确，共 { $hosts } 台主机
file-problems = { $path }：有 { $count } 处需要修改；未做任何操作
host-keys-new = 以下主机是第一次连接。请在主机控制台上用 `ssh-keygen -lf` 核对指纹：
host-keys-question = 指纹是否正确？[y/N]
preflight-summary = { $hosts } 台主机：{ $errors } 个错误，{ $warnings } 个警告

component-names = /etc/hosts 域名
component-kernel = 内核参数
component-identity = 主机证书
component-etcd = etcd
component-galera = MariaDB Galera
component-mariadb = MariaDB
component-agent = Quorate agent
component-balancer = HAProxy（数据库）
component-gateway = nginx 网关
component-vip = keepalived（虚拟 IP）
component-replication = MariaDB 主从复制
component-backup = 数据库备份
component-arbitrator = Galera 仲裁者
component-maxscale = MaxScale
component-lvs = LVS（IPVS 调度器）
component-glusterfs = GlusterFS
component-nfs = NFS 服务器
component-platform = 平台（控制台和 API）
component-compute = 工作负载
component-service = 其他安装程序部署的服务
component-outside = 由别人维护的外部依赖
component-external = 外部数据库

stage-configure = 配置
stage-run = 运行
stage-once = 引擎内部

change-create = 新建
change-change = 修改
change-start = 启动
change-stop = 停止
change-restart = 重启
change-reload = 重新加载
change-enable = 开机自启
change-drift = 漂移：被他人改动

plan-empty = { $hosts } 台主机无需改动
plan-summary = { $hosts } 台主机共 { $steps } 步，其中 { $blocked } 步受阻
plan-leftovers = { $host } 上还留有文件不再要求的内容：{ $keys }

apply-question = 执行以上计划？[y/N]
apply-stopping = 正在停止：已开始的步骤会做完，不再开始新的步骤。再按一次 Ctrl-C 立即退出；下次 apply 会接着做。
apply-unchanged = 没有改动，用时 { $seconds } 秒
apply-done = { $done } 步完成，用时 { $seconds } 秒；日志在 { $directory }
apply-incomplete = { $total } 步中完成 { $done } 步，用时 { $seconds } 秒；其余等待上述问题解决后再次执行 apply。日志在 { $directory }
step-skipped = 未开始，因为 { $needs } 没有完成

destroy-question = 这会在所有主机上拆除 { $cluster }。请输入集群名称以继续：
destroy-host = { $host }：已收回 { $removed } 项，保留 { $kept } 项
destroy-kept = 保留：{ $key }

state-healthy = 健康
state-degraded = 降级
state-lost = 中断
state-unreachable = 不可达
margin-of = { $now }（满额 { $full }）

column-capability = 能力
column-state = 状态
column-margin = 余量
column-message = 说明
column-service = 服务
column-healthy = 健康/总数
column-node = 节点
column-address = 地址
column-roles = 角色

capability-control = 控制面
capability-coordination = 协调
capability-database = 数据库
capability-reads = 读取
capability-ingress = 入口
capability-artifacts = 制品
capability-storage = 存储
capability-workloads = 工作负载
hosts-not-ready = 未做任何改动：请先解决以上问题。`quorate check --hosts` 会列出全部检查结果，包括警告。

alert-reduced = { $component }：有成员缺失，{ $total } 个中未全部工作；冗余降低
alert-no-margin = { $component }：{ $total } 个中工作的少于 { $below } 个；再失去一个服务就会中断
alert-lost = { $component }：{ $total } 个中工作的少于 { $below } 个；依赖它的服务已中断

watch-galera-size = Galera 集群的成员与集群文件不符：冗余已丢失，或有外来成员持有数据；请查看 `quorate status`
watch-galera-not-primary = 有 Galera 成员没有法定多数：不接受写入；请查看 `quorate status`
watch-galera-not-ready = 有 Galera 成员不接受语句；请在该主机查看 `journalctl -u mariadb`
watch-galera-not-synced = 有 Galera 成员未与集群同步：不能算作一份数据副本
watch-galera-several-clusters = Galera 成员属于不同的集群：数据正在分叉。请停止写入，并决定保留哪一个；请查看 `quorate status`
watch-galera-several-views = 自称有法定多数的 Galera 成员不在同一视图：可能有两组同时接受写入；请立即查看 `quorate status`
watch-galera-paused = 流量控制使所有写入者停顿超过十分之一的时间：有成员应用得太慢；请查看接收队列
watch-galera-receive-queue = 有 Galera 成员来不及应用其他成员的写入：会拖慢写入，切换到它也更慢
watch-galera-canary = 有 Galera 成员 10 秒未见写节点的新写入：没有写节点，或写入未到达；请查看 `quorate status`
watch-galera-unwatched = 有数据库主机的 agent 无应答：那里的 Galera 成员无人监视；请查看 `systemctl status quorate-agent`
watch-replication-no-primary = 主从复制没有主库：无法写入；请查看 `quorate db status`
watch-replication-several-primaries = 有多台主机自称主库；请立即查看 `quorate db status`
watch-replication-not-synchronous = 没有副本确认写入：数据只写在一台主机上，或写入在等待；请恢复其他数据库主机
watch-replication-not-following = 有数据库主机没有跟随主库：已失去冗余；请查看 `quorate db status`
watch-replication-lag = 有副本落后超过 10 秒：切换到它会相应变慢
watch-replication-unwatched = 有数据库主机的代理没有响应：该主机上无人负责故障切换；请查看 `systemctl status quorate-agent`

apply-resumed = { $at } 开始的 { $step } 曾被中断；现从主机的实际状态继续

db-record = 第 { $epoch } 任期：{ $primary } 为主库；同步副本：{ $sync }
db-record-last = 第 { $epoch } 任期：没有主机接受写入；上一任主库是 { $primary }；同步副本：{ $sync }
db-nobody = 无（写入仅由主库自己确认）
db-nobody-waits = 无（写入等待副本确认）
db-column-host = 主机
db-column-role = 角色
db-column-log = 日志位置
db-column-lag = 延迟
db-column-if-lost = 若此刻宕机
db-role-primary = 主库
db-role-primary-alone = 主库，异步
db-role-primary-waits = 主库，等待副本
db-role-synchronous = 同步副本
db-role-asynchronous = 异步副本
db-role-waiting = 等待中（{ $why }）
db-role-promoting = 正在提升为主库（{ $why }）
db-role-handing-over = 正在移交
db-role-fencing = 正在自我隔离（{ $why }）
db-role-starting = 正在启动
db-role-silent = 没有应答
db-role-uncoordinated = （最近未能读取 etcd）
db-switched = { $host } 现为主库（{ $seconds } 秒）
db-forced = { $host } 已被强制提升为主库（{ $seconds } 秒）。请核对其数据与应用的预期是否一致。
db-reinitialised = { $host } 已用主库数据的副本重新跟随（{ $seconds } 秒）
db-failover-warning =
    只要不会丢失数据，agent 会自动切换。现在没有切换：上一任主库是 { $primary }，已确认的写入在它上面，或在：{ $sync }。
    将 { $host } 提升为主库（其日志止于 { $log }）会永久丢失它缺少的所有已确认写入。没有应答的主机：{ $silent }。
    另一种办法是恢复 { $primary } 或同步副本：这样不会丢失任何数据，也无需任何操作。
db-reinit-warning = { $host } 上的数据将被主库数据的副本替换。现有数据会保留在数据目录的 .quorate-old 中，直到下一次替换。
db-go-on = 继续？（是/否，yes/no）
