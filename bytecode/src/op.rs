//! **The** op table: every operation of the bytecode machine once.
//!
//! From it come the symbolic [`Op`], the opcode numbers, stack effects, the assembler, the decoder, the listings
//! and the run time's dispatch. Ops that have compact forms (small ints, the first sixteen locals, operators) are
//! one row; [`SHORT_FORMS`] lists the byte ranges of the compact forms.
//!
//! The operand's format follows from the opcode byte alone: see [`Format::of`].
use core::fmt;

use ferlance_abi::{BinaryOp, Qstr, UnaryOp};
use ferlance_collections::index_type;

index_type! {
    /// A local slot, or the slot that holds a cell.
    pub struct Local(pub u32);
    /// A jump target: a label of a `Code`, or a byte offset from the first instruction in decoded bytes.
    pub struct Label(pub u32);
    /// A child of the function, in order of evaluation.
    pub struct Child(pub u32);
    /// An entry of the module's object table.
    pub struct ConstId(pub u32);
}

/// A small int operand: a value of 31 bits, or the place of a wider one in a side table.
///
/// An `Op` is eight bytes; wider values are rare and live in `Code::wide_ints` or in the decoder.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SmallInt(i32);

impl SmallInt {
    /// The operand holding `value` itself, if it has at most 31 bits.
    #[inline]
    pub const fn inline(value: i64) -> Option<SmallInt> {
        if value >= -(1 << 30) && value < 1 << 30 {
            Some(SmallInt((value as i32) << 1))
        } else {
            None
        }
    }

    /// The operand that stands for entry `at` of a side table.
    #[inline]
    pub(crate) const fn wide(at: u32) -> SmallInt {
        SmallInt((at << 1 | 1) as i32)
    }

    /// The value: its own, or looked up among `wide` ones. 0 if the table lacks it.
    #[inline]
    pub fn value(self, wide: &[i64]) -> i64 {
        if self.0 & 1 == 0 {
            (self.0 >> 1) as i64
        } else {
            wide.get((self.0 as u32 >> 1) as usize)
                .copied()
                .unwrap_or(0)
        }
    }
}

/// The argument counts of a call: `positional | keyword << 8`.
///
/// More than 255 of a kind spill over, as upstream's do: the format has no room for them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CallArgs(pub u32);

impl CallArgs {
    /// Counts of positional values and of keyword pairs.
    #[inline]
    pub const fn new(positional: u32, keyword: u32) -> CallArgs {
        CallArgs(positional.wrapping_add(keyword << 8))
    }

    /// Positional values.
    #[inline]
    pub const fn positional(self) -> u32 {
        self.0 & 0xff
    }

    /// Keyword pairs.
    #[inline]
    pub const fn keyword(self) -> u32 {
        self.0 >> 8 & 0xff
    }

    /// Stack slots that the arguments take.
    #[inline]
    pub const fn slots(self) -> u32 {
        self.positional() + 2 * self.keyword()
    }
}

/// The item counts around a starred target: `left | right << 8`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Unpack(pub u32);

impl Unpack {
    /// Counts of targets before and after the star.
    #[inline]
    pub const fn new(left: u32, right: u32) -> Unpack {
        Unpack(left.wrapping_add(right << 8))
    }

    /// Targets before the star.
    #[inline]
    pub const fn left(self) -> u32 {
        self.0 & 0xff
    }

    /// Targets after the star.
    #[inline]
    pub const fn right(self) -> u32 {
        self.0 >> 8 & 0xff
    }
}

/// What `STORE_COMP` adds to, and where that is: `depth << 2 | kind`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Comp(pub u32);

/// The collection that a comprehension builds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum CompKind {
    /// A list.
    List = 0,
    /// A dict; key on top, value below.
    Dict = 1,
    /// A set.
    Set = 2,
}

impl Comp {
    /// A collection `depth` slots below the top.
    #[inline]
    pub const fn new(kind: CompKind, depth: u32) -> Comp {
        Comp(depth << 2 | kind as u32)
    }

    /// The kind; `None` for the unused fourth code.
    #[inline]
    pub const fn kind(self) -> Option<CompKind> {
        match self.0 & 3 {
            0 => Some(CompKind::List),
            1 => Some(CompKind::Dict),
            2 => Some(CompKind::Set),
            _ => None,
        }
    }

    /// How far below the top the collection is.
    #[inline]
    pub const fn depth(self) -> u32 {
        self.0 >> 2
    }

    /// Values popped: two for a dict, else one.
    #[inline]
    pub const fn pops(self) -> u32 {
        if self.0 & 3 == 1 { 2 } else { 1 }
    }
}

/// Bytecode operations: name, number, operands, stack effect, meaning. One row each, by number.
///
/// `pops` and `pushes` are expressions over the operands. They are what stack accounting uses; where the paths of
/// a jump differ they describe the path that falls through.
#[macro_export]
macro_rules! for_each_op {
    ($then:path) => {
        $then! {
            /// Push the name as a str.
            LoadConstString      = LOAD_CONST_STRING       0x10 (name: Qstr)            pops 0, pushes 1;
            /// Push from the locals dict, else as `LoadGlobal`.
            LoadName             = LOAD_NAME               0x11 (name: Qstr)            pops 0, pushes 1;
            /// Push from the globals, else from the built-ins.
            LoadGlobal           = LOAD_GLOBAL             0x12 (name: Qstr)            pops 0, pushes 1;
            /// Replace the object on top by its attribute.
            LoadAttr             = LOAD_ATTR               0x13 (name: Qstr)            pops 1, pushes 1;
            /// Replace the object on top by function and self; self is null if the function takes none.
            LoadMethod           = LOAD_METHOD             0x14 (name: Qstr)            pops 1, pushes 2;
            /// Replace super, class, object by function and self, looked up past the class.
            LoadSuperMethod      = LOAD_SUPER_METHOD       0x15 (name: Qstr)            pops 3, pushes 2;
            /// Pop into the locals dict.
            StoreName            = STORE_NAME              0x16 (name: Qstr)            pops 1, pushes 0;
            /// Pop into the globals dict.
            StoreGlobal          = STORE_GLOBAL            0x17 (name: Qstr)            pops 1, pushes 0;
            /// Pop object, then value; set the attribute, or delete it if the value is null.
            StoreAttr            = STORE_ATTR              0x18 (name: Qstr)            pops 2, pushes 0;
            /// Delete from the locals dict.
            DeleteName           = DELETE_NAME             0x19 (name: Qstr)            pops 0, pushes 0;
            /// Delete from the globals dict.
            DeleteGlobal         = DELETE_GLOBAL           0x1a (name: Qstr)            pops 0, pushes 0;
            /// Replace level and fromlist by the module.
            ImportName           = IMPORT_NAME             0x1b (name: Qstr)            pops 2, pushes 1;
            /// Push a name of the module on top.
            ImportFrom           = IMPORT_FROM             0x1c (name: Qstr)            pops 1, pushes 2;
            /// Replace the cells on top by a closure of the child.
            MakeClosure          = MAKE_CLOSURE            0x20 (child: Child, cells: u8) pops cells as u32, pushes 1;
            /// As `MakeClosure`, with defaults and keyword defaults (or nulls) below the cells.
            MakeClosureDefargs   = MAKE_CLOSURE_DEFARGS    0x21 (child: Child, cells: u8) pops cells as u32 + 2, pushes 1;
            /// Push the small int.
            LoadConstSmallInt    = LOAD_CONST_SMALL_INT    0x22 (value: SmallInt)       pops 0, pushes 1;
            /// Push an entry of the object table.
            LoadConstObj         = LOAD_CONST_OBJ          0x23 (object: ConstId)       pops 0, pushes 1;
            /// Push a local; NameError if it is unset.
            LoadFast             = LOAD_FAST               0x24 (local: Local)          pops 0, pushes 1;
            /// Push the content of the cell in a slot; NameError if it is empty.
            LoadDeref            = LOAD_DEREF              0x25 (local: Local)          pops 0, pushes 1;
            /// Pop into a local.
            StoreFast            = STORE_FAST              0x26 (local: Local)          pops 1, pushes 0;
            /// Pop into the cell in a slot.
            StoreDeref           = STORE_DEREF             0x27 (local: Local)          pops 1, pushes 0;
            /// Unset a local; NameError if it is unset already.
            DeleteFast           = DELETE_FAST             0x28 (local: Local)          pops 0, pushes 0;
            /// Empty the cell in a slot; NameError if it is empty already.
            DeleteDeref          = DELETE_DEREF            0x29 (local: Local)          pops 0, pushes 0;
            /// Replace the items on top by a tuple of them.
            BuildTuple           = BUILD_TUPLE             0x2a (count: u32)            pops count, pushes 1;
            /// Replace the items on top by a list of them.
            BuildList            = BUILD_LIST              0x2b (count: u32)            pops count, pushes 1;
            /// Push an empty dict with room for some entries.
            BuildMap             = BUILD_MAP               0x2c (count: u32)            pops 0, pushes 1;
            /// Replace the items on top by a set of them.
            BuildSet             = BUILD_SET               0x2d (count: u32)            pops count, pushes 1;
            /// Replace start, stop and, for a count of 3, step by a slice.
            BuildSlice           = BUILD_SLICE             0x2e (count: u32)            pops count, pushes 1;
            /// Add the value on top to a collection deeper in the stack.
            StoreComp            = STORE_COMP              0x2f (comp: Comp)            pops comp.pops(), pushes 0;
            /// Replace the iterable on top by its items, the first on top.
            UnpackSequence       = UNPACK_SEQUENCE         0x30 (count: u32)            pops 1, pushes count;
            /// Replace the iterable by left items on top, a list of the middle, right items below.
            UnpackEx             = UNPACK_EX               0x31 (counts: Unpack)        pops 1, pushes counts.left() + counts.right() + 1;
            /// Push a function of the child.
            MakeFunction         = MAKE_FUNCTION           0x32 (child: Child)          pops 0, pushes 1;
            /// Replace defaults and keyword defaults (or nulls) by a function of the child.
            MakeFunctionDefargs  = MAKE_FUNCTION_DEFARGS   0x33 (child: Child)          pops 2, pushes 1;
            /// Replace function and arguments by the result of the call.
            CallFunction         = CALL_FUNCTION           0x34 (args: CallArgs)        pops args.slots() + 1, pushes 1;
            /// As `CallFunction`, with the bitmap of starred positions on top.
            CallFunctionVarKw    = CALL_FUNCTION_VAR_KW    0x35 (args: CallArgs)        pops args.slots() + 2, pushes 1;
            /// Replace function, self or null, and arguments by the result of the call.
            CallMethod           = CALL_METHOD             0x36 (args: CallArgs)        pops args.slots() + 2, pushes 1;
            /// As `CallMethod`, with the bitmap of starred positions on top.
            CallMethodVarKw      = CALL_METHOD_VAR_KW      0x37 (args: CallArgs)        pops args.slots() + 3, pushes 1;
            /// Jump out through blocks; bit 7 of the count also drops four loop slots.
            UnwindJump           = UNWIND_JUMP             0x40 (to: Label, blocks: u8) pops 0, pushes 0;
            /// Jump.
            Jump                 = JUMP                    0x42 (to: Label)             pops 0, pushes 0;
            /// Pop; jump if it is true.
            PopJumpIfTrue        = POP_JUMP_IF_TRUE        0x43 (to: Label)             pops 1, pushes 0;
            /// Pop; jump if it is false.
            PopJumpIfFalse       = POP_JUMP_IF_FALSE       0x44 (to: Label)             pops 1, pushes 0;
            /// Jump keeping the value if it is true, else pop it.
            JumpIfTrueOrPop      = JUMP_IF_TRUE_OR_POP     0x45 (to: Label)             pops 1, pushes 0;
            /// Jump keeping the value if it is false, else pop it.
            JumpIfFalseOrPop     = JUMP_IF_FALSE_OR_POP    0x46 (to: Label)             pops 1, pushes 0;
            /// Replace a context manager by its exit function and self, push a block, push what enter gave.
            SetupWith            = SETUP_WITH              0x47 (to: Label)             pops 1, pushes 3;
            /// Push an except block with its handler at the target.
            SetupExcept          = SETUP_EXCEPT            0x48 (to: Label)             pops 0, pushes 0;
            /// Push a finally block with its handler at the target.
            SetupFinally         = SETUP_FINALLY           0x49 (to: Label)             pops 0, pushes 0;
            /// Drop the top block and jump.
            PopExceptJump        = POP_EXCEPT_JUMP         0x4a (to: Label)             pops 0, pushes 0;
            /// Push the next item of the iterator in the top four slots; at its end drop them and jump.
            ForIter              = FOR_ITER                0x4b (to: Label)             pops 0, pushes 1;
            /// Push False.
            LoadConstFalse       = LOAD_CONST_FALSE        0x50                         pops 0, pushes 1;
            /// Push None.
            LoadConstNone        = LOAD_CONST_NONE         0x51                         pops 0, pushes 1;
            /// Push True.
            LoadConstTrue        = LOAD_CONST_TRUE         0x52                         pops 0, pushes 1;
            /// Push null: an absent default, a value that deletes, the key of `**`, an iterator slot.
            LoadNull             = LOAD_NULL               0x53                         pops 0, pushes 1;
            /// Push the class builder.
            LoadBuildClass       = LOAD_BUILD_CLASS        0x54                         pops 0, pushes 1;
            /// Replace object and index by the item.
            LoadSubscr           = LOAD_SUBSCR             0x55                         pops 2, pushes 1;
            /// Pop index, object, value; set the item, or delete it if the value is null.
            StoreSubscr          = STORE_SUBSCR            0x56                         pops 3, pushes 0;
            /// Push the top again.
            DupTop               = DUP_TOP                 0x57                         pops 1, pushes 2;
            /// Push the top two again.
            DupTopTwo            = DUP_TOP_TWO             0x58                         pops 2, pushes 4;
            /// Drop the top.
            PopTop               = POP_TOP                 0x59                         pops 1, pushes 0;
            /// Exchange the top two.
            RotTwo               = ROT_TWO                 0x5a                         pops 2, pushes 2;
            /// Move the top below the next two.
            RotThree             = ROT_THREE               0x5b                         pops 3, pushes 3;
            /// Call the exit function below the finally state; leave the state.
            WithCleanup          = WITH_CLEANUP            0x5c                         pops 3, pushes 1;
            /// Drop the top block; go on as the finally state on top says.
            EndFinally           = END_FINALLY             0x5d                         pops 1, pushes 0;
            /// Replace the top by its iterator.
            GetIter              = GET_ITER                0x5e                         pops 1, pushes 1;
            /// Replace the top by its iterator in four slots.
            GetIterStack         = GET_ITER_STACK          0x5f                         pops 1, pushes 4;
            /// Pop key, then value, into the dict that is then on top.
            StoreMap             = STORE_MAP               0x62                         pops 3, pushes 1;
            /// Return the top, through finally blocks.
            ReturnValue          = RETURN_VALUE            0x63                         pops 1, pushes 0;
            /// Raise again the exception being handled.
            RaiseLast            = RAISE_LAST              0x64                         pops 0, pushes 0;
            /// Raise the top.
            RaiseObj             = RAISE_OBJ               0x65                         pops 1, pushes 0;
            /// Pop the cause, raise the next.
            RaiseFrom            = RAISE_FROM              0x66                         pops 2, pushes 0;
            /// Suspend with the top; what is sent in replaces it.
            YieldValue           = YIELD_VALUE             0x67                         pops 1, pushes 1;
            /// Delegate to the iterator below the value to send; leaves the result.
            YieldFrom            = YIELD_FROM              0x68                         pops 2, pushes 1;
            /// Pop a module; store its public names in the locals dict.
            ImportStar           = IMPORT_STAR             0x69                         pops 1, pushes 0;
            /// Replace the top by the operator's result.
            Unary                = UNARY_OP                0xd0 (op: UnaryOp)           pops 1, pushes 1;
            /// Replace the top two by the operator's result; the right operand is on top.
            Binary               = BINARY_OP               0xd7 (op: BinaryOp)          pops 2, pushes 1;
        }
    };
}

macro_rules! define {
    ($($(#[$doc:meta])* $op:ident = $name:ident $number:literal $(($($operand:ident: $ty:ident),+))?
       pops $pops:expr, pushes $pushes:expr;)*) => {
        /// An operation with its operands, or one of two markers that make no bytes. Eight bytes.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Op {
            $($(#[$doc])* $op $(($($ty),+))?,)*
            /// Marker: a label stands here.
            Label(Label),
            /// Marker: what follows belongs to this source line.
            Line(u32),
        }

        /// Opcode bytes by their names in listings; of ops with short forms, the long form or the first short one.
        #[allow(missing_docs, reason = "the names are those of the table")]
        pub mod opcode {
            $(pub const $name: u8 = $number;)*
        }

        impl Op {
            /// The opcode byte: the long form if there is one, else the first short one. `None` for markers.
            pub const fn opcode(&self) -> Option<u8> {
                match self {
                    $(Op::$op { .. } => Some($number),)*
                    Op::Label(_) | Op::Line(_) => None,
                }
            }

            /// The name in listings.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Op::$op { .. } => stringify!($name),)*
                    Op::Label(_) => "label",
                    Op::Line(_) => "line",
                }
            }

            /// Values taken off the stack and values put on it.
            #[inline]
            #[allow(unused_variables, reason = "most effects do not depend on the operands")]
            pub const fn stack_effect(&self) -> (u32, u32) {
                match *self {
                    $(Op::$op $(($($operand),+))? => ($pops, $pushes),)*
                    Op::Label(_) | Op::Line(_) => (0, 0),
                }
            }
        }

        /// The listing name of an opcode byte; `None` if it is not assigned.
        pub const fn name_of(byte: u8) -> Option<&'static str> {
            match long_form(byte) {
                // Upstream's names tell the forms with an operand apart.
                opcode::LOAD_FAST if byte == opcode::LOAD_FAST => Some("LOAD_FAST_N"),
                opcode::STORE_FAST if byte == opcode::STORE_FAST => Some("STORE_FAST_N"),
                $($number => Some(stringify!($name)),)*
                _ => None,
            }
        }
    };
}
for_each_op!(define);

/// The pattern of all ops that have such operands, or none.
macro_rules! ops_with {
    (name $name:pat) => {
        Op::LoadConstString($name)
            | Op::LoadName($name)
            | Op::LoadGlobal($name)
            | Op::LoadAttr($name)
            | Op::LoadMethod($name)
            | Op::LoadSuperMethod($name)
            | Op::StoreName($name)
            | Op::StoreGlobal($name)
            | Op::StoreAttr($name)
            | Op::DeleteName($name)
            | Op::DeleteGlobal($name)
            | Op::ImportName($name)
            | Op::ImportFrom($name)
    };
    (local $local:pat) => {
        Op::LoadFast($local)
            | Op::LoadDeref($local)
            | Op::StoreFast($local)
            | Op::StoreDeref($local)
            | Op::DeleteFast($local)
            | Op::DeleteDeref($local)
    };
    (count $count:pat) => {
        Op::BuildTuple($count)
            | Op::BuildList($count)
            | Op::BuildMap($count)
            | Op::BuildSet($count)
            | Op::BuildSlice($count)
            | Op::UnpackSequence($count)
    };
    (args $args:pat) => {
        Op::CallFunction($args)
            | Op::CallFunctionVarKw($args)
            | Op::CallMethod($args)
            | Op::CallMethodVarKw($args)
    };
    (signed target $to:pat) => {
        Op::Jump($to) | Op::PopJumpIfTrue($to) | Op::PopJumpIfFalse($to)
    };
    (forward target $to:pat) => {
        Op::JumpIfTrueOrPop($to)
            | Op::JumpIfFalseOrPop($to)
            | Op::SetupWith($to)
            | Op::SetupExcept($to)
            | Op::SetupFinally($to)
            | Op::PopExceptJump($to)
            | Op::ForIter($to)
    };
    (nothing) => {
        Op::LoadConstFalse
            | Op::LoadConstNone
            | Op::LoadConstTrue
            | Op::LoadNull
            | Op::LoadBuildClass
            | Op::LoadSubscr
            | Op::StoreSubscr
            | Op::DupTop
            | Op::DupTopTwo
            | Op::PopTop
            | Op::RotTwo
            | Op::RotThree
            | Op::WithCleanup
            | Op::EndFinally
            | Op::GetIter
            | Op::GetIterStack
            | Op::StoreMap
            | Op::ReturnValue
            | Op::RaiseLast
            | Op::RaiseObj
            | Op::RaiseFrom
            | Op::YieldValue
            | Op::YieldFrom
            | Op::ImportStar
    };
}
pub(crate) use ops_with;

const _: () = assert!(size_of::<Op>() == 8);
const _: () = assert!(opcode::IMPORT_STAR == 0x69 && opcode::BINARY_OP == 0xd7);

/// Byte ranges of compact forms: first byte, count, value of the first, the opcode that they shorten.
pub const SHORT_FORMS: [(u8, u8, i8, u8); 5] = [
    (
        SMALL_INT_MULTI,
        64,
        SMALL_INT_MULTI_FIRST,
        opcode::LOAD_CONST_SMALL_INT,
    ),
    (LOAD_FAST_MULTI, 16, 0, opcode::LOAD_FAST),
    (STORE_FAST_MULTI, 16, 0, opcode::STORE_FAST),
    (opcode::UNARY_OP, 4, 0, opcode::UNARY_OP),
    (opcode::BINARY_OP, 35, 0, opcode::BINARY_OP),
];

/// First opcode that pushes a small int by itself.
pub const SMALL_INT_MULTI: u8 = 0x70;
/// The small int that [`SMALL_INT_MULTI`] pushes.
pub const SMALL_INT_MULTI_FIRST: i8 = -16;
/// First opcode that pushes one of the first sixteen locals.
pub const LOAD_FAST_MULTI: u8 = 0xb0;
/// First opcode that pops into one of the first sixteen locals.
pub const STORE_FAST_MULTI: u8 = 0xc0;

/// The opcode that a compact form shortens; other bytes as they are.
pub const fn long_form(byte: u8) -> u8 {
    match byte {
        0x70..=0xaf => opcode::LOAD_CONST_SMALL_INT,
        0xb0..=0xbf => opcode::LOAD_FAST,
        0xc0..=0xcf => opcode::STORE_FAST,
        0xd0..=0xd3 => opcode::UNARY_OP,
        0xd7..=0xf9 => opcode::BINARY_OP,
        byte => byte,
    }
}

/// How an instruction's operand is encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// No operand.
    None,
    /// A number: an index in the qstr table.
    Qstr,
    /// A number.
    Uint,
    /// A signed number.
    Sint,
    /// A jump offset in both directions, 64 or 16384 added.
    SignedOffset,
    /// A forward jump offset.
    UnsignedOffset,
}

impl Format {
    /// The operand format of an opcode byte, assigned or not.
    #[inline]
    pub const fn of(opcode: u8) -> Format {
        match opcode {
            0x10..=0x1f => Format::Qstr,
            0x22 => Format::Sint,
            0x20..=0x3f => Format::Uint,
            0x40..=0x44 => Format::SignedOffset,
            0x45..=0x4f => Format::UnsignedOffset,
            _ => Format::None,
        }
    }
}

/// Has the opcode one more byte behind its operand?
#[inline]
pub const fn has_extra_byte(opcode: u8) -> bool {
    matches!(
        opcode,
        opcode::MAKE_CLOSURE | opcode::MAKE_CLOSURE_DEFARGS | opcode::UNWIND_JUMP
    )
}

/// Flag in the extra byte of `UNWIND_JUMP`: drop four loop slots after the last block.
pub const UNWIND_DROPS_LOOP: u8 = 0x80;

/// Slots that an iterator of a loop takes on the stack.
pub const ITER_SLOTS: u32 = 4;

impl Op {
    /// The jump target, if the op has one.
    #[inline]
    pub const fn target(&self) -> Option<Label> {
        match *self {
            Op::UnwindJump(to, _) | ops_with!(signed target to) | ops_with!(forward target to) => {
                Some(to)
            }
            _ => None,
        }
    }

    /// Does control never reach what follows? What follows is then dropped up to the next label.
    #[inline]
    pub const fn ends_flow(&self) -> bool {
        matches!(
            self,
            Op::UnwindJump(..)
                | Op::Jump(_)
                | Op::PopExceptJump(_)
                | Op::ReturnValue
                | Op::RaiseLast
                | Op::RaiseObj
                | Op::RaiseFrom
        )
    }

    /// Net change of the stack depth.
    #[inline]
    pub const fn stack_delta(&self) -> i32 {
        let (pops, pushes) = self.stack_effect();
        pushes as i32 - pops as i32
    }
}

/// Displays the operator of `UNARY_OP` and `BINARY_OP` as listings name it.
pub(crate) struct OperatorName(pub Op);

impl fmt::Display for OperatorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Op::Unary(op) => f.write_str(op.name()),
            Op::Binary(op) => f.write_str(op.method()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stack_effects_are_those_of_the_manual() {
        let delta = |op: Op| op.stack_delta();
        assert_eq!(delta(Op::LoadSuperMethod(Qstr::EMPTY)), -1);
        assert_eq!(delta(Op::MakeClosure(Child(0), 3)), 1 - 3);
        assert_eq!(delta(Op::MakeClosureDefargs(Child(0), 3)), -1 - 3);
        assert_eq!(delta(Op::CallFunction(CallArgs::new(2, 1))), -4);
        assert_eq!(delta(Op::CallFunctionVarKw(CallArgs::new(2, 1))), -5);
        assert_eq!(delta(Op::CallMethod(CallArgs::new(2, 1))), -5);
        assert_eq!(delta(Op::CallMethodVarKw(CallArgs::new(2, 1))), -6);
        assert_eq!(delta(Op::UnpackEx(Unpack::new(1, 2))), 3);
        assert_eq!(delta(Op::StoreComp(Comp::new(CompKind::Dict, 6))), -2);
        assert_eq!(delta(Op::StoreComp(Comp::new(CompKind::Set, 5))), -1);
        assert_eq!(delta(Op::GetIterStack), 3);
        assert_eq!(delta(Op::SetupWith(Label(0))), 2);
    }

    #[test]
    fn assigned_bytes_are_those_of_the_manual() {
        let assigned = |byte: u8| {
            !matches!(byte, 0..=0x0f | 0x1d..=0x1f | 0x38..=0x3f | 0x41 | 0x4c..=0x4f | 0x60 | 0x61
                | 0x6a..=0x6f | 0xd4..=0xd6 | 0xfa..)
        };
        for byte in 0..=255 {
            assert_eq!(name_of(byte).is_some(), assigned(byte), "{byte:#x}");
            assert_eq!(
                has_extra_byte(byte) && assigned(byte),
                assigned(byte) && byte & 0x9e == 0
            );
        }
    }

    #[test]
    fn small_ints_of_31_bits_need_no_side_table() {
        for value in [0, -1, 47, (1 << 30) - 1, -(1 << 30)] {
            assert_eq!(SmallInt::inline(value).unwrap().value(&[]), value);
        }
        assert_eq!(SmallInt::inline(1 << 30), None);
        assert_eq!(SmallInt::wide(1).value(&[5, 1 << 40]), 1 << 40);
    }
}
