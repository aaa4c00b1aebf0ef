//! File systems that are full or read-only: in a mount namespace of their own, which needs no clearing up.

use std::process::{Command, Stdio};

use super::support::{place, said_by, worker_under};

/// The program that makes a mount namespace, if this process may have one.
fn unshare() -> Option<&'static [&'static str]> {
    let candidates: [&[&str]; 2] = [&["unshare", "--mount"], &["unshare", "--mount", "--map-root-user"]];
    candidates.into_iter().find(|program| {
        // That it can mount something in there too.
        let mut command = Command::new(program[0]);
        command.args(&program[1..]).args(["mount", "-t", "tmpfs", "none", "/mnt"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    })
}

#[test]
fn a_full_disk_loses_nothing() {
    let Some(program) = unshare() else { return println!("SKIPPED: no mount namespace can be made") };
    let (temporary, _) = place();
    let said = said_by(&mut worker_under(program, "fill the disk", temporary.path()));
    assert!(said.contains("the disk is full: free some space"), "{said}");
}

#[test]
fn a_read_only_file_system_is_named() {
    let Some(program) = unshare() else { return println!("SKIPPED: no mount namespace can be made") };
    let (temporary, _) = place();
    let said = said_by(&mut worker_under(program, "become read-only", temporary.path()));
    assert_eq!(said.matches("the file system is read-only: mount it writable").count(), 2, "{said}");
}

#[test]
fn a_limit_of_file_sizes_is_named() {
    let (_temporary, directory) = place();
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$@\"";
    let said = said_by(&mut worker_under(&["sh", "-c", script, "sh"], "write too much", &directory));
    assert!(said.contains("ulimit -f"), "{said}");
}
