//! Where the fields of structures shared with native code lie, in words unless said otherwise.
//!
//! The runtime's `repr(C)` structs prove themselves against these; emitters use them as offsets.

// Object base.
/// The type pointer that every structure begins with.
pub const BASE_TYPE: usize = 0;

// Type object. Word 0 is the type of types; then two 16-bit fields and twelve index bytes.
/// Byte offset past word 0: flags, 16 bits.
pub const TYPE_FLAGS_BYTES_AFTER_BASE: usize = 0;
/// Byte offset past word 0: qstr number of the name, 16 bits.
pub const TYPE_NAME_BYTES_AFTER_BASE: usize = 2;
/// Byte offset past word 0: the slot index bytes.
pub const TYPE_SLOT_INDEX_BYTES_AFTER_BASE: usize = 4;
/// How many slot index bytes there are.
pub const TYPE_SLOT_KINDS: usize = 12;
/// Byte offset past word 0: the slots themselves.
pub const TYPE_SLOTS_BYTES_AFTER_BASE: usize = 16;
/// Slot words in a type as native modules declare it.
pub const TYPE_FULL_SLOTS: usize = 11;

/// Of our own: so many keyword arguments mean a frame of bytecode whose call goes on as machine code.
pub const MIDWAY: isize = -1;

/// Type flags.
pub mod type_flags {
    /// Has been subclassed.
    pub const SUBCLASSED: u16 = 0x0001;
    /// Attribute lookup has to look for descriptors and special accessors.
    pub const SPECIAL_ACCESSORS: u16 = 0x0002;
    /// `==` is not reflexive.
    pub const EQ_NOT_REFLEXIVE: u16 = 0x0004;
    /// `==` may compare with other types.
    pub const EQ_OTHER_TYPES: u16 = 0x0008;
    /// Has its own `!=`.
    pub const HAS_NE: u16 = 0x0010;
    /// Instances bind self when found as a class attribute.
    pub const BINDS_SELF: u16 = 0x0020;
    /// A built-in function type.
    pub const BUILTIN_FUN: u16 = 0x0040;
    /// The iter slot is the `next` function; the type is its own iterator.
    pub const ITER_IS_NEXT: u16 = 0x0080;
    /// The iter slot points to a pair of getiter and iternext.
    pub const ITER_IS_PAIR: u16 = 0x0100;
    /// Both of the above: a stream.
    pub const ITER_IS_STREAM: u16 = 0x0180;
    /// A class defined in Python.
    pub const INSTANCE_TYPE: u16 = 0x0200;
    /// Ours: as [`OWN_ATTRS`], and no class above has `__setattr__`.
    pub const STORES_OWN: u16 = 0x2000;
    /// Ours: its objects are instances with a map of their own attributes.
    pub const OWN_ATTRS: u16 = 0x8000;
    /// subscr takes a slice object that lives on the C stack.
    pub const SUBSCR_STACK_SLICE: u16 = 0x0400;
}

/// Which slot each index byte of a type is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum TypeSlot {
    /// Call of the type.
    MakeNew = 0,
    /// Text of an instance.
    Print = 1,
    /// Call of an instance.
    Call = 2,
    /// Unary operators.
    UnaryOp = 3,
    /// Binary operators.
    BinaryOp = 4,
    /// Load, store and delete of attributes.
    Attr = 5,
    /// Load, store and delete of items.
    Subscr = 6,
    /// Iteration; the flags tell how.
    Iter = 7,
    /// The buffer protocol.
    Buffer = 8,
    /// A protocol structure (streams).
    Protocol = 9,
    /// One parent type, or a tuple of several.
    Parent = 10,
    /// A dict of methods and class constants.
    LocalsDict = 11,
}
const _: () = assert!(TypeSlot::LocalsDict as usize + 1 == TYPE_SLOT_KINDS);

// str, bytes.
/// Hash; 0 means not computed yet.
pub const STR_HASH: usize = 1;
/// Length in bytes.
pub const STR_LEN: usize = 2;
/// Pointer to the text, which has a NUL after it.
pub const STR_DATA: usize = 3;

// tuple, list.
/// Number of items.
pub const TUPLE_LEN: usize = 1;
/// First item.
pub const TUPLE_ITEMS: usize = 2;
/// Items there is room for.
pub const LIST_ALLOC: usize = 1;
/// Number of items.
pub const LIST_LEN: usize = 2;
/// Pointer to the items.
pub const LIST_ITEMS: usize = 3;

// map, dict, set.
/// Bits 0 to 2: flags; from bit 3: entries in use.
pub const MAP_USED: usize = 0;
/// Entries there is room for.
pub const MAP_ALLOC: usize = 1;
/// Pointer to the entries, each a key and a value word.
pub const MAP_TABLE: usize = 2;
/// Flag in [`MAP_USED`]: all keys are qstr objects.
pub const MAP_ALL_QSTRS: usize = 1;
/// Flag in [`MAP_USED`]: read-only.
pub const MAP_FIXED: usize = 2;
/// Flag in [`MAP_USED`]: an ordered array instead of a hash table.
pub const MAP_ORDERED: usize = 4;
/// Where the number of entries begins in [`MAP_USED`].
pub const MAP_USED_SHIFT: u32 = 3;
/// A dict object's map.
pub const DICT_MAP: usize = 1;
/// A set: room, used, table of single objects; the set object has them behind its base.
pub const SET_ALLOC: usize = 1;
/// Items in use.
pub const SET_USED: usize = 2;
/// Pointer to the items.
pub const SET_TABLE: usize = 3;

// Functions.
/// Built-in of fixed arity: code pointer.
pub const BUILTIN_FIXED_CODE: usize = 1;
/// Built-in of variable arity: signature, 32 bits.
pub const BUILTIN_VAR_SIG: usize = 1;
/// Built-in of variable arity: code pointer.
pub const BUILTIN_VAR_CODE: usize = 2;
/// Function object: module context.
pub const FUN_BC_CONTEXT: usize = 1;
/// Function object: child table, or the prelude of a native function without children.
pub const FUN_BC_CHILD_TABLE: usize = 2;
/// Function object: code.
pub const FUN_BC_CODE: usize = 3;
/// Function object: default positional values, then perhaps one dict.
pub const FUN_BC_EXTRA_ARGS: usize = 4;
/// Assembler function: argument count.
pub const FUN_ASM_N_ARGS: usize = 1;
/// Assembler function: code.
pub const FUN_ASM_CODE: usize = 2;
/// Assembler function: type code of the result.
pub const FUN_ASM_TYPE: usize = 3;
/// Closure: the function.
pub const CLOSURE_FUN: usize = 1;
/// Closure: number of cells.
pub const CLOSURE_COUNT: usize = 2;
/// Closure: first cell.
pub const CLOSURE_CELLS: usize = 3;
/// Cell: its value.
pub const CELL_VALUE: usize = 1;
/// Bound method: the function.
pub const METHOD_FUN: usize = 1;
/// Bound method: self.
pub const METHOD_SELF: usize = 2;

/// The signature word of a built-in function of variable arity.
pub const fn arg_signature(min: u32, max: u32, takes_keywords: bool) -> u32 {
    min << 17 | max << 1 | takes_keywords as u32
}

// Module, context, raw code.
/// Module object: globals dict.
pub const MODULE_GLOBALS: usize = 1;
/// Module context: qstr table of 16-bit numbers.
pub const CONTEXT_QSTR_TABLE: usize = 2;
/// Module context: object table.
pub const CONTEXT_OBJ_TABLE: usize = 3;
/// Raw code: *byte* of the kind (`CodeKind::raw_code_number`); bytes 0 and 1 are zero.
pub const RAW_CODE_KIND_BYTE: usize = 2;
/// Raw code: *byte* that tells whether it is a generator.
pub const RAW_CODE_IS_GENERATOR_BYTE: usize = 3;
/// Raw code: code pointer.
pub const RAW_CODE_FUN_DATA: usize = 1;
/// Raw code: children.
pub const RAW_CODE_CHILDREN: usize = 2;

// Exceptions.
/// Traceback room in the low half, traceback length in the high half.
pub const EXCEPTION_TRACEBACK_LEN: usize = 1;
/// Traceback data.
pub const EXCEPTION_TRACEBACK: usize = 2;
/// Tuple of arguments.
pub const EXCEPTION_ARGS: usize = 3;

// Arrays, buffers, iterators.
/// Typecode in the low byte, free count or offset above.
pub const ARRAY_TYPECODE: usize = 1;
/// Length in elements.
pub const ARRAY_LEN: usize = 2;
/// Pointer to the elements.
pub const ARRAY_ITEMS: usize = 3;
/// Buffer information: pointer.
pub const BUFFER_DATA: usize = 0;
/// Buffer information: length in bytes.
pub const BUFFER_LEN: usize = 1;
/// Buffer information: typecode, a C int.
pub const BUFFER_TYPECODE: usize = 2;
/// Words of an iterator buffer.
pub const ITER_BUF_WORDS: usize = 4;
/// The typecode of a bytearray.
pub const BYTEARRAY_TYPECODE: u8 = 1;

// Native code state.
/// The function object.
pub const CODE_STATE_FUN: usize = 0;
/// Generator: resume address. Function: the saved globals.
pub const CODE_STATE_IP: usize = 1;
/// Pointer to the top value.
pub const CODE_STATE_SP: usize = 2;
/// Low 16 bits n_state, next 16 bits exception index.
pub const CODE_STATE_N_STATE: usize = 3;
/// Saved globals of a generator.
pub const CODE_STATE_OLD_GLOBALS: usize = 4;
/// First of the n_state value slots; local `i` is slot `n_state - 1 - i`.
pub const CODE_STATE_STATE: usize = 5;
/// Exception index that marks a native generator.
pub const EXC_SP_IDX_NATIVE: u16 = 0xffff;
/// Native generator object: where the code state begins.
pub const NATIVE_GEN_CODE_STATE: usize = 2;

// Exception buffer.
/// The buffer that was the newest before.
pub const NLR_PREV: usize = 0;
/// The exception that arrived.
pub const NLR_RET_VAL: usize = 1;
/// First saved register.
pub const NLR_REGS: usize = 2;

// Argument specs and values, streams, printing.
/// Argument spec: words of one.
pub const ARG_SPEC_WORDS: usize = 2;
/// Stream protocol: read, write, ioctl, then bit 0 of word 3 for text streams.
pub const STREAM_IS_TEXT_WORD: usize = 3;
/// Print structure: data pointer.
pub const PRINT_DATA: usize = 0;
/// Print structure: the function that takes data, text, length.
pub const PRINT_STRN: usize = 1;

/// What code of our own emitter tells the runtime. Byte offset: the line of the call at hand, 32 bits; 0 if the exception
/// has been there already.
pub const POSITION_LINE_BYTES: usize = 0;
/// Byte offset: 32 bits, not zero if a store into an instance that has the attribute may still be another thing than that.
pub const POSITION_LATE_BYTES: usize = 4;
/// Byte offset: the exception that the innermost handler of the running function handles, or null.
pub const POSITION_HANDLED_BYTES: usize = 8;
/// Byte offset: a word that changes when a class is made or changes; what cells of methods show.
pub const fn position_classes_bytes(word: usize) -> usize {
    POSITION_HANDLED_BYTES + word
}
/// Byte offset: a word, greater than word 0 of any map, that changes when a built-in name may mean something else in a
/// map that looks as before; what cells of built-in names show.
pub const fn position_names_bytes(word: usize) -> usize {
    POSITION_HANDLED_BYTES + 2 * word
}

/// Before the inline caches of a function: bytes of the address of what it tells.
pub const CELLS_HEAD_BYTES: usize = 8;
/// Inline caches of our own emitter's code. Bytes of the name and the position, which come first.
pub const CELL_HEAD_BYTES: usize = 8;
/// Word of a cell, behind its head: the type whose instances it knows.
pub const CELL_KEY: usize = 0;
/// Word of a cell: what was found, if it is a method or a built-in.
pub const CELL_FOUND: usize = 2;
/// Word of a cell: the smallest word 0 of a map that has the entry. Of a method, or where the name is a built-in: what the
/// position said when it was found.
pub const CELL_LIMIT: usize = 3;
/// Word of a cell: byte offset of the entry in the map's table. Of a built-in: word 0 of the globals that do not have it.
pub const CELL_OFFSET: usize = 4;
/// Bytes of a cell.
pub const fn cell_bytes(word: usize) -> usize {
    CELL_HEAD_BYTES + 5 * word
}
/// The instance's own attributes: a map.
pub const INSTANCE_MAP: usize = 1;
/// The value of a float of the tagged representation.
pub const FLOAT_VALUE: usize = 1;

/// What the first of the four words of a loop's iterator says in our own runtime: a list follows, and the next index.
pub const ITER_LIST: usize = 1;
/// As [`ITER_LIST`], for a tuple.
pub const ITER_TUPLE: usize = 1 << 1 | 1;
/// As [`ITER_LIST`], for a range of small ints: next value, stop, step.
pub const ITER_RANGE: usize = 2 << 1 | 1;
/// As [`ITER_LIST`], for bytes and a bytearray, whose length and data stand where those of a list do.
pub const ITER_BYTES: usize = 3 << 1 | 1;
/// As [`ITER_LIST`], for an array.
pub const ITER_ARRAY: usize = 4 << 1 | 1;
/// As [`ITER_LIST`], for a view of bytes.
pub const ITER_VIEW: usize = 5 << 1 | 1;
/// As [`ITER_LIST`], for a str that is no name: the offset of the next character in bytes.
pub const ITER_STR: usize = 6 << 1 | 1;
/// As [`ITER_STR`], for a name.
pub const ITER_NAME: usize = 7 << 1 | 1;
/// Word of a range's stop.
pub const ITER_STOP: usize = 2;
/// Word of a range's step.
pub const ITER_STEP: usize = 3;
/// Word of the sequence, or of a range's next value.
pub const ITER_SEQ: usize = 1;
/// Word of the next index, a small int.
pub const ITER_AT: usize = 2;

/// A structure that code made by emitters touches itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The function object that a function is called with.
    Function,
    /// The array of arguments that it is called with.
    Arguments,
    /// The module's context.
    Context,
    /// The module's table of names.
    QstrTable,
    /// The module's table of objects.
    ObjectTable,
    /// The children of a function.
    Children,
    /// The table of the runtime's functions.
    FunTable,
    /// A native code state, in a generator or in the frame.
    CodeState,
    /// Any object.
    Object,
    /// Items of a list or an array.
    Items,
    /// The machine's own frame.
    Frame,
}

/// Fields that code for stock firmware may touch: structure, bytes of a field (0: a word), first and last field, whether
/// it may write them. Offsets that are computed are within a row whose last field is `OPEN`.
pub const STOCK_FIELDS: &[(Part, u32, usize, usize, bool)] = &[
    (Part::Function, 0, FUN_BC_CONTEXT, FUN_BC_CHILD_TABLE, false),
    (Part::Function, 0, FUN_BC_EXTRA_ARGS, OPEN, false),
    (Part::Arguments, 0, 0, OPEN, false),
    (Part::Context, 0, MODULE_GLOBALS, CONTEXT_OBJ_TABLE, false),
    (Part::QstrTable, 2, 0, OPEN, false),
    (Part::ObjectTable, 0, 0, OPEN, false),
    (Part::Children, 0, 0, OPEN, false),
    (Part::FunTable, 0, 0, crate::fun_table::STOCK_LEN - 1, false),
    (Part::CodeState, 0, CODE_STATE_FUN, OPEN, true),
    // Of lists, tuples and cells.
    (Part::Object, 0, BASE_TYPE, LIST_ITEMS, false),
    (Part::Object, 0, TUPLE_ITEMS, OPEN, false),
    (Part::Object, 0, CELL_VALUE, CELL_VALUE, true),
    (Part::Items, 0, 0, OPEN, true),
    // Of bytearrays and of arrays of ints.
    (Part::Items, 1, 0, OPEN, true),
    (Part::Items, 4, 0, OPEN, true),
    (Part::Frame, 0, 0, OPEN, true),
];

/// As the last field of a row: as many as there are.
pub const OPEN: usize = usize::MAX;

impl Part {
    /// Has stock firmware a field of `width` bytes there, with words of `word` bytes, which code may write if it does? An
    /// offset that is missing is computed.
    pub fn has(self, offset: Option<i64>, width: u32, writes: bool, word: u32) -> bool {
        STOCK_FIELDS
            .iter()
            .any(|&(part, bytes, first, last, may_write)| {
                let bytes = if bytes == 0 { word } else { bytes };
                let is_there = match offset.map(u64::try_from) {
                    None => last == OPEN,
                    Some(Err(_)) => false,
                    Some(Ok(offset)) => {
                        let field = offset / u64::from(bytes);
                        offset.is_multiple_of(u64::from(bytes))
                            && field >= first as u64
                            && field <= last as u64
                    }
                };
                part == self && width == bytes && is_there && (may_write || !writes)
            })
    }
}
