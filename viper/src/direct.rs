//! Calls that the function of the module itself answers, not the runtime.
//!
//! A function that is the only thing ever bound to its name at the top level of the module is called where it is:
//! arguments and result are words, converted by the caller. The callee's code stands behind the caller's, in the same
//! raw code, so neither the file format nor the loader knows of it.
//!
//! ```text
//! words of a direct entry:  function object of any function of the module, parameters, how much stack is left
//! ```
//!
//! The last word is there if direct calls lead from the callee back to it. The callee counts it down by the size of its
//! frame; below 0 it has itself called by the runtime, which looks at the machine stack: so recursion ends with an
//! exception as always.
use ferlance_abi::{NativeType, Qstr};
use ferlance_bytecode::op::ConstId;
use ferlance_collections::TryVec;

use crate::types::Ty;

/// How much stack nested direct calls may take before the runtime makes one: as many small frames, less one.
///
/// Ports of stock firmware keep 1 KiB for code that does not look at the stack.
pub const MOST_NESTED: i64 = 15;

/// Words of locals, operands and buffers in a frame that count as one small frame more. Registers that are saved come on
/// top.
pub const NESTED_WORDS: u32 = 8;

/// Most words of a direct entry: what all machines have argument registers for.
pub const MOST_WORDS: usize = 4;

/// Which sources are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// What stock accepts, typed as there, and more: see `docs/viper.md`.
    #[default]
    Full,
    /// What stock accepts and no more.
    Stock,
}

/// The value of a parameter that is not given, as far as the source tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Default {
    /// A small int.
    Int(i64),
    /// None.
    None,
    /// True or False.
    Bool(bool),
    /// A string that is a name.
    Name(Qstr),
    /// A place in the module's table of objects.
    Obj(ConstId),
}

/// A function that may be called directly.
#[derive(Debug)]
pub struct Signature {
    /// Its name.
    pub name: Qstr,
    /// The number by which the call names it.
    pub callee: u32,
    /// The types of its parameters.
    pub params: TryVec<NativeType>,
    /// May a call leave out arguments? Then the runtime makes it.
    pub has_defaults: bool,
    /// The type of its result.
    pub result: NativeType,
    /// Do direct calls lead from it back to it?
    pub recursive: bool,
}

impl Signature {
    /// Words of its direct entry.
    pub fn words(&self) -> usize {
        1 + self.params.len() + usize::from(self.recursive)
    }

    /// Words of an array in which the runtime gets the arguments, and what keeps alive what they point to.
    pub(crate) fn array_words(&self) -> u32 {
        let words = |ty: &NativeType| 1 + u32::from(Ty::of(*ty).is_pointer());
        match self.recursive {
            true => self.params.iter().map(words).sum(),
            false => 0,
        }
    }
}

/// How a function is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// By the runtime, with objects.
    Function,
    /// By the runtime, with objects that become words for the function's own direct entry.
    Wrapper,
    /// By direct calls.
    Direct,
}
