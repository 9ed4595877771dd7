//! What a collection costs: it follows live objects, and looks at no bytes of buffers.
#![expect(missing_docs, reason = "the macros make public functions")]
use criterion::{Criterion, criterion_group, criterion_main};
use ferlance_benches::{run, with_runtime};

/// Name, what is alive.
const LIVE: &[(&str, &str)] = &[
    ("nothing", "a = None"),
    ("lists_1000", "a = [[i] for i in range(1000)]"),
    ("lists_100000", "a = [[i] for i in range(100000)]"),
    ("bytes_16MB", "a = bytearray(16 << 20)"),
    ("chain_100000", "a = None\nfor i in range(100000): a = (a,)"),
];

fn groups(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gc/pause");
    for (name, live) in LIVE {
        with_runtime(|rt| {
            run(rt, live.as_bytes());
            group.bench_function(*name, |bencher| bencher.iter(|| rt.collect()));
        });
    }
    group.finish();
}

criterion_group!(collecting, groups);
criterion_main!(collecting);
