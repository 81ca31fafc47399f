//! What the numbers rest on, and what they leave out: an availability without these is worth nothing.

use maud::{Markup, html};
use model::{Cluster, HostName};
use survival::Loss;
use survival::rates::{self, Rate};

use crate::page::{columns, numbers, table};
use crate::text::Texts;

/// No more hosts with rates of their own than this are listed.
const MOST_HOSTS: usize = 40;

/// The rates with their sources, the method, and what is not modelled.
pub fn basis(cluster: &Cluster, texts: &Texts) -> Markup {
    let (kind, name) = (String::new(), String::new());
    let said = &cluster.availability;
    let kinds = [
        ("host", Loss::Host(HostName(String::new())), said.host.is_some()),
        (
            "component",
            Loss::Component { component: String::new(), host: HostName(String::new()) },
            said.component.is_some(),
        ),
        ("domain", Loss::Domain { kind: kind.clone(), name: name.clone() }, said.domain.is_some()),
        ("cut", Loss::Cut { kind, name }, said.cut.is_some()),
        ("outside", Loss::Outside(String::new()), said.outside.is_some()),
    ];
    let mut rows: Vec<Markup> = kinds
        .into_iter()
        .map(|(id, loss, from_file)| {
            let source = if from_file { "page-source-file".to_owned() } else { format!("page-source-{id}") };
            row(&texts.plain(&format!("page-rate-{id}")), rates::of(cluster, &loss), &texts.plain(&source))
        })
        .collect();
    let own: Vec<_> = cluster.hosts.iter().filter(|h| h.availability.is_some()).collect();
    rows.extend(own.iter().take(MOST_HOSTS).map(|host| {
        let name = texts.get("page-loss-host", &[("host", host.name.to_string())]);
        row(&name, rates::of(cluster, &Loss::Host(host.name.clone())), &texts.plain("page-source-file"))
    }));
    let columns = columns(&["page-rate-of", "page-mtbf#", "page-mttr#", "page-unavailability#", "page-source"], texts);
    html! {
        (table(&texts.plain("page-rates-caption"), &columns, &rows))
        @if own.len() > MOST_HOSTS {
            p class="quiet" { (texts.get("page-more", &[("count", (own.len() - MOST_HOSTS).to_string())])) }
        }
        p { (texts.plain("page-method")) }
        h3 { (texts.plain("page-not-modelled")) }
        ul {
            @for line in ["failover", "data", "people", "software", "load", "links", "correlated"] {
                li { (texts.plain(&format!("page-not-modelled-{line}"))) }
            }
        }
    }
}

fn row(name: &str, rate: Rate, source: &str) -> Markup {
    html! {
        th scope="row" { (name) }
        td class="number" { (numbers::grouped(&format!("{:.0}", rate.mtbf_hours))) }
        td class="number" { (numbers::significant(rate.mttr_hours)) }
        td class="number" { (numbers::significant(rate.unavailability())) }
        td { (source) }
    }
}
