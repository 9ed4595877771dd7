//! What holds for whole compilations.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use ferlance_abi::arch::Arch;
use ferlance_abi::qstr::Pool;

use ferlance_collections::oom::failing;
use ferlance_frontend::diag::ExcType;

use super::{Mode, Options, compile, write_report};

#[test]
fn more_than_65535_names_stay_apart() {
    let mut source = String::new();
    for i in 0..70_000 {
        source.push_str(&format!("a.name_{i}\n"));
    }
    let mut pool = Pool::new();
    let module = compile(source.as_bytes(), &mut pool, &Options::default()).unwrap();
    assert_eq!(module.names.len(), 70_000 + 3); // file, <module>, a
    assert_eq!(pool.text(module.names[69_999 + 2]), b"name_69999");
    let bytes = ferlance_bytecode::mpy::write(&module, &pool).unwrap();
    let mut other = Pool::new();
    let host = ferlance_bytecode::mpy::Host::TOOL;
    let back = ferlance_bytecode::mpy::read(&bytes, &mut other, &host).unwrap();
    assert_eq!(other.text(back.names[69_999 + 2]), b"name_69999");
}

#[test]
fn a_refusal_leaves_the_pool_usable() {
    let mut pool = Pool::new();
    for source in ["x = (", "def f():\n return\n break\n", "name = 1\n"] {
        let compiled = compile(source.as_bytes(), &mut pool, &Options::default());
        assert_eq!(compiled.is_ok(), source.starts_with("name"), "{source}");
    }
    assert!(pool.find(b"name").is_some());
}

#[test]
fn parser_errors_name_the_input_and_later_ones_the_stored_name() {
    let report = |source: &str| {
        let mut pool = Pool::new();
        let diag = compile(source.as_bytes(), &mut pool, &Options::default()).unwrap_err();
        let mut text = String::new();
        write_report(&mut text, &diag, &pool, "in.py", "stored.py").unwrap();
        text
    };
    assert_eq!(
        report("x = )\n"),
        "Traceback (most recent call last):\n  File \"in.py\", line 1\nSyntaxError: invalid syntax\n"
    );
    assert_eq!(
        report("return\n"),
        "Traceback (most recent call last):\n  File \"stored.py\", line 1, in <module>\n\
         SyntaxError: 'return' outside function\n"
    );
    let long = format!("{} = 1\n", "a".repeat(256));
    assert_eq!(report(&long), "RuntimeError: name too long\n");
}

#[test]
fn eval_and_interactive_texts_compile_too() {
    let names = |source: &str, mode| {
        let mut pool = Pool::new();
        let options = Options {
            mode,
            for_file: false,
            ..Options::default()
        };
        let module = compile(source.as_bytes(), &mut pool, &options).unwrap();
        let names = module
            .names
            .iter()
            .map(|name| String::from(pool.str(*name)));
        names.collect::<Vec<_>>()
    };
    assert_eq!(names("a", Mode::Eval), ["<stdin>", "<module>", "a"]);
    assert!(names("a", Mode::Single).contains(&String::from("__repl_print__")));
}

#[test]
fn every_failing_allocation_is_a_memory_error() {
    let source = b"\
import a.b as c
BIG = 1 << 70, 1.5, 'a string longer than ten', b'bytes', 2j
class C(c.D, k=1):
    def m(self, x, *args, y=2, **kwargs):
        try:
            with open(x) as f, g():
                return super().m([i for i in f if i], lambda: (x, args, self))
        except (E, F) as e:
            raise G(f'{e!r:>4}') from e
        finally:
            for j in range(10): y[j], *z = kwargs, {j: x, 1: 2}
async def n(): await c.n()
del BIG, C
@micropython.asm_thumb
def p(r0) -> uint:
    ldr(r1, [r0, 4])
    label(L)
    push({r1, r2})
    b(L)
    data(4, 1, -2)
";
    let options = Options {
        arch: Arch::Armv7m,
        ..Options::default()
    };
    let runs = failing::sweep(|| {
        let mut pool = Pool::new();
        match compile(source, &mut pool, &options) {
            Ok(_) => Ok(()),
            Err(diag) => {
                assert_eq!(diag.exc_type(), ExcType::MemoryError, "{diag}");
                Err(diag)
            }
        }
    });
    assert!(runs > 50, "{runs}");
}
