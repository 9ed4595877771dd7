//! A method per kind of instruction.
use ferlance_abi::fun_table::{Effect, Fun};
use ferlance_abi::{Qstr, layout};
use ferlance_collections::OutOfMemory;

use super::{Builder, Built, Kept};
use crate::nir::shape::{param_type, result_type};
use crate::nir::{Block, Cond, Inst, List, Op, Site, Slot, Type, Vreg, Width};

/// A second operand: a value or a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// A value.
    Reg(Vreg),
    /// A constant.
    Imm(i64),
}

impl From<Vreg> for Operand {
    fn from(vreg: Vreg) -> Operand {
        Operand::Reg(vreg)
    }
}

impl From<i64> for Operand {
    fn from(imm: i64) -> Operand {
        Operand::Imm(imm)
    }
}

impl Operand {
    pub(super) fn parts(self) -> (Option<Vreg>, i64) {
        match self {
            Operand::Reg(vreg) => (Some(vreg), 0),
            Operand::Imm(imm) => (None, imm),
        }
    }
}

// What tells the line takes the address as it is.
const _: () = assert!(layout::POSITION_LINE_BYTES == 0);

impl Builder {
    pub(super) fn vreg(&mut self, ty: Type) -> Built<Vreg> {
        self.func.vreg(ty)
    }

    /// What a value is.
    pub fn ty(&self, vreg: Vreg) -> Type {
        self.func.ty(vreg)
    }

    /// Names a value, for listings and the side table.
    pub fn name_value(&mut self, vreg: Vreg, name: Qstr) {
        self.func.vregs[vreg].name = name;
    }

    /// Gives the instruction of the entry block that makes `value` another constant, once that is known.
    pub fn set_constant(&mut self, value: Vreg, imm: i64) {
        let entry = Block::from_index(0);
        let mut insts = self.func.blocks[entry].insts.iter_mut();
        if let Some(inst) = insts.find(|inst| inst.dst == Some(value)) {
            inst.imm = imm;
        }
    }

    /// Appends an instruction as it is.
    pub fn push(&mut self, inst: Inst) -> Built {
        self.func.blocks[self.current].insts.push(inst)
    }

    /// Appends an instruction with a result of type `ty`.
    pub fn push_for(&mut self, ty: Type, inst: Inst) -> Built<Vreg> {
        let dst = self.vreg(ty)?;
        self.push(Inst {
            dst: Some(dst),
            ..inst
        })?;
        Ok(dst)
    }

    /// A constant of the given type, `Obj` or `Word`.
    pub fn constant(&mut self, ty: Type, imm: i64) -> Built<Vreg> {
        self.push_for(
            ty,
            Inst {
                imm,
                ..Inst::new(Op::Const)
            },
        )
    }

    /// A word.
    pub fn word(&mut self, imm: i64) -> Built<Vreg> {
        self.constant(Type::Word, imm)
    }

    /// A float with the given bits.
    pub fn float(&mut self, ty: Type, bits: i64) -> Built<Vreg> {
        self.push_for(
            ty,
            Inst {
                imm: bits,
                ..Inst::new(Op::FConst)
            },
        )
    }

    /// The same word as another type.
    pub fn copy(&mut self, ty: Type, a: Vreg) -> Built<Vreg> {
        self.unary(Op::Copy, ty, a)
    }

    /// An op with one operand.
    pub fn unary(&mut self, op: Op, ty: Type, a: Vreg) -> Built<Vreg> {
        self.push_for(
            ty,
            Inst {
                a: Some(a),
                ..Inst::new(op)
            },
        )
    }

    /// An op with two operands; the result is a word.
    pub fn binary(&mut self, op: Op, a: Vreg, b: impl Into<Operand>) -> Built<Vreg> {
        self.binary_to(op, Type::Word, a, b)
    }

    /// An op with two operands and a result of the given type.
    pub fn binary_to(&mut self, op: Op, ty: Type, a: Vreg, b: impl Into<Operand>) -> Built<Vreg> {
        let (b, imm) = b.into().parts();
        self.push_for(
            ty,
            Inst {
                a: Some(a),
                b,
                imm,
                ..Inst::new(op)
            },
        )
    }

    /// `a + b`.
    pub fn add(&mut self, a: Vreg, b: impl Into<Operand>) -> Built<Vreg> {
        self.binary(Op::Add, a, b)
    }

    /// `a - b`.
    pub fn sub(&mut self, a: Vreg, b: impl Into<Operand>) -> Built<Vreg> {
        self.binary(Op::Sub, a, b)
    }

    /// `imm - a`.
    pub fn rev_sub(&mut self, imm: i64, a: Vreg) -> Built<Vreg> {
        self.push_for(
            Type::Word,
            Inst {
                a: Some(a),
                imm,
                ..Inst::new(Op::RevSub)
            },
        )
    }

    /// `a & b`.
    pub fn and(&mut self, a: Vreg, b: impl Into<Operand>) -> Built<Vreg> {
        self.binary(Op::And, a, b)
    }

    /// 1 if the comparison holds, else 0.
    pub fn cmp(&mut self, cond: Cond, a: Vreg, b: impl Into<Operand>) -> Built<Vreg> {
        self.binary(Op::Cmp(cond), a, b)
    }

    /// `a != 0 ? b : c`, with the type of `b`.
    pub fn select(&mut self, a: Vreg, b: Vreg, c: Vreg) -> Built<Vreg> {
        let ty = self.ty(b);
        self.push_for(
            ty,
            Inst {
                a: Some(a),
                b: Some(b),
                c: Some(c),
                ..Inst::new(Op::Select)
            },
        )
    }

    /// Loads from `base + offset`.
    pub fn load(&mut self, ty: Type, width: Width, base: Vreg, offset: i64) -> Built<Vreg> {
        self.load_indexed(ty, width, base, None, 0, offset)
    }

    /// Loads from `base + (index << shift) + offset`.
    pub fn load_indexed(
        &mut self,
        ty: Type,
        width: Width,
        base: Vreg,
        index: Option<Vreg>,
        shift: u8,
        offset: i64,
    ) -> Built<Vreg> {
        self.push_for(
            ty,
            Inst {
                a: Some(base),
                b: index,
                imm: offset,
                ..Inst::new(Op::Load(width, shift))
            },
        )
    }

    /// Stores to `base + offset`.
    pub fn store(&mut self, width: Width, base: Vreg, offset: i64, value: Vreg) -> Built {
        self.store_indexed(width, base, None, 0, offset, value)
    }

    /// Stores to `base + (index << shift) + offset`.
    pub fn store_indexed(
        &mut self,
        width: Width,
        base: Vreg,
        index: Option<Vreg>,
        shift: u8,
        offset: i64,
        value: Vreg,
    ) -> Built {
        self.push(Inst {
            a: Some(base),
            b: index,
            c: Some(value),
            imm: offset,
            ..Inst::new(Op::Store(width, shift))
        })
    }

    /// A new frame slot.
    pub fn slot(&mut self, words: u32) -> Built<Slot> {
        self.func.slot(words)
    }

    /// The address of a byte of a frame slot.
    pub fn slot_addr(&mut self, slot: Slot, offset: i64) -> Built<Vreg> {
        self.push_for(
            Type::Word,
            Inst {
                imm: offset,
                ..Inst::new(Op::SlotAddr(slot))
            },
        )
    }

    /// The word at a byte of a frame slot.
    pub fn slot_load(&mut self, ty: Type, slot: Slot, offset: i64) -> Built<Vreg> {
        self.push_for(
            ty,
            Inst {
                imm: offset,
                ..Inst::new(Op::SlotLoad(slot))
            },
        )
    }

    /// Stores a word at a byte of a frame slot.
    pub fn slot_store(&mut self, slot: Slot, offset: i64, value: Vreg) -> Built {
        self.push(Inst {
            c: Some(value),
            imm: offset,
            ..Inst::new(Op::SlotStore(slot))
        })
    }

    /// An op whose only operand is `imm`, such as [`Op::ConstObj`].
    pub fn number(&mut self, op: Op, ty: Type, imm: i64) -> Built<Vreg> {
        self.push_for(
            ty,
            Inst {
                imm,
                ..Inst::new(op)
            },
        )
    }

    /// An op without operands, such as [`Op::QstrNumber`].
    pub fn nullary(&mut self, op: Op, ty: Type) -> Built<Vreg> {
        self.push_for(ty, Inst::new(op))
    }

    /// Calls a runtime function that gives something.
    ///
    /// One that gives nothing answers with a constant 0, which is dropped if it is not used.
    pub fn call(&mut self, fun: Fun, args: &[Vreg]) -> Built<Vreg> {
        debug_assert_eq!(fun.params().len(), args.len());
        debug_assert!(
            (fun.params().iter().zip(args))
                .all(|(kind, arg)| param_type(*kind).is_float() == self.ty(*arg).is_float())
        );
        self.tell_line(fun)?;
        let args = self.func.list(args)?;
        let inst = Inst {
            args,
            ..Inst::new(Op::Call(fun))
        };
        match result_type(fun.result()) {
            Some(ty) => self.push_for(ty, inst),
            None => {
                self.push(inst)?;
                self.word(0)
            }
        }
    }

    /// Looks up what a cell knows; `value` is what is stored. `cells` are their address, and the offset of this one.
    pub fn cached(
        &mut self,
        (site, name): (Site, Qstr),
        base: Vreg,
        (cells, offset): (Vreg, i64),
        value: Option<Vreg>,
    ) -> Built<Option<Vreg>> {
        let offset = u32::try_from(offset).map_err(|_| OutOfMemory)?;
        let args = match self.place {
            Some(place) => {
                let place = self.kept(place)?;
                self.func.list(&[place])?
            }
            None => List::default(),
        };
        let inst = Inst {
            a: Some(base),
            b: Some(cells),
            c: value,
            imm: Inst::cell_and_line(offset, self.line),
            args,
            ..Inst::new(Op::Cached(site, name))
        };
        if site == Site::Store {
            self.push(inst)?;
            return Ok(None);
        }
        Ok(Some(self.push_for(Type::Obj, inst)?))
    }

    /// Calls a runtime function for its effect only.
    pub fn call_void(&mut self, fun: Fun, args: &[Vreg]) -> Built {
        debug_assert_eq!(fun.params().len(), args.len());
        self.tell_line(fun)?;
        let args = self.func.list(args)?;
        self.push(Inst {
            args,
            ..Inst::new(Op::Call(fun))
        })
    }

    /// Calls the direct entry of function `child` of this module.
    pub fn call_direct(&mut self, child: i64, args: &[Vreg]) -> Built<Vreg> {
        let args = self.func.list(args)?;
        self.push_for(
            Type::Word,
            Inst {
                args,
                imm: child,
                ..Inst::new(Op::CallDirect)
            },
        )
    }

    /// From now on calls that may raise are told the line first: in memory at `place`, 32 bits.
    pub fn tell_lines(&mut self, place: Kept) {
        self.place = Some(place);
    }

    /// The line that calls are told; 0 for none.
    pub fn told_line(&self) -> u32 {
        self.line
    }

    /// Sets the line that calls are told, without a mark.
    pub fn set_told_line(&mut self, line: u32) {
        self.line = line;
    }

    fn tell_line(&mut self, fun: Fun) -> Built {
        match self.place {
            Some(place) if fun.effect() == Effect::Python => {
                let place = self.kept(place)?;
                self.push(Inst {
                    a: Some(place),
                    imm: i64::from(self.line),
                    ..Inst::new(Op::Tell)
                })
            }
            _ => Ok(()),
        }
    }

    /// What follows belongs to source line `line`.
    pub fn line(&mut self, line: u32) -> Built {
        self.line = line;
        self.push(Inst {
            imm: line as i64,
            ..Inst::new(Op::Line)
        })
    }
}
