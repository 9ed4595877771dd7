//! Many moves at once: all sources are read before any destination is written.
//!
//! A move is ready when nobody waits for what its destination holds. If none is ready all that is left are cycles: a
//! scratch place takes one value out, and the cycle becomes a chain. Moves between memory words go through another
//! register, which is the machine's affair; where that is the scratch register itself, words of the frame take its part
//! as long as there are cycles with memory in them.
use ferlance_collections::{OutOfMemory, TryVec};

use crate::arch::{Place, RegFile};
use crate::nir::Type;

/// One of the moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// Where to; different in all moves.
    pub dst: Place,
    /// Where from.
    pub src: Place,
    /// What is moved.
    pub ty: Type,
}

/// Puts moves in an order in which one after the other does what all at once would: into `out`, which is empty.
///
/// Words come before floats, which have their own scratch place.
pub fn sequence(
    moves: &mut TryVec<Move>,
    regs: &RegFile,
    out: &mut TryVec<Move>,
) -> Result<(), OutOfMemory> {
    moves.retain(|it| it.dst != it.src && it.dst != Place::None);
    if moves.len() > 1 {
        moves.sort_by_key(|it| it.ty.is_float());
    }
    while let Some(&Move { dst, ty, .. }) = moves.first() {
        // Floats and words are in other places, so that none waits for the other.
        let float = ty.is_float();
        let ready = moves
            .iter()
            .take_while(|it| it.ty.is_float() == float)
            .position(|it| moves.iter().all(|other| other.src != it.dst));
        if let Some(at) = ready {
            out.push(moves.remove(at))?;
            continue;
        }
        let in_memory = moves
            .iter()
            .take_while(|it| it.ty.is_float() == float)
            .any(|it| it.dst.reg().is_none());
        let scratch = match float {
            _ if regs.moves_use_scratch && in_memory => Place::SCRATCH_WORD,
            false => regs.scratch,
            true => regs.float_scratch,
        };
        out.push(Move {
            dst: scratch,
            src: dst,
            ty,
        })?;
        for other in moves.iter_mut() {
            if other.src == dst {
                other.src = scratch;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::{Preg, PregSet};
    use std::collections::HashMap;
    use std::vec::Vec;

    const SCRATCH: Place = Place::Reg(Preg::int(31));
    const FLOAT_SCRATCH: Place = Place::Reg(Preg::float(31));
    const REGS: RegFile = RegFile {
        ints: &[],
        floats: &[],
        callee_saved: PregSet::EMPTY,
        params: &[],
        ret: Preg::int(0),
        args: &[],
        result: Preg::int(0),
        float_args: &[],
        float_result: Preg::float(0),
        callee: Preg::int(30),
        scratch: SCRATCH,
        float_scratch: FLOAT_SCRATCH,
        moves_use_scratch: true,
    };

    fn place(at: u32, float: bool) -> Place {
        match at {
            0..6 if float => Place::Reg(Preg::float(at as u8)),
            0..6 => Place::Reg(Preg::int(at as u8)),
            _ => Place::Spill(at),
        }
    }

    /// Every function from five places to places, moved at once and in sequence, by a machine whose moves from or to
    /// memory leave nothing in the scratch registers.
    #[test]
    fn all_small_sets_of_moves_come_out_as_if_done_at_once() {
        let n = 5u32;
        for (float, code) in [false, true]
            .into_iter()
            .flat_map(|float| (0..n.pow(n)).map(move |code| (float, code)))
        {
            let place = |at| place(at + 3, float);
            let ty = if float { Type::F64 } else { Type::Word };
            let moves: Vec<Move> = (0..n)
                .map(|dst| Move {
                    dst: place(dst),
                    src: place(code / n.pow(dst) % n),
                    ty,
                })
                .collect();
            let mut state: HashMap<Place, u32> = (0..n).map(|at| (place(at), at)).collect();
            let wanted: Vec<u32> = moves.iter().map(|it| state[&it.src]).collect();
            let mut list = TryVec::from_vec(moves.clone());
            let mut out = TryVec::new();
            sequence(&mut list, &REGS, &mut out).unwrap();
            for it in out {
                let value = state[&it.src];
                if it.src.reg().is_none() || it.dst.reg().is_none() {
                    state.extend([(SCRATCH, u32::MAX), (FLOAT_SCRATCH, u32::MAX)]);
                }
                state.insert(it.dst, value);
            }
            let found: Vec<u32> = moves.iter().map(|it| state[&it.dst]).collect();
            assert_eq!(found, wanted, "{moves:?}");
        }
    }

    #[test]
    fn a_swap_takes_three_moves() {
        let pair = |dst, src| Move {
            dst: place(dst, false),
            src: place(src, false),
            ty: Type::Word,
        };
        let mut moves = TryVec::from_vec(std::vec![pair(0, 1), pair(1, 0), pair(2, 0)]);
        let mut out = TryVec::new();
        sequence(&mut moves, &REGS, &mut out).unwrap();
        assert_eq!(out.len(), 4);
    }
}
