//! etcd, spoken to over its JSON gateway (as of 3.4) with a certificate of the cluster: for probes, for the database's
//! leases and records.
//!
//! Several endpoints are known; the one that answered last is asked first, and the next one when it does not answer
//! soon. A read, and whatever may be done twice, goes on to the next endpoint in any case. A change goes on only when
//! it certainly did not arrive: done twice, its second attempt would be refused and hide that the first succeeded.

mod answer;
mod client;
mod trouble;
mod txn;

pub use answer::{Entry, Range, Status};
pub use client::{Access, Answering, Client};
pub use trouble::Trouble;
pub use txn::{Change, Compare, Swap, Txn};
