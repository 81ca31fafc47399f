//! What a drill found: predicted beside observed, trial by trial, and what was never tried.

use std::collections::BTreeMap;

use components::Capability;
use serde::{Deserialize, Serialize};

use crate::prediction::Prediction;
use crate::verdict::{Difference, Observation};

/// The whole drill. It is what `--json` prints and what the page is drawn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub cluster: String,
    /// Version of the program.
    pub program: String,
    /// UTC, RFC 3339.
    pub started: String,
    pub settings: Settings,
    /// Host → what it runs: operating system, kernel, engines.
    pub versions: BTreeMap<String, Vec<String>>,
    pub trials: Vec<TrialReport>,
    /// Never counted as passed.
    pub not_tested: Vec<NotTested>,
}

/// How the drill went about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// How often every trial was made.
    pub rounds: usize,
    /// Milliseconds for which a fault lasts.
    pub hold_ms: u64,
    /// Milliseconds at the end of that time in which it is judged whether a capability serves.
    pub judged_ms: u64,
    /// Milliseconds that the cluster may take to be whole again.
    pub patience_ms: u64,
    /// Milliseconds after which a host undoes its fault by itself.
    pub undo_after_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrialReport {
    pub round: usize,
    pub prediction: Prediction,
    pub outcome: Outcome,
    /// `None` when the trial was not carried through.
    pub observation: Option<Observation>,
    pub differences: Vec<Difference>,
    pub timeline: Timeline,
}

impl TrialReport {
    /// What was promised of a capability, now that it is known who held the addresses: to serve, to be lost, or either;
    /// `None` where nothing was said of it.
    pub fn promised(&self, capability: Capability) -> Option<Option<bool>> {
        let promise = self.prediction.capabilities.iter().find(|p| p.capability == capability)?;
        let holding = self.observation.as_ref().map(|o| o.holders.at_fault.clone()).unwrap_or_default();
        Some(promise.expected.serves(&holding))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Everything was as predicted.
    Passed,
    /// Something was not.
    Failed,
    /// It was stopped, or never began: why.
    NotRun(wire::Note),
}

/// Something that the drill says nothing about, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotTested {
    pub what: String,
    pub why: wire::Note,
}

/// When each capability served, in milliseconds since the trial began.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timeline {
    pub ended_ms: f64,
    /// What the drill did, in order: `inject`, `undo`, `whole`.
    pub marks: Vec<(f64, String)>,
    pub capabilities: Vec<(Capability, Vec<Span>)>,
}

/// A stretch of operations that ended alike.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Span {
    pub from_ms: f64,
    pub to_ms: f64,
    pub good: bool,
}

/// The time without service of one capability, over all trials in which it was promised to serve. Milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Gaps {
    pub capability: Capability,
    pub trials: usize,
    pub p50_ms: f64,
    pub max_ms: f64,
}

/// Why a trial that was asked for is among what was not tested, and not among the trials.
const CUT_SHORT: [&str; 2] = ["drill-stopped", "drill-ended-early"];

impl Report {
    /// Whether every trial was made, and every observation equals its prediction.
    pub fn passed(&self) -> bool {
        let cut_short = self.not_tested.iter().any(|n| CUT_SHORT.contains(&n.why.code.as_str()));
        !self.trials.is_empty() && !cut_short && self.trials.iter().all(|t| t.outcome == Outcome::Passed)
    }

    /// How long each capability was away when its own rule said that it would serve; a trial without a gap counts as 0.
    pub fn gaps(&self) -> Vec<Gaps> {
        let mut found: BTreeMap<Capability, Vec<f64>> = BTreeMap::new();
        for trial in &self.trials {
            let Some(observation) = &trial.observation else { continue };
            for seen in &observation.capabilities {
                let promised = trial.promised(seen.capability) == Some(Some(true));
                if promised && seen.observed != crate::verdict::Observed::NotAsked {
                    found.entry(seen.capability).or_default().push(seen.gap_ms.unwrap_or(0.0));
                }
            }
        }
        found
            .into_iter()
            .map(|(capability, mut gaps)| {
                gaps.sort_by(f64::total_cmp);
                let (trials, max_ms) = (gaps.len(), gaps.last().copied().unwrap_or(0.0));
                Gaps { capability, trials, p50_ms: gaps[(trials - 1) / 2], max_ms }
            })
            .collect()
    }
}
