//! Margins that can be reckoned by hand, and the law that the search equals trying everything.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use components::{Losses, Rule};
use model::HostName;
use proptest::prelude::*;
use survival::{MOST_SETS, Margin, margin};

fn hosts(count: usize) -> Vec<HostName> {
    (1..=count).map(|n| HostName(format!("n{n}"))).collect()
}

fn up(component: &str, hosts: &[HostName]) -> Vec<Rule> {
    hosts.iter().map(|h| Rule::up(component, h)).collect()
}

fn all_up(_: &str, _: &HostName) -> bool {
    true
}

/// The sets in one line: `n1+n2 n1+n3`.
fn sets(margin: &Margin) -> String {
    let set = |s: &Vec<HostName>| s.iter().map(HostName::as_str).collect::<Vec<_>>().join("+");
    margin.smallest.iter().map(set).collect::<Vec<_>>().join(" ")
}

#[test]
fn margins_reckoned_by_hand() {
    let h = hosts(5);
    let pair = |n: usize| Rule::All(vec![Rule::up("vip", &h[n]), Rule::up("gateway", &h[n])]);
    type Case = (&'static str, Rule, &'static [&'static str], Option<usize>, &'static str);
    let cases: Vec<Case> = vec![
        ("a majority of 3", Rule::majority(up("etcd", &h[..3])), &[], Some(1), "n1+n2 n1+n3 n2+n3"),
        ("with one down", Rule::majority(up("etcd", &h[..3])), &["n2"], Some(0), "n1 n3"),
        (
            "a majority of 4 survives no more than of 3",
            Rule::majority(up("etcd", &h[..4])),
            &[],
            Some(1),
            "n1+n2 n1+n3 n1+n4 n2+n3 n2+n4 n3+n4",
        ),
        (
            "a majority of 5",
            Rule::majority(up("etcd", &h)),
            &[],
            Some(2),
            "n1+n2+n3 n1+n2+n4 n1+n2+n5 n1+n3+n4 n1+n3+n5 n1+n4+n5 n2+n3+n4 n2+n3+n5 n2+n4+n5 n3+n4+n5",
        ),
        ("any of 2", Rule::Any(up("gateway", &h[..2])), &[], Some(1), "n1+n2"),
        ("all of 2", Rule::All(up("gateway", &h[..2])), &[], Some(0), "n1 n2"),
        ("a single host", Rule::up("mariadb", &h[3]), &[], Some(0), "n4"),
        ("either of two chains", Rule::Any(vec![pair(0), pair(4)]), &[], Some(1), "n1+n5"),
        (
            "the weakest part counts",
            Rule::All(vec![Rule::majority(up("etcd", &h[..3])), Rule::Any(up("vip", &h[3..]))]),
            &[],
            Some(1),
            "n1+n2 n1+n3 n2+n3 n4+n5",
        ),
        (
            "one host in two parts",
            Rule::Any(vec![Rule::up("a", &h[0]), Rule::All(vec![Rule::up("b", &h[0]), Rule::up("b", &h[1])])]),
            &[],
            Some(0),
            "n1",
        ),
        ("what always holds", Rule::All(vec![]), &[], None, ""),
        ("more than was tried", Rule::Any(up("gateway", &h)), &[], None, ""),
    ];
    for (case, rule, down, survives, smallest) in cases {
        let found = margin(&rule, &h, Losses::AtOnce, &|_, host| !down.contains(&host.as_str()), 3);
        assert!(found.works, "{case}");
        assert_eq!(found.survives, survives, "{case}");
        assert_eq!(sets(&found), smallest, "{case}");
    }
}

#[test]
fn what_does_not_work_has_no_margin() {
    let h = hosts(3);
    for rule in [Rule::majority(up("etcd", &h)), Rule::Any(vec![])] {
        let found = margin(&rule, &h, Losses::AtOnce, &|_, host| host.as_str() == "n1", 3);
        assert_eq!(found, Margin { works: false, survives: Some(0), smallest: vec![] });
    }
}

#[test]
fn a_component_that_is_down_leaves_its_host_in_use() {
    // The gateway of n1 is down, its address could still be held there: losing n2 is what ends it.
    let h = hosts(2);
    let rule = Rule::Any(h.iter().map(|x| Rule::All(vec![Rule::up("vip", x), Rule::up("gateway", x)])).collect());
    let found =
        margin(&rule, &h, Losses::AtOnce, &|component, host| !(component == "gateway" && host.as_str() == "n1"), 3);
    assert_eq!((found.survives, sets(&found)), (Some(0), "n2".to_owned()));
}

#[test]
fn a_hundred_hosts_are_quick() {
    let h = hosts(100);
    let chains = |c: &str| h.iter().map(|x| Rule::All(vec![Rule::up("agent", x), Rule::up(c, x)])).collect::<Vec<_>>();
    let rule = Rule::All(vec![
        Rule::majority(up("galera", &h)),
        Rule::Any(chains("galera")),
        Rule::AtLeast { k: 97, of: chains("gateway") },
    ]);
    let started = Instant::now();
    let found = margin(&rule, &h, Losses::AtOnce, &all_up, 3);
    let took = started.elapsed();
    assert_eq!(found.survives, None);
    println!("161 700 sets of 3 out of 100 hosts: {took:?}");
    // A bound that only a search of another order misses, even where two builds share the processor.
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn no_more_sets_are_named_than_anybody_reads() {
    let h = hosts(30);
    assert_eq!(margin(&Rule::All(up("a", &h)), &h, Losses::AtOnce, &all_up, 3).smallest.len(), MOST_SETS);
    assert_eq!(margin(&Rule::majority(up("a", &h[..9])), &h, Losses::AtOnce, &all_up, 5).smallest.len(), MOST_SETS);
}

const FEW: usize = 6;

fn rules() -> impl Strategy<Value = Rule> {
    let leaf = ("[ab]", 1..=FEW).prop_map(|(c, n)| Rule::up(&c, &HostName(format!("n{n}"))));
    leaf.prop_recursive(3, 24, 5, |inner| {
        let several = proptest::collection::vec(inner, 0..5);
        prop_oneof![
            several.clone().prop_map(Rule::All),
            several.clone().prop_map(Rule::Any),
            (several, 0..5_usize).prop_map(|(of, k)| Rule::AtLeast { k, of }),
        ]
    })
}

/// Every subset of the hosts that ends the rule, of the smallest size at which there is one.
fn brute_force(rule: &Rule, hosts: &[HostName], up: &dyn Fn(&str, &HostName) -> bool) -> BTreeSet<Vec<HostName>> {
    let fatal: Vec<Vec<HostName>> = (0_u32..1 << hosts.len())
        .map(|bits| (0..hosts.len()).filter(|n| bits >> n & 1 == 1).map(|n| hosts[n].clone()).collect::<Vec<_>>())
        .filter(|lost| !rule.holds(Losses::AtOnce, &|c, h| up(c, h) && !lost.contains(h)))
        .collect();
    let size = fatal.iter().map(Vec::len).min();
    fatal.into_iter().filter(|s| Some(s.len()) == size).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_search_equals_trying_everything(rule in rules(), down in proptest::collection::btree_set(("[ab]", 1..=FEW), 0..4)) {
        let h = hosts(FEW);
        let up = |c: &str, host: &HostName| !down.iter().any(|(dc, dn)| dc == c && host.as_str() == format!("n{dn}"));
        let found = margin(&rule, &h, Losses::AtOnce, &up, FEW);
        prop_assert_eq!(found.works, rule.holds(Losses::AtOnce, &up));
        if found.works {
            let expected = brute_force(&rule, &h, &up);
            prop_assert_eq!(found.survives, expected.first().map(|s| s.len() - 1));
            prop_assert_eq!(found.smallest.into_iter().collect::<BTreeSet<_>>(), expected);
        }
    }
}
