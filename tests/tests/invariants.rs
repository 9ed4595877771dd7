//! The rules of `docs/architecture.md`, each as a test.
//!
//! The page is the truth: the import table and the list of islands are read from it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use ferlance_tests::workspace::{self, code_only, has_word, root, rust_files};

/// Crates whose names start with this are ours.
const PREFIX: &str = "ferlance-";

/// The folders of the import table, each with what it may import.
fn import_table() -> BTreeMap<String, BTreeSet<String>> {
    rows_after("## What imports what")
        .into_iter()
        .map(|row| (row[0].clone(), words(&row[1])))
        .collect()
}

/// The cells of the first table after `heading` in the architecture page, back quotes taken off.
fn rows_after(heading: &str) -> Vec<Vec<String>> {
    let page = fs::read_to_string(root().join("docs/architecture.md"))
        .expect("the architecture page exists");
    let (_, section) = page
        .split_once(heading)
        .unwrap_or_else(|| panic!("no section `{heading}`"));
    let table = section
        .lines()
        .skip_while(|line| !line.starts_with("| ---"))
        .skip(1);
    let rows: Vec<Vec<String>> = table
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            line.trim_matches('|')
                .split('|')
                .map(|cell| cell.replace('`', "").trim().to_owned())
                .collect()
        })
        .collect();
    assert!(!rows.is_empty(), "section `{heading}` has no table");
    rows
}

/// The words of a cell, separated by spaces; `-` is none.
fn words(cell: &str) -> BTreeSet<String> {
    cell.split([' ', ','])
        .filter(|word| !word.is_empty() && *word != "-")
        .map(str::to_owned)
        .collect()
}

/// Folders of the workspace's members, with their parsed manifests.
fn members() -> Vec<(String, toml::Table)> {
    let read = |path: PathBuf| -> toml::Table {
        let text =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        text.parse()
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let workspace = read(root().join("Cargo.toml"));
    let members = workspace["workspace"]["members"]
        .as_array()
        .expect("members is a list");
    members
        .iter()
        .map(|member| member.as_str().expect("a member is a path"))
        .map(|folder| {
            (
                folder.to_owned(),
                read(root().join(folder).join("Cargo.toml")),
            )
        })
        .collect()
}

/// Our own crates among the dependencies of a manifest, by folder; development dependencies are free.
fn imports(manifest: &toml::Table, packages: &BTreeMap<String, String>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut tables = vec![manifest];
    if let Some(targets) = manifest.get("target").and_then(|target| target.as_table()) {
        tables.extend(targets.values().filter_map(|target| target.as_table()));
    }
    for table in tables {
        let dependencies = table
            .get("dependencies")
            .and_then(|dependencies| dependencies.as_table());
        let ours = dependencies
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
            .filter(|name| name.starts_with(PREFIX));
        names.extend(ours.map(|name| packages[name].clone()));
    }
    names
}

/// Folder by package name.
fn packages() -> BTreeMap<String, String> {
    let name = |manifest: &toml::Table| {
        manifest["package"]["name"]
            .as_str()
            .expect("a package has a name")
            .to_owned()
    };
    members()
        .into_iter()
        .map(|(folder, manifest)| (name(&manifest), folder))
        .collect()
}

/// The rows of the crate table whose second column says "device".
fn device_crates() -> Vec<String> {
    let rows = rows_after("## The crates");
    rows.into_iter()
        .filter(|row| row[1] == "device")
        .map(|row| row[0].clone())
        .collect()
}

/// The files of the modules that `text`, the file at `path`, declares for tests only.
fn test_only_files(path: &Path, text: &str) -> Vec<PathBuf> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let declared = lines.windows(2).filter(|pair| {
        pair[0].starts_with("#[cfg(test)]") || pair[0].starts_with("#[cfg(any(test, ")
    });
    let names = declared.filter_map(|pair| {
        let (_, name) = pair[1].split_once("mod ")?;
        name.strip_suffix(';')
    });
    let folder = match path.file_name().and_then(|name| name.to_str()) {
        Some("lib.rs" | "main.rs" | "mod.rs") => path.with_file_name(""),
        _ => path.with_extension(""),
    };
    names
        .map(|name| folder.join(format!("{name}.rs")))
        .collect()
}

/// Every line of code in `folder` for which `wrong` holds, as `path:line: text`.
fn offences(folder: &Path, wrong: &dyn Fn(&Path, &str) -> bool) -> Vec<String> {
    let files = rust_files(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let test_only: BTreeSet<PathBuf> = files
        .iter()
        .flat_map(|(path, text)| test_only_files(path, text))
        .collect();
    let mut found = Vec::new();
    for (path, text) in files {
        // The modules of a test-only file stand in the folder of its name.
        let is_within = |file: &PathBuf| path.starts_with(file.with_extension(""));
        if test_only.contains(&path) || test_only.iter().any(is_within) {
            continue;
        }
        let relative = path
            .strip_prefix(root())
            .expect("the file is in the workspace")
            .to_owned();
        for (number, line) in code_only(&text).iter().enumerate() {
            if wrong(&relative, line) {
                found.push(format!(
                    "{}:{}: {}",
                    relative.display(),
                    number + 1,
                    line.trim()
                ));
            }
        }
    }
    found
}

fn assert_none(offences: Vec<String>, rule: &str) {
    assert!(offences.is_empty(), "{rule}:\n{}", offences.join("\n"));
}

#[test]
fn crates_import_only_what_the_table_allows() {
    let table = import_table();
    let packages = packages();
    for (folder, manifest) in members() {
        let Some(allowed) = table.get(&folder) else {
            panic!("{folder} is not in the import table")
        };
        if allowed.contains("anything") {
            continue;
        }
        for import in imports(&manifest, &packages) {
            assert!(
                allowed.contains(&import),
                "{folder} imports {import}, which the import table does not allow"
            );
        }
    }
}

#[test]
fn import_table_names_crates_of_the_workspace_in_order() {
    let folders: BTreeSet<String> = members().into_iter().map(|(folder, _)| folder).collect();
    let mut above = BTreeSet::new();
    for row in rows_after("## What imports what") {
        assert!(
            folders.contains(&row[0]),
            "{} is no crate of the workspace",
            row[0]
        );
        for import in words(&row[1])
            .into_iter()
            .filter(|import| import != "anything")
        {
            assert!(
                above.contains(&import),
                "{} imports {import}, which stands below it",
                row[0]
            );
        }
        above.insert(row[0].clone());
    }
}

#[test]
fn the_two_halves_never_import_each_other() {
    let packages = packages();
    let manifests: BTreeMap<String, BTreeSet<String>> = members()
        .iter()
        .map(|(folder, manifest)| (folder.clone(), imports(manifest, &packages)))
        .collect();
    let reach = |from: &str| {
        let mut seen = BTreeSet::new();
        let mut todo = vec![from.to_owned()];
        while let Some(folder) = todo.pop() {
            for import in manifests.get(&folder).into_iter().flatten() {
                if seen.insert(import.clone()) {
                    todo.push(import.clone());
                }
            }
        }
        seen
    };
    let compiler_side = [
        "frontend",
        "asm",
        "asm-thumb",
        "asm-rv32",
        "asm-xtensa",
        "asm-x64",
        "native-emitter",
        "viper",
        "compiler",
    ];
    let run_time_side = ["vm", "extmod"];
    for (from, to) in [
        (&compiler_side[..], &run_time_side[..]),
        (&run_time_side[..], &compiler_side[..]),
    ] {
        for folder in from
            .iter()
            .filter(|folder| manifests.contains_key(**folder))
        {
            for other in to {
                assert!(!reach(folder).contains(*other), "{folder} reaches {other}");
            }
        }
    }
}

#[test]
fn frontend_never_names_an_architecture() {
    let names = [
        "thumb", "xtensa", "rv32", "riscv", "armv6", "armv7", "x86", "x64", "aarch64", "Thumb",
        "Xtensa",
    ];
    // The decorators `@micropython.asm_thumb` … are names in source text; the compiler crate maps them.
    let wrong = |_: &Path, line: &str| names.iter().any(|name| has_word(line, name));
    assert_none(
        offences(&root().join("frontend/src"), &wrong),
        "frontend names an architecture",
    );
}

#[test]
fn assemblers_never_name_python() {
    let wrong = |_: &Path, line: &str| {
        line.contains("ferlance_frontend")
            || line.contains("ferlance_bytecode")
            || has_word(line, "Python")
    };
    for folder in ["asm", "asm-thumb", "asm-rv32", "asm-xtensa", "asm-x64"] {
        assert_none(
            offences(&root().join(folder).join("src"), &wrong),
            "an assembler names Python",
        );
    }
}

#[test]
fn device_crates_are_no_std() {
    for folder in device_crates() {
        let path = root().join(&folder).join("src/lib.rs");
        let text =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let says_so = code_only(&text)
            .iter()
            .any(|line| line.trim_start().starts_with("#![") && line.contains("no_std"));
        assert!(says_so, "{} does not say no_std", path.display());
    }
}

#[test]
fn unsafe_code_stays_on_its_islands() {
    let islands: Vec<String> = rows_after("## Islands of unsafe")
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    for island in &islands {
        assert!(
            root().join(island).exists(),
            "the island {island} does not exist"
        );
    }
    for (folder, _) in members() {
        if folder.starts_with("ports/") {
            continue;
        }
        let wrong = |path: &Path, line: &str| {
            let on_island = islands.iter().any(|island| path.starts_with(island));
            !on_island && has_word(line, "unsafe")
        };
        assert_none(
            offences(&root().join(&folder).join("src"), &wrong),
            "unsafe code outside the islands",
        );
    }
}

#[test]
fn crates_without_islands_forbid_unsafe_code() {
    let islands: Vec<String> = rows_after("## Islands of unsafe")
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    for folder in device_crates() {
        if islands
            .iter()
            .any(|island| Path::new(island).starts_with(&folder))
        {
            continue;
        }
        let text = fs::read_to_string(root().join(&folder).join("src/lib.rs"))
            .expect("a crate has lib.rs");
        assert!(
            text.contains("#![forbid(unsafe_code)]"),
            "{folder} does not forbid unsafe code"
        );
    }
}

#[test]
fn runtime_has_no_globals() {
    let wrong = |path: &Path, line: &str| {
        // The border to native code, and the failing allocator of tests, which counts per thread.
        let allowed = path.starts_with("vm/src/native/current.rs")
            || path.starts_with("collections/src/oom.rs");
        !allowed && (line.contains("static mut ") || line.contains("thread_local!"))
    };
    for folder in device_crates() {
        assert_none(
            offences(&root().join(folder).join("src"), &wrong),
            "a global where none is allowed",
        );
    }
}

#[test]
fn device_code_has_no_unfinished_or_unwrapped_ends() {
    let names = [".unwrap()", "todo!(", "unimplemented!(", "dbg!("];
    let wrong = |_: &Path, line: &str| names.iter().any(|name| line.contains(name));
    for folder in device_crates() {
        assert_none(
            offences(&root().join(folder).join("src"), &wrong),
            "device code may not panic or stay unfinished",
        );
    }
}

#[test]
fn device_crates_have_no_build_scripts() {
    for folder in device_crates() {
        assert!(
            !root().join(&folder).join("build.rs").exists(),
            "{folder} has a build script"
        );
    }
}

#[test]
fn crates_introduce_themselves() {
    for (folder, _) in members() {
        let folder = root().join(&folder);
        let main = ["src/lib.rs", "src/main.rs"]
            .map(|name| folder.join(name))
            .into_iter()
            .find(|path| path.exists());
        let text = fs::read_to_string(main.expect("a crate has lib.rs or main.rs"))
            .expect("it is readable");
        assert!(
            text.trim_start().starts_with("//!"),
            "{} has no header",
            folder.display()
        );
    }
    for (path, text) in
        workspace::rust_files(&root().join("tests/src")).expect("tests/src is readable")
    {
        assert!(text.starts_with("//!"), "{} has no header", path.display());
    }
}
