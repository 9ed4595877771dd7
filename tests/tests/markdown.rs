//! Links in the pages name files that exist, and so do file names in back quotes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ferlance_tests::workspace::{files, has_extension, root};

/// The pages, with their text; vectors describe how they were made, with files that stayed elsewhere.
fn pages() -> Vec<(PathBuf, String)> {
    let wanted =
        |path: &Path| has_extension(path, "md") && !path.starts_with(root().join("tests/vectors"));
    let paths = files(root(), &wanted).expect("the workspace is readable");
    assert!(
        paths.iter().any(|path| path.ends_with("README.md")),
        "the search finds the README"
    );
    paths
        .into_iter()
        .map(|path| {
            (
                path.clone(),
                fs::read_to_string(path).expect("a page is text"),
            )
        })
        .collect()
}

/// The text of a page without fenced code.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let mut kept = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// What stands between `](` and `)`.
fn links(text: &str) -> Vec<&str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(link, _)| link)
        .collect()
}

/// What stands between back quotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Does a quoted text look like the name of a file in the workspace, with a folder and an extension?
fn is_file_name(text: &str) -> bool {
    let plain = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    let extension = text.rsplit_once('.').map(|(_, extension)| extension);
    plain
        && text.contains('/')
        && matches!(extension, Some("rs" | "md" | "py" | "toml" | "sh" | "mjs"))
}

#[test]
fn links_name_files_that_exist() {
    let mut dead = Vec::new();
    for (page, text) in pages() {
        let folder = page.parent().expect("a page lies in a folder");
        for link in links(&prose(&text)) {
            let file = link.split('#').next().unwrap_or_default();
            if !link.contains("://") && !file.is_empty() && !folder.join(file).exists() {
                dead.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}

#[test]
fn quoted_file_names_exist() {
    let mut dead = Vec::new();
    for (page, text) in pages() {
        let folder = page.parent().expect("a page lies in a folder");
        for name in quoted(&prose(&text))
            .into_iter()
            .filter(|name| is_file_name(name))
        {
            if !root().join(name).exists() && !folder.join(name).exists() {
                dead.push(format!("{}: {name}", page.display()));
            }
        }
    }
    assert!(
        dead.is_empty(),
        "file names that do not exist:\n{}",
        dead.join("\n")
    );
}

#[test]
fn dead_links_would_be_seen() {
    assert_eq!(links("see [a](b.md) and [c](d.md#e)"), ["b.md", "d.md#e"]);
    assert!(is_file_name("vm/src/runtime.rs"));
    assert!(!is_file_name("Result<T, E>"));
    assert_eq!(prose("a\n```\n[x](y)\n```\nb\n"), "a\nb\n");
}
