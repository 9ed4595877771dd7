//! **The** table of runtime functions that native code calls.
//!
//! One static array of words in the runtime; the order, the signatures and the meanings are fixed for sub-version 3.
//! Each row gives slot, C name, parameters, result and effect. The runtime makes its shims from it, emitters take
//! "may raise" and "may collect" from it, the linker looks names up in it.

/// One row per entry: variant, slot, C name, parameters by kind, result kind, [`Effect`].
#[macro_export]
macro_rules! for_each_fun {
    ($then:path) => {
        $then! {
            /// The None object.
            ConstNone = 0, const_none() -> Obj, Data;
            /// The False object.
            ConstFalse = 1, const_false() -> Obj, Data;
            /// The True object.
            ConstTrue = 2, const_true() -> Obj, Data;
            /// Object to native value of type `ty`.
            NativeFromObj = 3, native_from_obj(value: Obj, ty: Word) -> Word, Python;
            /// Native value of type `ty` to object.
            NativeToObj = 4, native_to_obj(value: Word, ty: Word) -> Obj, Python;
            /// Makes `new` the current globals; gives the former, or null if there is nothing to undo.
            SwapGlobals = 5, swap_globals(new: Ptr) -> Ptr, Quiet;
            /// Locals, then globals, then built-ins.
            LoadName = 6, load_name(name: Qstr) -> Obj, Python;
            /// Globals, then built-ins.
            LoadGlobal = 7, load_global(name: Qstr) -> Obj, Python;
            /// The class builder.
            LoadBuildClass = 8, load_build_class() -> Obj, Python;
            /// Attribute or bound method.
            LoadAttr = 9, load_attr(base: Obj, name: Qstr) -> Obj, Python;
            /// Fills `dest` with method or value, and self or null.
            LoadMethod = 10, load_method(base: Obj, name: Qstr, dest: Ptr) -> Void, Python;
            /// `dest[1]`, `dest[2]` are class and object; out as `LoadMethod`.
            LoadSuperMethod = 11, load_super_method(name: Qstr, dest: Ptr) -> Void, Python;
            /// Into the current locals.
            StoreName = 12, store_name(name: Qstr, value: Obj) -> Void, Python;
            /// Into the current globals.
            StoreGlobal = 13, store_global(name: Qstr, value: Obj) -> Void, Python;
            /// Stores an attribute; a null value deletes it.
            StoreAttr = 14, store_attr(base: Obj, name: Qstr, value: Obj) -> Void, Python;
            /// Item: the sentinel as value loads, null deletes, another stores.
            ObjSubscr = 15, obj_subscr(base: Obj, index: Obj, value: Obj) -> Obj, Python;
            /// Truth.
            ObjIsTrue = 16, obj_is_true(value: Obj) -> Bool, Python;
            /// A unary operator.
            UnaryOp = 17, unary_op(op: Word, value: Obj) -> Obj, Python;
            /// A binary operator.
            BinaryOp = 18, binary_op(op: Word, lhs: Obj, rhs: Obj) -> Obj, Python;
            /// A tuple of `n` items; `items` may be null.
            NewTuple = 19, new_tuple(n: Size, items: Ptr) -> Obj, Python;
            /// A list of `n` items; `items` may be null.
            NewList = 20, new_list(n: Size, items: Ptr) -> Obj, Python;
            /// An empty dict with room for `n`.
            NewDict = 21, new_dict(n: Size) -> Obj, Python;
            /// A set of `n` items.
            NewSet = 22, new_set(n: Size, items: Ptr) -> Obj, Python;
            /// Adds to a set.
            SetStore = 23, set_store(set: Obj, item: Obj) -> Void, Python;
            /// Appends to a list; gives None.
            ListAppend = 24, list_append(list: Obj, item: Obj) -> Obj, Python;
            /// Stores in a dict; gives the dict.
            DictStore = 25, dict_store(dict: Obj, key: Obj, value: Obj) -> Obj, Python;
            /// A function object of a raw code; `defs` is null or positional tuple and keyword dict.
            MakeFunctionFromProtoFun = 26, make_function_from_proto_fun(raw: Ptr, context: Ptr, defs: Ptr) -> Obj, Python;
            /// Call; `counts` is positional plus 256 times keywords.
            CallFunctionNKw = 27, call_function_n_kw(fun: Obj, counts: Size, args: Ptr) -> Obj, Python;
            /// Call of function, self or null, then arguments.
            CallMethodNKw = 28, call_method_n_kw(n_pos: Size, n_kw: Size, items: Ptr) -> Obj, Python;
            /// Call with `*` and `**` arguments.
            CallMethodNKwVar = 29, call_method_n_kw_var(have_self: Word, counts: Size, items: Ptr) -> Obj, Python;
            /// Iterator; with a buffer, builds it there and gives null.
            GetIter = 30, getiter(value: Obj, buf: Ptr) -> Obj, Python;
            /// Next value, or null at the end.
            IterNext = 31, iternext(buf: Ptr) -> Obj, Python;
            /// Links an exception buffer; gives 0 now, 1 when an exception arrives.
            NlrPush = 32, nlr_push(buf: Ptr) -> Word, Quiet;
            /// Unlinks the newest exception buffer.
            NlrPop = 33, nlr_pop() -> Void, Quiet;
            /// Raises; null and None do nothing.
            Raise = 34, raise(value: Obj) -> Void, Python;
            /// Imports a module.
            ImportName = 35, import_name(name: Qstr, fromlist: Obj, level: Obj) -> Obj, Python;
            /// Loads a name of a module.
            ImportFrom = 36, import_from(module: Obj, name: Qstr) -> Obj, Python;
            /// Stores the public names of a module in the current locals.
            ImportAll = 37, import_all(module: Obj) -> Void, Python;
            /// A slice object.
            NewSlice = 38, new_slice(start: Obj, stop: Obj, step: Obj) -> Obj, Python;
            /// Exactly `n` items, last one first.
            UnpackSequence = 39, unpack_sequence(sequence: Obj, n: Size, dest: Ptr) -> Void, Python;
            /// Items around a starred target; `counts` is left plus 256 times right.
            UnpackEx = 40, unpack_ex(sequence: Obj, counts: Size, dest: Ptr) -> Void, Python;
            /// Deletes from the current locals.
            DeleteName = 41, delete_name(name: Qstr) -> Void, Python;
            /// Deletes from the current globals.
            DeleteGlobal = 42, delete_global(name: Qstr) -> Void, Python;
            /// A closure object.
            NewClosure = 43, new_closure(fun: Obj, n: Size, cells: Ptr) -> Obj, Python;
            /// Checks an argument count against a signature.
            ArgCheckNumSig = 44, arg_check_num_sig(n_args: Size, n_kw: Size, sig: U32) -> Void, Python;
            /// Binds arguments into a native code state.
            SetupCodeStateNative = 45, setup_code_state_native(state: Ptr, n_args: Size, n_kw: Size, args: Ptr) -> Void, Python;
            /// Quotient rounded down; the divisor is not zero.
            SmallIntFloorDivide = 46, small_int_floor_divide(a: Word, b: Word) -> Word, Quiet;
            /// Remainder with the divisor's sign; the divisor is not zero.
            SmallIntModulo = 47, small_int_modulo(a: Word, b: Word) -> Word, Quiet;
            /// One step of `yield from`; true if the sub-iterator yielded.
            YieldFrom = 48, yield_from(gen_: Obj, send: Obj, ret: Ptr) -> Bool, Python;
            /// C `setjmp`, null where exceptions do not use it.
            SetJmp = 49, setjmp(buf: Ptr) -> Word, Quiet;
            /// C `memset`.
            MemSet = 50, memset(dest: Ptr, value: Word, n: Size) -> Ptr, Quiet;
            /// C `memmove`.
            MemMove = 51, memmove(dest: Ptr, source: Ptr, n: Size) -> Ptr, Quiet;
            /// Allocates, resizes, frees; null on failure.
            Realloc = 52, realloc(p: Ptr, n: Size, may_move: Bool) -> Ptr, Collects;
            /// Formatted print.
            Printf = 53, printf(print: Ptr, format: Ptr, args: VarArgs) -> Word, Python;
            /// Formatted print with a `va_list`.
            Vprintf = 54, vprintf(print: Ptr, format: Ptr, args: VaList) -> Word, Python;
            /// Raises an exception of a type with a text that is not copied.
            RaiseMsg = 55, raise_msg(ty: Ptr, message: Ptr) -> Never, Python;
            /// The type of an object.
            ObjGetType = 56, obj_get_type(value: Obj) -> Ptr, Quiet;
            /// A str.
            ObjNewStr = 57, obj_new_str(data: Ptr, n: Size) -> Obj, Python;
            /// A bytes object.
            ObjNewBytes = 58, obj_new_bytes(data: Ptr, n: Size) -> Obj, Python;
            /// A bytearray over memory that stays the caller's.
            ObjNewBytearrayByRef = 59, obj_new_bytearray_by_ref(n: Size, data: Ptr) -> Obj, Python;
            /// A float object of a C float.
            ObjNewFloatFromF = 60, obj_new_float_from_f(value: F32) -> Obj, Python;
            /// A float object of a C double.
            ObjNewFloatFromD = 61, obj_new_float_from_d(value: F64) -> Obj, Python;
            /// The number of an object as a C float.
            ObjGetFloatToF = 62, obj_get_float_to_f(value: Obj) -> F32, Python;
            /// The number of an object as a C double.
            ObjGetFloatToD = 63, obj_get_float_to_d(value: Obj) -> F64, Python;
            /// As `LoadMethod`; two nulls if there is no such attribute.
            LoadMethodMaybe = 64, load_method_maybe(base: Obj, name: Qstr, dest: Ptr) -> Void, Python;
            /// The buffer of an object.
            GetBuffer = 65, get_buffer(value: Obj, info: Ptr, flags: Word) -> Bool, Python;
            /// The stream protocol of an object.
            GetStreamRaise = 66, get_stream_raise(value: Obj, ops: Word) -> Ptr, Python;
            /// Arguments against a table of specs, keywords in a map.
            ArgParseAll = 67, arg_parse_all(n_pos: Size, pos: Ptr, kw: Ptr, n_allowed: Size, specs: Ptr, out: Ptr) -> Void, Python;
            /// Arguments against a table of specs, keywords as pairs in the array.
            ArgParseAllKwArray = 68, arg_parse_all_kw_array(n_pos: Size, n_kw: Size, args: Ptr, n_allowed: Size, specs: Ptr, out: Ptr) -> Void, Python;
            /// Size and alignment of a binary typecode.
            BinaryGetSize = 69, binary_get_size(struct_type: Byte, val_type: Byte, align: Ptr) -> Size, Python;
            /// Reads an element by typecode.
            BinaryGetValArray = 70, binary_get_val_array(typecode: Byte, p: Ptr, index: Size) -> Obj, Python;
            /// Writes an element by typecode.
            BinarySetValArray = 71, binary_set_val_array(typecode: Byte, p: Ptr, index: Size, value: Obj) -> Void, Python;
            /// The platform's printer.
            PlatPrint = 72, plat_print() -> Ptr, Data;
            /// The type of types.
            TypeType = 73, type_type() -> Ptr, Data;
            /// The str type.
            TypeStr = 74, type_str() -> Ptr, Data;
            /// The list type.
            TypeList = 75, type_list() -> Ptr, Data;
            /// The dict type.
            TypeDict = 76, type_dict() -> Ptr, Data;
            /// The type of built-in functions of no arguments.
            TypeFunBuiltin0 = 77, type_fun_builtin_0() -> Ptr, Data;
            /// The type of built-in functions of one argument.
            TypeFunBuiltin1 = 78, type_fun_builtin_1() -> Ptr, Data;
            /// The type of built-in functions of two arguments.
            TypeFunBuiltin2 = 79, type_fun_builtin_2() -> Ptr, Data;
            /// The type of built-in functions of three arguments.
            TypeFunBuiltin3 = 80, type_fun_builtin_3() -> Ptr, Data;
            /// The type of built-in functions of variable arity.
            TypeFunBuiltinVar = 81, type_fun_builtin_var() -> Ptr, Data;
            /// The Exception type.
            TypeException = 82, type_exception() -> Ptr, Data;
            /// Method object `read` of streams.
            StreamReadObj = 83, stream_read_obj() -> Ptr, Data;
            /// Method object `readinto` of streams.
            StreamReadintoObj = 84, stream_readinto_obj() -> Ptr, Data;
            /// Method object `readline` of streams, unbuffered.
            StreamUnbufferedReadlineObj = 85, stream_unbuffered_readline_obj() -> Ptr, Data;
            /// Method object `write` of streams.
            StreamWriteObj = 86, stream_write_obj() -> Ptr, Data;

            // Ours, which stock firmware does not have: see `STOCK_LEN`. Append only.
            /// Runs what waits between two bytecodes: the keyboard interrupt, one scheduled callback.
            Poll = 87, poll() -> Void, Python;
            /// Raises the `NameError` of a local that is not bound.
            RaiseUnbound = 88, raise_unbound() -> Void, Python;
            /// `LoadGlobal` with the site's cache.
            LoadGlobalCached = 89, load_global_cached(cell: Ptr) -> Obj, Python;
            /// `LoadAttr` with the site's cache.
            LoadAttrCached = 90, load_attr_cached(base: Obj, cell: Ptr) -> Obj, Python;
            /// `StoreAttr` with the site's cache.
            StoreAttrCached = 91, store_attr_cached(base: Obj, cell: Ptr, value: Obj) -> Void, Python;
            /// `LoadMethod` with the site's cache.
            LoadMethodCached = 92, load_method_cached(base: Obj, cell: Ptr, dest: Ptr) -> Void, Python;
            /// Two bytes: not zero while a keyboard interrupt or a scheduled callback waits for `Poll`.
            Attention = 93, attention() -> Ptr, Data;
            /// The float type.
            TypeFloat = 94, type_float() -> Ptr, Data;
            /// The bytearray type.
            TypeBytearray = 95, type_bytearray() -> Ptr, Data;
            /// The array type.
            TypeArray = 96, type_array() -> Ptr, Data;
            /// For each ASCII character two bytes: the number of the name that is this character, or zero.
            CharNames = 97, char_names() -> Ptr, Data;
            /// For each name known at build time a byte, from 0 on: the ASCII character that it is, or zero. Hosts only.
            NameChars = 98, name_chars() -> Ptr, Data;
            /// The built-in function `len`.
            FunLen = 99, fun_len() -> Ptr, Data;
            /// The built-in function `ord`.
            FunOrd = 100, fun_ord() -> Ptr, Data;
            /// The warning of `raise … from` that its cause is dropped; none of `None`.
            WarnCause = 101, warn_cause(cause: Obj) -> Void, Python;
        }
    };
}

/// The kind of a parameter or result, as the C ABI sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An object word.
    Obj,
    /// A qstr number in a register.
    Qstr,
    /// `size_t`.
    Size,
    /// A machine word used as a C int or type code.
    Word,
    /// A pointer.
    Ptr,
    /// A C bool: one byte on x86, a zero-extended register elsewhere.
    Bool,
    /// A C char.
    Byte,
    /// 32 bits.
    U32,
    /// C float.
    F32,
    /// C double.
    F64,
    /// C variable arguments.
    VarArgs,
    /// A C `va_list`.
    VaList,
    /// Nothing.
    Void,
    /// Does not return.
    Never,
}

/// What calling an entry may do besides giving its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Not a function: a word to be loaded.
    Data,
    /// Neither raises nor collects.
    Quiet,
    /// May run a collection, never raises.
    Collects,
    /// May run Python code: raises anything, collects.
    Python,
}

macro_rules! define {
    ($($(#[$doc:meta])* $fun:ident = $slot:literal,
       $name:ident($($param:ident: $kind:ident),*) -> $result:ident, $effect:ident;)*) => {
        /// An entry of the function table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Fun {
            $($(#[$doc])* $fun = $slot,)*
        }

        impl Fun {
            /// All of them, by slot.
            pub const ALL: &[Fun] = &[$(Fun::$fun),*];

            /// The entry in this slot.
            pub const fn from_slot(slot: usize) -> Option<Fun> {
                match slot {
                    $($slot => Some(Fun::$fun),)*
                    _ => None,
                }
            }

            /// The C name, without a prefix.
            pub const fn name(self) -> &'static str {
                match self { $(Fun::$fun => stringify!($name),)* }
            }

            /// The kinds of the parameters; empty for data.
            pub const fn params(self) -> &'static [Kind] {
                match self { $(Fun::$fun => const { &[$(Kind::$kind),*] },)* }
            }

            /// The kind of the result, or of the data.
            pub const fn result(self) -> Kind {
                match self { $(Fun::$fun => Kind::$result,)* }
            }

            /// What a call may do.
            pub const fn effect(self) -> Effect {
                match self { $(Fun::$fun => Effect::$effect,)* }
            }
        }
    };
}
for_each_fun!(define);

/// Entries of the table.
pub const LEN: usize = Fun::ALL.len();

/// Entries that stock firmware has. Those behind them may only be used by code that never leaves this process: a
/// file that needs them would be accepted by stock firmware, and read past its table.
pub const STOCK_LEN: usize = 87;

const _: () = assert!(Fun::StreamWriteObj as usize + 1 == STOCK_LEN && STOCK_LEN <= LEN);
// The linker of C modules knows this one by its place.
const _: () = assert!(Fun::TypeType as usize == 73);

impl Fun {
    /// The place in the table.
    pub const fn slot(self) -> usize {
        self as usize
    }

    /// Does stock firmware have it?
    pub const fn is_stock(self) -> bool {
        self.slot() < STOCK_LEN
    }

    /// Can a call raise an exception?
    pub const fn may_raise(self) -> bool {
        matches!(self.effect(), Effect::Python)
    }

    /// Can a call start a collection?
    pub const fn may_collect(self) -> bool {
        matches!(self.effect(), Effect::Python | Effect::Collects)
    }

    /// Is it a word to load rather than a function?
    pub const fn is_data(self) -> bool {
        matches!(self.effect(), Effect::Data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_consecutive() {
        for (slot, fun) in Fun::ALL.iter().enumerate() {
            assert_eq!(fun.slot(), slot);
            assert_eq!(Fun::from_slot(slot), Some(*fun));
        }
        assert_eq!(Fun::from_slot(LEN), None);
        assert!(Fun::StreamWriteObj.is_stock() && !Fun::Poll.is_stock());
    }

    #[test]
    fn effects_follow_the_rows() {
        assert!(Fun::BinaryOp.may_raise() && Fun::BinaryOp.may_collect());
        assert!(!Fun::Realloc.may_raise() && Fun::Realloc.may_collect());
        assert!(!Fun::NlrPop.may_raise() && !Fun::NlrPop.may_collect());
        assert!(Fun::TypeType.is_data() && Fun::TypeType.params().is_empty());
        assert_eq!(Fun::BinaryOp.params(), [Kind::Word, Kind::Obj, Kind::Obj]);
    }
}
