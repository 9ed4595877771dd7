//! What the loader calls function data: machine code with what is known of the function.
//!
//! ```text
//! word 0    index of the prelude behind the children; 0 if there are none, where it is all there is
//! (word 1   generators: offset of the first entry, which our code tells from later ones by its size)
//! code
//! prelude
//! ```

use ferlance_abi::ScopeFlags;
use ferlance_bytecode::bytes::Bytes;
use ferlance_bytecode::machine_lines;
use ferlance_bytecode::module::{CodeId, RawCode, RawKind};
use ferlance_bytecode::varint::write_uint;
use ferlance_bytecode::{Code, NameTable, Prelude};
use ferlance_collections::{OutOfMemory, TryVec};
use ferlance_native_emitter::{Machine, Target};

/// All but the machine code.
#[derive(Debug)]
pub(crate) struct FunctionData {
    children: TryVec<CodeId>,
    is_generator: bool,
    prelude: TryVec<u8>,
}

impl FunctionData {
    /// That of `code`, whose frame has so many words; its names are in `names` then.
    pub(crate) fn new(
        code: &Code,
        n_state: u32,
        names: &mut NameTable,
    ) -> Result<FunctionData, OutOfMemory> {
        let mut info = TryVec::new();
        write_uint(&mut info, u64::from(names.index_of(code.name)?))?;
        for name in code.param_names.iter() {
            write_uint(&mut info, u64::from(names.index_of(*name)?))?;
        }
        let mut prelude = TryVec::new();
        let head = Prelude {
            n_state,
            n_exc_stack: 0,
            flags: code.flags,
            n_pos_args: code.n_pos_args,
            n_kwonly_args: code.n_kwonly_args,
            n_def_pos_args: code.n_def_pos_args,
            n_info: info.len() as u32,
            n_cell: code.cells.len() as u32,
        };
        head.write(&mut prelude)?;
        prelude.extend_from_slice(&info)?;
        prelude.extend_from_slice(&code.cells)?;
        Ok(FunctionData {
            children: TryVec::from_slice(&code.children)?,
            is_generator: code.flags.has(ScopeFlags::GENERATOR),
            prelude,
        })
    }

    /// The raw code of the function, with its machine code.
    pub(crate) fn around(
        self,
        machine: &Machine,
        target: &Target,
    ) -> Result<RawCode<'static>, OutOfMemory> {
        let mut bytes = TryVec::new();
        let word = target.word() as usize;
        let mut push_word = |value: u64| -> Result<(), OutOfMemory> {
            let le = value.to_le_bytes();
            bytes.extend_from_slice(le.get(..word).unwrap_or(&le))
        };
        push_word(self.children.len() as u64)?;
        if self.is_generator {
            push_word(2 * word as u64)?;
        }
        let start = bytes.len() as u32;
        bytes.extend_from_slice(&machine.bytes)?;
        let lines = match target.lines {
            true => {
                let marks = machine.lines.iter();
                let marks = marks.map(|mark| (start + mark.offset, mark.line));
                machine_lines::write(machine.frame_bytes, marks)?.into()
            }
            false => Bytes::EMPTY,
        };
        let prelude_offset = u32::try_from(bytes.len()).map_err(|_| OutOfMemory)?;
        bytes.extend_from_slice(&self.prelude)?;
        Ok(RawCode {
            bytes: bytes.into(),
            children: self.children,
            kind: RawKind::Native { prelude_offset },
            lines,
        })
    }
}
