//! The shipped state machine in worlds where anything may fail: random schedules, named ones, and every one of a small
//! world; and agents that break a rule, each of which is caught.

mod exhaustive;
mod mutants;
mod scenarios;
mod simulation;
mod world;
