//! Loaded code of one function: what `import::load` makes of a raw code, ready for the loop.

use core::cell::Cell;

use ferlance_abi::qstr::Qstr;
use ferlance_abi::{CodeKind, ScopeFlags, layout};

use super::region::Region;
use crate::obj::ptr::Ptr;
use crate::obj::word::Obj;

/// Code of one function. The first word is the stock raw code header (spec native-abi 3.6), so that native
/// code may hold pointers to it and hand them back.
#[repr(C)]
pub struct Code {
    /// Bytes 0, 0, kind, is-generator.
    pub head: usize,
    /// First instruction. On hosts a private copy that the loop may rewrite, see `interp::quick`.
    pub bytes: *const u8,
    /// Children in order.
    pub children: *const Ptr<Code>,
    /// Bytes of instructions.
    pub n_bytes: u32,
    /// Words of locals and temporaries.
    pub n_state: u16,
    /// Most blocks at one time. Of an inline assembler function: the type code of its result.
    pub n_exc: u16,
    /// Local slots that instructions name, parameters included.
    pub n_locals: u16,
    /// Positional parameters, free variables included.
    pub n_pos: u16,
    /// Keyword-only parameters.
    pub n_kwonly: u16,
    /// Positional defaults.
    pub n_def_pos: u16,
    /// Properties of the function.
    pub flags: ScopeFlags,
    /// Whether a call with exactly `n_pos` positional values needs no binding at all.
    pub simple: bool,
    /// Number of entries in `cells`.
    pub n_cells: u16,
    /// Slots whose values move into cells on entry.
    pub cells: *const u8,
    /// Number of children.
    pub n_children: u32,
    /// Number of caches.
    pub n_caches: u32,
    /// Inline caches.
    pub caches: *mut Cache,
    /// The module's names.
    pub names: *const Qstr,
    /// The module's constants.
    pub consts: *const Obj,
    /// Names of the parameter slots: `n_pos + n_kwonly`.
    pub params: *const Qstr,
    /// The function's own name.
    pub name: Qstr,
    /// The source file.
    pub file: Qstr,
    /// Line table.
    pub lines: *const u8,
    /// Bytes of the line table.
    pub n_lines: u32,
    /// Jumps back until one of its loops is translated.
    pub(crate) heat: Cell<u32>,
    /// Translated loops.
    pub(crate) regions: Cell<Option<Ptr<Region>>>,
}

/// What one site remembers of its last lookup. Never keeps anything alive: a stale entry does not match.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Cache {
    /// The name looked up.
    pub name: Qstr,
    /// Entry of the map in which it was found.
    pub slot: u32,
    /// Type or table that was looked in.
    pub key: usize,
    /// Version of `key`.
    pub version: usize,
    /// What was found.
    pub value: usize,
}

impl Cache {
    /// A cache that matches nothing.
    pub fn new(name: Qstr) -> Cache {
        Cache {
            name,
            slot: 0,
            key: 0,
            version: 0,
            value: 0,
        }
    }
}

impl Code {
    /// What kind of code it is.
    #[inline]
    pub fn kind(&self) -> Option<CodeKind> {
        let number = self.head.to_le_bytes()[layout::RAW_CODE_KIND_BYTE];
        CodeKind::from_number(number.wrapping_sub(CodeKind::Bytecode.raw_code_number()))
    }

    /// Words of a frame: locals and temporaries, then three for each block.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn frame_words(&self) -> usize {
        self.n_state as usize + BLOCK_WORDS * self.n_exc as usize
    }

    /// Name of parameter slot `i`.
    #[inline]
    pub fn param(&self, i: usize) -> Qstr {
        debug_assert!(i < self.n_pos as usize + self.n_kwonly as usize);
        // SAFETY: there is one name for each parameter slot.
        unsafe { *self.params.add(i) }
    }

    /// The child `i`.
    ///
    /// # Safety
    /// `i < n_children`: the verifier checked the instruction.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub unsafe fn child(&self, i: usize) -> Ptr<Code> {
        debug_assert!(i < self.n_children as usize);
        // SAFETY: the caller's.
        unsafe { *self.children.add(i) }
    }

    /// The line of the instruction at `offset` (spec bytecode 1.4).
    pub fn line_at(&self, offset: usize) -> u32 {
        // SAFETY: the loader copied `n_lines` bytes.
        let table = unsafe { core::slice::from_raw_parts(self.lines, self.n_lines as usize) };
        let (mut at, mut line) = (0usize, 1u32);
        let mut bytes = table.iter().copied();
        while let Some(b) = bytes.next() {
            let (step, lines) = if b & 0x80 == 0 {
                ((b & 0x1f) as usize, u32::from(b >> 5))
            } else {
                let Some(low) = bytes.next() else { break };
                (
                    (b & 0x0f) as usize,
                    (u32::from(b & 0x70) << 4) | u32::from(low),
                )
            };
            at += step;
            if at > offset {
                break;
            }
            line += lines;
        }
        line
    }
}

/// Words of a block on a frame's block stack.
pub const BLOCK_WORDS: usize = 3;
