//! The C twin of a function: its name, and what it needs to be called as a runtime calls it.
use std::fmt::Write;
use std::path::Path;

/// A function of a kernel.
#[derive(Debug)]
pub(super) struct Signature {
    /// For the table.
    pub(super) shown: String,
    /// Of the C function.
    pub(super) c_name: String,
    /// Viper, not native.
    pub(super) viper: bool,
    /// Types of the arguments, as conversion codes of the runtime; objects are 0.
    args: Vec<u8>,
    /// The result's.
    result: u8,
}

/// The name of the function that checks and converts.
pub(super) const WRAPPER: &str = "converting";

/// The conversion code of a type.
fn code(name: &str) -> u8 {
    match name {
        "bool" => 1,
        "int" => 2,
        "uint" => 3,
        "ptr" => 4,
        "ptr8" => 5,
        "ptr16" => 6,
        "ptr32" => 7,
        _ => 0,
    }
}

/// The native and viper functions of a kernel's source, in order.
pub(super) fn signatures(source: &str, stem: &str) -> Vec<Signature> {
    let mut found = Vec::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        let viper = match line.trim() {
            "@micropython.viper" => true,
            "@micropython.native" => false,
            _ => continue,
        };
        let Some(def) = lines.next().and_then(|line| line.strip_prefix("def ")) else {
            continue;
        };
        let (name, rest) = def.split_once('(').unwrap_or((def, ""));
        let (params, result) = rest.split_once(')').unwrap_or((rest, ""));
        let mut args: Vec<(String, u8)> = Vec::new();
        for param in params.split(',').filter(|param| !param.trim().is_empty()) {
            let (name, annotation) = param.split_once(':').unwrap_or((param, ""));
            args.push((name.trim().to_owned(), code(annotation.trim())));
        }
        let result = code(
            result
                .trim()
                .trim_start_matches("->")
                .trim_end_matches(':')
                .trim(),
        );
        // An argument that is an object and cast to a pointer in the body is converted there.
        let body: Vec<&str> = source.lines().collect();
        for (name, kind) in &mut args {
            for pointer in ["ptr8", "ptr16", "ptr32"] {
                if *kind == 0
                    && body
                        .iter()
                        .any(|line| line.contains(&format!("{pointer}({name})")))
                {
                    *kind = code(pointer);
                }
            }
        }
        let bench = name == "kernel";
        let kernel = stem.trim_end_matches("_viper");
        found.push(Signature {
            shown: if bench {
                kernel.to_owned()
            } else {
                name.to_owned()
            },
            c_name: if bench {
                format!("k_{kernel}")
            } else {
                // The native and the viper form of k05 have one twin.
                name.trim_end_matches('v').to_owned()
            },
            viper,
            args: args.into_iter().map(|(_, kind)| kind).collect(),
            result,
        });
    }
    found
}

/// C source that includes the twin's and has a function which does what machine code of the function has to do:
/// fetch the fun table, check the arguments' number, convert them, run the kernel (inlined), convert the result.
pub(super) fn with_conversion(c: &Path, signature: &Signature) -> String {
    let mut text = String::new();
    let file = c.file_name().unwrap_or_default().to_string_lossy();
    let count = signature.args.len();
    let _ = writeln!(text, "#define noinline");
    let _ = writeln!(text, "#include \"{file}\"");
    let _ = writeln!(
        text,
        "typedef unsigned long word;\n\
         __attribute__((flatten)) word {WRAPPER}(word fun, word n_args, word n_kw, word *args) {{\n\
         \x20   word *table = (word *)((word ****)fun)[1][sizeof(word) == 4 ? 3 : 2][0];\n\
         \x20   if (n_args != {count} || n_kw)\n\
         \x20       ((__attribute__((noreturn)) void (*)(word, word, word))table[44])(n_args, n_kw, {count} << 17 | {count} << 1);"
    );
    let mut call = String::new();
    for (at, kind) in signature.args.iter().enumerate() {
        let _ = match kind {
            0 => writeln!(text, "    word a{at} = args[{at}];"),
            kind => writeln!(
                text,
                "    word a{at} = ((word (*)(word, word))table[3])(args[{at}], {kind});"
            ),
        };
        let _ = write!(call, "{}(void *)a{at}", if at > 0 { ", " } else { "" });
    }
    let c_name = &signature.c_name;
    let _ = match signature.result {
        0 => writeln!(text, "    {c_name}({call});\n    return table[0];\n}}"),
        kind => writeln!(
            text,
            "    return ((word (*)(word, word))table[4])((word){c_name}({call}), {kind});\n}}"
        ),
    };
    text
}
