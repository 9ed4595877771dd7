//! Function objects over machine code: native, viper and inline-assembler functions, and functions that make native
//! generators (layouts: spec native-abi 3.5).

use core::mem::offset_of;
use core::ptr::NonNull;

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;
use ferlance_abi::{CodeKind, NativeType, ScopeFlags, layout};

use super::hot::Hot;
use super::{entry, trampoline};
use crate::call::Args;
use crate::exc;
use crate::interp::code::Code;
use crate::interp::frame::Slot;
use crate::obj::builtin_fun::check_count;
use crate::obj::fun::FUN;
use crate::obj::generator::GENERATOR_FUN;
use crate::obj::list::List;
use crate::obj::module::Module;
use crate::obj::ptr::{Ptr, PyType};
use crate::obj::tuple::{self, Tuple};
use crate::obj::ty::{Attr, Header, PrintKind, Type, TypeFlags, VTable};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::{Print, write_fmt};

const WORD: usize = size_of::<usize>();

/// Of types of functions that may be of bytecode as well: a program sees no difference.
pub(super) const FLAGS: u16 = TypeFlags::BINDS_SELF | TypeFlags::AS_PARENT;

/// Functions of the native emitter.
pub(crate) static NATIVE_FUN: Type =
    Type::builtin(qstr!("function"), FLAGS, &NATIVE_VT).with_parent(&FUN);
static NATIVE_VT: VTable = VTable {
    print: Some(print_native),
    call: Some(call_native),
    attr: Some(attr),
    ..VTable::NEW
};

/// Functions of the viper emitter, and raw functions of linked modules: no prelude, no names.
pub(crate) static VIPER_FUN: Type =
    Type::builtin(qstr!("function"), TypeFlags::BINDS_SELF, &VIPER_VT);
static VIPER_VT: VTable = VTable {
    print: Some(print_plain),
    call: Some(call_viper),
    ..VTable::NEW
};

/// Functions of the native emitter that make generators.
pub(crate) static NATIVE_GEN_FUN: Type =
    Type::builtin(qstr!("generator"), FLAGS, &GEN_VT).with_parent(&GENERATOR_FUN);
static GEN_VT: VTable = VTable {
    call: Some(super::generator::call),
    attr: Some(attr),
    ..VTable::NEW
};

/// The two kinds with a table of lines, which only trampolines call: see [`super::lines`].
static LINED_FUN: Type = Type::builtin(qstr!("function"), FLAGS, &LINED_VT).with_parent(&FUN);
static LINED_VT: VTable = VTable {
    call: Some(call_lined),
    ..NATIVE_VT
};
static LINED_GEN_FUN: Type =
    Type::builtin(qstr!("generator"), FLAGS, &GEN_VT).with_parent(&GENERATOR_FUN);

/// Inline assembler functions.
pub(crate) static ASM_FUN: Type = Type::builtin(qstr!("function"), TypeFlags::BINDS_SELF, &ASM_VT);
static ASM_VT: VTable = VTable {
    print: Some(print_plain),
    call: Some(call_asm),
    ..VTable::NEW
};

/// A native or viper function, or one that makes native generators.
#[repr(C)]
pub(crate) struct NativeFun {
    base: Header,
    /// The module it belongs to; keeps the code alive.
    pub context: Ptr<Module>,
    /// The children's descriptors, and behind them the function's own; without children the latter itself.
    children: *const Ptr<Code>,
    /// Start of the function data.
    pub code: *const u8,
    // Positional defaults follow, then the dict of keyword defaults if the descriptor says so.
}

/// An inline assembler function.
#[repr(C)]
struct AsmFun {
    base: Header,
    n_args: usize,
    code: *const u8,
    /// Type code of the result.
    result: usize,
    /// Keeps the code alive.
    context: Ptr<Module>,
}

const _: () = {
    assert!(offset_of!(NativeFun, context) == layout::FUN_BC_CONTEXT * WORD);
    assert!(offset_of!(NativeFun, children) == layout::FUN_BC_CHILD_TABLE * WORD);
    assert!(offset_of!(NativeFun, code) == layout::FUN_BC_CODE * WORD);
    assert!(size_of::<NativeFun>() == layout::FUN_BC_EXTRA_ARGS * WORD);
    assert!(offset_of!(AsmFun, n_args) == layout::FUN_ASM_N_ARGS * WORD);
    assert!(offset_of!(AsmFun, code) == layout::FUN_ASM_CODE * WORD);
    assert!(offset_of!(AsmFun, result) == layout::FUN_ASM_TYPE * WORD);
};

// SAFETY: every structure of type NATIVE_FUN is a `NativeFun`.
unsafe impl PyType for NativeFun {
    fn ty() -> &'static Type {
        &NATIVE_FUN
    }
}

impl NativeFun {
    /// The head of a function without its defaults.
    pub(super) fn new(context: Ptr<Module>, code: Ptr<Code>) -> NativeFun {
        NativeFun {
            base: Header::new(
                match (code.flags.has(ScopeFlags::GENERATOR), code.n_lines != 0) {
                    (false, false) => &NATIVE_FUN,
                    (false, true) => &LINED_FUN,
                    (true, false) => &NATIVE_GEN_FUN,
                    (true, true) => &LINED_GEN_FUN,
                },
            ),
            context,
            children: if code.n_children == 0 {
                code.as_non_null().as_ptr().cast()
            } else {
                code.children
            },
            code: code.bytes,
        }
    }

    /// What is known about the code of a function, if it is of kind native.
    pub(super) fn descriptor_of(fun: Obj) -> Option<Ptr<Code>> {
        let ty = core::ptr::from_ref(fun.ty());
        let has_one = [&NATIVE_FUN, &NATIVE_GEN_FUN, &LINED_FUN, &LINED_GEN_FUN]
            .into_iter()
            .any(|known| core::ptr::eq(ty, known));
        // SAFETY: these types have this layout, and code of kind native.
        has_one.then(|| unsafe { fun.cast_unchecked::<NativeFun>().descriptor() })
    }

    /// What is known about the code.
    ///
    /// Stock runtimes find the prelude by the same steps: the first word of the function data is an index into the
    /// child table, or zero when the table word itself is it. Ours finds the parsed form there.
    ///
    /// # Safety
    /// The function is of kind native: its code begins with the index.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) unsafe fn descriptor(&self) -> Ptr<Code> {
        // SAFETY: the loader checked the index and put the descriptor there.
        unsafe {
            let index = self.code.cast::<usize>().read();
            if index == 0 {
                Ptr::from_non_null(NonNull::new_unchecked(
                    self.children.cast::<Code>().cast_mut(),
                ))
            } else {
                *self.children.add(index)
            }
        }
    }
}

/// A function of a descriptor, with defaults: a tuple of positional ones and a dict of keyword ones.
pub(crate) fn make(
    rt: &mut Runtime,
    context: Ptr<Module>,
    code: Ptr<Code>,
    defs: Slot,
    kwdefs: Slot,
) -> R<Obj> {
    if let Some(hot) = Hot::of(code) {
        return super::hot::make(rt, context, code, hot, defs, kwdefs);
    }
    match code.kind() {
        Some(CodeKind::Native) => make_native(rt, context, code, defs, kwdefs),
        Some(CodeKind::Viper) => make_viper(rt, context, code.bytes, code.children, defs),
        Some(CodeKind::Asm) => {
            let fun = rt.new_obj(AsmFun {
                base: Header::new(&ASM_FUN),
                n_args: code.n_pos as usize,
                code: code.bytes,
                result: code.n_exc as usize,
                context,
            })?;
            Ok(fun.obj())
        }
        _ => Err(rt.raise_msg(&exc::VALUE_ERROR, "incompatible .mpy file")),
    }
}

fn make_native(
    rt: &mut Runtime,
    context: Ptr<Module>,
    code: Ptr<Code>,
    defs: Slot,
    kwdefs: Slot,
) -> R<Obj> {
    let defaults = defs.and_then(Obj::cast::<Tuple>);
    let n_def = defaults.map_or(0, |d| d.len());
    if n_def != code.n_def_pos as usize {
        // Binding will look for as many as the prelude says.
        return Err(rt.raise_msg(&exc::VALUE_ERROR, "incompatible .mpy file"));
    }
    let n_kw = usize::from(code.flags.has(ScopeFlags::KW_DEFAULTS));
    let head = size_of::<NativeFun>() / WORD;
    let at = rt.alloc_words(head + n_def + n_kw, false)?;
    // SAFETY: the block holds the head and the extra words; all are written here.
    unsafe {
        at.cast::<NativeFun>().write(NativeFun::new(context, code));
        let extra = at.add(head).cast::<Obj>();
        if let Some(defaults) = defaults {
            for (i, item) in defaults.items().iter().enumerate() {
                extra.add(i).write(item.get());
            }
        }
        if n_kw != 0 {
            extra.add(n_def).write(kwdefs.unwrap_or(Obj::NONE));
        }
        Ok(Ptr::<NativeFun>::from_non_null(at.cast()).obj())
    }
}

fn make_viper(
    rt: &mut Runtime,
    context: Ptr<Module>,
    code: *const u8,
    children: *const Ptr<Code>,
    defs: Slot,
) -> R<Obj> {
    // Code of ours takes missing arguments from here; code of stock tools does not look.
    let defaults = defs.and_then(Obj::cast::<Tuple>);
    let head = size_of::<NativeFun>() / WORD;
    let at = rt.alloc_words(head + defaults.map_or(0, |d| d.len()), false)?;
    // SAFETY: the block holds the head and the extra words; all are written here.
    unsafe {
        at.cast::<NativeFun>().write(NativeFun {
            base: Header::new(&VIPER_FUN),
            context,
            children,
            code,
        });
        let extra = at.add(head).cast::<Obj>();
        if let Some(defaults) = defaults {
            for (i, item) in defaults.items().iter().enumerate() {
                extra.add(i).write(item.get());
            }
        }
        Ok(Ptr::<NativeFun>::from_non_null(at.cast()).obj())
    }
}

/// What entry 26 is given: one of our descriptors, or the three words that a linked module built on its stack
/// (kind viper, code, and a third word that was never written).
#[repr(C)]
struct RawHeader {
    kind: [u8; 4],
    code: *const u8,
    children: core::mem::MaybeUninit<*const Ptr<Code>>,
}

const _: () = {
    assert!(layout::RAW_CODE_KIND_BYTE == 2 && layout::RAW_CODE_IS_GENERATOR_BYTE == 3);
    assert!(offset_of!(RawHeader, code) == layout::RAW_CODE_FUN_DATA * WORD);
    assert!(offset_of!(RawHeader, children) == layout::RAW_CODE_CHILDREN * WORD);
    assert!(offset_of!(Code, bytes) == layout::RAW_CODE_FUN_DATA * WORD);
    assert!(offset_of!(Code, children) == layout::RAW_CODE_CHILDREN * WORD);
};

/// As [`make`], for a descriptor of either kind.
///
/// # Safety
/// `raw` is as [`RawHeader`] says.
pub(super) unsafe fn make_raw(
    rt: &mut Runtime,
    context: Ptr<Module>,
    raw: NonNull<Code>,
    defs: Slot,
    kwdefs: Slot,
) -> R<Obj> {
    // SAFETY: the caller's. A header of kind viper has no more than its three words, and the third is only copied.
    unsafe {
        let header = raw.cast::<RawHeader>();
        let kind = (*header.as_ptr()).kind;
        if kind[2] == CodeKind::Viper.raw_code_number() {
            let code = (*header.as_ptr()).code;
            let mut fun = RawFun {
                base: Header::new(&VIPER_FUN),
                context,
                children: core::mem::MaybeUninit::new(core::ptr::null()),
                code,
            };
            fun.children = (&raw const (*header.as_ptr()).children).read();
            return Ok(rt.new_obj(fun)?.obj());
        }
        crate::interp::function(rt, context, Ptr::from_non_null(raw), defs, kwdefs)
    }
}

/// A [`NativeFun`] whose child table may be a word that was never written.
#[repr(C)]
struct RawFun {
    base: Header,
    context: Ptr<Module>,
    children: core::mem::MaybeUninit<*const Ptr<Code>>,
    code: *const u8,
}

fn head(obj: Obj) -> Ptr<NativeFun> {
    // SAFETY: reached through vtables of types with this layout only.
    unsafe { obj.cast_unchecked() }
}

fn print_native(rt: &mut Runtime, obj: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    // SAFETY: of kind native.
    let name = unsafe { head(obj).descriptor() }.name;
    let name = rt.name_str(name);
    write_fmt(
        rt,
        out,
        format_args!("<function {name} at {:x}>", obj.raw()),
    )
}

fn print_plain(rt: &mut Runtime, _: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    out.write(rt, b"<function>")
}

/// `__name__`, `__globals__`.
fn attr(_: &mut Runtime, obj: Obj, name: Qstr) -> R<Attr> {
    let fun = head(obj);
    Ok(if name == qstr!("__name__") {
        // SAFETY: of kind native.
        Attr::Value(Obj::qstr(unsafe { fun.descriptor() }.name))
    } else if name == qstr!("__globals__") {
        match fun.context.globals() {
            Some(globals) => Attr::Value(globals.obj()),
            None => Attr::None,
        }
    } else {
        Attr::None
    })
}

/// The function, if it is a native one that makes generators and has no table of lines.
#[inline(always)]
pub(super) fn generator_fun(fun: Obj) -> Option<Ptr<NativeFun>> {
    (fun.is_ptr() && fun.ty().same(&NATIVE_GEN_FUN)).then(|| {
        // SAFETY: this type has that layout.
        unsafe { fun.cast_unchecked() }
    })
}

/// Calls a native function from Rust code.
pub(super) fn call(rt: &mut Runtime, fun: Ptr<NativeFun>, args: &[Obj]) -> R<Obj> {
    call_native(rt, fun.obj(), Args::positional(args))
}

/// Calls a native function: its code starts behind the index word. Its globals are current meanwhile: code of our own
/// for this runtime does not see to that itself.
fn call_native(rt: &mut Runtime, fun: Obj, args: Args<'_>) -> R<Obj> {
    let code = trampoline::entry_point(head(fun).code, WORD);
    let context = head(fun).context;
    // SAFETY: this is such code; the loader checked that there is some.
    unsafe { trampoline::call_fun(rt, fun, Some(context), code, args) }
}

/// Calls a native function with a table of lines. It makes its globals current itself, as all code in files; nothing is
/// certain to run in its module, so that nothing of the module is called without a trampoline.
fn call_lined(rt: &mut Runtime, fun: Obj, args: Args<'_>) -> R<Obj> {
    let code = trampoline::entry_point(head(fun).code, WORD);
    // SAFETY: as above.
    unsafe { trampoline::call_fun(rt, fun, None, code, args) }
}

/// Calls a viper function: its code starts at once.
fn call_viper(rt: &mut Runtime, fun: Obj, args: Args<'_>) -> R<Obj> {
    let code = trampoline::entry_point(head(fun).code, 0);
    // SAFETY: as above.
    unsafe { trampoline::call_fun(rt, fun, None, code, args) }
}

/// The word that an assembler function gets for an argument (spec native-abi section 9).
fn asm_argument(rt: &mut Runtime, value: Obj) -> R<usize> {
    if let Some(small) = value.as_small() {
        return Ok(small as usize);
    }
    if value.is_none() {
        return Ok(0);
    }
    if let Some(truth) = value.as_bool() {
        return Ok(usize::from(truth));
    }
    if crate::obj::int::is_int(value) {
        return Ok(crate::obj::int::low_word(value));
    }
    if let Some(text) = rt.str_bytes(value) {
        return Ok(text.as_ptr().expose_provenance());
    }
    if let Some(float) = value.as_float() {
        return Ok(float as isize as usize);
    }
    if let Some(items) = tuple::of(value) {
        return Ok(items.items().as_ptr().expose_provenance());
    }
    if let Some(items) = value.cast::<List>() {
        return Ok(items.items().as_ptr().expose_provenance());
    }
    Ok(match entry::buffer(rt, value, false) {
        Some(view) => view.data.expose_provenance(),
        None => value.raw(),
    })
}

fn call_asm(rt: &mut Runtime, obj: Obj, args: Args<'_>) -> R<Obj> {
    // SAFETY: reached through the vtable of ASM_FUN only.
    let fun: Ptr<AsmFun> = unsafe { obj.cast_unchecked() };
    if args.n_pos() != fun.n_args || args.n_kw() != 0 {
        let (n, n_kw) = (args.n_pos(), args.n_kw());
        return Err(check_count(rt, n, n_kw, fun.n_args, fun.n_args, false));
    }
    let mut words = [0; 4];
    for (word, arg) in words.iter_mut().zip(args.pos()) {
        *word = asm_argument(rt, *arg)?;
    }
    let code = trampoline::entry_point(fun.code, 0);
    // SAFETY: this is such code, of at most four arguments; those are the caller's, who keeps them alive.
    let value = unsafe { trampoline::call(rt, obj, code, words)? };
    let result = NativeType::from_number(fun.result as u8 & 3).unwrap_or(NativeType::Int);
    entry::native_to_obj(rt, value, result.number() as usize)
}
