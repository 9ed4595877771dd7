//! From a `.mpy` file to code that can run: `load/read`, `load/verify` (what safety costs), `load/objects`.
#![expect(missing_docs, reason = "the macros make public functions")]
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ferlance_abi::qstr::Pool;
use ferlance_benches::{compiled, programs, with_runtime};
use ferlance_bytecode::mpy::{Host, read, write};
use ferlance_bytecode::verify;
use ferlance_vm::import::load::load;
use ferlance_vm::obj::dict;

fn groups(criterion: &mut Criterion) {
    for program in programs() {
        let mut pool = Pool::new();
        let module = compiled(&program.source, &mut pool);
        let file = write(&module, &pool).expect("a file");
        let reread = || read(&file, &mut Pool::new(), &Host::TOOL).expect("our own file");

        let mut group = criterion.benchmark_group("load");
        group.throughput(Throughput::Bytes(file.len() as u64));
        group.bench_function(format!("read/{}", program.name), |bencher| {
            bencher.iter(reread)
        });
        group.bench_function(format!("verify/{}", program.name), |bencher| {
            bencher.iter_batched(
                reread,
                |module| verify(module).is_ok(),
                BatchSize::SmallInput,
            )
        });
        with_runtime(|rt| {
            group.bench_function(format!("objects/{}", program.name), |bencher| {
                bencher.iter(|| {
                    let module = read(&file, &mut rt.pool, &Host::TOOL).expect("our own file");
                    let globals = dict::new(rt).expect("room");
                    load(rt, &module, globals).is_ok()
                })
            });
        });
        group.finish();
    }
}

criterion_group!(loading, groups);
criterion_main!(loading);
