//! Printing any object.

use crate::obj::ty::PrintKind;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::{Print, TextBuf};

impl Runtime {
    /// Prints an object to `out`.
    pub fn print(&mut self, obj: Obj, kind: PrintKind, out: &mut dyn Print) -> R<()> {
        self.check_stack()?;
        match obj.ty().vt().print {
            Some(print) => print(self, obj, kind, out),
            None => {
                let ty = self.type_name(obj);
                out.write(self, b"<")?;
                out.write(self, ty.as_bytes())?;
                out.write(self, b">")
            }
        }
    }

    /// The text of an object.
    pub fn text_of(&mut self, obj: Obj, kind: PrintKind) -> R<TextBuf> {
        let mut out = TextBuf::default();
        self.print(obj, kind, &mut out)?;
        Ok(out)
    }
}
