//! All suites that need nothing of their own to be built: one program, because each costs seconds to link and to start.
//! `cargo test --test integration noise::` runs one of them.

#![allow(missing_docs)]

use mimalloc::MiMalloc;

/// As in the program.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

mod common;

mod botocore;
mod botocore_releases;
mod broadcast;
mod canaries;
mod command_line;
mod compare;
mod console;
mod damage;
mod example_service;
mod foreign;
mod fuzz;
mod gate;
mod history;
mod hostile;
mod kill;
mod languages;
mod network;
mod noise;
mod packaging;
mod pipelines;
mod preflight;
mod recipes;
mod recordings;
mod report_diff;
mod reproduce;
mod reshaped;
mod sdk;
mod selftest;
mod sequences;
mod shadow;
mod smithy_models;
mod soundness;
mod spec_diff;
mod vacuity;
