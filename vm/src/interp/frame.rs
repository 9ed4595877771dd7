//! Frames and the stacks they lie on.
//!
//! ```text
//! value stack  │ caller: locals … temporaries │ f │ a0 a1 │
//!                                              callee: └─ locals (arguments first), temporaries, blocks ─┘ top
//! ```
//! The caller's pushed arguments are the callee's first locals. A generator's words lie in its own heap
//! object, in the same order. Frame records stand on a stack of their own.

use core::ptr::NonNull;

use alloc::alloc::{Layout, alloc_zeroed, dealloc};

use ferlance_collections::{OutOfMemory, TryVec};

use super::code::Code;
use crate::config::Settings;
use crate::obj::dict::Dict;
use crate::obj::map::Waiting;
use crate::obj::module::Module;
use crate::obj::ptr::Ptr;
use crate::obj::word::Obj;

/// A word of a frame: an object, or null.
pub type Slot = Option<Obj>;

/// What happens when a frame returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Return {
    /// The loop that was started for it ends.
    ToRust,
    /// The value goes to the caller's stack.
    Value,
    /// The value must be None; the instance (`owner`) goes to the caller's stack.
    Init,
    /// A generator resumed by `FOR_ITER` of the frame below.
    ForIter,
    /// A generator resumed by `YIELD_FROM` of the frame below.
    Delegate,
    /// A generator resumed by Rust code; the loop that was started for it ends.
    GeneratorToRust,
}

/// An active call.
#[repr(C)]
pub struct Frame {
    /// Its code.
    pub code: Ptr<Code>,
    /// First word: local 0.
    pub base: *mut Slot,
    /// Next instruction, while the frame is not the running one.
    pub ip: *const u8,
    /// Next free word, while the frame is not the running one.
    pub sp: *mut Slot,
    /// End of the value stack's used part while this frame runs.
    pub top: *mut Slot,
    /// Where the result goes on the caller's stack.
    pub ret: *mut Slot,
    /// Next free block.
    pub blocks: *mut Block,
    /// Globals of its module.
    pub globals: Ptr<Dict>,
    /// Its module.
    pub context: Ptr<Module>,
    /// The instance of an `__init__`, the generator of a generator.
    pub owner: Slot,
    /// What happens at the end.
    pub ret_kind: Return,
}

/// An exception block: handler, stack depth, the exception being handled.
#[repr(C)]
pub struct Block {
    /// Offset of the handler, tagged as a small int.
    handler: usize,
    /// Depth of temporaries and, in bit 1, whether it is a finally kind; tagged.
    depth: usize,
    /// The exception being handled.
    pub exc: Slot,
}

impl Block {
    /// A block.
    #[inline]
    pub fn new(handler: usize, depth: usize, is_finally: bool) -> Block {
        Block {
            handler: handler << 1 | 1,
            depth: depth << 2 | usize::from(is_finally) << 1 | 1,
            exc: None,
        }
    }

    /// Offset of the handler.
    #[inline]
    pub fn handler(&self) -> usize {
        self.handler >> 1
    }

    /// Words above `base` that the handler starts with.
    #[inline]
    pub fn depth(&self) -> usize {
        self.depth >> 2
    }

    /// Whether it is a `finally` or `with` block.
    #[inline]
    pub fn is_finally(&self) -> bool {
        self.depth & 2 != 0
    }
}

impl Frame {
    /// The first block's place.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn blocks_start(&self) -> *mut Block {
        // SAFETY: a frame has `frame_words` words, the blocks behind its `n_state` words.
        unsafe { self.base.add(self.code.n_state as usize).cast() }
    }

    /// Whether no block is active.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn no_blocks(&self) -> bool {
        self.blocks == self.blocks_start()
    }
}

/// The stacks, and the current namespaces.
pub struct Interp {
    stack: NonNull<Slot>,
    stack_words: usize,
    frames: NonNull<Frame>,
    max_frames: usize,
    /// Number of active frames.
    pub(super) depth: usize,
    /// End of scratch space in use above the running frame, or null.
    pub(super) scratch_top: *mut Slot,
    /// The locals of module and class bodies.
    pub locals: Option<Ptr<Dict>>,
    /// The globals while no frame is active.
    pub main_globals: Option<Ptr<Dict>>,
    /// The globals of native code that runs while no frame is active, when they are others than those.
    native_globals: Option<Ptr<Dict>>,
    stack_limit: usize,
    /// Changes whenever a map of names loses entries from its count (compaction, clear, pop of the newest), with
    /// each collection, and when a built-in name is replaced: what was remembered about an absent name is void
    /// then. See [`crate::obj::map::Map::is_names`].
    pub map_epoch: usize,
    /// Changes whenever positions in any map are no longer what they were.
    pub map_moves: usize,
    /// Searches of maps that wait for a comparison, innermost last.
    pub(crate) waiting: TryVec<Waiting>,
    /// Grows whenever a method found through a class that has subclasses may have changed.
    pub class_epoch: usize,
    /// Whether a class that has subclasses was given a property, descriptor or `__setattr__` late.
    pub late_special: bool,
    /// Whether an instance may have an attribute that its class has a property, descriptor or `__setattr__` for.
    pub(super) late_stores: bool,
    /// What is known of names as attributes, by number: see `changes`.
    pub(super) attr_names: TryVec<u8>,
    /// There was no memory for what is known of some name.
    pub(super) attr_names_lost: bool,
    pub(super) versions: usize,
    /// The latest lookups in classes.
    pub lookups: crate::obj::class::Lookups,
    /// How the last loop that was started for a generator ended: true = it yielded.
    pub(crate) yielded: bool,
}

impl Interp {
    /// Empty stacks.
    ///
    /// # Errors
    /// No memory for them.
    pub fn new(settings: &Settings) -> Result<Interp, OutOfMemory> {
        let stack_words = settings.value_stack_words.max(64);
        let max_frames = settings.max_frames.max(4);
        // Zeroed pages of the system's are not touched before they are used.
        let stack = zeroed::<Slot>(stack_words)?;
        let frames = zeroed::<Frame>(max_frames)?;
        Ok(Interp {
            stack,
            stack_words,
            frames,
            max_frames,
            depth: 0,
            scratch_top: core::ptr::null_mut(),
            locals: None,
            main_globals: None,
            native_globals: None,
            stack_limit: 0,
            map_epoch: 1,
            map_moves: 0,
            waiting: TryVec::new(),
            class_epoch: 0,
            late_special: false,
            late_stores: false,
            attr_names: TryVec::new(),
            attr_names_lost: false,
            versions: 0,
            lookups: Default::default(),
            yielded: false,
        })
    }

    /// Lowest address the machine stack may reach.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn stack_limit(&self) -> usize {
        self.stack_limit
    }

    /// Sets the lowest address the machine stack may reach.
    pub fn set_stack_limit(&mut self, limit: usize) {
        self.stack_limit = limit;
    }

    /// A number that changes whenever a class is made, or a method found through one may have changed.
    pub(crate) fn classes(&self) -> usize {
        self.versions.wrapping_add(self.class_epoch)
    }

    /// Whether a store into an instance that has the attribute may still be another thing than that.
    pub(crate) fn has_late_stores(&self) -> bool {
        self.late_stores
    }

    /// The running frame.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn current(&self) -> Option<&Frame> {
        // SAFETY: `depth` frames are initialised.
        (self.depth > 0).then(|| unsafe { self.frames.add(self.depth - 1).as_ref() })
    }

    /// The globals of the running code.
    pub fn globals(&self) -> Option<Ptr<Dict>> {
        self.current()
            .map(|frame| frame.globals)
            .or(self.native_globals)
            .or(self.main_globals)
    }

    /// Whether these are the globals of the running code.
    #[inline]
    pub(crate) fn runs_in(&self, globals: Ptr<Dict>) -> bool {
        match self.current() {
            Some(frame) => frame.globals == globals,
            None => self.globals() == Some(globals),
        }
    }

    /// The globals that native code would change: for [`Interp::set_native_globals`] to restore.
    #[inline]
    pub(crate) fn native_globals(&self) -> Option<Ptr<Dict>> {
        match self.current() {
            Some(frame) => Some(frame.globals),
            None => self.native_globals,
        }
    }

    /// Sets the globals of the running code: native code has no frame, so it changes those of its caller's and
    /// puts them back when it is done.
    #[inline]
    pub(crate) fn set_native_globals(&mut self, globals: Option<Ptr<Dict>>) {
        if self.depth == 0 {
            self.native_globals = globals;
        } else if let Some(globals) = globals {
            // SAFETY: there is a frame.
            unsafe { (*self.frame_at(self.depth - 1)).globals = globals };
        }
    }

    /// Where the words of a frame pushed from Rust code start.
    #[inline]
    pub(crate) fn top(&self) -> *mut Slot {
        let top = match self.current() {
            Some(frame) => frame.top,
            None => self.stack.as_ptr(),
        };
        if self.scratch_top > top {
            self.scratch_top
        } else {
            top
        }
    }

    /// End of the value stack.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn end(&self) -> *mut Slot {
        // SAFETY: one past the end of the allocation.
        unsafe { self.stack.as_ptr().add(self.stack_words) }
    }

    /// First and last place of the value stack.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn bounds(&self) -> (*mut Slot, *mut Slot) {
        (self.stack.as_ptr(), self.end())
    }

    /// Lets the collector see `n` words above the running frame until [`Interp::release`].
    pub(crate) fn reserve(&mut self, at: *const Slot, n: usize) -> *mut Slot {
        core::mem::replace(&mut self.scratch_top, at.wrapping_add(n).cast_mut())
    }

    /// Ends what [`Interp::reserve`] began.
    pub(crate) fn release(&mut self, before: *mut Slot) {
        self.scratch_top = before;
    }

    /// Room for one more frame record; `None` = too deep.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn next_frame(&mut self) -> Option<NonNull<Frame>> {
        if self.depth == self.max_frames {
            return None;
        }
        // SAFETY: `depth < max_frames`.
        let at = unsafe { self.frames.add(self.depth) };
        self.depth += 1;
        Some(at)
    }

    /// The frame record `i`, counted from the outermost.
    ///
    /// # Safety
    /// `i < depth`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) unsafe fn frame_at(&self, i: usize) -> *mut Frame {
        debug_assert!(i < self.depth);
        // SAFETY: the caller's.
        unsafe { self.frames.add(i).as_ptr() }
    }

    /// How many frames are active.
    #[inline(always)]
    pub(crate) fn n_frames(&self) -> usize {
        self.depth
    }

    /// The active frames, innermost first.
    pub(crate) fn frames(&self) -> impl Iterator<Item = &Frame> {
        // SAFETY: `depth` frames are initialised.
        (0..self.depth)
            .rev()
            .map(|i| unsafe { self.frames.add(i).as_ref() })
    }

    pub(crate) fn each_root(&self, f: &mut impl FnMut(usize)) {
        for dict in [self.locals, self.main_globals, self.native_globals]
            .into_iter()
            .flatten()
        {
            f(dict.obj().raw());
        }
        for frame in self.frames() {
            f(frame.code.addr().get());
            f(frame.globals.addr().get());
            f(frame.context.addr().get());
            if let Some(owner) = frame.owner {
                f(owner.raw());
            }
        }
    }

    pub(crate) fn each_range(&self, mut f: impl FnMut(*const usize, usize)) {
        // The whole used part: words above a frame's temporaries may be stale, which costs at most a late free.
        let from = self.stack.as_ptr();
        let words = (self.top() as usize - from as usize) / size_of::<Slot>();
        f(from.cast(), words);
    }
}

impl Drop for Interp {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with the same layouts.
        unsafe {
            dealloc(
                self.stack.as_ptr().cast(),
                Layout::array::<Slot>(self.stack_words).unwrap_unchecked(),
            );
            dealloc(
                self.frames.as_ptr().cast(),
                Layout::array::<Frame>(self.max_frames).unwrap_unchecked(),
            );
        }
    }
}

fn zeroed<T>(n: usize) -> Result<NonNull<T>, OutOfMemory> {
    let layout = Layout::array::<T>(n).map_err(|_| OutOfMemory)?;
    // SAFETY: the layout is not of size zero.
    NonNull::new(unsafe { alloc_zeroed(layout) }.cast()).ok_or(OutOfMemory)
}
