//! Loops over numbers: a copy of the loop in which kinds of values are known, and one for everything else.
//!
//! ```text
//!            tests of what the loop is handed
//!              │ as expected           │ otherwise
//!              ▼                       ▼
//!        numeric copy ── escape ──▶ rare copy
//!              └────────▶ exit ◀───────┘
//! ```
//!
//! In the numeric copy a float is a number in a register and an object only where one is wanted; the sum of two
//! small ints is a small int. What is not as expected, an overflow, a division by zero, an operand that is no number,
//! *escapes*: before anything has changed, control goes to the same op in the rare copy, with floats made objects.
//! The rare copy is as if there were no other, and stays to the end of the outermost loop.
//!
//! Where small ints have 31 bits, the numbers in registers are ints of 32 bits without a sign instead: see `wide`.
//!
//! The values of an escape are those before the op at hand, or before an earlier one if nothing but arithmetic is in
//! between: one escape serves a whole expression.
mod escape;
mod floats;
mod items;
mod ops;
mod range;
mod settle;
mod twice;
mod wide;

use ferlance_abi::fun_table::Fun;
use ferlance_abi::{Qstr, layout, obj_word};
use ferlance_collections::{SCARCE_MEMORY, TryVec};

use crate::lower::arith::SMALL;
use crate::lower::flow::{IterId, LowerError};
use crate::lower::kinds::Kind;
use crate::lower::region::Region;
use crate::lower::{Done, Lowering};
use crate::nir::{Block, Slot, Type, Var, Vreg};

/// A loop whose numeric copy is being lowered.
pub(super) struct Numeric {
    pub(super) region: Region,
    /// What is known now, by place: locals, then the stack.
    kinds: TryVec<Kind>,
    /// Blocks of the labels in the rare copy.
    rare: TryVec<Option<Block>>,
    /// Ops of the rare copy where escapes arrive.
    resumes: TryVec<Resume>,
    /// The escape that still holds.
    escape: Option<Block>,
    /// The op at hand and the depth before it.
    at: u32,
    depth: u32,
}

/// An op where an escape arrives.
#[derive(Clone, Copy)]
pub(super) struct Resume {
    at: u32,
    depth: u32,
    iter: Option<IterId>,
    block: Block,
}

/// Floats, or wide ints, as numbers: their variables, by place, and memory for floats while something is called.
#[derive(Default)]
pub(super) struct Floats {
    vars: TryVec<Option<Var>>,
    area: Option<Slot>,
    words: u32,
}

/// Floats put aside: place and offset.
type Aside = TryVec<(usize, i64)>;

impl Lowering<'_, '_> {
    fn n_locals(&self) -> usize {
        self.flow.n_locals as usize
    }

    /// Is the numeric copy of a loop being lowered?
    #[inline(always)]
    pub(super) fn is_numeric(&self) -> bool {
        IS_HERE && self.numeric.is_some()
    }

    // Kinds and values by place.

    fn kind_at(&self, place: usize) -> Kind {
        let Some(numeric) = &self.numeric else {
            return Kind::Any;
        };
        numeric.kinds.get(place).copied().unwrap_or(Kind::Any)
    }

    /// What is known of the value `below` the top of the stack.
    pub(super) fn kind_below(&self, below: u32) -> Kind {
        let at = (self.n_locals() + self.depth as usize).checked_sub(below as usize + 1);
        at.map_or(Kind::Any, |at| self.kind_at(at))
    }

    /// The variable for the number of a value of the stack.
    pub(super) fn stack_float_var(&mut self, at: u32) -> Done<Var> {
        self.number_var(self.n_locals() + at as usize)
    }

    fn number_var(&mut self, place: usize) -> Done<Var> {
        if self.floats.vars.len() <= place {
            self.floats.vars.resize(place + 1, None)?;
        }
        if let Some(var) = self.floats.vars[place] {
            return Ok(var);
        }
        let ty = match self.is_wide() {
            true => Type::Word,
            false => Type::F64,
        };
        let var = self.b.var(ty, Qstr::NONE)?;
        self.floats.vars[place] = Some(var);
        Ok(var)
    }

    fn object_var(&self, place: usize) -> Done<Var> {
        let var = match place.checked_sub(self.n_locals()) {
            Some(depth) => self.stack.get(depth),
            None => self.locals.get(place),
        };
        var.copied().ok_or(LowerError::BadCode)
    }

    /// The value of a place, an object or a number.
    fn read_place(&mut self, place: usize) -> Done<Vreg> {
        let kind = self.kind_at(place);
        let var = match kind {
            Kind::Float | Kind::Wide => self.number_var(place)?,
            _ => self.object_var(place)?,
        };
        let value = self.b.read_local(var)?;
        match kind {
            Kind::Wide => {}
            // A word in the place of an object is one.
            _ if self.is_wide() && self.b.ty(value) == Type::Word => {
                let object = self.b.copy(Type::Obj, value)?;
                if kind == Kind::Small {
                    self.note(object, SMALL)?;
                }
                return Ok(object);
            }
            Kind::Small if !self.facts(value).is_small => self.note(value, SMALL)?,
            Kind::Items(items) => self.note_items(value, items)?,
            _ => {}
        }
        Ok(value)
    }

    /// Writes an object or a number to a place.
    fn write_place(&mut self, place: usize, value: Vreg) -> Done {
        let facts = self.facts(value);
        let kind = match (self.b.ty(value), facts.items) {
            (Type::F64, _) => Kind::Float,
            (Type::Word, _) if self.is_wide() => Kind::Wide,
            _ if facts.is_small => Kind::Small,
            (_, Some(items)) => Kind::Items(items),
            _ => Kind::Any,
        };
        let var = match kind {
            Kind::Float | Kind::Wide => self.number_var(place)?,
            _ => self.object_var(place)?,
        };
        if let Some(numeric) = &mut self.numeric
            && let Some(known) = numeric.kinds.get_mut(place)
        {
            *known = kind;
        }
        Ok(self.b.write_local(var, value)?)
    }

    /// A value of the stack, an object or a number.
    pub(super) fn read_stack(&mut self, at: u32) -> Done<Vreg> {
        let place = self.n_locals() + at as usize;
        self.read_place(place)
    }

    /// The same of a local.
    pub(super) fn read_local(&mut self, local: ferlance_bytecode::op::Local) -> Done<Vreg> {
        match self.is_numeric() {
            true => self.read_place(local.index()),
            false => {
                let var = self.local(local)?;
                Ok(self.b.read_local(var)?)
            }
        }
    }

    pub(super) fn write_stack(&mut self, at: u32, value: Vreg) -> Done {
        let place = self.n_locals() + at as usize;
        self.write_place(place, value)
    }

    pub(super) fn write_local(&mut self, local: ferlance_bytecode::op::Local, value: Vreg) -> Done {
        let var = self.local(local)?;
        if !self.is_numeric() {
            return Ok(self.b.write_local(var, value)?);
        }
        self.write_place(local.index(), value)
    }

    /// A number as an object; what is one already stays.
    pub(super) fn object(&mut self, value: Vreg) -> Done<Vreg> {
        match self.b.ty(value) {
            _ if !IS_HERE => Ok(value),
            Type::F64 => Ok(self.b.call(Fun::ObjNewFloatFromD, &[value])?),
            Type::Word if self.is_wide() && self.is_numeric() => self.box_wide(value),
            _ => Ok(value),
        }
    }
}

/// Boards do without: a compiler that runs where words have 32 bits has none of this.
pub(super) const IS_HERE: bool = !SCARCE_MEMORY;

const SMALL_TAG: i64 = obj_word::SMALL_INT_TAG as i64;
/// None of these bits is set in a pointer.
const TAG_BITS: i64 = 3;
const _: () = assert!(layout::ITER_SEQ == 1 && layout::ITER_STOP == 2 && layout::ITER_STEP == 3);
