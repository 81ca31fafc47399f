//! The example files, carried inside the program so that `quorate init` and the tests use the same text.

/// An architecture that `quorate init` can start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// One host: to try things out; survives nothing.
    Single,
    /// Three hosts that each do everything; survives any one host.
    ThreeNode,
    /// Three control hosts and three database hosts on five machines.
    FiveNode,
}

/// The text of the example, ready to be saved and edited.
pub fn preset(preset: Preset) -> &'static str {
    match preset {
        Preset::Single => include_str!("../../../examples/single.yaml"),
        Preset::ThreeNode => include_str!("../../../examples/three-node.yaml"),
        Preset::FiveNode => include_str!("../../../examples/five-node.yaml"),
    }
}
