//! The names known at build time ("ROM qstrs"), and the hash table over them.
//!
//! Three lists, numbered through from 1 (0 means "no name"):
//!
//! 1. [`STATIC`]: numbers 1..=165, fixed by the `.mpy` format. Never touch.
//! 2. [`TOOL`]: the built-in names longer than ten bytes that the stock cross compiler also knows. They
//!    decide which string literals it stores as names, so byte-equal output depends on this list.
//! 3. [`OURS`]: every other name the runtime wants at build time. Append anywhere, one name once; the
//!    numbers are not part of any contract. A name listed twice does not compile.
//!
//! The table costs two bytes per slot, four per name and a reference to its text of flash, no RAM (with feature `small`
//! two bytes per slot, of which there are half as many, and two per name, as hashes are computed when asked for); it is computed once by the compiler, so
//! that `qstr!("append")` is one hash and, nearly always, one comparison while compiling.
use super::hash::hash_bytes;

/// How many names the `.mpy` format fixes.
pub const STATIC_COUNT: usize = STATIC.len();

/// How many ROM names there are.
pub const ROM_COUNT: usize = STATIC.len() + TOOL.len() + OURS.len();

/// Numbers 1..=165, in the order of the format.
#[rustfmt::skip]
const STATIC: [&str; 165] = [
    "", "__dir__", "\n", " ", "*", "/", "<module>", "_", "__call__", "__class__", "__delitem__", "__enter__",
    "__exit__", "__getattr__", "__getitem__", "__hash__", "__init__", "__int__", "__iter__", "__len__",
    "__main__", "__module__", "__name__", "__new__", "__next__", "__qualname__", "__repr__", "__setitem__",
    "__str__", "ArithmeticError", "AssertionError", "AttributeError", "BaseException", "EOFError", "Ellipsis",
    "Exception", "GeneratorExit", "ImportError", "IndentationError", "IndexError", "KeyError",
    "KeyboardInterrupt", "LookupError", "MemoryError", "NameError", "NoneType", "NotImplementedError",
    "OSError", "OverflowError", "RuntimeError", "StopIteration", "SyntaxError", "SystemExit", "TypeError",
    "ValueError", "ZeroDivisionError", "abs", "all", "any", "append", "args", "bool", "builtins", "bytearray",
    "bytecode", "bytes", "callable", "chr", "classmethod", "clear", "close", "const", "copy", "count", "dict",
    "dir", "divmod", "end", "endswith", "eval", "exec", "extend", "find", "format", "from_bytes", "get",
    "getattr", "globals", "hasattr", "hash", "id", "index", "insert", "int", "isalpha", "isdigit",
    "isinstance", "islower", "isspace", "issubclass", "isupper", "items", "iter", "join", "key", "keys",
    "len", "list", "little", "locals", "lower", "lstrip", "main", "map", "micropython", "next", "object",
    "open", "ord", "pop", "popitem", "pow", "print", "range", "read", "readinto", "readline", "remove",
    "replace", "repr", "reverse", "rfind", "rindex", "round", "rsplit", "rstrip", "self", "send", "sep",
    "set", "setattr", "setdefault", "sort", "sorted", "split", "start", "startswith", "staticmethod", "step",
    "stop", "str", "strip", "sum", "super", "throw", "to_bytes", "tuple", "type", "update", "upper", "utf-8",
    "value", "values", "write", "zip",
];

/// Built-in names of the stock cross compiler longer than ten bytes, outside [`STATIC`].
#[rustfmt::skip]
const TOOL: [&str; 26] = [
    "Interpolation", "StopAsyncIteration", "UnicodeError", "ViperTypeError", "__build_class__", "__complex__",
    "__contains__", "__repl_print__", "__reversed__", "__template__", "__traceback__", "bound_method",
    "difference_update", "format_spec", "heap_unlock", "interpolations", "intersection",
    "intersection_update", "maximum recursion depth exceeded", "string.templatelib", "symmetric_difference",
    "symmetric_difference_update", "templatelib", "unpack_from", "vcvt_f32_s32", "vcvt_s32_f32",
];

/// Everything else that is known at build time.
#[rustfmt::skip]
const OURS: &[&str] = &[
    "!", "#", "$", "%", "&", "'", "(", ")", "+", ",", "-", ".", "... ", "0", "1", "2", "3", "4", "5", "6",
    "7", "8", "9", ":", ";", "<", "<dictcomp>", "<exception match>", "<genexpr>", "<in>", "<is>", "<lambda>",
    "<listcomp>", "<not>", "<setcomp>", "<stdin>", "<string>", "=", ">", ">>> ", "?", "@", "A", "B",
    "BytesIO", "C", "D", "E", "EACCES", "EADDRINUSE", "EAGAIN", "EALREADY", "EBADF", "ECONNABORTED",
    "ECONNREFUSED", "ECONNRESET", "EEXIST", "EHOSTUNREACH", "EINPROGRESS", "EINVAL", "EIO", "EISDIR",
    "ENOBUFS", "ENODEV", "ENOENT", "ENOMEM", "ENOTCONN", "EOPNOTSUPP", "EPERM", "ETIMEDOUT", "F", "FileIO",
    "G", "H", "I", "IOBase", "J", "K", "L", "M", "N", "NotImplemented", "O", "OrderedDict", "P", "Q", "R",
    "RingIO", "S", "StringIO", "T", "TextIOWrapper", "U", "V", "W", "X", "Y", "Z", "[", "\"", "\\", "\r",
    "\t", "]", "^", "__abs__", "__add__", "__aenter__", "__aexit__", "__aiter__", "__all__", "__and__",
    "__anext__", "__bases__", "__bool__", "__debug__", "__del__", "__delattr__", "__delete__", "__dict__",
    "__divmod__", "__eq__", "__file__", "__float__", "__floordiv__", "__ge__", "__get__", "__globals__",
    "__gt__", "__iadd__", "__iand__", "__ifloordiv__", "__ilshift__", "__imatmul__", "__imod__", "__import__",
    "__imul__", "__invert__", "__ior__", "__ipow__", "__irshift__", "__isub__", "__itruediv__", "__ixor__",
    "__le__", "__lshift__", "__lt__", "__matmul__", "__mod__", "__mul__", "__ne__", "__neg__", "__or__",
    "__path__", "__pos__", "__pow__", "__radd__", "__rand__", "__rfloordiv__", "__rlshift__", "__rmatmul__",
    "__rmod__", "__rmul__", "__ror__", "__rpow__", "__rrshift__", "__rshift__", "__rsub__", "__rtruediv__",
    "__rxor__", "__set__", "__set_name__", "__setattr__", "__sizeof__", "__sub__", "__truediv__", "__xor__",
    "_build", "_machine", "_mpy", "`", "a", "acos", "acosh", "add", "appendleft", "argv", "array", "asin",
    "asinh", "asm_rv32", "asm_rv64", "asm_thumb", "asm_xtensa", "atan", "atan2", "atanh", "atexit", "b",
    "bin", "buffer", "buffering", "byteorder", "c", "calcsize", "ceil", "cell", "center", "choice", "clock",
    "closure", "cmath", "code", "collect", "collections", "compile", "complex", "copysign", "cos", "cosh",
    "d", "data", "decode", "default", "degrees", "delattr", "deleter", "deque", "dict_view", "difference",
    "disable", "discard", "dump", "dumps", "e", "enable", "encode", "encoding", "enumerate", "erf", "erfc",
    "errno", "errorcode", "exc_info", "execfile", "executable", "exit", "exp", "expm1", "f", "fabs",
    "factorial", "fdel", "fget", "file", "fileno", "filter", "float", "floor", "flush", "fmod", "frexp",
    "fromhex", "fromkeys", "frozenset", "fset", "func", "function", "g", "gamma", "gc", "generator",
    "getrandbits", "getter", "getvalue", "gmtime", "h", "heap_lock", "heapify", "heappop", "heappush",
    "heapq", "help", "hex", "i", "imag", "implementation", "indices", "inf", "input", "io", "ioctl",
    "isclose", "isdisjoint", "isenabled", "isfinite", "isinf", "isnan", "issubset", "issuperset", "itemsize",
    "iterable", "iterator", "j", "json", "k", "kbd_intr", "keepends", "l", "ldexp", "length", "lgamma",
    "line", "linux", "load", "loads", "localtime", "log", "log10", "log2", "m", "match", "math", "max",
    "maxsize", "mem_alloc", "mem_current", "mem_free", "mem_info", "mem_peak", "mem_total", "memoryview",
    "min", "mktime", "mode", "modf", "module", "modules", "n", "name", "namedtuple", "nan", "native", "o",
    "obj", "oct", "opt_level", "p", "pack", "pack_into", "partition", "path", "pend_throw", "phase", "pi",
    "platform", "polar", "popleft", "print_exception", "property", "ps1", "ps2", "ptr", "ptr16", "ptr32",
    "ptr8", "push", "q", "qstr_info", "r", "radians", "randint", "random", "randrange", "re", "readlines",
    "real", "rect", "release", "reversed", "rpartition", "s", "schedule", "seed", "seek", "select",
    "separators", "setter", "signed", "sin", "sinh", "sleep", "sleep_ms", "sleep_us", "slice", "splitlines",
    "sqrt", "stack_use", "state", "stderr", "stdin", "stdout", "struct", "sub", "sys", "t", "tan", "tanh",
    "tau", "tell", "text", "threshold", "ticks_add", "ticks_cpu", "ticks_diff", "ticks_ms", "ticks_us",
    "time", "time_ns", "trunc", "u", "uint", "uniform", "union", "unpack", "v", "version", "version_info",
    "viper", "w", "x", "y", "z", "{", "|", "}", "~",
];

/// The last number that the stock cross compiler knows as a built-in name of more than ten bytes.
pub(super) const LAST_TOOL: usize = STATIC.len() + TOOL.len();

/// Text by number minus one.
#[cfg(not(feature = "small"))]
static NAMES: [&str; ROM_COUNT] = NAMES_LIST;

/// The text of a ROM name by its number minus one.
#[cfg(not(feature = "small"))]
#[inline]
pub(super) fn text(index: usize) -> Option<&'static str> {
    NAMES.get(index).copied()
}

/// Text by number minus one.
#[cfg(feature = "small")]
#[inline]
pub(super) fn text(index: usize) -> Option<&'static str> {
    packed::text(index)
}

/// Hash of the text, by number minus one.
#[cfg(feature = "small")]
pub(super) fn hash(index: usize) -> Option<u32> {
    packed::text(index).map(|text| hash_bytes(text.as_bytes()))
}

/// The number of a ROM name at run time, 0 if it is none. `hash` is `hash_bytes(text)`.
#[cfg(feature = "small")]
pub(super) fn find(text: &[u8], hash: u32) -> u32 {
    packed::find(text, hash)
}

/// Number of the name that is this ASCII character; 0 where there is none.
pub static CHARS: [u16; 128] = chars();

const fn chars() -> [u16; 128] {
    let mut all = [0; 128];
    let mut i = 0;
    while i < ROM_COUNT {
        if let [ch @ 0..128] = NAMES_LIST[i].as_bytes() {
            all[*ch as usize] = i as u16 + 1;
        }
        i += 1;
    }
    all
}

/// Hash by number minus one.
#[cfg(not(feature = "small"))]
static HASHES: [u32; ROM_COUNT] = HASH_LIST;

/// Hash of the text, by number minus one.
#[cfg(not(feature = "small"))]
#[inline]
pub(super) fn hash(index: usize) -> Option<u32> {
    HASHES.get(index).copied()
}

const HASH_LIST: [u32; ROM_COUNT] = hashes();

/// Slots of the hash table: at least twice the names.
const SLOTS: usize = (2 * ROM_COUNT).next_power_of_two();

/// Open addressing, linear probing: number of the name, 0 for an empty slot.
const INDEX: [u16; SLOTS] = index();
#[cfg(not(feature = "small"))]
static INDEX_IN_ROM: [u16; SLOTS] = INDEX;

const _: () = assert!(STATIC_COUNT == 165 && ROM_COUNT < 65536);

const fn names() -> [&'static str; ROM_COUNT] {
    let mut all = [""; ROM_COUNT];
    let mut i = 0;
    while i < ROM_COUNT {
        all[i] = if i < STATIC.len() {
            STATIC[i]
        } else if i < LAST_TOOL {
            TOOL[i - STATIC.len()]
        } else {
            OURS[i - LAST_TOOL]
        };
        i += 1;
    }
    all
}

const fn hashes() -> [u32; ROM_COUNT] {
    let names = names();
    let mut all = [0; ROM_COUNT];
    let mut i = 0;
    while i < ROM_COUNT {
        all[i] = hash_bytes(names[i].as_bytes());
        i += 1;
    }
    all
}

const fn index() -> [u16; SLOTS] {
    let names = names();
    let mut slots = [0; SLOTS];
    let mut i = 0;
    while i < ROM_COUNT {
        let mut at = HASH_LIST[i] as usize & (SLOTS - 1);
        while slots[at] != 0 {
            let other = slots[at] as usize - 1;
            if HASH_LIST[other] == HASH_LIST[i] {
                assert!(
                    !same(names[other].as_bytes(), names[i].as_bytes()),
                    "a name stands twice in abi/src/qstr/rom.rs"
                );
            }
            at = (at + 1) & (SLOTS - 1);
        }
        slots[at] = i as u16 + 1;
        i += 1;
    }
    slots
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// The number of a ROM name while compiling; use through `qstr!`.
#[doc(hidden)]
pub const fn number_of(name: &str) -> u32 {
    let hash = hash_bytes(name.as_bytes());
    let mut at = hash as usize & (SLOTS - 1);
    loop {
        let number = INDEX[at] as usize;
        if number == 0 {
            panic!("no such ROM qstr: add the name to OURS in abi/src/qstr/rom.rs");
        }
        if HASH_LIST[number - 1] == hash && same(NAMES_LIST[number - 1].as_bytes(), name.as_bytes())
        {
            return number as u32;
        }
        at = (at + 1) & (SLOTS - 1);
    }
}

const NAMES_LIST: [&str; ROM_COUNT] = names();

/// The number of a ROM name at run time, 0 if it is none. `hash` is `hash_bytes(text)`.
#[cfg(not(feature = "small"))]
#[inline]
pub(super) fn find(text: &[u8], hash: u32) -> u32 {
    let mut at = hash as usize & (SLOTS - 1);
    loop {
        let number = INDEX_IN_ROM[at] as usize;
        if number == 0 {
            return 0;
        }
        if HASHES[number - 1] == hash && NAMES[number - 1].as_bytes() == text {
            return number as u32;
        }
        at = (at + 1) & (SLOTS - 1);
    }
}

/// The same in fewer bytes: one text for all names, and a table with few free slots.
#[cfg(any(test, feature = "small"))]
mod packed {
    use super::{HASH_LIST, NAMES_LIST, ROM_COUNT};

    const LENGTH: usize = {
        let (mut sum, mut i) = (0, 0);
        while i < ROM_COUNT {
            sum += NAMES_LIST[i].len();
            i += 1;
        }
        sum
    };

    /// All texts, one after the other.
    static TEXT: [u8; LENGTH] = {
        let mut all = [0; LENGTH];
        let (mut at, mut i) = (0, 0);
        while i < ROM_COUNT {
            let (name, mut j) = (NAMES_LIST[i].as_bytes(), 0);
            while j < name.len() {
                all[at] = name[j];
                at += 1;
                j += 1;
            }
            i += 1;
        }
        all
    };

    /// How many texts stand between two known places.
    const STRIDE: usize = 16;

    /// Where the first of each [`STRIDE`] texts starts.
    static STARTS: [u16; ROM_COUNT.div_ceil(STRIDE)] = {
        assert!(LENGTH < 65536);
        let mut all = [0; ROM_COUNT.div_ceil(STRIDE)];
        let (mut at, mut i) = (0, 0);
        while i < ROM_COUNT {
            if i % STRIDE == 0 {
                all[i / STRIDE] = at as u16;
            }
            at += NAMES_LIST[i].len();
            i += 1;
        }
        all
    };

    /// How long each text is.
    static LENGTHS: [u8; ROM_COUNT] = {
        let mut all = [0; ROM_COUNT];
        let mut i = 0;
        while i < ROM_COUNT {
            assert!(NAMES_LIST[i].len() < 256);
            all[i] = NAMES_LIST[i].len() as u8;
            i += 1;
        }
        all
    };

    /// An eighth of the slots is free.
    const SLOTS: usize = ROM_COUNT + ROM_COUNT / 7;
    const NUMBER: u16 = (ROM_COUNT + 1).next_power_of_two() as u16 - 1;

    /// Where to look first.
    const fn first(hash: u32) -> usize {
        ((hash & 0xffff) as usize * SLOTS) >> 16
    }

    /// Where to look next.
    const fn next(at: usize) -> usize {
        if at == 0 { SLOTS - 1 } else { at - 1 }
    }

    /// The number of the name, and above it as many bits of its hash as there is room for; 0 for an empty slot.
    static INDEX: [u16; SLOTS] = {
        assert!(ROM_COUNT < SLOTS && SLOTS < 65536);
        let mut slots = [0; SLOTS];
        let mut i = 0;
        while i < ROM_COUNT {
            let mut at = first(HASH_LIST[i]);
            while slots[at] != 0 {
                at = next(at);
            }
            slots[at] = (i as u16 + 1) | tag(HASH_LIST[i]);
            i += 1;
        }
        slots
    };

    const fn tag(hash: u32) -> u16 {
        (hash >> 13) as u16 & !NUMBER
    }

    pub(super) fn text(index: usize) -> Option<&'static str> {
        let length = *LENGTHS.get(index)? as usize;
        let group = index / STRIDE;
        let before = LENGTHS.get(group * STRIDE..index)?;
        let start = before
            .iter()
            .fold(*STARTS.get(group)? as usize, |at, &n| at + n as usize);
        core::str::from_utf8(TEXT.get(start..start + length)?).ok()
    }

    pub(super) fn find(wanted: &[u8], hash: u32) -> u32 {
        let mut at = first(hash);
        loop {
            let slot = INDEX[at];
            if slot == 0 {
                return 0;
            }
            let number = slot & NUMBER;
            if slot & !NUMBER == tag(hash)
                && text(number as usize - 1).map(str::as_bytes) == Some(wanted)
            {
                return number.into();
            }
            at = next(at);
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::qstr::hash_bytes;

        #[test]
        fn every_name_is_found_and_has_its_text() {
            for (i, name) in NAMES_LIST.iter().enumerate() {
                assert_eq!(text(i), Some(*name));
                assert_eq!(
                    find(name.as_bytes(), hash_bytes(name.as_bytes())),
                    i as u32 + 1
                );
            }
            assert_eq!(text(ROM_COUNT), None);
            for name in ["surely no name", "appen", "appendx"] {
                assert_eq!(find(name.as_bytes(), hash_bytes(name.as_bytes())), 0);
            }
        }
    }
}
