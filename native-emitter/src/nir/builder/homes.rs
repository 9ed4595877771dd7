//! Locals between the pieces of a function: see [`crate::lower::Sink`].
use ferlance_abi::Qstr;

use super::{Builder, Built, Var};
use crate::nir::{Block, Entry, Func, Inst, Op, Slot, Vreg, VregData, Width};

/// Where a local is between the pieces of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// At this byte of a frame slot.
    Slot(Slot, i64),
    /// So many bytes behind the address that another local holds, which is in a frame slot itself.
    Behind(Var, i64),
}

/// A value that is wanted all through a function.
#[derive(Debug, Clone, Copy)]
pub enum Kept {
    /// As it is.
    Value(Vreg),
    /// In memory between pieces.
    Home(Var),
}

impl Builder {
    /// From now on `var` has a home, which pieces take it from.
    pub fn give_home(&mut self, var: Var, home: Home) -> Built {
        if self.homes.len() <= var.index() {
            self.homes.resize(var.index() + 1, None)?;
        }
        self.homes[var.index()] = Some(home);
        Ok(())
    }

    pub(super) fn home(&self, var: Var) -> Option<Home> {
        self.homes.get(var.index()).copied().flatten()
    }

    /// [`Builder::write_local`], also where its home is, if it has one.
    pub fn write_home(&mut self, var: Var, value: Vreg) -> Built {
        self.write_local(var, value)?;
        match self.home(var) {
            None => Ok(()),
            Some(Home::Slot(slot, offset)) => self.slot_store(slot, offset, value),
            Some(Home::Behind(base, offset)) => {
                let base = self.read_local(base)?;
                self.store(Width::Word, base, offset, value)
            }
        }
    }

    /// Puts the value of `var` into its home if this piece has changed it.
    pub fn send_home(&mut self, var: Var) -> Built {
        let value = self.read_local(var)?;
        match self.taken.contains(&(var, value)) {
            true => Ok(()),
            false => self.write_home(var, value),
        }
    }

    /// A value for all of the function, at `home` if it is built in pieces.
    pub fn keep(&mut self, value: Vreg, home: Option<Home>) -> Built<Kept> {
        let Some(home) = home else {
            return Ok(Kept::Value(value));
        };
        let var = self.var(self.ty(value), Qstr::NONE)?;
        self.give_home(var, home)?;
        self.write_home(var, value)?;
        Ok(Kept::Home(var))
    }

    /// The value of [`Builder::keep`].
    pub fn kept(&mut self, kept: Kept) -> Built<Vreg> {
        match kept {
            Kept::Value(value) => Ok(value),
            Kept::Home(var) => self.read_local(var),
        }
    }

    /// Takes `var` from its home, in the entry of the piece.
    pub(super) fn take_from(&mut self, home: Home, var: Var) -> Built<Vreg> {
        let inst = match home {
            Home::Slot(slot, offset) => Inst {
                imm: offset,
                ..Inst::new(Op::SlotLoad(slot))
            },
            Home::Behind(base, offset) => {
                let entry = Block::from_index(0);
                let address = match (self.blocks[entry].value(base), self.home(base)) {
                    (Some(value), _) => value,
                    (None, Some(home @ Home::Slot(..))) => {
                        let value = self.take_from(home, base)?;
                        self.set_value(entry, base, value)?;
                        value
                    }
                    _ => return self.undefined(var),
                };
                Inst {
                    a: Some(address),
                    imm: offset,
                    ..Inst::new(Op::Load(Width::Word, 0))
                }
            }
        };
        let (ty, name) = self.vars[var];
        let dst = self.func.vregs.push(VregData { ty, name })?;
        let inst = Inst {
            dst: Some(dst),
            ..inst
        };
        let at = self.taken.len();
        self.func.blocks[Block::from_index(0)]
            .insts
            .insert(at, inst)?;
        self.taken.push((var, dst))?;
        Ok(dst)
    }

    /// Ends the piece at hand and begins the next one, which knows all locals from their homes. No block may be in use
    /// any more; frame slots stay.
    pub fn take_piece(&mut self) -> Built<Func> {
        self.finish_blocks()?;
        let mut next = Func::new(self.func.name, Entry::Words(0));
        next.slots = self.func.slots.try_clone()?;
        let piece = core::mem::replace(&mut self.func, next);
        self.blocks.clear();
        self.phis.clear();
        self.args.clear();
        self.loops.clear();
        self.links.clear();
        self.phi_of.clear();
        self.waiting.clear();
        self.taken.clear();
        self.near.clear();
        self.undefined = [None; 3];
        let first = self.block()?;
        self.seal_block(first)?;
        self.switch_to(first);
        Ok(piece)
    }
}
