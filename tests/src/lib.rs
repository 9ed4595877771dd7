//! What the tests that cross crates share: running whole programs, oracles to compare with, the tables that say
//! which answers differ on purpose, and a view of the workspace itself.
//!
//! | test | asks |
//! | --- | --- |
//! | `behaviour` | do the vectors in `vectors/behaviour` give upstream's output, byte for byte? |
//! | `lang` | do our own programs in `lang/` give the stored output? |
//! | `oracles` | is the stored output what CPython and the released upstream build print? |
//! | `crash` | does every program in `crash/` end in an orderly way? |
//! | `sweeps` | the same when the n-th allocation fails, and when every allocation collects? |
//! | `fuzz_bodies` | do the bodies of the fuzz targets stand damaged inputs? |
//! | `invariants` | do the rules of `docs/architecture.md` hold? |
//! | `markdown` | do links and file names in the pages exist? |

pub mod board;
pub mod calls;
pub mod differences;
pub mod emulator;
pub mod interpreter;
pub mod mutations;
pub mod nir;
pub mod oracle;
pub mod own_files;
pub mod programs;
pub mod random_programs;
pub mod scope;
pub mod soup;
pub mod stock_files;
pub mod text_diff;
pub mod workspace;
