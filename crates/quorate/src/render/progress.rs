//! Progress while steps are carried out: one bar over all, one line for each step that is under way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use runner::{Event, StepOutcome};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::text::Texts;

/// Shown on a terminal; elsewhere each step's end is a line.
#[derive(Clone)]
pub struct Progress {
    bars: MultiProgress,
    total: ProgressBar,
    active: Arc<Mutex<BTreeMap<String, ProgressBar>>>,
    shown: bool,
    terminal: bool,
}

impl Progress {
    pub fn new(shown: bool) -> Self {
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let target = if shown && terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bars = MultiProgress::with_draw_target(target);
        let total = bars.add(ProgressBar::new(0));
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}");
        total.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bars, total, active: Arc::default(), shown, terminal }
    }

    pub fn begin(&self, steps: usize) {
        self.total.set_length(steps as u64);
        self.total.enable_steady_tick(Duration::from_millis(200));
    }

    pub fn end(&self) {
        for bar in self.active.lock().unwrap_or_else(PoisonError::into_inner).values() {
            bar.finish_and_clear();
        }
        self.total.finish_and_clear();
    }

    /// Shows events until the run ends.
    pub async fn follow(self, mut events: UnboundedReceiver<Event>, language: String) {
        let texts = Texts::choose(Some(&language));
        while let Some(event) = events.recv().await {
            match event {
                Event::Started { step } => {
                    let bar = self.bars.add(ProgressBar::new_spinner());
                    bar.set_message(step.clone());
                    bar.enable_steady_tick(Duration::from_millis(120));
                    self.active.lock().unwrap_or_else(PoisonError::into_inner).insert(step, bar);
                }
                Event::Resumed { entry } => {
                    let at = super::clock(entry.at_ms);
                    self.say(&texts.get("apply-resumed", &[("step", entry.step), ("at", at)]));
                }
                Event::Waiting { step, note } => {
                    let line = format!("… {step}: {}", texts.note(&note));
                    self.say(&line);
                }
                Event::Ended { step, outcome } => {
                    self.total.inc(1);
                    if let Some(bar) = self.active.lock().unwrap_or_else(PoisonError::into_inner).remove(&step) {
                        bar.finish_and_clear();
                    }
                    let line = match outcome {
                        StepOutcome::Done { took_ms, .. } => format!("✔ {step}  {took_ms} ms"),
                        StepOutcome::Failed(note) => format!("✘ {step}: {}", texts.note(&note)),
                        StepOutcome::Blocked(note) => format!("■ {step}: {}", texts.note(&note)),
                        StepOutcome::Skipped { needs } => {
                            format!("- {step}: {}", texts.get("step-skipped", &[("needs", needs)]))
                        }
                    };
                    self.say(&line);
                }
            }
        }
    }

    fn say(&self, line: &str) {
        if !self.shown {
            return;
        }
        if self.terminal {
            let _ = self.bars.println(line);
        } else {
            eprintln!("{line}");
        }
    }
}
