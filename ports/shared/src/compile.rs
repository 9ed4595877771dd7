//! The compiler behind the runtime's hook: `exec`, `eval`, `compile`, imports of source, the main program.
//!
//! A port that has a compiler sets `rt.imports.compile = Some(compile)`.

use ferlance_abi::{Arch, CodeKind};
use ferlance_bytecode::CompiledModule;
use ferlance_bytecode::module::HotFunction;
use ferlance_bytecode::verify::verify;
use ferlance_collections::TryString;
use ferlance_compiler::target::Host;
use ferlance_compiler::{Mode, Options, StackLimit, Target, hot};
use ferlance_frontend::Diag;
use ferlance_frontend::diag::ExcType;
use ferlance_vm::exc::{self, traceback};
use ferlance_vm::import::hook::{self, Request};
use ferlance_vm::import::load::{self, Loaded};
use ferlance_vm::obj::exception;
use ferlance_vm::obj::ty::Type;
use ferlance_vm::obj::word::Obj;
use ferlance_vm::{R, Raised, Runtime};

/// Compiles and loads.
pub fn compile(rt: &mut Runtime, request: Request<'_>) -> R<Loaded> {
    let options = options(rt);
    let name = rt.name(request.name);
    let options = Options {
        mode: match request.mode {
            hook::Mode::Exec => Mode::File,
            hook::Mode::Eval => Mode::Eval,
            hook::Mode::Single => Mode::Single,
        },
        input_name: name,
        source_name: name,
        ..options
    };
    match ferlance_compiler::compile(request.source, &mut rt.pool, &options) {
        // The loop trusts what it runs. That the compiler's code keeps the rules is tested, and checked here again.
        Ok(module) if rt.config.verify => match verify(module) {
            Ok(verified) => load::load(rt, verified.module(), request.globals),
            Err(error) => Err(rt.value_error(error.message())),
        },
        Ok(module) => load::load(rt, &module, request.globals),
        Err(diag) => Err(refused(rt, &request, &diag)),
    }
}

/// What was wrong with `source` when its compilation raised `exc`, for ports that show more than exceptions hold. None if it
/// was something else that raised it, or the source is another one by now.
pub fn diagnose(rt: &mut Runtime, exc: Obj, source: &[u8]) -> Option<Diag> {
    let place = place_of(exc)?;
    let name = rt.name(place.file);
    let options = Options {
        mode: Mode::File,
        input_name: name,
        source_name: name,
        ..options(rt)
    };
    let diag = ferlance_compiler::compile(source, &mut rt.pool, &options).err()?;
    let ty = exception_type(diag.exc_type())?;
    (diag.line == place.line && exc::is_instance(exc, ty)).then_some(diag)
}

/// Where an exception was raised.
pub fn place_of(exc: Obj) -> Option<traceback::Entry> {
    traceback::entries(exception::native_part(exc)?).next()
}

/// Compiles a function that has turned out to be hot, for ports that set `rt.imports.hot` to this.
pub fn compile_hot(rt: &mut Runtime, function: HotFunction<'_>) -> Option<CompiledModule<'static>> {
    let options = options(rt);
    hot::compile(function, &rt.pool, &options)
}

/// What every compilation has in common.
fn options(rt: &mut Runtime) -> Options<'static> {
    let target = target(rt);
    Options {
        optimise: rt.config.opt_level,
        small_int_bits: (usize::BITS - 1) as u8,
        for_file: false,
        emit: rt.config.emit,
        sound: rt.config.sound,
        arch: target.map_or(Arch::None, |target| target.arch),
        arch_flags: target.map_or(0, |target| u32::from(target.flags)),
        target,
        native_once: rt.config.native_once,
        native_when_hot: rt.config.emit == CodeKind::Native
            && !(rt.config.native_eager || rt.config.native_once)
            && rt.imports.hot.is_some(),
        native_pieces: rt.config.native_pieces,
        stack: StackLimit::at(rt.interp.stack_limit()),
        ..Options::default()
    }
}

/// Machine code for this very runtime, if it has memory for code.
fn target(rt: &mut Runtime) -> Option<Target> {
    let arch = ferlance_vm::native::arch(rt);
    let flags = ferlance_vm::native::arch_flags(rt) as u8;
    (arch != Arch::None).then(|| Target {
        host: Host::Ferlance,
        small: rt.config.native_small,
        ..Target::stock(arch, flags)
    })
}

/// Raises what a refusal means, with the place in the source as its traceback.
fn refused(rt: &mut Runtime, request: &Request<'_>, diag: &Diag) -> Raised {
    let Some(ty) = exception_type(diag.exc_type()) else {
        return rt.no_memory(0);
    };
    let mut text = TryString::default();
    if diag
        .write_text(&mut text, &|name| rt.pool.text(name))
        .is_err()
    {
        return rt.no_memory(0);
    }
    let raised = rt.raise_msg(ty, &text);
    let exc = rt.take_exception(raised);
    let block = diag.scope.unwrap_or(ferlance_abi::qstr::Qstr::NONE);
    traceback::add(
        rt,
        exc,
        traceback::Entry {
            file: request.name,
            line: diag.line,
            block,
        },
    );
    rt.raise_obj(exc)
}

/// The type that is raised; none for lack of memory, which has an exception of its own.
fn exception_type(ty: ExcType) -> Option<&'static Type> {
    Some(match ty {
        ExcType::SyntaxError => &exc::SYNTAX_ERROR,
        ExcType::IndentationError => &exc::INDENTATION_ERROR,
        ExcType::NotImplementedError => &exc::NOT_IMPLEMENTED_ERROR,
        ExcType::RuntimeError => &exc::RUNTIME_ERROR,
        ExcType::ViperTypeError => &exc::VIPER_TYPE_ERROR,
        ExcType::MemoryError => return None,
    })
}
