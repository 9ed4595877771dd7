//! Calls and casts.
use ferlance_abi::{NativeType, qstr};
use ferlance_bytecode::Op;
use ferlance_bytecode::op::CallArgs;

use super::{Callee, Entry, Infer, Known, Walk};
use crate::direct::MOST_WORDS;
use crate::error::Problem;
use crate::types::Ty;

impl Infer<'_, '_> {
    pub(super) fn call(&mut self, args: CallArgs) -> Walk {
        let below = (args.slots() as usize).checked_add(1);
        let callee = below
            .and_then(|below| self.stack.len().checked_sub(below))
            .and_then(|at| self.stack.get(at))
            .copied();
        match callee {
            None => self.refuse(Problem::Malformed),
            Some(Entry {
                ty: Ty::Cast(to), ..
            }) => self.cast(to, args),
            Some(callee) => {
                if let Some(result) = self.known(callee, args)? {
                    self.pops(args.slots() + 1)?;
                    return Ok(self.stack.push(result)?);
                }
                let callee = callee.ty;
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

    /// What a call gives that needs no runtime; none if it is no such call.
    fn known(&mut self, callee: Entry, args: CallArgs) -> Walk<Option<Entry>> {
        let count = args.positional() as usize;
        let (Some(load), 0, true) = (callee.origin, args.keyword(), self.is_full()) else {
            return Ok(None);
        };
        let Some(Op::LoadGlobal(name)) = self.code.ops().get(load as usize).copied() else {
            return Ok(None);
        };
        let given = self.stack.len() - count;
        let given = self.stack.get(given..).unwrap_or(&[]);
        let result = if let Some(signature) = self.scene.direct(name) {
            let missing = signature.params.len().checked_sub(count);
            if missing.is_none_or(|missing| missing > 0 && !signature.has_defaults) {
                return Ok(None);
            }
            // Where there is nothing to box, as everywhere else.
            if given.iter().any(|entry| matches!(entry.ty, Ty::Cast(_))) {
                return Ok(None);
            }
            // Lengths do not cross direct calls.
            let pointer = |ty: &NativeType| Ty::of(*ty).is_pointer();
            let views = self.scene.sound && signature.params.iter().any(pointer);
            let types = signature.params.iter().copied().chain([signature.result]);
            let wide = types.into_iter().any(NativeType::is_wide);
            let is_short = missing != Some(0);
            let by_runtime = self.scene.small || is_short || views || wide;
            let callee = match by_runtime || signature.words() > MOST_WORDS {
                true => Callee::Typed(signature.result),
                false => Callee::Direct(signature.callee),
            };
            let native = Ty::of(signature.result);
            let native = Some(native).filter(|native| native.is_native());
            Some((
                callee,
                Entry {
                    native,
                    ..Entry::of(Ty::Object)
                },
            ))
        } else if name == qstr!("range") && matches!(self.op_behind(1), Some(Op::GetIterStack)) {
            let number = |entry: &Entry| entry.as_number();
            let types = (given.first().map(number), given.get(1).map(number));
            let step = given.get(2).map(number);
            let counts = match (types, step) {
                ((Some(start), Some(stop)), Some(step))
                    if start.is_int() && start == stop && step.is_int() =>
                {
                    Some(start)
                }
                _ => None,
            };
            counts.map(|ty| {
                let counts = Some(ty);
                (
                    Callee::Range(ty),
                    Entry {
                        counts,
                        ..Entry::of(Ty::Object)
                    },
                )
            })
        } else {
            None
        };
        let Some((callee, entry)) = result else {
            return Ok(None);
        };
        let call = self.at;
        self.types.calls.push(Known { load, call, callee })?;
        Ok(Some(entry))
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
        let ty = Ty::of(to);
        match (value.ty, ty) {
            (Ty::Float, to) if to.is_pointer() => self.note(Problem::Cast(Ty::Float, to))?,
            (from, Ty::Float) if from.is_pointer() => self.note(Problem::Cast(from, ty))?,
            _ => {}
        }
        self.stack.push(Entry {
            literal: value.literal,
            ..Entry::of(ty)
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
