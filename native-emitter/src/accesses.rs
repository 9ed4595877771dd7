//! Which fields of the runtime's structures the code of a function reads and writes: for `explain`, and for the test that
//! code for stock firmware touches only what that has.
//!
//! Pointers are followed from where they come from: the function object and the arguments that a function is given, the
//! tables behind them, results of the runtime, frame slots. Read off the function that is emitted, after all passes.
use ferlance_abi::layout::{self, Part};
use ferlance_collections::{IndexVec, OutOfMemory, TryVec};

use crate::nir::{Alu, Block, Entry, Func, Inst, Op, Type, Vreg, Width};

/// A load or store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// The structure; none if the base is no known pointer: a number that the program calls an address.
    pub part: Option<Part>,
    /// Byte offset; none if it is computed.
    pub offset: Option<i64>,
    /// How much.
    pub width: Width,
    /// Is it a store?
    pub writes: bool,
}

impl Access {
    /// Has stock firmware what is touched, with words of `word` bytes?
    pub fn is_stock(&self, word: u32) -> bool {
        let Some(part) = self.part else { return true };
        part.has(self.offset, self.width.bytes(word), self.writes, word)
    }
}

/// What is known of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// Nothing yet.
    Open,
    /// So many bytes behind the start of a structure; none if that is computed.
    Pointer(Part, Option<i64>),
    /// This number.
    Constant(i64),
    /// A number, or something else that nobody may follow.
    Number,
}

/// All accesses, in the order of the code.
pub fn accesses(func: &Func, word: u32) -> Result<TryVec<Access>, OutOfMemory> {
    let mut finder = Finder {
        func,
        word: i64::from(word),
        known: IndexVec::filled(Known::Open, func.vregs.len())?,
    };
    finder.entry();
    // What is known of a value only becomes less, in at most four steps.
    for _ in 0..=4 * func.vregs.len() {
        if !finder.round() {
            break;
        }
    }
    let mut found = TryVec::new();
    for data in &func.blocks {
        for inst in &data.insts {
            if let Some(access) = finder.access(inst) {
                found.push(access)?;
            }
        }
    }
    Ok(found)
}

struct Finder<'a> {
    func: &'a Func,
    word: i64,
    known: IndexVec<Vreg, Known>,
}

impl Finder<'_> {
    fn entry(&mut self) {
        let params = self
            .func
            .items(self.func.blocks[Block::from_index(0)].params);
        for (at, param) in params.iter().enumerate() {
            let part = match (self.func.entry, at) {
                (Entry::Function | Entry::Words(_), 0) => Some(Part::Function),
                (Entry::Function, 3) => Some(Part::Arguments),
                (Entry::Resume, 0) => Some(Part::CodeState),
                _ => None,
            };
            self.known[*param] = match part {
                Some(part) => Known::Pointer(part, Some(0)),
                None => self.by_type(*param),
            };
        }
    }

    fn by_type(&self, vreg: Vreg) -> Known {
        match self.func.ty(vreg) {
            Type::Obj => Known::Pointer(Part::Object, Some(0)),
            _ => Known::Number,
        }
    }

    /// Looks at everything once; says whether anything is new.
    fn round(&mut self) -> bool {
        let func = self.func;
        let mut changed = false;
        for data in &func.blocks {
            for inst in &data.insts {
                if let Some(dst) = inst.dst {
                    let known = self.result(inst, dst);
                    changed |= self.join(dst, known);
                }
            }
            if let Some(dst) = data.term.def() {
                let known = self.by_type(dst);
                changed |= self.join(dst, known);
            }
            for edge in data.term.edges() {
                let params = func.items(func.blocks[edge.block].params);
                for (param, arg) in params.iter().zip(func.items(edge.args)) {
                    changed |= self.join(*param, self.known[*arg]);
                }
            }
        }
        changed
    }

    fn join(&mut self, vreg: Vreg, new: Known) -> bool {
        let old = self.known[vreg];
        let joined = match (old, new) {
            (known, Known::Open) | (Known::Open, known) => known,
            (old, new) if old == new => old,
            (Known::Pointer(one, _), Known::Pointer(other, _)) if one == other => {
                Known::Pointer(one, None)
            }
            // A function is an object, the null object a number. What is less known already stays so.
            (Known::Pointer(Part::Object, _), _) => old,
            _ => self.by_type(vreg),
        };
        self.known[vreg] = joined;
        joined != old
    }

    fn of(&self, vreg: Option<Vreg>) -> Known {
        vreg.map_or(Known::Number, |vreg| self.known[vreg])
    }

    fn result(&self, inst: &Inst, dst: Vreg) -> Known {
        let by_type = self.by_type(dst);
        match inst.op {
            Op::Const => Known::Constant(inst.imm),
            // Not every block that gives something stands before those that take it.
            Op::Load(Width::Word, _) => match self.address(inst) {
                None if self.of(inst.a) == Known::Open => Known::Open,
                Some((part, offset)) => self.loaded(dst, part, offset).unwrap_or(by_type),
                None => by_type,
            },
            Op::Copy => match self.of(inst.a) {
                Known::Number => by_type,
                known => known,
            },
            Op::Select => match (self.of(inst.b), self.of(inst.c)) {
                (one, other) if one == other => one,
                (Known::Open, known) | (known, Known::Open) => known,
                _ => by_type,
            },
            Op::Add | Op::Sub | Op::Shifted(Alu::Add, _) => {
                let by = match (inst.op, inst.b, self.of(inst.b)) {
                    (Op::Add, None, _) => Some(inst.imm),
                    (Op::Sub, None, _) => inst.imm.checked_neg(),
                    (Op::Add, _, Known::Constant(by)) => Some(by),
                    _ => None,
                };
                match (self.of(inst.a), self.of(inst.b)) {
                    (Known::Open, _) | (_, Known::Open) => Known::Open,
                    // Of tagged numbers, which are objects too, comes no pointer: nobody loads from it.
                    (Known::Pointer(part, offset), _) => {
                        Known::Pointer(part, offset.zip(by).map(|(offset, by)| offset + by))
                    }
                    (_, Known::Pointer(part, _)) => Known::Pointer(part, None),
                    _ => by_type,
                }
            }
            Op::SlotAddr(_) => Known::Pointer(Part::Frame, None),
            _ => by_type,
        }
    }

    /// What stands in a field.
    fn loaded(&self, dst: Vreg, part: Part, offset: Option<i64>) -> Option<Known> {
        let is = |word: usize| offset == Some(word as i64 * self.word);
        let found = match part {
            Part::Function if is(layout::FUN_BC_CONTEXT) => Part::Context,
            Part::Function if is(layout::FUN_BC_CHILD_TABLE) => Part::Children,
            Part::Context if is(layout::CONTEXT_QSTR_TABLE) => Part::QstrTable,
            Part::Context if is(layout::CONTEXT_OBJ_TABLE) => Part::ObjectTable,
            // All else in that table is an object by its type.
            Part::ObjectTable if self.func.ty(dst) == Type::Word => Part::FunTable,
            Part::CodeState if is(layout::CODE_STATE_FUN) => Part::Function,
            Part::Object if is(layout::LIST_ITEMS) => Part::Items,
            _ => return None,
        };
        Some(Known::Pointer(found, Some(0)))
    }

    /// The structure and the offset that a load or store is of.
    fn address(&self, inst: &Inst) -> Option<(Part, Option<i64>)> {
        let offset = |offset: Option<i64>| offset.map(|offset| offset + inst.imm);
        match (self.of(inst.a), self.of(inst.b)) {
            (Known::Pointer(part, at), _) if inst.b.is_none() => Some((part, offset(at))),
            (Known::Pointer(part, at), Known::Constant(by))
            | (Known::Constant(by), Known::Pointer(part, at))
                if is_plain(inst.op) =>
            {
                Some((part, offset(at.map(|at| at + by))))
            }
            (Known::Pointer(part, _), _) | (_, Known::Pointer(part, _)) => Some((part, None)),
            _ => None,
        }
    }

    fn access(&self, inst: &Inst) -> Option<Access> {
        let (width, writes) = match inst.op {
            Op::Load(width, _) => (width, false),
            Op::Store(width, _) => (width, true),
            _ => return None,
        };
        let address = self.address(inst);
        Some(Access {
            part: address.map(|(part, _)| part),
            offset: address.and_then(|(_, offset)| offset),
            width,
            writes,
        })
    }
}

/// Is the index of a load or store, if it has one, in bytes?
fn is_plain(op: Op) -> bool {
    matches!(op, Op::Load(_, 0) | Op::Store(_, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nir::text::parse;

    fn stock(body: &str) -> bool {
        let text = std::format!(
            "func q0 function\nb0(v0: obj, v1: word, v2: word, v3: word):\n{body}\nreturn v0"
        );
        let func = parse(&text).unwrap();
        let found = accesses(&func, 4).unwrap();
        assert!(!found.is_empty());
        found.iter().all(|access| access.is_stock(4))
    }

    #[test]
    fn fields_that_stock_firmware_has_are_told_from_others() {
        // Context, table of names, a name.
        let names = "v4: word = load.word v0 + 4\nv5: word = load.word v4 + 8\n";
        assert!(stock(&std::format!("{names}v6: word = load.u16 v5 + 6")));
        assert!(!stock(&std::format!("{names}v6: word = load.u8 v5 + 6")));
        // Behind the context's tables; the function's code.
        assert!(!stock(
            "v4: word = load.word v0 + 4\nv5: word = load.word v4 + 16"
        ));
        assert!(!stock("v4: word = load.word v0 + 12"));
        // An argument's type, its fourth word, its fifth.
        let argument = "v4: obj = load.word v3 + 8\n";
        assert!(stock(&std::format!("{argument}v5: word = load.word v4")));
        assert!(stock(&std::format!(
            "{argument}v5: word = load.word v4 + 12"
        )));
        assert!(!stock(&std::format!(
            "{argument}v5: word = load.word v4 - 4"
        )));
        // A cell is written, a type is not.
        assert!(stock(&std::format!("{argument}store.word v4 + 4 = v4")));
        assert!(!stock(&std::format!("{argument}store.word v4 = v4")));
    }

    #[test]
    fn what_comes_from_a_block_further_down_is_followed() {
        let text = "func q0 function
            b0(v0: obj, v1: word, v2: word, v3: word):
              jump b2
            b1(v4: obj):
              v5: word = load.word v4 + 12
              v6: obj = load.word v5 + v1 << 2
              return v6
            b2:
              v7: obj = load.word v3
              jump b1(v7)";
        let func = parse(text).unwrap();
        let found = accesses(&func, 4).unwrap();
        let parts: TryVec<_> = TryVec::from_items(found.iter().map(|access| access.part)).unwrap();
        assert_eq!(
            *parts,
            [Some(Part::Object), Some(Part::Items), Some(Part::Arguments)]
        );
    }
}
