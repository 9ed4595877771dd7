//! Scope by scope: lower, emit, drop.
//!
//! Only one scope's code exists at a time, and its buffers serve all scopes. Raw codes have the numbers of their
//! scopes, so a parent can name children that are not made yet.

use ferlance_abi::arch::Arch;
use ferlance_abi::code_kind::CodeKind;
use ferlance_bytecode::assemble::{AssembleError, Assembler};
use ferlance_bytecode::module::{CodeId, Header, RawCode};
use ferlance_bytecode::{Code, CompiledModule, Op};
use ferlance_collections::{BitSet, IndexVec, OutOfMemory, TryVec};
use ferlance_frontend::diag::Code as Message;
use ferlance_frontend::hir::ScopeId;
use ferlance_frontend::lower::{AsmDecorators, Lower};
use ferlance_frontend::{Ast, Diag};

#[cfg(feature = "native")]
use crate::direct::Module;
use crate::inline_asm;
#[cfg(feature = "native")]
use crate::native;
use crate::options::Options;

#[cfg(feature = "native")]
pub(crate) use crate::explain::Notes;
/// Without machine code there is nothing to note.
#[cfg(not(feature = "native"))]
pub(crate) enum Notes {}

/// Emits all scopes of a tree whose names are resolved.
pub(crate) fn emit_scopes(
    lower: Lower<'_>,
    options: &Options<'_>,
    notes: Option<&mut Notes>,
) -> Result<CompiledModule<'static>, Diag> {
    let made = emit_each(lower, options, notes);
    #[cfg(feature = "native")]
    if made.is_err()
        && let Some(workers) = options.workers
    {
        // Nobody wants these any more.
        while workers.take().is_some() {}
    }
    made
}

fn emit_each(
    mut lower: Lower<'_>,
    options: &Options<'_>,
    mut notes: Option<&mut Notes>,
) -> Result<CompiledModule<'static>, Diag> {
    let count = lower.scopes().len();
    let mut codes = TryVec::with_capacity(count)?;
    let mut code = Code::new();
    let mut assembler = Assembler::new();
    // What another scope has wrong in it is told first; of scopes without an emitter upstream tells the last one.
    let mut no_emitter = None;
    let mut hot = TryVec::new();
    #[cfg(feature = "native")]
    let mut module = Module::default();
    let mut next = Some(ScopeId::MODULE);
    while let Some(scope) = next {
        code.clear();
        code.kind = lower.scopes()[scope].emit;
        if code.kind != CodeKind::Asm {
            lower.lower_scope(scope, &mut code)?;
        }
        #[cfg(feature = "native")]
        if code.kind != CodeKind::Asm {
            module.look(scope, &code)?;
            if module.defers(&code, options) {
                codes.push(native::not_yet())?;
                module.waiting.push((scope, core::mem::take(&mut code)))?;
                next = lower.scopes().after(scope);
                continue;
            }
        }
        if code.kind == CodeKind::Native && runs_once(&lower, scope, &code, options)? {
            code.kind = CodeKind::Bytecode;
        }
        if is_for_later(&lower, scope, code.kind, options) {
            code.kind = CodeKind::Bytecode;
            hot.push(CodeId(scope.0))?;
        }
        let notes = notes.as_deref_mut();
        let emitted = emit(
            &mut lower,
            scope,
            &mut code,
            &mut assembler,
            options,
            notes,
            #[cfg(feature = "native")]
            &module,
        );
        match emitted {
            Ok(raw) => codes.push(raw)?,
            Err(diag) if diag.code == Message::NoNativeEmitter => no_emitter = Some(diag),
            Err(diag) => return Err(diag),
        }
        next = lower.scopes().after(scope);
    }
    if let Some(diag) = no_emitter {
        return Err(diag);
    }
    #[cfg(feature = "native")]
    {
        module.resolve()?;
        for (scope, code) in &module.waiting {
            let notes = notes.as_deref_mut();
            let raw = native::viper(&mut lower, *scope, code, options, notes, &module)?;
            if let Some(place) = codes.get_mut(scope.0 as usize) {
                *place = raw;
            }
        }
        if let Some(workers) = options.workers {
            native::gather(&lower, workers, &mut codes)?;
        }
    }
    let (names, consts) = lower.into_tables();
    let mut made = CompiledModule {
        header: Header {
            arch: Arch::None,
            arch_flags: options.arch_flags,
            small_int_bits: options.small_int_bits,
        },
        names: names.into_names(),
        consts: consts.into_consts(),
        codes: IndexVec::from_items(codes),
        linked: TryVec::new(),
        hot,
    };
    if made.has_machine_code() {
        made.header.arch = options.arch;
    }
    Ok(made)
}

/// Is it a function that becomes machine code when it turns out to be hot? Whoever decorates one wants it at once.
fn is_for_later(lower: &Lower<'_>, scope: ScopeId, kind: CodeKind, options: &Options<'_>) -> bool {
    options.native_when_hot && kind == CodeKind::Native && !lower.scopes()[scope].is_chosen
}

/// Is it code that runs once, straight through, for a runtime that runs at once what it compiles? Such code takes longer
/// to make than bytecode to run.
fn runs_once(
    lower: &Lower<'_>,
    scope: ScopeId,
    code: &Code,
    options: &Options<'_>,
) -> Result<bool, Diag> {
    if options.native_once || options.for_file || lower.scopes()[scope].kind.is_function_like() {
        return Ok(false);
    }
    Ok(!has_loop(code)?)
}

/// Does any jump lead back?
pub(crate) fn has_loop(code: &Code) -> Result<bool, OutOfMemory> {
    let mut passed = BitSet::with_limit(code.n_labels() as usize)?;
    for op in code.ops() {
        if let Op::Label(label) = op {
            passed.insert(label.index())?;
        } else if op.target().is_some_and(|to| passed.contains(to.index())) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Turns the code of `scope` into what its kind asks for.
fn emit(
    lower: &mut Lower<'_>,
    scope: ScopeId,
    code: &mut Code,
    assembler: &mut Assembler,
    options: &Options<'_>,
    notes: Option<&mut Notes>,
    #[cfg(feature = "native")] module: &Module,
) -> Result<RawCode<'static>, Diag> {
    #[cfg(not(feature = "native"))]
    let _ = notes;
    match code.kind {
        CodeKind::Bytecode => {
            let (names, _) = lower.tables_mut();
            let bytes = match assembler.assemble(code, names, options.has_lines()) {
                Ok(bytes) => bytes,
                Err(AssembleError::OutOfMemory) => return Err(Diag::from(OutOfMemory)),
                Err(AssembleError::JumpTooFar | AssembleError::BadJump) => {
                    return Err(lower.scope_error(scope, Message::BytecodeOverflow));
                }
            };
            Ok(RawCode {
                bytes: bytes.into(),
                children: TryVec::from_slice(&code.children)?,
                ..RawCode::default()
            })
        }
        CodeKind::Asm => inline_asm::emit(lower, scope, options, notes),
        // Lowering refuses decorators of emitters that are not there; this is the default emitter.
        #[cfg(feature = "native")]
        CodeKind::Native => native::native(lower, scope, code, options, notes),
        #[cfg(feature = "native")]
        CodeKind::Viper => native::viper(lower, scope, code, options, notes, module),
        #[cfg(not(feature = "native"))]
        CodeKind::Native | CodeKind::Viper => {
            Err(lower.scope_error(scope, Message::NoNativeEmitter))
        }
    }
}

/// What lowering needs to know.
pub(crate) fn lower_options(options: &Options<'_>) -> ferlance_frontend::lower::Options {
    ferlance_frontend::lower::Options {
        optimise: options.optimise,
        small_int_bits: options.small_int_bits,
        lines: options.has_lines(),
        emit: options.emit,
        native: options.has_native(),
        wide_types: options.has_wide_types(),
        asm: match (inline_asm::decorator(options.arch), options.for_file) {
            (Some(_), true) => AsmDecorators::Any,
            (None, true) => AsmDecorators::InvalidArch,
            (own, false) => AsmDecorators::Only(own),
        },
        float_text: options.for_file,
        stack: options.stack,
    }
}

/// Resolves and emits a tree.
pub(crate) fn compile_tree(
    ast: &Ast,
    pool: &mut ferlance_abi::qstr::Pool,
    source_name: ferlance_abi::qstr::Qstr,
    options: &Options<'_>,
    notes: Option<&mut Notes>,
) -> Result<CompiledModule<'static>, Diag> {
    let lower_options = lower_options(options);
    let mut lower = Lower::new(ast, pool, source_name, &lower_options)?;
    lower.resolve()?;
    emit_scopes(lower, options, notes)
}
