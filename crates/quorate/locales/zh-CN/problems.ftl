# 集群文件中可能出现的问题。消息说明发现了什么，`.reason` 说明为什么拒绝，`.hint` 说明应当怎样写。
# 代码及其参数列在 crates/model/src/codes.rs。

## 文件本身

problem-file-too-large = 文件有 { $size } 字节，最多读取 { $limit } 字节。
    .reason = 集群文件由人手写，一百台主机大约只需 20 KiB。
    .hint = 请确认这是集群文件，而不是别的文件。

problem-yaml-empty = 文件没有描述任何内容。
    .reason = 文件为空、只有注释，或在某个值的中间结束。
    .hint = 可以从示例开始：quorate init --preset three-node

problem-yaml-documents = 文件包含多个 YAML 文档。
    .reason = 一个文件只描述一个集群，无法判断指的是哪一个文档。
    .hint = 把从 `---` 一行开始的第二个文档放到另一个文件中。

problem-yaml-syntax = 这不是有效的 YAML：{ $detail }。
    .reason = 从这里往后无法读取文件。
    .hint = 请在此处或上一行查找缺少的括号、引号、冒号或空格，以及制表符。

problem-yaml-limit = 文件的重复或嵌套超过了允许的限度。
    .reason = 成倍展开的别名（*name）或过深的嵌套会耗尽内存。
    .hint = 请直接写出各个值，不要用别名重复。

problem-yaml-alias = 这个别名没有对应的锚点。
    .reason = 别名 *name 重复的是文件前面用 &name 标记的值。
    .hint = 请在此行之前用 &name 标记该值；如果文本确实以星号开头，请加引号。

problem-unknown-key = 这里没有键 `{ $key }`。
    .reason = 写错的键若被悄悄忽略，设置就不会生效。
    .hint = { $nearest ->
        [none] 这里可用的键：{ $expected }。
       *[other] 您要写的是 `{ $nearest }` 吗？这里可用的键：{ $expected }。
    }

problem-duplicate-key = 键 `{ $key }` 在这里第二次出现。
    .reason = 两个值只有一个能生效。
    .hint = 删除其中一个，或把两者合并。

problem-missing-key = 这里缺少键 `{ $key }`。
    .reason = 没有合理的默认值可以代替它。
    .hint = 请在这里加上 `{ $key }:`；`quorate schema` 说明每个键，`quorate init` 生成示例。

problem-wrong-type = { $expected ->
        [mapping] 这里应当是键值映射。
        [list] 这里应当是列表。
        [text] 这里应当是文本。
        [number] 这里应当是整数。
        [boolean] 这里应当是 true 或 false。
       *[other] 这里不能写这种类型的值。
    }
    .reason = 这里的值是另一种类型，其含义只能靠猜测。
    .hint = { $expected ->
        [mapping] 请写成 {"{ 键: 值 }"}，或在下面各行缩进写出各个键。
        [list] 请写成 [one, two]，或每行一项、以连字符开头。
        [text] 请只写一个值；含有 : 或 #，或以特殊字符开头时请加引号。
        [number] 请只写数字，不带单位和引号。
       *[other] 请对照 `quorate init` 生成的示例。
    }

## 文件头、名称和普通值

problem-api-version = 不认识的格式 `{ $found }`。
    .reason = 本程序读取 { $expected }；其他格式中的键可能有别的含义。
    .hint = 请写 apiVersion: { $expected }，或使用与该文件对应的 Quorate 版本。

problem-kind = 文件描述的是 `{ $found }`，不是集群。
    .reason = Quorate 读取 kind 为 { $expected } 的文件。
    .hint = 请写 kind: { $expected }，或确认文件是否正确。

problem-bad-name = `{ $name }` 不能作为{ $what ->
        [cluster] 集群
        [network] 网络
        [host] 主机
        [service] 服务
       *[endpoint] 集群入口
    }的名称。
    .reason = 名称会用作主机名、证书名和文件名，因此必须是 DNS 标签。
    .hint = 请使用 1 到 63 个小写字母、数字和连字符，首尾不能是连字符。

problem-bad-dns-name = `{ $name }` 不是 DNS 域名。
    .reason = 每台主机都要解析它，客户端通过它连接。
    .hint = 请写用点分隔的小写标签，例如 platform.example.com；不要写地址。

problem-bad-server = `{ $value }` 既不是 DNS 域名，也不是 IP 地址。
    .reason = 需要连接到这个地方。
    .hint = 请写 server.example.com 这样的域名，或 192.0.2.10 这样的地址，不带协议和端口。

problem-bad-database-name = `{ $name }` 不能作为数据库名。
    .reason = 只接受在任何地方都无需加引号的名称。
    .hint = 请使用最多 64 个字母、数字和下划线，不能以数字开头。

problem-bad-database-user = `{ $name }` 不能作为数据库账号名。
    .reason = 只接受在任何地方都无需加引号的名称。
    .hint = 请使用最多 80 个字母、数字和下划线，不能以数字开头。

problem-reserved-database-name = `{ $name }` 属于数据库服务器自身。
    .reason = 拥有它的应用可以修改其他应用的账号。
    .hint = 请为该库或其账号另选名称。

problem-bad-failure-domain = `{ $name }` 不能作为故障域的名称。
    .reason = 故障域的种类和名称会按原样比较和显示。
    .hint = 请使用 1 到 63 个字符，首尾不带空格，例如 rack: a。

problem-duplicate-name = 名称 `{ $name }` 已被{ $what ->
        [network] 另一个网络
        [host] 另一台主机
        [endpoint] 另一个集群入口
        [schema] 另一个库
        [service] 另一个服务
        [databaseUser] 另一个账号或另一个库的所有者
       *[dnsName] 另一个集群入口
    }占用，见第 { $line } 行。
    .reason = 引用该名称时，无法判断指的是哪一个。
    .hint = 请为其中一个改名，或删除误复制的那一个。

problem-out-of-range = { $key } 的值是 { $value }，必须在 { $min } 到 { $max } 之间。
    .reason = 这个值无法生效。
    .hint = 请在 { $min } 到 { $max } 之间选择，或省略 { $key } 以使用默认值。

## 网络

problem-no-networks = 没有定义网络。
    .reason = 主机和虚拟IP的地址必须属于某个网络。
    .hint = 请添加一个网络，例如 {"{ name: lan, cidr: 10.88.0.0/24 }"}。

problem-bad-cidr = `{ $cidr }` 不是地址范围。
    .reason = 网络包含哪些地址，决定虚拟IP可以在哪里漂移。
    .hint = 请写网络地址和前缀长度，例如 10.88.0.0/24。

problem-cidr-host-bits = `{ $cidr }` 是主机地址，不是网络地址。
    .reason = 前缀之后还有非零位，无法判断是地址写错还是前缀写错。
    .hint = 请写 { $network }，或更正前缀长度。

problem-network-overlap = 网络 { $second } 与 { $first } 重叠。
    .reason = 同时在两者之中的地址会属于两个网络。
    .hint = 请更正其中一个范围，或用一个网络覆盖两者。

## 主机

problem-no-hosts = 没有定义主机。
    .reason = 集群至少需要一台主机。
    .hint = 请添加一台，例如 {"{ name: node1, address: 10.88.0.11, roles: [control, gateway, database] }"}。

problem-bad-address = `{ $address }` 不是主机可以使用的 IP 地址。
    .reason = 仲裁不能依赖域名解析，所以地址要写成数字；环回、组播和全零地址到不了任何主机。
    .hint = 请写 10.88.0.11 这样的地址，不带前缀长度和端口。

problem-address-outside-networks = 主机 { $host } 的地址 { $address } 不在任何网络中（{ $networks }）。
    .reason = 哪些主机在同一网段，决定它们可以持有哪些虚拟IP。
    .hint = 请更正地址，或在 spec.networks 中添加其网络。只供您自己连接的地址请写在 externalAddress。

problem-address-reserved = { $address } 是 { $network } 的网络地址或广播地址。
    .reason = 任何机器都不能使用它。
    .hint = 请选择网络首尾地址之间的地址。

problem-duplicate-address = 主机 { $host } 与 { $other } 的地址相同：{ $address }。
    .reason = 两台机器使用同一地址会互相干扰，仲裁也会把其中一台计算两次。
    .hint = 请更正其中一台主机的地址。

problem-duplicate-external-address = 主机 { $host } 与 { $other } 的外部地址和 SSH 端口相同（{ $address }）。
    .reason = 两个名称会连到同一台机器，并在其上部署两次。
    .hint = 请更正其中一个地址；若位于同一路由器之后，请为每台主机设置各自的 ssh.port。

problem-no-roles = 主机 { $host } 没有角色。
    .reason = 在它上面不会部署任何东西。
    .hint = 请至少给它一个角色，例如 [compute]，或删除该主机。

problem-unknown-role = 没有角色 `{ $role }`。
    .reason = 角色决定主机运行什么。
    .hint = { $nearest ->
        [none] 可用的角色：{ $expected }。
       *[other] 您要写的是 `{ $nearest }` 吗？可用的角色：{ $expected }。
    }

problem-duplicate-role = 主机 { $host } 的角色 { $role } 写了两次。
    .reason = 其中一个可能本来是另一个角色。
    .hint = 请删除或更正。

## 登录与机密

problem-bad-user = 这不能作为登录账号名。
    .reason = 它为空、以连字符开头，或含有空格、冒号、斜杠或 @。
    .hint = 请只写账号名，例如 root 或 admin；地址写在别处。

problem-auth-twice = 同时给出了 keyFile 和 passwordFrom。
    .reason = 无法判断用哪一个登录。
    .hint = 请只保留一个。sudo 的密码写在 sudo: {"{ passwordFrom: … }"} 中。

problem-public-key = { $path } 是公钥，这里应当是私钥。
    .reason = 公钥只用于让主机认出您，不能证明身份；只有公钥时所有登录都会失败。
    .hint = 请写 keyFile: { $private }

problem-key-inline = 这里写的是密钥本身，而不是密钥文件的路径。
    .reason = 集群文件会保存在主机上和版本库中，私钥不应出现在那里；而公钥无法用来登录。
    .hint = 请写私钥的路径，例如 keyFile: ~/.ssh/id_ed25519。已经提交或发送过的私钥请更换。

problem-key-empty = keyFile 为空。
    .reason = 没有可用于登录的密钥。
    .hint = 请写私钥的路径，或省略 keyFile 以使用 ~/.ssh/id_ed25519。

problem-plain-password = 本文件中任何地方都不能写明文密码（`{ $key }`）。
    .reason = 文件会保存在主机上、显示在计划中并纳入版本管理，读到它的人就得到了密码。
    .hint = 请说明密码的来源：passwordFrom: {"{ env: 变量名 }"}、{"{ file: 路径 }"} 或 {"{ prompt: 提示 }"}。库的密码可以省略，将自动生成。已经提交或发送过的密码请更换。

problem-secret-source = passwordFrom 只能有一个来源，而这里{ $found ->
        [none] 一个也没有
       *[other] 有多个（{ $found }）
    }。
    .reason = 必须明确密码从哪里来。
    .hint = 请写 {"{ env: 变量名 }"}、{"{ file: 路径 }"}、{"{ prompt: 提示 }"} 之一。

problem-secret-env = 这不是环境变量的名称。
    .reason = 变量名只有字母、数字和下划线；这里写的也许是密码本身。
    .hint = 请写变量名，例如 {"{ env: SSH_PASSWORD }"}，并在 shell 中设置该变量。

problem-secret-empty = `{ $key }` 的值为空。
    .reason = 没有地方可以取得密码。
    .hint = 请写变量名、文件路径或提示文本。

## 仲裁与数量

problem-etcd-none = 没有任何主机是 etcd 成员。
    .reason = etcd 运行在角色为 etcd 的主机上，没有这种主机时运行在 control 主机上；没有它就无法协调。
    .hint = 请给一台、三台或五台主机 control 角色。

problem-etcd-even = { $members } 个 etcd 成员并不比 { $fewer } 个更好。
    .reason = 每次写入都需要多数成员同意：{ $members } 个成员需要 { $need } 个同意，能承受失去 { $survives } 个，与 { $fewer } 个成员相同，却多了一个可能发生故障的成员。
    .hint = 减少一个（取消一台主机的 control 或 etcd 角色，成为 { $fewer } 个成员），或增加一个（{ $more } 个成员能承受失去 { $more-survives } 个）。

problem-etcd-too-many = etcd 将有 { $members } 个成员，最多 9 个才有意义。
    .reason = 每次写入都要等待多数成员，成员更多只会更慢，不会更安全。
    .hint = 请给三台或五台主机 etcd 角色，其余 control 主机会使用它们。

problem-etcd-version = 暂时无法部署 etcd `{ $version }`。
    .reason = Debian 12 自带 etcd 3.4；其他版本需要另外提供安装包。
    .hint = 请写 "3.4"，或不写版本。

problem-compute-too-few = 计算节点有 { $count } 个；高可用方案需要 2 到 100 个。
    .reason = 有三个或更多 etcd 成员的方案承诺工作负载在失去一台主机后继续运行，而只有一个计算节点时它们无处可去。
    .hint = 请增加一个计算节点，给另一台主机 compute 角色，或改为单个 control 主机（不作任何承诺）。

problem-compute-too-many = 计算节点有 { $count } 个；一个方案最多 100 个。
    .reason = 更大的集群没有经过测试，运行其上的平台也不支持。
    .hint = 请把主机分到两个集群。

## 数据库

problem-database-mode-missing = 没有说明数据库的模式。
    .reason = 部署什么、能承受什么故障，都取决于它。
    .hint = 请写 galera: {"{}"}、replication: {"{}"}、single: {"{}"}、external: {"{ host: …, user: … }"} 之一。

problem-database-mode-several = 给出了多种数据库模式：{ $modes }。
    .reason = 平台只使用一个数据库。
    .hint = 请只保留一种。

problem-replication-count = 主从复制需要两台或三台角色为 database 的主机，现在有 { $count } 台。
    .reason = 每次写入都等待一个同步从库，第三台随时接替它。只有一台就没有从库，更多的只会跟随。
    .hint = 请给两台或三台主机 database 角色；只有一台时请写 single: {"{}"}。

problem-replication-server-ids = { $host } 与 { $other } 的 server_id 会相同：两者地址的末 32 位相同。
    .reason = 复制日志用该编号区分服务器；编号相同的两台会跳过对方的写入。
    .hint = 请给其中一台换一个地址。

problem-replication-candidates = 端点 { $endpoint } 没有包含 { $missing }。
    .reason = 主从复制的主库自己持有该地址，而每台数据库主机都可能成为主库：地址无法跟随时，客户端将找不到数据库。
    .hint = 请省略 candidates，或列出所有数据库主机。

problem-read-needs-replication = `{ $endpoint }` 用于读取副本，而该数据库没有副本。
    .reason = 只有 database: {"{ replication: {} }"} 才有 Quorate 知道其延迟的副本。
    .hint = 请删除该入口，或改为由别人维护的外部地址或 DNS 名称。

problem-port-of-server = `{ $endpoint }` 不能在 { $host } 上使用端口 { $port }：数据库服务器占用了它。
    .reason = 主从复制的服务器监听主机的所有地址，因此旁边的 HAProxy 需要另一个端口。
    .hint = 请写另一个端口，例如 ports: [3308]，或让角色为 balancer 而没有 database 角色的主机持有该地址。

problem-unknown-choice = { $key } 不能是 { $value }。
    .reason = 可用的值：{ $expected }。
    .hint = { $nearest ->
        [none] 请从中选择一个。
       *[other] 是否想写 { $nearest }？
    }

problem-single-count = 单机数据库需要恰好一台角色为 database 的主机，现在有 { $count } 台。
    .reason = 它运行在一台主机上，必须明确是哪一台。
    .hint = 请只给一台主机 database 角色；三台或更多时请写 galera: {"{}"}。

problem-galera-too-few = Galera 至少需要 2 台角色为 database 的主机加仲裁者，或 3 台；现在有 { $count } 台。
    .reason = 只有多数派可以写入；少于三票时，失去一票就不再有多数派。
    .hint = 请给三台主机 database 角色，或给两台并写 galera: {"{ arbitrator: HOST }"}；只有一台时请写 single: {"{}"}。

problem-unknown-charset = 没有字符集 `{ $charset }`。
    .reason = 服务器会拒绝建库，或以另一种字符集建库。
    .hint = { $nearest ->
        [none] 可用的字符集：{ $expected }。
       *[other] 是否想写 `{ $nearest }`？可用的字符集：{ $expected }。
    }

problem-bad-collation = `{ $collation }` 不是 { $charset } 的排序规则。
    .reason = 排序规则属于一种字符集，名称以该字符集开头。
    .hint = 请写以 { $charset }_ 开头的排序规则，或省略而由服务器选择。

problem-bad-account-host = `{ $host }` 不能说明账号可从哪里登录。
    .reason = 服务器用它与连接者的地址或名称比较。
    .hint = 请写 "%"（任意来源）、地址、名称，或 "10.88.0.%" 这样的模式。

problem-bad-grant-object = 不能在 `{ $on }` 上授予权限。
    .reason = 权限授予在一个库的所有表、一张表或整个服务器上。
    .hint = 请写 schema.*、schema.table 或 "*.*"。

problem-unknown-schema = 本文件中没有库 `{ $name }`。
    .reason = 这些权限没有用处，笔误也不会被发现。
    .hint = { $nearest ->
        [none] 请把它也写在 schemas 中。已有的库：{ $expected }。
       *[other] 是否想写 `{ $nearest }`？已有的库：{ $expected }。
    }

problem-privileges-missing = 在 { $on } 上没有给出任何权限。
    .reason = 没有权限的授权等于没有授权。
    .hint = 请列出权限，例如 [SELECT]，或删除该授权。

problem-unknown-privilege = 没有权限 `{ $privilege }`。
    .reason = 服务器会拒绝它，账号将得不到该权限。
    .hint = { $nearest ->
        [none] 可用的权限：{ $expected }。
       *[other] 是否想写 `{ $nearest }`？可用的权限：{ $expected }。
    }

problem-privilege-administers = 应用的账号不得在服务器上拥有 { $privilege }。
    .reason = 这是管理服务器的权限：应用可借此写入已关闭写入的副本、修改其他账号或读取服务器的密钥，各副本将不再一致。
    .hint = 请在应用自己的库上授予所需权限，例如 privileges: [ALL], on: schema.*。

problem-privilege-on-system = 在 { $on } 上的 { $privilege } 会改动服务器自身的内容。
    .reason = 能改动这些表的人可以取得任何权限。
    .hint = 最多授予 SELECT，监控账号只需要它。

problem-privilege-level = 不能在 { $on } 上授予 { $privilege }。
    .reason = 整个服务器的权限授予在 *.* 上，其中不包括改动数据的权限，因为它们会触及服务器自身的表；其他权限授予在库上，与表有关的也可授予在表上。
    .hint = 请授予在其他对象上：服务器用 "*.*"，库用 schema.*，表用 schema.table。

problem-accounts-external = 由别人维护的数据库，其账号不由 Quorate 创建。
    .reason = 谁可以登录、从哪里登录，由其维护者决定。
    .hint = 请删除 accounts，并请其维护者创建账号。

problem-galera-even = 对 Galera 来说，{ $count } 台数据库主机并不比 { $fewer } 台更好。
    .reason = 发生故障后必须仍有多数派：{ $count } 个成员需要 { $need } 个，网络分裂时最多能承受隔离 { $survives } 个。若分裂成相等的两半，两边都会停止，只有再多一票才能裁决。
    .hint = 请再给一台主机 database 角色（共 { $more } 台），或只给一台没有该角色的主机一票：galera: {"{ arbitrator: HOST }"}。

problem-arbitrator-odd = { $count } 台数据库主机加仲裁者共 { $votes } 票，是偶数。
    .reason = { $votes } 票需要 { $need } 票，可同时失去 { $survives } 票；仅 { $count } 台数据库主机同样能承受失去 { $without } 台，而且少一台可能失效的主机。
    .hint = 请去掉仲裁者，或再给一台主机 database 角色。

problem-arbitrator-has-data = { $name } 不能作仲裁者：它有 database 角色。
    .reason = 这台主机一旦失去就带走两票，其余数据库主机会随之失去多数。
    .hint = 请指定一台没有 database 角色的主机，最好在独立的故障域中。

problem-arbitrator-host = 没有可作仲裁者的主机 `{ $name }`。
    .reason = 仲裁者是此文件中的一台主机，这样 Quorate 才能部署并监视它。
    .hint = { $nearest ->
        [none] 没有 database 角色的主机：{ $expected }。
       *[other] 是否想写 `{ $nearest }`？没有 database 角色的主机：{ $expected }。
    }

## 数据库备份

problem-backup-target = 备份只能存到一个地方；{ $count ->
        [0] 这里一个都没有给出。
       *[other] 这里给出了两个。
    }
    .reason = 真正需要备份的那天，它在哪里必须毫无疑问。
    .hint = 请写 to: {"{ directory: { path: /mnt/backup } }"} 或 to: {"{ s3: { endpoint: …, bucket: …, accessKeyFrom: …, secretKeyFrom: … } }"}。

problem-backup-schedule = `{ $schedule }` 不是时间表。
    .reason = 最近一次备份允许多旧由它推算，因此只认识这几种写法。
    .hint = 请写 hourly、every 6h（24 的约数）、daily 02:30 或 weekly sun 02:30；时间为 UTC。

problem-backup-path = 备份不能存放在 `{ $path }`。
    .reason = 路径必须是绝对路径，且不得位于 MariaDB、Quorate 或系统自己的目录中：与数据放在一起的备份会与数据一起丢失。
    .hint = 请挂载另一台机器的磁盘（例如挂载到 /mnt/backup），再写该路径。

problem-backup-host = `{ $name }` 不是具有 database 角色的主机。
    .reason = 拥有该目录的主机负责制作备份，而 mariabackup 直接读取本机服务器的文件。
    .hint = { $nearest ->
        [none] 数据库主机：{ $expected }。
       *[other] 是否想写 `{ $nearest }`？数据库主机：{ $expected }。
    }

problem-backup-endpoint = `{ $endpoint }` 不是对象存储可以应答的地址。
    .reason = Quorate 通过 HTTP 发送带签名的请求。
    .hint = 请写 https://（或 http://）、名称或地址，端口非默认时再写端口；不要写路径和用户。

problem-backup-bucket = `{ $bucket }` 不能作为桶的名称。
    .reason = 桶名由 3 至 63 个小写字母、数字、连字符和点组成。
    .hint = 这里只写桶名；桶内名称的前缀写在 `prefix` 中。

problem-backup-prefix = `{ $prefix }` 不能作为前缀。
    .reason = 只有字母、数字以及 - _ . / 这些字符在所有存储中含义相同。
    .hint = 请写类似 backups/production 的前缀，或省略它。

problem-backup-external = Quorate 不备份由他人维护的数据库。
    .reason = mariabackup 读取服务器的文件，而 Quorate 在那台主机上没有任何文件。
    .hint = 请删除 `backup`，并向维护该数据库的人索取备份。

## 共享存储

problem-storage-kind-missing = 没有说明存储的类型。
    .reason = 部署什么、能承受什么故障，都取决于它。
    .hint = 请写 glusterfs: {"{}"}、nfs: {"{}"}、external: {"{ address: … }"} 之一。

problem-storage-kind-several = 给出了多种存储类型：{ $kinds }。
    .reason = 共享文件只存放在一个地方。
    .hint = 请只保留一种。

problem-glusterfs-too-few = GlusterFS 至少需要 2 台角色为 storage 的主机，现在有 { $count } 台。
    .reason = 每个文件保存在两台或更多主机上，这样才能承受失去一台。
    .hint = 请给两台或三台主机 storage 角色；只有一台时请写 nfs: {"{}"}。

problem-glusterfs-replicas = { $count } 台存储主机不能分成每组 { $replicas } 台。
    .reason = 每个文件保存在同一组的所有主机上，因此主机数必须是副本数的整数倍。
    .hint = 请更改角色为 storage 的主机数或 `replicas`；省略时，能整除则为 3，否则为 2。

problem-nfs-count = NFS 服务器运行在恰好一台角色为 storage 的主机上，现在有 { $count } 台。
    .reason = 必须明确文件存放在哪台主机上。
    .hint = 请只给一台主机 storage 角色；两台或更多时请写 glusterfs: {"{}"}。

## 平台及其服务

problem-unknown-platform = 没有平台 `{ $kind }`。
    .reason = 平台决定其控制面需要什么。
    .hint = { $nearest ->
        [none] 可用的平台：{ $expected }。
       *[other] 您要写的是 `{ $nearest }` 吗？可用的平台：{ $expected }。
    }

problem-platform-without-control = 没有主机运行 { $kind } 的控制面。
    .reason = 控制台和 API 运行在角色为 control 的主机上。
    .hint = 请给一台或更多主机 control 角色，或删除 spec.platform。

problem-platform-version = `{ $version }` 不是这里已知的 { $kind } 版本。
    .reason = 平台对数据库的要求取决于它的版本。
    .hint = 请写主、次版本号，例如 { $expected }。

problem-platform-database-alone = 部署在多台主机上的 { $kind } { $version } 依赖的数据库会随其中一台主机一起丢失。
    .reason = 它的高可用指南要求使用外部数据库或高可用数据库：默认情况下，唯一的数据在首个管理节点上，该主机故障后管理功能失效。
    .hint = 请在 spec.database 中写 galera: {"{}"} 或 replication: {"{}"}；已有的数据库写 external: {"{ host: …, user: … }"}。

problem-platform-without-database = 没有说明 { $kind } 的数据保存在哪里。
    .reason = 它的控制面依赖数据库；不知道数据库在哪里，就无法作出任何承诺。
    .hint = 请添加 spec.database（已有的数据库：{"{ external: { host: …, user: … } }"}）。平台自带的数据库是它的一个服务：{"{ name: mysql, hosts: [node1], capability: database }"}。

problem-service-place-missing = 没有说明服务 `{ $service }` 运行在哪里。
    .reason = 能承受什么故障，取决于它运行在哪些主机上。
    .hint = 请写出主机：hosts: [node1, node2]。若它不在这些主机上运行，请写 external: {"{ address: … }"}。

problem-service-place-several = 服务 `{ $service }` 既在本集群的主机上，又在集群之外。
    .reason = 必须明确它能承受失去谁。
    .hint = 请只保留 `hosts` 或 `external`，或写成两个服务。

problem-needs-without-hosts = `needs` 只对运行在本集群主机上的服务有意义，而 `{ $service }` 在集群之外。
    .reason = 它表示这些主机中有几台就足够。
    .hint = 请删除 `needs`，或写出主机。

problem-unknown-capability = 没有能力 `{ $capability }`。
    .reason = 它说明该服务停止时用户会失去什么。
    .hint = { $nearest ->
        [none] 可用的能力：{ $expected }。
       *[other] 您要写的是 `{ $nearest }` 吗？可用的能力：{ $expected }。
    }

problem-unknown-host = 没有主机 `{ $name }`。
    .reason = 这里只能写本文件中的主机。
    .hint = { $nearest ->
        [none] 已定义的主机：{ $expected }。
       *[other] 您要写的是 `{ $nearest }` 吗？
    }

problem-duplicate-service-host = `{ $name }` 在服务 `{ $service }` 中出现两次。
    .reason = 失去这台主机时两者同时失去，第二个没有任何作用。
    .hint = 请删除，或改成本来要写的主机。

## 可用性

problem-bad-hours = { $key } 的值是 { $value }，必须是大于零的小时数。
    .reason = 无法用它计算。
    .hint = 请写小时数，例如 4380 表示半年，0.5 表示三十分钟。

problem-repair-too-long = 修复需要 { $mttr } 小时，而下一次故障在 { $mtbf } 小时后就会发生。
    .reason = 修复时间必须短于故障间隔；也许两者写反了。
    .hint = 请把较长的时间写为 mtbfHours，较短的写为 mttrHours。

## 集群入口

problem-endpoint-kind-missing = 没有说明集群入口 `{ $endpoint }` 在哪里。
    .reason = 客户端需要地址或域名。
    .hint = 请添加 vip: 10.88.0.100、external: {"{ address: … }"}、dns: {"{ name: … }"}、host: node1 之一。

problem-endpoint-kind-several = 集群入口 `{ $endpoint }` 同时在多个地方：{ $kinds }。
    .reason = 一个入口是客户端连接的一个地方。
    .hint = 请只保留一个，或写成两个入口。

problem-only-with-vip = `{ $key }` 只对虚拟IP有意义，而 `{ $endpoint }` 不是虚拟IP。
    .reason = 外部地址或域名指向哪里不由 Quorate 决定。
    .hint = 请删除 `{ $key }`，或为该入口设置 vip。

problem-vip-outside-networks = 虚拟IP { $vip } 不在任何网络中（{ $networks }）。
    .reason = 不在本网段的地址，相邻主机找不到。
    .hint = 请选择某个网络中的空闲地址，或在 spec.networks 中添加其网络。

problem-vip-outside-its-network = 虚拟IP { $vip } 不在网络 { $network }（{ $cidr }）中。
    .reason = 不在本网段的地址，相邻主机找不到。
    .hint = 请选择 { $cidr } 中的空闲地址，或更正 `network`；省略时取包含该地址的网络。

problem-unknown-network = 没有网络 `{ $name }`。
    .reason = 虚拟IP将无处可放。
    .hint = { $nearest ->
        [none] 已定义的网络：{ $expected }。省略时取包含该地址的网络。
       *[other] 您要写的是 `{ $nearest }` 吗？已定义的网络：{ $expected }。省略时取包含该地址的网络。
    }

problem-vip-is-host = 虚拟IP { $vip } 是主机 { $host } 的地址。
    .reason = 虚拟IP会在主机之间漂移；如果它就是某台主机自己的地址，别的主机一旦持有它，该主机就会失联。
    .hint = 请选择没有任何机器使用的地址。

problem-duplicate-vip = `{ $endpoint }` 与 `{ $other }` 的虚拟IP相同：{ $vip }。
    .reason = 两个 keepalived 实例会争夺这个地址。
    .hint = 请选择另一个地址，或让一个入口拥有两者的域名和端口。

problem-vrid-range = { $vrid } 不是有效的 VRID。
    .reason = VRRP（RFC 5798）的虚拟路由器编号为 1 到 255。
    .hint = 请选择 1 到 255 的数字，或省略 vrid，由地址推导。

problem-duplicate-vrid = `{ $endpoint }` 与 `{ $other }` 的 VRID 相同：{ $vrid }。
    .reason = 两边的主机会把对方当作同一个虚拟路由器，其中一个地址将无人持有。
    .hint = 请选择另一个数字，或省略 vrid，由地址推导。

problem-vrids-exhausted = 没有剩余的 VRID 可供 `{ $endpoint }` 使用。
    .reason = VRRP 只有 255 个编号，其他入口已全部占用。
    .hint = 请减少虚拟IP；一个虚拟IP可以有多个域名和端口。

problem-unknown-candidate = 没有主机 `{ $name }`。
    .reason = 候选节点是可以持有虚拟IP的主机。
    .hint = { $nearest ->
        [none] 已定义的主机：{ $expected }。
       *[other] 您要写的是 `{ $nearest }` 吗？
    }

problem-duplicate-candidate = `{ $name }` 在 `{ $endpoint }` 的候选节点中出现两次。
    .reason = 候选节点的顺序就是优先顺序，一台主机只有一个位置。
    .hint = 请删除，或改成本来要写的主机。

problem-candidate-lacks-role = { $host } 不能持有 `{ $endpoint }` 的虚拟IP：它没有 { $roles } 中的任何角色。
    .reason = 在该地址应答的服务不在这台主机上运行，由它持有地址时连接会失败。
    .hint = 请给 { $host } 其中一个角色（{ $roles }），或把它从候选节点中删除。

problem-candidate-outside-network = { $host } 不能持有 `{ $endpoint }` 的虚拟IP：它不在网络 { $network } 中。
    .reason = 虚拟IP只能在同一网段的主机之间漂移。
    .hint = 请写在 { $network } 中的候选节点，或选择 { $host } 所在网络的地址。

problem-candidates-missing = `{ $endpoint }` 没有候选节点。
    .reason = 只有 platform、database、database-read、control 四个入口以及经过 lvs 的入口，其候选节点可以由角色推导。
    .hint = 请写出可以持有该地址的主机，优先者在前：candidates: [node1, node2]

problem-no-candidates = 没有主机可以持有 `{ $endpoint }` 的虚拟IP。
    .reason = 它需要具有 { $roles } 之一的主机。
    .hint = 请至少给两台主机其中一个角色，这样失去一台时地址仍然可用。

problem-ports-missing = `{ $endpoint }` 没有端口。
    .reason = 只有 platform（80）、database 和 database-read（3306）有默认端口。
    .hint = 请写出客户端使用的端口：ports: [443]

problem-duplicate-port = `{ $endpoint }` 的端口 { $port } 写了两次。
    .reason = 其中一个可能本来是另一个端口。
    .hint = 请删除或更正。

problem-names-need-address = `{ $endpoint }` 的域名没有可以对应的地址。
    .reason = 每台主机要自己解析这些域名，而该入口由域名给出，其地址可能由别人更改。
    .hint = 请删除 `names` 并由 DNS 解析，或写 external: {"{ address: … }"} 并填 IP 地址。

problem-name-is-host = `{ $name }` 是一台主机的名称。
    .reason = 各主机会把它解析到入口，再也无法用名称访问那台主机。
    .hint = 请为入口另选名称。

problem-endpoint-host-lacks-role = { $host } 不能代表 `{ $endpoint }`：它没有 { $roles } 中的任何角色。
    .reason = 在该入口应答的服务不在这台主机上运行。
    .hint = 请给 { $host } 其中一个角色（{ $roles }），或写另一台主机。

problem-endpoint-host-is-one-of-several = { $host } 只是保存数据库的多台主机之一，而 `{ $endpoint }` 只通向它。
    .reason = 失去这台主机时客户端就失去数据库，尽管其他主机仍在工作。
    .hint = 请为该入口设置 vip。只有在 database: {"{ single: {} }"}，或 Galera 前面使用 through: maxscale 时，才能由一台主机代表它。

problem-unknown-through = 连接不能经过 `{ $through }`。
    .reason = 它说明入口地址与服务器之间是什么。
    .hint = { $nearest ->
        [none] 可用的值：{ $expected }。
       *[other] 您要写的是 `{ $nearest }` 吗？可用的值：{ $expected }。
    }

problem-through-not-here = `{ $endpoint }` 不能经过 { $through }。
    .reason = lvs 把虚拟IP的连接分发到各网关；maxscale 位于 vip 或一台主机上，在 database: {"{ galera: {} }"} 前面；haproxy 用于 database 或 database-read 的 vip。
    .hint = 请删除 `through`，或写到它所属的入口上。

problem-endpoint-without-database = 有数据库的入口，却没有数据库。
    .reason = 这个地址上不会有任何应答。
    .hint = 请添加 spec.database，例如 database: {"{ galera: {} }"}，或删除该入口。

problem-endpoint-external-database = 数据库由别人维护，位于 { $host }，这里不需要地址。
    .reason = 它的故障切换不由 Quorate 掌握，这里的地址只会多一个可能的故障点。
    .hint = 请删除该入口，或写成 external: {"{ address: … }"}。
