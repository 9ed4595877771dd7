//! Where in the source the ops of a [`crate::Code`] come from, for emitters that check types and tell of it.
//!
//! Bytecode needs none of this, so it is recorded only if asked for. Everything is keyed by op index and sorted.
use ferlance_collections::{OutOfMemory, TryVec};

/// From op `at` on, ops belong to the expression or statement that starts at byte `pos` of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// An op index.
    pub at: u32,
    /// A byte of the source.
    pub pos: u32,
}

/// The end of a statement in a block of several, or of such a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StmtEnd {
    /// The index of the op behind it.
    pub at: u32,
    /// How many blocks of several are around it, its own included.
    pub depth: u32,
    /// Where the statement starts; none for the end of a block.
    pub stmt: Option<u32>,
}

/// A correction of the stack depth, where control arrives from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adjust {
    /// The index of the op behind it.
    pub at: u32,
    /// Slots more or fewer.
    pub delta: i32,
}

/// What was recorded.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Whether to record.
    pub on: bool,
    /// Places of ops.
    pub spots: TryVec<Spot>,
    /// Ends of statements and blocks.
    pub stmts: TryVec<StmtEnd>,
    /// Corrections of the depth.
    pub adjusts: TryVec<Adjust>,
}

impl Trace {
    /// Whether to record. Never, where nothing but bytecode is made.
    #[inline]
    pub fn is_on(&self) -> bool {
        cfg!(feature = "trace") && self.on
    }

    /// Forgets everything, keeping the memory.
    pub(crate) fn clear(&mut self) {
        self.on = false;
        self.spots.clear();
        self.stmts.clear();
        self.adjusts.clear();
    }

    /// Ops from `at` on belong to `pos`.
    pub(crate) fn spot(&mut self, at: u32, pos: u32) -> Result<(), OutOfMemory> {
        match self.spots.last_mut() {
            Some(last) if last.pos == pos => Ok(()),
            Some(last) if last.at == at => {
                last.pos = pos;
                Ok(())
            }
            _ => self.spots.push(Spot { at, pos }),
        }
    }

    /// Where op `at` comes from.
    pub fn pos_of(&self, at: u32) -> Option<u32> {
        let behind = self.spots.partition_point(|spot| spot.at <= at);
        let spot = self.spots.get(behind.checked_sub(1)?)?;
        Some(spot.pos)
    }
}
