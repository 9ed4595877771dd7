//! Calls and casts.
use ferlance_abi::NativeType;
use ferlance_bytecode::op::CallArgs;

use super::{Entry, Infer, Walk};
use crate::error::Problem;
use crate::types::Ty;

impl Infer<'_, '_> {
    pub(super) fn call(&mut self, args: CallArgs) -> Walk {
        let below = (args.slots() as usize).checked_add(1);
        let callee = below
            .and_then(|below| self.stack.len().checked_sub(below))
            .and_then(|at| self.stack.get(at))
            .map(|entry| entry.ty);
        match callee {
            None => self.refuse(Problem::Malformed),
            Some(Ty::Cast(to)) => self.cast(to, args),
            Some(callee) => {
                for _ in 0..args.slots() {
                    self.boxed()?;
                }
                self.pop()?;
                self.push(Ty::Object)?;
                match callee {
                    Ty::Object => Ok(()),
                    ty => self.note(Problem::Call(ty)),
                }
            }
        }
    }

    /// `T(x)`: another type for the same word, or a conversion of an object.
    pub(super) fn cast(&mut self, to: NativeType, args: CallArgs) -> Walk {
        if (args.positional(), args.keyword()) != (1, 0) {
            self.pops(args.slots() + 1)?;
            self.push(Ty::of(to))?;
            return self.note(Problem::CastArguments);
        }
        let value = self.pop_entry()?;
        self.pop()?;
        if let Ty::Cast(_) = value.ty {
            return self.refuse(Problem::CastOfCast);
        }
        self.stack.push(Entry {
            ty: Ty::of(to),
            literal: value.literal,
        })?;
        Ok(())
    }

    pub(super) fn star_call(&mut self, slots: u32) -> Walk {
        self.pop()?; // the bitmap
        for _ in 0..slots {
            let entry = self.pop_entry()?;
            self.boxes(entry)?;
            if entry.ty.is_native() {
                self.note(Problem::StarCall(entry.ty))?;
            }
        }
        Ok(self.push(Ty::Object)?)
    }
}
