//! Names defined with `const()`.

use ferlance_abi::qstr::Qstr;
use ferlance_collections::{HashIndex, OutOfMemory, TryVec};

use crate::ast::ExprKind;

/// The constants defined so far. Most files have none, and pay one comparison per name.
#[derive(Default)]
pub(super) struct Consts {
    index: HashIndex,
    values: TryVec<(Qstr, ExprKind)>,
}

impl Consts {
    /// What stands for `name`: an `Int`, or a `Const` for any other value.
    #[inline]
    pub(super) fn get(&self, name: Qstr) -> Option<ExprKind> {
        if self.values.is_empty() {
            return None;
        }
        self.find(name)
    }

    fn find(&self, name: Qstr) -> Option<ExprKind> {
        let is_it = |i: u32| self.values.get(i as usize).is_some_and(|v| v.0 == name);
        let found = self.index.find(hash(name), is_it)?;
        self.values.get(found as usize).map(|v| v.1)
    }

    /// Defines `name`, which is not defined yet: else it would have been replaced where it stands.
    pub(super) fn define(&mut self, name: Qstr, value: ExprKind) -> Result<(), OutOfMemory> {
        let at = u32::try_from(self.values.len()).map_err(|_| OutOfMemory)?;
        self.values.push((name, value))?;
        self.index.insert(hash(name), at)
    }
}

fn hash(name: Qstr) -> u32 {
    name.number().wrapping_mul(0x9e37_79b1)
}
