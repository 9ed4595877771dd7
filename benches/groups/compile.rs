//! From text to bytes: `lex`, `parse`, `compile` (all of it), `write`.
#![expect(missing_docs, reason = "the macros make public functions")]
use criterion::{Criterion, Throughput, black_box, criterion_group, criterion_main};
use ferlance_abi::qstr::Pool;
use ferlance_benches::{compiled, programs};
use ferlance_bytecode::mpy::write;
use ferlance_frontend::fuzz;
use ferlance_frontend::parser::{ParseOptions, parse};

fn groups(criterion: &mut Criterion) {
    let programs = programs();
    type Stage = (&'static str, fn(&[u8]));
    let stages: [Stage; 4] = [
        ("lex", fuzz::lexer),
        ("parse", |source| {
            black_box(parse(source, &mut Pool::new(), &ParseOptions::default()).is_ok());
        }),
        ("compile", |source| {
            black_box(compiled(source, &mut Pool::new()));
        }),
        ("write", |source| {
            let mut pool = Pool::new();
            let module = compiled(source, &mut pool);
            black_box(write(&module, &pool).is_ok());
        }),
    ];
    for (stage, run) in stages {
        let mut group = criterion.benchmark_group(stage);
        for program in &programs {
            group.throughput(Throughput::Bytes(program.source.len() as u64));
            group.bench_function(&program.name, |bencher| {
                bencher.iter(|| run(black_box(&program.source)))
            });
        }
        group.finish();
    }
}

criterion_group!(compile, groups);
criterion_main!(compile);
