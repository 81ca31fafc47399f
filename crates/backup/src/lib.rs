//! What a backup of the database is: how it is named and sealed, which ones are kept, and how a moment is reached again.
//! No I/O of its own: the host reads and writes, and asks here.

mod freshness;
mod keep;
mod moment;
mod names;
mod replay;
pub mod seal;
mod turn;

pub use freshness::{Freshness, freshness};
pub use keep::{Kept, retention};
pub use moment::parse_until;
pub use names::{BackupName, Binlog, stamp, unstamp};
pub use replay::{Gap, replay, spans};
pub use turn::{Standing, choose, is_due, patience};
