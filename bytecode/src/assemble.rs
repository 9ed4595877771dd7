//! Symbolic bytecode to bytes, byte for byte as upstream writes them.
//!
//! Upstream emits the whole function again and again: at first every jump takes the long form; in each later pass
//! a jump is short if its distance allows, where labels ahead are taken from the pass before and labels behind
//! from this pass; until nothing changes. We get the same sizes more cheaply:
//!
//! 1. One walk over the ops writes all bytes with long jumps into a buffer, and notes where jumps, labels and line
//!    marks are. Ops that control cannot reach are dropped, but their names still claim places in the table.
//! 2. The passes run over the list of jumps alone. All a pass changes is how many of the jumps before a place are
//!    short, each of which moves the place by one byte.
//! 3. One more walk over the jumps copies the buffer together and fills in the offsets; the line table is made from
//!    the final positions.
//!
//! An [`Assembler`] keeps its buffers from scope to scope, so that a scope costs one allocation: its result.
use ferlance_collections::{OutOfMemory, TryVec};

use crate::code::Code;
use crate::line_info;
use crate::op::{
    LOAD_FAST_MULTI, Label, Op, SMALL_INT_MULTI, SMALL_INT_MULTI_FIRST, STORE_FAST_MULTI,
    has_extra_byte, opcode, ops_with,
};
use crate::prelude::Prelude;
use crate::tables::NameTable;
use crate::varint::{write_sint, write_uint};

/// Why a scope could not be assembled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssembleError {
    /// A jump spans more than fifteen bits: the source's fault. Upstream: `RuntimeError`, `bytecode overflow`.
    JumpTooFar,
    /// A forward-only op jumps backwards, or a label was never placed: the producer's fault.
    BadJump,
    /// No memory.
    OutOfMemory,
}

impl AssembleError {
    /// The text that Python programs see.
    pub const fn message(self) -> &'static str {
        match self {
            AssembleError::JumpTooFar => "bytecode overflow",
            AssembleError::BadJump => "bad jump",
            AssembleError::OutOfMemory => "memory allocation failed",
        }
    }
}

impl From<OutOfMemory> for AssembleError {
    fn from(_: OutOfMemory) -> Self {
        AssembleError::OutOfMemory
    }
}

/// Buffers for assembling one scope after the other.
#[derive(Default)]
pub struct Assembler {
    /// Instructions with all jumps long.
    long: TryVec<u8>,
    jumps: TryVec<Jump>,
    /// By label.
    labels: TryVec<Place>,
    marks: TryVec<Mark>,
    /// How many of the first `i` jumps are short, for each `i`.
    short_before: TryVec<u32>,
    lines: TryVec<u8>,
    names: TryVec<u8>,
}

/// A place in the instructions: its offset with all jumps long, and how many jumps come before.
#[derive(Clone, Copy)]
struct Place {
    offset: u32,
    jumps: u32,
}

impl Place {
    const NOWHERE: Place = Place {
        offset: u32::MAX,
        jumps: 0,
    };
}

struct Jump {
    /// Of the opcode, with all jumps long.
    offset: u32,
    to: Label,
    short: bool,
    signed: bool,
}

struct Mark {
    place: Place,
    line: u32,
}

impl Assembler {
    /// Without buffers. Does not allocate.
    pub fn new() -> Assembler {
        Assembler::default()
    }

    /// The bytes of a bytecode function: prelude and instructions.
    ///
    /// Names get their places in `names` in the order in which upstream asks for them. `with_lines` says whether
    /// to write a line table.
    pub fn assemble(
        &mut self,
        code: &Code,
        names: &mut NameTable,
        with_lines: bool,
    ) -> Result<TryVec<u8>, AssembleError> {
        self.write_names(code, names)?;
        self.write_long(code, names)?;
        self.shorten()?;
        self.lines.clear();
        if with_lines {
            self.write_lines()?;
        }

        let mut out = TryVec::new();
        let saved = self.short_before.last().copied().unwrap_or(0) as usize;
        let n_info = self.names.len() + self.lines.len();
        let code_len = self.long.len() - saved;
        // Signatures rarely take more than four bytes, sizes two.
        out.reserve_exact(6 + n_info + code.cells.len() + code_len)?;
        self.prelude(code, n_info)?.write(&mut out)?;
        out.extend_from_slice(&self.names)?;
        out.extend_from_slice(&self.lines)?;
        out.extend_from_slice(&code.cells)?;
        self.write_short(&mut out)?;
        Ok(out)
    }

    /// The prelude of a native function, which has neither line table nor instructions. Claims its names.
    ///
    /// `n_state` is the value slots of its code state, which emitters choose.
    pub fn native_prelude(
        &mut self,
        code: &Code,
        n_state: u32,
        names: &mut NameTable,
    ) -> Result<TryVec<u8>, AssembleError> {
        self.write_names(code, names)?;
        let mut prelude = self.prelude(code, self.names.len())?;
        prelude.n_exc_stack = 0;
        prelude.n_state = n_state;
        let mut out = TryVec::new();
        prelude.write(&mut out)?;
        out.extend_from_slice(&self.names)?;
        out.extend_from_slice(&code.cells)?;
        Ok(out)
    }

    fn prelude(&self, code: &Code, n_info: usize) -> Result<Prelude, AssembleError> {
        let narrow = |n: usize| u32::try_from(n).map_err(|_| AssembleError::JumpTooFar);
        Ok(Prelude {
            n_state: code.n_state(),
            n_exc_stack: code.n_exc_stack(),
            flags: code.flags,
            n_pos_args: code.n_pos_args,
            n_kwonly_args: code.n_kwonly_args,
            n_def_pos_args: code.n_def_pos_args,
            n_info: narrow(n_info)?,
            n_cell: narrow(code.cells.len())?,
        })
    }

    fn write_names(&mut self, code: &Code, names: &mut NameTable) -> Result<(), OutOfMemory> {
        self.names.clear();
        write_uint(&mut self.names, names.index_of(code.name)? as u64)?;
        for name in &code.param_names {
            write_uint(&mut self.names, names.index_of(*name)? as u64)?;
        }
        Ok(())
    }

    /// Step 1: all bytes, every jump in its long form.
    fn write_long(&mut self, code: &Code, names: &mut NameTable) -> Result<(), OutOfMemory> {
        self.long.clear();
        self.jumps.clear();
        self.marks.clear();
        self.labels.clear();
        self.labels
            .resize(code.n_labels() as usize, Place::NOWHERE)?;
        let mut dead = false;
        for op in code.ops() {
            match *op {
                Op::Label(label) => {
                    dead = false;
                    let place = self.here();
                    if let Some(slot) = self.labels.get_mut(label.index()) {
                        *slot = place;
                    }
                }
                Op::Line(line) => self.marks.push(Mark {
                    place: self.here(),
                    line,
                })?,
                op if dead => claim_name(op, names)?,
                op => {
                    self.write_op(op, code, names)?;
                    dead = op.ends_flow();
                }
            }
        }
        Ok(())
    }

    fn here(&self) -> Place {
        Place {
            offset: self.long.len() as u32,
            jumps: self.jumps.len() as u32,
        }
    }

    fn write_op(&mut self, op: Op, code: &Code, names: &mut NameTable) -> Result<(), OutOfMemory> {
        let out = &mut self.long;
        match op {
            ops_with!(name name) => {
                let at = names.index_of(name)?;
                write_with_uint(out, op, at)
            }
            Op::LoadConstSmallInt(value) => {
                let value = code.int_value(value);
                let from_first = value.wrapping_sub(SMALL_INT_MULTI_FIRST as i64);
                if (0..64).contains(&from_first) {
                    return out.push(SMALL_INT_MULTI + from_first as u8);
                }
                out.push(opcode::LOAD_CONST_SMALL_INT)?;
                write_sint(out, value)
            }
            Op::LoadFast(local) if local.0 < 16 => out.push(LOAD_FAST_MULTI + local.0 as u8),
            Op::StoreFast(local) if local.0 < 16 => out.push(STORE_FAST_MULTI + local.0 as u8),
            ops_with!(local local) => write_with_uint(out, op, local.0),
            Op::MakeFunction(child) | Op::MakeFunctionDefargs(child) => {
                write_with_uint(out, op, child.0)
            }
            Op::MakeClosure(child, cells) | Op::MakeClosureDefargs(child, cells) => {
                write_with_uint(out, op, child.0)?;
                out.push(cells)
            }
            Op::LoadConstObj(object) => write_with_uint(out, op, object.0),
            ops_with!(count count) => write_with_uint(out, op, count),
            Op::StoreComp(comp) => write_with_uint(out, op, comp.0),
            Op::UnpackEx(counts) => write_with_uint(out, op, counts.0),
            ops_with!(args args) => write_with_uint(out, op, args.0),
            Op::UnwindJump(to, blocks) => {
                self.write_jump(op, to, true)?;
                self.long.push(blocks)
            }
            ops_with!(signed target to) => self.write_jump(op, to, true),
            ops_with!(forward target to) => self.write_jump(op, to, false),
            Op::Unary(operator) => out.push(opcode::UNARY_OP + operator.number()),
            Op::Binary(operator) => out.push(opcode::BINARY_OP + operator.number()),
            ops_with!(nothing) => match op.opcode() {
                Some(byte) => out.push(byte),
                None => Ok(()),
            },
            Op::Label(_) | Op::Line(_) => Ok(()),
        }
    }

    fn write_jump(&mut self, op: Op, to: Label, signed: bool) -> Result<(), OutOfMemory> {
        let Some(byte) = op.opcode() else {
            return Ok(());
        };
        let offset = self.long.len() as u32;
        self.jumps.push(Jump {
            offset,
            to,
            short: false,
            signed,
        })?;
        self.long.extend_from_slice(&[byte, 0, 0])
    }

    /// Step 2: which jumps are short.
    fn shorten(&mut self) -> Result<(), AssembleError> {
        let Assembler {
            jumps,
            labels,
            short_before,
            ..
        } = self;
        short_before.clear();
        short_before.resize(jumps.len() + 1, 0)?;
        // With the labels as they are, sizes settle after a few passes. Should they ever swing, long is always right,
        // so from then on jumps only grow, which ends.
        let mut passes = 0;
        loop {
            let mut changed = false;
            let mut shorts = 0;
            for (i, jump) in jumps.iter_mut().enumerate() {
                // Entries up to `i` are of this pass, those behind of the one before: just what upstream sees.
                let Some(place) = labels.get(jump.to.index()) else {
                    return Err(AssembleError::BadJump);
                };
                if place.offset == u32::MAX {
                    return Err(AssembleError::BadJump);
                }
                let shorts_to = short_before.get(place.jumps as usize).copied().unwrap_or(0);
                let from = jump.offset as i64 - shorts as i64 + 2;
                let distance = (place.offset as i64 - shorts_to as i64) - from;
                let fits = if jump.signed {
                    (-64..64).contains(&distance)
                } else {
                    (0..128).contains(&distance)
                };
                let short = fits && (passes < 50 || jump.short);
                changed |= short != jump.short;
                jump.short = short;
                shorts += short as u32;
                if let Some(slot) = short_before.get_mut(i + 1) {
                    *slot = shorts;
                }
            }
            passes += 1;
            if !changed {
                return Ok(());
            }
        }
    }

    /// The final offset of a place.
    fn settle(&self, place: Place) -> u32 {
        place.offset
            - self
                .short_before
                .get(place.jumps as usize)
                .copied()
                .unwrap_or(0)
    }

    fn write_lines(&mut self) -> Result<(), OutOfMemory> {
        let (mut last_offset, mut last_line) = (0, 1);
        let mut lines = core::mem::take(&mut self.lines);
        for mark in &self.marks {
            let offset = self.settle(mark.place);
            line_info::write_step(
                &mut lines,
                offset - last_offset,
                mark.line.saturating_sub(last_line),
            )?;
            (last_offset, last_line) = (offset, mark.line);
        }
        self.lines = lines;
        Ok(())
    }

    /// Step 3: the instructions with their offsets.
    fn write_short(&self, out: &mut TryVec<u8>) -> Result<(), AssembleError> {
        let mut done = 0;
        let mut shorts = 0;
        for jump in &self.jumps {
            let at = jump.offset as usize;
            out.extend_from_slice(self.long.get(done..=at).unwrap_or(&[]))?;
            done = at + 3;
            shorts += jump.short as i64;
            let Some(place) = self.labels.get(jump.to.index()) else {
                return Err(AssembleError::BadJump);
            };
            let distance = self.settle(*place) as i64 - (done as i64 - shorts);
            let bias = match (jump.signed, jump.short) {
                (true, true) => 64,
                (true, false) => 16384,
                (false, _) => 0,
            };
            let value = distance + bias;
            if jump.short {
                out.push(value as u8 & 0x7f)?;
                continue;
            }
            if !jump.signed && distance < 0 {
                return Err(AssembleError::BadJump);
            }
            if !(0..1 << 15).contains(&value) {
                return Err(AssembleError::JumpTooFar);
            }
            out.extend_from_slice(&[value as u8 | 0x80, (value >> 7) as u8])?;
        }
        out.extend_from_slice(self.long.get(done..).unwrap_or(&[]))?;
        Ok(())
    }
}

#[inline]
fn write_with_uint(out: &mut TryVec<u8>, op: Op, operand: u32) -> Result<(), OutOfMemory> {
    if let Some(byte) = op.opcode() {
        out.push(byte)?;
    }
    write_uint(out, operand as u64)
}

/// Gives the name in a dropped op its place in the table.
fn claim_name(op: Op, names: &mut NameTable) -> Result<(), OutOfMemory> {
    match op {
        ops_with!(name name) => names.index_of(name).map(|_| ()),
        _ => Ok(()),
    }
}

const _: () = assert!(has_extra_byte(opcode::UNWIND_JUMP) && has_extra_byte(opcode::MAKE_CLOSURE));

#[cfg(test)]
mod tests {
    use ferlance_abi::qstr;

    use super::*;
    use crate::op::{Child, Local};

    fn bytes(build: impl FnOnce(&mut Code)) -> TryVec<u8> {
        let mut code = Code::new();
        code.name = qstr!("<module>");
        build(&mut code);
        let mut names = NameTable::new(qstr!("main")).unwrap();
        let out = Assembler::new().assemble(&code, &mut names, true).unwrap();
        let parts = Prelude::split(&out).unwrap();
        TryVec::from_slice(parts.code).unwrap()
    }

    #[test]
    fn compact_forms_are_used_where_they_exist() {
        let out = bytes(|code| {
            for value in [-17, -16, 47, 48] {
                code.push_small_int(value).unwrap();
            }
            for slot in [0, 15, 16] {
                code.push(Op::LoadFast(Local(slot))).unwrap();
                code.push(Op::StoreFast(Local(slot))).unwrap();
            }
            code.push(Op::MakeClosure(Child(0), 2)).unwrap();
        });
        let expected: [u8; 18] = [
            0x22, 0x6f, 0x70, 0xaf, 0x22, 0x30, 0xb0, 0xc0, 0xbf, 0xcf, 0x24, 16, 0x26, 16, 0x20,
            0, 2, 0,
        ];
        assert_eq!(out[..], expected[..17]);
    }

    #[test]
    fn dead_ops_make_no_bytes_but_claim_their_names() {
        let mut code = Code::new();
        code.name = qstr!("<module>");
        let end = code.new_label();
        code.push(Op::Jump(end)).unwrap();
        code.push(Op::LoadName(qstr!("append"))).unwrap();
        code.place(end).unwrap();
        code.push(Op::LoadName(qstr!("pop"))).unwrap();
        let mut names = NameTable::new(qstr!("main")).unwrap();
        let out = Assembler::new().assemble(&code, &mut names, true).unwrap();
        assert_eq!(Prelude::split(&out).unwrap().code, [0x42, 0x40, 0x11, 3]);
        assert_eq!(
            names.names(),
            [
                qstr!("main"),
                qstr!("<module>"),
                qstr!("append"),
                qstr!("pop")
            ]
        );
    }

    #[test]
    fn jumps_grow_at_the_limit_of_the_short_form() {
        // One less than the form can hold: sizes are decided before the jump itself has shrunk.
        for (distance, long) in [(62, false), (63, true)] {
            let out = bytes(|code| {
                let to = code.new_label();
                code.push(Op::PopJumpIfTrue(to)).unwrap();
                for _ in 0..distance {
                    code.push(Op::PopTop).unwrap();
                }
                code.place(to).unwrap();
            });
            assert_eq!(out[1] & 0x80 != 0, long);
        }
        for (distance, long) in [(126, false), (127, true)] {
            let out = bytes(|code| {
                let to = code.new_label();
                code.push(Op::SetupFinally(to)).unwrap();
                for _ in 0..distance {
                    code.push(Op::PopTop).unwrap();
                }
                code.place(to).unwrap();
            });
            assert_eq!(out[1] & 0x80 != 0, long);
        }
    }

    #[test]
    fn backward_jumps_count_from_behind_the_offset() {
        let out = bytes(|code| {
            let top = code.new_label();
            code.place(top).unwrap();
            code.push(Op::PopTop).unwrap();
            code.push(Op::UnwindJump(top, 1)).unwrap();
        });
        assert_eq!(out[..], [0x59, 0x40, 64 - 3, 1]);
    }

    #[test]
    fn overlong_and_misdirected_jumps_are_errors() {
        let assemble = |pops: usize, op: fn(Label) -> Op, backward: bool| {
            let mut code = Code::new();
            let to = code.new_label();
            if backward {
                code.place(to).unwrap();
            }
            code.push(op(to)).unwrap();
            for _ in 0..pops {
                code.push(Op::PopTop).unwrap();
            }
            if !backward {
                code.place(to).unwrap();
            }
            let mut names = NameTable::new(qstr!("main")).unwrap();
            Assembler::new()
                .assemble(&code, &mut names, true)
                .map(|_| ())
        };
        assert_eq!(assemble(16383, Op::PopJumpIfTrue, false), Ok(()));
        assert_eq!(
            assemble(16384, Op::PopJumpIfTrue, false),
            Err(AssembleError::JumpTooFar)
        );
        assert_eq!(assemble(32767, Op::ForIter, false), Ok(()));
        assert_eq!(
            assemble(32768, Op::ForIter, false),
            Err(AssembleError::JumpTooFar)
        );
        assert_eq!(assemble(1, Op::ForIter, true), Err(AssembleError::BadJump));
        assert_eq!(
            assemble(1, |_| Op::Jump(Label(7)), false),
            Err(AssembleError::BadJump)
        );
    }
}
