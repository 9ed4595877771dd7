//! What makes NIR better. Each pass is a function in its own file that leaves a well-formed function behind.
//!
//! ```text
//! clean   dead code, block parameters, empty and unreachable blocks
//! fold    constants, algebra, comparisons into branches
//! gvn     the same value once; branches whose outcome is known from above
//! address additions into addresses of loads and stores
//! legalise constants that do not fit the instruction become values
//! licm    what does not change in a loop goes before it
//! induct  pointers that walk along instead of index arithmetic
//! trips   tests of pointers instead of counters that nobody else wants
//! remake  (for short code) words of tables and addresses right before their uses
//! fuse    two operations that the machine does as one
//! compact numbers without gaps (also early: the builder leaves most of them)
//! layout  the order of blocks: loops together, tests at their end, cold blocks last
//! ```
mod address;
mod branch;
mod compact;
mod dce;
mod fold;
mod fuse;
mod gvn;
mod induct;
pub mod layout;
pub mod legalise;
mod licm;
mod params;
mod remake;
mod subst;
#[cfg(test)]
mod tests;
mod trips;
mod uses;

use ferlance_collections::{OutOfMemory, SCARCE_MEMORY};

use crate::analysis::{Cfg, Flow};
use crate::arch::Arch;
use crate::lower::expand_env;
use crate::nir::{Effort, Func, verify};

/// Optimises `func` and brings it into the form that the allocator takes.
pub fn optimise(func: &mut Func, arch: &dyn Arch) -> Result<(), OutOfMemory> {
    func.keeps_lines = arch.target().lines;
    if func.effort != Effort::Full {
        return optimise_once(func, arch);
    }
    let word = arch.target().word();
    if arch.target().small {
        // No jumps to what is rarely run, and back.
        for block in func.blocks.iter_mut() {
            block.cold = false;
        }
    }
    clean(func, word)?;
    compact::compact(func)?;
    check(func, word, "compact");
    // Each round gives the next one something; two more are where it ends in practice.
    for _ in 0..3 {
        let mut changed = fold::fold(func, arch)?;
        check(func, word, "fold");
        changed |= gvn::gvn(func, arch)?;
        check(func, word, "gvn");
        changed |= clean(func, word)?;
        if !changed {
            break;
        }
    }
    address::fold_addresses(func, arch)?;
    check(func, word, "address");
    let flow = Flow::new(func)?;
    let flow = licm::add_preheaders(func, flow)?;
    induct::walk_pointers(func, arch, &flow)?;
    check(func, word, "induct");
    drop(flow);
    clean(func, word)?;
    let flow = Flow::new(func)?;
    trips::replace_tests(func, arch, &flow)?;
    drop(flow);
    check(func, word, "trips");
    fold::fold(func, arch)?;
    check(func, word, "fold");
    clean(func, word)?;
    legalise::legalise(func, arch)?;
    check(func, word, "legalise");
    gvn::gvn(func, arch)?;
    check(func, word, "gvn");
    let flow = Flow::new(func)?;
    let flow = licm::add_preheaders(func, flow)?;
    licm::hoist(func, arch, &flow)?;
    drop(flow);
    check(func, word, "licm");
    clean(func, word)?;
    if arch.target().small {
        remake::remake(func)?;
        check(func, word, "remake");
    }
    // What reads tables is a load from here on, and loads have limits too.
    expand_env(func, arch.target());
    fuse::fuse(func, arch)?;
    check(func, word, "fuse");
    dce::remove_dead(func)?;
    legalise::legalise(func, arch)?;
    compact::compact(func)?;
    layout::order_blocks(func)?;
    check(func, word, "layout");
    Ok(())
}

/// What pays in code that calls the runtime: each pass about once, those about loops where there are loops. Numbers have gaps then, which cost
/// less time than to close them.
fn optimise_once(func: &mut Func, arch: &dyn Arch) -> Result<(), OutOfMemory> {
    let word = arch.target().word();
    if SCARCE_MEMORY {
        compact::compact(func)?;
        check(func, word, "compact");
    }
    fold::fold(func, arch)?;
    check(func, word, "fold");
    gvn::gvn(func, arch)?;
    check(func, word, "gvn");
    branch::simplify(func)?;
    check(func, word, "branch");
    address::fold_addresses(func, arch)?;
    check(func, word, "address");
    // No pass from here on changes where control goes, but for blocks before loops.
    let mut cfg = Cfg::new(func)?;
    let has_loops = cfg.leads_back();
    // What only parameters want that nobody wants is seldom but around loops.
    match has_loops {
        true => {
            dce::remove_dead(func)?;
        }
        false => dce::remove_unused(func)?,
    }
    check(func, word, "dce");
    if has_loops {
        cfg = optimise_loops(func, arch, cfg)?;
    }
    check(func, word, "loops");
    expand_env(func, arch.target());
    if has_loops {
        fuse::fuse(func, arch)?;
        check(func, word, "fuse");
        dce::remove_unused(func)?;
    }
    legalise::legalise(func, arch)?;
    if SCARCE_MEMORY {
        compact::compact(func)?;
    }
    // The allocator orders the blocks.
    layout::spread_cold(func, &cfg);
    check(func, word, "layout");
    Ok(())
}

/// The passes about loops, about once each; gives the graph as it is then.
#[inline(never)]
fn optimise_loops(func: &mut Func, arch: &dyn Arch, cfg: Cfg) -> Result<Cfg, OutOfMemory> {
    let word = arch.target().word();
    let flow = licm::add_preheaders(func, Flow::of(func, cfg)?)?;
    induct::walk_pointers(func, arch, &flow)?;
    check(func, word, "induct");
    trips::replace_tests(func, arch, &flow)?;
    check(func, word, "trips");
    legalise::legalise(func, arch)?;
    check(func, word, "legalise");
    licm::hoist(func, arch, &flow)?;
    Ok(flow.cfg)
}

/// A pass, and its name for those who look for a culprit.
type Cleaner = (fn(&mut Func) -> Result<bool, OutOfMemory>, &'static str);

const CLEANERS: [Cleaner; 3] = [
    (branch::simplify, "branch"),
    (params::drop_trivial, "params"),
    (dce::remove_dead, "dce"),
];

/// Removes what is not needed. What one pass gives the one before it is seldom: so the second round is the last.
fn clean(func: &mut Func, word: u32) -> Result<bool, OutOfMemory> {
    let mut any = false;
    for _ in 0..2 {
        let mut changed = false;
        for (pass, name) in CLEANERS {
            if pass(func)? {
                check(func, word, name);
                changed = true;
            }
        }
        any |= changed;
        if !changed {
            break;
        }
    }
    Ok(any)
}

/// In debug builds, a pass that breaks a function is found at once.
fn check(func: &Func, word: u32, pass: &str) {
    if cfg!(debug_assertions)
        && let Err(error) = verify(func, word)
    {
        debug_assert!(false, "after {pass}: {error}\n{func}");
    }
}
