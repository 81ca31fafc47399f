# 在主机上看到的情况：每条一行，说明是什么、意味着什么、该怎么办。

## 预检：在改动任何主机之前，主机上有哪些问题

note-preflight-not-root = 以 { $user } 登录，没有 root 权限：无法安装和配置任何组件；请在集群文件的 `ssh` 下加上 `sudo`，或改用 root 登录
note-preflight-no-systemd = 该主机的 init 不是 systemd：服务无法启动和保持运行；请使用由 systemd 引导的主机
note-preflight-os-untested = { $os } { $version } 未经测试（已测试：Debian 12 及以上、Ubuntu 22.04 及以上）：软件包可能缺失或行为不同；请先在一台备用主机上试用
note-preflight-disk-full = /var/lib 仅剩 { $free } MiB，etcd 和数据库至少需要 { $need } MiB：写满后它们会停止服务；请清理或扩容
note-preflight-disk-tight = /var/lib 剩余 { $free } MiB：可以启动，但数据库全量同步或 etcd 历史数据可能将其写满；建议至少 { $want } MiB
note-preflight-memory-short = 内存 { $memory } MiB，etcd 和数据库至少需要 { $need } MiB：进程会被内核杀死；请增加内存
note-preflight-memory-tight = 内存 { $memory } MiB：试用足够，但负载高时数据库可能被杀死；建议至少 { $want } MiB
note-preflight-hostname = 主机自称 { $hostname }：它的日志和提示符会显示这个名字；请用 `hostnamectl set-hostname` 改成集群文件里的名字，或在文件里改用主机的名字
note-preflight-same-machine = { $hosts } 其实是同一台机器：它一旦故障，这些节点会同时失去；请更正集群文件中的地址
note-preflight-same-hostname = { $hosts } 的主机名都是 { $value }：日志和告警无法区分；请用 `hostnamectl set-hostname` 为每台主机设置不同的名字
note-preflight-same-machine-id = { $hosts } 的 machine-id 都是 { $value }（常见于克隆的磁盘）：DHCP 可能给它们分配同一个地址；请只保留一台，其余删除 /etc/machine-id，执行 `systemd-machine-id-setup` 后重启
note-preflight-same-address = { $hosts } 都配置了地址 { $value }：连接会时而到这台、时而到那台；请只在该地址所属的主机上保留它
note-preflight-clocks-apart = 主机时钟相差 { $apart } ms（相对居中的时钟：{ $clocks }）：证书和 etcd 要求各主机时钟相差不超过半秒；请在每台主机上运行 chrony 或 systemd-timesyncd
note-preflight-clock-behind = 主机时钟比本机慢 { $seconds } 秒：新签发的证书会被它视为尚未生效；请用 NTP 校准两边的时钟
note-preflight-vip-taken = { $mac } 已经在应答 { $vip }（集群入口 { $endpoint }）：两台机器会争用同一个地址，客户端可能连到任意一台；请给该入口换一个空闲的虚拟 IP，或关掉那台机器
note-preflight-vip-on-host = 网卡 { $interface } 上已有 { $vip }（集群入口 { $endpoint }），且不是 Quorate 配置的：虚拟 IP 漂移后它仍会留在这里；请从网卡及其配置文件中删除该地址
note-preflight-vrid-taken = 网络 { $network } 上已有其他设备使用 VRRP 路由标识 { $vrid }（集群入口 { $endpoint }）：两组会互相抢占对方的虚拟 IP；请在该入口写 `vrid: { $free }`，该标识空闲
note-preflight-port-taken = 端口 { $port } 已被 { $process } 占用：需要它的组件将无法启动；请停止并禁用该进程，或让它改用其他端口
note-preflight-engine-runs = { $process } 已在端口 { $ports } 上运行，且不是 Quorate 部署的：应用后会接管它并替换其配置；如有需要保留的数据，请先迁走
note-preflight-foreign-data = 数据库服务器已有自己的数据({ $schemas })：成为该数据库的成员后会丢失；请先导出(mariadb-dump)并从服务器删除
note-preflight-no-interface = 没有网卡配置集群文件中的主机地址 { $address }（现有：{ $found }）：组件无法在该地址上监听；请更正文件，或给主机加上该地址
note-preflight-selinux = SELinux 处于 enforcing 模式：可能拒绝组件使用端口和目录，而 Quorate 不安装策略；请在应用后查看 `ausearch -m avc`，或改为 permissive
note-preflight-firewall = 防火墙 { $firewalls } 已启用，Quorate 不会修改它：各主机之间须放行 TCP { $ports }
note-preflight-firewall-vrrp = 防火墙 { $firewalls } 已启用，Quorate 不会修改它：各主机之间须放行 TCP { $ports } 和 VRRP（IP 协议号 112），否则多台主机会同时持有虚拟 IP
note-preflight-other-cluster = 该主机属于集群 { $cluster }：继续应用会把它从那个集群中夺走；请用那个集群的文件执行 `quorate destroy`，或更正这里的地址
note-preflight-external-unreachable = 从本机无法连接数据库 { $database }（{ $error }）：本机上的平台将无法工作；请检查名称、端口以及中间的网络和防火墙
note-preflight-external-denied = 数据库 { $database } 不允许 `{ $user }` 登录（{ $error }）：用户名或密码错误；请更正集群文件中的 user 和 passwordFrom
note-preflight-external-not-from-here = 数据库 { $database } 不允许任何账号从本机登录（{ $error }）：请其维护者允许 `{ $user }` 从此地址登录；若因错误过多被封锁，请执行 `FLUSH HOSTS`
note-preflight-external-refuses = 数据库 { $database } 拒绝 `{ $user }`：{ $error }
note-preflight-external-far = 数据库 { $database } 距本机 { $took } ms，超过 { $limit } ms：查询一百次的页面要等数秒；请使用同一内网的数据库
note-preflight-external-distant = 数据库 { $database } 距本机 { $took } ms，超过 { $limit } ms：平台会显得缓慢；最好使用同一内网的数据库
note-preflight-external-plain = 数据库 { $database } 不提供加密：数据在网络上可被读取（密码不会）；请其维护者启用 TLS，或保证网络是专用的
note-preflight-external-read-only = 数据库 { $database } 不接受写入（read_only 已打开）：它是副本，或正在故障切换；请让集群文件指向主库
note-preflight-external-version = 数据库 { $database } 的版本是 { $version }，而 { $platform } { $platform-version } 只支持 { $named }；请换用这样的服务器，或更正集群文件中的 platform.version
note-preflight-external-unnamed = 数据库 { $database } 的版本是 { $version }；{ $platform } { $platform-version } 的文档只提到 { $named }：也许能用，但无人保证
note-preflight-external-depends = 数据库 { $database } 的版本是 { $version }，适合 { $platform } 的某些版本而不适合另一些；请在集群文件中写明 platform.version，例如 5.1 或 5.17
note-preflight-external-unknown = 数据库 { $database } 报告的版本无法判断：{ $version }；请人工确认 { $platform } { $platform-version } 能否使用它
note-preflight-external-schema-created = 数据库 { $database } 中没有库 { $schema }；将以字符集 { $charset } 创建
note-preflight-external-schema-missing = 数据库 { $database } 中没有 `{ $user }` 可见的库 { $schema }，该账号也无权创建；请其维护者执行：CREATE DATABASE IF NOT EXISTS `{ $schema }` CHARACTER SET { $charset }{ $collate }; GRANT ALL PRIVILEGES ON `{ $schema }`.* TO '{ $user }'@'%';
note-preflight-external-schema-denied = 在数据库 { $database } 中，`{ $user }` 无权在 { $schema } 里建表和写入；请其维护者执行：GRANT ALL PRIVILEGES ON `{ $schema }`.* TO '{ $user }'@'%';
note-preflight-external-charset = 在数据库 { $database } 中，{ $schema } 的字符集是 { $found }（{ $collation }）而不是 { $charset }：部分文字会被拒绝或丢失；若它还是空的，请其维护者执行 ALTER DATABASE `{ $schema }` CHARACTER SET { $charset }{ $collate }; 或在 schemas 中写明现有的字符集
note-external-silent = 数据库 { $database } 对本机没有应答（{ $error }）：平台无法保存任何数据；请询问其维护者，并检查中间的网络
note-external-denied = 数据库 { $database } 不再允许 `{ $user }` 从本机登录（{ $error }）：密码已改或账号已被收回；请更正 passwordFrom 后运行 `quorate apply`
note-external-refuses = 数据库 { $database } 拒绝本机：{ $error }
note-external-read-only = 数据库 { $database } 不接受写入（read_only 已打开）：其维护者正在故障切换，或该地址指向副本
note-external-no-password = 无法从 { $path } 读取数据库 { $database } 的密码（{ $error }）；请运行 `quorate apply`
note-outside-lost = { $what }：需要它的主机都无法使用

## 探测与判定:主机上哪些功能不正常

note-probe-hangs = 1.5 秒内没有应答：主机过载或程序无响应；请查看主机负载和该程序的日志
note-unit-not-active = { $unit } 的状态是 { $state }，没有运行；请查看 `journalctl -u { $unit }`，然后运行 `quorate apply`
note-unit-unknown = 无法查询 { $unit } 的状态({ $error }):systemd 无响应或过载；请登录主机查看 `systemctl status`
note-addresses-unknown = 无法列出主机的地址({ $error })：不知道它是否持有虚拟 IP；请重试
note-http-silent = { $url } 没有应答({ $error })：经此网关无法访问任何应用；请查看 `journalctl -u nginx`，然后运行 `quorate apply`
note-http-status = { $url } 返回状态 { $status } 而不是 200：网关没有按配置工作；运行 `quorate plan` 查看差异
note-http-stranger = { $url } 有应答，但不是“{ $expected }”：端口被其他服务器占用，或配置被改动；运行 `quorate plan` 查看差异
note-agent-silent = { $address } 的 agent 没有应答({ $error }):HAProxy 不会让本机数据库被写入；请查看 `journalctl -u quorate-agent`，然后运行 `quorate apply`
note-agent-status = { $address } 的 agent 返回状态 { $status }：端口被其他程序占用；请停止该程序并运行 `quorate apply`
note-agent-socket-silent = 无法向该主机的 agent 询问数据库状态（{ $error }）：请在该主机查看 `journalctl -u quorate-agent`；若未运行，请执行 `quorate apply`
note-agent-silent-here = 本机的 agent 没有应答：无从得知本机数据库能否写入；请查看 `journalctl -u quorate-agent`
note-agent-configuration = agent 的配置不可用：{ $error }
note-agent-starting = agent 刚刚启动，尚未完成第一次检查：请稍等一秒
note-agent-stale = agent 最近一次检查是 { $age } 毫秒之前，因此回答“否”：被检查的程序无响应；请查看 `journalctl -u quorate-agent` 和主机负载
note-agent-not-here = 本机没有 { $verdict }：此处不提供该服务；请询问其他主机
note-agent-other-writes = { $host } 是写节点：本机数据库是备用节点，属正常状态
note-agent-no-writer = 目前没有写节点：几秒内会有主机接管；若持续如此，请在各数据库主机上查看 `journalctl -u quorate-agent`
note-database-not-primary = { $host } 不是已开放的主库：请向主库所在主机下达该命令
note-database-leads = { $host } 正在或即将担任主库：该命令只适用于非主库主机
note-agent-question = 代理无法理解该请求：{ $error }；发出请求的程序与代理版本不同
note-agent-unconfirmed = 本机被指定为写节点，但最近一次写入没有及时得到确认：集群缓慢或正在重新组成；若持续如此，请检查数据库负载和成员之间的网络
note-database-silent = 数据库没有应答({ $error })：已停止或无响应；请查看 `journalctl -u mariadb`，然后运行 `quorate apply`
note-database-no-account = 数据库尚无账号 { $account }，无法查询；请运行 `quorate apply`
note-database-no-table = 缺少表 quorate.writer：各主机无法商定写节点；请运行 `quorate apply`
note-database-read-only = 数据库不接受写入（read_only 已打开）：有人改过此设置；若应当可写，请执行 `SET GLOBAL read_only = 0`
note-database-refuses = 数据库拒绝了查询：{ $error }；请查看 `journalctl -u mariadb`
note-galera-not-primary = 该成员没有法定多数：在连上大多数成员之前不接受写入；请检查数据库主机之间的网络，全部停机之后请运行 `quorate apply`
note-galera-joining = 该成员的数据尚不完整({ $state })：同步完成后才提供服务；请等待，若持续如此请查看 `journalctl -u mariadb`
note-galera-disk-full = { $path } 下已没有空间：该成员拒绝客户端的写入，写入改由另一成员承担；请清理或扩充空间
note-galera-not-ready = 该成员暂不接受语句：正在启动或已脱离集群；若持续如此请查看 `journalctl -u mariadb`
note-galera-donor = 该成员正在向另一成员传送数据，同时照常服务：传送完成后恢复冗余
note-galera-cluster-small = 集群中只有 { $size } 个成员，应有 { $members } 个：冗余已丢失；请恢复缺少的成员或运行 `quorate apply`
note-arbitrator-not-counted = 仲裁者在运行，但数据库成员没有计入它的一票：再失去一个成员，数据库就会停止。请检查它与数据库主机之间的 4567 端口，并查看该主机上的 `journalctl -u quorate-arbitrator`
note-arbitrator-no-group = 仲裁者在运行，但没有听到任何数据库成员属于某个组，它的一票无处计入：请查看各成员
note-galera-other-cluster = 该成员与 { $others } 属于不同的 Galera 集群：数据正在分叉。请停止写入并决定保留哪一个
note-galera-other-view = 该成员所见的集群视图与 { $others } 不同：集群正在变化，或有两组同时接受写入；请再看一次，若持续如此请停止写入
note-galera-canary-behind = 该成员落后写节点的心跳写入 { $beats } 次：写入未能及时到达；请查看其接收队列和 `journalctl -u mariadb`
note-galera-cluster-large = 集群中有 { $size } 个成员，而集群文件只写了 { $members } 个：有外来成员持有数据；请停止它，或把它加入文件
note-replication-agent-silent = 代理没有报告数据库的状态({ $error })：该主机上无人负责故障切换；请查看 `journalctl -u quorate-agent` 并运行 `quorate apply`
note-replication-primary-shut = 该主机已成为主库但尚未接受写入；若持续如此，请查看 `journalctl -u quorate-agent`
note-replication-asynchronous = 没有副本确认写入：现在写入的数据只在该主机上（`onReplicaLoss: block` 时写入会等待），也只有它可以当主库；请恢复其他数据库主机
note-replication-no-etcd = etcd 没有应答该代理：没有 etcd 多数派，主库会在租约到期前停止写入；请用 `quorate status` 查看 etcd
note-replication-changes = 主库正在切换({ $why })：稍候即可；若持续如此，请查看 `journalctl -u quorate-agent`
note-replication-fenced = 该主机已关闭自己的数据库({ $why })，以免两处同时写入；它会自行恢复
note-replication-not-founded = 数据库尚未创建；请在所有数据库主机可达时运行 `quorate apply`
note-replication-no-primary = 没有主库(上一个是 { $last })：能确认拥有全部已确认写入的主机会接任
note-replication-server-down = 数据库服务器未运行或没有应答({ $why })；代理会按角色启动它，请查看 `journalctl -u quorate-agent -u mariadb`
note-replication-wrong-source = 该副本从 { $source } 接收，而主库是 { $leader }：它会自行切换
note-replication-not-following = 该服务器没有跟随主库 { $leader }：已失去冗余；代理会处理，请查看 `journalctl -u quorate-agent`
note-replication-not-receiving = 该副本没有从主库 { $leader } 接收数据：已失去冗余；请检查两者之间的网络和 `SHOW SLAVE STATUS`
note-replication-not-applying = 该副本从 { $leader } 接收但没有应用：它不能接任主库；原因请查看 `SHOW SLAVE STATUS`
note-replication-not-synchronous = 尚无副本确认写入：该主机不能成为主库
note-replication-lags = 该副本落后 { $lag } 毫秒，无法很快接任主库。它会自行追上；如果这个数字继续增长，请查看其磁盘空间（`df /var/lib/mysql`）和负载
note-replication-several-primaries = { $hosts } 都称自己是主库：除最新的一台外都应已停止对外服务；若再次出现，请停止没有虚拟 IP 的主机上的 MariaDB
note-replication-not-primary-here = 主库在此期间已变更(现为 { $leader })：请再次运行 apply
note-sql-silent = { $address } 上没有数据库应答({ $error })：客户端无法在此连接；请检查负载均衡器及其后的数据库
note-sql-refuses = { $address } 上的数据库拒绝客户端：{ $error }
note-sql-stranger = { $address } 上应答的不是 MariaDB：端口被其他程序占用；请停止该程序并运行 `quorate apply`
note-haproxy-silent = HAProxy 在 { $socket } 上没有应答({ $error })：客户端无法经本机访问数据库；请查看 `journalctl -u haproxy`，然后运行 `quorate apply`
note-haproxy-no-backend = HAProxy 的运行配置中没有“{ $backend }”：配置被改动或尚未生效；请运行 `quorate apply`
note-haproxy-no-writer = HAProxy 认为“{ $backend }”中没有可写的服务器：客户端无法连接；请检查各 agent 和数据库
note-haproxy-no-reader = HAProxy 认为“{ $backend }”中没有可读的服务器：客户端无法连接；请检查各 agent 和数据库
note-haproxy-no-replica = 没有延迟足够小的副本，读取由主库应答；请查看 `quorate db status`
note-haproxy-several-writers = HAProxy 把客户端分到多个数据库({ $servers })：故障切换后一秒内会恢复；若持续如此，请在这些主机上查看 `journalctl -u quorate-agent`
note-etcd-silent = { $address } 的 etcd 没有应答({ $error })：已停止或无响应；请查看 `journalctl -u etcd`，然后运行 `quorate apply`
note-etcd-refuses = { $address } 的 etcd 拒绝了请求：{ $error }；请查看 `journalctl -u etcd`
note-etcd-certificate = 访问 etcd 的证书不可用({ $error })：请运行 `quorate apply` 重新签发
note-etcd-no-leader = etcd 没有领导者，不接受写入；请恢复大多数成员并检查它们之间的网络
note-etcd-no-quorum = etcd 没有及时确认读取：失去法定多数或过载；请恢复大多数成员并检查其磁盘负载
note-etcd-members-differ = etcd 的成员与集群文件不一致（缺少：{ $missing }；多余：{ $extra }）：请运行 `quorate apply`

## 集群文件与本机

note-file-unreadable = 无法读取 { $path }：{ $error }；请指定集群文件，或用 `quorate init` 生成
note-file-not-written = 无法写入 { $path }：{ $error }；不会覆盖已有文件
note-key-is-public = { $path } 是公钥，登录 { $host } 需要私钥：请写不带 `.pub` 的路径
note-bastion-address = { $host }：跳板机地址 { $address } 不是 IP 地址；请填写 IP 地址
note-secret-env-missing = 应存放密码的环境变量 { $name } 未设置；请设置后重试
note-secret-file-unreadable = 无法读取存放密码的文件 { $path }：{ $error }
note-secret-prompt-failed = `{ $question }` 没有得到回答：{ $error }；请在终端中运行，或从 env、file 取密码
note-secret-unknown = 没有账号 { $name }；已有账号：{ $known }
note-plan-unreadable = { $path } 不是保存的计划：{ $error }；请用 `quorate plan -o` 生成
note-plan-outdated = 计划保存之后主机或文件已有变化；未做任何操作：请重新查看 `quorate plan` 并保存
note-apply-declined = 未做任何操作：计划没有得到确认（无人应答时请用 --yes）
note-not-deployable-yet = 文件要求部署本版本尚不能部署的组件：{ $what }。只要文件中还有它们，`apply` 就不会改动任何东西；`survive` 已将它们计算在内。请从文件中去掉，或等待支持它们的版本
note-destroy-declined = 未做任何操作：要拆除 { $cluster }，请输入它的名称，或使用 --yes { $cluster }
note-selection-unknown = `{ $name }` 不是本集群的组件、主机、步骤或步骤编号；组件（按编号顺序）：{ $components }；主机：{ $hosts }
note-host-keys-unknown = 以下主机是第一次连接，且无人可确认：{ $keys }；请核对指纹后在终端运行，或使用 --accept-new-host-keys
note-host-keys-declined = 未做任何操作：主机密钥没有得到确认

## 这是哪个集群

note-file-stale = 集群已到第 { $generation } 代，而此文件基于第 { $known } 代；未做任何操作。请并入上面列出的改动，再用 --from-generation { $generation } 运行
note-host-of-other-cluster = { $host } 属于集群 { $cluster }；未做任何操作：请更正这里的地址，或先拆除那个集群
note-state-missing = { $host } 属于本集群，但可达的控制节点上都没有集群状态（文件、证书、密码）：请先恢复其他控制节点；未做任何操作
note-state-newer = 这台主机已保存 { $cluster } 的第 { $generation } 代：另一次运行更早完成；请查看 `quorate plan`
note-state-no-majority = { $keepers } 个控制节点中只有 { $stored } 个保存了新状态；没有在此基础上做任何事：请恢复多数节点后重试
note-state-none = 可达的控制节点上还没有集群；请先运行 `quorate apply`

## 运行与锁

note-lock-held = 另一次运行持有锁：{ $holder }，自 { $since } 起（见于 { $host }）；该运行停止应答 { $left } 秒后锁自动失效。未做任何操作
note-lock-no-majority = { $keepers } 个控制节点中只有 { $granted } 个授予运行锁（未授予：{ $missing }）：必须有多数可达；未做任何操作
note-lock-lost = 已拒绝：本次运行的锁（令牌 { $token }）已被后来的运行取得（令牌 { $seen }，{ $holder }）；此步骤未做改动
note-run-lock-lost = 未开始：本次运行已失去锁，多数控制节点不再授予；请重新运行
note-run-stopped = 未开始：操作者已停止；下次 apply 从这里继续
note-journal-failed = 本机日志无法写入，因此不再开始新的步骤：{ $error }

## 主机与步骤

note-host-unreachable = 无法连接：{ $error }。不依赖它的工作会继续；主机恢复后请再次运行 apply
note-host-lost = { $host } 中途失联：{ $error }。主机恢复后请再次运行 apply
note-host-silent = { $host } 已有 { $seconds } 秒没有应答；请检查负载和磁盘，再运行 apply
note-host-absent = { $host } 不可达
note-host-answer = { $host } 的应答不符合预期：其 helper 版本不同；请重新运行
note-host-error = 主机上出错：{ $error }
note-certificate-not-issued = 无法签发证书：{ $error }
note-step-timeout = { $seconds } 秒内未完成；当时在等待 { $doing }
note-step-cancelled = 已放弃：步骤超时
note-package-failed = 软件包 { $package } 未能安装。请检查该主机的软件源(/etc/apt)及其能否访问；没有软件源的主机须事先装好软件包：{ $error }
note-unit-failed = { $unit } 未能 { $verb }：{ $log }
note-withdraw-other-cluster = 这台主机属于集群 { $cluster }，不属于 { $asked }；未收回任何内容
note-guard-refused = 不触动 { $host } 上的 { $component }：重启期间会失去 { $capability }（已停机：{ $down }）。请先恢复，再运行 apply

## 成员的加入与恢复

note-etcd-bootstrap-needs-all = 只有全部成员可达时才会新建 etcd 集群，因为不可达的成员可能持有旧集群：请先恢复 { $absent }
note-etcd-member-lost-data = { $host } 曾是 etcd 成员但数据已丢失：保留旧的投票权可能推翻已确认的写入。请将其移除(`etcdctl member remove`)后重新加入
note-etcd-data-gone = { $host } 上曾运行过 etcd，但其数据({ $path })不在了：可能是文件系统没有挂载。请恢复数据后再次运行 apply；数据可能还会回来时，不会另建新集群。如果所有成员的数据都已彻底丢失，请先运行 `quorate destroy` 再运行 apply，以新建集群
note-etcd-quorum-first = { $host } 没有 etcd 数据，目前无法判断它是否投过票：须等其他成员先达成多数；请再次运行 apply
note-galera-bootstrap-needs-all = 没有任何数据库成员处于主组中，重新启动需要全部成员，因为不可达的成员可能持有最新数据：请先恢复 { $absent }
note-galera-already-formed = { $host } 上的数据库已属于某个集群：不会重新播种；请再次运行 apply
note-galera-foreign-data = { $hosts } 上的数据库已有自己的数据({ $schemas })：新建集群不会保留它们。请先导出(mariadb-dump)并从服务器删除，运行 apply 后再导入
note-galera-position-unknown = { $hosts } 上的数据库成员无法给出事务位置，因此不能安全地选出领头者：请在主机上查看 `mariadbd --wsrep-recover`
note-galera-several-clusters = 数据库成员分属多个集群({ $uuids })：其中一个有其他成员没有的数据。请决定保留哪一个，并移走其他成员的数据目录
note-galera-member-empty = { $hosts } 曾是集群成员，但其数据库目录没有集群的数据：磁盘被更换，或未挂载而其上正有最新的写入。请恢复该磁盘；若已丢失，请指定以哪个成员的数据为准：`quorate apply --recover-with HOST`
note-galera-recovery-needs-all = 全部数据库成员都已停机，且没有 { $absent } 的消息：它可能有最新的写入。请恢复它；若已永久丢失，请指定以哪个成员的数据为准：`quorate apply --recover-with HOST`
note-galera-recovery-latest-stopped = 全部数据库成员都已停机，而有最新写入的 { $hosts } 是被人手动停止的：请在该主机执行 `systemctl start mariadb`
note-galera-recovery-under-way = 全部数据库成员曾停机；正在以最新的写入恢复（主导者：{ $leader }）
note-galera-recovery-no-etcd = 数据库成员无法商定由谁主导，因为 etcd 无应答({ $error })：请恢复 etcd，或运行 `quorate apply`
note-galera-recovery-failed = 未能为恢复而停止或启动该数据库成员：{ $error }；会再次尝试
note-galera-recover-with-unfit = { $host } 不能主导数据库：无法连接，或其目录没有集群的数据；请用 `--recover-with` 指定另一个成员
note-galera-recovery-follows = 等待卡住的成员停止；随后由数据最新的成员领头
note-replication-founding-needs-all = 只有所有数据库主机都可达时才会创建数据库，因为不可达的主机上可能已有数据：请先恢复 { $absent }
note-replication-foreign-data = { $hosts } 上的数据库已有自己的数据({ $schemas })：成为该数据库的成员后会丢失它们。请先导出(mariadb-dump)并从服务器删除，运行 apply 后再通过主库导入
note-replication-no-record = { $hosts } 上有主从复制的数据，而 etcd 中没有记录：无法判断哪台主机拥有全部已确认的写入。请恢复 etcd；或用 `quorate db status` 比较后以 `quorate db failover --force` 选定主机；或移走数据目录重新开始
note-replication-handover-refused = 无法让 { $host } 交出主库以重启其服务器：{ $why }。数据库继续以旧配置运行；待其他数据库主机可以接任后请再次运行 apply
note-replication-handover-late = { $host } 未能在 { $seconds } 秒内交出主库，因此没有重启其服务器；请查看 `quorate status` 并再次运行 apply

## 平台用户的感受

note-vip-no-holder = 没有主机持有 { $endpoint } 的虚拟 IP：正在切换，或各处 keepalived 均未运行
note-vip-several-holders = { $hosts } 同时持有 { $endpoint } 的虚拟 IP：它们能否互通 VRRP（IP 协议 112）？
note-endpoint-silent = { $holder } 持有 { $endpoint } 的虚拟 IP，但没有应答：正在切换，或其后的服务已停止

## 演练：主机拒绝注入的故障，以及演练留下的痕迹

note-fault-bad-id = `{ $id }` 不能作为故障的名称：请使用 1 到 64 个字母、数字或连字符
note-fault-other-cluster = 这台主机属于集群 { $cluster }，不属于 { $asked }；未注入任何故障
note-fault-exists = 这台主机上已有故障 { $id }：请先撤销，或等它的定时器将其撤销
note-fault-unit-refused = 演练不会破坏 { $unit }：只针对服务，而且绝不针对连接或恢复主机所依赖的服务
note-fault-unit-not-running = { $unit } 的状态为 { $state }：没有可破坏的对象；请先运行 `quorate apply`
note-fault-no-effect = { $unit } 的进程未在 10 秒内结束或停住，可能在等待磁盘；已开始的部分已经撤销
note-fault-fill-shared = { $directory } 位于文件系统 { $mount }，主机自身也需要它：写满它造成的破坏会超出演练的本意，也会妨碍撤销；请为该目录使用单独的文件系统
note-fault-fill-large = { $mount }（{ $directory } 所在的文件系统）有 { $free } MiB 可用：最多只写满 { $most } MiB；请在文件系统较小的主机上演练
note-fault-no-nft = 主机上没有用于丢弃数据包的 nftables；请安装软件包 nftables
note-fault-no-program = 本次的 helper 和 { $path } 都已不在，主机无法自行撤销故障；未注入任何故障
note-fault-timer-not-armed = systemd 没有让 { $timer } 就绪（{ $state }），主机无法自行撤销故障；未注入任何故障
note-fault-half-way = 故障“{ $fault }”未能注入（{ $error }），已开始的部分也未能撤销（{ $undo }）；主机的定时器会继续尝试
note-fault-not-undone = { $what } 尚未恢复原状：故障还没有撤销；主机的定时器会继续尝试，请查看 `systemctl list-units 'quorate-drill-*'`
note-residue-record = 故障“{ $fault }”（{ $id }）尚未撤销：它的定时器会撤销它，也可在主机上运行 `systemctl start quorate-drill-{ $id }`
note-residue-table = 演练留下的 nftables 表 { $table } 正在丢弃数据包；请用 `nft delete table { $table }` 删除
note-residue-unit = 演练留下了 { $unit }；请用 `systemctl stop` 停止该单元，或删除该文件
note-residue-file = 演练留下的 { $path } 占满了所在的文件系统；请将其删除
note-residue-frozen = { $unit } 的进程处于停止状态（pid { $pids }）；请用 `systemctl kill --signal=CONT { $unit }` 让其继续运行
note-unknown-host = 文件中没有主机 { $host }；现有 { $hosts }
note-file-unwritable = 无法写入 { $path }：{ $error }

## Drills: why one does not begin, or ends

note-drill-nothing = 没有可演练的内容：每个故障都预测会使某项能力不可用，只有加上 --expect-loss 才会执行
note-drill-declined = 未同意演练；未破坏任何东西
note-drill-expects-loss = 预测某项能力将不可用：只有加上 --expect-loss 才会执行
note-drill-stopped = 已被操作者停止
note-drill-ended-early = 演练提前结束：集群不完整
note-drill-no-hosts = 无法联系主机：{ $error }
note-drill-no-clients = 使用集群的客户端无法启动：{ $error }
note-drill-not-steady = 集群不完整，因此未破坏任何东西：{ $what }。请查看 `quorate status`
note-drill-not-served = 演练客户端得不到 { $capability } 的服务，因此未破坏任何东西
note-drill-no-lab = 只有测试主机能从外部关停或暂停；请用 --lab 指明所属实验环境
note-drill-not-broken = 无法制造该故障：{ $error }
note-drill-half-broken = 无法制造该故障({ $error })，而已开始的部分尚未撤销：{ $left }。其定时器或监护进程会在 { $seconds } 秒内继续尝试；请查看 `quorate status`，恢复正常前不要再次演练

note-db-fate-takes-over = { $heir } 会在数秒内接管，不丢失任何数据
note-db-fate-down = 数据库停止服务，直到 { $host } 恢复：其他主机都不一定拥有全部数据
note-db-fate-replaced = 写入短暂停顿后，{ $other } 接替成为同步副本
note-db-fate-alone = 写入短暂停顿后，{ $primary } 单独继续服务
note-db-fate-waits = 写入将等待，直到副本恢复
note-db-fate-nothing = 对客户端没有影响
note-db-fate-unknown = 没有主机读到数据库的记录：未知
note-db-no-primary = 目前没有主库：请查看 `quorate db status`；一旦不会丢失数据，agent 会自动产生主库
note-db-no-synchronous = 目前没有同步副本，因此没有主机确定拥有全部数据：请先恢复一个副本（`quorate db status`）
note-db-already-primary = { $host } 已经是主库
note-db-does-not-follow = { $host } 没有紧跟 { $primary }：请先恢复它（`quorate db status` 会说明它在等待什么），或用 `quorate db reinit { $host }` 重新复制
note-db-has-primary = { $host } 是健康的主库，无需强制切换：`quorate db switchover` 可无损移交
note-db-host-silent = { $host } 的 agent 没有应答，无法将其提升为主库：请启动该主机，或在该主机查看 `journalctl -u quorate-agent`
note-db-force-no-etcd = { $host } 的 agent 无法读取 etcd，而没有 etcd 就无法提升任何主机为主库。请启动 etcd 所在的主机，直到超过半数在线；若 etcd 已永久丢失，须先更换其成员
note-db-reinit-primary = { $host } 是主库，它的数据才是准确的。请先用 `quorate db switchover` 移交
note-db-no-such-host = { $host } 不是数据库主机；现有：{ $hosts }
note-db-failover-needs-force = 手动故障切换可能丢失已确认的写入；只要不会丢失数据，agent 会自动切换。若接受丢失，请加 --force；若要无损移交，请用 `quorate db switchover`
note-db-declined = 没有执行任何操作
note-db-order-not-done = 命令已被接受，但 { $seconds } 秒后仍未完成；{ $host } 仍在尝试或已放弃：请查看 `quorate db status`
note-db-not-replicated = 该数据库不是由 Quorate 复制的（`database: replication`）：请用 `quorate status` 查看
note-host-odd-answer = { $host } 的应答与问题不符：其 agent 版本不同；请运行 `quorate apply`

note-backup-not-here = 此主机尚未得到备份设置：请运行 `quorate apply`
note-backup-not-asked-for = 文件没有要求备份：请在 `database` 下写 `backup`，再 apply
note-backup-busy = 此主机正在制作或恢复备份：请等待其结束（`systemctl status quorate-backup`）
note-backup-load-elsewhere = 备份在 { $host } 上，而其服务器目前不接受写入；什么也没有恢复。请先把主库切换到它：quorate db switchover --to { $host }
note-backup-no-host = { $hosts } 都无法完成：其服务器不可用、不是接受写入的那台，或主机未能连上（{ $error }）
note-backup-no-key = 控制主机上没有备份密钥：请运行 `quorate apply`，或用 --key 给出密钥
note-backup-no-credentials = 此主机没有对象存储的密钥：请运行 `quorate apply`
note-backup-unknown = { $target } 中没有备份 { $backup }
note-backup-none-such = 该时刻之前没有备份 { $backup }：请看 `quorate db backup --list`
note-backup-target-failed = { $target } 出错：{ $error }。那里没有留下半成品。数据库不受影响，但在它恢复之前不会有新备份：请检查此主机能否访问它并写入
note-backup-tampered = { $target } 中的 { $object } 不是本集群主机以该名写入的内容，或使用了另一把密钥：它已损坏或被人改动。其中内容均未使用。请恢复更早的备份，并检查谁可以写入该存储
note-backup-identity = 给出的不是备份密钥：其中必须有以 AGE-SECRET-KEY- 开头的一行
note-backup-recipient = 此主机上的备份公钥已损坏：请运行 `quorate apply`
note-backup-no-room = 恢复需要 { $directory } 中有 { $needed } MiB，而那里只剩 { $free } MiB
note-backup-not-started = 恢复出的数据不是可用的数据库：{ $error }
note-backup-canary-missing = { $backup } 缺少备份前写入的那一行：它不是当时的状态。请勿依赖它，并重新备份
note-backup-table-damaged = 恢复出的备份中 { $table } 已损坏：{ $error }
note-backup-before = { $backup } 结束于 { $ended }，晚于该时刻：请选择更早的备份，或用 `latest`
note-backup-no-binlogs = 没有可接续 { $backup } 的二进制日志：只能恢复备份本身，不带 --until
note-backup-gap = 接续 { $backup } 的二进制日志到 { $end } 为止：无法到达更晚的时刻。日志每隔几分钟传送一次；请在数据库主机上查看 `systemctl status quorate-binlogs`
note-backup-no-binlog = { $path } 不是二进制日志
note-backup-load-not-writable = 此主机上的服务器不接受写入，无法通过它载入
note-backup-load-occupied = 在用数据库的 { $schema } 中已有表：请用 --as 以另一名称载入，或用 --replace 放弃该库
note-backup-load-no-schema = 该时刻的备份中没有库 { $schema }
note-backup-load-failed = 载入 { $schema } 中途失败：{ $error }。之前的内容在备份 { $saved } 中（`-`：之前没有内容）。请加 --replace 重试
note-backup-bad-moment = { $value } 不是时刻：请写 UTC 时间，如 2026-11-20 14:05:00，或 GTID，如 0-1-1234，或 latest
note-backup-bad-schema = { $value } 不是应用的库名
note-backup-stale = 最近一次经试恢复的备份结束于 { $hours } 小时前（{ $at }），上限是备份间隔的两倍；最近的问题：{ $error }。请看 `journalctl -u quorate-backup`，或用 `quorate db backup` 制作一个
note-backup-never-verified = 自 { $since } 以来没有任何备份做过试恢复（最近制作：{ $made }；最近的问题：{ $error }）：没有可依赖的备份。请用 `quorate db backup` 制作一个
note-backup-status-unreadable = 无法读取主机记录的备份状态：{ $error }
note-restore-declined = 什么也没有做：载入在用数据库需要确认，或加 --yes
