//! Data and relocations of linked C modules (spec native-linking 7.2). The reader has checked that every word to be
//! relocated lies inside the code or the read-only data.

use core::ptr::NonNull;

use ferlance_bytecode::module::{CompiledModule, Linked};
use ferlance_bytecode::mpy::reloc::{Base, Relocs};
use ferlance_collections::TryVec;

use super::fun_table;
use crate::obj::module::Module;
use crate::obj::ptr::Ptr;
use crate::runtime::{R, Runtime};

const WORD: usize = size_of::<usize>();

/// Zeroed data of a linked module, its read-only data behind it.
pub(super) struct Data {
    bss: NonNull<u8>,
    rodata: NonNull<u8>,
}

/// Addresses of a module's tables.
pub(super) struct Tables {
    qstrs: usize,
    objs: usize,
}

impl Tables {
    pub(super) fn of(context: Ptr<Module>) -> Tables {
        Tables {
            qstrs: context
                .qstr_table
                .get()
                .map_or(0, |at| at.expose_provenance().get()),
            objs: context
                .obj_table
                .get()
                .map_or(0, |at| at.expose_provenance().get()),
        }
    }
}

/// Makes the data of all linked modules in a file, in the order of [`CompiledModule::linked`]. It lives, with the
/// context, as long as the runtime: the code's static objects may be anywhere.
pub(super) fn data_of(
    rt: &mut Runtime,
    module: &CompiledModule<'_>,
    context: Ptr<Module>,
) -> R<TryVec<Data>> {
    let mut all = TryVec::new();
    for linked in module.linked.iter() {
        let bss = (linked.bss_len as usize).checked_next_multiple_of(WORD);
        let len = bss.and_then(|bss| bss.checked_add(linked.rodata.len()));
        let (Some(bss), Some(len)) = (bss, len.filter(|len| *len <= isize::MAX as usize)) else {
            return Err(rt.no_memory(usize::MAX));
        };
        let at = rt.alloc_block(len.max(1), false)?;
        // SAFETY: the block holds both parts.
        let rodata = unsafe {
            at.as_ptr().write_bytes(0, len);
            let rodata = at.add(bss);
            rodata.copy_from_nonoverlapping(
                NonNull::from(&linked.rodata[..]).cast(),
                linked.rodata.len(),
            );
            rodata
        };
        let kept = rt
            .native
            .linked
            .push(at.expose_provenance().get())
            .and_then(|()| rt.native.linked.push(context.addr().get()))
            .and_then(|()| all.push(Data { bss: at, rodata }));
        if kept.is_err() {
            return Err(rt.no_memory(3 * WORD));
        }
    }
    Ok(all)
}

/// Relocates the code in `text`, which will run at `at`, and the read-only data.
pub(super) fn apply(linked: &Linked<'_>, text: &mut [u8], at: usize, data: &Data, tables: &Tables) {
    // SAFETY: the data were made for this module, and nobody else looks at them now.
    let rodata =
        unsafe { core::slice::from_raw_parts_mut(data.rodata.as_ptr(), linked.rodata.len()) };
    if linked.flags & Linked::HAS_RELOCS == 0 {
        return;
    }
    for reloc in Relocs::new(&linked.relocs).map_while(Result::ok) {
        let add = match reloc.base {
            Base::Code => at,
            Base::Rodata => data.rodata.expose_provenance().get(),
            Base::Bss => data.bss.expose_provenance().get(),
            Base::QstrTable => tables.qstrs,
            Base::ObjTable => tables.objs,
            Base::FunTable => fun_table::address(),
            Base::FunEntry(slot) => fun_table::content(slot as usize).unwrap_or(0),
        };
        for i in 0..reloc.count as usize {
            let place = (reloc.word as usize + i) * WORD;
            let bytes = if reloc.in_rodata {
                &mut *rodata
            } else {
                &mut *text
            };
            let Some(word) = bytes
                .get_mut(place..)
                .and_then(|rest| rest.first_chunk_mut())
            else {
                continue;
            };
            *word = usize::from_le_bytes(*word).wrapping_add(add).to_le_bytes();
        }
    }
}
