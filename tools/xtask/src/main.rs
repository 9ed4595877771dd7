//! Every CI job as one verb: `cargo xtask VERB`.
//!
//! A verb is one file here and one variant of [`Verb`]. What several verbs need has a home of its own:
//! [`workspace`] (paths and cargo), [`measure`] (processes and what they cost), [`peers`] (who to compare with),
//! [`stats`] and [`plot`].

mod asan;
mod bench;
mod bless;
mod callgrind;
mod ci;
mod compile_speed;
mod corpus;
mod cross_check;
mod emit_speed;
mod emitter_memory;
mod emulated;
mod fuzz;
mod kernels;
mod measure;
mod miri;
mod native;
mod native_calls;
mod native_kernels;
mod native_size;
mod one_loop;
mod peers;
mod plot;
mod random_programs;
mod scaling;
mod setup;
mod sizes;
mod small;
mod small_heap;
mod startup;
mod stats;
mod stock;
mod sweep;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Every CI job of Ferlance as one verb.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Install what the tests need: packages, oracles, targets.
    Setup(setup::Setup),
    /// Format check, clippy, build, tests, cross-check: what must hold before a change lands.
    Ci(ci::Ci),
    /// Run the tests, all or of one package.
    Test(test::Test),
    /// Rewrite stored outputs from the oracles and from ferlance. Read the diff before you commit it.
    Bless(bless::Bless),
    /// Check that the device crates build for every kind of board.
    CrossCheck(cross_check::CrossCheck),
    /// Build the runtime as on a board, for user-mode emulators, and run it.
    Emulated(emulated::Emulated),
    /// Compare speed with other interpreters over benches/py.
    Bench(bench::Bench),
    /// Compare speed over the integer kernels in benches/kernels.
    Kernels(kernels::Kernels),
    /// Compare the machine code of kernels with gcc's and the stock compiler's.
    NativeKernels(native_kernels::NativeKernels),
    /// Count instructions of loops and calls in machine code on emulated boards.
    NativeCalls(native_calls::NativeCalls),
    /// Measure the emission of machine code on the host: bytes of source per second, instructions per byte.
    EmitSpeed(emit_speed::EmitSpeed),
    /// Measure the memory that compiling one function takes on 32-bit boards.
    EmitterMemory(emitter_memory::EmitterMemory),
    /// Compare the bytes of machine code with the stock compiler's.
    NativeSize(native_size::NativeSize),
    /// Compare machine code of our own with our own bytecode.
    Native(native::Native),
    /// Show one integer loop as bytecode, native, viper, stock machine code and C.
    OneLoop(one_loop::OneLoop),
    /// Show how the cost of one operation grows with n, per interpreter.
    Scaling(scaling::Scaling),
    /// Count the bytes of the device crates in an image for boards.
    Sizes(sizes::Sizes),
    /// Compile every Python file of the workspace and of CPython with our cross compiler and the stock one; the bytes
    /// must agree.
    Corpus(corpus::Corpus),
    /// The same over sources of no meaning, made from seeds.
    Soup(corpus::Soup),
    /// Measure compilers on large sources: lines per second and peak memory.
    CompileSpeed(compile_speed::CompileSpeed),
    /// Measure start-up: instructions and memory of a program that does nothing.
    Startup(startup::Startup),
    /// Run the language tests with the virtual machine of the smallest boards.
    Small(small::Small),
    /// Find the smallest heap that runs a script.
    SmallHeap(small_heap::SmallHeap),
    /// Fail every single allocation of the sweep programs in turn.
    Sweep(sweep::Sweep),
    /// Compare the emitters on random programs.
    RandomPrograms(random_programs::RandomPrograms),
    /// Run the fuzz targets.
    Fuzz(fuzz::Fuzz),
    /// Run the suite under AddressSanitizer.
    Asan(asan::Asan),
    /// Run unit tests of the crates with unsafe code under Miri.
    Miri(miri::Miri),
}

fn run() -> anyhow::Result<()> {
    match Arguments::parse().verb {
        Verb::Setup(verb) => verb.run(),
        Verb::Ci(verb) => verb.run(),
        Verb::Test(verb) => verb.run(),
        Verb::Bless(verb) => verb.run(),
        Verb::CrossCheck(verb) => verb.run(),
        Verb::Emulated(verb) => verb.run(),
        Verb::Bench(verb) => verb.run(),
        Verb::Kernels(verb) => verb.run(),
        Verb::NativeKernels(verb) => verb.run(),
        Verb::NativeCalls(verb) => verb.run(),
        Verb::EmitSpeed(verb) => verb.run(),
        Verb::EmitterMemory(verb) => verb.run(),
        Verb::NativeSize(verb) => verb.run(),
        Verb::Native(verb) => verb.run(),
        Verb::OneLoop(verb) => verb.run(),
        Verb::Scaling(verb) => verb.run(),
        Verb::Sizes(verb) => verb.run(),
        Verb::Corpus(verb) => verb.run(),
        Verb::Soup(verb) => verb.run(),
        Verb::CompileSpeed(verb) => verb.run(),
        Verb::Startup(verb) => verb.run(),
        Verb::Small(verb) => verb.run(),
        Verb::SmallHeap(verb) => verb.run(),
        Verb::Sweep(verb) => verb.run(),
        Verb::RandomPrograms(verb) => verb.run(),
        Verb::Fuzz(verb) => verb.run(),
        Verb::Asan(verb) => verb.run(),
        Verb::Miri(verb) => verb.run(),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
