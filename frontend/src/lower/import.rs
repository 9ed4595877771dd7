//! `import` and `from … import`.

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;
use ferlance_bytecode::Op;

use super::{Lower, Walk};
use crate::ast::{ImportFrom, ImportModule, ImportName, List, Rec};
use crate::diag::Code as Message;
use crate::hir::ScopeKind;
use crate::source::Pos;

impl Lower<'_> {
    pub(super) fn import(&mut self, modules: List<ImportModule>) -> Walk {
        for ImportModule { path, alias } in self.ast.items(modules) {
            self.load_small_int(0)?;
            self.load_none()?;
            let dotted = self.dotted_name(path)?;
            self.name_op(Op::ImportName(dotted), dotted)?;
            let mut parts = self.ast.items(path);
            let first = parts.next().unwrap_or(Qstr::EMPTY);
            match alias {
                None => self.store_name(first)?,
                Some(alias) => {
                    for part in parts {
                        self.load_attr(part)?;
                    }
                    self.store_name(alias)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn import_from(&mut self, import: Rec<ImportFrom>, pos: Pos) -> Walk {
        let ImportFrom { level, path, names } = self.ast.get(import);
        let Some(names) = names else {
            if self.scopes[self.scope].kind != ScopeKind::Module {
                return self.refuse(Message::ImportStarNotModule, pos);
            }
            self.load_small_int(i64::from(level))?;
            self.load_str(qstr!("*"))?;
            self.op(Op::BuildTuple(1))?;
            let dotted = self.dotted_name(path)?;
            self.name_op(Op::ImportName(dotted), dotted)?;
            return self.op(Op::ImportStar);
        };
        let names = self.ast.items(names);
        self.load_small_int(i64::from(level))?;
        for ImportName { name, .. } in names.clone() {
            self.load_str(name)?;
        }
        self.op(Op::BuildTuple(names.len() as u32))?;
        let dotted = self.dotted_name(path)?;
        self.name_op(Op::ImportName(dotted), dotted)?;
        for ImportName { name, alias } in names {
            self.name_op(Op::ImportFrom(name), name)?;
            self.store_name(alias.unwrap_or(name))?;
        }
        self.op(Op::PopTop)
    }

    /// The name `a.b.c`; empty for an empty path.
    fn dotted_name(&mut self, path: List<Qstr>) -> Walk<Qstr> {
        let mut parts = self.ast.items(path);
        let first = parts.next().unwrap_or(Qstr::EMPTY);
        if parts.is_empty() {
            return Ok(first);
        }
        self.dotted.clear();
        self.dotted.extend_from_slice(self.pool.text(first))?;
        for part in parts {
            self.dotted.push(b'.')?;
            self.dotted.extend_from_slice(self.pool.text(part))?;
        }
        Ok(self.pool.intern(&self.dotted)?)
    }
}
