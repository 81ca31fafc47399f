//! The example files: they parse, and mean what their comments say.

use model::{
    Availability, Capability, DatabaseMode, EndpointKind, PlatformKind, Preset, SecretSource, ServicePlace, SshAuth,
    Storage, Through, mask_secrets, parse, preset,
};

fn cluster(text: &str) -> model::Cluster {
    parse(text).expect("no problems")
}

#[test]
fn examples_have_no_problems() {
    for which in [Preset::Single, Preset::ThreeNode, Preset::FiveNode] {
        let text = preset(which);
        cluster(text);
        assert_eq!(mask_secrets(text), text, "nothing in an example looks like a secret");
    }
}

#[test]
fn three_nodes_get_their_defaults() {
    let c = cluster(preset(Preset::ThreeNode));
    let names = |hosts: Vec<&model::Host>| hosts.iter().map(|h| h.name.0.clone()).collect::<Vec<_>>().join(" ");
    assert_eq!(c.name, "demo");
    assert_eq!(names(c.etcd_members()), "node1 node2 node3");
    assert_eq!(names(c.database_members()), "node1 node2 node3");
    assert_eq!(names(c.balancers()), "node1 node2 node3", "no balancers: the database hosts hold the database VIP");
    assert_eq!(c.etcd.version, "3.4");
    let summary: Vec<String> = c
        .vips()
        .map(|(e, v)| {
            format!("{} {}/{} {} vrid {} ports {:?}", e.name, v.address, v.prefix, v.network, v.vrid, e.ports)
        })
        .collect();
    assert_eq!(
        summary,
        ["platform 10.88.0.100/24 lan vrid 100 ports [80]", "database 10.88.0.101/24 lan vrid 101 ports [3306]"]
    );
    let ssh = &c.hosts[0].ssh;
    assert_eq!((ssh.user.as_str(), ssh.port, ssh.sudo.is_none()), ("root", 22, true));
    assert_eq!(ssh.auth, SshAuth::KeyFile("~/.ssh/id_ed25519".into()));
    let database = c.database.expect("database");
    assert!(matches!(database.mode, DatabaseMode::Galera(g) if g.buffer_pool_mib == 256));
    assert_eq!((database.schemas[0].user.as_str(), &database.schemas[0].password_from), ("platform", &None));
}

#[test]
fn five_nodes_split_the_roles() {
    let c = cluster(preset(Preset::FiveNode));
    assert_eq!(c.etcd_members().len(), 3);
    assert_eq!(c.database_members().iter().map(|h| h.name.as_str()).collect::<Vec<_>>(), ["node3", "node4", "node5"]);
    assert_eq!(c.balancers().len(), 2);
}

#[test]
fn everything_that_can_be_written_is_read() {
    let c = cluster(
        r#"
apiVersion: quorate.dev/v1alpha1
kind: Cluster
metadata: { name: all }
spec:
  ssh:
    user: admin
    port: 2222
    passwordFrom: { env: SSH_PASSWORD }
    sudo: { passwordFrom: { file: ~/sudo } }
    bastion: { address: jump.example.com }
  networks: [{ name: lan, cidr: 10.88.0.0/24 }, { name: six, cidr: "fd00::/64" }]
  hosts:
    - { name: a, address: 10.88.0.11, externalAddress: 192.0.2.1, roles: [control, gateway] }
    - name: b
      address: 10.88.0.12
      externalAddress: 192.0.2.1
      roles: [build, balancer]
      ssh: { user: root, port: 2223, keyFile: ~/.ssh/b, bastion: { address: 192.0.2.9, user: j, port: 24, passwordFrom: { prompt: jump } } }
    - { name: c, address: "fd00::3", roles: [bootstrap, storage, compute], ssh: { sudo: {} }, availability: { mtbfHours: 4380, mttrHours: 0.5 } }
  endpoints:
    - { name: platform, external: { address: 192.0.2.7 }, ports: [80, 443], names: [x.example.com] }
    - { name: database, dns: { name: db.example.com } }
    - { name: one, vip: 10.88.0.100, vrid: 101, candidates: [b, a], ports: [22], network: lan }
    - { name: two, vip: 10.88.0.101, candidates: [a], ports: [22] }
    - { name: three, vip: "fd00::65", candidates: [c], ports: [22] }
    - { name: four, host: b, ports: [22] }
    - { name: five, vip: 10.88.0.105, through: lvs, ports: [22] }
  etcd: { version: 3.4 }
  database:
    external: { host: db.example.com, port: 3307, user: app-user, passwordFrom: { file: /run/secret } }
    schemas: [{ name: console, user: console_rw, passwordFrom: { env: CONSOLE } }]
  storage: { nfs: {} }
  platform: { kind: rancher }
  services:
    - { name: hub, hosts: [a, c], needs: 2, capability: artifacts }
    - { name: mail, external: { address: mail.example.com }, capability: control }
  availability: { cut: { mtbfHours: 1e4, mttrHours: 1 } }
"#,
    );
    let [a, b, cc] = c.hosts.as_slice() else { panic!("three hosts") };
    assert_eq!(a.ssh.auth, SshAuth::Password(SecretSource::Env("SSH_PASSWORD".into())));
    assert_eq!(a.ssh.sudo.as_ref().and_then(|s| s.password.clone()), Some(SecretSource::File("~/sudo".into())));
    let jump = a.ssh.bastion.as_ref().expect("bastion");
    assert_eq!((jump.user.as_str(), jump.port), ("admin", 22));
    assert_eq!(jump.auth, SshAuth::KeyFile("~/.ssh/id_ed25519".into()), "a password is not offered to the bastion");
    assert_eq!((b.ssh.user.as_str(), b.ssh.port, b.ssh.sudo.is_none()), ("root", 2223, true));
    assert_eq!(b.ssh.bastion.as_ref().map(|j| j.port), Some(24));
    assert_eq!(cc.ssh.sudo.as_ref().map(|s| s.password.is_none()), Some(true), "the host's own sudo wins");
    assert_eq!((cc.ssh.user.as_str(), cc.ssh.port), ("admin", 2222));
    assert_eq!(c.etcd.version, "3.4");
    let vrids: Vec<_> = c.vips().map(|(e, v)| (e.name.as_str(), v.vrid)).collect();
    let expected = [("one", 101), ("two", 102), ("three", 103), ("five", 105)];
    assert_eq!(vrids, expected, "101 is taken, and so is what was derived before");
    assert!(matches!(&c.endpoints[1].kind, EndpointKind::Dns { name } if name == "db.example.com"));
    assert!(matches!(&c.endpoints[5].kind, EndpointKind::Host { host } if host.as_str() == "b"));
    let five = &c.endpoints[6];
    assert!(matches!(&five.kind, EndpointKind::Vip(v) if v.candidates == ["b".into()]), "the balancers direct");
    assert_eq!(five.through, Some(Through::Lvs));
    assert_eq!((c.storage, c.platform.map(|p| p.kind)), (Some(Storage::Nfs), Some(PlatformKind::Rancher)));
    let place = ServicePlace::Hosts { hosts: vec!["a".into(), "c".into()], needs: 2 };
    assert_eq!((&c.services[0].place, c.services[0].capability), (&place, Capability::Artifacts));
    assert_eq!(c.services[1].place, ServicePlace::External { address: "mail.example.com".into() });
    let availability = |mtbf_hours, mttr_hours| Some(Availability { mtbf_hours, mttr_hours });
    assert_eq!(cc.availability, availability(4380.0, 0.5));
    assert_eq!((c.availability.cut, c.availability.host), (availability(1e4, 1.0), None));
}
