//! The arguments of one call, as they lie on the value stack: positional values, then key/value pairs.

use ferlance_abi::qstr::Qstr;

use crate::obj::word::Obj;

/// Arguments of a call. `values` is `n_pos` positional values followed by key/value pairs (keys are str).
#[derive(Clone, Copy)]
pub struct Args<'a> {
    values: &'a [Obj],
    n_pos: usize,
}

impl<'a> Args<'a> {
    /// Positional arguments only.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub const fn positional(values: &'a [Obj]) -> Args<'a> {
        Args {
            values,
            n_pos: values.len(),
        }
    }

    /// `n_pos` positional values, then key/value pairs.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn new(values: &'a [Obj], n_pos: usize) -> Args<'a> {
        debug_assert!(n_pos <= values.len() && (values.len() - n_pos).is_multiple_of(2));
        Args { values, n_pos }
    }

    /// No arguments.
    pub const NONE: Args<'static> = Args {
        values: &[],
        n_pos: 0,
    };

    /// Number of positional arguments.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn n_pos(&self) -> usize {
        self.n_pos
    }

    /// Number of keyword arguments.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn n_kw(&self) -> usize {
        (self.values.len() - self.n_pos) / 2
    }

    /// The positional arguments.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn pos(&self) -> &'a [Obj] {
        &self.values[..self.n_pos]
    }

    /// Positional argument `i`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn get(&self, i: usize) -> Option<Obj> {
        if i < self.n_pos {
            Some(self.values[i])
        } else {
            None
        }
    }

    /// The keyword arguments.
    pub fn kw(&self) -> impl Iterator<Item = (Obj, Obj)> + 'a {
        self.values[self.n_pos..]
            .chunks_exact(2)
            .map(|pair| (pair[0], pair[1]))
    }

    /// The keyword argument `name`.
    pub fn keyword(&self, name: Qstr) -> Option<Obj> {
        self.kw()
            .find(|(key, _)| *key == Obj::qstr(name))
            .map(|(_, value)| value)
    }

    /// All values, pairs included.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn values(&self) -> &'a [Obj] {
        self.values
    }

    /// Without the first `n` positional arguments.
    #[inline]
    pub fn skip(&self, n: usize) -> Args<'a> {
        let n = n.min(self.n_pos);
        Args {
            values: &self.values[n..],
            n_pos: self.n_pos - n,
        }
    }
}

/// The two counts in the operand of an op or the argument of a native entry: positional and keyword arguments, or
/// targets left and right of a starred one.
#[inline(always)]
pub(crate) const fn counts(word: usize) -> (usize, usize) {
    (word & 0xff, word >> 8 & 0xff)
}
