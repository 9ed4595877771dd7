//! Short code: what several calls have in common is written once.
//!
//! Arguments of calls are often the same constants, names and addresses, and so is the function. The instructions up
//! to the call become a *thunk* that ends with a jump to the function; each of the calls becomes a call of the thunk.
//! The function returns to whom has called the thunk, which has no frame.
//!
//! ```text
//!   ldrh r0, [r5, #22]                       bl  t
//!   ldr  r3, [r4, #24]              …
//!   blx  r3                         t:  ldrh r0, [r5, #22]
//!                                       ldr  r3, [r4, #24]
//!                                       bx   r3
//! ```
use ferlance_collections::{OutOfMemory, TryVec};

/// Most thunks of a function.
const MAX_THUNKS: usize = 256;

/// A call in code that has been written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site {
    /// From here on there are plain instructions only, to which nobody jumps.
    pub(crate) from: u32,
    /// Behind the call.
    pub(crate) to: u32,
}

/// Which calls are calls of thunks.
#[derive(Debug)]
pub(crate) struct Plan {
    /// What the thunks do.
    pub(crate) thunks: TryVec<TryVec<u8>>,
    /// By call: the thunk.
    pub(crate) of_call: TryVec<Option<u32>>,
}

/// How long things are.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Bytes of a call of a thunk.
    pub call: u32,
}

/// Chooses thunks; none if they save nothing. `starts` tells where in a piece of code that ends with a call a thunk
/// may begin.
pub(crate) fn plan(
    code: &[u8],
    sites: &[Site],
    sizes: Sizes,
    mut starts: impl FnMut(&[u8], &mut TryVec<u32>) -> Result<(), OutOfMemory>,
) -> Result<Option<Plan>, OutOfMemory> {
    let mut ends: TryVec<(u32, u32, u32)> = TryVec::new();
    let mut offsets = TryVec::new();
    for (call, site) in sites.iter().enumerate() {
        let Some(piece) = code.get(site.from as usize..site.to as usize) else {
            continue;
        };
        offsets.clear();
        starts(piece, &mut offsets)?;
        for offset in &offsets {
            let from = site.from + offset;
            if site.to.saturating_sub(from) > sizes.call {
                ends.push((call as u32, from, site.to))?;
            }
        }
    }
    let piece = |&(_, from, to): &(u32, u32, u32)| code.get(from as usize..to as usize);
    ends.sort_by_key(piece);
    let mut plan = Plan {
        thunks: TryVec::new(),
        of_call: TryVec::filled(None, sites.len())?,
    };
    while plan.thunks.len() < MAX_THUNKS {
        let mut best: Option<(u32, usize, usize)> = None;
        let mut first = 0;
        while let Some(one) = ends.get(first) {
            let same = ends[first..]
                .iter()
                .take_while(|it| piece(it) == piece(one));
            let next = first + same.count();
            let free = ends[first..next]
                .iter()
                .filter(|(call, ..)| plan.of_call[*call as usize].is_none())
                .count() as u32;
            let bytes = one.2 - one.1;
            let saved = (free * (bytes - sizes.call)).saturating_sub(bytes);
            if saved > best.map_or(0, |(most, ..)| most) {
                best = Some((saved, first, next));
            }
            first = next;
        }
        let Some((_, first, next)) = best else { break };
        let thunk = plan.thunks.len() as u32;
        plan.thunks
            .push(TryVec::from_slice(piece(&ends[first]).unwrap_or(&[]))?)?;
        for (call, ..) in &ends[first..next] {
            let of_call = &mut plan.of_call[*call as usize];
            *of_call = of_call.or(Some(thunk));
        }
    }
    Ok((!plan.thunks.is_empty()).then_some(plan))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each byte is an instruction, `C` a call; calls of thunks take two bytes.
    fn planned(code: &str) -> Option<Plan> {
        let mut sites = TryVec::new();
        let mut from = 0;
        for (at, byte) in code.bytes().enumerate() {
            if byte == b'C' {
                let to = at as u32 + 1;
                sites.push(Site { from, to }).unwrap();
                from = to;
            }
        }
        plan(code.as_bytes(), &sites, Sizes { call: 2 }, |piece, out| {
            out.extend_from_slice(&(0..piece.len() as u32).collect::<std::vec::Vec<_>>())
        })
        .unwrap()
    }

    #[test]
    fn the_ends_that_save_most_become_thunks() {
        let plan = planned("abcCxbcCybcCabcCzC").unwrap();
        let thunks: std::vec::Vec<&[u8]> = plan.thunks.iter().map(|it| &**it).collect();
        assert_eq!(thunks, [b"bcC"]);
        let of_call: std::vec::Vec<Option<u32>> = plan.of_call.iter().copied().collect();
        assert_eq!(of_call, [Some(0), Some(0), Some(0), Some(0), None]);
    }

    #[test]
    fn what_saves_nothing_stays() {
        // Three times one byte less, and three bytes for the thunk.
        assert!(planned("abcCxbcCybcCzC").is_none());
    }
}
