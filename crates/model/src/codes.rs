//! Every kind of problem that a cluster file can have, with the arguments that its texts may name.
//!
//! A test holds this list against the texts in both languages, so a check cannot be added without its message.

use crate::problem::Code;

macro_rules! codes {
    ($($name:ident = $id:literal [$($arg:literal),*];)*) => {
        $(pub(crate) const $name: Code = Code { id: $id, args: &[$($arg),*] };)*

        /// Every kind of problem.
        pub const CODES: &[Code] = &[$($name),*];
    };
}

codes! {
    // The text of the file.
    FILE_TOO_LARGE = "file-too-large" ["size", "limit"];
    YAML_EMPTY = "yaml-empty" [];
    YAML_DOCUMENTS = "yaml-documents" [];
    YAML_SYNTAX = "yaml-syntax" ["detail"];
    YAML_LIMIT = "yaml-limit" [];
    YAML_ALIAS = "yaml-alias" [];
    UNKNOWN_KEY = "unknown-key" ["key", "nearest", "expected"];
    DUPLICATE_KEY = "duplicate-key" ["key"];
    MISSING_KEY = "missing-key" ["key"];
    WRONG_TYPE = "wrong-type" ["expected"];

    // The header, names and plain values.
    API_VERSION = "api-version" ["found", "expected"];
    KIND = "kind" ["found", "expected"];
    BAD_NAME = "bad-name" ["what", "name"];
    BAD_DNS_NAME = "bad-dns-name" ["name"];
    BAD_SERVER = "bad-server" ["value"];
    BAD_DATABASE_NAME = "bad-database-name" ["name"];
    BAD_DATABASE_USER = "bad-database-user" ["name"];
    RESERVED_DATABASE_NAME = "reserved-database-name" ["name"];
    BAD_DOMAIN = "bad-failure-domain" ["name"];
    DUPLICATE_NAME = "duplicate-name" ["what", "name", "line"];
    OUT_OF_RANGE = "out-of-range" ["key", "value", "min", "max"];

    // Networks.
    NO_NETWORKS = "no-networks" [];
    BAD_CIDR = "bad-cidr" ["cidr"];
    CIDR_HOST_BITS = "cidr-host-bits" ["cidr", "network"];
    NETWORK_OVERLAP = "network-overlap" ["first", "second"];

    // Hosts.
    NO_HOSTS = "no-hosts" [];
    BAD_ADDRESS = "bad-address" ["address"];
    ADDRESS_OUTSIDE = "address-outside-networks" ["host", "address", "networks"];
    ADDRESS_RESERVED = "address-reserved" ["address", "network"];
    DUPLICATE_ADDRESS = "duplicate-address" ["address", "host", "other"];
    DUPLICATE_EXTERNAL_ADDRESS = "duplicate-external-address" ["address", "host", "other"];
    NO_ROLES = "no-roles" ["host"];
    UNKNOWN_ROLE = "unknown-role" ["role", "nearest", "expected"];
    DUPLICATE_ROLE = "duplicate-role" ["role", "host"];

    // Logging in, and secrets.
    BAD_USER = "bad-user" [];
    AUTH_TWICE = "auth-twice" [];
    PUBLIC_KEY = "public-key" ["path", "private"];
    KEY_INLINE = "key-inline" [];
    KEY_EMPTY = "key-empty" [];
    PLAIN_PASSWORD = "plain-password" ["key"];
    SECRET_SOURCE = "secret-source" ["found"];
    SECRET_ENV = "secret-env" [];
    SECRET_EMPTY = "secret-empty" ["key"];

    // Quorums and counts.
    ETCD_NONE = "etcd-none" [];
    ETCD_EVEN = "etcd-even" ["members", "need", "survives", "fewer", "more", "more-survives"];
    ETCD_TOO_MANY = "etcd-too-many" ["members"];
    ETCD_VERSION = "etcd-version" ["version"];
    COMPUTE_FEW = "compute-too-few" ["count"];
    COMPUTE_MANY = "compute-too-many" ["count"];

    // The database.
    DATABASE_MODE_NONE = "database-mode-missing" [];
    DATABASE_MODE_SEVERAL = "database-mode-several" ["modes"];
    SINGLE_COUNT = "single-count" ["count"];
    GALERA_FEW = "galera-too-few" ["count"];
    REPLICATION_COUNT = "replication-count" ["count"];
    REPLICATION_SERVER_IDS = "replication-server-ids" ["host", "other"];
    READ_NEEDS_REPLICATION = "read-needs-replication" ["endpoint"];
    PORT_OF_SERVER = "port-of-server" ["port", "endpoint", "host"];
    REPLICATION_CANDIDATES = "replication-candidates" ["endpoint", "missing"];
    UNKNOWN_CHOICE = "unknown-choice" ["key", "value", "nearest", "expected"];
    UNKNOWN_CHARSET = "unknown-charset" ["charset", "nearest", "expected"];
    BAD_COLLATION = "bad-collation" ["collation", "charset"];
    BAD_ACCOUNT_HOST = "bad-account-host" ["host"];
    BAD_GRANT_OBJECT = "bad-grant-object" ["on"];
    UNKNOWN_SCHEMA = "unknown-schema" ["name", "nearest", "expected"];
    PRIVILEGES_MISSING = "privileges-missing" ["on"];
    UNKNOWN_PRIVILEGE = "unknown-privilege" ["privilege", "nearest", "expected"];
    PRIVILEGE_ADMINISTERS = "privilege-administers" ["privilege"];
    PRIVILEGE_ON_SYSTEM = "privilege-on-system" ["privilege", "on"];
    PRIVILEGE_LEVEL = "privilege-level" ["privilege", "on"];
    ACCOUNTS_EXTERNAL = "accounts-external" [];
    GALERA_EVEN = "galera-even" ["count", "need", "survives", "fewer", "more"];
    ARBITRATOR_HOST = "arbitrator-host" ["name", "nearest", "expected"];
    ARBITRATOR_DATA = "arbitrator-has-data" ["name"];
    ARBITRATOR_ODD = "arbitrator-odd" ["count", "votes", "need", "survives", "without"];

    // Backups.
    BACKUP_TARGET = "backup-target" ["count"];
    BACKUP_SCHEDULE = "backup-schedule" ["schedule"];
    BACKUP_PATH = "backup-path" ["path"];
    BACKUP_HOST = "backup-host" ["name", "nearest", "expected"];
    BACKUP_ENDPOINT = "backup-endpoint" ["endpoint"];
    BACKUP_BUCKET = "backup-bucket" ["bucket"];
    BACKUP_PREFIX = "backup-prefix" ["prefix"];
    BACKUP_EXTERNAL = "backup-external" [];

    // Shared storage.
    STORAGE_KIND_NONE = "storage-kind-missing" [];
    STORAGE_KIND_SEVERAL = "storage-kind-several" ["kinds"];
    GLUSTERFS_FEW = "glusterfs-too-few" ["count"];
    GLUSTERFS_REPLICAS = "glusterfs-replicas" ["count", "replicas"];
    NFS_COUNT = "nfs-count" ["count"];

    // The platform and its services.
    UNKNOWN_PLATFORM = "unknown-platform" ["kind", "nearest", "expected"];
    PLATFORM_NO_CONTROL = "platform-without-control" ["kind"];
    PLATFORM_VERSION = "platform-version" ["kind", "version", "expected"];
    PLATFORM_DATABASE_ALONE = "platform-database-alone" ["kind", "version"];
    PLATFORM_NO_DATABASE = "platform-without-database" ["kind"];
    SERVICE_PLACE_NONE = "service-place-missing" ["service"];
    SERVICE_PLACE_SEVERAL = "service-place-several" ["service"];
    NEEDS_WITHOUT_HOSTS = "needs-without-hosts" ["service"];
    UNKNOWN_CAPABILITY = "unknown-capability" ["capability", "nearest", "expected"];
    UNKNOWN_HOST = "unknown-host" ["name", "nearest", "expected"];
    DUPLICATE_SERVICE_HOST = "duplicate-service-host" ["name", "service"];

    // Availability.
    BAD_HOURS = "bad-hours" ["key", "value"];
    REPAIR_TOO_LONG = "repair-too-long" ["mtbf", "mttr"];

    // Endpoints.
    ENDPOINT_KIND_NONE = "endpoint-kind-missing" ["endpoint"];
    ENDPOINT_KIND_SEVERAL = "endpoint-kind-several" ["endpoint", "kinds"];
    ONLY_WITH_VIP = "only-with-vip" ["key", "endpoint"];
    VIP_OUTSIDE = "vip-outside-networks" ["vip", "networks"];
    VIP_NOT_IN_NETWORK = "vip-outside-its-network" ["vip", "network", "cidr"];
    UNKNOWN_NETWORK = "unknown-network" ["name", "nearest", "expected"];
    VIP_IS_HOST = "vip-is-host" ["vip", "host"];
    DUPLICATE_VIP = "duplicate-vip" ["vip", "endpoint", "other"];
    VRID_RANGE = "vrid-range" ["vrid"];
    DUPLICATE_VRID = "duplicate-vrid" ["vrid", "endpoint", "other"];
    VRIDS_EXHAUSTED = "vrids-exhausted" ["endpoint"];
    UNKNOWN_CANDIDATE = "unknown-candidate" ["name", "nearest", "expected"];
    DUPLICATE_CANDIDATE = "duplicate-candidate" ["name", "endpoint"];
    CANDIDATE_ROLE = "candidate-lacks-role" ["host", "endpoint", "roles"];
    CANDIDATE_NETWORK = "candidate-outside-network" ["host", "endpoint", "network"];
    CANDIDATES_MISSING = "candidates-missing" ["endpoint"];
    NO_CANDIDATES = "no-candidates" ["endpoint", "roles"];
    PORTS_MISSING = "ports-missing" ["endpoint"];
    DUPLICATE_PORT = "duplicate-port" ["port", "endpoint"];
    NAMES_NEED_ADDRESS = "names-need-address" ["endpoint"];
    NAME_IS_HOST = "name-is-host" ["name"];
    ENDPOINT_HOST_ROLE = "endpoint-host-lacks-role" ["host", "endpoint", "roles"];
    ENDPOINT_HOST_DATABASE = "endpoint-host-is-one-of-several" ["host", "endpoint"];
    UNKNOWN_THROUGH = "unknown-through" ["through", "nearest", "expected"];
    THROUGH_NOT_HERE = "through-not-here" ["through", "endpoint"];
    ENDPOINT_NO_DATABASE = "endpoint-without-database" [];
    ENDPOINT_EXTERNAL_DATABASE = "endpoint-external-database" ["host"];
}
