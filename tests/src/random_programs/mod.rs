//! Random Python programs: what one emitter makes of them, the others must make of them too.
//!
//! | file | noun |
//! | --- | --- |
//! | `tree` | a program as a tree that prints, and that can be made smaller |
//! | `crowd` | more locals than a machine has registers |
//! | `python` | functions with all kinds of values: bytecode against native |
//! | `numbers` | loops over floats and ints: bytecode against native |
//! | `wide` | loops over ints of 32 bits: bytecode against native |
//! | `viper` | functions of machine words: viper against bytecode that wraps each result |
//! | `run` | many programs in one process; those that differ, made smaller |

mod crowd;
mod numbers;
mod python;
pub mod run;
mod tree;
mod viper;
mod wide;

pub use run::{Difference, Report, compare, compare_board, compare_files, compare_hot};
pub use tree::{Program, Text};

use crate::nir::random::Dice;

/// One program in so many is about numbers.
const NUMBERS: u64 = 4;

/// The program with this number.
pub fn program(number: u64) -> Program {
    let mut dice = Dice::new(number.wrapping_add(1));
    // The first numbers of near seeds are alike.
    for _ in 0..8 {
        dice.draw();
    }
    if number % (2 * NUMBERS) == NUMBERS - 1 {
        wide::program(&mut dice)
    } else if number % NUMBERS == NUMBERS - 1 {
        numbers::program(&mut dice)
    } else if dice.one_in(3) {
        viper::program(&mut dice)
    } else {
        python::program(&mut dice)
    }
}
