//! The runtime: a value that holds everything one Python world needs. There are no globals.

use alloc::boxed::Box;

use ferlance_abi::qstr::{Pool, Qstr};

use crate::config;
use crate::exc;
use crate::gc::Heap;
use crate::hal::Hal;
use crate::import::Imports;
use crate::interp::Interp;
use crate::obj::ptr::Ptr;
use crate::obj::ty::Type;
use crate::obj::word::Obj;
use crate::sched::Pending;
use crate::text::print::Word;

/// An exception is being raised; the instance is in the runtime ([`Runtime::take_exception`]).
///
/// Zero-sized, so that `Result<Obj, Raised>` is one register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raised(());

/// What everything that can raise returns.
pub type R<T = Obj> = Result<T, Raised>;

const _: () = assert!(size_of::<R<Obj>>() == size_of::<usize>());

/// One Python world: heap, names, modules, frames, settings.
pub struct Runtime {
    /// The object heap.
    pub heap: Heap,
    /// Interned names.
    pub pool: Pool,
    /// What the board or host provides.
    pub hal: Box<dyn Hal>,
    /// Value stack, frames, current namespaces.
    pub interp: Interp,
    /// `sys.modules`, `sys.path`, the compile hook.
    pub imports: Imports,
    /// Scheduled callbacks and the keyboard interrupt.
    pub pending: Pending,
    /// What native code left behind, and what runs.
    pub native: crate::native::State,
    /// Objects that modules keep: `sys.ps1`, the `atexit` function, overrides of built-in names …
    pub state: crate::modules::State,
    /// Run-time settings (optimisation level of `exec`, `sys.argv` …).
    pub config: config::Settings,
    raised: Option<Obj>,
    memory_error: Option<Obj>,
}

impl Runtime {
    /// A runtime with an empty heap in `heap`.
    ///
    /// # Errors
    /// The first objects did not fit.
    pub fn new(
        heap: Heap,
        hal: Box<dyn Hal>,
        settings: config::Settings,
    ) -> Result<Runtime, ferlance_collections::OutOfMemory> {
        let interp = Interp::new(&settings)?;
        let mut rt = Runtime {
            heap,
            pool: Pool::new(),
            hal,
            interp,
            imports: Imports::new(),
            pending: Pending::new(),
            native: crate::native::State::new(),
            state: crate::modules::State::new(),
            config: settings,
            raised: None,
            memory_error: None,
        };
        let out = |_| ferlance_collections::OutOfMemory;
        rt.memory_error = Some(exc::new_emergency(&mut rt).map_err(out)?);
        crate::import::start(&mut rt).map_err(out)?;
        Ok(rt)
    }

    // ---- raising ----

    /// Raises the exception instance `exc`.
    #[inline]
    pub fn raise_obj(&mut self, exc: Obj) -> Raised {
        self.raised = Some(exc);
        Raised(())
    }

    /// The exception being raised; the caller takes it over.
    pub fn take_exception(&mut self, _: Raised) -> Obj {
        self.raised.take().unwrap_or(Obj::NONE)
    }

    /// Forgets the exception being raised: it is handled.
    #[inline]
    pub fn clear_exception(&mut self) {
        self.raised = None;
    }

    /// The token for the exception that is already being raised.
    #[inline]
    pub fn raised(&self) -> Raised {
        debug_assert!(self.raised.is_some());
        Raised(())
    }

    /// The exception being raised.
    pub fn exception(&self) -> Option<Obj> {
        self.raised
    }

    /// Raises an instance of `ty` with these arguments.
    #[cold]
    pub fn raise(&mut self, ty: &'static Type, args: &[Obj]) -> Raised {
        match exc::new(self, ty, args) {
            Ok(exc) => self.raise_obj(exc),
            Err(raised) => raised,
        }
    }

    /// Raises an instance of `ty` with a text.
    #[cold]
    pub fn raise_msg(&mut self, ty: &'static Type, text: &str) -> Raised {
        match self.new_str(text.as_bytes()) {
            Ok(text) => self.raise(ty, &[text]),
            Err(raised) => raised,
        }
    }

    /// Raises an instance of `ty` with a formatted text.
    #[cold]
    pub fn raise_fmt(&mut self, ty: &'static Type, text: core::fmt::Arguments<'_>) -> Raised {
        if let Some(text) = text.as_str() {
            return self.raise_msg(ty, text);
        }
        let mut buf = crate::text::print::FmtBuf::default();
        let _ = core::fmt::Write::write_fmt(&mut buf, text);
        match self.new_str(buf.bytes()) {
            Ok(text) => self.raise(ty, &[text]),
            Err(raised) => raised,
        }
    }

    /// `TypeError` with a text.
    #[cold]
    pub fn type_error(&mut self, text: &str) -> Raised {
        self.raise_msg(&exc::TYPE_ERROR, text)
    }

    /// `TypeError` with a formatted text.
    #[cold]
    pub fn type_error_fmt(&mut self, text: core::fmt::Arguments<'_>) -> Raised {
        self.raise_fmt(&exc::TYPE_ERROR, text)
    }

    /// `TypeError` with the name of an object's type in place of `{}`.
    #[cold]
    pub fn type_error_of(&mut self, text: &str, obj: Obj) -> Raised {
        let at = text.as_bytes().windows(2).position(|two| two == b"{}");
        let at = at.unwrap_or(text.len());
        let before = Word(text.get(..at).unwrap_or(""));
        let after = Word(text.get(at + 2..).unwrap_or(""));
        let ty = self.type_name(obj);
        self.type_error_fmt(format_args!("{before}{ty}{after}"))
    }

    /// `ValueError` with a text.
    #[cold]
    pub fn value_error(&mut self, text: &str) -> Raised {
        self.raise_msg(&exc::VALUE_ERROR, text)
    }

    /// `ValueError` with a formatted text.
    #[cold]
    pub fn value_error_fmt(&mut self, text: core::fmt::Arguments<'_>) -> Raised {
        self.raise_fmt(&exc::VALUE_ERROR, text)
    }

    /// `KeyError` with the key.
    #[cold]
    pub fn key_error(&mut self, key: Obj) -> Raised {
        self.raise(&exc::KEY_ERROR, &[key])
    }

    /// `IndexError` with a text.
    #[cold]
    pub fn index_error(&mut self, text: &str) -> Raised {
        self.raise_msg(&exc::INDEX_ERROR, text)
    }

    /// `OSError` with an error number.
    #[cold]
    pub fn os_error(&mut self, errno: i32) -> Raised {
        self.raise(&exc::OS_ERROR, &[Obj::int(errno as isize)])
    }

    /// `MemoryError` for a request of `bytes`. Falls back to a preallocated instance without text.
    #[cold]
    pub fn no_memory(&mut self, bytes: usize) -> Raised {
        exc::raise_no_memory(self, self.memory_error, bytes)
    }

    // ---- allocation ----

    /// Moves `value` to the heap. The collector scans all its words.
    #[inline]
    pub fn new_obj<T>(&mut self, value: T) -> R<Ptr<T>> {
        let at = self.alloc_block(size_of::<T>(), false)?;
        // SAFETY: the block is new, large enough and aligned to two words.
        unsafe {
            at.cast::<T>().write(value);
            Ok(Ptr::from_non_null(at.cast()))
        }
    }

    /// Moves `value` to the heap; it holds no references to heap objects (its type is a static).
    #[inline]
    pub fn new_leaf<T>(&mut self, value: T) -> R<Ptr<T>> {
        let at = self.alloc_block(size_of::<T>(), true)?;
        // SAFETY: as above.
        unsafe {
            at.cast::<T>().write(value);
            Ok(Ptr::from_non_null(at.cast()))
        }
    }

    /// A block of at least `bytes`, not initialised; `leaf` = never scanned for references.
    #[inline]
    pub fn alloc_block(&mut self, bytes: usize, leaf: bool) -> R<core::ptr::NonNull<u8>> {
        match self.heap.alloc(bytes, leaf) {
            Some(at) => Ok(at),
            None => self.alloc_slow(bytes, leaf),
        }
    }

    /// A block of `n` words (see [`Runtime::alloc_block`]); an impossible size is a `MemoryError`.
    pub fn alloc_words(&mut self, n: usize, leaf: bool) -> R<core::ptr::NonNull<usize>> {
        match n.checked_mul(size_of::<usize>()) {
            Some(bytes) if bytes <= isize::MAX as usize => {
                Ok(self.alloc_block(bytes, leaf)?.cast())
            }
            _ => Err(self.no_memory(usize::MAX)),
        }
    }

    #[cold]
    #[inline(never)]
    fn alloc_slow(&mut self, bytes: usize, leaf: bool) -> R<core::ptr::NonNull<u8>> {
        crate::gc_glue::alloc_slow(self, bytes, leaf)
    }

    /// The block grown or shrunk to `bytes`, perhaps moved.
    pub fn realloc_block(
        &mut self,
        at: core::ptr::NonNull<u8>,
        _old_bytes: usize,
        bytes: usize,
        _leaf: bool,
    ) -> R<core::ptr::NonNull<u8>> {
        crate::gc_glue::realloc(self, at, bytes)
    }

    /// Gives back a block that nothing refers to.
    pub fn free_block(&mut self, at: core::ptr::NonNull<u8>) {
        // SAFETY: nothing refers to the block, says the caller.
        unsafe { self.heap.free(at) };
    }

    /// Collects garbage now.
    pub fn collect(&mut self) {
        crate::gc_glue::collect(self);
    }

    /// The words that the collector must take as roots and that lie in this structure.
    pub(crate) fn each_root(&self, mut f: impl FnMut(usize)) {
        for obj in [self.raised, self.memory_error].into_iter().flatten() {
            f(obj.raw());
        }
        self.imports.each_root(&mut f);
        self.pending.each_root(&mut f);
        self.native.each_root(&mut f);
        self.state.each_root(&mut f);
        self.interp.each_root(&mut f);
    }

    // ---- depth ----

    /// Raises `RuntimeError: maximum recursion depth exceeded` when the machine stack is nearly used up.
    /// Every function that follows user nesting calls this.
    #[inline]
    pub fn check_stack(&mut self) -> R<()> {
        let here = 0u8;
        if (&raw const here).addr() < self.interp.stack_limit() {
            return Err(self.recursion_error());
        }
        Ok(())
    }

    /// `RuntimeError: maximum recursion depth exceeded`.
    #[cold]
    pub fn recursion_error(&mut self) -> Raised {
        self.raise(
            &exc::RUNTIME_ERROR,
            &[Obj::qstr(ferlance_abi::qstr!(
                "maximum recursion depth exceeded"
            ))],
        )
    }

    // ---- names ----

    /// The interned name of `text`.
    pub fn intern(&mut self, text: &[u8]) -> R<Qstr> {
        match self.pool.intern(text) {
            Ok(name) => Ok(name),
            Err(_) => Err(self.no_memory(text.len())),
        }
    }

    /// The text of a name. Names live as long as the runtime and do not move.
    #[inline]
    pub fn name<'a>(&self, name: Qstr) -> &'a [u8] {
        let text = self.pool.text(name);
        // SAFETY: the pool keeps names in chunks that are neither moved nor freed while the runtime lives,
        // and no reference outlives it: objects and frames are part of it.
        unsafe { core::slice::from_raw_parts(text.as_ptr(), text.len()) }
    }

    /// The text of a name for a message.
    pub fn name_str<'a>(&self, name: Qstr) -> Word<'a> {
        Word(core::str::from_utf8(self.name(name)).unwrap_or("?"))
    }

    /// Name of an object's type, for messages.
    pub fn type_name<'a>(&self, obj: Obj) -> Word<'a> {
        self.name_str(obj.ty().name())
    }
}
