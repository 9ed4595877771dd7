//! The outermost loops of functions of bytecode, where machine code may take over.
use ferlance_abi::ScopeFlags;
use ferlance_abi::qstr::Qstr;
use ferlance_bytecode::decode::Decoder;
use ferlance_bytecode::module::RawCode;
use ferlance_bytecode::op::Op;
use ferlance_bytecode::prelude::{Prelude, PreludeParts};

/// May a call go on for ever without a place where machine code could take over? Generators are resumed as they began,
/// and exception buffers are made where blocks begin.
pub(super) fn cannot_wait(raw: &RawCode<'_>, names: &[Qstr]) -> bool {
    let Some(PreludeParts { prelude, .. }) = Prelude::split(&raw.bytes) else {
        return false;
    };
    let is_generator = prelude.flags.has(ScopeFlags::GENERATOR);
    // Most functions have neither, so that nobody need look for their loops.
    (is_generator || prelude.n_exc_stack > 0)
        && Loops::new(raw, names).any(|outer| is_generator || outer.is_protected)
}

/// A loop that is in no other.
pub(super) struct Outer {
    pub(super) first: usize,
    pub(super) last: usize,
    /// Is it in an exception block?
    pub(super) is_protected: bool,
}

/// The outermost loops of a function.
pub(super) struct Loops<'a> {
    code: &'a [u8],
    names: &'a [Qstr],
    /// Those up to here have been found.
    at: usize,
}

impl<'a> Loops<'a> {
    pub(super) fn new(raw: &'a RawCode<'_>, names: &'a [Qstr]) -> Loops<'a> {
        let code = Prelude::split(&raw.bytes).map_or(&[][..], |parts| parts.code);
        Loops { code, names, at: 0 }
    }

    /// Each jump, from the first on: its instruction and where it leads.
    fn jumps(&self) -> impl Iterator<Item = (Op, usize, usize)> {
        Decoder::new(self.code, self.names)
            .map_while(Result::ok)
            .filter_map(|instr| {
                let to = instr.op.target()?;
                Some((instr.op, instr.offset as usize, to.0 as usize))
            })
    }
}

impl Iterator for Loops<'_> {
    type Item = Outer;

    fn next(&mut self) -> Option<Outer> {
        let mut found = None;
        for (_, at, target) in self.jumps() {
            if target > at || target < self.at {
                continue;
            }
            // Each is the end of a loop, and what comes later is around the one that was found or behind it.
            found = match found {
                Some((first, last)) if target > last => Some((first, last)),
                Some((first, _)) if target > first => Some((first, at)),
                _ => Some((target, at)),
            };
        }
        let (first, last) = found?;
        self.at = last;
        let is_protected = self.jumps().any(|(op, at, handler)| {
            let is_block = matches!(
                op,
                Op::SetupWith(_) | Op::SetupExcept(_) | Op::SetupFinally(_)
            );
            is_block && at < first && handler > last
        });
        Some(Outer {
            first,
            last,
            is_protected,
        })
    }
}
