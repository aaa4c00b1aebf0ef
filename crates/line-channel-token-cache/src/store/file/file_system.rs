//! Which directories are on a network file system.

use std::path::Path;

/// The name of the network file system that the directory is on; `None` if it is on a local one, or if that cannot be told.
pub(super) fn network_file_system(directory: &Path) -> Option<String> {
    platform::network_file_system(directory)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod platform {
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    /// The numbers of `statfs`, as `statfs(2)` and the kernel's `magic.h` have them.
    const NETWORK: [(u32, &str); 18] = [
        (0x0000_6969, "nfs"),
        (0xff53_4d42, "cifs"),
        (0xfe53_4d42, "smb2"),
        (0x0000_517b, "smb"),
        (0x0102_1997, "9p"),
        (0x00c3_6400, "ceph"),
        (0x5346_414f, "afs"),
        (0x6b41_4653, "afs"),
        (0x7375_7245, "coda"),
        (0x0000_564c, "ncp"),
        (0x7461_636f, "ocfs2"),
        (0x0116_1970, "gfs2"),
        (0x0bd0_0bd0, "lustre"),
        (0x4750_4653, "gpfs"),
        (0x1983_0326, "beegfs"),
        (0xaad7_aaea, "panfs"),
        (0x786f_4256, "vboxsf"),
        (0xbacb_acbc, "vmhgfs"),
    ];

    const FUSE: u32 = 0x6573_5546;

    /// Those over FUSE, which are told by their name alone.
    const NETWORK_OVER_FUSE: [&str; 25] = [
        "virtiofs",
        "sshfs",
        "s3fs",
        "goofys",
        "mount-s3",
        "mountpoint-s3",
        "gcsfuse",
        "blobfuse",
        "blobfuse2",
        "rclone",
        "glusterfs",
        "ceph",
        "ceph-fuse",
        "juicefs",
        "JuiceFS",
        "mfs",
        "moosefs",
        "lizardfs",
        "seaweedfs",
        "davfs",
        "davfs2",
        "curlftpfs",
        "smbnetfs",
        "vmhgfs-fuse",
        "osxfs",
    ];

    pub(super) fn network_file_system(directory: &Path) -> Option<String> {
        let kind = rustix::fs::statfs(directory).ok()?.f_type;
        // It has 32 bits, whatever its type is.
        let kind = kind as u32;
        if kind == FUSE {
            let mounts = std::fs::read("/proc/self/mountinfo").ok()?;
            let name = mounted_type(&mounts, directory.canonicalize().ok()?.as_os_str().as_bytes())?;
            return is_network_over_fuse(&name).then_some(name);
        }
        NETWORK.iter().find(|(known, _)| *known == kind).map(|(_, name)| (*name).to_owned())
    }

    /// The type of the file system at this path, by the lines of `/proc/PID/mountinfo` (`proc(5)`): the last one of the longest mount point that leads
    /// to it, because later mounts cover earlier ones.
    fn mounted_type(mounts: &[u8], path: &[u8]) -> Option<String> {
        let mut found: Option<(usize, String)> = None;
        for line in mounts.split(|byte| *byte == b'\n') {
            let mut fields = line.split(|byte| *byte == b' ');
            let Some(point) = fields.nth(4).map(unescaped) else { continue };
            let Some(name) = fields.skip_while(|field| *field != b"-").nth(1) else { continue };
            let below = path
                .strip_prefix(&*point)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/") || point.ends_with(b"/"));
            if below && found.as_ref().is_none_or(|(length, _)| point.len() >= *length) {
                found = Some((point.len(), String::from_utf8_lossy(name).into_owned()));
            }
        }
        found.map(|(_, name)| name)
    }

    /// A path without its octal escapes: a blank is `\040`.
    fn unescaped(field: &[u8]) -> Vec<u8> {
        let mut plain = Vec::with_capacity(field.len());
        let mut rest = field;
        while let Some((first, behind)) = rest.split_first() {
            let octal = behind.get(..3).filter(|_| *first == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
            if let Some(byte) = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
                plain.push(byte);
                rest = behind.get(3..).unwrap_or_default();
            } else {
                plain.push(*first);
                rest = behind;
            }
        }
        plain
    }

    fn is_network_over_fuse(name: &str) -> bool {
        NETWORK_OVER_FUSE.contains(&name.strip_prefix("fuse.").unwrap_or(name))
    }

    #[cfg(test)]
    mod tests {
        use super::{is_network_over_fuse, mounted_type, network_file_system};

        const MOUNTS: &[u8] = b"22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
31 22 0:29 / /mnt/far rw,nosuid - fuse.sshfs bot@far:/ rw,user_id=0
32 22 0:30 / /mnt/my\\040disk rw - fuseblk /dev/sdb1 rw
33 22 0:31 / /srv rw - autofs systemd-1 rw
34 33 0:32 / /srv rw shared:2 master:3 - fuse.rclone bucket: rw
broken line
";

        #[test]
        fn the_innermost_and_last_mount_counts() {
            for (path, name) in [
                ("/", "ext4"),
                ("/mnt/far", "fuse.sshfs"),
                ("/mnt/far/tokens", "fuse.sshfs"),
                ("/mnt/farther", "ext4"),
                ("/mnt/my disk/tokens", "fuseblk"),
                ("/srv/tokens", "fuse.rclone"),
            ] {
                assert_eq!(mounted_type(MOUNTS, path.as_bytes()).as_deref(), Some(name), "{path}");
            }
            assert_eq!(mounted_type(b"", b"/tmp"), None);
        }

        #[test]
        fn local_file_systems_over_fuse_are_accepted() {
            for name in ["fuse.sshfs", "fuse.s3fs", "virtiofs", "fuse.glusterfs", "fuse.rclone"] {
                assert!(is_network_over_fuse(name), "{name}");
            }
            for name in ["fuseblk", "fuse.gocryptfs", "fuse.fuse-overlayfs", "fuse.mergerfs", "fuse", "ext4"] {
                assert!(!is_network_over_fuse(name), "{name}");
            }
        }

        #[test]
        fn a_local_directory_is_accepted() {
            assert_eq!(network_file_system(std::path::Path::new("/dev/shm")), None);
            assert_eq!(network_file_system(std::path::Path::new("/no/such/directory")), None);
        }
    }
}

#[cfg(target_vendor = "apple")]
mod platform {
    use std::path::Path;

    /// `MNT_LOCAL` of `mount.h`.
    const LOCAL: u32 = 0x1000;

    pub(super) fn network_file_system(directory: &Path) -> Option<String> {
        let is_local = rustix::fs::statfs(directory).ok()?.f_flags & LOCAL != 0;
        (!is_local).then(|| "not a local one".to_owned())
    }
}

/// Here it is not told.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod platform {
    use std::path::Path;

    pub(super) fn network_file_system(_: &Path) -> Option<String> {
        None
    }
}
